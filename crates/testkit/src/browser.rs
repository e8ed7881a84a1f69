//! A real browser, headless, driven over WebDriver: for looking at pages as a person does.
//!
//! Blocking on purpose: a test that looks at a page has nothing else to do meanwhile.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use base64::Engine as _;
use serde_json::{Value, json};

use crate::component::{Component, component};
use crate::eventually::eventually;
use crate::free_port::free_port;

const LIMIT: Duration = Duration::from_secs(30);
/// The name under which WebDriver returns an element.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

/// A browser window; closed when dropped.
#[derive(Debug)]
pub struct Browser {
    driver: Child,
    port: u16,
    session: String,
}

impl Browser {
    /// Opens a window of this size; `None`, visibly, where no browser is installed.
    ///
    /// # Panics
    /// When a browser is installed and does not start.
    pub fn open(width: u32, height: u32) -> Option<Self> {
        let driver = component(Component::Chromedriver)?;
        let browser = component(Component::Chromium)?;
        let port = free_port();
        let driver = Command::new(driver)
            .args([format!("--port={port}"), "--allowed-ips=127.0.0.1".to_owned()])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("the driver starts");
        let mut window = Self { driver, port, session: String::new() };
        eventually("the browser's driver answers", LIMIT, || window.ask("GET", "/status", &Value::Null).ok());
        let options = json!({"binary": browser, "args": [
            "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
            "--disable-background-networking", "--disable-component-update", "--disable-sync",
            "--hide-scrollbars", "--force-color-profile=srgb", format!("--window-size={width},{height}"),
        ]});
        let capabilities = json!({"capabilities": {"alwaysMatch": {"goog:chromeOptions": options}}});
        let opened = window.ask("POST", "/session", &capabilities).expect("the browser starts");
        opened["sessionId"].as_str().unwrap_or_default().clone_into(&mut window.session);
        Some(window)
    }

    /// Goes to a page and waits until it is loaded.
    pub fn go(&self, url: &str) {
        self.command("POST", "url", &json!({"url": url}));
    }

    /// The address of the page.
    pub fn address(&self) -> String {
        self.command("GET", "url", &Value::Null).as_str().unwrap_or_default().to_owned()
    }

    /// Everything that can be read on the page.
    pub fn text(&self) -> String {
        self.script("return document.body.innerText").as_str().unwrap_or_default().to_owned()
    }

    /// Runs a piece of JavaScript in the page and returns its value.
    pub fn script(&self, script: &str) -> Value {
        self.command("POST", "execute/sync", &json!({"script": script, "args": []}))
    }

    /// Types into the field that the CSS selector finds.
    pub fn type_into(&self, selector: &str, text: &str) {
        let element = self.find(selector);
        self.command("POST", &format!("element/{element}/value"), &json!({"text": text}));
    }

    /// Clicks what the CSS selector finds.
    pub fn click(&self, selector: &str) {
        let element = self.find(selector);
        self.command("POST", &format!("element/{element}/click"), &json!({}));
    }

    /// A picture of the window, as PNG.
    pub fn picture(&self) -> Vec<u8> {
        let picture = self.command("GET", "screenshot", &Value::Null);
        let engine = base64::engine::general_purpose::STANDARD;
        engine.decode(picture.as_str().unwrap_or_default()).expect("the picture is base64")
    }

    fn find(&self, selector: &str) -> String {
        let found = self.command("POST", "element", &json!({"using": "css selector", "value": selector}));
        found[ELEMENT].as_str().unwrap_or_default().to_owned()
    }

    fn command(&self, method: &str, command: &str, body: &Value) -> Value {
        let path = format!("/session/{}/{command}", self.session);
        self.ask(method, &path, body).unwrap_or_else(|error| panic!("{method} {command} {body}: {error}"))
    }

    /// One request on a connection of its own; the `value` of the answer.
    fn ask(&self, method: &str, path: &str, body: &Value) -> Result<Value, String> {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).map_err(|error| error.to_string())?;
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
            body.len()
        );
        stream.write_all(request.as_bytes()).map_err(|error| error.to_string())?;
        let json = body_of(&mut stream).map_err(|error| error.to_string())?;
        let answer: Value = serde_json::from_slice(&json).map_err(|error| error.to_string())?;
        match answer["value"]["error"].as_str() {
            Some(error) => Err(format!("{error}: {}", answer["value"]["message"])),
            None => Ok(answer["value"].clone()),
        }
    }
}

/// The body of an answer, by its length: the driver keeps the connection open.
fn body_of(stream: &mut TcpStream) -> std::io::Result<Vec<u8>> {
    stream.set_read_timeout(Some(LIMIT))?;
    let mut reader = BufReader::new(stream);
    let mut length = 0;
    let mut line = String::new();
    while reader.read_line(&mut line)? > 2 {
        if let Some((name, value)) = line.split_once(':')
            && name.eq_ignore_ascii_case("content-length")
        {
            length = value.trim().parse().unwrap_or(0);
        }
        line.clear();
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    Ok(body)
}

impl Drop for Browser {
    fn drop(&mut self) {
        let _ = self.ask("DELETE", &format!("/session/{}", self.session), &Value::Null);
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}
