//! Links from a page of a list to the first one and the next.

use crate::portal::link::link;

/// Where else a list goes on.
pub(in crate::portal) struct Pager {
    /// Absent on the first page.
    pub(in crate::portal) first: Option<String>,
    /// Absent on the last page.
    pub(in crate::portal) next: Option<String>,
}

impl Pager {
    /// For the page of `path` that began after `after`, `next` being where the service says the next one begins.
    pub(in crate::portal) fn new(path: &str, kept: &[(&str, &str)], after: &str, next: Option<&str>) -> Self {
        let at = |after| link(path, kept.iter().copied().chain([("after", after)]));
        Self { first: (!after.is_empty()).then(|| at("")), next: next.map(at) }
    }
}
