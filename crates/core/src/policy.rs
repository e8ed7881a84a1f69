//! Policy: the validated configuration that decisions rest on.
//!
//! It enters the log as `PolicyAdopted`, so that a replay decides exactly as the original did. Secrets are not part of
//! it: a policy says where a secret is to be found, never what it is.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::plan::{EffectClass, PlannedStep};

/// Everything that decisions need to know about the team and its estate.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Policy {
    /// Name of the service as users know it; the title of the status page.
    pub service: String,
    /// Where the console and the status page are reached from outside, without a trailing slash.
    pub public_url: String,
    /// The runbook whose procedures are attached to incidents.
    pub runbook: Option<RunbookPolicy>,
    /// What each severity demands.
    pub severities: BTreeMap<Severity, SeverityPolicy>,
    /// Who is demanded, level by level.
    pub escalation: Vec<EscalationLevel>,
    /// How many more times the whole escalation is repeated before the last resort.
    pub escalation_repeats: u32,
    /// Channels of the last resort, used once when nobody has answered at all; may be empty.
    pub last_resort: Vec<String>,
    /// Every channel by name.
    pub channels: BTreeMap<String, Channel>,
    /// Channels that hear about every incident with an audience, by name.
    pub audience: Vec<String>,
    /// Everything that is watched, by name.
    pub checks: BTreeMap<String, CheckPolicy>,
    /// Everything that must report in on time, by name.
    pub jobs: BTreeMap<String, JobPolicy>,
    /// Estates that runs act on, by name.
    pub targets: BTreeMap<String, Target>,
    /// Who may approve a step, and for how long that holds.
    #[serde(default, skip_serializing_if = "Approvals::is_usual")]
    pub approvals: Approvals,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            service: "this service".to_owned(),
            public_url: String::new(),
            runbook: None,
            severities: Severity::ALL.into_iter().map(|severity| (severity, SeverityPolicy::usual(severity))).collect(),
            escalation: Vec::new(),
            escalation_repeats: 2,
            last_resort: Vec::new(),
            channels: BTreeMap::new(),
            audience: Vec::new(),
            checks: BTreeMap::new(),
            jobs: BTreeMap::new(),
            targets: BTreeMap::new(),
            approvals: Approvals::default(),
        }
    }
}

impl Policy {
    /// What this severity demands; the usual where the policy is silent.
    pub fn severity(&self, severity: Severity) -> SeverityPolicy {
        self.severities.get(&severity).cloned().unwrap_or_else(|| SeverityPolicy::usual(severity))
    }

    /// Title and link of a procedure of the runbook, if the policy knows it.
    pub fn procedure(&self, id: &str) -> Option<&ProcedureLink> {
        self.runbook.as_ref()?.procedures.get(id)
    }
}

/// Who may approve a step, and for how long that holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Approvals {
    /// Effects that need the approval of somebody other than whoever asked for the run; what is graver needs it too.
    pub four_eyes: BTreeSet<EffectClass>,
    /// How long an approval holds while its step is not started, and what was approved beforehand, in seconds.
    pub expires_s: u32,
}

impl Default for Approvals {
    fn default() -> Self {
        Self { four_eyes: BTreeSet::new(), expires_s: 3600 }
    }
}

impl Approvals {
    /// Whether a step needs a second person. What is not known might be the worst, and what a runbook declares milder than
    /// the catalogue takes it for counts as what the catalogue says.
    pub fn needs_four_eyes(&self, step: &PlannedStep) -> bool {
        let mildest = self.four_eyes.first();
        mildest.is_some_and(|mildest| step.gravest().is_some_and(|gravest| gravest >= *mildest))
    }

    /// When something that was approved then lapses.
    pub fn lapses_at(&self, approved_at: Timestamp) -> Timestamp {
        approved_at.saturating_add(SignedDuration::from_secs(self.expires_s.into())).unwrap_or(Timestamp::MAX)
    }

    fn is_usual(&self) -> bool {
        *self == Self::default()
    }
}

/// Where the runbook is and what it holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunbookPolicy {
    /// Path of the Markdown file.
    pub path: String,
    /// Every procedure by id.
    pub procedures: BTreeMap<String, ProcedureLink>,
}

/// What an incident says about the procedure attached to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProcedureLink {
    /// The procedure's heading.
    pub title: String,
    /// Where the section is read, with its anchor.
    pub url: String,
}

/// How bad it is. `P0` is the worst.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Severity {
    /// Down, data lost, or a breach.
    P0,
    /// A major part is unavailable.
    P1,
    /// A minor part is degraded.
    P2,
    /// Nobody is affected yet.
    P3,
}

impl Severity {
    /// From worst to mildest.
    pub const ALL: [Self; 4] = [Self::P0, Self::P1, Self::P2, Self::P3];

    /// `P0` … `P3`.
    pub const fn word(self) -> &'static str {
        match self {
            Self::P0 => "P0",
            Self::P1 => "P1",
            Self::P2 => "P2",
            Self::P3 => "P3",
        }
    }

    /// Whether this one is worse than that one.
    pub fn is_worse_than(self, other: Self) -> bool {
        self < other
    }
}

impl std::fmt::Display for Severity {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(self.word())
    }
}

impl std::str::FromStr for Severity {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL
            .into_iter()
            .find(|severity| severity.word().eq_ignore_ascii_case(text))
            .ok_or_else(|| format!("`{text}` is not a severity: write P0, P1, P2 or P3"))
    }
}

/// What a severity demands of the team. Durations are seconds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeverityPolicy {
    /// Whether somebody is paged.
    pub page: bool,
    /// Whether the audience is told, and the status page shows it.
    pub public: bool,
    /// How often an update is owed while it is open; `None` for never.
    pub update_every_s: Option<u32>,
    /// How soon a review is owed after it is resolved; `None` for never.
    pub review_within_s: Option<u32>,
    /// Whether it resolves by itself when its last alert does.
    pub resolves_itself: bool,
}

impl SeverityPolicy {
    /// What most teams mean by this severity.
    pub fn usual(severity: Severity) -> Self {
        const HOUR_S: u32 = 3600;
        let serious = matches!(severity, Severity::P0 | Severity::P1);
        Self {
            page: severity != Severity::P3,
            public: serious,
            update_every_s: match severity {
                Severity::P0 => Some(HOUR_S / 2),
                Severity::P1 => Some(HOUR_S),
                Severity::P2 | Severity::P3 => None,
            },
            review_within_s: serious.then_some(48 * HOUR_S),
            resolves_itself: !serious,
        }
    }
}

/// One level of the escalation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EscalationLevel {
    /// Channels that are used at this level, by name.
    pub channels: Vec<String>,
    /// How long this level has to acknowledge before the next one is paged, in seconds.
    pub acknowledge_within_s: u32,
}

/// How a message leaves us.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Channel {
    /// Standard output of the server, for a person who watches it.
    Console,
    /// A generic webhook: JSON by POST, signed where a signing secret is given.
    Webhook {
        /// Where to find the URL, which may itself be a secret.
        url: SecretRef,
        /// Where to find the secret that signs the body with HMAC-SHA256.
        signing_secret: Option<SecretRef>,
    },
}

/// Where a value is to be found: literally here, in the environment, or in a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SecretRef {
    /// Not a secret after all: the value itself.
    Plain(String),
    /// The value of this environment variable of the server.
    Env(String),
    /// The content of this file, without the last line break.
    File(String),
}

/// One thing that is watched.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CheckPolicy {
    /// What is asked and what answer is right.
    pub probe: Probe,
    /// Time from one probe to the next, in milliseconds.
    pub interval_ms: u64,
    /// How many failures in a row mean that it has failed.
    pub failures_to_fail: u32,
    /// How many passes in a row mean that it has recovered.
    pub passes_to_recover: u32,
    /// How bad it is when it fails.
    pub severity: Severity,
    /// What part of the service it speaks for: alerts of one component share an incident.
    pub component: String,
    /// Id of the procedure to follow, if there is one.
    pub procedure: Option<String>,
}

/// What a probe asks. One variant per kind of check.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Probe {
    /// One HTTP resource, asked one or more times.
    Http(HttpProbe),
}

/// An HTTP request and the conditions on its answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct HttpProbe {
    /// Method, such as `GET`.
    pub method: String,
    /// Absolute URL, `http` or `https`.
    pub url: String,
    /// Extra request headers.
    pub headers: Vec<(String, String)>,
    /// Request body, sent as `application/json` unless a header says otherwise.
    pub body: Option<String>,
    /// How many times it is asked in one probe.
    pub samples: u32,
    /// Limit of the nearest-rank 95th percentile of the samples, in milliseconds.
    pub p95_limit_ms: Option<u32>,
    /// Limit for connecting (DNS, TCP and TLS together), in milliseconds.
    pub connect_timeout_ms: u32,
    /// Limit for one whole sample, in milliseconds.
    pub timeout_ms: u32,
    /// Conditions that every sample must meet.
    pub conditions: Vec<HttpCondition>,
}

/// One condition on an HTTP answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum HttpCondition {
    /// The status lies between these two, both included.
    Status(u16, u16),
    /// The body contains this text.
    BodyContains(String),
    /// The value at this JSON pointer equals that value.
    JsonEquals(String, serde_json::Value),
}

/// One thing that must report in on time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobPolicy {
    /// Longest time between two reports, in seconds.
    pub every_s: u32,
    /// How much later than that still counts as on time, in seconds.
    pub grace_s: u32,
    /// How bad it is when it is missed or fails.
    pub severity: Severity,
    /// Id of the procedure to follow, if there is one.
    pub procedure: Option<String>,
}

/// A named estate that commands act on.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Target {
    /// Environment of every step, by variable name.
    pub env: BTreeMap<String, SecretRef>,
    /// Where to find the URL of the database that SQL acts on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub postgres: Option<SecretRef>,
    /// How long SQL may take and wait.
    #[serde(default, skip_serializing_if = "SqlLimits::is_usual")]
    pub sql_limits: SqlLimits,
    /// What the paths of HTTP requests start from, without a trailing slash.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub http: Option<String>,
    /// The cluster that commands act on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kubernetes: Option<KubernetesTarget>,
}

/// Which cluster, and which part of it, commands act on. What is absent is as the configuration of the client has it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct KubernetesTarget {
    /// Name of a context in the client's configuration.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub context: Option<String>,
    /// The namespace that commands act in unless they name it themselves.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    /// Path of the client's configuration; the usual one where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kubeconfig: Option<String>,
}

/// How long a statement may take, and how long it may wait for a lock, in milliseconds; 0 is for ever.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct SqlLimits {
    /// For a statement that only observes.
    pub observe_ms: u64,
    /// For one that changes something.
    pub change_ms: u64,
    /// For a lock.
    pub lock_ms: u64,
}

impl Default for SqlLimits {
    /// A look that takes a minute is a burden of its own; a restore may take hours; who waits for a lock holds up
    /// everybody behind.
    fn default() -> Self {
        Self { observe_ms: 60_000, change_ms: 0, lock_ms: 5_000 }
    }
}

impl SqlLimits {
    fn is_usual(&self) -> bool {
        *self == Self::default()
    }
}
