//! What a target says about each kind of estate.

use std::collections::BTreeMap;

use allclear_core::{SecretRef, Target};

use super::call::{Named, postgres_address, redis_address};
use super::values::Known;

/// A way to name an estate, or a part of one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    Context,
    Namespace,
    Kubeconfig,
    /// A cluster by its address, or by its name in the client's configuration: a target names neither.
    Cluster,
    PostgresHost,
    PostgresPort,
    PostgresDatabase,
    RedisHost,
    RedisPort,
    AwsProfile,
    AwsRegion,
    AwsEndpoint,
}

impl Kind {
    /// As a sentence calls it.
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Context => "context",
            Self::Namespace => "namespace",
            Self::Kubeconfig => "kubeconfig",
            Self::Cluster => "cluster",
            Self::PostgresHost => "PostgreSQL host",
            Self::PostgresPort => "PostgreSQL port",
            Self::PostgresDatabase => "database",
            Self::RedisHost => "Redis host",
            Self::RedisPort => "Redis port",
            Self::AwsProfile => "AWS profile",
            Self::AwsRegion => "AWS region",
            Self::AwsEndpoint => "AWS endpoint",
        }
    }

    /// What an environment variable chooses for the programs that read it.
    pub(super) fn of_variable(name: &str) -> Option<Self> {
        Some(match name {
            "KUBECONFIG" => Self::Kubeconfig,
            "HELM_KUBECONTEXT" => Self::Context,
            "HELM_NAMESPACE" => Self::Namespace,
            "HELM_KUBEAPISERVER" => Self::Cluster,
            "PGHOST" | "PGHOSTADDR" | "DATABASE_URL" => Self::PostgresHost,
            "PGPORT" => Self::PostgresPort,
            "PGDATABASE" => Self::PostgresDatabase,
            "REDIS_HOST" | "REDIS_URL" => Self::RedisHost,
            "REDIS_PORT" => Self::RedisPort,
            "AWS_PROFILE" | "AWS_DEFAULT_PROFILE" => Self::AwsProfile,
            "AWS_REGION" | "AWS_DEFAULT_REGION" => Self::AwsRegion,
            "AWS_ENDPOINT_URL" | "AWS_ENDPOINT_URL_S3" => Self::AwsEndpoint,
            _ => return None,
        })
    }

    /// Whether two names mean the same.
    pub(super) fn is_same(self, one: &str, other: &str) -> bool {
        match self {
            Self::PostgresHost | Self::RedisHost => one.eq_ignore_ascii_case(other),
            Self::AwsEndpoint => one.trim_end_matches('/').eq_ignore_ascii_case(other.trim_end_matches('/')),
            // A target without an answer of its own expects that nothing is named.
            Self::Cluster => false,
            _ => one == other,
        }
    }
}

/// What a target says, where it says something.
#[derive(Debug, Clone, Default)]
pub(super) struct Pins(BTreeMap<Kind, String>);

/// What is expected where the target has no name for it.
const NONE: &str = "";

impl Pins {
    pub(super) fn of(target: &Target) -> Self {
        let mut pins = Self::default();
        // A value that is kept elsewhere is not known here.
        let plain = target.env.iter().filter_map(|(name, value)| match value {
            SecretRef::Plain(text) => Some((name, text)),
            _ => None,
        });
        for (name, value) in plain {
            if let Some(kind) = Kind::of_variable(name) {
                pins.add(chosen(kind, name, Known::Text(value.clone())));
            }
        }
        if let Some(SecretRef::Plain(url)) = &target.postgres {
            pins.add(postgres_address("postgres", url));
        }
        if let Some(kubernetes) = &target.kubernetes {
            let mut set = |kind: Kind, value: &Option<String>| {
                pins.0.extend(value.clone().map(|value| (kind, value)));
            };
            set(Kind::Context, &kubernetes.context);
            set(Kind::Namespace, &kubernetes.namespace);
            set(Kind::Kubeconfig, &kubernetes.kubeconfig);
            if kubernetes.context.is_some() || kubernetes.kubeconfig.is_some() {
                pins.0.insert(Kind::Cluster, NONE.to_owned());
            }
            // Context and namespace reach the clients by a file of the session: naming any file would hide it.
            if kubernetes.context.is_some() || kubernetes.namespace.is_some() {
                pins.0.insert(Kind::Kubeconfig, NONE.to_owned());
            }
        }
        pins
    }

    fn add(&mut self, named: Vec<Named>) {
        let known = named.into_iter().filter_map(|it| Some((it.kind, it.value?)));
        self.0.extend(known);
    }

    /// What the target says about this kind of estate.
    pub(super) fn expected(&self, kind: Kind) -> Option<&str> {
        self.0.get(&kind).map(String::as_str)
    }
}

/// What the value of a variable chooses: a URL names host, port and database.
pub(super) fn chosen(kind: Kind, name: &str, value: Known) -> Vec<Named> {
    match (name, value) {
        ("DATABASE_URL", Known::Text(url)) => postgres_address(name, &url),
        ("REDIS_URL", Known::Text(url)) => redis_address(name, &url),
        (_, value) => Named::resolved(kind, name, value).into_iter().collect(),
    }
}
