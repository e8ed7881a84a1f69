//! What every verb owes to whoever calls it from a terminal or a script.

mod support;

use std::io::{BufRead as _, BufReader, Read as _};
use std::time::Duration;

use allclear_testkit::eventually;
use support::{Place, code, said};

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
