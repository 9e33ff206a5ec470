//! Progress as a line of JSON, for whoever watches a job through its log; time is the caller's, so that tests need none.

use std::time::Duration;

use serde::Serialize;

/// What a line says.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ProgressLine<'a> {
    /// What is being done.
    pub progress: &'a str,
    /// How it goes, in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// What is counted, unless it is rows or the like.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unit: Option<&'static str>,
    pub done: u64,
    pub total: Option<u64>,
    #[serde(flatten)]
    pub pace: Pace,
}

/// How fast it goes.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Pace {
    /// The mean since the work began.
    per_second: u64,
    elapsed_seconds: u64,
    /// `None` where the end is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    left_seconds: Option<u64>,
}

impl Pace {
    /// Of work that was begun so long ago.
    pub fn new(done: u64, total: Option<u64>, elapsed: Duration) -> Self {
        let millis = u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX).max(1);
        let per_second = done.saturating_mul(1000) / millis;
        let left = total.map(|total| total.saturating_sub(done)).filter(|_| per_second > 0);
        let left_seconds = left.map(|left| left.div_ceil(per_second));
        Self { per_second, elapsed_seconds: elapsed.as_secs(), left_seconds }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(detail: Option<&str>, unit: Option<&'static str>, done: u64, total: Option<u64>) -> String {
        let pace = Pace::new(done, total, Duration::from_secs(5));
        let detail = detail.map(str::to_owned);
        let line = ProgressLine { progress: "sending", detail, unit, done, total, pace };
        serde_json::to_string(&line).unwrap()
    }

    #[test]
    fn a_line_has_rate_and_time_and_what_is_left_where_the_end_is_known() {
        let lines = [
            line(None, None, 1234, None),
            line(None, None, 1000, Some(10_001)),
            line(None, None, 0, Some(10)),
            line(Some("sending (16 in flight, 2 retries, 0 rejected)"), Some("bytes"), 12_000, Some(10_000)),
        ];
        insta::assert_snapshot!(lines.join("\n"), @r#"
        {"progress":"sending","done":1234,"total":null,"perSecond":246,"elapsedSeconds":5}
        {"progress":"sending","done":1000,"total":10001,"perSecond":200,"elapsedSeconds":5,"leftSeconds":46}
        {"progress":"sending","done":0,"total":10,"perSecond":0,"elapsedSeconds":5}
        {"progress":"sending","detail":"sending (16 in flight, 2 retries, 0 rejected)","unit":"bytes","done":12000,"total":10000,"perSecond":2400,"elapsedSeconds":5,"leftSeconds":0}
        "#);
        assert_eq!(Pace::new(7, None, Duration::ZERO).per_second, 7000, "no division by nothing");
    }
}
