//! What answers and failures become: the kind for programs, the sentence for people.

use std::fmt::Write as _;
use std::time::Duration;

use fanpass_client::{Client, Error, ErrorKind, Page};
use fanpass_testkit::{CaptureTransport, Fault, FaultTransport, answer, snapshots};
use fanpass_transport::{Response, Sent, TransportError, TransportErrorKind};

use crate::support::{
    TOKEN, client, client_without_retries, fixture, from_service, import, json, segment, text, users,
};

/// What Create/Update Segment comes to with this answer and a single attempt.
async fn refused(answer: Response) -> Error {
    let client = client_without_retries(CaptureTransport::queue([answer]));
    client.create_segment(&segment(), &users(&["00042"])).await.unwrap_err()
}

fn with_header(mut answer: Response, name: &'static str, value: &str) -> Response {
    answer.headers_mut().insert(name, value.parse().unwrap());
    answer
}

#[tokio::test]
async fn each_status_has_its_kind() {
    let kinds = [
        (301, ErrorKind::UnexpectedAnswer),
        (400, ErrorKind::Rejected),
        (401, ErrorKind::Unauthorized),
        (403, ErrorKind::Forbidden),
        (404, ErrorKind::NotFound),
        (408, ErrorKind::Unavailable),
        (409, ErrorKind::Conflict),
        (413, ErrorKind::TooLarge),
        (415, ErrorKind::WrongType),
        (418, ErrorKind::Rejected),
        (422, ErrorKind::Rejected),
        (429, ErrorKind::RateLimited),
        (500, ErrorKind::Server),
        (503, ErrorKind::Unavailable),
        (504, ErrorKind::Unavailable),
        (507, ErrorKind::Server),
    ];
    for (status, kind) in kinds {
        let error = refused(answer::status(status)).await;
        assert_eq!((error.kind(), error.status().unwrap().as_u16()), (kind, status));
        let passes = matches!(kind, ErrorKind::RateLimited | ErrorKind::Server | ErrorKind::Unavailable);
        assert_eq!(error.is_transient(), passes, "{status}");
        assert_eq!((error.sent(), error.attempts()), (Sent::Yes, 1));
    }
}

#[tokio::test]
async fn a_problem_is_kept_whole() {
    let answer = text(422, "application/problem+json", &fixture("problem/response"));
    let error = refused(with_header(answer, "x-request-id", "request-of-the-server")).await;
    assert_eq!(serde_json::to_string(error.problem().unwrap()).unwrap(), fixture("problem/response"));
    assert_eq!(error.request_id(), Some("request-of-the-server"));
    assert_eq!(error.operation().unwrap().id, "createSegment");
}

#[tokio::test]
async fn people_read_this() {
    let problem = text(422, "application/problem+json", &fixture("problem/response"));
    let item = r#"{"pointer":"/userIds/0","code":"empty","detail":"is empty"}"#;
    let many = format!(r#"{{"title":"The request is invalid","errors":[{}]}}"#, [item; 5].join(","));
    let page = "<!doctype html><html><head><style>p { color: red }</style><script>alert(1)</script></head>\n\
        <body><h1>502 Bad&nbsp;Gateway</h1>\n<hr>nginx</body></html>";
    let answers = [
        problem,
        json(422, &many),
        json(400, r#"{"message":"segmentName is required"}"#),
        json(400, r#"{"error":{"code":7,"message":"nested"}}"#),
        json(400, r#"{"errors":["first","second"]}"#),
        json(400, "[]"),
        text(401, "text/plain", "token\u{1b}[31m expired\r\n"),
        answer::status(403),
        answer::status(404),
        answer::status(409),
        answer::status(413),
        answer::status(415),
        with_header(answer::status(429), "retry-after", "17"),
        answer::status(429),
        json(500, r#"{"message":"boom"}"#),
        text(502, "text/html", page),
        answer::status(503),
        with_header(answer::status(302), "location", "https://login.example/?next=%2F"),
        text(200, "text/html", page),
        text(200, "application/json", ""),
        json(200, r#"{"id":"7"}"#),
        json(200, r#"{"firebase_imported_segment_id":7}"#),
        text(400, "text/plain", &"long ".repeat(100)),
        json(400, &format!(r#"{{"message":"{}"}}"#, "and longer ".repeat(200))),
    ];
    let mut lines = String::new();
    for answer in answers {
        writeln!(lines, "{}", refused(answer).await).unwrap();
    }
    snapshots::settings().bind(|| insta::assert_snapshot!(lines));
}

#[tokio::test]
async fn failures_on_the_way_have_their_kinds() {
    let kinds = [
        (TransportErrorKind::Dns, Sent::Never, ErrorKind::Transport, true),
        (TransportErrorKind::Connect, Sent::Never, ErrorKind::Transport, true),
        (TransportErrorKind::Tls, Sent::Never, ErrorKind::Transport, false),
        (TransportErrorKind::Interrupted, Sent::Unknown, ErrorKind::Transport, true),
        (TransportErrorKind::Timeout, Sent::Unknown, ErrorKind::TimedOut, true),
        (TransportErrorKind::RequestBody, Sent::Unknown, ErrorKind::Source, false),
        (TransportErrorKind::Protocol, Sent::Yes, ErrorKind::UnexpectedAnswer, false),
        (TransportErrorKind::Credentials, Sent::Never, ErrorKind::Configuration, false),
    ];
    for (failure, sent, kind, passes) in kinds {
        let transport = CaptureTransport::new(move |_| {
            Err(TransportError::new(failure, sent, "it broke").with_source(std::io::Error::other("cause")))
        });
        let error = client_without_retries(transport).import_status(&import()).await.unwrap_err();
        assert_eq!((error.kind(), error.sent(), error.is_transient()), (kind, sent, passes), "{failure:?}");
        assert_eq!((error.request_id(), error.status()), (Some("request-1"), None));
        assert!(error.to_string().starts_with("Get Segment Import Status: it broke"), "{error}");
        assert_eq!(std::error::Error::source(&error).unwrap().to_string(), "cause");
    }
}

#[tokio::test]
async fn an_answer_past_the_limit_is_refused() {
    let answer = json(200, &fixture("create_segment/response"));
    let client = crate::support::builder(CaptureTransport::queue([answer])).answer_limit(20).build().unwrap();
    let error = client.create_segment(&segment(), &users(&["00042"])).await.unwrap_err();
    assert_eq!((error.kind(), error.sent()), (ErrorKind::UnexpectedAnswer, Sent::Yes));
    assert!(error.to_string().contains("larger than 20 bytes"), "{error}");
}

#[tokio::test]
async fn an_answer_that_breaks_off_arrived_and_can_be_asked_for_again() {
    let whole = CaptureTransport::queue([json(200, &fixture("get_segment_import_status/response"))]);
    let broken = FaultTransport::scripted(whole, [Some(Fault::Truncated)]);
    let error = client_without_retries(broken).import_status(&import()).await.unwrap_err();
    assert_eq!((error.kind(), error.sent(), error.attempts()), (ErrorKind::Transport, Sent::Yes, 1));
    assert!(error.is_transient());
}

#[tokio::test]
async fn an_extension_that_another_fanpass_lacks_says_so() {
    let ask = async |answer: Response| {
        let client = client_without_retries(CaptureTransport::queue([answer]));
        client.list_segments(&Page::default()).await.unwrap_err()
    };
    let error = ask(text(404, "text/html", "<h1>Not Found</h1>")).await;
    assert_eq!(
        error.to_string(),
        "List Segments is offered by the FanPass service only (`fanpass serve` or --local); \
         fanpass.example does not have it"
    );
    for answer in [answer::status(404), answer::status(405), answer::status(302), json(200, "{}")] {
        assert_eq!(ask(answer).await.kind(), ErrorKind::NotOffered);
    }
    // A proxy, or the guard in front of the service, says nothing about what is behind it.
    for (status, kind) in [
        (401, ErrorKind::Unauthorized),
        (403, ErrorKind::Forbidden),
        (429, ErrorKind::RateLimited),
        (502, ErrorKind::Unavailable),
    ] {
        assert_eq!(ask(answer::status(status)).await.kind(), kind);
    }
    assert_eq!(ask(from_service(answer::status(404))).await.kind(), ErrorKind::NotFound);
    // The documented operations are asked of every FanPass.
    assert_eq!(refused(answer::status(404)).await.kind(), ErrorKind::NotFound);
}

#[tokio::test]
async fn the_token_is_shown_nowhere() {
    let echoes = [
        text(500, "text/plain", &format!("GET / authorization: Bearer {TOKEN}")),
        json(
            400,
            &format!(
                r#"{{"detail":"bad token {TOKEN}","errors":[{{"code":"x","detail":"Bearer {TOKEN}"}}]}}"#
            ),
        ),
        text(200, "text/html", &format!("<p>{TOKEN}</p>")),
        json(200, &format!(r#"{{"firebase_imported_segment_id":{{"t":"{TOKEN}"}}}}"#)),
        with_header(answer::status(302), "location", &format!("https://x.example/?t={TOKEN}")),
        text(500, "text/plain", "Authorization: Bearer opaque-4711-secret"),
    ];
    for answer in echoes {
        let error = refused(answer).await;
        let problem = error.problem().map(|problem| serde_json::to_string(problem).unwrap());
        let shown = format!("{error} {error:?} {problem:?}");
        assert!(!shown.contains(TOKEN) && !shown.contains("opaque-4711"), "{shown}");
    }
    let builder = Client::builder().token(TOKEN.to_owned().into());
    let shown = format!("{builder:?} {:?}", client(CaptureTransport::queue([])));
    assert!(!shown.contains(TOKEN), "{shown}");
}

#[tokio::test(start_paused = true)]
async fn retry_after_is_told_in_both_forms() {
    let seconds = refused(with_header(answer::status(429), "retry-after", "120")).await;
    assert_eq!(seconds.retry_after(), Some(Duration::from_mins(2)));
    let past =
        refused(with_header(answer::status(503), "retry-after", "Sun, 06 Nov 1994 08:49:37 GMT")).await;
    assert_eq!(past.retry_after(), Some(Duration::ZERO));
    assert_eq!(refused(with_header(answer::status(503), "retry-after", "soon")).await.retry_after(), None);
}

#[tokio::test]
async fn what_is_too_large_is_never_to_be_sent_in_parts() {
    // Each part of a segment would replace the one before it.
    let limited = || client_without_retries(CaptureTransport::queue([answer::status(413)]));
    let inline = limited().create_segment(&segment(), &users(&["00042"])).await.unwrap_err();
    assert!(inline.to_string().ends_with("; import it as a file"), "{inline}");
    let upload = fanpass_client::Upload::bytes("holders.csv", "00042");
    let import = limited().import_segment(&segment(), upload).await.unwrap_err();
    assert!(import.to_string().contains("; compress the file as a ZIP"), "{import}");
}
