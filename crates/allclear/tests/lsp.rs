//! `allclear lsp` with the messages that an editor sends, over the program's own stdin and stdout.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::io::{BufReader, Write as _};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use lsp_server::{Message, Notification, Request, RequestId};
use serde_json::{Value, json};

const URI: &str = "file:///runbooks/checkout.md";
const RUNBOOK: &str = "# Checkout fails

**When**: checkout answers 5xx

1. Look é at the errors:
```bash
kubectl logs -l app=checkout -n shop | grep é
```
";

struct Editor {
    server: Child,
    to: ChildStdin,
    from: BufReader<ChildStdout>,
    next: i32,
}

impl Editor {
    /// Starts the server in an empty folder and says hello.
    fn start(folder: &std::path::Path) -> (Self, Value) {
        let mut server = Command::new(env!("CARGO_BIN_EXE_allclear"))
            .arg("lsp")
            .current_dir(folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let (to, from) = (server.stdin.take().unwrap(), BufReader::new(server.stdout.take().unwrap()));
        let mut editor = Self { server, to, from, next: 0 };
        let hello = editor.ask("initialize", json!({ "processId": null, "rootUri": null, "capabilities": {} }));
        editor.tell("initialized", json!({}));
        (editor, hello)
    }

    fn tell(&mut self, method: &str, params: Value) {
        Message::from(Notification::new(method.to_owned(), params)).write(&mut self.to).unwrap();
    }

    /// The result of a request; an error is returned as `{"error": code}`.
    fn ask(&mut self, method: &str, params: Value) -> Value {
        self.next += 1;
        let id = RequestId::from(self.next);
        Message::from(Request::new(id.clone(), method.to_owned(), params)).write(&mut self.to).unwrap();
        loop {
            match Message::read(&mut self.from).unwrap().expect("the server answers") {
                Message::Response(response) if response.id == id => {
                    return match response.error {
                        Some(error) => json!({ "error": error.code }),
                        None => response.result.unwrap_or_default(),
                    };
                }
                _ => {}
            }
        }
    }

    /// The next diagnostics that the server publishes.
    fn diagnostics(&mut self) -> Value {
        loop {
            if let Message::Notification(told) = Message::read(&mut self.from).unwrap().expect("the server speaks")
                && told.method == "textDocument/publishDiagnostics"
            {
                return told.params;
            }
        }
    }

    fn open(&mut self) -> Value {
        let document = json!({ "uri": URI, "languageId": "markdown", "version": 1, "text": RUNBOOK });
        self.tell("textDocument/didOpen", json!({ "textDocument": document }));
        self.diagnostics()
    }

    fn stop(mut self) {
        self.ask("shutdown", Value::Null);
        self.tell("exit", Value::Null);
        assert!(self.server.wait().unwrap().success());
    }
}

fn k04(diagnostics: &Value) -> Option<&Value> {
    diagnostics["diagnostics"].as_array().unwrap().iter().find(|it| it["code"] == "K04")
}

#[test]
fn findings_come_on_opening_and_go_with_the_mistake() {
    let folder = tempfile::tempdir().unwrap();
    let (mut editor, hello) = Editor::start(folder.path());
    assert_eq!(hello["capabilities"]["positionEncoding"], "utf-16");
    let opened = editor.open();
    let finding = k04(&opened).unwrap();
    assert_eq!(
        (&finding["range"]["start"]["line"], &finding["severity"], &opened["version"]),
        (&6.into(), &1.into(), &1.into())
    );

    let mended = RUNBOOK.replace("-l app=checkout", "-l app=checkout --tail=-1");
    editor.tell(
        "textDocument/didChange",
        json!({ "textDocument": { "uri": URI, "version": 2 }, "contentChanges": [{ "text": mended }] }),
    );
    let changed = editor.diagnostics();
    assert!(k04(&changed).is_none(), "{changed}");
    editor.tell("textDocument/didClose", json!({ "textDocument": { "uri": URI } }));
    assert_eq!(editor.diagnostics()["diagnostics"], json!([]));
    editor.stop();
}

#[test]
fn a_finding_offers_its_fix_and_a_command_its_effect() {
    let folder = tempfile::tempdir().unwrap();
    let (mut editor, _) = Editor::start(folder.path());
    editor.open();
    let at = json!({ "line": 6, "character": 3 });
    let actions = editor.ask(
        "textDocument/codeAction",
        json!({ "textDocument": { "uri": URI }, "range": { "start": at, "end": at }, "context": { "diagnostics": [] } }),
    );
    let action =
        actions.as_array().unwrap().iter().find(|it| it["title"].as_str().unwrap().starts_with("K04")).unwrap();
    assert_eq!(action["edit"]["changes"][URI][0]["newText"], " --tail=-1");
    let hover = editor.ask("textDocument/hover", json!({ "textDocument": { "uri": URI }, "position": at }));
    assert!(hover["contents"]["value"].as_str().unwrap().starts_with("**observe**"), "{hover}");
    let nothing = json!({ "textDocument": { "uri": URI }, "position": { "line": 0, "character": 0 } });
    assert_eq!(editor.ask("textDocument/hover", nothing), Value::Null);
    editor.stop();
}

#[test]
fn a_command_that_changes_something_tells_how_it_is_undone() {
    let folder = tempfile::tempdir().unwrap();
    let (mut editor, _) = Editor::start(folder.path());
    editor.open();
    let text =
        RUNBOOK.replace("kubectl logs -l app=checkout -n shop | grep é", "kubectl scale deploy/cart --replicas=0");
    editor.tell(
        "textDocument/didChange",
        json!({ "textDocument": { "uri": URI, "version": 2 }, "contentChanges": [{ "text": text }] }),
    );
    let at = json!({ "line": 6, "character": 3 });
    let hover = editor.ask("textDocument/hover", json!({ "textDocument": { "uri": URI }, "position": at }));
    let said = hover["contents"]["value"].as_str().unwrap();
    for part in ["**outage**", "Recorded before:", "Undone by:\n```bash\nkubectl scale", "Needs program: kubectl"] {
        assert!(said.contains(part), "{part} is not in {said}");
    }
    editor.stop();
}

#[test]
fn the_outline_is_procedures_and_steps() {
    let folder = tempfile::tempdir().unwrap();
    let (mut editor, _) = Editor::start(folder.path());
    editor.open();
    let outline = editor.ask("textDocument/documentSymbol", json!({ "textDocument": { "uri": URI } }));
    assert_eq!(outline[0]["name"], "Checkout fails");
    assert_eq!(outline[0]["detail"], "checkout answers 5xx");
    assert_eq!(outline[0]["children"][0]["name"], "1. Look é at the errors");
    assert_eq!(outline[0]["children"][0]["selectionRange"]["start"], json!({ "line": 4, "character": 0 }));
    editor.stop();
}

#[test]
fn what_is_not_understood_is_refused_and_the_server_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let (mut editor, _) = Editor::start(folder.path());
    assert_eq!(editor.ask("textDocument/rename", json!({})), json!({ "error": -32601 }));
    assert_eq!(editor.ask("textDocument/hover", json!({ "wrong": 1 })), json!({ "error": -32602 }));
    editor.tell("textDocument/didOpen", json!({ "wrong": 1 }));
    let unknown = json!({ "textDocument": { "uri": "file:///other.md" } });
    assert_eq!(editor.ask("textDocument/documentSymbol", unknown), Value::Null);
    editor.to.flush().unwrap();
    editor.stop();
}
