//! A person at a terminal with a run: keys, Ctrl-C, a shell beside it, a server that restarts.

mod support;

use std::time::Duration;

use allclear_testkit::eventually;
use support::{CONFIG, Place, Terminal, code, said};

const LIMIT: Duration = Duration::from_secs(30);

const RUNBOOK: &str = "# Shop

## Cart is stuck

**When**: carts do not empty

**Steps:**

1. **Look:**
```bash
cd FOLDER && echo looking
```

2. **Mend:**
```bash
test -e FOLDER/ready && echo mended
```

3. **Tell users:** post on the status page.
";

fn place() -> Place {
    let place = Place::new();
    let folder = place.path("folder");
    std::fs::create_dir(&folder).expect("it can be made");
    place.write("runbook.md", &RUNBOOK.replace("FOLDER", &folder.display().to_string()));
    place
}

#[test]
fn a_procedure_is_worked_with_keys_to_its_end() {
    let place = place();
    let Some(mut terminal) = Terminal::open(&place, &["run", "runbook.md", "cart-is-stuck"]) else { return };
    terminal.until("Step 1: Look");
    terminal.until("[l]eave: ");
    terminal.press("x\n");
    terminal.until("one of the letters");
    terminal.press("y\n");
    terminal.until("looking");
    terminal.until("Step 2: Mend");
    terminal.until("[l]eave: ");
    terminal.press("yes\n");
    terminal.until("Step 2 failed");
    terminal.until("[r]etry");
    place.write("folder/ready", "");
    terminal.press("r\n");
    terminal.until("mended");
    terminal.until("Step 3: Tell users");
    terminal.until("Done? ");
    terminal.press("y\n");
    terminal.until("What did you see or do? ");
    terminal.press("posted it\n");
    terminal.until("finished");
    assert_eq!(terminal.end(), Some(0));
    let id = place.json(&["runs"])[0]["id"].as_str().expect("an id").to_owned();
    let shown = place.json(&["runs", "show", &id]);
    assert_eq!(shown["state"], "finished", "{shown}");
    assert_eq!(shown["steps"][1]["history"]["attempts"].as_array().map(Vec::len), Some(2));
    assert_eq!(shown["steps"][2]["outcome"]["summary"], "posted it");
}

#[test]
fn a_shell_opens_where_the_run_stands_and_leaves_the_run_alone() {
    let place = place();
    let Some(mut terminal) = Terminal::open(&place, &["run", "runbook.md", "cart-is-stuck"]) else { return };
    terminal.until("[l]eave: ");
    terminal.press("y\n");
    terminal.until("Step 2: Mend");
    terminal.until("[l]eave: ");
    terminal.press("o\n");
    terminal.until("not recorded");
    terminal.press("touch ready; echo \"in $PWD as $ALLCLEAR_RUN\"; exit\n");
    terminal.until("folder as run-");
    terminal.until("Back at the run.");
    terminal.until("[l]eave: ");
    terminal.press("l\n");
    assert_eq!(terminal.end(), Some(0));
    assert!(place.path("folder/ready").exists());
    assert_eq!(place.json(&["runs"])[0]["state"], "waiting");
}

#[test]
fn ctrl_c_lets_the_step_end_and_starts_no_other() {
    let place = place();
    let runbook = "# R\n\n## Wait\n\n**When**: always\n\n1. **Wait:**\n```bash\necho begun; until test -e go; do sleep \
                   0.05; done; touch ended\n```\n\n2. **Next:**\n```bash\ntouch next\n```\n";
    place.write("wait.md", runbook);
    let digest = place.json(&["plan", "wait.md", "wait"])["digest"].as_str().expect("a digest").to_owned();
    let arguments = ["run", "wait.md", "wait", "--approve", &digest];
    let Some(mut terminal) = Terminal::open(&place, &arguments) else { return };
    terminal.until("begun");
    terminal.press("\u{3}");
    terminal.until("step 1 goes on to its end");
    assert!(!place.path("ended").exists(), "it was not cut short");
    place.write("go", "");
    terminal.until("waits where it is");
    assert_eq!(terminal.end(), Some(0));
    assert!(place.path("ended").exists() && !place.path("next").exists());
    let runs = place.json(&["runs"]);
    assert_eq!((runs[0]["state"].as_str(), runs[0]["paused"].as_bool()), (Some("waiting"), Some(true)), "{runs}");
    let id = runs[0]["id"].as_str().expect("an id").to_owned();
    let resumed = place.run(&["resume", &id]);
    assert_eq!(code(&resumed), 0, "what was approved beforehand goes on: {}", said(&resumed));
    assert!(place.path("next").exists());
}

#[test]
fn a_second_ctrl_c_leaves_at_once_and_the_step_is_in_doubt_where_no_server_has_it() {
    let place = place();
    place.write(
        "wait.md",
        "# R\n\n## Wait\n\n**When**: always\n\n1. **Wait:**\n```bash\necho begun; sleep 600; touch \
                           x\n```\n",
    );
    let digest = place.json(&["plan", "wait.md", "wait"])["digest"].as_str().expect("a digest").to_owned();
    let arguments = ["run", "wait.md", "wait", "--approve", &digest];
    let Some(mut terminal) = Terminal::open(&place, &arguments) else { return };
    terminal.until("begun");
    terminal.press("\u{3}");
    terminal.until("leaves it in doubt");
    terminal.press("\u{3}");
    terminal.until("Left.");
    assert_eq!(terminal.end(), Some(4));
    let runs = place.json(&["runs"]);
    assert_eq!(runs[0]["state"], "in-doubt", "{runs}");
}

#[test]
fn a_terminal_stays_with_its_run_through_a_restart_of_the_server() {
    let place = place();
    place.write("allclear.toml", CONFIG);
    let start = || {
        // What a server that was killed left there says nothing of the next one.
        let _ = std::fs::remove_file(place.path("allclear-data/allclear.sock"));
        let server = place.start(&["up", "--listen", "127.0.0.1:0"]);
        eventually("the socket is there", LIMIT, || place.path("allclear-data/allclear.sock").exists().then_some(()));
        server
    };
    let server = start();
    let Some(mut terminal) = Terminal::open(&place, &["run", "runbook.md", "cart-is-stuck"]) else { return };
    terminal.until("[l]eave: ");
    server.kill();
    terminal.until("The server went away");
    let _again = start();
    terminal.until("The server is back.");
    terminal.until("[l]eave: ");
    assert_eq!(terminal.screen().matches("Step 1: Look").count(), 1, "nothing is told twice");
    let id = place.json(&["runs"])[0]["id"].as_str().expect("an id").to_owned();
    // Somebody else settles it, and the question goes away.
    let digest = place.json(&["runs", "show", &id])["steps"][0]["digest"].as_str().expect("a digest").to_owned();
    let approved = place.run(&["resume", &id, "--approve", &digest]);
    assert_eq!(code(&approved), 3, "{}", said(&approved));
    terminal.until("approved by ana");
    terminal.until("Step 2: Mend");
    terminal.until("[l]eave: ");
    terminal.press("a\n");
    terminal.until("Why is the run aborted? ");
    terminal.press("enough of it\n");
    terminal.until("enough of it");
    assert_eq!(terminal.end(), Some(1));
}
