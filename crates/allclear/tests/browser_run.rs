//! A run in two real browsers: one person asks for it, another is the second pair of eyes, and both see the same, live.

mod support;

use std::io::{BufRead as _, BufReader};
use std::time::Duration;

use allclear_testkit::{Browser, eventually};
use support::{CONFIG, Place, code, said};

const LIMIT: Duration = Duration::from_secs(30);

const RUNBOOK: &str = "# Shop

## Cart is stuck

**When**: carts do not empty

**Steps:**

1. **Look:**
```bash
echo 'fir''st'; until test -e FOLDER/go; do sleep 0.05; done; echo 'la''st'
```

2. **Mend:**
```bash
sed -i s/slow/fast/ FOLDER/mode
```

3. **Note it:**
```bash
false
```
";

struct Server {
    _running: support::Running,
    console: String,
}

impl Server {
    fn start(place: &Place) -> Self {
        let mut running = place.start(&["up", "--listen", "127.0.0.1:0"]);
        let mut lines = BufReader::new(running.child.stderr.take().expect("its words")).lines();
        let line = lines.by_ref().map_while(Result::ok).find(|line| line.contains("console")).expect("it is up");
        let console = line.split_whitespace().last().unwrap_or_default().trim_end_matches('/').to_owned();
        std::thread::spawn(move || lines.for_each(drop));
        Self { _running: running, console }
    }

    fn sign_in(&self, browser: &Browser, token: &str) {
        browser.go(&format!("{}/login", self.console));
        browser.type_into("#token", token);
        browser.click("button.primary");
        eventually("the console opens", LIMIT, || (!browser.address().contains("login")).then_some(()));
    }
}

fn until(browser: &Browser, words: &str) {
    eventually(words, LIMIT, || browser.text().contains(words).then_some(()));
}

#[test]
fn two_persons_work_one_run() {
    let (Some(anas), Some(bens)) = (Browser::open(1280, 1000), Browser::open(500, 1000)) else { return };
    let place = Place::new();
    place.write("allclear.toml", &format!("{CONFIG}\n[approvals]\nfour_eyes = [\"change\"]\n"));
    let folder = place.path("folder");
    std::fs::create_dir(&folder).expect("it can be made");
    place.write("folder/mode", "slow\n");
    place.write("runbook.md", &RUNBOOK.replace("FOLDER", &folder.display().to_string()));
    let server = Server::start(&place);
    let token = |name: &str| {
        let made = place.json(&["token", "create", name]);
        made["token"].as_str().expect("a token").to_owned()
    };
    let (ana, ben) = (token("ana"), token("ben"));
    place.write("ana.token", &ana);
    let begun = place.run(&["run", "runbook.md", "cart-is-stuck", "--token", "file:ana.token"]);
    assert_eq!(code(&begun), 3, "{}", said(&begun));
    let run = place.json(&["runs"])[0]["id"].as_str().expect("an id").to_owned();
    for (browser, token) in [(&anas, &ana), (&bens, &ben)] {
        server.sign_in(browser, token);
        browser.go(&format!("{}/runs/{run}", server.console));
        until(browser, "live");
    }

    anas.click("form[action$='/steps/1/approve'] button");
    until(&bens, "first");
    assert!(!bens.text().contains("last"), "the output comes while the step is performed");
    place.write("folder/go", "");
    until(&bens, "last");
    until(&anas, "You asked for this run");
    assert!(!anas.text().contains("Approve and perform"), "{}", anas.text());
    until(&bens, "Approve and perform");
    bens.click("form[action$='/steps/2/approve'] button");
    until(&anas, "approved by ben");
    assert_eq!(std::fs::read_to_string(place.path("folder/mode")).expect("it is there"), "fast\n");
    until(&anas, "Approve and perform");
    anas.click("form[action$='/steps/3/approve'] button");
    until(&bens, "failed");

    until(&anas, "Undo…");
    anas.click("a[href$='/undo']");
    until(&anas, "Put back step 2: Mend");
    anas.click("form[action$='/undo'] button");
    until(&anas, "You asked for this run");
    until(&bens, "Undone by");
    bens.click("a[href^='/runs/run-']");
    until(&bens, "Put back step 2");
    bens.click("form[action$='/steps/1/approve'] button");
    until(&anas, "finished");
    assert_eq!(std::fs::read_to_string(place.path("folder/mode")).expect("it is there"), "slow\n");
    for browser in [&anas, &bens] {
        let sideways =
            browser.script("return document.documentElement.scrollWidth - document.documentElement.clientWidth");
        assert!(sideways.as_i64() <= Some(0), "{} is {sideways} px too wide", browser.address());
    }
}
