//! The operations that only this project's service offers. Elsewhere they end in `ErrorKind::NotOffered`.

mod clear_faults;
mod get_faults;
mod get_segment;
mod get_user;
mod issue_token;
mod list_attributes;
mod list_members;
mod list_segments;
mod list_tokens;
mod page;
mod register_attribute;
mod revoke_token;
mod set_faults;

pub use page::Page;
