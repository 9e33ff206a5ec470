//! Progress of long work: a bar or a spinner on a terminal, lines of JSON beside JSON, nothing elsewhere.

use std::fmt;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use console::Term;
use indicatif::{ProgressBar, ProgressState, ProgressStyle};

use crate::printer::{Printer, ProgressForm};
use crate::progress_line::{Pace, ProgressLine};

const TICK: Duration = Duration::from_millis(120);

/// Time between two lines: short work says nothing, and work that stands still says so.
const PAUSE: Duration = Duration::from_secs(5);

/// A terminal of fewer columns shows counts and what is being done, and neither bar nor rate.
const NARROW: u16 = 60;

/// Work under way. It vanishes from the terminal when dropped.
#[derive(Debug)]
pub struct Progress {
    bar: ProgressBar,
    is_narrow: bool,
    lines: Option<Lines>,
}

/// Writes lines from time to time until it is dropped.
#[derive(Debug)]
struct Lines {
    /// Ends the thread when it is dropped.
    end: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Progress {
    /// Work whose end is not known: shows a spinner, a count that [`set`](Self::set) gives, its rate, and the time.
    pub fn new(printer: Printer, what: &str) -> Self {
        let mut progress = Self::silent(printer, what);
        progress.write_lines(printer, what, None);
        progress
    }

    fn silent(printer: Printer, what: &str) -> Self {
        let shown = printer.progress_form() == ProgressForm::Bar;
        let bar = if shown { ProgressBar::new_spinner() } else { ProgressBar::hidden() };
        bar.set_style(style("{spinner} {human_pos} ({rate}, {elapsed}) {wide_msg}"));
        bar.set_message(what.to_owned());
        if shown {
            bar.enable_steady_tick(TICK);
        }
        Self { bar, is_narrow: Term::stderr().size().1 < NARROW, lines: None }
    }

    /// Tells of it in lines, where lines are wanted, that count in `unit`.
    fn write_lines(&mut self, printer: Printer, what: &str, unit: Option<&'static str>) {
        if printer.progress_form() != ProgressForm::Lines {
            return;
        }
        let (bar, what, started) = (self.bar.clone(), what.to_owned(), Instant::now());
        self.lines =
            Some(Lines::start(PAUSE, move || printer.aside(&line(&bar, &what, unit, started.elapsed()))));
    }

    /// What is being done now.
    pub fn say(&self, what: &str) {
        self.bar.set_message(what.to_owned());
    }

    /// Runs what writes to the terminal, which would be wiped beside what is shown there.
    pub fn aside(&self, write: impl FnOnce()) {
        self.bar.suspend(write);
    }

    /// Sending `total` bytes.
    pub fn bytes(printer: Printer, what: &str, total: u64) -> Self {
        let mut progress = Self::silent(printer, what).of_bytes(total);
        progress.write_lines(printer, what, Some("bytes"));
        progress
    }

    fn of_bytes(self, total: u64) -> Self {
        self.show_of(total, "{bytes}/{total_bytes}", "{bytes_per_sec}");
        self
    }

    /// So much more is done. A retry starts over and may go past the total.
    pub fn advance(&self, more: usize) {
        self.bar.inc(u64::try_from(more).unwrap_or(u64::MAX));
    }

    /// How much is done.
    pub fn set(&self, done: u64) {
        self.bar.set_position(done);
    }

    /// How much is done of a total that is known now.
    pub fn set_of(&self, done: u64, total: u64) {
        if self.bar.length() != Some(total) {
            self.show_of(total, "{human_pos}/{human_len}", "{rate}");
        }
        self.set(done);
    }

    /// Shows how much is done of `total`.
    fn show_of(&self, total: u64, counts: &str, rate: &str) {
        self.bar.set_style(style(&if self.is_narrow {
            format!("{{spinner}} {counts} {{wide_msg}}")
        } else {
            format!("{{spinner}} [{{bar:10}}] {counts} ({rate}, {{eta}} left) {{wide_msg}}")
        }));
        self.bar.set_length(total);
    }
}

/// What a line says so long after the work began.
fn line<'a>(
    bar: &ProgressBar,
    what: &'a str,
    unit: Option<&'static str>,
    elapsed: Duration,
) -> ProgressLine<'a> {
    let (done, total) = (bar.position(), bar.length());
    let detail = Some(bar.message()).filter(|message| message != what);
    ProgressLine { progress: what, detail, unit, done, total, pace: Pace::new(done, total, elapsed) }
}

impl Lines {
    /// Calls `write` after each pause, on a thread of its own: the work may block, or wait for something else.
    fn start(pause: Duration, mut write: impl FnMut() + Send + 'static) -> Self {
        let (end, ended) = channel::<()>();
        let work = move || {
            while ended.recv_timeout(pause) == Err(RecvTimeoutError::Timeout) {
                write();
            }
        };
        // Without a thread there are no lines, which is no reason to stop the work.
        let thread = thread::Builder::new().name("progress".to_owned()).spawn(work).ok();
        Self { end: Some(end), thread }
    }
}

impl Drop for Lines {
    /// No line comes after this.
    fn drop(&mut self) {
        drop(self.end.take());
        let _ = self.thread.take().map(JoinHandle::join);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

/// The templates are ours; one that indicatif cannot read falls back to its own. What is said stands last and is cut to the width
/// of the terminal.
fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar()).with_key(
        "rate",
        |state: &ProgressState, out: &mut dyn fmt::Write| {
            // Writing to a line in memory cannot fail.
            let _ = write!(out, "{:.0}/s", state.per_sec());
        },
    )
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::sync::{Arc, Mutex};

    use indicatif::{ProgressDrawTarget, TermLike};

    use super::*;

    /// A terminal of so many columns, and what was written to it since its line was cleared.
    #[derive(Debug, Clone)]
    struct Terminal(u16, Arc<Mutex<String>>);

    impl Terminal {
        fn line(&self) -> String {
            self.1.lock().unwrap().trim().to_owned()
        }
    }

    impl TermLike for Terminal {
        fn width(&self) -> u16 {
            self.0
        }

        fn move_cursor_up(&self, _: usize) -> io::Result<()> {
            Ok(())
        }

        fn move_cursor_down(&self, _: usize) -> io::Result<()> {
            Ok(())
        }

        fn move_cursor_right(&self, _: usize) -> io::Result<()> {
            Ok(())
        }

        fn move_cursor_left(&self, _: usize) -> io::Result<()> {
            Ok(())
        }

        fn write_line(&self, text: &str) -> io::Result<()> {
            self.write_str(text)
        }

        fn write_str(&self, text: &str) -> io::Result<()> {
            self.1.lock().unwrap().push_str(text);
            Ok(())
        }

        fn clear_line(&self) -> io::Result<()> {
            self.1.lock().unwrap().clear();
            Ok(())
        }

        fn flush(&self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn what_is_shown_fits_the_terminal_and_is_not_there_while_something_is_said() {
        for columns in [30, 54, 80] {
            let terminal = Terminal(columns, Arc::default());
            let shown = |progress: &Progress| {
                progress.bar.set_draw_target(ProgressDrawTarget::term_like(Box::new(terminal.clone())));
                progress.bar.force_draw();
                assert!(terminal.line().chars().count() <= usize::from(columns), "{terminal:?}");
                terminal.line()
            };
            let silent = |what| {
                let mut progress = Progress::silent(Printer::new(false, true), what);
                progress.is_narrow = columns < NARROW;
                progress
            };
            let sending = silent("sending");
            sending.say("sending (16 in flight, 12 retries, 1234 rejected)");
            sending.set_of(1_234_567, 5_000_000);
            let line = shown(&sending);
            assert!(line.contains(" 1,234,567/5,000,000 ") && line.contains(" sen"), "{line}");
            sending.aside(|| assert_eq!(terminal.line(), ""));
            assert!(terminal.line().contains(" sen"));
            drop(sending);
            let uploading = silent("uploading").of_bytes(2 << 30);
            uploading.advance(123_456_789);
            assert!(shown(&uploading).contains("MiB/2.00 GiB"));
        }
    }

    #[test]
    fn lines_are_written_while_nothing_moves_and_none_after_the_end() {
        let (write, written) = channel();
        let bar = ProgressBar::hidden();
        bar.set_position(3);
        let lines = Lines::start(Duration::from_millis(1), move || {
            let _ = write.send(line(&bar, "sending", None, Duration::from_secs(5)).done);
        });
        assert_eq!((written.recv(), written.recv()), (Ok(3), Ok(3)));
        drop(lines);
        assert!(written.iter().all(|done| done == 3), "it ends, as nobody writes any more");
    }
}
