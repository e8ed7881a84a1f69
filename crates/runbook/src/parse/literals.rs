//! Literals that the text itself tells the reader to replace: "replace `shop-db-1` with the host of the standby".

use std::collections::BTreeSet;

use crate::model::VariableForm;
use crate::parse::fences::FenceRole;
use crate::parse::markdown::{BlockKind, Inline, Style};
use crate::parse::source::Source;
use crate::variable::{self, Occurrence, Quoting};

/// As many literals as any runbook has; a bound, because each is looked for in each command.
const MOST: usize = 64;

/// The literals, longest first.
pub(crate) fn literals(source: &Source<'_>) -> Vec<String> {
    let mut found = BTreeSet::new();
    for (index, block) in source.document.blocks.iter().enumerate() {
        match &block.kind {
            BlockKind::Fence(fence) if matches!(source.role(index), Some(FenceRole::Commands(_))) => {
                for line in fence.text.lines() {
                    found.extend(line.split_once("# ").and_then(|(_, comment)| of_comment(comment)));
                }
            }
            _ => of_prose(&block.inlines, &mut found),
        }
    }
    let mut found: Vec<String> = found.into_iter().filter(|literal| is_literal(literal)).collect();
    found.sort_by_key(|literal| std::cmp::Reverse(literal.len()));
    found.truncate(MOST);
    found
}

/// Adds the places where a command holds one of the literals, unless they are found already; both in order.
pub(crate) fn add(literals: &[String], language: &str, text: &str, occurrences: &mut Vec<Occurrence>) {
    for literal in literals {
        let mut added = Vec::new();
        let mut others = occurrences.iter().peekable();
        for (start, _) in text.match_indices(literal.as_str()) {
            let end = start + literal.len();
            while others.next_if(|other| other.end <= start).is_some() {}
            let taken = others.peek().is_some_and(|other| other.start < end);
            let bounded = |c: Option<char>| c.is_none_or(|c| !(c.is_alphanumeric() || c == '_'));
            let alone = bounded(text[..start].chars().next_back()) && bounded(text[end..].chars().next());
            if alone && !taken {
                let (name, form) = (literal.clone(), VariableForm::Literal);
                added.push(Occurrence { start, end, name, form, quoting: Quoting::None });
            }
        }
        if !added.is_empty() {
            variable::note_quoting(language, text, &mut added);
            occurrences.append(&mut added);
            occurrences.sort_by_key(|occurrence| occurrence.start);
        }
    }
}

fn of_prose(inlines: &[Inline], found: &mut BTreeSet<String>) {
    // Only the sentence so far matters, and of a long one only its end.
    const LONGEST: usize = 200;
    let mut before = String::new();
    for inline in inlines {
        if inline.style == Style::Code {
            if tells_to_replace(&before) {
                found.insert(inline.text.trim().to_owned());
            }
            before.push_str(" x ");
            continue;
        }
        match inline.text.rfind(". ") {
            Some(end) => before = inline.text[end + 1..].to_owned(),
            None => before.push_str(&inline.text),
        }
        if before.len() > LONGEST {
            before.drain(..before.floor_char_boundary(before.len() - LONGEST));
        }
    }
}

/// "Replace `x`", "replacing `x` and `y`", "change `x` to yours": the words between the verb and the code are few.
fn tells_to_replace(before: &str) -> bool {
    let lower = before.to_lowercase();
    let verbs = ["replace", "replacing", "substitute", "substituting", "swap out"];
    verbs.iter().filter_map(|verb| lower.rfind(verb).map(|at| at + verb.len())).any(|at| {
        let between = &lower[at..];
        between.split_whitespace().count() <= 8 && !between.contains(" with ") && !between.contains(" by ")
    })
}

/// `# replace db-1 with the name of the standby`
fn of_comment(comment: &str) -> Option<String> {
    let mut words = comment.split_whitespace();
    let verb = words.next()?.to_lowercase();
    if !matches!(verb.as_str(), "replace" | "substitute" | "change") {
        return None;
    }
    let literal = words.next()?.trim_matches(['`', '"', '\'', ',']);
    words.next().is_some_and(|word| matches!(word, "with" | "by" | "to")).then(|| literal.to_owned())
}

/// Whether it may be a value at all, and not a placeholder that is found anyway.
fn is_literal(text: &str) -> bool {
    text.len() >= 2
        && text.len() <= 80
        && !text.contains(char::is_whitespace)
        && !text.starts_with(['<', '$', '{', '[', '-'])
        && !matches!(text, "the" | "your" | "this" | "these" | "it" | "with" | "values" | "placeholders")
}
