//! Time grows with the text and not with its square, whatever is repeated in it.
//!
//! What is measured is the processor time of the thread, as a ratio: of a text and of one four times as long. A linear
//! pass gives 4, a quadratic one 16. A ratio that is too high is measured again, since a machine may be busy; one that
//! stays too high is the text's.

#![expect(clippy::disallowed_methods, reason = "the purity of the crate does not bind its tests: they read files")]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::path::Path;

use allclear_runbook::{PlanRequest, Settings, Surroundings, lint, parse, plan, render_show};
use rustix::time::{ClockId, clock_gettime};

/// The largest ratio that is no square.
const LARGEST_RATIO: f64 = 8.5;
/// How often a ratio that is too high is measured.
const TRIES: usize = 4;

#[rustfmt::skip]
const ON_ONE_LINE: &[&str] = &[
    "word ", "`", "`a` ", "``a` ", "*", "**a** ", "**a", "_a_", "[", "](", "[a](b) ", "![a](b)", "<a", "<a ",
    "<a b=\"", "<!--", "</", "<a>", "<br>", "|", "a|", "$(", "(", "{{", "{", "<pod>", "${A", "http://a/",
    "https://x.test/api/", "&amp;", "\\", "~~a~~", "a. ", "a: ", "Run `ls -l` ",
    "Run `kubectl delete ns a`, then `rm -rf /a`. ", "replace `x` with y ", "should be running ", "On the node, run ",
    "**Severity**: P1 ", "allclear: allow K04: why ", "# allclear: allow K04: why ",
    "<!-- allclear: allow K04: why --> ", "- ", "> ", "1. ", "# ", "é", "\u{200b}", "\u{a0}", "x-y_z.", "\"", "'",
    "<details>", "command=\"a\" ", "<T command=\"ls\" /> ", "[x]: ", "[^1]", "2025-01-20 ", "backup-2025-01-20.sql ",
    "sk_live_NEW_KEY ", "P1 ", "NAMESPACE/", "!!! note ", "```", "~~~", ":::", "{% x %}",
];

#[rustfmt::skip]
const BLOCKS: &[&str] = &[
    "# A\n\n", "###### A\n", "####### A\n", "A\n=\n", "word\n", "word\n\n", "- a\n", "- a\n\n", "* a\n  - b\n",
    "1. a\n", "1. Run `ls -l`\n", "- [ ] check\n", "> a\n", "> > a\n\n", "---\n",
    "| a | b |\n|---|---|\n| `ls -l` | b |\n\n", "| Severity | P1 |\n", "```bash\nls\n```\n", "```bash\nls\n",
    "```bash\nls\n\n## A\n\n", "~~~\n```\n", "```{note}\n", "::: note\n", "!!! note\n    run `ls -l`\n\n",
    "<details>\n", "<details><summary>a</summary>\n\n```bash\nls\n```\n</details>\n", "<pre>\nls\n</pre>\n",
    "<table><tr><td><code>ls -l</code></td></tr></table>\n", "<!-- allclear: allow K04: why -->\n",
    "<!-- allclear: allow K04: why -->\n\n", "<!-- allclear: allow K04: why -->\n## A\n\n",
    "<!-- allclear: effect=change -->\n```bash\nls\n```\n", "**When**: x\n", "**Steps:**\n\n1. a\n",
    "**Severity**: P1\n\n", "## Rollback\n\nls\n\n", "## A\n\n**When**: x\n\n1. Run `ls`\n",
    "## A (P1)\n\n### B\n\n1. Do:\n```bash\nls $A\n```\n", "[a]: http://b\n", "[a][b]\n", "[a](#x)\n", "[^1]: a\n",
    "# A\n## B\n### C\n#### D\n##### E\n###### F\n", "Step 1: x\n\n", "### Option B: y\n\n1. Run `ls`\n",
    "Term\n: a\n\n", "    ls -l\n\n", "\t\tx\n", "1. a\n```bash\nls\n```\n", "- a\n\n  ```bash\n  ls <pod>\n  ```\n",
    "## Contacts\n\n- a: b\n", "| a\n", "<td><code>ls -l</code></td>\n", "\n", " \n", "\r\n",
];

#[rustfmt::skip]
const BASH: &[&str] = &[
    "ls\n", "ls ", "ls;", "ls && ", "ls | ", "ls || ", "$(", "$(ls) ", "`ls` ", "`", "'", "\"", "'a' ", "\"a\" ",
    "\\", "\\\n", "(", "((", "{ ", "[[ ", "if a; then\n", "for x in a; do\n", "for x in a; do ls; done\n",
    "case x in\n", "cat <<EOF\n", "cat <<EOF\na\nEOF\n", "<<EOF ", "<<< a ", "<a ", "<pod> ", "> a ", "$A ", "${A} ",
    "${A", "${A%", "${A:-${", "$((", "$((1 + 1)) ", "$'a' ", "# a\n", "# Or:\n", "# 1. a\nls\n", "$ ls\n",
    "$ ls\nout\n", "> a\n", "x=# SELECT 1;\n", "root@h:~# df\n", "A=1 ", "A=1\n", "export A=$B\n", "NAMESPACE/",
    "NAMESPACE ", "YOUR_KEY\n", "backup-2025-01-20.sql ", "{{a}}", "{a}", "[A]", "xxx ", "-a ", "--a=b ", "sudo ",
    "sudo ls\n", "ssh a b\n", "ssh a\n", "psql\n", "kubectl get pods\n", "kubectl delete ns a\n",
    "kubectl scale deploy a --replicas=0\n", "kubectl -n a logs -l b\n", "kubectl exec a -- sh -c 'ls'\n",
    "redis-cli KEYS '*' | xargs redis-cli DEL\n", "redis-cli SET a b\n", "psql -c 'SELECT 1'\n",
    "psql -c \"DROP TABLE a; VACUUM\"\n", "rm -rf $A/*\n", "cd a\n", "curl http://a/health\n",
    "curl -u a:hunter22 http://a\n", "aws s3 rm s3://a\n", "helm upgrade a b --set c=d\n", "docker exec -it a ls\n",
    "xargs ", "pg_dump a | gzip > b\n", "terraform apply\n", "git push\n", "sleep 1\n", "echo a | base64\n",
    "python -c 'a'\n", "bash -c 'ls; ls'\n", "eval a\n", "f() { a; }\n", "!", "! ", "time ", "coproc ", "& ", ";;",
    "#", "é", "\t", "\r\n", "\u{a0}", "“", "…", "a\\ b", "tail -f a\n",
    "kubectl apply -f - <<EOF\napiVersion: v1\nkind: Pod\nEOF\n",
];

#[rustfmt::skip]
const SQL: &[&str] = &[
    "SELECT 1;\n", "SELECT 1; ", "SELECT ", "(", "((", "'", "''", "'a',", "\"", "$$", "$a$ ", "$$a$$ ", "/*",
    "/* a */ ", "-- a\n", ";", "a,", "a AND ", "a OR ", "NOT ", "a + ", "- ", "CASE WHEN a THEN ", "SELECT (", "a.b ",
    "a::b", ":a ", ":'a' ", "<a> ", "{{a}} ", "\\d a\n", "BEGIN;\n", "UPDATE a SET b = 1;\n",
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity;\n", "WITH a AS (", "[", "{", "E'", "U&'", "a\n",
    "DELETE FROM a WHERE b = <c>;\n", "ALTER SYSTEM SET a = 1;\n", "a JOIN b ON ", "UNION SELECT 1 ", "VALUES (1),(",
    "CREATE INDEX a ON b (c);\n",
];

#[rustfmt::skip]
const YAML: &[&str] = &[
    "a: b\n", "- a\n", "- ", "[", "{", "{a: ", "a: [", "\"", "'", "&a ", "*a ", "&a b\n", "? ", "a: ", "--- \n",
    "---\n", "# a\n", "  ", "a: |\n  b\n", "a: >\n", "!", "!a ", "%", "<a>: b\n", "a: <b>\n",
    "apiVersion: v1\nkind: Pod\nmetadata:\n  name: a\n---\n", "{a: b}, ", "[a, ", "a: 'b'\n", "<<: *a\n", "\t",
    "é: b\n",
];

#[rustfmt::skip]
const REDIS: &[&str] = &[
    "KEYS *\n", "SET a b\n", "\"", "'", "FLUSHALL\n", "DEL <a>\n", "\\",
];

#[rustfmt::skip]
const HTTP: &[&str] = &[
    "GET /a\n\n###\n", "GET /<a>\n", "A: b\n", "<a> ", "\n", "### \n", "${A}", "{{a}}",
];

#[rustfmt::skip]
const OTHERS: &[&str] = &[
    "rails c\n", "> GET a\nb\n", "├── a\n", "Impact: [a]\n", "{\"a\": 1}\n", "rate(a[5m])\n", "db.a.find()\n",
    "a: (1) b\n", "-->",
];

/// One piece over and over, between a beginning and an end.
struct Shape {
    name: String,
    before: String,
    piece: String,
    behind: String,
}

impl Shape {
    fn new(before: &str, piece: &str, behind: &str) -> Self {
        let [before, piece, behind] = [before, piece, behind].map(str::to_owned);
        Self { name: piece.clone(), before, piece, behind }
    }

    fn text(&self, bytes: usize) -> String {
        format!("{}{}{}", self.before, self.piece.repeat((bytes / self.piece.len()).max(2)), self.behind)
    }
}

/// Milliseconds of processor time that everything takes that is done with a text.
fn milliseconds(text: &str) -> f64 {
    let now = || {
        let time = clock_gettime(ClockId::ThreadCPUTime);
        time.tv_sec as f64 * 1e3 + time.tv_nsec as f64 / 1e6
    };
    let begun = now();
    let (runbook, diagnostics) = parse("any.md", text);
    lint(&runbook, text, &diagnostics, &Surroundings::default(), &Settings::default());
    render_show(&runbook);
    if let Some(procedure) = runbook.procedures.first() {
        let variables = runbook.variables.iter().map(|it| (it.name.clone(), "a b".to_owned())).collect();
        let _ = plan(&runbook, &procedure.id, &PlanRequest { variables, ..PlanRequest::default() });
    }
    now() - begun
}

/// The lowest ratio of some tries, and how long the longer text took at best.
fn ratio(shape: &Shape, bytes: usize) -> (f64, f64) {
    let (short, long) = (shape.text(bytes), shape.text(bytes * 4));
    let mut best = (f64::INFINITY, f64::INFINITY);
    for _ in 0..TRIES {
        best = (best.0.min(milliseconds(&short)), best.1.min(milliseconds(&long)));
        if best.1 / best.0 <= LARGEST_RATIO {
            break;
        }
    }
    (best.1 / best.0, best.1)
}

fn check(shapes: &[Shape], bytes: usize) {
    let wanted = std::env::var("ALLCLEAR_SHAPES").unwrap_or_default();
    let mut square = Vec::new();
    for shape in shapes.iter().filter(|shape| shape.name.contains(&wanted)) {
        let (ratio, took) = ratio(shape, bytes);
        let name: String = shape.name.escape_debug().take(120).collect();
        eprintln!("{ratio:5.1} {took:8.1} ms  {name}");
        if ratio > LARGEST_RATIO {
            square.push(format!("{ratio:.1} for {name}"));
        }
    }
    assert!(
        square.is_empty(),
        "four times the text took more than {LARGEST_RATIO} times as long:\n{}",
        square.join("\n")
    );
}

/// Prose, and all that Markdown makes of it.
fn markdown() -> Vec<Shape> {
    let start = "# A\n\n**When**: x\n\n1. Look.\n\n";
    let of_lines = ON_ONE_LINE.iter().flat_map(|piece| [Shape::new(start, piece, "\n"), Shape::new("", piece, "")]);
    let of_blocks = BLOCKS.iter().map(|piece| Shape::new(start, piece, "\n"));
    of_lines.chain(of_blocks).collect()
}

/// What stands in fences, on lines of their own and on one line.
fn fences() -> Vec<Shape> {
    let fence = |tag: &str, start: &str, piece: &str| Shape {
        name: format!("{tag}: {piece}"),
        ..Shape::new(&format!("# A\n\n**When**: x\n\n1. Do:\n```{tag}\n{start}"), piece, "\n```\n")
    };
    let bash = BASH.iter().flat_map(|piece| [fence("bash", "ls ", piece), fence("", "$ ls ", piece)]);
    let sql = SQL.iter().flat_map(|piece| [fence("sql", "SELECT 1;\n", piece), fence("sql", "SELECT ", piece)]);
    let yaml = YAML.iter().flat_map(|piece| {
        [
            fence("yaml", "apiVersion: v1\nkind: Pod\nmetadata:\n  name: a\n", piece),
            fence("yaml", "apiVersion: v1\nkind: Pod\na: ", piece),
        ]
    });
    let redis = REDIS.iter().map(|piece| fence("redis", "", piece));
    let http = HTTP.iter().map(|piece| fence("http", "GET /a", piece));
    let others = OTHERS.iter().flat_map(|piece| ["", "console", "text", "ruby"].map(|tag| fence(tag, "", piece)));
    bash.chain(sql).chain(yaml).chain(redis).chain(http).chain(others).collect()
}

/// Every example of every rule, over and over: as a document, and the commands of its first fence as one fence.
fn examples() -> Vec<Shape> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../specs/lint");
    let mut paths: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let mut shapes = Vec::new();
    for path in paths {
        let spec = std::fs::read_to_string(&path).unwrap();
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        let Some(example) = spec.split("````markdown\n").nth(1).and_then(|rest| rest.split("\n````").next()) else {
            continue;
        };
        shapes.push(Shape { name: format!("{name} repeated"), ..Shape::new("", &format!("{example}\n\n"), "") });
        let Some((before, rest)) = example.split_once("```") else { continue };
        let Some((tag, rest)) = rest.split_once('\n') else { continue };
        let Some(commands) = rest.split("```").next().filter(|commands| !commands.trim().is_empty()) else { continue };
        shapes.push(Shape {
            name: format!("{name} in a fence"),
            ..Shape::new(&format!("{before}```{tag}\n"), commands, "```\n")
        });
    }
    shapes
}

/// Of each kind of text some, and what once took time in proportion to its square.
#[rustfmt::skip]
const FEW: &[&str] = &[
    "`a` ", "**a** ", "[", "[a](b) ", "<a ", "<a b=\"", "a|", "$(", "${A", "https://x.test/api/", "Run `ls -l` ",
    "<!-- allclear: allow K04: why --> ", "NAMESPACE/", "> ", "1. ", "- a\n", "* a\n  - b\n", "```bash\nls\n",
    "```bash\nls\n\n## A\n\n", "| a | b |\n|---|---|\n| `ls -l` | b |\n\n", "<!-- allclear: allow K04: why -->\n",
    "<details><summary>a</summary>\n\n```bash\nls\n```\n</details>\n", "bash: ls\n", "bash: ls | ",
    "bash: cat <<EOF\na\nEOF\n", "bash: 'a' ", "bash: $(", "bash: cd a\n", "bash: ${A%",
    "bash: kubectl delete ns a\n", "sql: 'a',", "sql: (", "sql: <a> ", "yaml: a: [", "yaml: - a\n", "http: <a> ",
    "redis: SET a b\n",
];

#[test]
fn no_text_takes_time_in_proportion_to_its_square() {
    let all = [markdown(), fences()].into_iter().flatten();
    let few: Vec<Shape> = all.filter(|shape| FEW.contains(&shape.name.as_str())).collect();
    assert!(few.len() >= FEW.len(), "every name is that of a shape");
    check(&few, 2_000);
}

#[test]
#[ignore = "takes minutes: cargo test --release -p allclear-runbook --test scaling -- --ignored --nocapture"]
fn no_long_text_takes_time_in_proportion_to_its_square() {
    let shapes: Vec<Shape> = [markdown(), fences(), examples()].into_iter().flatten().collect();
    let bytes = std::env::var("ALLCLEAR_BYTES").ok().and_then(|bytes| bytes.parse().ok()).unwrap_or(30_000);
    check(&shapes, bytes);
}
