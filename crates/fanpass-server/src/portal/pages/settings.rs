//! The settings in force, to be looked at.

use askama::Template;
use fanpass_model::ServiceSettings;
use fanpass_model::operations::GET_SETTINGS;

use crate::portal::frame::{Answer, Frame, show as show_page};
use crate::portal::visit::Visit;

#[derive(Template)]
#[template(path = "settings.html")]
struct Page {
    frame: Frame,
    settings: ServiceSettings,
}

pub(in crate::portal) async fn show(visit: Visit) -> Answer {
    let settings = visit.call(&GET_SETTINGS, &[]).await?;
    show_page(&Page { frame: visit.frame("Settings", "/portal/settings"), settings })
}
