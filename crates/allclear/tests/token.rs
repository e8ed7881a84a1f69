//! Persons with tokens of their own, on the command line.

mod support;

use support::{Place, code, said};

#[test]
fn a_person_with_a_token_acts_under_their_name_until_it_is_revoked() {
    let place = Place::new();
    let made = place.run(&["token", "create", "ben"]);
    assert_eq!(code(&made), 0, "{}", said(&made));
    let token = String::from_utf8_lossy(&made.stdout).trim().to_owned();
    assert!(token.starts_with("alc_") && !token.contains(char::is_whitespace), "alone on stdout: {token}");
    place.write("ben.token", &format!("{token}\n"));

    let opened = place.run(&["incident", "open", "By file", "--token", "file:ben.token"]);
    assert_eq!(code(&opened), 0, "{}", said(&opened));
    let mut by_variable = place.command(&["incident", "open", "By variable"]);
    let opened = by_variable.env("ALLCLEAR_TOKEN", &token).output().expect("the program starts");
    assert_eq!(code(&opened), 0, "{}", said(&opened));
    let tail = place.json(&["log", "tail", "-n", "50"]);
    let opened = tail.as_array().expect("events").iter().filter(|it| it["event"]["type"] == "IncidentOpened");
    let by: Vec<&str> = opened.filter_map(|it| it["cause"]["actor"].as_str()).collect();
    assert_eq!(by, ["person:ben"; 2], "{tail}");

    let listed = place.json(&["token", "list"]);
    assert_eq!((listed[0]["name"].as_str(), listed[0]["created_by"].as_str()), (Some("ben"), Some("person:ana")));
    let refused = place.run(&["token", "list", "--token", "file:ben.token"]);
    assert_eq!(code(&refused), 3, "a responder lets nobody in: {}", said(&refused));
    let revoked = place.run(&["token", "revoke", "ben"]);
    assert_eq!(code(&revoked), 0, "{}", said(&revoked));
    let late = place.run(&["incident", "open", "Too late", "--token", "file:ben.token"]);
    assert_eq!(code(&late), 3, "{}", said(&late));
    assert!(said(&late).contains("[unauthenticated]"), "{}", said(&late));
}

#[test]
fn a_token_on_the_command_line_is_refused_and_not_repeated() {
    let place = Place::new();
    let output = place.run(&["runs", "--token", "alc_0123456789"]);
    assert_eq!(code(&output), 2, "{}", said(&output));
    assert!(said(&output).contains("everybody on this machine can read"), "{}", said(&output));
    assert!(!said(&output).contains("0123456789"), "{}", said(&output));
    let missing = place.run(&["runs", "--token", "file:nowhere"]);
    assert_eq!(code(&missing), 2, "{}", said(&missing));
}

#[test]
fn a_verb_without_a_server_makes_no_admin_token_that_nobody_sees() {
    let place = Place::new();
    let output = place.run(&["runs"]);
    assert_eq!(code(&output), 0, "{}", said(&output));
    assert!(!place.path("allclear-data/admin-token.sha256").exists());
}

#[test]
fn a_credential_that_somebody_types_never_reaches_the_log() {
    let place = Place::new();
    let key = "ghp_0123456789abcdefghijABCDEFGHIJ012345";
    let opened = place.run(&["incident", "open", &format!("It says {key}")]);
    assert_eq!(code(&opened), 0, "{}", said(&opened));
    let incident = place.json(&["incident", "list"])[0]["id"].as_str().expect("an id").to_owned();
    let noted = place.run(&["incident", "update", &incident, &format!("I tried {key} by hand")]);
    assert_eq!(code(&noted), 0, "{}", said(&noted));
    let tail = said(&place.run(&["log", "tail", "-n", "50", "--format", "json"]));
    assert!(tail.contains("I tried [redacted] by hand") && !tail.contains(key), "{tail}");
}
