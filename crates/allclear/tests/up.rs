//! `allclear up` beside the verbs: one engine, reached over the socket; stopped in good order; the log carried away.

mod support;

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use allclear_core::{EffectClass, Plan};
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

/// What the server answers to a plan that somebody posts.
fn posted(place: &Place, plan: &Plan) -> String {
    let body = serde_json::json!({"plan": plan}).to_string();
    let mut socket = UnixStream::connect(place.path("allclear-data/allclear.sock")).expect("the server listens");
    socket.set_read_timeout(Some(LIMIT)).expect("a limit");
    let head = "POST /api/v1/runs HTTP/1.1\r\nHost: allclear\r\nContent-Type: application/json\r\nConnection: close";
    write!(socket, "{head}\r\nX-Allclear-Actor: person:ana\r\nContent-Length: {}\r\n\r\n{body}", body.len())
        .expect("it reads");
    let mut answer = String::new();
    socket.read_to_string(&mut answer).expect("it answers");
    answer
}

#[test]
fn a_plan_that_is_posted_says_at_least_what_the_server_takes_its_commands_for() {
    let place = Place::new();
    place.write("allclear.toml", &format!("{CONFIG}\n[approvals]\nfour_eyes = [\"destroy\"]\n"));
    place.write("runbook.md", "# R\n\n## Mend\n\n1. **Mend:**\n```bash\nrm -rf precious\nsed -i s/a/b/ mode\n```\n");
    let plan: Plan = serde_json::from_value(place.json(&["plan", "runbook.md", "mend"])).expect("a plan");
    let server = Server::start(&place);
    let mut understated = plan.clone();
    understated.steps[0].commands[0].effect = EffectClass::Change;
    let answer = posted(&place, &understated.sealed());
    assert!(answer.starts_with("HTTP/1.1 409 ") && answer.contains("plan-refused"), "{answer}");
    assert!(answer.contains("line 7: the plan says change, and this server takes it for destroy"), "{answer}");

    let mut undone_otherwise = plan.clone();
    let command = undone_otherwise.steps[0].commands.last_mut().expect("two commands");
    command.undo = Some("rm -rf precious".to_owned());
    *command = command.clone().bound(&plan.target);
    let answer = posted(&place, &undone_otherwise.sealed());
    assert!(
        answer.starts_with("HTTP/1.1 409 ") && answer.contains("line 8: the plan would record or undo"),
        "{answer}"
    );
    assert_eq!(place.json(&["runs"]).as_array().map(Vec::len), Some(0), "nothing of them was kept");

    let answer = posted(&place, &plan);
    assert!(answer.starts_with("HTTP/1.1 201 "), "{answer}");
    assert_eq!(server.stop(), Some(0));
}
