//! One attribute: what is known of it, how many users carry it, and its commonest values.

use askama::Template;
use fanpass_model::AttributeUse;
use fanpass_model::operations::GET_ATTRIBUTE_USE;

use super::attributes::find;
use super::user::Value;
use crate::portal::frame::{Answer, Frame, show as show_page};
use crate::portal::link::link;
use crate::portal::show::{count, counted};
use crate::portal::visit::Visit;

#[derive(Template)]
#[template(path = "attribute.html")]
struct Page<'a> {
    frame: Frame,
    key: &'a str,
    description: String,
    /// Absent until it is asked for: all users are counted for it.
    told: Option<Use>,
    count_address: String,
}

struct Use {
    users: String,
    distinct: Option<String>,
    /// Value, users, and hundredths of those who carry the attribute.
    values: Vec<(Value, String, u64)>,
}

pub(in crate::portal) async fn show(visit: Visit) -> Answer {
    let key = visit.query.text("key");
    let known = find(&visit, key).await?;
    // One that is not known may be carried all the same, from when it was.
    let told = if known.is_none() || !visit.query.text("count").is_empty() {
        Some(used(&visit.call(&GET_ATTRIBUTE_USE, &[("key", key)]).await?))
    } else {
        None
    };
    show_page(&Page {
        frame: visit.frame(key, "/portal/attributes"),
        key,
        description: known.and_then(|known| known.description).unwrap_or_default(),
        told,
        count_address: link("/portal/attribute", [("key", key), ("count", "1")]),
    })
}

fn used(told: &AttributeUse) -> Use {
    let all = told.users;
    let values = told.values.iter().map(|value| {
        let share = value.users.saturating_mul(100).checked_div(all).unwrap_or(0);
        (Value::of(&value.value), count(value.users), share)
    });
    Use {
        users: counted(all, "user"),
        distinct: told.distinct.map(|distinct| counted(distinct, "different value")),
        values: values.collect(),
    }
}
