//! Measured values and what they come to.

use std::fmt;

use allclear_core::nearest_rank;

/// What was measured of one program, several times.
#[derive(Debug, Clone)]
pub struct Series {
    name: String,
    unit: &'static str,
    values: Vec<f64>,
}

/// What the ratio of ours to theirs should be.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Goal {
    /// Less is better: a time or a size.
    AtMost(f64),
    /// More is better: a rate.
    AtLeast(f64),
}

/// Ours beside a peer's or a limit, and the ratio of the two.
#[derive(Debug)]
pub struct Comparison {
    ours: String,
    theirs: String,
    ratio: f64,
    goal: Goal,
}

impl Series {
    /// An empty series.
    pub fn new(name: &str, unit: &'static str) -> Self {
        Self { name: name.to_owned(), unit, values: Vec::new() }
    }

    /// Adds what was measured.
    pub fn push(&mut self, value: f64) {
        self.values.push(value);
    }

    /// The nearest-rank percentile; 50 is the median.
    ///
    /// # Panics
    /// If nothing was measured.
    pub fn percentile(&self, percent: u8) -> f64 {
        nearest_rank(&self.values, percent).expect("something was measured")
    }

    /// Compares the medians of both.
    pub fn beside(&self, theirs: &Self, goal: Goal) -> Comparison {
        self.beside_at(50, theirs, goal)
    }

    /// Compares this percentile of both.
    pub fn beside_at(&self, percent: u8, theirs: &Self, goal: Goal) -> Comparison {
        let ratio = self.percentile(percent) / theirs.percentile(percent);
        Comparison { ours: self.line(percent), theirs: theirs.line(percent), ratio, goal }
    }

    /// The percentile, and between what values it was taken.
    pub fn line(&self, percent: u8) -> String {
        let word = if percent == 50 { "median".to_owned() } else { format!("p{percent}") };
        let (name, unit, value) = (&self.name, self.unit, shown(self.percentile(percent)));
        let (least, most, count) = (shown(self.percentile(0)), shown(self.percentile(100)), self.values.len());
        format!("  {name:<44} {value:>9} {unit:<6} {word} of {count}: {least} … {most}")
    }
}

impl Goal {
    fn is_met(self, ratio: f64) -> bool {
        match self {
            Self::AtMost(limit) => ratio <= limit,
            Self::AtLeast(limit) => ratio >= limit,
        }
    }
}

impl fmt::Display for Goal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AtMost(limit) => write!(formatter, "at most {limit}"),
            Self::AtLeast(limit) => write!(formatter, "at least {limit}"),
        }
    }
}

impl fmt::Display for Comparison {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let verdict = if self.goal.is_met(self.ratio) { "met" } else { "MISSED" };
        writeln!(formatter, "{}", self.ours)?;
        writeln!(formatter, "{}", self.theirs)?;
        let (name, ratio) = ("ratio", self.ratio);
        write!(formatter, "  {name:<44} {ratio:>9.2}        goal: {}, {verdict}", self.goal)
    }
}

/// Three or four digits, whatever the size.
fn shown(value: f64) -> String {
    let decimals = match value.abs() {
        size if size >= 100.0 => 0,
        size if size >= 10.0 => 1,
        _ => 2,
    };
    format!("{value:.decimals$}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn series(values: [f64; 3]) -> Series {
        let mut series = Series::new("x", "ms");
        for value in values {
            series.push(value);
        }
        series
    }

    #[test]
    fn a_goal_is_held_against_the_ratio_of_the_medians() {
        let (ours, theirs) = (series([9.0, 1.0, 2.0]), series([4.0, 1.0, 50.0]));
        assert!(ours.beside(&theirs, Goal::AtMost(0.5)).to_string().ends_with("0.50        goal: at most 0.5, met"));
        let missed = ours.beside(&theirs, Goal::AtLeast(0.6)).to_string();
        assert!(missed.ends_with("goal: at least 0.6, MISSED"), "{missed}");
    }
}
