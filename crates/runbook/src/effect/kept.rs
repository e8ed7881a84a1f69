//! Files that a command changes: how it is recorded what they were, and how that is put back.
//!
//! The texts are for any POSIX shell, since they are performed where the file is: by `sudo`, over `ssh`, in a container.
//! In them `$f` is the file and `$s` the one that it comes from; what was recorded is read from standard input. A file
//! that is larger than 1 MiB would be a log or a dump, and is not kept.

use serde::Deserialize;

/// What a command does to a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum FileChange {
    /// It writes it.
    Content,
    /// It changes its mode or its owner.
    Rights,
    /// It gives its name, or that of a file in it, to another file.
    Place,
}

/// Whether it was there, and with which rights; then what it held. A link is recorded with what it leads to, whose rights they are.
const KEEP: &str = r#"if test ! -e "$f" && test ! -h "$f"; then echo none; elif test ! -f "$f" || test "$(wc -c <"$f")" -gt 1048576; then echo other; else echo "kept $(stat -L -c '%a %u:%g' "$f") $(readlink "$f")"; base64 <"$f"; fi"#;

/// What takes the place of a file keeps its own rights until then; what has to be made anew gets those of before.
const PUT_BACK: &str = r#"read -r was mode owner link; case $was in none) rm -f "$f";; kept) test -z "$link" || test -h "$f" || { rm -f "$f"; ln -s "$link" "$f"; }; if test -e "$f"; then base64 -d >"$f"; else (umask 077; base64 -d >"$f") && chown "$owner" "$f" && chmod "$mode" "$f"; fi;; *) echo "$f was no file of less than 1 MiB, so it was not kept" >&2; exit 1;; esac"#;

/// Into a folder, a file goes under its own name. What is a folder before and after differs, so it is recorded.
const KEEP_INSIDE: &str = r#"if test -d "$f"; then echo into; f=$f/$(basename "$s"); else echo at; fi; "#;
const PUT_BACK_INSIDE: &str = r#"read -r place; test "$place" = at || f=$f/$(basename "$s"); "#;

const MOVE_BACK: &str =
    r#"test ! -e "$s" || { echo "nothing is moved over $s" >&2; exit 1; }; mv "$f" "$s" || exit 1; "#;

const KEEP_RIGHTS: &str = r#"if test -e "$f"; then stat -L -c '%a %u:%g' "$f"; fi"#;
const PUT_BACK_RIGHTS: &str =
    r#"read -r mode owner; test -z "$mode" || { chown "$owner" "$f" && chmod "$mode" "$f"; }"#;

/// The text that records what was, and the one that puts it back.
pub(super) fn texts(change: FileChange, has_source: bool) -> (String, String) {
    let inside = if has_source { (KEEP_INSIDE, PUT_BACK_INSIDE) } else { ("", "") };
    match change {
        FileChange::Content => (format!("{}{KEEP}", inside.0), format!("{}{PUT_BACK}", inside.1)),
        FileChange::Place => (format!("{}{KEEP}", inside.0), format!("{}{MOVE_BACK}{PUT_BACK}", inside.1)),
        FileChange::Rights => (KEEP_RIGHTS.to_owned(), PUT_BACK_RIGHTS.to_owned()),
    }
}
