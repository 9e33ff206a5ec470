//! A headless Chromium, driven over WebDriver; a test says loudly that it did not run where there is none.

use std::env;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::{Value, json};
use thirtyfour::prelude::*;

/// For how long something is waited for that a browser does in a moment.
const PATIENCE: Duration = Duration::from_secs(30);

/// A browser with one window, and the process that drives it.
pub struct Browser {
    pub driver: WebDriver,
    process: Child,
    /// What pages are reached by.
    base: String,
}

impl Browser {
    /// None, said on standard error, where no Chromium is installed.
    pub async fn open(address: &str) -> Option<Self> {
        let started = Command::new("chromedriver")
            .args(["--port=0", "--log-level=SEVERE"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn();
        let Ok(mut process) = started else {
            eprintln!("\nNOT RUN: no chromium; `.ci/run` installs chromium and chromium-driver\n");
            return None;
        };
        let mut said = BufReader::new(process.stdout.take().unwrap());
        let port = loop {
            let mut line = String::new();
            assert_ne!(said.read_line(&mut line).unwrap(), 0, "chromedriver ended before it began");
            if let Some((_, port)) = line.trim().trim_end_matches('.').rsplit_once("successfully on port ") {
                break port.to_owned();
            }
        };
        // Whatever else it says would fill the pipe.
        std::thread::spawn(move || std::io::copy(&mut said, &mut std::io::sink()));
        let mut wanted = DesiredCapabilities::chrome();
        for argument in ["--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"] {
            wanted.add_arg(argument).unwrap();
        }
        wanted.set("goog:loggingPrefs", json!({"browser": "ALL"})).unwrap();
        let driver = WebDriver::new(format!("http://127.0.0.1:{port}"), wanted).await.unwrap();
        Some(Self { driver, process, base: format!("http://{address}") })
    }

    pub async fn close(self) {
        self.driver.clone().quit().await.unwrap();
    }

    pub async fn go(&self, path: &str) {
        self.driver.goto(format!("{}{path}", self.base)).await.unwrap();
    }

    /// Signs in with a token, through the form.
    pub async fn sign_in(&self, token: &str) {
        self.go("/portal/sign-in").await;
        self.type_into("#token", token).await;
        self.press("Sign in").await;
        self.wait_for("nav.side").await;
    }

    /// Waits until an element is there.
    pub async fn wait_for(&self, selector: &str) -> WebElement {
        let query = self.driver.query(By::Css(selector)).wait(PATIENCE, Duration::from_millis(50));
        query.first().await.unwrap_or_else(|error| panic!("{selector} is not there: {error}"))
    }

    /// Waits until some element says `text`.
    pub async fn wait_for_text(&self, selector: &str, text: &str) -> WebElement {
        let query = self.driver.query(By::Css(selector)).wait(PATIENCE, Duration::from_millis(50));
        let wanted = text.to_owned();
        let found = query.with_text(move |found: &str| found.contains(&wanted)).first().await;
        match found {
            Ok(element) => element,
            Err(error) => panic!("{selector} does not say {text:?}: {error}\n{}", self.text().await),
        }
    }

    pub async fn type_into(&self, selector: &str, text: &str) {
        let field = self.wait_for(selector).await;
        if field.attr("type").await.unwrap().as_deref() != Some("file") {
            field.clear().await.unwrap();
        }
        field.send_keys(text).await.unwrap();
    }

    /// Presses a button or a link by what stands on it.
    pub async fn press(&self, text: &str) {
        let path = format!(
            "//*[self::button or self::a or self::summary][normalize-space()={text:?}][not(ancestor::nav)]"
        );
        let query = self.driver.query(By::XPath(path)).wait(PATIENCE, Duration::from_millis(50));
        query
            .and_displayed()
            .first()
            .await
            .unwrap_or_else(|error| panic!("no {text:?}: {error}"))
            .click()
            .await
            .unwrap();
    }

    pub async fn text(&self) -> String {
        self.wait_for("body").await.text().await.unwrap()
    }

    pub async fn ask(&self, script: &str) -> Value {
        self.driver.execute(script.to_owned(), Vec::new()).await.unwrap().json().clone()
    }

    /// Shows pages in a scheme of colours and a size.
    pub async fn look(&self, scheme: &str, width: u32, height: u32) {
        let tools = self.driver.cdp();
        let media = json!({"features": [{"name": "prefers-color-scheme", "value": scheme}]});
        tools.send_raw("Emulation.setEmulatedMedia", media).await.unwrap();
        let size = json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 500});
        tools.send_raw("Emulation.setDeviceMetricsOverride", size).await.unwrap();
    }

    /// Keeps a picture of what is on the screen below `target/portal-screenshots/`.
    pub async fn picture(&self, name: &str) {
        let folder = target().join("portal-screenshots");
        std::fs::create_dir_all(&folder).unwrap();
        self.driver.screenshot(&folder.join(format!("{name}.png"))).await.unwrap();
    }

    /// What the browser has complained of since it was last asked: scripts and styles that the page may not have, and
    /// errors of its own script.
    pub async fn complaints(&self) -> Vec<String> {
        let log = self.driver.browser_log().await.unwrap();
        // An answer that says no is none.
        let ours = log.into_iter().filter(|entry| !entry.message.contains("Failed to load resource"));
        ours.map(|entry| entry.message).collect()
    }

    /// What an automated checker finds of accessibility that is serious; nothing, said loudly, where it is not installed.
    pub async fn accessibility(&self) -> Vec<String> {
        let checker = target().join("axe/node_modules/axe-core/axe.min.js");
        let Ok(source) = std::fs::read_to_string(&checker) else {
            eprintln!("\nNOT RUN: no {}; `.ci/run` installs axe-core by npm\n", checker.display());
            return Vec::new();
        };
        self.driver.execute(source, Vec::new()).await.unwrap();
        let run = "const done = arguments[0]; axe.run(document, {resultTypes: ['violations']}).then( \
                   found => done(found.violations), error => done([{impact: 'critical', id: String(error), nodes: []}]))";
        let found = self.driver.execute_async(run, Vec::new()).await.unwrap().json().clone();
        let serious =
            |finding: &&Value| ["serious", "critical"].contains(&finding["impact"].as_str().unwrap_or(""));
        let told = |finding: &Value| {
            let places = finding["nodes"].as_array().unwrap().iter().map(|node| {
                format!("\n    {} {}", node["html"], node["failureSummary"].as_str().unwrap_or_default())
            });
            format!("{}: {}{}", finding["id"], finding["help"], places.collect::<String>())
        };
        found.as_array().unwrap().iter().filter(serious).map(told).collect()
    }
}

/// What drives the browser does not outlive the test, failed or not.
impl Drop for Browser {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The folder that cargo builds into.
pub fn target() -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap();
    env::var_os("CARGO_TARGET_DIR").map_or_else(|| folder.to_owned(), PathBuf::from)
}
