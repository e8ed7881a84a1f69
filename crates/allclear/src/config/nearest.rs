//! What somebody probably meant who wrote a name that does not exist.

/// The known name nearest to the one written, if any is near enough to be a slip of the pen.
pub(crate) fn nearest<'a>(written: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let written = written.to_ascii_lowercase();
    let limit = (written.chars().count() / 3).max(2);
    known
        .into_iter()
        .map(|name| (distance(&written, name), name))
        .filter(|(distance, _)| *distance <= limit)
        .min()
        .map(|(_, name)| name)
}

/// A name that the written one begins, or that begins it, counts as one slip: `fails` for `failures_to_fail`.
fn distance(written: &str, name: &str) -> usize {
    let is_part = written.len() >= 4 && (name.starts_with(written) || name.ends_with(written));
    if is_part { 1 } else { strsim::osa_distance(written, name) }
}

/// The end of a sentence that lists the names that exist.
pub(super) fn listed<'a>(known: impl IntoIterator<Item = &'a str>) -> String {
    known.into_iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_is_corrected_and_a_stranger_is_not() {
        let known = ["interval", "timeout", "failures_to_fail"];
        assert_eq!(nearest("intervall", known), Some("interval"));
        assert_eq!(nearest("Timeuot", known), Some("timeout"));
        assert_eq!(nearest("failures", known), Some("failures_to_fail"));
        assert_eq!(nearest("colour", known), None);
    }
}
