//! When an import will presumably have ended, going by how far it is.

use std::time::Duration;

/// Time that has to pass before anything is said: of less nothing can be told.
const LEAST: Duration = Duration::from_millis(100);

/// How far an import is, of the whole, when `read` of its file is read (0 to 1) and `written` of its list is written.
/// Reading and sorting takes about as long as merging and writing.
pub(super) fn done(read: f64, written: f64) -> f64 {
    f64::midpoint(read.clamp(0.0, 1.0), written.clamp(0.0, 1.0))
}

/// What is left when `done` of the whole (0 to 1) took `elapsed`.
pub(super) fn left(elapsed: Duration, done: f64) -> Option<Duration> {
    if elapsed < LEAST || done <= 0.0 {
        return None;
    }
    Duration::try_from_secs_f64(elapsed.as_secs_f64() * (1.0 - done).max(0.0) / done).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_follows_from_what_is_done() {
        let ten = Duration::from_secs(10);
        assert_eq!(left(ten, done(0.5, 0.0)), Some(Duration::from_secs(30)));
        assert_eq!(left(ten, done(1.0, 0.6)), Some(Duration::from_millis(2_500)));
        assert_eq!(left(ten, done(1.0, 1.0)), Some(Duration::ZERO));
    }

    #[test]
    fn nothing_is_told_of_what_has_hardly_begun() {
        assert_eq!(left(Duration::from_millis(99), 0.5), None);
        assert_eq!(left(Duration::from_secs(1), done(0.0, 0.0)), None);
    }
}
