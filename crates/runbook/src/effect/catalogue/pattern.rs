//! What a command has to look like for an entry to fit: leading operands, flags, and how many objects it names.
//!
//! A pattern is a line of words. `get|describe` is a choice of operands, `*` any one, `**` any number of them;
//! `-l|--selector` a flag that has to be there, `--replicas=0|none` one with such a value (nothing between the bars
//! stands for no value), `!--dry-run` one that must not be there; `@1`, `@0`, `@2+` the number of objects named behind
//! the verbs. In choices and values, a star stands for any characters.

use crate::syntax::call::Call;

/// The most operands that `**` may stand for: command groups nest no deeper.
const LONGEST_GROUP: usize = 4;

/// A compiled pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Pattern {
    /// As it is written.
    pub(crate) text: String,
    operands: Vec<Operand>,
    flags: Vec<FlagTest>,
    objects: Option<(usize, usize)>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Operand {
    Any,
    Several,
    Choice(Vec<String>),
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct FlagTest {
    names: Vec<String>,
    /// Empty where any value will do.
    values: Vec<String>,
    wanted: bool,
}

/// How a program reads its operands.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Reading {
    /// Operands are compared without regard to case: `FLUSHALL`.
    pub(crate) ignore_case: bool,
    /// An operand may be `KIND/NAME` or `KIND.GROUP`.
    pub(crate) resources: bool,
    /// How many objects the call names behind its verbs, if that does not follow from the pattern.
    pub(crate) objects: Option<usize>,
}

impl Pattern {
    /// Compiles a pattern, or says what is wrong with it.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let mut pattern = Self { text: text.to_owned(), operands: Vec::new(), flags: Vec::new(), objects: None };
        for word in text.split_whitespace() {
            match word.strip_prefix('!').unwrap_or(word) {
                flag if flag.starts_with('-') && flag != "-" => {
                    pattern.flags.push(flag_test(flag, !word.starts_with('!')));
                }
                _ if word.starts_with('!') => return Err(format!("`{word}`: only a flag can be forbidden")),
                count if count.starts_with('@') => pattern.objects = Some(number(count)?),
                _ if !pattern.flags.is_empty() || pattern.objects.is_some() => {
                    return Err(format!("`{word}`: operands stand in front of flags and of the number of objects"));
                }
                "*" => pattern.operands.push(Operand::Any),
                "**" => pattern.operands.push(Operand::Several),
                choice => pattern.operands.push(Operand::Choice(choice.split('|').map(str::to_owned).collect())),
            }
        }
        Ok(pattern)
    }

    /// Whether a call fits.
    pub(crate) fn fits(&self, call: &Call<'_>, reading: Reading) -> bool {
        let operands: Vec<&str> = call.operands.iter().map(|word| word.value.as_str()).collect();
        let length = leading(&self.operands, &operands, reading);
        length.is_some_and(|length| {
            let objects = reading.objects.unwrap_or(operands.len() - length);
            self.objects.is_none_or(|(least, most)| (least..=most).contains(&objects))
                && self.flags.iter().all(|test| test.holds(call))
        })
    }
}

/// How many of the operands the tests in front take, if they fit.
fn leading(tests: &[Operand], operands: &[&str], reading: Reading) -> Option<usize> {
    let Some((test, rest)) = tests.split_first() else { return Some(0) };
    match (test, operands.split_first()) {
        (Operand::Several, _) => {
            let longest = operands.len().min(LONGEST_GROUP);
            (0..=longest).find_map(|skip| leading(rest, &operands[skip..], reading).map(|length| skip + length))
        }
        (_, None) => None,
        (Operand::Choice(choice), Some((first, _))) if !choice.iter().any(|it| chosen(it, first, reading)) => None,
        (_, Some((_, others))) => leading(rest, others, reading).map(|length| length + 1),
    }
}

fn chosen(choice: &str, operand: &str, reading: Reading) -> bool {
    let kind = operand.split(['/', '.']).next().unwrap_or_default();
    if reading.ignore_case {
        return resembles(&choice.to_ascii_lowercase(), &operand.to_ascii_lowercase());
    }
    resembles(choice, operand) || reading.resources && resembles(choice, kind)
}

/// Whether a text is what a choice says; a star in it stands for any characters.
pub(crate) fn resembles(choice: &str, text: &str) -> bool {
    let mut pieces = choice.split('*');
    let Some(mut rest) = text.strip_prefix(pieces.next().unwrap_or_default()) else { return false };
    let mut pieces = pieces.peekable();
    if pieces.peek().is_none() {
        return rest.is_empty();
    }
    while let Some(piece) = pieces.next() {
        if pieces.peek().is_none() {
            return rest.ends_with(piece);
        }
        let Some(at) = rest.find(piece) else { return false };
        rest = &rest[at + piece.len()..];
    }
    true
}

fn flag_test(text: &str, wanted: bool) -> FlagTest {
    let (names, values) = text.split_once('=').map_or((text, None), |(names, values)| (names, Some(values)));
    let values = values.map(|values| values.split('|').map(str::to_owned).collect()).unwrap_or_default();
    FlagTest { names: names.split('|').map(str::to_owned).collect(), values, wanted }
}

impl FlagTest {
    fn holds(&self, call: &Call<'_>) -> bool {
        let found = call.flags.iter().filter(|flag| self.names.iter().any(|name| resembles(name, &flag.name)));
        let fitting = found.filter(|flag| {
            // JSON in an argument may have blanks.
            let value: String = flag.value.unwrap_or_default().split_whitespace().collect();
            match self.values.as_slice() {
                [] => value != "false",
                values => values.iter().any(|it| resembles(it, &value)),
            }
        });
        (fitting.count() > 0) == self.wanted
    }
}

/// `@1`, `@0-1`, `@2+`
fn number(text: &str) -> Result<(usize, usize), String> {
    let wrong = || format!("`{text}`: write how many objects as `@1`, `@0-1` or `@2+`");
    let number = |digits: &str| digits.parse::<usize>().map_err(|_| wrong());
    let written = &text[1..];
    match (written.strip_suffix('+'), written.split_once('-')) {
        (Some(least), _) => Ok((number(least)?, usize::MAX)),
        (None, Some((least, most))) => Ok((number(least)?, number(most)?)),
        (None, None) => number(written).map(|exact| (exact, exact)),
    }
}

#[cfg(test)]
impl Pattern {
    /// Commands that fit: for each choice of each operand some of which one is enough; for the test that every entry
    /// can be reached.
    pub(crate) fn samples(&self, program: &super::Program) -> Vec<Vec<String>> {
        let first = |operand: &Operand| match operand {
            Operand::Any => "x1".to_owned(),
            Operand::Several => "group".to_owned(),
            Operand::Choice(choice) => choice[0].replace('*', "x"),
        };
        let firsts: Vec<String> = self.operands.iter().map(first).collect();
        let mut samples = vec![self.sample(program, &firsts)];
        for (at, operand) in self.operands.iter().enumerate() {
            let Operand::Choice(choice) = operand else { continue };
            for word in choice {
                let mut words = firsts.clone();
                words[at] = word.replace('*', "x");
                samples.push(self.sample(program, &words));
            }
        }
        samples
    }

    fn sample(&self, program: &super::Program, operands: &[String]) -> Vec<String> {
        let mut words: Vec<String> = operands.to_vec();
        let mut least = self.objects.map_or(0, |(least, _)| least);
        let verbs = 1 + usize::from(words.first().is_some_and(|word| program.groups.contains(word)));
        if program.resources && least > 0 {
            if words.len() <= verbs {
                words.push("kind".to_owned());
            }
            let kind = usize::from(!words.iter().any(|word| word.contains('/')));
            least = least.saturating_sub(words.len() - verbs - kind);
        }
        words.extend((0..least).map(|at| format!("object-{at}")));
        for test in self.flags.iter().filter(|test| test.wanted) {
            let value = test.values.first().map(|value| value.replace('*', "x"));
            let (name, value) = (test.names[0].replace('*', "x"), value.filter(|value| !value.is_empty()));
            match value {
                Some(value) if program.attaches(&name) => words.push(name + &value),
                value => words.extend(std::iter::once(name).chain(value)),
            }
        }
        let quoted = words.iter().map(|word| format!(" '{word}'"));
        let base = format!("{}{}", program.names[0], quoted.collect::<String>());
        let tails = match self.objects {
            Some(_) => ["", "", ""],
            None => ["", " y1", " y1 y2 y3"],
        };
        tails.iter().map(|tail| format!("{base}{tail}")).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::resembles;

    #[test]
    fn a_star_stands_for_any_characters() {
        for (choice, text) in [("describe-*", "describe-db"), ("*", ""), ("a*b*c", "a-b-b-c"), ("x", "x")] {
            assert!(resembles(choice, text), "{choice} {text}");
        }
        for (choice, text) in [("describe-*", "describe"), ("a*b", "ac"), ("x", "xy"), ("", "x")] {
            assert!(!resembles(choice, text), "{choice} {text}");
        }
    }
}
