//! Waits for a condition of the real world, such as a file or a port: looks again and again, up to a limit.

use std::time::{Duration, Instant};

const LOOK_EVERY: Duration = Duration::from_millis(10);

/// Looks until `condition` yields something.
///
/// # Panics
/// When it has not within `limit`; `what` says what was waited for.
pub fn eventually<T>(what: &str, limit: Duration, mut condition: impl FnMut() -> Option<T>) -> T {
    let began = Instant::now();
    loop {
        if let Some(found) = condition() {
            return found;
        }
        assert!(began.elapsed() < limit, "{what} did not happen within {} s", limit.as_secs());
        std::thread::sleep(LOOK_EVERY);
    }
}
