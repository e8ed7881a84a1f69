//! Words, quoted texts, times and durations of the specification language.

use jiff::{SignedDuration, Timestamp};

/// Words without their trailing commas and colons; a quoted text is one word, without its quotes. A `#` ends the line.
pub(super) fn words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut rest = line.trim_start();
    while !rest.is_empty() && !rest.starts_with('#') {
        let (word, after) = match rest.strip_prefix('"') {
            Some(quoted) => quoted.split_once('"').unwrap_or((quoted, "")),
            None => {
                let end = rest.find(char::is_whitespace).unwrap_or(rest.len());
                (rest[..end].trim_end_matches([',', ':', ';']), &rest[end..])
            }
        };
        if !word.is_empty() || rest.starts_with('"') {
            words.push(word.to_owned());
        }
        rest = after.trim_start_matches(|character: char| character.is_whitespace() || ",;".contains(character));
    }
    words
}

/// `00:05` (hours and minutes) or `00:05:10`, after the beginning of the scenario. Hours may go beyond a day.
pub(super) fn time(begin: Timestamp, word: &str) -> Result<Timestamp, String> {
    let bad = || format!("`{word}` is not a time such as 00:05 or 00:05:10");
    let parts: Vec<i64> = word.split(':').map(str::parse).collect::<Result<_, _>>().map_err(|_| bad())?;
    let seconds = match parts.as_slice() {
        [hours, minutes] => hours * 3600 + minutes * 60,
        [hours, minutes, seconds] => hours * 3600 + minutes * 60 + seconds,
        _ => return Err(bad()),
    };
    begin.saturating_add(SignedDuration::from_secs(seconds)).map_err(|_| bad())
}

/// `10s`, `5m`, `2h` or `1d`, in seconds.
pub(super) fn seconds(word: &str) -> Result<u32, String> {
    let bad = || format!("`{word}` is not a duration such as 10s, 5m, 2h or 1d");
    let (number, unit) = word.split_at(word.len().saturating_sub(1));
    let number: u32 = number.parse().map_err(|_| bad())?;
    let unit = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 3600,
        "d" => 86_400,
        _ => return Err(bad()),
    };
    Ok(number * unit)
}

pub(super) fn number(word: &str) -> Result<u32, String> {
    word.parse().map_err(|_| format!("`{word}` is not a number"))
}

/// The time since the beginning, as `HH:MM:SS`.
pub(super) fn clock(begin: Timestamp, at: Timestamp) -> String {
    let seconds = at.as_second() - begin.as_second();
    let (sign, seconds) = if seconds < 0 { ("-", -seconds) } else { ("", seconds) };
    format!("{sign}{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60)
}
