//! One attribute: how many users carry it, and its commonest values.

use askama::Template;
use fanpass_model::AttributeUse;
use fanpass_model::operations::GET_ATTRIBUTE_USE;

use super::user::Value;
use crate::portal::frame::{Answer, Frame, show as show_page};
use crate::portal::show::{count, counted};
use crate::portal::visit::Visit;

#[derive(Template)]
#[template(path = "attribute.html")]
struct Page {
    frame: Frame,
    key: String,
    users: String,
    distinct: Option<String>,
    /// Value, users, and hundredths of those who carry the attribute.
    values: Vec<(Value, String, u64)>,
}

pub(in crate::portal) async fn show(visit: Visit) -> Answer {
    let told: AttributeUse = visit.call(&GET_ATTRIBUTE_USE, &[("key", visit.query.text("key"))]).await?;
    let all = told.users;
    let values = told.values.iter().map(|value| {
        let share = value.users.saturating_mul(100).checked_div(all).unwrap_or(0);
        (Value::of(&value.value), count(value.users), share)
    });
    show_page(&Page {
        frame: visit.frame(told.key.as_str(), "/portal/attributes"),
        key: told.key.to_string(),
        users: counted(all, "user"),
        distinct: told.distinct.map(|distinct| counted(distinct, "different value")),
        values: values.collect(),
    })
}
