//! `<pre>` in Markdown: it shows code as a fence does.
//!
//! Only where nothing within is marked up or written as an entity: then what stands in the file is what the reader sees,
//! and a command stands where it says.

/// What a block of HTML shows as it is written.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Preformatted<'h> {
    /// The language that its tags name; may be empty.
    pub(crate) language: &'h str,
    /// Where the code begins in the block.
    pub(crate) start: usize,
    pub(crate) text: &'h str,
    pub(crate) closed: bool,
}

/// Whether a line opens such a block.
pub(crate) fn opens(line: &str) -> bool {
    line.trim_start().strip_prefix("<pre").is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', '>']))
}

/// Whether a line ends it.
pub(crate) fn closes(line: &str) -> bool {
    line.contains("</pre>")
}

/// The code of a block of HTML; `None` for any other block.
pub(crate) fn read(html: &str) -> Option<Preformatted<'_>> {
    let (attributes, behind) = tag(html, "<pre")?;
    let (of_code, start) = match tag(&html[behind..], "<code") {
        Some((of_code, length)) => (of_code, behind + length),
        None => ("", behind),
    };
    let inside = &html[start..];
    let end = inside.find("</pre>");
    let text = &inside[..end.unwrap_or(inside.len())];
    let text = text.trim_end().strip_suffix("</code>").unwrap_or(text);
    let line_break = ["\r\n", "\n"].into_iter().find(|line_break| text.starts_with(line_break)).map_or(0, str::len);
    let text = &text[line_break..];
    let is_marked = ["</", "<br", "&lt;", "&gt;", "&amp;", "&quot;", "&apos;", "&nbsp;", "&#"];
    if is_marked.iter().any(|mark| text.contains(mark)) {
        return None;
    }
    let language = language(attributes).or_else(|| language(of_code)).unwrap_or_default();
    Some(Preformatted { language, start: start + line_break, text, closed: end.is_some() })
}

/// The attributes of the tag that a text begins with, and the length up to its end.
fn tag<'h>(html: &'h str, name: &str) -> Option<(&'h str, usize)> {
    let blank = html.len() - html.trim_start().len();
    let rest = html[blank..].strip_prefix(name)?;
    let length = rest.find('>').filter(|_| rest.starts_with([' ', '>', '\n']))?;
    Some((&rest[..length], blank + name.len() + length + 1))
}

/// `lang="bash"`, `class="language-bash"`, `class="highlight lang-sql"`
fn language(attributes: &str) -> Option<&str> {
    let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '+');
    let named = ["language-", "lang-", "lang=\"", "lang='", "lang="].into_iter();
    let mut behind = named.filter_map(|mark| attributes.split_once(mark)).map(|(_, behind)| behind);
    let behind = behind.next()?;
    Some(&behind[..behind.find(|c| !is_name(c)).unwrap_or(behind.len())]).filter(|language| !language.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_in_pre_is_what_stands_there() {
        for (html, language, text) in [
            ("<pre>\nls -l\npwd\n</pre>\n", "", "ls -l\npwd\n"),
            ("<pre lang=\"bash\">ls <dir></pre>", "bash", "ls <dir>"),
            ("  <pre><code class=\"language-sql\">SELECT 1;\n</code></pre>", "sql", "SELECT 1;\n"),
            ("<pre class='x lang-sh y'>\n<code>\nls && pwd\n</code>\n</pre>", "sh", "ls && pwd\n"),
        ] {
            let found = read(html).expect("it is code");
            assert_eq!((found.language, found.text, found.closed), (language, text, true), "{html}");
            assert_eq!(&html[found.start..][..found.text.len()], found.text);
        }
        assert!(!read("<pre>\nls\n").expect("it is never closed").closed);
    }

    #[test]
    fn what_is_marked_up_or_no_pre_is_left_alone() {
        for html in
            ["<pre>ls &lt;pod&gt;</pre>", "<pre><b>ls</b></pre>", "<prelude>ls</prelude>", "<div><pre>ls</pre>", ""]
        {
            assert_eq!(read(html), None, "{html}");
        }
    }
}
