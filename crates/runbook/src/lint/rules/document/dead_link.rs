//! D06: a link to a file or a heading that is not there.

use crate::diagnostic::DiagnosticSeverity::Warning;
use crate::lint::{Document, Known, Link, Prose, Report, Rule};

pub(super) const RULE: Rule = Rule {
    code: "D06",
    name: "dead-link",
    severity: Warning,
    page: include_str!("../../../../../../docs/lint/D06.md"),
    check,
};

fn check(document: &Document<'_>, report: &mut Report) {
    let assembled = is_assembled(document.text);
    for link in document.prose.links.iter().filter(|link| !link.bare) {
        if let Some((message, help)) = dead(document, link, assembled) {
            report.at(link.span, message, help);
        }
    }
}

/// What is wrong with a link within the repository.
fn dead(document: &Document<'_>, link: &Link, assembled: bool) -> Option<(String, &'static str)> {
    let target = link.target.trim();
    if target == "#" {
        let help = "put the address in, or take the link out";
        return Some(("this link leads nowhere: its address was never filled in".to_owned(), help));
    }
    if !is_relative(target) {
        return None;
    }
    let (path, fragment) = target.split_once('#').unwrap_or((target, ""));
    let fragment = decoded(fragment);
    if path.is_empty() {
        if assembled || link.span.slice(document.text).starts_with("[](") {
            return None;
        }
        return dead_fragment(&fragment, |wanted| document.prose.is_anchor(wanted), "this file");
    }
    let look = document.surroundings.look?;
    let path = decoded(path.split('?').next().unwrap_or_default());
    match candidates(&path).find(|candidate| look(candidate) == Known::Present) {
        Some(found) => {
            let text = || document.surroundings.read?(&found);
            let leads = |wanted: &str| text().is_none_or(|text| Prose::of(&text).is_anchor(wanted));
            dead_fragment(&fragment, leads, path.rsplit('/').next().unwrap_or_default())
        }
        None if is_file(&path) && would_be_known(document, &path) => {
            let help = "link to where it is now, or say here what it said";
            Some((format!("there is no `{path}` beside this file"), help))
        }
        _ => None,
    }
}

fn dead_fragment(fragment: &str, leads: impl Fn(&str) -> bool, file: &str) -> Option<(String, &'static str)> {
    let special = fragment.is_empty()
        || fragment == "top"
        || fragment.contains(':')
        || fragment.starts_with(['~', '!', '/', '?'])
        || is_line(fragment);
    if special || leads(fragment.trim_start_matches("user-content-")) {
        return None;
    }
    Some((
        format!("no heading of {file} can be reached by `#{fragment}`, so the link stays where it is"),
        "take the fragment from the heading as it is written now",
    ))
}

/// Whether a generator puts other text into this file, or finds the labels of other files: MyST, ERB, Hugo, Jekyll.
fn is_assembled(text: &str) -> bool {
    #[rustfmt::skip]
    const SIGNS: &[&str] = &["```{", ":::{", "{ref}`", "{doc}`", "{term}`", ")=\n", "[](", "<%", "{{<", "{{%", "{% include", "{!", "--8<--", "{{#include"];
    SIGNS.iter().any(|sign| text.contains(sign))
}

/// `L10-L20` of a file of code.
fn is_line(fragment: &str) -> bool {
    fragment.strip_prefix('L').is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
}

/// Whether the address is a path from this file, with nothing to be filled in by a template.
fn is_relative(target: &str) -> bool {
    let scheme = target.split(['/', '?', '#']).next().is_some_and(|head| head.contains(':'));
    let template =
        ['{', '<', '$', '%', '[', '('].iter().any(|c| target.contains(*c) && (*c != '%' || target.contains("<%")));
    !target.is_empty()
        && !scheme
        && !template
        && !target.starts_with(['/', '@'])
        && !target.contains(char::is_whitespace)
}

/// The files that a site generator may mean by a path.
fn candidates(path: &str) -> impl Iterator<Item = String> + use<> {
    let path = path.trim_end_matches('/').to_owned();
    let stem = path.strip_suffix(".html").or_else(|| path.strip_suffix(".htm")).unwrap_or(&path).to_owned();
    let endings = ["", ".md", ".mdx", ".markdown", ".html.md.erb", ".html.md", "/index.md", "/_index.md", "/README.md"];
    std::iter::once(path).chain(endings.into_iter().map(move |ending| format!("{stem}{ending}")))
}

/// Whether a file that nobody knows of is not there: in a repository always, else only beside the runbooks that are.
fn would_be_known(document: &Document<'_>, path: &str) -> bool {
    let surroundings = document.surroundings;
    let folder = path.rsplit_once('/').map_or(".", |(folder, _)| folder);
    let markdown = path.ends_with(".md") || path.ends_with(".markdown");
    let beside =
        || markdown && !path.starts_with("..") && surroundings.look.is_some_and(|look| look(folder) != Known::Missing);
    surroundings.is_repository() || beside()
}

/// Whether the last part of the path is a file's name, which no site generator would make up.
fn is_file(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or_default();
    let ending = name.rsplit_once('.').map_or("", |(stem, ending)| if stem.is_empty() { "" } else { ending });
    !ending.is_empty()
        && ending.chars().all(char::is_alphanumeric)
        && !matches!(ending, "html" | "htm" | "php" | "com" | "org" | "io" | "net" | "dev")
}

/// `%20` and its like as the characters that they stand for.
fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, behind @ ..] = rest {
        let digits = behind.get(..2).and_then(|two| std::str::from_utf8(two).ok());
        let code = digits.filter(|_| *first == b'%').and_then(|two| u8::from_str_radix(two, 16).ok());
        bytes.push(code.unwrap_or(*first));
        rest = if code.is_some() { &behind[2..] } else { behind };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
