//! The users that attributes are stored of, and a way to find one.

use askama::Template;
use fanpass_model::UserList;
use fanpass_model::operations::LIST_USERS;

use super::pager::Pager;
use crate::portal::frame::{Answer, Frame, show};
use crate::portal::link;
use crate::portal::show::{When, counted};
use crate::portal::visit::Visit;

#[derive(Template)]
#[template(path = "users.html")]
struct Page {
    frame: Frame,
    total: String,
    rows: Vec<Row>,
    pager: Pager,
}

struct Row {
    id: String,
    address: String,
    updated: When,
}

pub(in crate::portal) async fn list(visit: Visit) -> Answer {
    let after = visit.query.text("after");
    let list: UserList = visit.call(&LIST_USERS, &[("after", after)]).await?;
    let pager = Pager::new("/portal/users", &[], after, list.next.as_deref());
    let rows = list.users.into_iter().map(|user| Row {
        address: link::user(user.user_id.as_str()),
        id: user.user_id.into(),
        updated: When::of(&user.updated_at),
    });
    show(&Page {
        frame: visit.frame("Users", "/portal/users"),
        total: counted(list.total, "user"),
        rows: rows.collect(),
        pager,
    })
}
