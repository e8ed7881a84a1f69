//! The front matter of a text: `key: value` between lines of dashes, or `key = "value"` between lines of plus signs.
//!
//! Only as much YAML as runbooks use: scalars, quoted or not, lists, and one level of nesting whose keys count as keys.

/// The pairs, keys in lower case, and the offset of the text behind them.
pub(crate) fn read(text: &str, start: usize) -> (Vec<(String, String)>, usize) {
    let rest = &text[start..];
    let Some(fence) = ["---", "+++"].into_iter().find(|fence| rest.starts_with(fence)) else {
        return (Vec::new(), start);
    };
    let mut pairs: Vec<(String, String)> = Vec::new();
    let mut offset = start;
    for (number, line) in rest.split_inclusive('\n').enumerate() {
        offset += line.len();
        let line = line.trim_end();
        match number {
            0 if line == fence => {}
            0 => break,
            _ if line == fence || fence == "---" && line == "..." => return (pairs, offset),
            _ => pair(line, fence, &mut pairs),
        }
    }
    (Vec::new(), start)
}

fn pair(line: &str, fence: &str, pairs: &mut Vec<(String, String)>) {
    let text = line.trim();
    if let Some(item) = text.strip_prefix("- ") {
        if let Some((_, value)) = pairs.last_mut() {
            value.push_str(if value.is_empty() { "" } else { ", " });
            value.push_str(&scalar(item));
        }
        return;
    }
    if text.starts_with('#') {
        return;
    }
    if let Some((key, value)) = text.split_once(if fence == "+++" { '=' } else { ':' }) {
        pairs.push((key.trim().trim_matches(['"', '\'']).to_lowercase(), scalar(value)));
    }
}

/// A value without quotes, brackets and the comment behind it.
fn scalar(value: &str) -> String {
    let value = value.trim();
    if let Some(quote) = value.chars().next().filter(|c| matches!(c, '"' | '\''))
        && let Some((inside, _)) = value[1..].split_once(quote)
    {
        return inside.to_owned();
    }
    let value = value.split_once(" #").map_or(value, |(value, _)| value).trim();
    if let Some(inside) = value.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        let items: Vec<String> =
            inside.split(',').map(|item| item.trim().trim_matches(['"', '\'']).to_owned()).collect();
        return items.join(", ");
    }
    if matches!(value, "|" | ">" | "|-" | ">-") { String::new() } else { value.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scalars_lists_and_nested_keys_are_read() {
        let text =
            "---\ntitle: \"A: b\"\nowner:\n  - ana\n  - 'bo'\nseverity: P1 # high\nmeta:\n  team: [x, 'y']\n---\nBody";
        let (pairs, body) = read(text, 0);
        let of = |key: &str| pairs.iter().find(|pair| pair.0 == key).map(|pair| pair.1.as_str());
        assert_eq!((of("title"), of("owner"), of("severity")), (Some("A: b"), Some("ana, bo"), Some("P1")));
        assert_eq!((of("team"), &text[body..]), (Some("x, y"), "Body"));
    }

    #[test]
    fn a_rule_is_no_front_matter() {
        assert_eq!(read("---\n\ntext", 0), (Vec::new(), 0));
        assert_eq!(read("----\na: b\n---\n", 0), (Vec::new(), 0));
    }

    #[test]
    fn plus_signs_hold_assignments() {
        assert_eq!(read("+++\nseverity = \"P1\"\n+++\n", 0).0, [("severity".to_owned(), "P1".to_owned())]);
    }
}
