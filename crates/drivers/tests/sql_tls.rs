//! Whom a connection to a database believes, and what it says about a wrong password, on a real PostgreSQL with TLS.

use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown};
use std::path::Path;

use allclear_core::{EffectClass, PlannedCommand, SecretRef, Target};
use allclear_drivers::Sessions;
use allclear_testkit::{Postgres, lone_step};
use bytes::Bytes;
use tokio::sync::mpsc;

const PASSWORD: &str = "cor rect/horse%battery";

/// A server that takes `app` over TLS with its password only, and the certificate that it shows.
fn server(folder: &Path) -> Option<Postgres> {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("a certificate");
    let hba = "hostssl all app 127.0.0.1/32 scram-sha-256\nhost all app 127.0.0.1/32 reject\nhost all all 127.0.0.1/32 trust\n";
    let put = |name: &str, text: &str| {
        let path = folder.join(name);
        std::fs::write(&path, text).expect("the file is written");
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).expect("its rights are set");
        // A server that must not be root runs as nobody.
        if std::fs::metadata("/proc/self").is_ok_and(|process| process.uid() == 0) {
            chown(&path, Some(65_534), Some(65_534)).expect("root may give a file away");
        }
        path.display().to_string()
    };
    std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o755)).expect("its rights are set");
    let settings = [
        "ssl=on".to_owned(),
        format!("ssl_cert_file={}", put("server.crt", &made.cert.pem())),
        format!("ssl_key_file={}", put("server.key", &made.signing_key.serialize_pem())),
        format!("hba_file={}", put("hba.conf", hba)),
    ];
    std::fs::write(folder.join("ca.pem"), made.cert.pem()).expect("the file is written");
    let settings: Vec<&str> = settings.iter().map(String::as_str).collect();
    let server = Postgres::start_with(&settings)?;
    server.psql("postgres", &format!("CREATE ROLE app LOGIN PASSWORD '{PASSWORD}'"));
    Some(server)
}

/// Whether `SELECT 1` worked, and what was said.
async fn asked(url: String) -> (bool, String) {
    let command = PlannedCommand::new(
        10,
        "sql",
        "SELECT ssl, version FROM pg_stat_ssl WHERE pid = pg_backend_pid();".to_owned(),
        EffectClass::Observe,
        "sandbox",
    );
    let target = Target { postgres: Some(SecretRef::Plain(url)), ..Target::default() };
    let effect = lone_step(1, vec![command], target);
    let (sender, mut receiver) = mpsc::channel::<Bytes>(64);
    let performed = Sessions::new().perform(&effect, &sender).await;
    drop(sender);
    let mut said = performed.outcome.summary;
    while let Some(chunk) = receiver.recv().await {
        said.push_str(&String::from_utf8_lossy(&chunk));
    }
    (performed.succeeded, said)
}

#[tokio::test]
async fn passwords_and_certificates_are_looked_at_as_the_url_says() {
    let folder = tempfile::tempdir().expect("a folder");
    let Some(server) = server(folder.path()) else { return };
    let port = server.port();
    let bundle = folder.path().join("ca.pem").display().to_string();
    let right = "cor%20rect%2Fhorse%25battery";
    let url = |password: &str, host: &str, options: &str| {
        format!("postgres://app:{password}@{host}:{port}/postgres{options}")
    };
    for (url, works, words) in [
        (url(right, "127.0.0.1", ""), true, "TLSv1.3"),
        (url(right, "127.0.0.1", "?sslmode=require"), true, "TLSv1.3"),
        (url(right, "localhost", &format!("?sslmode=verify-full&sslrootcert={bundle}")), true, "TLSv1.3"),
        (
            url(right, "127.0.0.1", &format!("?sslmode=verify-full&sslrootcert={bundle}")),
            false,
            "there is no connection",
        ),
        (url(right, "localhost", "?sslmode=verify-full"), false, "invalid peer certificate"),
        (url(right, "127.0.0.1", "?sslmode=disable"), false, "28000: pg_hba.conf rejects connection"),
        (url("wrong-battery-staple", "127.0.0.1", ""), false, "28P01: password authentication failed for user \"app\""),
    ] {
        let (worked, said) = asked(url.clone()).await;
        assert_eq!(worked, works, "{url}: {said}");
        assert!(said.contains(words), "{url}: {said}");
        assert!(!said.contains("battery"), "{said}");
    }
}
