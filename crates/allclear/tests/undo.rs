//! `allclear undo`, `runs pause`, `runs show` and evidence, as a person and an auditor use them.

mod support;

use std::collections::BTreeMap;
use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use allclear_testkit::{Redis, eventually};
use serde_json::Value;
use support::{Place, Terminal, code, is_running, said};

const LIMIT: Duration = Duration::from_secs(30);

const RUNBOOK: &str = "# Shop

## Cart is stuck

**When**: carts do not empty

**Steps:**

1. **Look:**
```bash
cat FOLDER/mode
```

2. **Mend:**
```bash
sed -i s/slow/fast/ FOLDER/mode
```

3. **Note it:**
```bash
logger_of_ours
```
";

/// A run that has changed a file and failed at its third step.
fn changed(place: &Place) -> String {
    let folder = place.path("folder");
    std::fs::create_dir(&folder).expect("it can be made");
    place.write("folder/mode", "slow\n");
    let runbook = RUNBOOK.replace("FOLDER", &folder.display().to_string()).replace("logger_of_ours", "false");
    place.write("runbook.md", &runbook);
    let digest = place.json(&["plan", "runbook.md", "cart-is-stuck"])["digest"].as_str().expect("a digest").to_owned();
    let output = place.run(&["run", "runbook.md", "cart-is-stuck", "--approve", &digest]);
    assert_eq!(code(&output), 1, "{}", said(&output));
    assert_eq!(mode(place), "fast\n", "{}", said(&output));
    place.json(&["runs"])[0]["id"].as_str().expect("an id").to_owned()
}

fn mode(place: &Place) -> String {
    std::fs::read_to_string(place.path("folder/mode")).expect("it is there")
}

#[test]
fn what_a_run_changed_is_put_back_by_an_approved_run_of_its_own() {
    let place = Place::new();
    let run = changed(&place);
    let looked = place.run(&["undo", &run, "--plan"]);
    assert_eq!(code(&looked), 0, "{}", said(&looked));
    assert!(
        said(&looked).contains("Put back step 2: Mend") && said(&looked).contains("what was recorded"),
        "{}",
        said(&looked)
    );
    assert_eq!(place.json(&["runs"]).as_array().map(Vec::len), Some(1), "nothing was started");

    let plan = place.json(&["undo", &run, "--plan"]);
    let unasked = place.run(&["undo", &run, "--to", "2"]);
    assert_eq!(code(&unasked), 3, "nothing is put back without a word: {}", said(&unasked));
    assert_eq!(mode(&place), "fast\n");
    let undo = place.json(&["runs"])[0]["id"].as_str().expect("an id").to_owned();
    assert_eq!(place.json(&["runs"])[0]["undoes"], run.as_str());
    let plan = plan["digest"].as_str().expect("a digest").to_owned();
    let approved = place.run(&["resume", &undo, "--approve", &plan]);
    let settled = settle(&place, &undo, code(&approved));
    assert_eq!(mode(&place), "slow\n", "{}{settled}", said(&approved));
    let original = place.json(&["runs", "show", &run]);
    assert_eq!(original["steps"][1]["state"], "undone", "{original}");
    assert_eq!(original["undone_by"], undo.as_str());
    let words = said(&place.run(&["runs", "show", &run]));
    assert!(words.contains("put back by") && words.contains("approved by ana beforehand"), "{words}");
}

/// Steps of an undo that only a person can do are skipped.
fn settle(place: &Place, undo: &str, ended: i32) -> String {
    if ended == 0 {
        return String::new();
    }
    let Some(mut terminal) = Terminal::open(place, &["resume", undo]) else { return String::new() };
    loop {
        let before = place.json(&["runs", "show", undo]);
        if before["state"] == "finished" {
            return terminal.screen();
        }
        terminal.until("[l]eave: ");
        terminal.press("s\n");
        terminal.until("Why is it skipped? ");
        terminal.press("nothing to do\n");
        terminal.until("left out by ana");
    }
}

#[test]
fn a_run_that_changed_nothing_has_nothing_to_undo() {
    let place = Place::new();
    place.write("runbook.md", "# R\n\n## Look\n\n**When**: always\n\n1. **Look:**\n```bash\nls\n```\n");
    let digest = place.json(&["plan", "runbook.md", "look"])["digest"].as_str().expect("a digest").to_owned();
    assert_eq!(code(&place.run(&["run", "runbook.md", "look", "--approve", &digest])), 0);
    let id = place.json(&["runs"])[0]["id"].as_str().expect("an id").to_owned();
    let output = place.run(&["undo", &id]);
    assert_eq!(code(&output), 3, "{}", said(&output));
    assert!(said(&output).contains("[nothing-to-undo]"), "{}", said(&output));
    let unknown = place.run(&["undo", "run-7777"]);
    assert_eq!(code(&unknown), 3, "{}", said(&unknown));
}

/// Plans the only procedure of `runbook.md`, runs it as approved, and gives the run's id and the exit code.
fn ran(place: &Place, commands: &str) -> (String, i32) {
    place.write("runbook.md", &format!("# R\n\n## Mend\n\n1. **Mend:**\n```bash\n{commands}\n```\n"));
    let digest = place.json(&["plan", "runbook.md", "mend"])["digest"].as_str().expect("a digest").to_owned();
    let output = place.run(&["run", "runbook.md", "mend", "--approve", &digest]);
    (place.json(&["runs"])[0]["id"].as_str().expect("an id").to_owned(), code(&output))
}

fn undone(place: &Place, run: &str) {
    let digest = place.json(&["undo", run, "--plan"])["digest"].as_str().expect("a digest").to_owned();
    let output = place.run(&["undo", run, "--approve", &digest]);
    assert_eq!(code(&output), 0, "{}", said(&output));
}

#[test]
fn what_a_command_changes_that_the_one_before_it_made_is_put_back_with_it() {
    let place = Place::new();
    place.write("slow", "slow\n");
    let (run, ended) = ran(&place, "mv slow mode\nsed -i s/slow/fast/ mode");
    assert_eq!((ended, std::fs::read_to_string(place.path("mode")).ok()), (0, Some("fast\n".to_owned())));
    let shown = place.json(&["runs", "show", &run]);
    assert_eq!(shown["steps"][0]["history"]["captured"].as_array().map(Vec::len), Some(2), "{shown}");
    undone(&place, &run);
    assert_eq!(std::fs::read_to_string(place.path("slow")).ok(), Some("slow\n".to_owned()));
    assert!(!place.path("mode").exists());
}

#[test]
fn of_a_step_that_failed_half_way_nothing_is_put_back_that_was_never_begun() {
    let place = Place::new();
    place.write("one", "slow\n");
    place.write("two", "slow\n");
    let (run, ended) = ran(&place, "sed -i s/slow/fast/ one\ntest -e gone\nsed -i s/slow/fast/ two");
    assert_eq!(ended, 1);
    let shown = place.json(&["runs", "show", &run]);
    assert_eq!(shown["steps"][0]["outcome"]["commands_begun"], 2, "{shown}");
    // Somebody else's change of what the run never came to.
    place.write("two", "theirs\n");
    undone(&place, &run);
    let held = ["one", "two"].map(|name| std::fs::read_to_string(place.path(name)).expect("it is there"));
    assert_eq!(held, ["slow\n", "theirs\n"]);
}

/// A `kubectl` that may change and not read.
fn with_kubectl(place: &Place) -> String {
    std::fs::create_dir_all(place.path("bin")).expect("it can be made");
    let script = format!(
        "#!/bin/sh\ncase $1 in get) echo forbidden >&2; exit 1;; esac\ntouch {}\n",
        place.path("scaled").display()
    );
    let program = place.write("bin/kubectl", &script);
    std::fs::set_permissions(program, std::os::unix::fs::PermissionsExt::from_mode(0o755)).expect("it is ours");
    format!("{}:{}", place.path("bin").display(), std::env::var("PATH").unwrap_or_default())
}

#[test]
fn a_step_is_performed_without_its_undo_only_when_a_person_says_so_and_why() {
    let place = Place::new();
    let path = with_kubectl(&place);
    let run = |arguments: &[&str]| place.command(arguments).env("PATH", &path).output().expect("the program starts");
    place.write(
        "runbook.md",
        "# R\n\n## Mend\n\n1. **Mend:**\n```bash\nkubectl scale deployment/api --replicas=3\n```\n",
    );
    let digest = place.json(&["plan", "runbook.md", "mend"])["digest"].as_str().expect("a digest").to_owned();
    let failed = run(&["run", "runbook.md", "mend", "--approve", &digest]);
    assert_eq!(code(&failed), 1, "{}", said(&failed));
    assert!(said(&failed).contains("--without-undo") && !said(&failed).contains("--happened"), "{}", said(&failed));
    let id = place.json(&["runs"])[0]["id"].as_str().expect("an id").to_owned();
    assert_eq!(code(&run(&["resume", &id, "--happened"])), 3, "nothing was attempted");
    assert_eq!(code(&run(&["resume", &id, "--again"])), 1, "it still cannot be read");
    assert_eq!(code(&run(&["resume", &id, "--approve", &digest])), 1, "no approval gives up an undo");
    assert_eq!(code(&run(&["resume", &id, "--without-undo"])), 2, "it wants a reason");
    assert!(!place.path("scaled").exists());
    let forgone = run(&["resume", &id, "--without-undo", "--reason", "nobody may read it"]);
    assert_eq!(code(&forgone), 0, "{}", said(&forgone));
    assert!(place.path("scaled").exists());
    let words = said(&run(&["runs", "show", &id]));
    assert!(words.contains("performed without an undo by ana: nobody may read it"), "{words}");
    let undo = said(&run(&["undo", &id, "--plan"]));
    assert!(undo.contains("it was performed without an undo: nobody may read it"), "{undo}");
}

#[test]
fn a_person_at_the_terminal_gives_up_an_undo_with_a_key_and_a_reason() {
    let place = Place::new();
    let path = with_kubectl(&place);
    place.write(
        "runbook.md",
        "# R\n\n## Mend\n\n1. **Mend:**\n```bash\nkubectl scale deployment/api --replicas=3\n```\n",
    );
    let Some(mut terminal) = Terminal::open_in(&place, &["run", "runbook.md", "mend"], &[("PATH", &path)]) else {
        return;
    };
    terminal.until("[l]eave: ");
    terminal.press("y\n");
    terminal.until("Step 1 was not performed");
    terminal.until("[w]ithout its undo");
    terminal.until("[l]eave: ");
    terminal.press("w\n");
    terminal.until("Why is its undo given up? ");
    terminal.press("nobody may read it\n");
    terminal.until("ana has it performed without an undo: nobody may read it");
    terminal.until("finished");
    assert_eq!(terminal.end(), Some(0));
    assert!(place.path("scaled").exists());
}

#[test]
fn a_run_that_was_aborted_is_not_undone_while_a_command_ignores_that() {
    let place = Place::new();
    place.write("allclear.toml", support::CONFIG);
    let (mode, endless) = (place.write("mode", "slow\n"), place.write("endless", "").display().to_string());
    let _server = place.start(&["up", "--listen", "127.0.0.1:0"]);
    // A verb that came before it would have the data directory to itself.
    eventually("the socket is there", LIMIT, || place.path("allclear-data/allclear.sock").exists().then_some(()));
    // What ignores the signal does so in whatever it starts.
    let commands = format!("sed -i s/slow/fast/ {}\n(trap '' TERM; tail -f {endless})", mode.display());
    place.write("runbook.md", &format!("# R\n\n## Mend\n\n1. **Mend:**\n```bash\n{commands}\n```\n"));
    let digest = place.json(&["plan", "runbook.md", "mend"])["digest"].as_str().expect("a digest").to_owned();
    let running = place.start(&["run", "runbook.md", "mend", "--approve", &digest]);
    eventually("tail begins", LIMIT, || is_running("tail", &endless).then_some(()));
    let run = place.json(&["runs"])[0]["id"].as_str().expect("an id").to_owned();
    assert_eq!(code(&place.run(&["runs", "abort", &run, "--reason", "wrong file"])), 0);
    assert!(is_running("tail", &endless), "it is asked, and does not listen");
    let refused = place.run(&["undo", &run, "--plan"]);
    assert!(code(&refused) != 0 && said(&refused).contains("is still ending"), "{}", said(&refused));
    eventually("it has ended", LIMIT, || (code(&place.run(&["undo", &run, "--plan"])) == 0).then_some(()));
    undone(&place, &run);
    assert_eq!(std::fs::read_to_string(&mode).ok(), Some("slow\n".to_owned()));
    assert!(!is_running("tail", &endless));
    let (original, undo) = (place.json(&["runs", "show", &run]), place.json(&["runs"])[0]["id"].clone());
    let undo = place.json(&["runs", "show", undo.as_str().expect("an id")]);
    let at = |run: &Value, name: &str| -> Option<jiff::Timestamp> {
        run["steps"][0]["history"]["attempts"][0][name].as_str()?.parse().ok()
    };
    let (ended, begun) = (at(&original, "ended_at"), at(&undo, "started_at"));
    assert!(ended.is_some() && ended <= begun, "{original} {undo}");
    drop(running);
}

#[test]
fn evidence_verifies_offline_until_a_byte_of_it_is_changed() {
    let place = Place::new();
    let run = changed(&place);
    for name in ["evidence", "evidence.tar"] {
        let exported = place.run(&["runs", "export", &run, name]);
        assert_eq!(code(&exported), 0, "{}", said(&exported));
        let elsewhere = place.run(&["log", "verify", name, "--data-dir", "nowhere"]);
        assert_eq!(code(&elsewhere), 0, "{}", said(&elsewhere));
        assert!(said(&elsewhere).contains(&format!("The evidence of {run} verifies")), "{}", said(&elsewhere));
    }
    let report = std::fs::read_to_string(place.path("evidence/report.md")).expect("a report");
    assert!(report.contains("sed -i s/slow/fast/") && report.contains("approved by ana beforehand"), "{report}");
    let head = place.json(&["log", "verify", "evidence"])["head"].as_str().expect("a head").to_owned();
    let other = format!("{}:{}", head.split(':').next().unwrap_or_default(), "0".repeat(64));
    assert_eq!(code(&place.run(&["log", "verify", "evidence", "--against", &head])), 0);
    assert_eq!(code(&place.run(&["log", "verify", "evidence", "--against", &other])), 1);

    let files = files(&place.path("evidence"));
    assert!(files.len() > 6, "{files:?}");
    for file in files {
        let bytes = std::fs::read(&file).expect("it can be read");
        // Every file at its beginning, in its middle and at its end; but of `bundle.json` only what it proves.
        for at in [0, bytes.len() / 2, bytes.len() - 2] {
            if file.ends_with("bundle.json") && at != 0 {
                continue;
            }
            let mut changed = bytes.clone();
            changed[at] ^= 1;
            std::fs::write(&file, &changed).expect("it can be written");
            let verified = place.run(&["log", "verify", "evidence"]);
            assert_eq!(code(&verified), 1, "{} at {at}: {}", file.display(), said(&verified));
        }
        std::fs::write(&file, &bytes).expect("it can be written");
    }
    assert_eq!(code(&place.run(&["log", "verify", "evidence"])), 0, "put back, it verifies again");
    place.write("evidence/output/more", "");
    assert_eq!(code(&place.run(&["log", "verify", "evidence"])), 1, "nobody vouches for what was added");
}

#[test]
fn evidence_holds_nothing_that_was_captured() {
    let place = Place::new();
    let run = changed(&place);
    let shown: Value = place.json(&["runs", "show", &run]);
    let captured = &shown["steps"][1]["history"]["captured"];
    assert!(captured.as_array().is_some_and(|names| !names.is_empty()), "the test shows nothing: {shown}");
    assert_eq!(code(&place.run(&["runs", "export", &run, "evidence"])), 0);
    let log = std::fs::read_to_string(place.path("evidence/events.jsonl")).expect("events");
    let event = log.lines().find(|line| line.contains("\"StateCaptured\"")).expect("the capture is told");
    let event: Value = serde_json::from_str(event).expect("JSON");
    let sealed = event["event"]["captured"].as_object().expect("digests");
    for digest in sealed.values().filter_map(Value::as_str) {
        assert!(!place.path("evidence/output").join(digest).exists(), "what was captured stays where it is");
    }
}

fn files(folder: &Path) -> Vec<std::path::PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).expect("it is there") {
        let path = entry.expect("it can be read").path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found
}

/// Everything in the place of a person: what each file holds and may, and where each link leads.
fn held(place: &Place) -> BTreeMap<String, String> {
    let names = ["mode", "other", "mode.bak", "folder/other", "folder/mode", "new", "link", "moved", "a b"];
    let one = |name: &str| {
        let path = place.path(name);
        let about = std::fs::symlink_metadata(&path).ok()?;
        if about.is_symlink() {
            return Some(format!("{:?}", std::fs::read_link(&path)));
        }
        let bytes = if about.is_dir() { Vec::new() } else { std::fs::read(&path).expect("it can be read") };
        Some(format!("{:o} {}", about.permissions().mode(), String::from_utf8_lossy(&bytes)))
    };
    names.iter().filter_map(|name| Some(((*name).to_owned(), one(name)?))).collect()
}

/// A place with files, and with programs that start others as `sudo`, `ssh` and `kubectl exec` do.
fn furnished() -> Place {
    let place = Place::new();
    std::fs::create_dir(place.path("folder")).expect("it can be made");
    // Bytes that no text has come back, too.
    std::fs::write(place.path("mode"), b"slow\0\xff\n\n").expect("it can be written");
    place.write("other", "fast\n");
    place.write("a b", "slow\n");
    place.write("folder/other", "of before\n");
    place.write("folder/mode", "slow in a folder\n");
    std::os::unix::fs::symlink("other", place.path("link")).expect("it can be made");
    std::fs::set_permissions(place.path("mode"), Permissions::from_mode(0o640)).expect("it is ours");
    for (program, text) in [
        ("sudo", "test \"$1\" != -u || shift 2; exec \"$@\""),
        // What stands behind the host is joined, and read by a shell there.
        ("ssh", "shift; exec sh -c \"$*\""),
        ("kubectl", "while test \"$1\" != --; do shift; done; shift; exec \"$@\""),
    ] {
        let path = place.write(program, &format!("#!/bin/sh\n{text}\n"));
        std::fs::set_permissions(path, Permissions::from_mode(0o755)).expect("it is ours");
    }
    place
}

/// Performs the change and undoes it; what is there before, between and afterwards.
fn changed_and_undone(change: &str) -> [BTreeMap<String, String>; 3] {
    let place = furnished();
    place.write("runbook.md", &format!("# R\n\n## Mend\n\n1. **Mend:**\n```bash\n{change}\n```\n"));
    let before = held(&place);
    let digest = place.json(&["plan", "runbook.md", "mend"])["digest"].as_str().expect("a digest").to_owned();
    let done = place.run(&["run", "runbook.md", "mend", "--approve", &digest]);
    assert_eq!(code(&done), 0, "{change}: {}", said(&done));
    let between = held(&place);
    let run = place.json(&["runs"])[0]["id"].as_str().expect("an id").to_owned();
    let digest = place.json(&["undo", &run, "--plan"])["digest"].as_str().expect("a digest").to_owned();
    let undone = place.run(&["undo", &run, "--approve", &digest]);
    assert_eq!(code(&undone), 0, "{change}: {}", said(&undone));
    [before, between, held(&place)]
}

#[test]
fn files_that_commands_changed_hold_again_what_they_held() {
    for change in [
        "sed -i s/slow/fast/ mode",
        "sed -i s/slow/fast/ mode other 'a b' folder/mode",
        "sed -i -e s/slow/fast/ -e s/fast/quick/ mode other",
        "sed -i.bak s/slow/fast/ mode",
        "sed -i s/fast/slow/ link",
        "echo fast > mode",
        "echo fast >> mode",
        "echo fast | tee mode",
        "echo fast | tee -a mode new link",
        "cp other mode",
        "cp -f other folder",
        "mv other mode",
        "mv mode other",
        "mv -f other folder",
        "mv folder put-aside",
        "mv mode link",
        "ln -s other new",
        "sort other -o mode",
        "chmod 600 mode other 'a b'",
        // The rights of a link are those of what it leads to.
        "chmod 600 link",
        "date > new",
        "cd folder && sed -i s/slow/fast/ mode",
        "cd folder\nsed -i s/slow/fast/ mode",
        "FILE=folder/mode; sed -i s/slow/fast/ $FILE",
        "DIR='folder'\ncd \"$DIR\"\nsed -i s/slow/fast/ mode",
    ] {
        let [before, between, after] = changed_and_undone(change);
        assert_ne!(between, before, "{change} changes something");
        assert_eq!(after, before, "{change}");
    }
}

#[test]
fn files_are_put_back_by_whoever_changed_them() {
    for change in [
        "./sudo sed -i s/slow/fast/ mode 'a b'",
        "./sudo -u root tee mode <<<fast",
        "echo fast | ./sudo tee mode",
        "./sudo mv other mode",
        "./sudo chmod 600 mode link",
        "./sudo sh -c 'echo fast > mode'",
        "./ssh web-1 sed -i s/slow/fast/ mode",
        "./ssh web-1 'sed -i \"s/slow/fast/\" mode \"a b\"'",
        "./ssh web-1 \"echo fast > mode\"",
        "./ssh web-1 ./sudo sed -i s/slow/fast/ mode",
        "./ssh web-1 './sudo cp other mode'",
        "./kubectl exec web-1 -- sed -i s/slow/fast/ mode",
        "./kubectl exec -it web-1 -n shop -- sh -c 'sed -i s/slow/fast/ mode; echo more >> other'",
        "bash -c 'mv other mode'",
        "nice -n 5 sed -i s/slow/fast/ mode",
    ] {
        let [before, between, after] = changed_and_undone(change);
        assert_ne!(between, before, "{change} changes something");
        assert_eq!(after, before, "{change}");
    }
}

#[test]
fn a_small_key_of_redis_comes_back_with_its_time_to_live() {
    let Some(redis) = Redis::start() else { return };
    let port = redis.port();
    let ask = |arguments: &[&str]| {
        let output = Command::new("redis-cli").args(["-p", &port.to_string()]).args(arguments).output();
        String::from_utf8_lossy(&output.expect("redis-cli is there with the server").stdout).trim().to_owned()
    };
    for verb in ["DEL", "UNLINK"] {
        ask(&["FLUSHALL"]);
        ask(&["HSET", "cart:7", "apples", "3", "note", "two\nlines\u{fffd}"]);
        ask(&["EXPIRE", "cart:7", "5000"]);
        let dumped = ask(&["DUMP", "cart:7"]);
        let place = Place::new();
        let change = format!("redis-cli -p {port} {verb} cart:7");
        place.write("runbook.md", &format!("# R\n\n## Mend\n\n1. **Mend:**\n```bash\n{change}\n```\n"));
        let digest = place.json(&["plan", "runbook.md", "mend"])["digest"].as_str().expect("a digest").to_owned();
        let done = place.run(&["run", "runbook.md", "mend", "--approve", &digest]);
        assert_eq!(code(&done), 0, "{}", said(&done));
        assert_eq!(ask(&["EXISTS", "cart:7"]), "0");
        let run = place.json(&["runs"])[0]["id"].as_str().expect("an id").to_owned();
        let digest = place.json(&["undo", &run, "--plan"])["digest"].as_str().expect("a digest").to_owned();
        let undone = place.run(&["undo", &run, "--approve", &digest]);
        assert_eq!(code(&undone), 0, "{verb}: {}", said(&undone));
        assert_eq!(ask(&["DUMP", "cart:7"]), dumped, "{verb}");
        let left: u32 = ask(&["TTL", "cart:7"]).parse().expect("seconds");
        assert!((4_000..=5_000).contains(&left), "{verb}: {left}");
    }
}
