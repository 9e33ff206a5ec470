//! A walk through users in byte order, a part at a time: what looking for them by segments, or by an expression, has in
//! common.

use fanpass_model::UserId;

use super::error::Fault;
use super::segments::user_id;

/// A part of the users that are looked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UserPart {
    /// The users, in byte order; none where they are only counted.
    pub users: Vec<UserId>,
    /// How many there are in this part.
    pub count: u64,
    /// The id behind which the next part begins; absent in the last one.
    pub next: Option<UserId>,
}

/// What a place in the order is.
pub(super) enum Place {
    Selected,
    PassedOver,
    /// The next id that may be selected is this one or behind it.
    Leap(String),
    End,
}

/// Users to go through, each step not before the last.
pub(super) trait Walk {
    /// The first id that may be selected, not less than `least`; false if there is none.
    fn lead(&mut self, least: &str, id: &mut String) -> Result<bool, Fault>;

    /// What becomes of an id that leads.
    fn place(&mut self, id: &str) -> Result<Place, Fault>;

    /// Whether so much was read that the part has to end.
    fn is_long(&self) -> bool;

    /// The part behind `after`: at most `limit` users, or, without a limit, how many there are.
    fn part(mut self, after: String, limit: Option<u32>) -> Result<UserPart, Fault>
    where
        Self: Sized,
    {
        let limit = limit.map(u64::from);
        let mut part = UserPart::default();
        // All ids up to `done` are decided; the next one is not less than `least`.
        let mut least = format!("{after}\0");
        let mut done = after;
        let mut id = String::new();
        loop {
            if !self.lead(&least, &mut id)? {
                return Ok(part);
            }
            match self.place(&id)? {
                Place::End => return Ok(part),
                Place::Selected if limit.is_some_and(|limit| part.count == limit) => {
                    part.next = Some(user_id(&done)?);
                    return Ok(part);
                }
                Place::Selected => {
                    part.count += 1;
                    if limit.is_some() {
                        part.users.push(user_id(&id)?);
                    }
                    step(&id, &mut least);
                }
                Place::PassedOver => step(&id, &mut least),
                Place::Leap(to) => least = to,
            }
            std::mem::swap(&mut done, &mut id);
            if self.is_long() {
                part.next = Some(user_id(&done)?);
                return Ok(part);
            }
        }
    }
}

/// Makes `least` the least text that is greater than `id`.
fn step(id: &str, least: &mut String) {
    id.clone_into(least);
    least.push('\0');
}
