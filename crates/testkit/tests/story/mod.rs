//! The policy and the procedure of a small marketplace.

use std::collections::BTreeMap;

use allclear_core::{
    Channel, CheckPolicy, Digest, EffectClass, EscalationLevel, HttpCondition, HttpProbe, JobPolicy, Plan,
    PlannedCommand, PlannedStep, Policy, Probe, ProcedureLink, RunbookPolicy, SecretRef, Severity, StepKind, Target,
};

const TARGET: &str = "demo";

pub(crate) fn policy() -> Policy {
    let text = |text: &str| text.to_owned();
    let link = ProcedureLink {
        title: text("City requirements answer slowly or not at all"),
        url: text("https://prepchef.example/runbook.md#city-requirements-answer-slowly-or-not-at-all"),
    };
    let webhook = |variable: &str| Channel::Webhook { url: SecretRef::Env(text(variable)), signing_secret: None };
    Policy {
        service: text("PrepChef"),
        public_url: text("https://status.prepchef.example"),
        runbook: Some(RunbookPolicy {
            path: text("runbook.md"),
            procedures: BTreeMap::from([(text("city-requirements"), link)]),
        }),
        escalation: vec![level("pager", 300), level("phone", 600)],
        escalation_repeats: 1,
        last_resort: vec![text("phone")],
        channels: [("pager", webhook("OBS_ALERT_WEBHOOK")), ("phone", Channel::Console), ("news", Channel::Console)]
            .map(|(name, channel)| (text(name), channel))
            .into(),
        audience: vec![text("news")],
        checks: [("city-api", Severity::P1), ("payments", Severity::P0)]
            .map(|(name, severity)| (text(name), check(name, severity)))
            .into(),
        jobs: BTreeMap::from([(
            text("backup"),
            JobPolicy { every_s: 86_400, grace_s: 3_600, severity: Severity::P2, procedure: None },
        )]),
        targets: BTreeMap::from([(text(TARGET), Target::default())]),
        ..Policy::default()
    }
}

fn level(channel: &str, acknowledge_within_s: u32) -> EscalationLevel {
    EscalationLevel { channels: vec![channel.to_owned()], acknowledge_within_s }
}

fn check(name: &str, severity: Severity) -> CheckPolicy {
    CheckPolicy {
        probe: Probe::Http(HttpProbe {
            method: "GET".to_owned(),
            url: format!("https://prepchef.example/{name}/health"),
            headers: Vec::new(),
            body: None,
            samples: 3,
            p95_limit_ms: Some(200),
            connect_timeout_ms: 2_000,
            timeout_ms: 5_000,
            conditions: vec![HttpCondition::Status(200, 299)],
        }),
        interval_ms: 30_000,
        failures_to_fail: 2,
        passes_to_recover: 2,
        severity,
        component: name.to_owned(),
        procedure: (name == "city-api").then(|| "city-requirements".to_owned()),
    }
}

pub(crate) fn plan() -> Plan {
    let command = |number: u32, line: &str, effect| PlannedStep {
        number,
        line: 20 + number,
        title: line.to_owned(),
        prose: String::new(),
        kind: StepKind::Command,
        commands: vec![PlannedCommand::new(20 + number, "bash", line.to_owned(), effect, TARGET)],
        wait: None,
        undoes: None,
        undoes_cut_short: false,
    };
    Plan {
        digest: Digest::default(),
        runbook: "runbook.md".to_owned(),
        runbook_digest: Digest::of(b"runbook"),
        procedure: "city-requirements".to_owned(),
        title: "City requirements answer slowly or not at all".to_owned(),
        target: TARGET.to_owned(),
        variables: BTreeMap::new(),
        secrets: Vec::new(),
        steps: vec![
            command(1, "curl --fail --silent https://prepchef.example/city-api/health", EffectClass::Observe),
            command(2, "prepchef-demo repair city-api", EffectClass::Change),
        ],
    }
    .sealed()
}
