//! Rule: no name that says nothing. `Manager`, `Helper` and their kind fit any code, so they describe none.

use super::Finding;
use super::glossary::words;
use super::inspect::{Kind, Source};

/// Refused anywhere in the name of a type or module.
const ANYWHERE: &[&str] = &["manager", "helper", "helpers", "util", "utils", "processor"];

/// Refused as the last word of a type's name, where they add nothing to the words before.
const AT_THE_END: &[&str] = &["service", "data", "info"];

pub(super) fn findings(path: &str, source: &Source) -> Vec<Finding> {
    let named = source.names.iter().filter(|name| name.kind != Kind::Member);
    let mut findings: Vec<Finding> = named
        .filter_map(|name| {
            let word = banned(&name.text, name.kind)?;
            Some(Finding::new(path, name.line, format!("`{}`: `{word}` says nothing; {ADVICE}", name.text)))
        })
        .collect();
    let stem = path.rsplit('/').next().unwrap_or(path).trim_end_matches(".rs");
    if let Some(word) = banned(stem, Kind::Module) {
        findings.push(Finding::new(path, 1, format!("file name: `{word}` says nothing; {ADVICE}")));
    }
    findings
}

const ADVICE: &str = "name it after what it is or does in the field's own terms";

fn banned(name: &str, kind: Kind) -> Option<String> {
    let words = words(name);
    let anywhere = words.iter().find(|word| ANYWHERE.contains(&word.as_str()));
    let last = words.last().filter(|word| kind == Kind::Type && AT_THE_END.contains(&word.as_str()));
    anywhere.or(last).cloned()
}

#[cfg(test)]
mod tests {
    use super::super::inspect::inspect;
    use super::*;

    fn count(path: &str, text: &str) -> usize {
        findings(path, &inspect(path, text).unwrap()).len()
    }

    #[test]
    fn names_that_say_nothing_are_found() {
        assert_eq!(count("src/a.rs", "struct RunManager; trait PageService {} type StepInfo = u8; mod utils {}"), 4);
        assert_eq!(count("src/http_util.rs", ""), 1);
    }

    #[test]
    fn names_that_say_something_pass() {
        assert_eq!(count("src/service.rs", "struct ServiceLevel; enum DataLoss { Info } fn process_helper() {}"), 0);
        assert_eq!(count("src/a.rs", "struct Utilization; struct Information;"), 0);
    }
}
