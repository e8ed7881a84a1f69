//! What the words of one call name: contexts, namespaces, hosts, databases, accounts.

use super::pins::Kind;
use super::values::{Known, Values};
use crate::effect::CLUSTER_CLIENTS;
use crate::syntax::bash::{Quoting, Word};
use crate::syntax::call::{Call, Flag};

/// Something that a command names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Named {
    pub(super) kind: Kind,
    /// What names it, as written: `--context`.
    pub(super) by: String,
    /// As written; variables in it are replaced later. `None` where it cannot be known before it runs.
    pub(super) value: Option<String>,
}

const POSTGRES: &[&str] = &[
    "psql",
    "pg_dump",
    "pg_restore",
    "pg_dumpall",
    "pgbench",
    "pg_isready",
    "pg_basebackup",
    "vacuumdb",
    "reindexdb",
    "clusterdb",
    "createdb",
    "dropdb",
    "createuser",
    "dropuser",
    "pg_amcheck",
];

impl Named {
    /// With what is known; `None` where the target itself is named.
    pub(super) fn resolved(kind: Kind, by: &str, value: Known) -> Option<Self> {
        let value = match value {
            Known::Text(text) => Some(text),
            Known::OnlyThen => None,
            Known::OfTarget => return None,
        };
        Some(Self { kind, by: by.to_owned(), value })
    }
}

/// A call with what is known about variables.
#[derive(Clone, Copy)]
pub(super) struct Naming<'a> {
    pub(super) call: &'a Call<'a>,
    pub(super) values: &'a Values,
}

impl Naming<'_> {
    /// What the call names; `changes` says whether it does more than look.
    pub(super) fn named(self, changes: bool) -> Vec<Named> {
        let call = self.call;
        match call.program {
            program if CLUSTER_CLIENTS.contains(&program) => self.kubernetes(changes),
            "kubectx" => self.switched(Kind::Context),
            "kubens" => self.switched(Kind::Namespace),
            program if POSTGRES.contains(&program) => self.postgres(),
            "redis-cli" => self.redis(),
            "aws" => self.aws(),
            "gcloud" if call.begins(&["container", "clusters", "get-credentials"]) => self.operand(Kind::Cluster, 3),
            "az" if call.begins(&["aks", "get-credentials"]) => self.flags(Kind::Cluster, &["-n", "--name"]),
            "doctl" if call.begins(&["kubernetes|k8s|k", "cluster", "kubeconfig|kc", "save"]) => {
                self.operand(Kind::Cluster, 4)
            }
            _ => Vec::new(),
        }
    }

    /// What an operand names, if it is there.
    fn operand(self, kind: Kind, at: usize) -> Vec<Named> {
        let Some(word) = self.call.operands.get(at) else { return Vec::new() };
        let verbs = self.call.operands[..at].iter().map(|word| word.value.as_str());
        let by = std::iter::once(self.call.program).chain(verbs).collect::<Vec<_>>().join(" ");
        Named::resolved(kind, &by, self.value(word, &word.value)).into_iter().collect()
    }

    /// What each of these flags names: the last one counts for most programs, so every one has to fit.
    fn flags(self, kind: Kind, names: &[&str]) -> Vec<Named> {
        let flags = self.call.flags.iter().filter(|flag| names.contains(&flag.name.as_str()));
        let named = |flag: &Flag<'_>| {
            let value = flag.value_word.zip(flag.value);
            let value = value.map_or(Known::OnlyThen, |(word, text)| self.value(word, text));
            Named::resolved(kind, &flag.name, value)
        };
        flags.filter_map(named).collect()
    }

    fn value(self, word: &Word, text: &str) -> Known {
        match word.quoting {
            _ if word.opaque => Known::OnlyThen,
            Quoting::Single => Known::Text(text.to_owned()),
            _ => self.values.of_text(text),
        }
    }

    fn kubernetes(self, changes: bool) -> Vec<Named> {
        let mut named = self.flags(Kind::Context, &["--context", "--kube-context"]);
        named.extend(self.flags(Kind::Kubeconfig, &["--kubeconfig"]));
        named.extend(self.flags(Kind::Cluster, &["--cluster", "--server", "--kube-apiserver"]));
        named.extend(self.flags(Kind::Namespace, &["-n", "--namespace"]));
        if matches!(self.call.program, "kubectl" | "oc" | "k") {
            named.extend(self.flags(Kind::Cluster, &["-s"]));
            named.extend(self.kubectl());
        }
        if changes && self.call.has(&["-A", "--all-namespaces"]) {
            named.push(Named { kind: Kind::Namespace, by: "--all-namespaces".to_owned(), value: None });
        }
        named
    }

    /// Commands of kubectl and oc that turn to another cluster or namespace for all that follows.
    fn kubectl(self) -> Vec<Named> {
        let call = self.call;
        match (call.operand(0), call.operand(1)) {
            ("config", "use-context" | "use") => self.operand(Kind::Context, 2),
            ("config", "set-context") if call.has(&["--current"]) => Vec::new(),
            ("config", "set-context") => self.operand(Kind::Context, 2),
            ("config", "set" | "unset" | "rename-context" | "delete-context" | "set-cluster" | "delete-cluster") => {
                let by = format!("{} config {}", call.program, call.operand(1));
                vec![Named { kind: Kind::Cluster, by, value: None }]
            }
            ("project", _) => self.operand(Kind::Namespace, 1),
            ("login", _) => self.operand(Kind::Cluster, 1),
            _ => Vec::new(),
        }
    }

    /// `kubectx NAME`, and `kubectx -` for the one before.
    fn switched(self, kind: Kind) -> Vec<Named> {
        let mut named = self.operand(kind, 0);
        for named in named.iter_mut().filter(|named| named.value.as_deref() == Some("-")) {
            named.value = None;
        }
        if self.call.has(&["-c", "--current", "-h", "--help"]) { Vec::new() } else { named }
    }

    fn postgres(self) -> Vec<Named> {
        let mut named = self.flags(Kind::PostgresHost, &["-h", "--host"]);
        named.extend(self.flags(Kind::PostgresPort, &["-p", "--port"]));
        let mut databases = self.flags(Kind::PostgresDatabase, &["-d", "--dbname", "--maintenance-db"]);
        // `createdb NAME` names what it makes, `pg_restore FILE` what it reads.
        if matches!(self.call.program, "psql" | "pg_dump" | "pgbench" | "vacuumdb" | "reindexdb" | "clusterdb") {
            databases.extend(self.operand(Kind::PostgresDatabase, 0));
        }
        for database in databases {
            match &database.value {
                Some(text) if text.contains("://") || text.contains('=') => {
                    named.extend(postgres_address(&database.by, text));
                }
                _ => named.push(database),
            }
        }
        named
    }

    fn redis(self) -> Vec<Named> {
        let mut named = self.flags(Kind::RedisHost, &["-h"]);
        named.extend(self.flags(Kind::RedisPort, &["-p"]));
        for url in self.flags(Kind::RedisHost, &["-u"]) {
            match &url.value {
                Some(text) => named.extend(redis_address(&url.by, text)),
                None => named.push(url),
            }
        }
        named
    }

    fn aws(self) -> Vec<Named> {
        let mut named = self.flags(Kind::AwsProfile, &["--profile"]);
        named.extend(self.flags(Kind::AwsRegion, &["--region"]));
        named.extend(self.flags(Kind::AwsEndpoint, &["--endpoint-url"]));
        if self.call.begins(&["eks", "update-kubeconfig"]) {
            named.extend(self.flags(Kind::Cluster, &["--name"]));
        }
        named
    }
}

/// Host, port and database of a URL or of `host=… dbname=…`.
pub(super) fn postgres_address(by: &str, text: &str) -> Vec<Named> {
    let named = |kind, value: &str| Named { kind, by: by.to_owned(), value: Some(value.to_owned()) };
    if let Some(address) = Address::of(text) {
        let mut found = vec![named(Kind::PostgresHost, address.host)];
        found.extend(address.port.map(|port| named(Kind::PostgresPort, port)));
        found
            .extend(Some(address.path).filter(|path| !path.is_empty()).map(|path| named(Kind::PostgresDatabase, path)));
        return found;
    }
    let pairs = text.split_whitespace().filter_map(|pair| pair.split_once('='));
    let kind = |key: &str| match key {
        "host" | "hostaddr" => Some(Kind::PostgresHost),
        "port" => Some(Kind::PostgresPort),
        "dbname" => Some(Kind::PostgresDatabase),
        _ => None,
    };
    pairs.filter_map(|(key, value)| Some(named(kind(key)?, value.trim_matches('\'')))).collect()
}

/// Host and port of a URL.
pub(super) fn redis_address(by: &str, text: &str) -> Vec<Named> {
    let named = |kind, value: &str| Named { kind, by: by.to_owned(), value: Some(value.to_owned()) };
    let Some(address) = Address::of(text) else { return vec![named(Kind::RedisHost, text)] };
    let port = address.port.map(|port| named(Kind::RedisPort, port));
    std::iter::once(named(Kind::RedisHost, address.host)).chain(port).collect()
}

/// A URL's parts; user and password are left out, so that they cannot be repeated.
struct Address<'t> {
    host: &'t str,
    port: Option<&'t str>,
    path: &'t str,
}

impl<'t> Address<'t> {
    fn of(url: &'t str) -> Option<Self> {
        let (_, rest) = url.split_once("://")?;
        let rest = rest.split(['?', '#']).next().unwrap_or_default();
        let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
        let place = authority.rsplit('@').next().unwrap_or_default();
        let port = place.rsplit_once(':').filter(|(_, port)| port.bytes().all(|byte| byte.is_ascii_digit()));
        let (host, port) = port.map_or((place, None), |(host, port)| (host, Some(port)));
        Some(Self { host, port: port.filter(|port| !port.is_empty()), path })
    }
}
