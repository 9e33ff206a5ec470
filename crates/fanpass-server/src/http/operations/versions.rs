//! What a segment was before: List Segment Versions, Roll Back Segment, Delete Segment.

use fanpass_model::operations::{DELETE_SEGMENT, LIST_VERSIONS, ROLL_BACK_SEGMENT};
use fanpass_model::{DeletedSegment, Operation, RollbackRequest, SegmentVersion, SegmentVersionList};

use super::imports::mode_on_the_wire;
use crate::http::call::{Call, Operate};
use crate::http::json::to_json;
use crate::http::problem::Problem;
use crate::store::VersionRecord;

pub(in crate::http) struct List;

impl Operate for List {
    const OPERATION: Operation = LIST_VERSIONS;
    type Answer = SegmentVersionList;

    async fn operate(call: &mut Call) -> Result<SegmentVersionList, Problem> {
        let name = call.parameters.segment_name()?;
        call.audit.target = Some(name.to_string());
        let versions = call.app.store.versions(&name).await?;
        Ok(SegmentVersionList::new(name, versions.into_iter().map(version).collect()))
    }
}

pub(in crate::http) struct RollBack;

impl Operate for RollBack {
    const OPERATION: Operation = ROLL_BACK_SEGMENT;
    type Answer = SegmentVersion;

    async fn operate(call: &mut Call) -> Result<SegmentVersion, Problem> {
        let request: RollbackRequest = call.json().await?;
        let name = request.segment_name;
        call.audit.target = Some(name.to_string());
        let caller = call.caller();
        let answer = |record: &VersionRecord| to_json(&version(record.clone()));
        let record = call.app.imports.roll_back(&name, request.version, caller, answer).await?;
        Ok(version(record))
    }
}

pub(in crate::http) struct Delete;

impl Operate for Delete {
    const OPERATION: Operation = DELETE_SEGMENT;
    type Answer = DeletedSegment;

    async fn operate(call: &mut Call) -> Result<DeletedSegment, Problem> {
        let name = call.parameters.segment_name()?;
        call.audit.target = Some(name.to_string());
        let caller = call.caller();
        let deleted = name.clone();
        let answer = |import, members| to_json(&DeletedSegment::new(deleted, import, members));
        let (import, members) = call.app.store.delete_segment(&name, caller, answer).await?;
        Ok(DeletedSegment::new(name, import, members))
    }
}

fn version(record: VersionRecord) -> SegmentVersion {
    let VersionRecord { version, import, mode, members, published_at, served } = record;
    SegmentVersion::new(version, import, mode_on_the_wire(mode), members, published_at.to_string(), served)
}
