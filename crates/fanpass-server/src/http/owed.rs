//! Records of calls that have had their effect, and that the storage could not take, as on a full disk: it is tried until it can.
//! Meanwhile they lie in the journal of the audit, so that they are not lost when the service stops before.

use tokio::sync::Mutex;

use super::idempotency::Claim;
use crate::store::{Store, StoreError, Trace};

/// What is owed. One for each call that was under way when the disk failed at most: [`settle`](Self::settle) comes before any
/// further change.
#[derive(Debug, Default)]
pub(crate) struct Owed(Mutex<Vec<Debt>>);

#[derive(Debug)]
struct Debt {
    trace: Trace,
    /// Whether the record is in the journal, and the answer alone is owed.
    is_aside: bool,
    /// The key, which is not free before its answer is kept.
    _claim: Option<Claim>,
}

impl Owed {
    /// Keeps the record of a call that has had its effect, now or as soon as the storage can take it.
    pub(super) async fn keep(&self, store: &Store, trace: Trace, claim: Option<Claim>) {
        if let Err(error) = store.append_audit_at_last(trace.clone(), false).await {
            let (operation, request_id) = (&trace.audit.operation, &trace.audit.request_id);
            tracing::error!(%error, operation, request_id, "a call had its effect and no audit record yet; it is tried again");
            let aside = store.set_audit_aside(trace.audit.clone()).await;
            if let Err(error) = &aside {
                tracing::error!(%error, operation, request_id, "the record is lost if the service stops before");
            }
            self.0.lock().await.push(Debt { trace, is_aside: aside.is_ok(), _claim: claim });
        }
    }

    /// Keeps all that is owed.
    ///
    /// # Errors
    /// Those of the storage, which still cannot take it.
    pub(crate) async fn settle(&self, store: &Store) -> Result<(), StoreError> {
        let mut owed = self.0.lock().await;
        while let Some(debt) = owed.last() {
            store.append_audit_at_last(debt.trace.clone(), debt.is_aside).await?;
            owed.pop();
        }
        Ok(())
    }
}
