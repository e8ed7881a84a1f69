//! The file as it is written: one struct per table, everything optional, every value with its place.
//!
//! What is required is decided in `resolve`, so that a missing key is reported beside everything else that is wrong.
//! The texts on the fields are the documentation in the JSON schema.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use super::at::At;
use super::catalogue::CatalogueTable;
use super::lint::LintTable;
use super::unit::{Listen, Pace, Reference, SeverityWord, Span, StatusRange};

/// The configuration of Allclear.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    /// The service as its users know it.
    pub(super) service: Option<ServiceTable>,
    /// The process that `allclear up` starts.
    pub(super) server: Option<ServerTable>,
    /// The runbook whose procedures are attached to incidents.
    pub(super) runbook: Option<At<RunbookTable>>,
    /// What is watched, by name.
    #[serde(default)]
    pub(super) check: BTreeMap<String, At<CheckTable>>,
    /// What must report in on time, by name.
    #[serde(default)]
    pub(super) job: BTreeMap<String, At<JobTable>>,
    /// Ways to reach people, by name.
    #[serde(default)]
    pub(super) channel: BTreeMap<String, At<ChannelTable>>,
    /// Whom to page, one level after the other, until somebody acknowledges.
    pub(super) escalation: Option<At<EscalationTable>>,
    /// What each severity demands, where it differs from the usual.
    #[serde(default)]
    pub(super) severity: BTreeMap<SeverityWord, SeverityTable>,
    /// Estates that the steps of a runbook act on, by name.
    #[serde(default)]
    pub(super) target: BTreeMap<String, TargetTable>,
    /// Who may approve a step of a run, and for how long that holds.
    pub(super) approvals: Option<ApprovalsTable>,
    /// How runbooks are linted.
    pub(super) lint: Option<LintTable>,
    /// What Allclear is taught about commands.
    pub(super) catalogue: Option<CatalogueTable>,
}

/// The service as its users know it.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ServiceTable {
    /// The title of the status page.
    pub(super) name: Option<String>,
    /// Where the console and the status page are reached from outside.
    pub(super) public_url: Option<At<String>>,
    /// Channels that hear about every public incident.
    #[serde(default)]
    pub(super) audience: Vec<At<String>>,
}

/// The process that `allclear up` starts.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ServerTable {
    /// Address and port to listen on; `127.0.0.1:8080` where absent.
    pub(super) listen: Option<Listen>,
}

/// The runbook whose procedures are attached to incidents.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RunbookTable {
    /// Path of the Markdown file, from the folder of this file.
    pub(super) path: Option<At<String>>,
    /// Where people read it on the web; links to a procedure are this address and the anchor of its heading.
    pub(super) url: Option<At<String>>,
}

/// One thing that is watched.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct CheckTable {
    /// How it is watched.
    pub(super) kind: Option<CheckKind>,
    /// The address to ask, `http` or `https`.
    pub(super) url: Option<At<String>>,
    /// The method; `GET` where absent, or `POST` where there is a body.
    pub(super) method: Option<At<String>>,
    /// Extra request headers.
    #[serde(default)]
    pub(super) headers: BTreeMap<String, At<String>>,
    /// The request body: a text, or a table that is sent as JSON.
    pub(super) body: Option<At<Value>>,
    /// How many times it asks each time; 1 where absent.
    pub(super) samples: Option<At<u32>>,
    /// Limit of the 95th percentile of the samples.
    pub(super) p95_limit: Option<At<Span>>,
    /// Time from one look to the next; `60s` where absent.
    pub(super) interval: Option<At<Span>>,
    /// Limit for one whole answer; `10s` where absent, or the interval if that is shorter.
    pub(super) timeout: Option<At<Span>>,
    /// Limit for connecting; `5s` where absent, or the timeout if that is shorter.
    pub(super) connect_timeout: Option<At<Span>>,
    /// The right status; `200-299` where absent.
    pub(super) expect_status: Option<StatusRange>,
    /// A text that the body must contain.
    pub(super) expect_body_contains: Option<String>,
    /// What must stand at these JSON pointers of the body, such as `{ "/status" = "ok" }`.
    #[serde(default)]
    pub(super) expect_json: BTreeMap<String, At<Value>>,
    /// How many failures in a row mean that it has failed; 2 where absent.
    pub(super) failures_to_fail: Option<At<u32>>,
    /// How many passes in a row mean that it has recovered; 2 where absent.
    pub(super) passes_to_recover: Option<At<u32>>,
    /// How bad it is when it fails; `p2` where absent.
    pub(super) severity: Option<SeverityWord>,
    /// The part of the service that it speaks for; alerts of one component share an incident. Its own name where absent.
    pub(super) component: Option<String>,
    /// The procedure of the runbook to follow.
    pub(super) procedure: Option<At<String>>,
}

/// How something is watched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(super) enum CheckKind {
    /// By an HTTP request.
    Http,
}

/// One thing that must report in on time.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct JobTable {
    /// Longest time between two reports.
    pub(super) every: Option<At<Span>>,
    /// How much later still counts as on time; `15m` where absent.
    pub(super) grace: Option<At<Span>>,
    /// How bad it is when it is missed or fails; `p2` where absent.
    pub(super) severity: Option<SeverityWord>,
    /// The procedure of the runbook to follow.
    pub(super) procedure: Option<At<String>>,
}

/// A way to reach people.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ChannelTable {
    /// What it is.
    pub(super) kind: Option<ChannelKind>,
    /// For a webhook: where to send, as `env:NAME` or `file:PATH` where the address itself is a secret.
    pub(super) url: Option<At<Reference>>,
    /// For a webhook: where the secret is that signs what is sent, as `env:NAME` or `file:PATH`.
    pub(super) signing_secret: Option<At<Reference>>,
}

/// What a channel is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(super) enum ChannelKind {
    /// The standard output of the server.
    Console,
    /// JSON by POST, signed.
    Webhook,
}

/// Whom to page, one level after the other, until somebody acknowledges.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct EscalationTable {
    /// The levels, first one first.
    #[serde(default)]
    pub(super) levels: Vec<At<LevelTable>>,
    /// How many more times all levels are tried; 2 where absent.
    pub(super) repeats: Option<At<u32>>,
    /// Channels that are used once when nobody has answered at all.
    #[serde(default)]
    pub(super) last_resort: Vec<At<String>>,
}

/// One level of the escalation.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct LevelTable {
    /// Channels that are used at this level.
    #[serde(default)]
    pub(super) channels: Vec<At<String>>,
    /// How long this level has before the next one is paged; `5m` where absent.
    pub(super) acknowledge_within: Option<At<Span>>,
}

/// What a severity demands, where it differs from the usual.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SeverityTable {
    /// Whether somebody is paged; yes for all but `p3`.
    pub(super) page: Option<At<bool>>,
    /// Whether the audience is told and the status page shows it; yes for `p0` and `p1`.
    pub(super) public: Option<bool>,
    /// How often an update is owed while it is open; `30m` for `p0`, `1h` for `p1`.
    pub(super) update_every: Option<At<Pace>>,
    /// How soon a review is owed afterwards; `48h` for `p0` and `p1`.
    pub(super) review_within: Option<At<Pace>>,
    /// Whether it resolves by itself when its last alert does; yes for `p2` and `p3`.
    pub(super) resolves_itself: Option<bool>,
}

/// An estate that the steps of a runbook act on.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct TargetTable {
    /// The environment of every step, by variable name; secrets as `env:NAME` or `file:PATH`.
    #[serde(default)]
    pub(super) env: BTreeMap<String, At<Reference>>,
    /// The database that `sql` fences act on, as a URL: `env:NAME` or `file:PATH`, or written out where it holds no password.
    pub(super) postgres: Option<At<Reference>>,
    /// How long a statement that only observes may take; `60s` where absent, `never` for no limit.
    pub(super) postgres_observe_timeout: Option<At<Pace>>,
    /// How long a statement that changes something may take; `never` where absent, which leaves it to the server.
    pub(super) postgres_statement_timeout: Option<At<Pace>>,
    /// How long a statement may wait for a lock; `5s` where absent, `never` for no limit.
    pub(super) postgres_lock_timeout: Option<At<Pace>>,
    /// The address that the paths in `http` fences start from.
    pub(super) http: Option<At<String>>,
    /// The cluster that `kubectl` and manifests act on; a command that names another one is not planned.
    pub(super) kubernetes: Option<KubernetesTable>,
}

/// Which cluster, and which part of it, the steps of a runbook act on.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct KubernetesTable {
    /// Name of the context; the current one of the client's configuration where absent.
    pub(super) context: Option<At<String>>,
    /// The namespace of every command that names none; that of the context where absent.
    pub(super) namespace: Option<At<String>>,
    /// Path of the client's configuration, from the folder of this file; the usual one where absent.
    pub(super) kubeconfig: Option<At<String>>,
}

/// Who may approve a step of a run, and for how long that holds.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ApprovalsTable {
    /// Effects from which on a step needs the approval of a person other than whoever asked for the run; none where absent.
    #[serde(default)]
    pub(super) four_eyes: Vec<EffectWord>,
    /// How long an approval holds while its step is not started, and what was approved beforehand; `1h` where absent.
    pub(super) expires: Option<At<Span>>,
}

/// What a command does to the world.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(super) enum EffectWord {
    /// Changes state that can be changed back.
    Change,
    /// Takes something away from users while it lasts.
    Outage,
    /// Loses something for good.
    Destroy,
    /// Could not be told from the text.
    Unknown,
}
