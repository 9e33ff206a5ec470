//! The settings: a key, how its value is written, and the field it stands for.

use super::{Settings, value};

/// One setting.
#[derive(Debug)]
pub(super) struct Setting {
    /// Its name in files, with dots between tables; in the environment as `FANPASS_SERVE_`, upper case, dots as `_`.
    pub(super) key: &'static str,
    pub(super) get: fn(&Settings) -> toml::Value,
    /// Fails with what is wanted instead.
    pub(super) set: fn(&mut Settings, &str) -> Result<(), String>,
}

/// The value if it lies between two bounds, which are written in the form of the setting.
fn within<T: PartialOrd>(
    value: Option<T>,
    (low, high): (&str, &str),
    parse: impl Fn(&str) -> Option<T>,
) -> Result<T, String> {
    let from = |value: &T| parse(low).is_some_and(|low| low <= *value);
    let to = |value: &T| parse(high).is_some_and(|high| *value <= high);
    value.filter(from).filter(to).ok_or_else(|| format!("{low} to {high}"))
}

macro_rules! settings {
    ($($key:literal = $form:ident $($field:ident).+ $(, $low:literal to $high:literal)?;)*) => {
        /// Every setting, in the order in which they are shown.
        pub(super) static SETTINGS: &[Setting] = &[$(Setting {
            key: $key,
            get: |settings| value::$form::show(&settings.$($field).+),
            set: |settings, text| {
                let value = value::$form::parse(text);
                $(let value = Some(within(value, ($low, $high), value::$form::parse)?);)?
                settings.$($field).+ = value.ok_or_else(|| value::$form::WANTED.to_owned())?;
                Ok(())
            },
        }),*];
    };
}

settings! {
    "listen" = address listen;
    "data" = path config.data;
    "development_token" = switch development_token;
    "token_lifetime" = duration config.token_lifetime, "1s" to "87600h";
    "user_history" = duration config.user_history;
    "drain" = duration config.drain;
    "log.format" = log_format log_format;
    "faults.enabled" = switch config.faults.enabled;
    "faults.seed" = seed config.faults.seed;
    "faults.rules" = rules config.faults.rules;
    "metrics.listen" = optional_address metrics_listen;
    "portal.enabled" = switch config.portal.enabled;
    "portal.secure_cookie" = switch config.portal.secure_cookie;
    "platform.unknown" = policy config.platform_policy;
    "ga4.measurement_id" = optional_text config.ga4.measurement_id;
    "ga4.firebase_app_id" = optional_text config.ga4.firebase_app_id;
    "ga4.secret_file" = optional_path ga4_secret_file;
    "ga4.endpoint" = text config.ga4.endpoint;
    "ga4.event" = text config.ga4.event;
    "ga4.concurrency" = positive config.ga4.concurrency, "1" to "1000";
    "ga4.timeout" = duration config.ga4.timeout;
    "ga4.retry_for" = duration config.ga4.retry_for;
    "ga4.debug" = switch config.ga4.debug;
    "limits.header_bytes" = bytes config.limits.header_bytes, "1 KiB" to "1 MiB";
    "limits.header_count" = count config.limits.header_count, "10" to "1000";
    "limits.header_timeout" = duration config.limits.header_timeout, "100ms" to "24h";
    "limits.inline_body_bytes" = bytes config.limits.inline_body_bytes;
    "limits.inline_bytes_in_all" = bytes config.limits.inline_bytes_in_all;
    "limits.ids_per_list" = count config.limits.ids_per_list;
    "limits.body_bytes" = bytes config.limits.body_bytes;
    "limits.json_depth" = count config.limits.json_depth, "1" to "1000";
    "limits.json_members" = count config.limits.json_members;
    "limits.attributes_per_update" = count config.limits.attributes_per_update;
    "limits.attributes_registered" = count config.limits.attributes_registered;
    "limits.form_text_bytes" = bytes config.limits.form_text_bytes;
    "limits.form_header_bytes" = bytes config.limits.form_header_bytes;
    "limits.body_bytes_in_all" = bytes config.limits.body_bytes_in_all;
    "limits.answer_bytes_in_all" = bytes config.limits.answer_bytes_in_all, "1 MiB" to "1 TiB";
    "limits.upload_bytes" = bytes config.limits.upload_bytes;
    "limits.concurrent_uploads" = count config.limits.concurrent_uploads, "1" to "10000";
    "limits.imports_waiting" = count config.limits.imports_waiting;
    "limits.writes_waiting" = count config.limits.writes_waiting, "1" to "1000000";
    "limits.disk_kept_free" = bytes config.limits.disk_kept_free;
    "limits.body_pause" = duration config.limits.body_pause, "100ms" to "24h";
    "limits.body_rate" = bytes config.limits.body_rate;
    "limits.answer_pause" = duration config.limits.answer_pause, "100ms" to "24h";
    "limits.connections" = positive config.limits.connections, "1" to "1000000";
    "limits.requests_per_second_per_token" = count config.limits.requests_per_second_per_token;
    "limits.request_burst_per_token" = count config.limits.request_burst_per_token;
    "limits.requests_per_second_per_subject" = count config.limits.requests_per_second_per_subject;
    "limits.request_burst_per_subject" = count config.limits.request_burst_per_subject;
    "imports.workers" = positive config.imports.workers, "1" to "64";
    "imports.chunk_bytes" = bytes config.imports.chunk_bytes, "1 MiB" to "64 GiB";
    "imports.turn" = duration config.imports.turn;
    "imports.delta_max" = count config.imports.delta_max;
    "imports.versions_kept" = count config.imports.versions_kept;
    "imports.rejects_kept" = count config.imports.rejects_kept;
    "imports.records_kept" = duration config.imports.records_kept;
    "imports.files.text_bytes" = bytes config.imports.files.text_bytes;
    "imports.files.xlsx_bytes" = bytes config.imports.files.xlsx_bytes;
    "imports.files.xls_bytes" = bytes config.imports.files.xls_bytes;
    "imports.files.zip_bytes" = bytes config.imports.files.zip_bytes;
    "imports.files.entries" = count config.imports.files.entries;
    "imports.files.inflated_bytes" = bytes config.imports.files.inflated_bytes;
    "imports.files.inflation_ratio" = count config.imports.files.inflation_ratio;
    "imports.files.shared_string_bytes" = bytes config.imports.files.shared_string_bytes;
    "imports.files.columns" = count config.imports.files.columns;
    "imports.files.cell_bytes" = bytes config.imports.files.cell_bytes;
    "imports.files.record_bytes" = bytes config.imports.files.record_bytes;
}
