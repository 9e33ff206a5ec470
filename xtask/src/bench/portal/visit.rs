//! Somebody who has signed in to the Portal, over HTTP as plainly as a client can.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Instant;

use anyhow::{Context as _, Result, ensure};

use crate::bench::service::served::Served;
use crate::bench::targeting::milliseconds;

pub(super) struct Visit {
    address: String,
    cookie: String,
}

impl Visit {
    pub(super) fn sign_in(service: &Served) -> Result<Self> {
        let address = service.origin.strip_prefix("http://").context("the service has another scheme")?;
        let mut visit = Self { address: address.to_owned(), cookie: String::new() };
        // A token needs no escape in a form.
        let form = format!("token={}", service.token);
        let kind = "application/x-www-form-urlencoded";
        let head = format!("Content-Type: {kind}\r\nContent-Length: {}\r\n", form.len());
        let (_, answer) = visit.send("POST", "/portal/sign-in", &head, &form)?;
        let cookie = answer.lines().find_map(|line| line.strip_prefix("set-cookie: ")?.split(';').next());
        cookie.with_context(|| format!("not signed in: {answer}"))?.clone_into(&mut visit.cookie);
        Ok(visit)
    }

    /// A page, and the milliseconds until its first byte was there.
    pub(super) fn page(&self, page: &str) -> Result<(f64, String)> {
        let (time, answer) = self.send("GET", page, "", "")?;
        ensure!(answer.starts_with("HTTP/1.1 200 ") || page.contains("nobody"), "{page}: {answer}");
        Ok((time, answer))
    }

    fn send(&self, method: &str, target: &str, head: &str, body: &str) -> Result<(f64, String)> {
        let mut connection = TcpStream::connect(&self.address)?;
        connection.set_nodelay(true)?;
        let request = format!(
            "{method} {target} HTTP/1.1\r\nHost: {}\r\nCookie: {}\r\n{head}Connection: close\r\n\r\n{body}",
            self.address, self.cookie
        );
        let began = Instant::now();
        connection.write_all(request.as_bytes())?;
        let mut first = [0];
        connection.read_exact(&mut first)?;
        let time = milliseconds(began);
        let mut answer = first.to_vec();
        connection.read_to_end(&mut answer)?;
        Ok((time, String::from_utf8_lossy(&answer).into_owned()))
    }
}
