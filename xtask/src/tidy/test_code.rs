//! Rule: a test's name is a sentence, it waits for a condition instead of sleeping, and it is ignored only with a reason.

use super::Finding;
use super::inspect::Source;

pub(super) fn findings(path: &str, source: &Source) -> Vec<Finding> {
    let named = source.functions.iter().filter(|function| function.is_test && function.name.starts_with("test_"));
    let named = named.map(|function| {
        let message = format!("`{}`: a test's name is the sentence that it proves, without `test_`", function.name);
        Finding::new(path, function.line, message)
    });
    let sleeps = source.sleeps.iter().map(|line| {
        Finding::new(path, *line, "a test does not sleep: wait for the condition itself, or advance the virtual clock")
    });
    let ignored = source.ignored_without_reason.iter().map(|line| {
        Finding::new(path, *line, "`#[ignore]` without a reason: write `#[ignore = \"why\"]`, or delete the test")
    });
    named.chain(sleeps).chain(ignored).collect()
}

#[cfg(test)]
mod tests {
    use super::super::inspect::inspect;
    use super::*;

    fn count(text: &str) -> usize {
        findings("src/a.rs", &inspect("src/a.rs", text).unwrap()).len()
    }

    #[test]
    fn prefix_sleep_and_bare_ignore_are_found() {
        assert_eq!(count("#[test]\n#[ignore]\nfn test_it() { std::thread::sleep(x) }"), 3);
    }

    #[test]
    fn a_sentence_with_a_reasoned_ignore_passes() {
        assert_eq!(count("#[test]\n#[ignore = \"takes an hour\"]\nfn it_holds() { wait_until(ready) }"), 0);
        assert_eq!(count("fn test_pattern() {}"), 0);
    }
}
