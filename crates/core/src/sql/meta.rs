//! The meta-commands of psql that mean something, or nothing, where no psql is.

/// What a meta-command comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SqlMeta<'t> {
    /// It shapes what psql prints: nothing is left to do.
    Ignored,
    /// It sends the statement in front of it, as `;` does.
    Sends,
    /// It prints this.
    Prints(&'t str),
    /// Only psql itself can do it; this is its name.
    Foreign(&'t str),
}

/// Settings of psql that change nothing of what is performed.
const SETTINGS: [&str; 8] =
    ["ON_ERROR_STOP", "VERBOSITY", "ECHO", "QUIET", "FETCH_COUNT", "SHOW_CONTEXT", "HISTFILE", "HISTSIZE"];

/// What a meta-command comes to, given with its backslash.
pub fn sql_meta(text: &str) -> SqlMeta<'_> {
    let inside = text.trim_start_matches('\\').trim();
    let (name, arguments) = inside.split_at(inside.find(char::is_whitespace).unwrap_or(inside.len()));
    let arguments = arguments.trim();
    match name {
        "x" | "timing" | "pset" | "a" | "t" | "f" | "H" | "T" | "C" | "encoding" | "p" | "r" | "q" | "" => {
            SqlMeta::Ignored
        }
        "set" if SETTINGS.contains(&arguments.split_whitespace().next().unwrap_or_default()) => SqlMeta::Ignored,
        "g" | "gx" if arguments.is_empty() || arguments.starts_with('(') => SqlMeta::Sends,
        ";" => SqlMeta::Sends,
        "echo" | "qecho" | "warn" if !arguments.contains('`') => SqlMeta::Prints(arguments.trim_matches('\'')),
        name => SqlMeta::Foreign(name),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_only_shapes_the_output_is_told_from_what_only_psql_can_do() {
        for text in ["\\x", "\\x on", "\\timing", "\\pset pager off", "\\set ON_ERROR_STOP on"] {
            assert_eq!(sql_meta(text), SqlMeta::Ignored, "{text}");
        }
        for (text, name) in [
            ("\\d+ orders", "d+"),
            ("\\c shop", "c"),
            ("\\i fix.sql", "i"),
            ("\\gexec", "gexec"),
            ("\\set id 5", "set"),
            ("\\watch 1", "watch"),
        ] {
            assert_eq!(sql_meta(text), SqlMeta::Foreign(name), "{text}");
        }
        assert_eq!(sql_meta("\\gx"), SqlMeta::Sends);
        assert_eq!(sql_meta("\\g /tmp/out"), SqlMeta::Foreign("g"));
        assert_eq!(sql_meta("\\echo 'now: the index'"), SqlMeta::Prints("now: the index"));
    }
}
