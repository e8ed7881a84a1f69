//! Rule: one word per concept. The glossary's table lists, per word, what it is not called.
//!
//! A synonym in backticks in the table's last column is refused in names that other modules can see; one without is
//! advice for people, because the same word has another, proper use somewhere.

use super::Finding;
use super::inspect::Source;

/// A word that is refused and the word to use.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Synonym {
    refused: String,
    proper: String,
}

/// Reads the rows `| **word** | meaning | not: `Synonym`, other |` of the glossary.
pub(super) fn synonyms(glossary: &str) -> Vec<Synonym> {
    let mut synonyms = Vec::new();
    for line in glossary.lines() {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        let ["", proper, _, not, ""] = cells.as_slice() else { continue };
        let refused = not.split('`').skip(1).step_by(2);
        synonyms.extend(refused.map(|refused| Synonym {
            refused: refused.to_lowercase(),
            proper: proper.trim_matches(['*', '`']).to_owned(),
        }));
    }
    synonyms
}

pub(super) fn findings(path: &str, source: &Source, synonyms: &[Synonym]) -> Vec<Finding> {
    let visible = source.names.iter().filter(|name| name.is_public);
    visible
        .filter_map(|name| {
            let words = words(&name.text);
            let synonym = synonyms.iter().find(|synonym| words.contains(&synonym.refused))?;
            let Synonym { refused, proper } = synonym;
            let message = format!("`{}`: we say {proper}, not {refused} (docs/glossary.md)", name.text);
            Some(Finding::new(path, name.line, message))
        })
        .collect()
}

/// The lower-case words of a name in either case: `HttpCheck2` and `http_check_2` are http, check, 2.
pub(super) fn words(name: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut last = '_';
    for letter in name.chars() {
        let starts = (letter.is_uppercase() && !last.is_uppercase())
            || (letter.is_numeric() && !last.is_numeric())
            || !last.is_alphanumeric();
        if starts && letter.is_alphanumeric() {
            words.push(String::new());
        }
        if let Some(word) = words.last_mut().filter(|_| letter.is_alphanumeric()) {
            word.extend(letter.to_lowercase());
        }
        last = letter;
    }
    words
}

#[cfg(test)]
mod tests {
    use super::super::inspect::inspect;
    use super::*;

    const GLOSSARY: &str = "\
| word | meaning | not |
|---|---|---|
| **run** | one execution of a plan | `Execution`, job |
";

    #[test]
    fn only_synonyms_in_backticks_are_refused() {
        let synonyms = synonyms(GLOSSARY);
        assert_eq!(synonyms, [Synonym { refused: "execution".into(), proper: "run".into() }]);
    }

    #[test]
    fn a_visible_name_with_a_synonym_is_found() {
        let source =
            inspect("src/a.rs", "pub struct ExecutionLog; pub fn start_execution() {} pub struct Run;").unwrap();
        assert_eq!(findings("src/a.rs", &source, &synonyms(GLOSSARY)).len(), 2);
    }

    #[test]
    fn a_private_name_or_a_longer_word_passes() {
        let source = inspect("src/a.rs", "struct Execution; pub struct Executions; pub struct JobQueue;").unwrap();
        assert!(findings("src/a.rs", &source, &synonyms(GLOSSARY)).is_empty());
    }

    #[test]
    fn names_split_into_words_in_either_case() {
        assert_eq!(words("HttpCheck2"), ["http", "check", "2"]);
        assert_eq!(words("p95_threshold_ms"), ["p", "95", "threshold", "ms"]);
        assert_eq!(words("HTTP"), ["http"]);
    }
}
