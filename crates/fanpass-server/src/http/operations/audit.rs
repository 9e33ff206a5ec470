//! List Audit: the records of calls.

use fanpass_model::operations::LIST_AUDIT;
use fanpass_model::{AuditList, AuditRecord, Operation};

use crate::http::call::{Call, Operate};
use crate::http::problem::Problem;
use crate::store::{self, AuditFilter};

pub(in crate::http) struct List;

impl Operate for List {
    const OPERATION: Operation = LIST_AUDIT;
    type Answer = AuditList;

    async fn operate(call: &mut Call) -> Result<AuditList, Problem> {
        let parameters = &call.parameters;
        let filter = AuditFilter {
            before: parameters.after_number()?,
            limit: parameters.limit(),
            subject: parameters.text("subject"),
            operation: parameters.text("operation"),
            target: parameters.text("target"),
        };
        let page = call.app.store.audit_page(filter).await?;
        let mut list = AuditList::new(page.records.into_iter().map(record).collect());
        list.next = page.next.map(|next| next.to_string());
        Ok(list)
    }
}

pub(super) fn record(stored: store::AuditRecord) -> AuditRecord {
    let store::AuditRecord { sequence, at, entry } = stored;
    let sequence = u64::try_from(sequence).unwrap_or_default();
    let mut record = AuditRecord::new(sequence, at.to_string(), entry.operation, entry.status);
    record.request_id = Some(entry.request_id).filter(|id| !id.is_empty());
    record.subject = entry.subject;
    record.jti = entry.jti;
    record.target = entry.target;
    record.file_sha256 = entry.file_sha256;
    record.outcome = entry.outcome.map(|outcome| outcome.to_string());
    record
}
