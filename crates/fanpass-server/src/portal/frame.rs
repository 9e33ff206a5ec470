//! What every page has around its own: title, navigation, who is signed in, what has just been done.

use askama::Template;
use axum::response::{IntoResponse as _, Response};
use http::StatusCode;
use http::header::CONTENT_TYPE;

use super::assets::Addresses;
use super::trouble::Trouble;
use super::visit::Visit;
use crate::http::problem::Problem;

/// What a handler of a page gives back; [`guard`](super::guard) makes a page of trouble.
pub(super) type Answer = Result<Response, Trouble>;

/// The entries of the navigation: address, name, and the scope without which a page has nothing to show.
const SECTIONS: [(&str, &str, &str); 12] = [
    ("/portal", "Overview", "read"),
    ("/portal/segments", "Segments", "read"),
    ("/portal/imports", "Imports", "read"),
    ("/portal/upload", "Upload", "segments:write"),
    ("/portal/users", "Users", "read"),
    ("/portal/attributes", "Attributes", "read"),
    ("/portal/audiences", "Audiences", "read"),
    ("/portal/ga4", "Google Analytics", "portal:admin"),
    ("/portal/tokens", "Tokens", "portal:admin"),
    ("/portal/audit", "Audit", "portal:admin"),
    ("/portal/faults", "Faults", "portal:admin"),
    ("/portal/settings", "Settings", "portal:admin"),
];

/// What a page says has just been done: the word that stands in its address, and the sentence. No other text of an
/// address is ever shown as ours.
const NOTICES: [(&str, &str); 13] = [
    ("rolled-back", "The version is served again."),
    ("segment-deleted", "The segment and all of its versions are deleted."),
    ("cancelled", "The import is cancelled; its segment is as it was before."),
    ("registered", "The attribute is registered; users may carry it from now on."),
    ("saved", "The audience is saved."),
    ("audience-deleted", "The audience is deleted; users, segments and attributes are as they were."),
    (
        "state-set",
        "Values of a retired attribute stay, and can be unset; one that is restored can be set again.",
    ),
    ("retried", "The dead letters are on their way again."),
    ("revoked", "The token is revoked; no call is accepted with it any more."),
    (
        "erased",
        "What was stored of the user is erased. Segments that still hold the id are sent without it by the club.",
    ),
    ("faults-set", "Calls meet these faults from now on."),
    ("faults-cleared", "Calls meet no more faults, and stuck imports go on."),
    ("signed-out", "You are signed out."),
];

/// The surroundings of a page.
pub(super) struct Frame {
    pub(super) title: String,
    pub(super) assets: Addresses,
    pub(super) version: &'static str,
    /// Absent on the page where one signs in.
    pub(super) person: Option<Person>,
    pub(super) notice: Option<&'static str>,
    /// Seconds after which a browser without scripts asks again, while something is under way.
    pub(super) refresh: Option<u32>,
}

/// Who is signed in.
pub(super) struct Person {
    pub(super) subject: String,
    pub(super) csrf: String,
    pub(super) entries: Vec<Entry>,
}

/// An entry of the navigation.
pub(super) struct Entry {
    pub(super) address: &'static str,
    pub(super) name: &'static str,
    pub(super) current: bool,
}

impl Frame {
    /// For somebody who has not signed in.
    pub(super) fn outside(title: &str, notice: &str) -> Self {
        Self {
            title: title.to_owned(),
            assets: Addresses::now(),
            version: env!("CARGO_PKG_VERSION"),
            person: None,
            notice: NOTICES.into_iter().find(|(word, _)| *word == notice).map(|(_, sentence)| sentence),
            refresh: None,
        }
    }

    /// The token that a form of this page carries.
    pub(super) fn csrf(&self) -> &str {
        self.person.as_ref().map_or("", |person| &person.csrf)
    }
}

impl Visit {
    /// The surroundings of a page that belongs to the entry `section` of the navigation.
    pub(super) fn frame(&self, title: &str, section: &str) -> Frame {
        let entries = SECTIONS
            .into_iter()
            .filter(|(.., scope)| self.session.may(scope))
            .map(|(address, name, _)| Entry { address, name, current: address == section });
        let person = Person {
            subject: self.session.subject().to_owned(),
            csrf: self.session.csrf.clone(),
            entries: entries.collect(),
        };
        Frame { person: Some(person), ..Frame::outside(title, self.query.text("done")) }
    }
}

/// A page with a status.
pub(super) fn page(status: StatusCode, template: &impl Template) -> Answer {
    let body = template.render().map_err(|error| Problem::internal(&error))?;
    Ok((status, [(CONTENT_TYPE, "text/html; charset=utf-8")], body).into_response())
}

/// A page where all went well.
pub(super) fn show(template: &impl Template) -> Answer {
    page(StatusCode::OK, template)
}
