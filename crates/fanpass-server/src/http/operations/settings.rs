//! Get Settings: what the service runs under.

use fanpass_model::operations::GET_SETTINGS;
use fanpass_model::{Operation, ServiceSettings};

use crate::http::call::{Call, Operate};
use crate::http::problem::Problem;

pub(in crate::http) struct Get;

impl Operate for Get {
    const OPERATION: Operation = GET_SETTINGS;
    type Answer = ServiceSettings;

    async fn operate(call: &mut Call) -> Result<ServiceSettings, Problem> {
        Ok(ServiceSettings::new(env!("CARGO_PKG_VERSION").to_owned(), call.app.settings.clone()))
    }
}
