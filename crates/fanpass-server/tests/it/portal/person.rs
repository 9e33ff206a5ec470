//! Somebody who uses the Portal, as a browser sees it.

use scraper::{Html, Selector};

use crate::harness::{Answer, Call, Harness};

/// Signed in to a service.
pub struct Person<'a> {
    pub harness: &'a Harness,
    pub cookie: String,
}

/// A form as a browser sends it.
pub fn filled(path: &str, fields: &[(&str, &str)]) -> Call {
    let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
    Call::new("POST", path).header("content-type", "application/x-www-form-urlencoded").body(body.as_bytes())
}

impl<'a> Person<'a> {
    pub async fn sign_in(harness: &'a Harness) -> Self {
        Self::sign_in_with(harness, &harness.token).await
    }

    pub async fn sign_in_with(harness: &'a Harness, token: &str) -> Self {
        let answer = harness.send(filled("/portal/sign-in", &[("token", token)])).await;
        assert_eq!((answer.status, answer.header("location")), (303, Some("/portal")), "{answer}");
        let cookie = answer.header("set-cookie").unwrap().split(';').next().unwrap().to_owned();
        Self { harness, cookie }
    }

    pub async fn send(&self, call: Call) -> Answer {
        self.harness.send(call.header("cookie", &self.cookie)).await
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.send(Call::new("GET", path)).await
    }

    /// The page at an address, which has to be there.
    pub async fn page(&self, path: &str) -> Page {
        let answer = self.get(path).await;
        assert_eq!(answer.status, 200, "{path}: {answer}");
        Page::of(&answer)
    }

    /// Sends the form of a page, filled in, with what the page put into it.
    pub async fn submit(&self, page: &Page, action: &str, fields: &[(&str, &str)]) -> Answer {
        let mut all = page.hidden(action);
        all.extend(fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        let all: Vec<_> = all.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        self.send(filled(action, &all).header("sec-fetch-site", "same-origin")).await
    }
}

/// A page that was read.
pub struct Page(Html);

impl Page {
    pub fn of(answer: &Answer) -> Self {
        assert_eq!(answer.header("content-type"), Some("text/html; charset=utf-8"), "{answer}");
        Self(Html::parse_document(&answer.body))
    }

    /// The text of each element that a selector finds.
    pub fn all(&self, selector: &str) -> Vec<String> {
        let selector = Selector::parse(selector).unwrap();
        let text = |element: scraper::ElementRef<'_>| {
            element.text().collect::<String>().split_whitespace().collect::<Vec<_>>().join(" ")
        };
        self.0.select(&selector).map(text).collect()
    }

    pub fn text(&self, selector: &str) -> String {
        self.all(selector).into_iter().next().unwrap_or_else(|| panic!("no {selector}: {}", self.0.html()))
    }

    pub fn attribute(&self, selector: &str, name: &str) -> String {
        let found = self.0.select(&Selector::parse(selector).unwrap()).next();
        found
            .and_then(|element| element.attr(name))
            .unwrap_or_else(|| panic!("no {selector}[{name}]"))
            .to_owned()
    }

    /// What the form with this action holds without being asked.
    fn hidden(&self, action: &str) -> Vec<(String, String)> {
        let selector = Selector::parse("form").unwrap();
        let mut forms = self.0.select(&selector);
        let form = forms
            .find(|form| form.attr("action") == Some(action))
            .unwrap_or_else(|| panic!("no form to {action}"));
        let value = |input: scraper::ElementRef<'_>| {
            (input.attr("name").unwrap().to_owned(), input.attr("value").unwrap().to_owned())
        };
        form.select(&Selector::parse("input[type=hidden]").unwrap()).map(value).collect()
    }
}
