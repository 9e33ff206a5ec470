//! What can go wrong on demand, and how it is written: `429=0.1`, `latency=20ms`, `reset-after-commit`.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use jiff::SignedDuration;

/// One thing that goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// The call is taken up only after this long.
    Latency(Duration),
    /// 429 with `Retry-After`, or a status from 500 to 599; the call has no effect.
    Status(u16),
    /// The connection is cut before the call is taken up.
    ResetBeforeCommit,
    /// The call has its effect, and the connection is cut instead of the answer.
    ResetAfterCommit,
    /// The call has its effect, and the answer ends half-way through its body.
    Truncated,
    /// An uploaded file's import stays `processing` until it is let go of.
    StuckJob,
    /// 401, as if the token had expired; the call has no effect.
    ExpiredToken,
}

/// The faults that are no status and take no time.
const WORDS: [(&str, Fault); 5] = [
    ("reset-before-commit", Fault::ResetBeforeCommit),
    ("reset-after-commit", Fault::ResetAfterCommit),
    ("truncated", Fault::Truncated),
    ("stuck-job", Fault::StuckJob),
    ("expired-token", Fault::ExpiredToken),
];

/// A fault and the share of calls that meet it.
///
/// ```
/// use fanpass_server::FaultRule;
/// let rule: FaultRule = "latency=1s@0.1".parse()?;
/// assert_eq!((rule.to_string().as_str(), rule.chance), ("latency=1s@0.1", 0.1));
/// # Ok::<(), String>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FaultRule {
    /// What goes wrong.
    pub fault: Fault,
    /// The share of calls that meet it, from 0 to 1.
    pub chance: f64,
}

impl FromStr for FaultRule {
    /// What is wrong with the text, and what is wanted.
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (word, value) = match text.split_once('=') {
            Some((word, value)) => (word.trim(), Some(value.trim())),
            None => (text.trim(), None),
        };
        let (fault, chance) = match (word, value) {
            ("latency", Some(value)) => {
                let (time, chance) =
                    value.split_once('@').map_or((value, None), |(time, chance)| (time, Some(chance)));
                let time = time.parse::<SignedDuration>().ok().and_then(|time| time.try_into().ok());
                let time = time.ok_or_else(|| format!("`{text}` names no time, as `latency=20ms` does"))?;
                (Fault::Latency(time), chance)
            }
            (word, chance) => (named(word)?, chance),
        };
        let chance = chance.map_or(Some(1.0), |chance| chance.parse().ok());
        match chance.filter(|chance| (0.0..=1.0).contains(chance)) {
            Some(chance) => Ok(Self { fault, chance }),
            None => Err(format!("`{text}` has no share of calls from 0 to 1, as `429=0.1` has")),
        }
    }
}

fn named(word: &str) -> Result<Fault, String> {
    if let Some((_, fault)) = WORDS.iter().find(|(known, _)| *known == word) {
        return Ok(*fault);
    }
    match word.parse() {
        Ok(status) if status == 429 || (500..600).contains(&status) => Ok(Fault::Status(status)),
        _ => {
            let words: Vec<_> = WORDS.iter().map(|(word, _)| *word).collect();
            Err(format!(
                "`{word}` is no fault; there are 429, 500 to 599, latency=TIME, {}",
                words.join(", ")
            ))
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Latency(time) => {
                let time = SignedDuration::try_from(*time).unwrap_or(SignedDuration::MAX);
                write!(f, "latency={time:#}")
            }
            Self::Status(status) => write!(f, "{status}"),
            other => {
                let word = WORDS.iter().find(|(_, fault)| fault == other);
                f.write_str(word.map_or("", |(word, _)| word))
            }
        }
    }
}

impl fmt::Display for FaultRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { fault, chance } = self;
        match fault {
            _ if *chance >= 1.0 => write!(f, "{fault}"),
            Fault::Latency(_) => write!(f, "{fault}@{chance}"),
            _ => write!(f, "{fault}={chance}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::FaultRule;

    #[test]
    fn a_rule_reads_as_it_is_written() {
        for text in ["429=0.1", "599", "latency=20ms", "latency=1m 30s@0.25", "stuck-job", "truncated=0"] {
            assert_eq!(text.parse::<FaultRule>().unwrap().to_string(), text);
        }
        for text in ["", "200", "600=1", "429=2", "429=x", "latency", "latency=x", "reset", "429=NaN"] {
            assert!(text.parse::<FaultRule>().is_err(), "{text}");
        }
    }
}
