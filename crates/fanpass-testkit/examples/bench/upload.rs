//! A file in a multipart form, read as it is sent.

use fanpass_transport::{DynTransport, Request, RequestBody, Transport as _};
use fanpass_transport_hyper::{HyperConnection, HyperTransport};
use fanpass_transport_reqwest::ReqwestTransport;
use http::header::{CONTENT_TYPE, HeaderValue};
use http::{Method, Uri};

const HEAD: &str = "--boundary\r\ncontent-disposition: form-data; name=\"segmentName\"\r\n\r\nbench\r\n\
    --boundary\r\ncontent-disposition: form-data; name=\"file\"; filename=\"ids.csv\"\r\ncontent-type: text/csv\r\n\r\n";
const TAIL: &str = "\r\n--boundary--\r\n";
const FORM: HeaderValue = HeaderValue::from_static("multipart/form-data; boundary=boundary");

/// Uploads a file once.
pub(crate) async fn run(stack: &str, origin: &str, path: &str) {
    let transport: DynTransport = match stack {
        "connection" => HyperConnection::new().expect("a certificate store").into_dyn(),
        "pool" => HyperTransport::new().expect("a certificate store").into_dyn(),
        "reqwest" => ReqwestTransport::new().expect("a certificate store").into_dyn(),
        other => panic!("there is no stack {other}"),
    };
    let file = RequestBody::file(path).await.expect("a file");
    let form = RequestBody::chain([RequestBody::from(HEAD), file, RequestBody::from(TAIL)]);
    let mut request = Request::new(form);
    *request.method_mut() = Method::POST;
    *request.uri_mut() = Uri::try_from(format!("{origin}/api/v1/segments")).expect("a valid origin");
    request.headers_mut().insert(CONTENT_TYPE, FORM);
    let answer = transport.send(request).await.expect("the sink answers");
    assert!(answer.status().is_success());
    answer.into_body().bytes(1024).await.expect("a whole answer");
}
