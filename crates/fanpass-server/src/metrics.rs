//! Figures of a running service in the text format of Prometheus.

use std::time::Duration;

use http::StatusCode;
use prometheus::{
    Encoder as _, Histogram, HistogramOpts, HistogramVec, IntCounter, IntCounterVec, IntGauge, IntGaugeVec,
    Opts, Registry, TextEncoder,
};

use crate::app::App;
use crate::disk;
use crate::store::{ImportFigures, StoreError};

/// The content type of the text.
pub(crate) const CONTENT_TYPE: &str = prometheus::TEXT_FORMAT;

/// Upper bounds of calls' durations, in seconds.
const SECONDS: [f64; 15] =
    [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0];
/// Upper bounds of commits' durations, in seconds.
const COMMIT_SECONDS: [f64; 12] =
    [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 2.0];
/// Upper bounds of how many writes share a commit.
const BATCH: [f64; 10] = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0, 512.0];

/// The figures that change as things happen, and those that are looked up when they are asked for.
#[derive(Debug)]
pub(crate) struct Metrics {
    registry: Registry,
    requests: IntCounterVec,
    seconds: HistogramVec,
    faults: IntCounterVec,
    in_flight: IntGauge,
    pub(crate) connections: IntGauge,
    pub(crate) received: IntCounter,
    pub(crate) sent: IntCounter,
    imports: IntGaugeVec,
    import_rows: IntGaugeVec,
    imports_queued: IntGauge,
    uploads: IntGauge,
    disk_free: IntGauge,
    forwarded: IntCounterVec,
    forwarding_waits: IntGauge,
    forwarding_lag: IntGauge,
    dead_letters: IntGauge,
    log_bytes: IntGaugeVec,
}

impl Metrics {
    /// # Errors
    /// Two figures of one name; a fault of this file.
    pub(crate) fn new() -> Result<Self, prometheus::Error> {
        let registry = Registry::new();
        let build = IntGaugeVec::new(opts("build_info", "Always 1; the version is a label."), &["version"])?;
        build.with_label_values(&[env!("CARGO_PKG_VERSION")]).set(1);
        registry.register(Box::new(build))?;
        let seconds = HistogramOpts::from(opts("request_seconds", "How long calls took to be answered."));
        let metrics = Self {
            requests: IntCounterVec::new(
                opts("requests_total", "Calls answered, by operation and status."),
                &["operation", "status"],
            )?,
            seconds: HistogramVec::new(seconds.buckets(SECONDS.into()), &["operation"])?,
            faults: IntCounterVec::new(
                opts("faults_total", "Calls that met a fault on demand."),
                &["fault"],
            )?,
            in_flight: IntGauge::with_opts(opts("requests_in_flight", "Calls not answered yet."))?,
            connections: IntGauge::with_opts(opts("connections", "Connections open."))?,
            received: IntCounter::with_opts(opts("received_bytes_total", "Bytes read from connections."))?,
            sent: IntCounter::with_opts(opts("sent_bytes_total", "Bytes written to connections."))?,
            imports: IntGaugeVec::new(opts("imports", "Imports kept, by stage."), &["stage"])?,
            import_rows: IntGaugeVec::new(
                opts("import_rows", "Rows of the imports kept, by what became of them; `processed` is all."),
                &["fate"],
            )?,
            imports_queued: IntGauge::with_opts(opts("imports_queued", "Imports that wait for a worker."))?,
            uploads: IntGauge::with_opts(opts("uploads", "Files that are being received."))?,
            disk_free: IntGauge::with_opts(opts("disk_free_bytes", "Bytes free on the data folder's disk."))?,
            forwarded: IntCounterVec::new(
                opts("ga4_total", "Values of attributes tried to be forwarded, by result."),
                &["result"],
            )?,
            forwarding_waits: IntGauge::with_opts(opts("ga4_waiting", "Users with changes on their way."))?,
            forwarding_lag: IntGauge::with_opts(opts("ga4_lag_seconds", "Age of the oldest such change."))?,
            dead_letters: IntGauge::with_opts(opts("ga4_dead", "Attributes that did not reach GA4."))?,
            log_bytes: IntGaugeVec::new(
                opts("database_log_bytes", "Bytes of a database's log that are not in its file yet."),
                &["file"],
            )?,
            registry,
        };
        metrics.register()?;
        Ok(metrics)
    }

    fn register(&self) -> Result<(), prometheus::Error> {
        let Self { registry, .. } = self;
        registry.register(Box::new(self.requests.clone()))?;
        registry.register(Box::new(self.seconds.clone()))?;
        registry.register(Box::new(self.faults.clone()))?;
        registry.register(Box::new(self.forwarded.clone()))?;
        registry.register(Box::new(self.received.clone()))?;
        registry.register(Box::new(self.sent.clone()))?;
        for gauge in
            [&self.in_flight, &self.connections, &self.imports_queued, &self.uploads, &self.disk_free]
        {
            registry.register(Box::new(gauge.clone()))?;
        }
        for gauge in [&self.forwarding_waits, &self.forwarding_lag, &self.dead_letters] {
            registry.register(Box::new(gauge.clone()))?;
        }
        for gauges in [&self.imports, &self.import_rows, &self.log_bytes] {
            registry.register(Box::new(gauges.clone()))?;
        }
        Ok(())
    }

    /// Takes up the figures of a database's writer.
    pub(crate) fn add_writer(&self, meter: &WriterMeter) -> Result<(), prometheus::Error> {
        self.registry.register(Box::new(meter.waiting.clone()))?;
        self.registry.register(Box::new(meter.batch.clone()))?;
        self.registry.register(Box::new(meter.seconds.clone()))
    }

    /// Counts a call as not answered yet for as long as what it gives back lives.
    pub(crate) fn take_off(&self) -> InFlight {
        self.in_flight.inc();
        InFlight(self.in_flight.clone())
    }

    /// Counts a call that is answered.
    pub(crate) fn answered(&self, operation: &str, status: StatusCode, took: Duration) {
        self.requests.with_label_values(&[operation, status.as_str()]).inc();
        self.seconds.with_label_values(&[operation]).observe(took.as_secs_f64());
    }

    /// Counts a call that met a fault on demand.
    pub(crate) fn met(&self, fault: &str) {
        self.faults.with_label_values(&[fault]).inc();
    }

    /// Counts values of attributes that were tried to be forwarded.
    pub(crate) fn forwarded(&self, result: &str, values: u64) {
        self.forwarded.with_label_values(&[result]).inc_by(values);
    }

    /// All figures as text.
    pub(crate) async fn text(&self, app: &App) -> Result<Vec<u8>, StoreError> {
        let ImportFigures { stages, rows } = app.store.import_figures().await?;
        self.imports.reset();
        for (stage, count) in stages {
            self.imports.with_label_values(&[stage]).set(count);
        }
        for (fate, count) in rows {
            self.import_rows.with_label_values(&[fate]).set(count);
        }
        let folder = app.store.folder();
        if let Ok(Some(free)) = disk::free(folder.path()) {
            self.disk_free.set(whole(free));
        }
        for (file, bytes) in app.store.log_bytes() {
            self.log_bytes.with_label_values(&[file]).set(whole(bytes));
        }
        self.imports_queued.set(whole(app.imports.waiting()));
        let uploads = app.limits.concurrent_uploads.saturating_sub(app.uploads.available_permits());
        self.uploads.set(whole(uploads));
        let outbox = app.store.outbox_figures().await?;
        self.forwarding_waits.set(whole(outbox.waiting));
        self.forwarding_lag.set(whole(outbox.lag_seconds(app.store.clock().now())));
        self.dead_letters.set(whole(outbox.dead));
        let mut text = Vec::new();
        // Writing into memory cannot fail, and every family here has a name and a value.
        let _ = TextEncoder::new().encode(&self.registry.gather(), &mut text);
        Ok(text)
    }
}

/// A call that is not answered yet.
#[derive(Debug)]
pub(crate) struct InFlight(IntGauge);

impl Drop for InFlight {
    fn drop(&mut self) {
        self.0.dec();
    }
}

/// What the writer of one database has to say.
#[derive(Debug, Clone)]
pub(crate) struct WriterMeter {
    /// Writes that wait.
    pub(crate) waiting: IntGauge,
    /// How many of them shared a commit.
    pub(crate) batch: Histogram,
    /// How long a commit took, its writes included.
    pub(crate) seconds: Histogram,
}

impl WriterMeter {
    /// # Errors
    /// A name that is none; a fault of this file.
    pub(crate) fn new(file: &str) -> Result<Self, prometheus::Error> {
        let of = |name, help| opts(name, help).const_label("file", file);
        let batch = HistogramOpts::from(of("commit_writes", "Writes that shared a commit."));
        let seconds =
            HistogramOpts::from(of("commit_seconds", "How long commits took, their writes included."));
        Ok(Self {
            waiting: IntGauge::with_opts(of("writes_waiting", "Writes that wait for the disk."))?,
            batch: Histogram::with_opts(batch.buckets(BATCH.into()))?,
            seconds: Histogram::with_opts(seconds.buckets(COMMIT_SECONDS.into()))?,
        })
    }
}

fn opts(name: &str, help: &str) -> Opts {
    Opts::new(name, help).namespace("fanpass")
}

fn whole(number: impl TryInto<i64>) -> i64 {
    number.try_into().unwrap_or(i64::MAX)
}
