//! Whatever the text: the parser answers, its spans lie within the text, and its time does not explode.

#![expect(clippy::disallowed_methods, reason = "the purity of the crate does not bind its tests: they read files")]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::collections::BTreeSet;
use std::path::Path;

use allclear_runbook::{Command, PlanRequest, Runbook, Settings, Span, Surroundings, lint, parse, plan, render_show};
use proptest::prelude::*;

const EXAMPLE: &str = include_str!("../../../examples/prepchef/runbook.md");

/// Parses, and asserts everything that must hold of any text.
fn check(text: &str) -> Runbook {
    let (runbook, diagnostics) = parse("any.md", text);
    let within = |span: Span| assert!(text.get(span.start..span.end).is_some(), "{span:?} of {} bytes", text.len());
    let stands = |command: &Command| {
        within(command.span);
        stands_where_it_says(text, command);
    };
    let mut ids = BTreeSet::new();
    for procedure in &runbook.procedures {
        within(procedure.span);
        assert!(ids.insert(procedure.id.clone()), "the id {} is given twice", procedure.id);
        assert!(procedure.steps.is_sorted_by(|a, b| a.number < b.number), "steps of {} are not in order", procedure.id);
        procedure.sections.iter().for_each(|section| within(section.span));
        procedure.sections.iter().flat_map(|section| &section.commands).for_each(&stands);
        for step in &procedure.steps {
            within(step.span);
            step.commands.iter().for_each(&stands);
        }
    }
    runbook.variables.iter().for_each(|variable| within(variable.span));
    runbook.snippets.iter().for_each(|snippet| stands(&snippet.command));
    runbook.endpoints().iter().for_each(|endpoint| within(endpoint.span));
    diagnostics.iter().for_each(|finding| within(finding.span));
    render_show(&runbook);
    for procedure in &runbook.procedures {
        let _ = plan(&runbook, &procedure.id, &PlanRequest::default());
    }
    runbook
}

/// Every character of the command stands in the file where the command says, and so does every part of it.
fn stands_where_it_says(text: &str, command: &Command) {
    let mut last = command.span.start;
    for (at, c) in command.text.char_indices() {
        let place = command.position(at);
        let found = text.get(place..).unwrap_or_else(|| panic!("{place} is inside a character")).chars().next();
        let blank = c.is_whitespace() && found.is_none_or(|found| found.is_whitespace()) || c == ' ';
        assert!(found == Some(c) || blank, "byte {at} of {:?} is {c:?}, and {found:?} at {place}", command.text);
        assert!(place >= last && place <= command.span.end, "{place} is outside or goes back");
        last = place;
        let part = command.place(Span::new(at, at + c.len_utf8()));
        assert!(text.get(part.start..part.end).is_some_and(|part| blank || part.starts_with(c)), "{part:?}");
    }
    assert_eq!(command.position(command.text.len() + 7), command.span.end);
}

fn fragment() -> impl Strategy<Value = String> {
    let pieces = [
        "# A\n",
        "### 2. Restart\n",
        "**When**: x\n",
        "**Steps:**\n\n",
        "1. **Do:**\n",
        "2. Run `kubectl get pods`\n",
        "- [ ] check\n",
        "   ",
        "```bash\n",
        "```\n",
        "````\n",
        "~~~sql\n",
        "kubectl get <pod>\n",
        "# Or:\n",
        "cat <<EOF\n",
        "EOF\n",
        "for x in 1; do\n",
        "done\n",
        "if a; then\n",
        "$(",
        ")",
        "'",
        "\"",
        "`",
        "\\",
        "\\\n",
        "$ ls\n",
        "root@h:~# df\n",
        "x=# SELECT 1;\n",
        "> ",
        "\t",
        "\r\n",
        "---\n",
        "a: b\n",
        "| a | b |\n|---|---|\n",
        "<!-- allclear: effect=change -->\n",
        "<details>\n",
        "{{ x }}",
        "${A:-b}",
        "$NAME",
        "é",
        "→",
        "\u{feff}",
        "\u{0}",
        "https://api.x/health ",
        "$$;$$",
        "/* ",
        "backup-2025-01-20.sql",
        "sk_live_NEW_KEY",
        "Step 3: x\n",
        "## Step 1\n",
        "SELECT ';' FROM x;\n",
        "apiVersion: v1\nkind: Pod\n",
        "\n\n",
        " ",
        "=\n",
        "```{note}\n",
        ":::\n",
        "{% x %}\n",
        "<!--a-->\n",
        "<summary>a</summary>\n",
        "<td><code>ls -l</code></td>\n",
        "<pre>\nls\n</pre>\n",
        "<pre><code class=\"language-bash\">kubectl get <pod>\n",
        "</code></pre>\n",
        "<T command=\"ls -l\" path='/x' />\n",
        "Replace `a-b` with c.\n",
        "On the node, run:\n",
        "| a | `kubectl get pods` |\n",
        "# 1. x\n",
        "## Rollback\n",
        "## Troubleshooting\n",
        "### Option B: y\n",
        "xxx YYYY-MM-DD {a_b} [A_B] 20250120x\n",
        "irb(main):001:0> x\n",
        "You should see `x`. It should be healthy\n",
        "This will:\n",
        "+++\n",
        "- a\n",
    ];
    proptest::sample::select(pieces.to_vec()).prop_map(str::to_owned)
}

#[test]
fn a_tag_within_inline_code_moves_no_command() {
    check("kubectl get <pod>\n**Steps:**\n\n`kubectl get <pod>\n<td><code>ls -l</code></td>\n");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_answered(text in "\\PC*") {
        check(&text);
    }

    #[test]
    fn any_sequence_of_fragments_is_answered(pieces in proptest::collection::vec(fragment(), 0..60)) {
        check(&pieces.concat());
    }

    #[test]
    fn a_damaged_example_is_answered(cut in 0..EXAMPLE.len(), length in 0..400_usize, piece in fragment()) {
        let start = EXAMPLE.floor_char_boundary(cut);
        let end = EXAMPLE.floor_char_boundary((cut + length).min(EXAMPLE.len()));
        check(&format!("{}{piece}{}", &EXAMPLE[..start], &EXAMPLE[end.max(start)..]));
    }
}

#[test]
fn lines_of_a_command_know_their_place_behind_prompts_and_indentation() {
    let text = "# A\n\n1. Do:\n   ```bash\n   $ cat é |\n     sort\n   ```\n\n> ```sh\n> for é in 1; do\n>   ls\n> done\n> ```\n";
    for text in [text.to_owned(), text.replace('\n', "\r\n")] {
        let runbook = check(&text);
        let commands: Vec<&Command> = runbook.procedures[0].steps.iter().flat_map(|step| &step.commands).collect();
        let (sort, ls) = (commands[0].text.find("sort").unwrap(), commands[1].text.find("ls").unwrap());
        assert_eq!(commands[0].position(sort), text.find("sort").unwrap());
        assert_eq!(commands[1].place(Span::new(ls, ls + 2)).slice(&text), "ls");
    }
}

#[test]
fn windows_line_ends_change_no_command() {
    let commands = |text: &str| {
        let runbook = check(text);
        let steps = runbook.procedures.iter().flat_map(|procedure| &procedure.steps).flat_map(|step| &step.commands);
        steps.map(|command| (command.line, command.text.clone())).collect::<Vec<_>>()
    };
    assert_eq!(commands(&EXAMPLE.replace('\n', "\r\n")), commands(EXAMPLE));
}

#[test]
fn a_byte_order_mark_changes_no_line() {
    assert_eq!(check(&format!("\u{feff}{EXAMPLE}")).procedures[0].line, check(EXAMPLE).procedures[0].line);
}

/// Each of these is some hundred kilobytes of what makes careless parsers quadratic; the suite's own time limit is the judge.
#[test]
fn a_tag_in_code_stays_code_where_a_quotation_seems_to_end_it() {
    check("```bash\n**Steps:**\n\n# A\n:::\n> ```\n# A\n# A\n<summary>a</summary>\n");
}

#[test]
fn large_and_deep_texts_are_answered_in_time() {
    let dated: String = (0..6_000).map(|at| format!("ls backup-2025-01-20-{at}.sql\n")).collect();
    let nested: String = (0..1_200).map(|depth| format!("{}- a\n", "  ".repeat(depth.min(400)))).collect();
    for text in [
        "- ".repeat(16_000),
        nested,
        "> ".repeat(16_000),
        "```bash\nls\n```\n".repeat(23_000),
        "```bash\nls\n".repeat(30_000),
        format!("# A\n\n```bash\n{}\n```\n", "echo it's $( \" '\n".repeat(20_000)),
        format!("# A\n\n```bash\n{}\n```\n", "$ echo it's\n".repeat(26_000)),
        format!("# A\n\n```sql\n{}\n```\n", "SELECT $a$ ' /* \n".repeat(20_000)),
        "# A\n\n1. Run `ls -l`\n".repeat(13_000),
        "**When**: x\n".repeat(26_000),
        "# A\n\n**Steps:**\n\n1. a\n```bash\nls $A\n```\n".repeat(10_000),
        "```bash\nls\n\n## A\n\n".repeat(10_000),
        "```{note}\n".repeat(20_000),
        "<a><b>x</b>\n".repeat(20_000),
        "# A\n\n## B\n\n1. Replace `x` with `y`\n   1. Run `ls -l x`\n".repeat(4_000),
        format!("# A\n\n{}\n", "replace x ".repeat(30_000)),
        format!("# A\n\n{}\n", "**Severity**: P1 `ls -l` ".repeat(10_000)),
        format!("# A\n\n```bash\n{}\n```\n", "ls $A <pod>\n# Or:\n".repeat(16_000)),
        format!("# A\n\n```\nredis-cli\n{}\n```\n", "> GET a\nb\n".repeat(20_000)),
        format!("# A\n\n1. Run:\n```bash\n{dated}```\n"),
        "!!! note\n    run `ls -l`\n\n".repeat(8_000),
    ] {
        parse("large.md", &text);
    }
    // What rules look at around a command is bounded, however long its line is.
    for text in [
        format!("# A\n\n**When**: x\n\n1. Run `kubectl delete ns a`{}\n", ", then run `rm -rf /a`".repeat(4_000)),
        format!("# A\n\n**When**: x\n\n1. Run:\n```bash\n{}\n```\n", "sudo ls; ".repeat(8_000)),
        "<!-- allclear: allow K04: few -->\n1. Look:\n```bash\nkubectl logs -l app=x\n```\n".repeat(1_000),
    ] {
        let (runbook, diagnostics) = parse("large.md", &text);
        lint(&runbook, &text, &diagnostics, &Surroundings::default(), &Settings::default());
    }
}

#[test]
fn the_corpus_is_answered() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/corpus");
    if !root.exists() {
        eprintln!("SKIPPED: ../shared/corpus is not here");
        return;
    }
    let mut folders = vec![root];
    let mut files = 0;
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                check(&String::from_utf8_lossy(&std::fs::read(&path).unwrap()));
                files += 1;
            }
        }
    }
    assert!(files > 1_000, "only {files} files");
}

/// Ten megabytes of nested lists, a hundred thousand fences, and other things that nobody writes by hand.
#[test]
#[ignore = "takes a minute without optimisation: cargo test --release -p allclear-runbook --test properties -- --ignored"]
fn very_large_texts_are_answered() {
    let nested: String = (0..100_000).map(|depth| format!("{}- a\n", "  ".repeat(depth % 50))).collect();
    for text in [
        nested.repeat(2),
        "```bash\nls\n```\n".repeat(100_000),
        "```bash\nls\n".repeat(100_000),
        "```bash\nls\n\n## A\n\n".repeat(100_000),
        "# A\n\n1. Replace `x` with y\n   1. Run `ls -l`\n".repeat(50_000),
        "<details><summary>a</summary>\n{% x %}\n:::\n".repeat(100_000),
        "## A\n\n**Severity**: P1\n\n### B (P2)\n\n```sql\nSELECT 1;\n```\n".repeat(20_000),
    ] {
        parse("large.md", &text);
    }
}

#[test]
fn invalid_utf_8_is_answered_as_the_caller_reads_it() {
    let mut bytes = EXAMPLE.as_bytes().to_vec();
    for at in (0..bytes.len()).step_by(97) {
        bytes[at] = 0xff;
    }
    check(&String::from_utf8_lossy(&bytes));
}
