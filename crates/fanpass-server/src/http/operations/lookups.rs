//! What is stored, read back: List Segments, Get Segment, List Segment Members, Get Membership, List User Segments, Get User.

use fanpass_model::operations::{
    GET_MEMBERSHIP, GET_SEGMENT, GET_USER, LIST_MEMBERS, LIST_SEGMENTS, LIST_USER_SEGMENTS,
};
use fanpass_model::{
    MemberList, Membership, Operation, SegmentList, SegmentName, SegmentSummary, UserId, UserProperties,
    UserRecord, UserSegments,
};

use super::users::{no_user, pseudonym};
use crate::http::call::{Call, Operate};
use crate::http::problem::{Kind, Problem};
use crate::http::query::cut;
use crate::store::SegmentRecord;

pub(in crate::http) struct ListSegments;

impl Operate for ListSegments {
    const OPERATION: Operation = LIST_SEGMENTS;
    type Answer = SegmentList;

    async fn operate(call: &mut Call) -> Result<SegmentList, Problem> {
        let parameters = &call.parameters;
        let after = parameters.optional("after", |text| SegmentName::new(text))?;
        let limit = parameters.limit();
        // One more than asked for tells whether there is a next page.
        let mut records = call.app.store.segments(after.as_ref(), limit + 1).await?;
        let more = cut(&mut records, limit);
        let mut list = SegmentList::new(records.into_iter().map(summary).collect());
        if more {
            list.next = list.segments.last().map(|last| last.segment_name.to_string());
        }
        Ok(list)
    }
}

pub(in crate::http) struct GetSegment;

impl Operate for GetSegment {
    const OPERATION: Operation = GET_SEGMENT;
    type Answer = SegmentSummary;

    async fn operate(call: &mut Call) -> Result<SegmentSummary, Problem> {
        let name = call.parameters.segment_name()?;
        call.audit.target = Some(name.to_string());
        let record = call.app.store.segment(&name).await?;
        record.map(summary).ok_or_else(|| no_segment(&name))
    }
}

pub(in crate::http) struct ListMembers;

impl Operate for ListMembers {
    const OPERATION: Operation = LIST_MEMBERS;
    type Answer = MemberList;

    async fn operate(call: &mut Call) -> Result<MemberList, Problem> {
        let parameters = &call.parameters;
        let name = parameters.segment_name()?;
        let after = parameters.optional("after", |text| UserId::new(text))?;
        let limit = parameters.limit();
        call.audit.target = Some(name.to_string());
        let mut members = call.app.store.members(&name, after.as_ref(), limit + 1).await?;
        let more = cut(&mut members, limit);
        let mut list = MemberList::new(name, members);
        if more {
            list.next = list.user_ids.last().map(UserId::to_string);
        }
        Ok(list)
    }
}

pub(in crate::http) struct GetMembership;

impl Operate for GetMembership {
    const OPERATION: Operation = GET_MEMBERSHIP;
    type Answer = Membership;

    async fn operate(call: &mut Call) -> Result<Membership, Problem> {
        let parameters = &call.parameters;
        let (name, user) = (parameters.segment_name()?, parameters.user_id()?);
        call.audit.target = Some(name.to_string());
        let member = call.app.store.contains(&name, &user)?;
        Ok(Membership::new(name, user, member))
    }
}

pub(in crate::http) struct ListUserSegments;

impl Operate for ListUserSegments {
    const OPERATION: Operation = LIST_USER_SEGMENTS;
    type Answer = UserSegments;

    async fn operate(call: &mut Call) -> Result<UserSegments, Problem> {
        let user = call.parameters.user_id()?;
        call.audit.target = Some(pseudonym(&user));
        let segments = call.app.store.segments_of(&user).await?;
        Ok(UserSegments::new(user, segments))
    }
}

pub(in crate::http) struct GetUser;

impl Operate for GetUser {
    const OPERATION: Operation = GET_USER;
    type Answer = UserRecord;

    async fn operate(call: &mut Call) -> Result<UserRecord, Problem> {
        let user = call.parameters.user_id()?;
        call.audit.target = Some(pseudonym(&user));
        let stored = call.app.store.user(&user).await?;
        let segments = call.app.store.segments_of(&user).await?;
        if stored.is_none() && segments.is_empty() {
            return Err(no_user());
        }
        let (properties, updated_at) = match stored {
            Some(stored) => (stored.attributes, Some(stored.updated_at.to_string())),
            None => (UserProperties::new(), None),
        };
        let mut record = UserRecord::new(user, properties, segments);
        record.updated_at = updated_at;
        Ok(record)
    }
}

fn summary(record: SegmentRecord) -> SegmentSummary {
    let mut summary =
        SegmentSummary::new(record.name, record.members, record.import, record.updated_at.to_string());
    summary.version = Some(record.version);
    summary
}

fn no_segment(name: &SegmentName) -> Problem {
    Problem::new(
        Kind::NOT_FOUND,
        format!("there is no segment `{name}`; list the segments to see their names"),
    )
}
