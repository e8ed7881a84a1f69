//! A namespace of a real API server, a way to it on which bytes can be recognised, and what the server itself wrote down.
//!
//! Invariant: how often a manifest was applied is counted in the server's own audit log, for applying the same once more
//! leaves no trace in the object.

use std::cell::Cell;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::path::PathBuf;
use std::sync::Arc;

use allclear_testkit::{Kubernetes, Proxy};
use serde_json::{Value, json};

use super::support::Place;
use super::trap::{Trap, relay_to};

/// What the manifest adds to.
const OBJECT: &str = "settings";

/// One namespace of the control plane that all lanes share.
pub(crate) struct Cluster {
    namespace: String,
    kubernetes: &'static Kubernetes,
    /// Past the relay.
    proxy: Proxy,
    kubeconfig: PathBuf,
    home: PathBuf,
    /// How long the audit log was when everything was as it was before.
    audited: Cell<u64>,
}

impl Cluster {
    /// A namespace of its own; `None` where there is no control plane, which has been said.
    pub(crate) fn start(place: &Place, trap: &Arc<Trap>) -> Option<Self> {
        let kubernetes = Kubernetes::shared()?;
        let namespace = kubernetes.namespace();
        let proxy = kubernetes.start_proxy();
        let through = relay_to(proxy.port, trap);
        let config = json!({
            "apiVersion": "v1", "kind": "Config", "current-context": "sandbox",
            "clusters": [{"name": "sandbox", "cluster": {"server": format!("http://127.0.0.1:{through}")}}],
            "contexts": [{"name": "sandbox", "context": {"cluster": "sandbox", "user": ""}}],
        });
        let kubeconfig = place.write("kubeconfig", &config.to_string());
        Some(Self { namespace, kubernetes, proxy, kubeconfig, home: place.path(""), audited: Cell::new(0) })
    }

    /// What a target says of it, and the variables that its commands need.
    pub(crate) fn target(&self) -> (String, String) {
        let target = format!(
            "[target.sandbox.kubernetes]\ncontext = \"sandbox\"\nnamespace = \"{}\"\nkubeconfig = \"{}\"\n",
            self.namespace,
            self.kubeconfig.display()
        );
        let path = self.kubernetes.path();
        // What the client learns about the server is kept in the home.
        let environment = format!("PATH = \"{}\"\nHOME = \"{}\"\n", path.to_string_lossy(), self.home.display());
        (target, environment)
    }

    /// The object as a team keeps it, and nothing counted.
    pub(crate) fn reset(&self) {
        let object = json!({
            "apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": OBJECT}, "data": {"mode": "normal"},
        });
        self.ask("DELETE", &format!("/{OBJECT}"), "");
        let made = self.ask("POST", "?fieldManager=team", &object.to_string());
        assert_eq!(made["data"]["mode"], "normal", "{made}");
        self.audited.set(std::fs::metadata(self.kubernetes.audit_log()).map_or(0, |log| log.len()));
    }

    /// How often the server took a change of the object by our hand.
    pub(crate) fn applied(&self) -> usize {
        let Ok(mut log) = File::open(self.kubernetes.audit_log()) else { return 0 };
        let mut text = String::new();
        log.seek(SeekFrom::Start(self.audited.get())).expect("a file");
        log.read_to_string(&mut text).expect("the server writes text");
        let events = text.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        let ours = |event: &Value| {
            let uri = event["requestURI"].as_str().unwrap_or_default();
            event["objectRef"]["namespace"] == self.namespace.as_str()
                && event["objectRef"]["name"] == OBJECT
                && uri.contains("fieldManager=allclear")
                && !uri.contains("dryRun")
                && event["responseStatus"]["code"].as_u64().is_some_and(|code| code < 300)
        };
        events.filter(ours).count()
    }

    /// Whether the object says what the manifest says, as a field of ours, and what the team says.
    pub(crate) fn holds_the_manifest(&self) -> bool {
        let object = self.ask("GET", &format!("/{OBJECT}"), "");
        let managers = object["metadata"]["managedFields"].as_array().cloned().unwrap_or_default();
        let ours: Vec<&Value> = managers.iter().filter(|manager| manager["manager"] == "allclear").collect();
        object["data"] == json!({"mode": "normal", "notice": "on"})
            && matches!(ours.as_slice(), [one] if one["operation"] == "Apply")
    }

    /// Whether the object says what the team says and nothing else.
    pub(crate) fn is_put_back(&self) -> bool {
        self.ask("GET", &format!("/{OBJECT}"), "")["data"] == json!({"mode": "normal"})
    }

    /// Asks the API server about objects of the kind, not through the relay.
    fn ask(&self, method: &str, object: &str, body: &str) -> Value {
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, self.proxy.port)).expect("the proxy listens");
        let (path, length) = (format!("/api/v1/namespaces/{}/configmaps{object}", self.namespace), body.len());
        // The old version: no parts, and the end of the answer is the end of the connection.
        let request = format!(
            "{method} {path} HTTP/1.0\r\nHost: localhost\r\nContent-Type: application/json\r\n\
             Content-Length: {length}\r\n\r\n{body}"
        );
        stream.write_all(request.as_bytes()).expect("the proxy takes it");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("the proxy answers");
        let body = answer.split_once("\r\n\r\n").map_or("", |(_, body)| body);
        serde_json::from_str(body).unwrap_or_default()
    }
}
