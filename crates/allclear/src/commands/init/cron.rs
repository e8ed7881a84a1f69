//! The longest time between two runs of a cron expression.
//!
//! Days are looked at over four years, since the distance between two of them depends on months; the times within a day
//! are the same each day. Five fields, names and steps are read; nothing else that some dialects add.

const MONTHS: [&str; 12] = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const WEEKDAYS: [&str; 7] = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];
const DAYS_OF_MONTHS: [u32; 12] = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
const DAY_MINUTES: u64 = 24 * 60;

/// Minutes from one run to the next, at most; `None` if this is not such an expression or it never runs.
pub(super) fn longest_gap_minutes(expression: &str) -> Option<u64> {
    let expression = match expression.trim() {
        "@hourly" => "0 * * * *",
        "@daily" | "@midnight" => "0 0 * * *",
        "@weekly" => "0 0 * * 0",
        "@monthly" => "0 0 1 * *",
        "@yearly" | "@annually" => "0 0 1 1 *",
        other => other,
    };
    let fields: Vec<&str> = expression.split_whitespace().collect();
    let [minute, hour, day, month, weekday] = fields.as_slice() else { return None };
    let (minutes, hours) = (field(minute, 0, 59, &[])?, field(hour, 0, 23, &[])?);
    let times: Vec<u64> =
        hours.iter().flat_map(|hour| minutes.iter().map(move |minute| u64::from(hour * 60 + minute))).collect();
    let days = days(day, month, weekday)?;
    let (first, last) = (*times.first()?, *times.last()?);
    let within_a_day = times.windows(2).map(|pair| pair[1] - pair[0]).max().unwrap_or(0);
    let between_days = days.windows(2).map(|pair| pair[1] - pair[0]).max()? * DAY_MINUTES - last + first;
    Some(within_a_day.max(between_days))
}

/// The days of four years, the last of them a leap year, on which it runs; the first day is a Sunday.
fn days(day: &str, month: &str, weekday: &str) -> Option<Vec<u64>> {
    let (days, months) = (field(day, 1, 31, &[])?, field(month, 1, 12, &MONTHS)?);
    let weekdays: Vec<u32> = field(weekday, 0, 7, &WEEKDAYS)?.into_iter().map(|number| number % 7).collect();
    // Where both are given, either is enough; that is how cron has always done it.
    let is_either = !day.starts_with('*') && !weekday.starts_with('*');
    let mut found = Vec::new();
    let mut count = 0;
    for year in 0..8 {
        for (number, length) in (1..).zip(DAYS_OF_MONTHS) {
            let is_leap_february = number == 2 && year % 4 == 3;
            for date in 1..=length + u32::from(is_leap_february) {
                let (by_date, by_weekday) = (days.contains(&date), weekdays.contains(&((count % 7) as u32)));
                let is_day = if is_either { by_date || by_weekday } else { by_date && by_weekday };
                if is_day && months.contains(&number) {
                    found.push(count);
                }
                count += 1;
            }
        }
    }
    Some(found)
}

/// The numbers that a field stands for, rising.
fn field(text: &str, least: u32, most: u32, names: &[&str]) -> Option<Vec<u32>> {
    let mut numbers = Vec::new();
    for part in text.split(',') {
        let (range, step) = part.split_once('/').map_or((part, Some(1)), |(range, step)| (range, step.parse().ok()));
        let step: usize = step.filter(|step| *step > 0)?;
        let (from, to) = match range.split_once('-') {
            _ if range == "*" => (least, most),
            Some((from, to)) => (number(from, least, names)?, number(to, least, names)?),
            // `5/10` means from 5 to the end.
            None if part.contains('/') => (number(range, least, names)?, most),
            None => (number(range, least, names)?, number(range, least, names)?),
        };
        if from < least || to > most || from > to {
            return None;
        }
        numbers.extend((from..=to).step_by(step));
    }
    numbers.sort_unstable();
    numbers.dedup();
    Some(numbers)
}

/// A number, or the name of one; the first name stands for the least number.
fn number(text: &str, least: u32, names: &[&str]) -> Option<u32> {
    let position = names.iter().position(|name| name.eq_ignore_ascii_case(text));
    match position {
        Some(position) => Some(least + u32::try_from(position).ok()?),
        None => text.parse().ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_gap_is_what_a_job_may_be_silent() {
        const HOUR: u64 = 60;
        const DAY: u64 = 24 * HOUR;
        for (cron, expected) in [
            ("0 2 * * *", DAY),
            ("*/15 * * * *", 15),
            ("0 * * * *", HOUR),
            ("30 9-17 * * *", 16 * HOUR),
            ("0 3 * * 1", 7 * DAY),
            ("0 6 * * mon-fri", 3 * DAY),
            ("0 0 1 * *", 31 * DAY),
            ("0 0 31 * *", 61 * DAY),
            ("0 0 1 jan *", 366 * DAY),
            ("5/20 0 * * *", DAY - 40),
            ("@weekly", 7 * DAY),
        ] {
            assert_eq!(longest_gap_minutes(cron), Some(expected), "{cron}");
        }
    }

    #[test]
    fn what_is_not_an_expression_has_no_gap() {
        for wrong in
            ["", "0 2 * *", "0 2 * * * *", "60 2 * * *", "0 2 * * x", "*/0 * * * *", "0 0 30 2 *", "5-1 * * * *"]
        {
            assert_eq!(longest_gap_minutes(wrong), None, "{wrong}");
        }
    }
}
