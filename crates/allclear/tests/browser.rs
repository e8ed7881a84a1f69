//! The console in a real browser: signed in, an incident worked, at desk and phone width, with and without JavaScript's
//! help. With `ALLCLEAR_BLESS` the picture of the README is taken anew.

mod support;

use std::io::{BufRead as _, BufReader};
use std::time::Duration;

use allclear_testkit::{Browser, eventually};
use support::{Place, project};

const LIMIT: Duration = Duration::from_secs(30);

/// What `allclear demo` prints, read back.
struct Demo {
    _running: support::Running,
    prepchef: String,
    console: String,
    token: String,
}

impl Demo {
    fn start(place: &Place) -> Self {
        let mut running = place.start(&["demo", "--data-dir", "data"]);
        let mut lines = BufReader::new(running.child.stdout.take().expect("its output")).lines();
        let mut word_after = |mark: &str| {
            let line = lines.by_ref().map_while(Result::ok).find(|line| line.contains(mark));
            let line = line.unwrap_or_else(|| panic!("the demo never says where `{mark}` is"));
            let rest = line.split_once(mark).map(|(_, rest)| rest.trim().to_owned()).unwrap_or_default();
            (line, rest)
        };
        let (_, prepchef) = word_after("PrepChef runs at");
        let (console_line, token) = word_after("the token");
        let console = console_line.split_whitespace().find(|word| word.starts_with("http")).unwrap_or_default();
        let demo = Self {
            _running: running,
            prepchef: prepchef.split(',').next().unwrap_or_default().to_owned(),
            console: console.trim_end_matches('/').to_owned(),
            token,
        };
        // Whoever fills a pipe that nobody reads waits for ever.
        std::thread::spawn(move || lines.for_each(drop));
        demo
    }

    fn break_the_city_api(&self) {
        let url = format!("{}/admin/faults/city-api", self.prepchef);
        let curl = std::process::Command::new("curl")
            .args(["-fsS", "-X", "PUT", &url, "-d", "{\"mode\": \"error\"}"])
            .output()
            .expect("curl starts");
        assert!(curl.status.success(), "{}", String::from_utf8_lossy(&curl.stderr));
    }

    fn sign_in(&self, browser: &Browser) {
        browser.go(&format!("{}/login", self.console));
        browser.type_into("#name", "ana");
        browser.type_into("#token", &self.token);
        browser.click("button.primary");
        eventually("the console opens", LIMIT, || (!browser.address().contains("login")).then_some(()));
    }
}

#[test]
fn an_incident_is_worked_in_the_console() {
    let Some(browser) = Browser::open(1280, 1000) else { return };
    let place = Place::new();
    let demo = Demo::start(&place);
    demo.sign_in(&browser);
    demo.break_the_city_api();

    // The list brings itself up to date.
    eventually("the incident appears by itself", LIMIT, || browser.text().contains("city-requirements").then_some(()));
    browser.click("main a[href^='/incidents/incident-']");
    eventually("its page opens", LIMIT, || browser.address().contains("/incidents/incident-").then_some(()));
    browser.click("form[action$='/acknowledge'] button");
    eventually("it is acknowledged", LIMIT, || browser.text().contains("Acknowledged").then_some(()));
    let text = browser.text();
    assert!(text.contains("City API answers slowly or fails"), "the procedure is attached: {text}");
    assert!(text.contains("P1"), "{text}");
    assert_nothing_overflows(&browser);
    let picture = browser.picture();
    assert!(picture.starts_with(b"\x89PNG"));
    if std::env::var_os("ALLCLEAR_BLESS").is_some() {
        let path = project().join("docs/images/incident.png");
        std::fs::write(path, &picture).expect("the picture can be written");
    }

    let page = browser.address();
    let Some(phone) = Browser::open(500, 900) else { return };
    demo.sign_in(&phone);
    phone.go(&page);
    assert_nothing_overflows(&phone);
    phone.go(&format!("{}/status", demo.console));
    let status = phone.text();
    assert!(status.contains("Problem with city-api"), "the public sees it: {status}");
    assert!(!status.contains("answered 500"), "what a check met is not for the public: {status}");
    assert_nothing_overflows(&phone);
    phone.go(&format!("{}/checks", demo.console));
    assert_nothing_overflows(&phone);
}

/// A page that must be scrolled sideways cannot be worked with one thumb.
fn assert_nothing_overflows(browser: &Browser) {
    let sideways = browser.script("return document.documentElement.scrollWidth - document.documentElement.clientWidth");
    assert!(sideways.as_i64() <= Some(0), "{} is {sideways} px too wide", browser.address());
}
