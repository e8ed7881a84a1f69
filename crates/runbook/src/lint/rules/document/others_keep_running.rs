//! D20: some workloads are stopped before a database is replaced, and others of the same runbook go on writing.

use std::collections::BTreeSet;

use crate::diagnostic::DiagnosticSeverity::Warning;
use crate::lint::document::Place;
use crate::lint::{Document, Report, Rule, Scope};
use crate::syntax::bash::Word;

pub(super) const RULE: Rule = Rule {
    code: "D20",
    name: "others-keep-running",
    severity: Warning,
    page: include_str!("../../../../../../docs/lint/D20.md"),
    check,
};

/// A deployment or stateful set in a namespace.
type Workload = (String, String);

fn check(document: &Document<'_>, report: &mut Report) {
    let mut known = BTreeSet::new();
    for place in document.invocations() {
        known.extend(workloads(&place));
    }
    for scope in document.scopes.iter().filter(|scope| scope.procedure.is_some()) {
        let stops: Vec<Place<'_, '_>> = scope.invocations().filter(stops).collect();
        let Some(first) = stops.first().filter(|first| replaces_data(scope, first)) else { continue };
        let stopped: BTreeSet<Workload> = stops.iter().flat_map(workloads).collect();
        let namespaces: BTreeSet<&str> = stopped.iter().map(|(namespace, _)| namespace.as_str()).collect();
        let running =
            known.iter().filter(|(namespace, name)| namespaces.contains(namespace.as_str()) && !keeps_data(name));
        let names: Vec<&str> =
            running.filter(|workload| !stopped.contains(*workload)).map(|(_, name)| name.as_str()).collect();
        if !stopped.is_empty() && !names.is_empty() {
            let (verb, are) = if names.len() == 1 { ("runs", "is") } else { ("run", "are") };
            report.at(
                first.span(),
                format!(
                    "{} {verb} in the same namespace and {are} not stopped, so what they write meanwhile is lost",
                    names.join(", ")
                ),
                "stop everything that uses the database, or say why the rest may run",
            );
        }
    }
}

/// `kubectl scale … --replicas=0`
fn stops(place: &Place<'_, '_>) -> bool {
    let call = place.call();
    matches!(place.program(), "kubectl" | "oc") && call.begins(&["scale"]) && call.value(&["--replicas"]) == Some("0")
}

/// Whether a database is restored, renamed or dropped behind the first stop.
fn replaces_data(scope: &Scope<'_>, first: &Place<'_, '_>) -> bool {
    let start = first.span().end;
    scope.invocations().filter(|place| place.span().start > start).any(|place| match place.program() {
        "dropdb" | "pg_restore" | "mongorestore" | "mysqlimport" => true,
        "psql" | "mysql" => {
            let renames = |word: &Word| {
                let sql = word.value.to_lowercase();
                sql.contains("alter database") || sql.contains("drop database")
            };
            place.invocation.fed || place.invocation.arguments().iter().any(renames)
        }
        _ => false,
    })
}

/// The workloads that a command names, with their namespace.
fn workloads(place: &Place<'_, '_>) -> Vec<Workload> {
    let call = place.call();
    if !matches!(place.program(), "kubectl" | "oc") {
        return Vec::new();
    }
    let namespace = call.value(&["-n", "--namespace"]).unwrap_or_default();
    let mut found = Vec::new();
    let mut kind = false;
    for word in call.operands.iter().skip(1).filter(|word| !word.expands && !word.value.contains(['<', '=', '{', '*']))
    {
        match word.value.split_once('/') {
            Some((of, name)) if is_kind(of) && !name.is_empty() => found.push((namespace.to_owned(), name.to_owned())),
            Some(_) => {}
            None if is_kind(&word.value) => kind = true,
            None if kind => found.push((namespace.to_owned(), word.value.clone())),
            None => {}
        }
    }
    found
}

fn is_kind(word: &str) -> bool {
    let word = word.split('.').next().unwrap_or_default();
    matches!(word, "deployment" | "deployments" | "deploy" | "statefulset" | "statefulsets" | "sts")
}

/// Databases, caches and queues: they are what the others write to.
fn keeps_data(name: &str) -> bool {
    let stores = [
        "postgres",
        "mysql",
        "maria",
        "redis",
        "valkey",
        "mongo",
        "kafka",
        "rabbit",
        "elastic",
        "opensearch",
        "memcache",
        "cassandra",
        "etcd",
        "minio",
        "zookeeper",
        "clickhouse",
        "database",
        "pgbouncer",
    ];
    stores.iter().any(|store| name.contains(store))
        || name.split('-').any(|part| matches!(part, "db" | "pg" | "sql" | "cache" | "queue" | "nats"))
}
