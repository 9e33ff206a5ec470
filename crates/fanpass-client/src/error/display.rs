//! An error as a person reads it: what happened, where, what to do next.

use std::fmt;

use fanpass_model::operations::{CREATE_SEGMENT, IMPORT_SEGMENT};
use fanpass_model::{Operation, Problem, ProblemItem};

use super::{Cause, Error, ErrorKind, Inner, sentence};

/// How many of a problem's items a message names; `Error::problem` has them all.
const ITEMS_SHOWN: usize = 3;

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let inner = &*self.0;
        if let Some(call) = &inner.call {
            let name = call.operation.name;
            if inner.kind == ErrorKind::NotOffered {
                let only = "the FanPass service only (`fanpass serve` or --local)";
                return write!(f, "{name} is offered by {only}; {} does not have it", call.host);
            }
            write!(f, "{name}: ")?;
        }
        match (&inner.answer, &inner.cause) {
            (Some(_), _) => inner.write_answer(f),
            (None, Some(Cause::Transport(error))) => match &inner.call {
                Some(call) if call.attempts > 1 => {
                    write!(f, "{error} ({} after {} attempts)", call.host, call.attempts)
                }
                Some(call) if call.attempts == 1 => write!(f, "{error} ({})", call.host),
                _ => write!(f, "{error}"),
            },
            (None, Some(Cause::Model(error))) => write!(f, "{error}"),
            (None, Some(Cause::Status(_)) | None) => f.write_str(&inner.message),
        }
    }
}

impl Inner {
    fn write_answer(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Some(answer), Some(call)) = (&self.answer, &self.call) else {
            return f.write_str(&self.message);
        };
        write!(f, "{} answered {}", call.host, answer.status)?;
        if !self.message.is_empty() {
            write!(f, ": {}", self.message)?;
        }
        if let Some(problem) = &answer.problem {
            write_items(f, problem, &self.message)?;
        }
        if call.attempts > 1 {
            write!(f, " (after {} attempts)", call.attempts)?;
        }
        let explained = answer.problem.as_ref().is_some_and(|problem| problem.detail.is_some());
        if explained && answer.retry_after.is_none() && self.kind != ErrorKind::Server {
            return Ok(());
        }
        self.write_advice(f)
    }

    /// What to do next, where the answer itself does not say it: a problem's detail does.
    fn write_advice(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(call) = &self.call else { return Ok(()) };
        let wait = self.answer.as_ref().and_then(|answer| answer.retry_after);
        f.write_str("; ")?;
        f.write_str(match (self.kind, wait) {
            (ErrorKind::RateLimited | ErrorKind::Unavailable, Some(wait)) => {
                return write!(f, "try again in {} s", wait.as_secs().max(1));
            }
            (ErrorKind::Forbidden, _) => {
                return write!(f, "use a token that allows it ({})", call.operation.scope);
            }
            (ErrorKind::Server, _) => match &call.request_id {
                Some(id) => {
                    return write!(f, "try again, or give its operator the request id {}", sentence(id));
                }
                None => "try again, or tell its operator",
            },
            (ErrorKind::Unauthorized, _) => "check the token: it may be expired or revoked",
            (ErrorKind::NotFound, _) => "check the id or name, and the domain",
            (ErrorKind::Conflict, _) => "look at what is stored, then change the request",
            (ErrorKind::TooLarge, _) => smaller(call.operation),
            (ErrorKind::WrongType, _) if *call.operation == IMPORT_SEGMENT => {
                "send a CSV, XLSX, XLS or ZIP file"
            }
            (ErrorKind::RateLimited, None) => "send fewer requests at a time, and try again",
            (ErrorKind::Unavailable, None) => "try again later",
            (ErrorKind::UnexpectedAnswer | ErrorKind::WrongType, _) => {
                "check that the domain is that of a FanPass"
            }
            _ => "mend the request and send it again",
        })
    }
}

/// What to do about a request that is too large. Never "in parts" for a segment: each would replace the one before it.
fn smaller(operation: &Operation) -> &'static str {
    match *operation {
        CREATE_SEGMENT => "import it as a file",
        IMPORT_SEGMENT => "compress the file as a ZIP, or ask the operator to raise the limit",
        _ => "send less at a time",
    }
}

/// The items of a problem, where they say more than its own text does.
fn write_items(f: &mut fmt::Formatter<'_>, problem: &Problem, message: &str) -> fmt::Result {
    for item in problem.errors.iter().take(ITEMS_SHOWN) {
        let ProblemItem { pointer, detail, .. } = item;
        let detail = sentence(detail);
        match (pointer, message.contains(&detail)) {
            (Some(pointer), true) => write!(f, "; at {}", sentence(pointer))?,
            (Some(pointer), false) => write!(f, "; at {}: {detail}", sentence(pointer))?,
            (None, false) => write!(f, "; {detail}")?,
            (None, true) => {}
        }
    }
    match problem.errors.len().saturating_sub(ITEMS_SHOWN) {
        0 => Ok(()),
        more => write!(f, "; and {more} more"),
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Error");
        shown.field("kind", &self.kind()).field("message", &self.to_string());
        shown
            .field("sent", &self.sent())
            .field("attempts", &self.attempts())
            .field("elapsed", &self.elapsed());
        shown.field("request_id", &self.request_id()).field("problem", &self.problem());
        if let Some(Cause::Transport(error)) = &self.0.cause {
            shown.field("transport", error);
        }
        shown.finish_non_exhaustive()
    }
}
