//! What a person does with a browser, in their words; a test says loudly that it did not run where there is none.

use std::env;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use base64::Engine as _;
use serde_json::{Value, json};

use super::webdriver::WebDriver;

/// For how long something is waited for that a browser does in a moment.
const PATIENCE: Duration = Duration::from_mins(1);

/// A browser at one service.
pub struct Browser {
    driver: WebDriver,
    /// What pages are reached by.
    base: String,
}

impl Browser {
    /// None, said on standard error, where no Chromium is installed.
    pub fn open(address: &str) -> Option<Self> {
        let Some(driver) = WebDriver::start() else {
            not_run("no chromium; `.ci/run` installs chromium and chromium-driver");
            return None;
        };
        Some(Self { driver, base: format!("http://{address}") })
    }

    pub fn go(&self, path: &str) {
        self.driver.command("/url", &json!({"url": format!("{}{path}", self.base)})).unwrap();
    }

    /// Signs in with a token, through the form.
    pub fn sign_in(&self, token: &str) {
        self.go("/portal/sign-in");
        self.type_into("#token", token);
        self.press("Sign in");
        self.wait_for("nav.side");
    }

    /// Tries until it works; a page that is just being left is no reason to give up.
    fn until<T>(&self, what: &str, attempt: impl Fn() -> Result<T, String>) -> T {
        let begun = Instant::now();
        loop {
            match attempt() {
                Ok(done) => return done,
                Err(error) if begun.elapsed() > PATIENCE => panic!("{what}: {error}\n{}", self.text()),
                Err(_) => std::thread::yield_now(),
            }
        }
    }

    /// Waits until an element is there.
    pub fn wait_for(&self, selector: &str) -> String {
        self.until(selector, || self.driver.find(selector))
    }

    /// Waits until some element says `text`.
    pub fn wait_for_text(&self, selector: &str, text: &str) {
        let script = "return [...document.querySelectorAll(arguments[0])].some(found => found.textContent.includes(arguments[1]))";
        let arguments = [selector.into(), text.into()];
        self.until(&format!("{selector} does not say {text:?}"), || {
            let says = self.driver.ask(script, &arguments)?;
            if says == true { Ok(()) } else { Err("not there".to_owned()) }
        });
    }

    /// Types into a field what it is to hold, or chooses a file by its path.
    pub fn type_into(&self, selector: &str, text: &str) {
        self.until(selector, || {
            let field = self.driver.find(selector)?;
            let file =
                self.driver.ask("return document.querySelector(arguments[0]).type", &[selector.into()])?;
            if file != "file" {
                self.driver.command(&format!("/element/{field}/clear"), &json!({}))?;
            }
            self.driver.command(&format!("/element/{field}/value"), &json!({"text": text}))
        });
    }

    /// Presses a button or a link by what stands on it.
    pub fn press(&self, text: &str) {
        let path = format!(
            "//*[self::button or self::a or self::summary][normalize-space()={text:?}][not(ancestor::nav)]"
        );
        self.until(text, || {
            let found = self.driver.find_by_path(&path)?;
            self.driver.command(&format!("/element/{found}/click"), &json!({}))
        });
    }

    /// Presses keys, one after the other, wherever the focus is.
    pub fn keys(&self, keys: &[&str]) {
        let presses = keys.iter().flat_map(|key| {
            [json!({"type": "keyDown", "value": key}), json!({"type": "keyUp", "value": key})]
        });
        let actions =
            json!({"actions": [{"type": "key", "id": "keys", "actions": presses.collect::<Vec<_>>()}]});
        self.driver.command("/actions", &actions).unwrap();
    }

    pub fn text(&self) -> String {
        self.ask("return document.body.innerText").as_str().unwrap_or_default().to_owned()
    }

    pub fn ask(&self, script: &str) -> Value {
        self.driver.ask(script, &[]).unwrap()
    }

    /// Runs a script with arguments.
    pub fn tell(&self, script: &str, arguments: &[Value]) {
        self.driver.ask(script, arguments).unwrap();
    }

    /// Shows pages in a scheme of colours and a size.
    pub fn look(&self, scheme: &str, width: u32, height: u32) {
        let media = json!({"features": [{"name": "prefers-color-scheme", "value": scheme}]});
        self.tool("Emulation.setEmulatedMedia", &media);
        let size = json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 500});
        self.tool("Emulation.setDeviceMetricsOverride", &size);
    }

    /// A command of Chromium's own tools.
    fn tool(&self, name: &str, parameters: &Value) {
        self.driver.command("/goog/cdp/execute", &json!({"cmd": name, "params": parameters})).unwrap();
    }

    /// Keeps a picture of what is on the screen below `target/portal-screenshots/`.
    pub fn picture(&self, name: &str) {
        let folder = target().join("portal-screenshots");
        std::fs::create_dir_all(&folder).unwrap();
        let picture = self.driver.read("/screenshot");
        let bytes = base64::engine::general_purpose::STANDARD.decode(picture.as_str().unwrap()).unwrap();
        std::fs::write(folder.join(format!("{name}.png")), bytes).unwrap();
    }

    /// What the browser has complained of since it was last asked: scripts and styles that the page may not have, and
    /// errors of its own script.
    pub fn complaints(&self) -> Vec<String> {
        let log = self.driver.command("/se/log", &json!({"type": "browser"})).unwrap();
        let messages =
            log.as_array().unwrap().iter().map(|entry| entry["message"].as_str().unwrap().to_owned());
        // An answer that says no is none.
        messages.filter(|message| !message.contains("Failed to load resource")).collect()
    }

    /// What an automated checker finds of accessibility that is serious; nothing, said loudly, where it is not installed.
    pub fn accessibility(&self) -> Vec<String> {
        let checker = target().join("axe/node_modules/axe-core/axe.min.js");
        let Ok(source) = std::fs::read_to_string(&checker) else {
            not_run(&format!("no {}; `.ci/run` installs axe-core by npm", checker.display()));
            return Vec::new();
        };
        self.ask(&source);
        let found = self
            .ask("return axe.run(document, {resultTypes: ['violations']}).then(found => found.violations)");
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

/// Says so past what cargo keeps back of a test that passes.
fn not_run(why: &str) {
    let _ = writeln!(std::io::stderr(), "\nNOT RUN: {why}\n");
}

/// The folder that cargo builds into.
fn target() -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap();
    env::var_os("CARGO_TARGET_DIR").map_or_else(|| folder.to_owned(), PathBuf::from)
}
