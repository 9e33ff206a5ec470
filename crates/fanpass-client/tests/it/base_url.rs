//! Which base URLs are taken, what they become, and what else a client wants to be built.

use fanpass_client::{BaseUrl, Client, ErrorKind, Requests};
use fanpass_testkit::CaptureTransport;

use crate::support::import;

#[test]
fn domains_and_urls_become_addresses() {
    let cases = [
        ("fanreach.example", "https://fanreach.example/"),
        ("fanreach.example:8443", "https://fanreach.example:8443/"),
        ("https://fanreach.example/", "https://fanreach.example/"),
        ("https://fanreach.example:443", "https://fanreach.example/"),
        ("HTTPS://FanReach.Example/eu/", "https://fanreach.example/eu/"),
        ("fußball.example", "https://xn--fuball-cta.example/"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080/"),
        ("http://[::1]:8080/x", "http://[::1]:8080/x/"),
        ("http://localhost", "http://localhost/"),
    ];
    for (text, start) in cases {
        let requests = Requests::new(BaseUrl::parse(text).unwrap()).unwrap();
        let address = requests.import_status(&import()).unwrap().uri().to_string();
        assert_eq!(address, format!("{start}api/v1/segment_import_status"), "{text}");
    }
}

#[test]
fn what_is_no_base_url_is_refused_with_a_reason() {
    let cases = [
        ("", "empty host"),
        ("ftp://fanreach.example", "ftp is neither https nor http"),
        ("https://", "empty host"),
        ("https://fanreach.example?x=1", "a query or a fragment"),
        ("https://fanreach.example/#x", "a query or a fragment"),
        ("https://user:hunter2@fanreach.example", "a user name or password"),
        ("http://fanreach.example", "would travel in clear to fanreach.example"),
        ("http://127.0.0.1.example", "would travel in clear"),
        ("http://localhost.example", "would travel in clear"),
        ("http://10.0.0.1", "would travel in clear to 10.0.0.1"),
        ("fan reach.example", "cannot be read"),
    ];
    for (text, reason) in cases {
        let error = BaseUrl::parse(text).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Configuration, "{text}");
        assert!(error.to_string().contains(reason), "{text}: {error}");
        assert!(!error.to_string().contains("hunter2"));
    }
}

#[test]
fn plain_http_is_taken_for_a_host_that_is_allowed_by_name() {
    let builder = |allowed: &str| {
        let transport = CaptureTransport::queue([]);
        Client::builder()
            .domain("http://fanpass.internal:8080")
            .allow_plain_http(allowed)
            .transport(transport)
    };
    let client = builder("fanpass.internal").build().unwrap();
    assert_eq!(client.requests().base().to_string(), "http://fanpass.internal:8080");
    assert_eq!(builder("other.internal").build().unwrap_err().kind(), ErrorKind::Configuration);
}

#[test]
fn a_client_wants_a_domain_a_transport_and_headers_that_can_be_sent() {
    let builder = || Client::builder().domain("fanreach.example").transport(CaptureTransport::queue([]));
    let refused = [
        (Client::builder().domain("fanreach.example"), "set `transport`"),
        (Client::builder().transport(CaptureTransport::queue([])), "set `domain`"),
        (builder().user_agent("line\nbreak"), "user agent"),
        (builder().token("line\nbreak".to_owned().into()), "access token"),
        (builder().token(String::new().into()), "access token"),
    ];
    for (builder, reason) in refused {
        let error = builder.build().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Configuration);
        assert!(error.to_string().contains(reason), "{error}");
    }
    assert!(builder().build().is_ok());
}
