//! Whether a licence expression (SPDX: `MIT OR (Apache-2.0 AND Zlib)`) can be met with the allowed licences.

/// `None` when the text is not an expression. The old form `MIT/Apache-2.0` means OR.
pub(super) fn satisfied(expression: &str, is_allowed: &dyn Fn(&str) -> bool) -> Option<bool> {
    let spaced = expression.replace('(', " ( ").replace(')', " ) ").replace('/', " OR ");
    let mut words = spaced.split_whitespace().peekable();
    let answer = any(&mut words, is_allowed)?;
    words.next().is_none().then_some(answer)
}

type Words<'a> = std::iter::Peekable<std::str::SplitWhitespace<'a>>;

fn any(words: &mut Words<'_>, is_allowed: &dyn Fn(&str) -> bool) -> Option<bool> {
    let mut answer = all(words, is_allowed)?;
    while words.next_if_eq(&"OR").is_some() {
        answer |= all(words, is_allowed)?;
    }
    Some(answer)
}

fn all(words: &mut Words<'_>, is_allowed: &dyn Fn(&str) -> bool) -> Option<bool> {
    let mut answer = one(words, is_allowed)?;
    while words.next_if_eq(&"AND").is_some() {
        answer &= one(words, is_allowed)?;
    }
    Some(answer)
}

fn one(words: &mut Words<'_>, is_allowed: &dyn Fn(&str) -> bool) -> Option<bool> {
    match words.next()? {
        "(" => {
            let answer = any(words, is_allowed)?;
            words.next_if_eq(&")").map(|_| answer)
        }
        ")" | "AND" | "OR" | "WITH" => None,
        name if words.next_if_eq(&"WITH").is_some() => {
            let exception = words.next()?;
            Some(is_allowed(&format!("{name} WITH {exception}")))
        }
        name => Some(is_allowed(name)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mit_and_zlib(expression: &str) -> Option<bool> {
        satisfied(expression, &|name| name == "MIT" || name == "Zlib" || name == "Apache-2.0 WITH LLVM-exception")
    }

    #[test]
    fn one_of_an_or_and_each_of_an_and_is_needed() {
        assert_eq!(mit_and_zlib("GPL-3.0 OR MIT"), Some(true));
        assert_eq!(mit_and_zlib("GPL-3.0 AND MIT"), Some(false));
        assert_eq!(mit_and_zlib("(GPL-3.0 OR MIT) AND Zlib"), Some(true));
        assert_eq!(mit_and_zlib("GPL-3.0 OR MIT AND BSD-3-Clause"), Some(false));
        assert_eq!(mit_and_zlib("MIT/GPL-3.0"), Some(true));
    }

    #[test]
    fn an_exception_makes_another_licence() {
        assert_eq!(mit_and_zlib("Apache-2.0 WITH LLVM-exception"), Some(true));
        assert_eq!(mit_and_zlib("MIT WITH LLVM-exception"), Some(false));
    }

    #[test]
    fn what_is_no_expression_is_told_apart() {
        for text in ["", "MIT OR", "(MIT", "MIT Zlib", "AND", "MIT)"] {
            assert_eq!(mit_and_zlib(text), None, "{text}");
        }
    }
}
