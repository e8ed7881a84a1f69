//! What is understood of bash, as lines: nesting by indentation, then program, arguments and what surrounds them.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::fmt::Write as _;

use super::{Joined, Quoting, Script, parse};

fn shown(text: &str) -> String {
    let script = parse(text);
    let mut out = String::new();
    for (index, invocation) in script.invocations.iter().enumerate() {
        let depth = script.wrappers(index).count();
        let words: Vec<&str> = invocation.words.iter().map(|word| word.value.as_str()).collect();
        let assigned: Vec<String> =
            invocation.assignments.iter().map(|it| format!("{}={} ", it.name, it.value())).collect();
        write!(out, "{}{}[{}]", "  ".repeat(depth), assigned.concat(), words.join("|")).unwrap();
        for redirect in &invocation.redirects {
            write!(out, " {:?} {}", redirect.kind, redirect.target.value).unwrap();
        }
        if invocation.stages > 1 {
            write!(out, " {}/{}", invocation.stage + 1, invocation.stages).unwrap();
        }
        if invocation.joined != Joined::First {
            write!(out, " {:?}", invocation.joined).unwrap();
        }
        for frame in &invocation.frames {
            write!(out, " in {frame:?}").unwrap();
        }
        if invocation.fed {
            out.push_str(" fed");
        }
        out.push('\n');
    }
    if let Some(error) = script.error {
        writeln!(out, "error at {}: {}", error.at, error.message).unwrap();
    }
    out
}

fn check(text: &str, expected: &[&str]) {
    let expected: String = expected.iter().map(|line| format!("{line}\n")).collect();
    assert_eq!(shown(text), expected, "{text}");
}

#[test]
fn pipelines_lists_and_redirections_are_told_apart() {
    check(
        "A=1 aws s3 cp s3://b/x.gz - 2>/dev/null | gunzip | psql 'the shop' && echo done > log; date",
        &[
            "A=1 [aws|s3|cp|s3://b/x.gz|-] Write /dev/null 1/3",
            "[gunzip] 2/3 fed",
            "[psql|the shop] 3/3 fed",
            "[echo|done] Write log And",
            "[date] Then",
        ],
    );
}

#[test]
fn wrapped_commands_stand_behind_what_starts_them() {
    check("sudo -u postgres psql -c 'SELECT 1'", &["[sudo|-u|postgres|psql|-c|SELECT 1]", "  [psql|-c|SELECT 1]"]);
    check(
        "ssh -p 22 db 'rm -rf /x | tee y'",
        &["[ssh|-p|22|db|rm -rf /x | tee y]", "  [rm|-rf|/x] 1/2", "  [tee|y] 2/2 fed"],
    );
    check(
        "kubectl exec -it db-0 -n shop -- bash -lc \"redis-cli DEL x\"",
        &[
            "[kubectl|exec|-it|db-0|-n|shop|--|bash|-lc|redis-cli DEL x]",
            "  [bash|-lc|redis-cli DEL x]",
            "    [redis-cli|DEL|x]",
        ],
    );
    check(
        "redis-cli --scan | xargs -n 10 redis-cli DEL",
        &["[redis-cli|--scan] 1/2", "[xargs|-n|10|redis-cli|DEL] 2/2 fed", "  [redis-cli|DEL] 2/2 fed"],
    );
    check("find /tmp -name '*.log' -exec rm {} \\;", &["[find|/tmp|-name|*.log|-exec|rm|{}|;]", "  [rm|{}]"]);
}

#[test]
fn substitutions_and_blocks_are_entered() {
    check(
        "kubectl delete pod $(kubectl get pods -o name | head -1)",
        &[
            "[kubectl|get|pods|-o|name] 1/2 in Substitution",
            "[head|-1] 2/2 in Substitution fed",
            "[kubectl|delete|pod|$(kubectl get pods -o name | head -1)]",
        ],
    );
    check(
        "for p in $(ls); do\n  if test -f \"$p\"; then rm \"$p\"; fi\ndone",
        &["[ls] in Substitution", "[test|-f|$p] in Loop in Condition", "[rm|$p] in Loop in Branch"],
    );
    check("psql shop <<'SQL'\nSELECT 1;\nSQL", &["[psql|shop] HereDocument SQL fed"]);
}

#[test]
fn placeholders_are_words_and_keep_their_text() {
    check(
        "kubectl logs <pod name> -n {{ namespace }} | grep é",
        &["[kubectl|logs|<pod name>|-n|{{ namespace }}] 1/2", "[grep|é] 2/2 fed"],
    );
}

#[test]
fn a_text_that_is_not_bash_still_yields_its_commands() {
    let shown = shown("kubectl get pods\nNAME (x) 1/1\nkubectl delete pod 'x");
    assert!(shown.starts_with("[kubectl|get|pods]\n"), "{shown}");
    assert!(shown.contains("error at"), "{shown}");
}

#[test]
fn spans_and_contents_point_at_the_text() {
    let text = "echo é; psql -U x \\\n  -c \"SELECT 1\" <<< a";
    let Script { invocations, .. } = parse(text);
    let psql = &invocations[1];
    assert_eq!(psql.span.slice(text), "psql -U x \\\n  -c \"SELECT 1\"");
    let sql = psql.words.last().unwrap();
    assert_eq!((sql.span.slice(text), sql.quoting), ("\"SELECT 1\"", Quoting::Double));
    assert_eq!(&text[sql.content.unwrap()..][..8], "SELECT 1");
}

#[test]
fn the_body_of_a_here_document_is_known_with_its_place() {
    let text = "cat <<EOF\na $B\nEOF\n";
    let script = parse(text);
    let body = script.invocations[0].redirects[0].body.as_ref().unwrap();
    assert_eq!((body.text.as_str(), body.start, body.expands), ("a $B\n", Some(10), true));
}

#[test]
fn deep_and_large_texts_are_not_parsed_but_read() {
    for text in ["$(".repeat(5000), "(".repeat(5000), format!("echo {}", "x ".repeat(40_000)), "9".repeat(30) + ">x"] {
        let script = parse(&text);
        assert!(script.error.is_some_and(|error| error.too_large), "{}", &text[..10]);
    }
}
