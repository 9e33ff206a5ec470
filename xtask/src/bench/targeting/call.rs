//! Preview Audience over HTTP, as plainly as a client can.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use anyhow::{Context as _, Result, bail};
use serde_json::{Value, json};

use crate::bench::service::served::Served;

/// How many users an expression selects; `None` while the service builds its columns.
pub(super) fn count(service: &Served, expression: &str) -> Result<Option<u64>> {
    let (mut users, mut after) = (0, None);
    loop {
        let mut request = json!({"expression": expression, "count": true});
        if let Some(after) = after.take() {
            request["after"] = after;
        }
        let Some(answer) = post(service, &request.to_string())? else { return Ok(None) };
        users += answer["count"].as_u64().with_context(|| format!("no count: {answer}"))?;
        match answer.get("next") {
            Some(next) => after = Some(next.clone()),
            None => return Ok(Some(users)),
        }
    }
}

fn post(service: &Served, body: &str) -> Result<Option<Value>> {
    let address = service.origin.strip_prefix("http://").context("the service has another scheme")?;
    let mut connection = TcpStream::connect(address)?;
    let head = format!(
        "POST /service/v1/audiences/preview HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {}\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        service.token,
        body.len()
    );
    connection.write_all(format!("{head}{body}").as_bytes())?;
    let mut answer = String::new();
    connection.read_to_string(&mut answer)?;
    let (head, body) = answer.split_once("\r\n\r\n").context("no answer")?;
    match head.split(' ').nth(1) {
        Some("200") => Ok(Some(serde_json::from_str(body)?)),
        Some("503") => Ok(None),
        _ => bail!("the service answered {answer}"),
    }
}
