//! No secret leaves: secrets of every kind are planted where a person would keep them, commands print them in every way
//! that commands do, and then every byte that the program wrote, and every argument that any process was given, is
//! searched for them.

mod support;

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use allclear_testkit::{Canary, Traces, canaries, eventually};
use support::{Place, Running, code, said};

const LIMIT: Duration = Duration::from_secs(60);

/// Not declared to be secret: the search must find it everywhere, or it would find nothing.
const UNREDACTED: &str = "unredacted-canary-5fe1c0ffee";
/// Given to a process as its argument, for the same reason.
const ARGUMENT: &str = "argument-canary-77aa01dd";

/// Prints the variable that it is told in every way that commands print something.
const LEAK: &str = r#"
leak() {
  local LC_ALL=C v="${!1}" h u= c i j
  printf 'plain: %s\n' "$v"
  printf '%s\n' "$v" >&2
  printf 'in two: '; printf '%s' "${v:0:5}"; printf '%s\n' "${v:5}"
  printf '%s' "$v" | base64
  printf '%s' "$v" | base64 -w 0; echo
  printf '%s\n' "$v" | base64 -w 0 | tr '+/' '-_' | tr -d =; echo
  for user in u us use; do printf '%s:%s' "$user" "$v" | base64 -w 0; echo; done
  h=$(printf '%s' "$v" | od -An -v -tx1 | tr -d ' \n')
  printf 'hex: %s %s\n' "$h" "${h^^}"
  for ((i = 0; i < ${#h}; i += 2)); do
    printf -v c "\\x${h:i:2}"
    if [[ $c == [a-zA-Z0-9._~-] ]]; then u+=$c; else u+=%${h:i:2}; fi
  done
  printf 'GET /?key=%s HTTP/1.1\n' "$u"
  j=${v//\\/\\\\}; j=${j//\"/\\\"}; j=${j//$'\n'/\\n}
  printf '{"key":"%s"}\n' "$j"
  printf '{"key":"%s"}\n' "${j//\//\\/}"
  printf '\e[1;31m%s\e[0m%s\n' "${v:0:6}" "${v:6}"
  printf '%s' "$v" | fold -w 20; echo
  printf '%q\n' "$v"
  declare -p "$1"
  cd "/nonexistent/$v" || true
  ( set -x; : "$v" )
  if [[ $v != */* && $v != *$'\n'* ]]; then : > "$FOLDER/$v"; ls -l "$FOLDER"; fi
}
for name in NAMES; do leak "$name"; done
"#;

fn runbook(place: &Place) -> String {
    let leak = place.path("leak.sh").display().to_string();
    let begun = place.path("begun").display().to_string();
    let endless = place.write("endless", "").display().to_string();
    format!(
        "# Shop\n\n## It leaks\n\n**When**: always\n\n**Steps:**\n\n1. **Print:**\n```bash\n. {leak}\n\
         echo {UNREDACTED}\nbash -c 'tail -f --pid=$$ /dev/null & wait -n' {ARGUMENT} & sleep 0.5; kill $!\n```\n\n\
         2. **Print and fail:**\n```bash\n. {leak}\nexit 3\n```\n\n\
         ## It hangs\n\n**When**: always\n\n**Steps:**\n\n1. **Print and hang:**\n```bash\n. {leak}\n\
         touch {begun} && tail -f {endless}\n```\n"
    )
}

fn configuration(canaries: &[Canary], place: &Place) -> String {
    let mut text = support::CONFIG.replace("channels = [\"console\"]", "channels = [\"console\", \"hook\"]");
    text.push_str(
        "\n[channel.hook]\nkind = \"webhook\"\nurl = \"env:HOOK_URL\"\nsigning_secret = \"env:SIGNING_SECRET\"\n",
    );
    text.push_str("\n[target.shop.env]\n");
    text.push_str(&format!("FOLDER = \"{}\"\n", place.path("folder").display()));
    for (index, canary) in canaries.iter().enumerate() {
        // Half of them from the environment of the server, half from files.
        if index % 2 == 0 || canary.name == "SIGNING_SECRET" {
            text.push_str(&format!("{0} = \"env:{0}\"\n", canary.name));
        } else {
            let path = place.write(&format!("secret-{}", canary.name), &canary.value);
            text.push_str(&format!("{} = \"file:{}\"\n", canary.name, path.display()));
        }
    }
    text
}

/// A receiver of webhooks that keeps what it got and answers with the secret that it knows.
fn receiver(secret: String) -> (u16, Arc<Mutex<Vec<u8>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let received = Arc::<Mutex<Vec<u8>>>::default();
    let keeping = Arc::clone(&received);
    std::thread::spawn(move || {
        for mut connection in listener.incoming().map_while(Result::ok) {
            let mut request = vec![0; 64 * 1024];
            let _ = connection.set_read_timeout(Some(Duration::from_secs(2)));
            let mut length = 0;
            while let Ok(more @ 1..) = connection.read(&mut request[length..]) {
                length += more;
                if request[..length].ends_with(b"}") {
                    break;
                }
            }
            keeping.lock().expect("nobody panics with it").extend_from_slice(&request[..length]);
            let body = format!("bad signature, expected one made with {secret}");
            let head = format!("HTTP/1.1 500 Broken\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", body.len());
            let _ = connection.write_all(format!("{head}{body}").as_bytes());
        }
    });
    (port, received)
}

/// Looks at the arguments of every process until it is dropped.
struct Arguments {
    seen: Arc<Mutex<BTreeSet<Vec<u8>>>>,
    over: Arc<AtomicBool>,
}

impl Arguments {
    fn watch() -> Self {
        let (seen, over) = (Arc::<Mutex<BTreeSet<Vec<u8>>>>::default(), Arc::<AtomicBool>::default());
        let (keeping, ended) = (Arc::clone(&seen), Arc::clone(&over));
        std::thread::spawn(move || {
            while !ended.load(Ordering::Relaxed) {
                let processes = std::fs::read_dir("/proc").expect("Linux").flatten();
                let lines = processes.filter_map(|process| std::fs::read(process.path().join("cmdline")).ok());
                keeping.lock().expect("nobody panics with it").extend(lines);
                std::thread::yield_now();
            }
        });
        Self { seen, over }
    }

    fn seen(&self) -> Vec<u8> {
        self.seen.lock().expect("nobody panics with it").iter().flatten().copied().collect()
    }
}

impl Drop for Arguments {
    fn drop(&mut self) {
        self.over.store(true, Ordering::Relaxed);
    }
}

/// The product in a place with secrets.
struct Shop {
    place: Place,
    environment: Vec<(String, String)>,
    traces: Traces,
}

impl Shop {
    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.place.command(arguments);
        command.envs(self.environment.iter().map(|(name, value)| (name, value))).env("ALLCLEAR_LOG", "debug");
        command
    }

    /// Runs a verb and keeps what it says.
    fn run(&mut self, arguments: &[&str]) -> std::process::Output {
        let output = self.command(arguments).output().expect("the program starts");
        self.traces.add(format!("output of {arguments:?}"), output.stdout.clone());
        self.traces.add(format!("words of {arguments:?}"), output.stderr.clone());
        output
    }

    /// Starts the server; where it listens, and the token of its administrator.
    fn up(&self, name: &str) -> Server {
        let words = self.place.path(name);
        let mut command = self.command(&["up", "--listen", "127.0.0.1:0"]);
        command.stdout(File::create(self.place.path(&format!("{name}.out"))).expect("a file"));
        command.stderr(File::create(&words).expect("a file"));
        let running = Running { child: command.spawn().expect("the program starts") };
        let address = eventually("the server is up", LIMIT, || {
            let words = std::fs::read_to_string(&words).ok()?;
            let line = words.lines().find(|line| line.trim_start().starts_with("console "))?.to_owned();
            Some(line.split_once("http://")?.1.trim_end_matches('/').to_owned())
        });
        let token = std::fs::read_to_string(&words).expect("its words");
        let token =
            token.lines().find_map(|line| line.split_once("shown this once: ")).map(|(_, token)| token.to_owned());
        eventually("the socket is there", LIMIT, || {
            self.place.path("allclear-data/allclear.sock").exists().then_some(())
        });
        Server { running, address, token: token.unwrap_or_default() }
    }
}

struct Server {
    running: Running,
    address: String,
    token: String,
}

impl Server {
    /// The whole answer to a request, head and body.
    fn ask(&self, method: &str, path: &str, body: &str) -> Vec<u8> {
        let mut connection = TcpStream::connect(&self.address).expect("the server listens");
        connection.set_read_timeout(Some(Duration::from_secs(10))).expect("a timeout");
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {}\r\nContent-Type: application/json\r\n\
             Content-Length: {}\r\nConnection: close\r\n\r\n{body}",
            self.address,
            self.token,
            body.len()
        );
        connection.write_all(request.as_bytes()).expect("the server reads");
        let mut answer = Vec::new();
        let _ = connection.read_to_end(&mut answer);
        answer
    }
}

/// What the product answers about these runs and this incident, on every page.
fn pages(incident: &str, runs: &[String]) -> Vec<String> {
    let fixed = [
        "/",
        "/runs",
        "/checks",
        "/reviews",
        "/status",
        "/status.json",
        "/metrics",
        "/api/v1/incidents",
        "/api/v1/runs",
        "/api/v1/events",
        "/api/v1/pages",
        "/api/v1/deliveries",
        "/api/v1/reviews",
        "/api/v1/policy",
        "/api/v1/log/export",
        "/api/v1/log/head",
        "/api/v1/nowhere",
    ];
    let mut pages: Vec<String> = fixed.map(str::to_owned).to_vec();
    pages.extend([format!("/incidents/{incident}"), format!("/api/v1/incidents/{incident}")]);
    for run in runs {
        pages.extend([format!("/runs/{run}"), format!("/runs/{run}/undo"), format!("/api/v1/runs/{run}")]);
        pages.extend((1..3).map(|step| format!("/api/v1/runs/{run}/output?step={step}")));
    }
    pages
}

#[test]
fn no_secret_is_found_in_anything_that_was_written() {
    let canaries = canaries();
    let (port, received) = receiver(value(&canaries, "SIGNING_SECRET"));
    let mut shop = Shop::with(&canaries, port);
    let arguments = Arguments::watch();
    let server = shop.up("words-1");
    let incident = shop.open_incident(&server, &canaries);
    eventually("the page is received", LIMIT, || (!received.lock().expect("kept").is_empty()).then_some(()));
    shop.fail_a_run();
    let server = shop.doubt_a_run(server);
    shop.read_everything(&server, &incident);
    server.running.kill();

    for file in ["words-1", "words-1.out", "words-2", "words-2.out", "hanging.out", "hanging.err", "export.jsonl"] {
        shop.traces.add(file, std::fs::read(shop.place.path(file)).expect("it was written"));
    }
    shop.traces.add_folder(&shop.place.path("allclear-data"));
    shop.traces.add("webhook", received.lock().expect("kept").clone());
    shop.traces.add("arguments", arguments.seen());
    let leaks: Vec<String> = canaries.iter().flat_map(|canary| shop.traces.leaks(canary)).collect();
    assert!(leaks.is_empty(), "{} leaks:\n{}", leaks.len(), leaks.join("\n"));
    the_search_can_fail(&shop.traces);
}

fn value(canaries: &[Canary], name: &str) -> String {
    canaries.iter().find(|it| it.name == name).expect("it is one of them").value.clone()
}

fn document(output: &std::process::Output) -> serde_json::Value {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {}", said(output)))
}

impl Shop {
    /// A place in which the canaries are where a person would keep secrets.
    fn with(canaries: &[Canary], hook: u16) -> Self {
        let place = Place::new();
        let names: Vec<&str> = canaries.iter().map(|canary| canary.name).collect();
        std::fs::create_dir(place.path("folder")).expect("a folder");
        place.write("leak.sh", &LEAK.replace("NAMES", &names.join(" ")));
        place.write("runbook.md", &runbook(&place));
        place.write("allclear.toml", &configuration(canaries, &place));
        let known = canaries.iter().map(|canary| (canary.name.to_owned(), canary.value.clone()));
        let hook = ("HOOK_URL".to_owned(), format!("http://127.0.0.1:{hook}/hook"));
        Self { place, environment: known.chain([hook]).collect(), traces: Traces::default() }
    }

    /// An incident into which somebody pastes keys.
    fn open_incident(&mut self, server: &Server, canaries: &[Canary]) -> String {
        let title = format!("{} leaked", value(canaries, "STRIPE_LIVE"));
        let body = serde_json::json!({ "title": title, "severity": "P1" }).to_string();
        let opened = server.ask("POST", "/api/v1/incidents", &body);
        assert!(opened.starts_with(b"HTTP/1.1 20"), "{}", String::from_utf8_lossy(&opened));
        self.traces.add("answer to opening", opened);
        let incidents = document(&self.run(&["incident", "list", "--format", "json"]));
        let incident = incidents[0]["id"].as_str().expect("an id").to_owned();
        let text = format!("it is {} and {}", value(canaries, "GITHUB_FINE"), value(canaries, "POSTGRES"));
        let body = serde_json::json!({ "text": text }).to_string();
        let updated = server.ask("POST", &format!("/api/v1/incidents/{incident}/update"), &body);
        assert!(updated.starts_with(b"HTTP/1.1 20"), "{}", String::from_utf8_lossy(&updated));
        self.traces.add("answer to an update", updated);
        incident
    }

    fn digest(&mut self, procedure: &str) -> String {
        let plan = document(&self.run(&["plan", "runbook.md", procedure, "--target", "shop", "--format", "json"]));
        plan["digest"].as_str().expect("a digest").to_owned()
    }

    /// A run whose first step succeeds and whose second one fails.
    fn fail_a_run(&mut self) {
        let digest = self.digest("it-leaks");
        let run = self.run(&["run", "runbook.md", "it-leaks", "--target", "shop", "--approve", &digest]);
        assert_eq!(code(&run), 1, "the second step fails: {}", said(&run));
    }

    /// A run that is in doubt, because the server was killed; the server that was started after that.
    fn doubt_a_run(&mut self, mut server: Server) -> Server {
        let digest = self.digest("it-hangs");
        let mut command = self.command(&["run", "runbook.md", "it-hangs", "--target", "shop", "--approve", &digest]);
        command.stdout(File::create(self.place.path("hanging.out")).expect("a file"));
        command.stderr(File::create(self.place.path("hanging.err")).expect("a file"));
        let mut hanging = Running { child: command.spawn().expect("the program starts") };
        eventually("the step hangs", LIMIT, || {
            let ended = hanging.child.try_wait().expect("it can be looked at");
            let words = || std::fs::read_to_string(self.place.path("hanging.err")).expect("its words");
            assert!(ended.is_none(), "{}", words());
            self.place.path("begun").exists().then_some(())
        });
        server.running.kill();
        drop(hanging);
        let token = std::mem::take(&mut server.token);
        Server { token, ..self.up("words-2") }
    }

    /// Every page and every verb that tells of the incident and of the runs.
    fn read_everything(&mut self, server: &Server, incident: &str) {
        let runs = document(&self.run(&["runs", "--format", "json"]));
        let field = |name: &str| -> Vec<String> {
            let runs = runs.as_array().into_iter().flatten();
            runs.filter_map(|run| Some(run[name].as_str()?.to_owned())).collect()
        };
        let states: BTreeSet<String> = field("state").into_iter().collect();
        assert_eq!(states, BTreeSet::from(["failed".to_owned(), "in-doubt".to_owned()]), "{runs}");
        for path in pages(incident, &field("id")) {
            let answer = server.ask("GET", &path, "");
            self.traces.add(format!("answer to {path}"), answer);
        }
        for id in field("id") {
            self.run(&["runs", "show", &id]);
        }
        for verb in [
            &["incident", "show", incident][..],
            &["log", "tail", "-n", "1000"],
            &["log", "tail", "-n", "1000", "--format", "json"],
            &["log", "export", "--output", "export.jsonl"],
            &["show", "runbook.md"],
            &["lint", "runbook.md"],
            &["config", "check"],
        ] {
            self.run(verb);
        }
    }
}

/// What was not declared to be secret is found in every kind of place.
fn the_search_can_fail(traces: &Traces) {
    let found = traces.leaks(&Canary::new("UNREDACTED", UNREDACTED));
    for place in ["words of [\"run\"", "measurements.db", "/output?step=1", "answer to /runs/run-"] {
        assert!(found.iter().any(|leak| leak.contains(place)), "not found in {place}: {found:#?}");
    }
    let found = traces.leaks(&Canary::new("ARGUMENT", ARGUMENT));
    assert!(found.iter().any(|leak| leak.contains(" in arguments")), "{found:#?}");
    let page = traces.leaks(&Canary::new("TITLE", "[redacted] leaked"));
    assert!(page.iter().any(|leak| leak.contains(" in webhook")), "the page tells of the incident: {page:#?}");
}
