//! A mapping beside what a file or the target says that users may carry.

use std::path::Path;

use anyhow::Result;
use fanpass_client::ErrorKind;
use fanpass_model::{AttributeRegistry, Violation, ViolationKind};
use fanpass_sync::Mapping;

use super::remarks::{Lint, Remark, Severity};
use crate::attribute_file::AttributeFile;
use crate::exit::Exit;
use crate::failure::failure;
use crate::printer::Printer;
use crate::quoting::quoted_path;
use crate::session::Session;

/// Who says what users may carry: a file, or else the target, if it is asked and tells.
#[derive(Debug, Clone, Copy)]
pub struct Authority<'a> {
    pub file: Option<&'a Path>,
    pub session: Option<&'a Session>,
}

impl Authority<'_> {
    /// What users may carry.
    pub async fn registry(self) -> Result<Option<AttributeRegistry>> {
        match (self.file, self.session) {
            (Some(file), _) => Ok(Some(AttributeFile::read(file)?.registry())),
            (None, Some(session)) => registry(session).await,
            (None, None) => Ok(None),
        }
    }

    /// What is wrong with an attribute, with a command that mends it at this very target.
    pub fn explain(self, violation: &Violation) -> String {
        let here = |command: &str| match self.session {
            Some(session) => session.next(command),
            None => format!("fanpass {command}"),
        };
        match (violation.remedy(), self.file, &violation.kind) {
            (Some(_), Some(file), ViolationKind::Unregistered { .. }) => {
                let import = here(&format!("attributes import {}", quoted_path(file)));
                let (key, file) = (&violation.key, file.display());
                format!("{key} is not registered in {file}: add it there, and `{import}` registers it")
            }
            (Some(remedy), None, _) => {
                violation.to_string().replace(&format!("fanpass {remedy}"), &here(&remedy))
            }
            _ => violation.to_string(),
        }
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
pub fn lint(
    mapping: &Mapping,
    (authority, registry): (Authority<'_>, Option<&AttributeRegistry>),
    printer: Printer,
) -> Result<Lint> {
    let lint = Lint::new(mapping, registry, authority);
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
