//! A mapping beside what a file or the target says that users may carry.

use std::path::Path;

use anyhow::Result;
use fanpass_client::ErrorKind;
use fanpass_model::AttributeRegistry;
use fanpass_sync::Mapping;

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

/// Refuses a mapping that no row could pass, and warns of what GA4 would drop.
pub fn lint(mapping: &Mapping, registry: Option<&AttributeRegistry>, printer: Printer) -> Result<()> {
    let builtin = AttributeRegistry::builtin();
    let findings = mapping.lint(registry.unwrap_or(&builtin));
    let (errors, warnings): (Vec<_>, Vec<_>) = findings.iter().partition(|finding| finding.is_error());
    for warning in warnings {
        printer.note(&format!("warning: {warning}"));
    }
    if errors.is_empty() || registry.is_none() {
        return Ok(());
    }
    let all: Vec<_> = errors.iter().map(ToString::to_string).collect();
    Err(failure(Exit::Refused, format!("{}; nothing was sent", all.join("; "))))
}
