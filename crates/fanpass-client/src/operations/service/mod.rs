//! The operations that only this project's service offers. Elsewhere they end in `ErrorKind::NotOffered`.

mod delete_user;
mod export_user;
mod get_segment;
mod get_user;
mod issue_token;
mod keys;
mod list_attributes;
mod list_audit;
mod list_members;
mod list_segments;
mod list_tokens;
mod list_users;
mod page;
mod register_attribute;
mod revoke_token;
mod user_history;

pub use list_audit::AuditFilter;
pub use page::Page;
