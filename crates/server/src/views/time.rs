//! Times as people read them: absolute in UTC, exact in the attribute, and how long ago beside it where that helps.

use jiff::Timestamp;
use maud::{Markup, html};

/// `2026-11-23 03:14:15 UTC`.
pub(crate) fn time(at: Timestamp) -> Markup {
    html! { time datetime=(at) { (at.strftime("%Y-%m-%d %H:%M:%S")) " UTC" } }
}

/// `2026-11-23 03:14 UTC`, for lists.
pub(crate) fn short(at: Timestamp) -> Markup {
    html! { time datetime=(at) { (at.strftime("%Y-%m-%d %H:%M")) " UTC" } }
}

/// `03:14:15`, where the day stands nearby; the whole of it on hovering.
pub(crate) fn clock(at: Timestamp) -> Markup {
    html! { time datetime=(at) title=(at.strftime("%Y-%m-%d %H:%M:%S UTC")) { (at.strftime("%H:%M:%S")) } }
}

/// How long from one time to another: `42 s`, `12 min`, `3 h 5 min`, `2 d 4 h`.
pub(crate) fn between(from: Timestamp, to: Timestamp) -> String {
    let seconds = (to.as_second() - from.as_second()).max(0);
    let (minutes, hours, days) = (seconds / 60, seconds / 3600, seconds / 86_400);
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3600 => format!("{minutes} min"),
        3600..86_400 => format!("{hours} h {} min", minutes % 60),
        _ => format!("{days} d {} h", hours % 24),
    }
}

/// Milliseconds as people say them.
pub(crate) fn milliseconds(ms: f64) -> String {
    if ms < 10.0 { format!("{ms:.1} ms") } else { format!("{ms:.0} ms") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_is_told_in_its_two_largest_units() {
        let after = |seconds| between(Timestamp::UNIX_EPOCH, Timestamp::from_second(seconds).unwrap());
        assert_eq!(
            [0, 59, 60, 3599, 3600, 86_399, 183_600].map(after),
            ["0 s", "59 s", "1 min", "59 min", "1 h 0 min", "23 h 59 min", "2 d 3 h"]
        );
        assert_eq!(between(Timestamp::from_second(9).unwrap(), Timestamp::UNIX_EPOCH), "0 s");
    }
}
