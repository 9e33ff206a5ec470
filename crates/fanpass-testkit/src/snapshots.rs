//! The one place for what snapshots leave out. Clocks, ids and jitter are injected instead and need no filter.

use insta::Settings;

/// Settings for all snapshots of the workspace: temporary paths and the ports of test servers, which the machine
/// chooses, are replaced by names.
pub fn settings() -> Settings {
    let mut settings = Settings::clone_current();
    let temporary = std::env::temp_dir();
    let temporary = temporary.to_string_lossy();
    settings.add_filter(&format!(r"{}/[\w.\-]+", temporary.trim_end_matches('/')), "[TMP]");
    settings.add_filter(r"127\.0\.0\.1:\d+", "127.0.0.1:[PORT]");
    settings
}
