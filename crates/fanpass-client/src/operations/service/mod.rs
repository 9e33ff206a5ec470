//! The operations that only this project's service offers. Elsewhere they end in `ErrorKind::NotOffered`.

mod audience_members;
mod audiences;
mod cancel_import;
mod change_segment;
mod clear_faults;
mod combine_segments;
mod delete_segment;
mod delete_user;
mod export_user;
mod get_attribute_use;
mod get_faults;
mod get_membership;
mod get_segment;
mod get_settings;
mod get_user;
mod issue_token;
mod keys;
mod list_attributes;
mod list_audit;
mod list_import_errors;
mod list_imports;
mod list_members;
mod list_segments;
mod list_tokens;
mod list_user_segments;
mod list_users;
mod list_versions;
mod page;
mod register_attribute;
mod revoke_token;
mod roll_back_segment;
mod set_faults;
mod user_history;

pub use list_audit::AuditFilter;
pub use page::Page;
