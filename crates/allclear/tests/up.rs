//! `allclear up` beside the verbs: one engine, reached over the socket; stopped in good order; the log carried away.

mod support;

use std::io::{BufRead as _, BufReader};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use allclear_testkit::eventually;
use support::{CONFIG, Place, Running, code, said};

const LIMIT: Duration = Duration::from_secs(30);

/// A server that is up, and everything that it has said.
struct Server {
    running: Running,
    words: Arc<Mutex<String>>,
}

impl Server {
    fn start(place: &Place) -> Self {
        let mut running = place.start(&["up", "--listen", "127.0.0.1:0"]);
        let mut lines = BufReader::new(running.child.stderr.take().expect("its words")).lines();
        let up = lines.by_ref().map_while(Result::ok).any(|line| line.contains("status page"));
        assert!(up, "the server never says where it is");
        let words = Arc::<Mutex<String>>::default();
        let heard = Arc::clone(&words);
        std::thread::spawn(move || {
            lines.map_while(Result::ok).for_each(|line| heard.lock().expect("nobody panics with it").push_str(&line));
        });
        eventually("the socket is there", LIMIT, || place.path("allclear-data/allclear.sock").exists().then_some(()));
        Self { running, words }
    }

    fn has_said(&self, words: &str) -> bool {
        self.words.lock().expect("nobody panics with it").contains(words)
    }

    /// SIGTERM, and the exit code.
    fn stop(mut self) -> Option<i32> {
        let pid = self.running.child.id().to_string();
        let asked = std::process::Command::new("kill").args(["-TERM", &pid]).status().expect("kill starts");
        assert!(asked.success());
        self.running.child.wait().expect("it ends").code()
    }
}

#[test]
fn verbs_reach_a_running_server_and_find_everything_after_it() {
    let place = Place::new();
    place.write("allclear.toml", CONFIG);
    let server = Server::start(&place);
    let opened = place.run(&["incident", "open", "Carts are stuck", "--severity", "P1"]);
    assert_eq!(code(&opened), 0, "{}", said(&opened));
    let incident = place.json(&["incident", "list"])[0]["id"].as_str().expect("an id").to_owned();
    let worked = place.run(&["incident", "resolve", &incident, "emptied by hand"]);
    assert_eq!(code(&worked), 0, "{}", said(&worked));
    let events = place.json(&["log", "verify"])["seq"].as_u64().expect("a position");

    let exported = place.run(&["log", "export", "--output", "export.jsonl"]);
    assert_eq!(code(&exported), 0, "{}", said(&exported));
    assert_eq!(server.stop(), Some(0));
    assert!(!place.path("allclear-data/allclear.sock").exists(), "nobody is sent to a socket that nobody answers");

    let imported = place.run(&["log", "import", "export.jsonl", "--data-dir", "other"]);
    assert_eq!(code(&imported), 0, "{}", said(&imported));
    let head = place.json(&["log", "verify", "--data-dir", "other"]);
    assert!(head["seq"].as_u64() >= Some(events), "{head}");
    let against = head["head"].as_str().expect("a head").to_owned();
    let proved = place.run(&["log", "verify", "--against", &against]);
    assert_eq!(code(&proved), 0, "the original still holds what was exported: {}", said(&proved));
    let reviews = place.json(&["review", "list"]);
    assert_eq!(reviews[0]["incident"], incident.as_str());
}

#[test]
fn a_broken_edit_of_the_configuration_leaves_the_last_good_one_in_force() {
    let place = Place::new();
    place.write("allclear.toml", CONFIG);
    let server = Server::start(&place);
    place.write("allclear.toml", &CONFIG.replace("[service]", "[sevrice]"));
    eventually("the broken edit is reported", LIMIT, || server.has_said("last good one stays").then_some(()));
    assert!(server.has_said("sevrice"), "it is pointed at");
    let opened = place.run(&["incident", "open", "It still pages"]);
    assert_eq!(code(&opened), 0, "{}", said(&opened));
    let renamed = CONFIG.replace("Shop", "Bakery");
    place.write("allclear.toml", &renamed);
    eventually("the good edit is in force", LIMIT, || {
        let tail = place.run(&["log", "tail", "-n", "50", "--format", "json"]);
        said(&tail).contains("Bakery").then_some(())
    });
    let tail = said(&place.run(&["log", "tail", "-n", "50", "--format", "json"]));
    assert_eq!(tail.matches("\"type\":\"PolicyAdopted\"").count(), 2, "the broken edit was never adopted: {tail}");
    assert_eq!(server.stop(), Some(0));
}

#[test]
fn a_server_that_was_killed_is_replaced_at_once() {
    let place = Place::new();
    place.write("allclear.toml", CONFIG);
    let server = Server::start(&place);
    let opened = place.run(&["incident", "open", "Before the kill"]);
    assert_eq!(code(&opened), 0, "{}", said(&opened));
    server.running.kill();
    let again = Server::start(&place);
    let list = place.json(&["incident", "list"]);
    assert_eq!(list[0]["title"], "Before the kill");
    assert_eq!(again.stop(), Some(0));
}
