//! The throw-away servers are real, and leave nothing behind.

use std::net::TcpStream;
use std::path::Path;

use allclear_testkit::{Kubernetes, Postgres, Redis};

#[test]
fn postgres_answers_and_is_gone_when_it_is_dropped() {
    let Some(server) = Postgres::start_with(&["max_connections=12"]) else { return };
    assert_eq!(server.psql("postgres", "SHOW max_connections"), "12");
    assert_ne!(server.database(), server.database());
    let (port, pid) = (server.port(), server.pid());
    drop(server);
    assert!(TcpStream::connect(("127.0.0.1", port)).is_err());
    assert!(!Path::new(&format!("/proc/{pid}")).exists());
}

#[test]
fn redis_answers_and_is_gone_when_it_is_dropped() {
    let Some(server) = Redis::start_with(&["--maxmemory", "8mb"]) else { return };
    assert!(TcpStream::connect(("127.0.0.1", server.port())).is_ok());
    let pid = server.pid();
    drop(server);
    assert!(!Path::new(&format!("/proc/{pid}")).exists());
}

#[test]
fn tests_of_one_binary_share_a_server_and_not_a_database() {
    let (Some(one), Some(two)) = (Postgres::shared(), Postgres::shared()) else { return };
    assert_eq!(one.pid(), two.pid());
    assert_ne!(one.database(), two.database());
}

#[test]
fn kubernetes_answers_keeps_objects_and_is_gone_when_it_is_dropped() {
    let Some(cluster) = Kubernetes::start() else { return };
    assert_eq!(cluster.kubectl(&["get", "--raw", "/readyz"]), "ok");
    let namespace = cluster.namespace();
    cluster.kubectl(&["-n", &namespace, "create", "configmap", "flags", "--from-literal=payments=on"]);
    let kept = cluster.kubectl(&["-n", &namespace, "get", "configmap", "flags", "-o", "jsonpath={.data.payments}"]);
    assert_eq!(kept, "on");
    let guest = cluster.try_kubectl("", &["--context=guest", "-n", &namespace, "get", "configmaps"]);
    assert!(String::from_utf8_lossy(&guest.stderr).contains("Forbidden"));
    let pids = cluster.pids();
    drop(cluster);
    assert!(pids.iter().all(|pid| !Path::new(&format!("/proc/{pid}")).exists()));
}
