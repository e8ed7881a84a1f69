//! What every verb owes to whoever calls it from a terminal or a script.

mod support;

use std::io::{BufRead as _, BufReader, Read as _};
use std::time::Duration;

use allclear_testkit::eventually;
use support::{Place, code};

const CONFIG: &str = r#"
[service]
name = "Shop"

[channel.desk]
kind = "webhook"
url = "http://127.0.0.1:9/nobody"

[escalation]
levels = [{ channels = ["desk"], acknowledge_within = "5m" }]
"#;

#[test]
fn a_page_that_nobody_carries_on_is_spoken_of() {
    let place = Place::new();
    place.write("allclear.toml", CONFIG);
    let opened = place.run(&["incident", "open", "Nobody can pay", "--severity", "P0"]);
    let words = String::from_utf8_lossy(&opened.stderr);
    assert_eq!(code(&opened), 0, "{words}");
    assert!(words.contains("not left") && words.contains("1 page is unanswered"), "{words}");
    assert!(words.contains("allclear up") && !words.contains('\u{1b}'), "{words}");
}

#[test]
fn a_title_of_two_lines_leaves_the_table_whole() {
    let place = Place::new();
    assert_eq!(code(&place.run(&["incident", "open", "One\nTwo\tThree"])), 0);
    let list = place.run(&["incident", "list"]);
    let table = String::from_utf8_lossy(&list.stdout);
    assert_eq!(table.lines().count(), 2, "{table}");
    assert!(table.contains("One Two Three"), "{table}");
}

#[test]
fn the_tail_is_one_json_document() {
    let place = Place::new();
    assert_eq!(place.json(&["log", "tail", "-n", "0"]), serde_json::json!([]));
    assert_eq!(code(&place.run(&["incident", "open", "It hurts"])), 0);
    let tail = place.run(&["log", "tail", "--format", "json"]);
    let records: serde_json::Value = serde_json::from_slice(&tail.stdout).expect("one document");
    let count = records.as_array().map(Vec::len).expect("an array");
    assert!(count > 1, "{records}");
    assert_eq!(String::from_utf8_lossy(&tail.stdout).lines().count(), count + 2, "one event a line");
}

#[test]
fn a_server_that_goes_away_leaves_word_of_the_step() {
    let place = Place::new();
    place.write(
        "runbook.md",
        "# R\n\n## Wait\n\n**When**: always\n\n1. **Wait:**\n```bash\necho begun; sleep 20\n```\n",
    );
    place.write("allclear.toml", CONFIG);
    let digest = place.json(&["plan", "runbook.md", "wait"])["digest"].as_str().expect("a digest").to_owned();
    let server = place.start(&["up", "--listen", "127.0.0.1:0"]);
    eventually("the socket is there", Duration::from_secs(20), || {
        place.path("allclear-data/allclear.sock").exists().then_some(())
    });
    let mut attached = place.start(&["run", "runbook.md", "wait", "--approve", &digest]);
    let mut words = BufReader::new(attached.child.stderr.take().expect("its words"));
    let begun = words.by_ref().lines().map_while(Result::ok).any(|line| line == "begun");
    assert!(begun, "the step never begins");
    server.kill();
    let mut rest = String::new();
    words.read_to_string(&mut rest).expect("it is text");
    assert_eq!(attached.child.wait().expect("it ends").code(), Some(4), "{rest}");
    assert!(rest.contains("step 1 may be in doubt") && rest.contains("allclear resume run-"), "{rest}");
}
