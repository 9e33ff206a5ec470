//! A mapping beside what a file or the target says that users may carry.

use std::path::Path;

use anyhow::Result;
use fanpass_client::ErrorKind;
use fanpass_model::AttributeRegistry;
use fanpass_sync::Mapping;

use super::remarks::{Lint, Remark, Severity};
use crate::attribute_file::AttributeFile;
use crate::exit::Exit;
use crate::failure::failure;
use crate::printer::Printer;
use crate::session::Session;

/// What users may carry: as a file says, or else as the target tells, if it is asked and does.
pub async fn registry_of(
    file: Option<&Path>,
    session: Option<&Session>,
) -> Result<Option<AttributeRegistry>> {
    match (file, session) {
        (Some(file), _) => Ok(Some(AttributeFile::read(file)?.registry())),
        (None, Some(session)) => registry(session).await,
        (None, None) => Ok(None),
    }
}

/// What users may carry, where the target tells.
pub async fn registry(session: &Session) -> Result<Option<AttributeRegistry>> {
    match session.client.all_attributes().await {
        Ok(list) => {
            let mut registry = AttributeRegistry::default();
            list.attributes.into_iter().for_each(|definition| registry.insert(definition));
            Ok(Some(registry))
        }
        // A FanPass that does not tell, or does not tell us, still takes updates.
        Err(error) if matches!(error.kind(), ErrorKind::NotOffered | ErrorKind::Forbidden) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// Refuses a mapping that no row could pass, and tells what else is to be known of it.
pub fn lint(mapping: &Mapping, registry: Option<&AttributeRegistry>, printer: Printer) -> Result<Lint> {
    let lint = Lint::new(mapping, registry);
    let lint = if registry.is_some() { lint } else { lint.in_doubt() };
    let (errors, others): (Vec<_>, Vec<_>) =
        lint.of_mapping().iter().partition(|remark| remark.severity == Severity::Error);
    if !errors.is_empty() {
        let all: Vec<_> = errors.iter().map(|remark| remark.message.as_str()).collect();
        return Err(failure(Exit::Refused, format!("{}; nothing was sent", all.join("; "))));
    }
    tell(others, printer);
    Ok(lint)
}

/// Tells remarks aside from the report.
pub fn tell<'a>(remarks: impl IntoIterator<Item = &'a Remark>, printer: Printer) {
    remarks.into_iter().for_each(|remark| printer.note(&remark.to_string()));
}
