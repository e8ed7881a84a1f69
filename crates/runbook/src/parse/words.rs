//! The words by which headings, labels and instructions are recognised, kept as data.
//!
//! English only: a heading in another language is a title, which is true, if not much.

use crate::model::SectionKind;
use crate::parse::vocabulary::ReferenceKind;

#[rustfmt::skip]
pub(crate) const SECTIONS: &[(SectionKind, &[&str])] = &[
    (
        SectionKind::Trigger,
        &[
            "when", "trigger", "triggers", "triggered by", "symptom", "symptoms", "alert", "alerts", "alert name",
            "meaning", "detection", "triggering alerts", "trigger conditions", "when to use", "when to use this",
            "when to use this runbook", "when this happens", "what it means", "signs", "indicators", "problem",
            "triggering alert", "scenario", "condition", "conditions", "trigger condition", "associated alerts",
            "related alerts", "alert condition", "alert conditions", "alert details", "when to run",
            "when to run this", "symptoms & alerts", "how you know", "how to detect", "detect",
            "trigger / when to run", "symptoms and alerts", "what you see", "you see", "signal", "signals",
            "observed symptoms", "initial symptoms", "activation criteria", "when to activate", "use when",
            "use this when", "use this runbook when", "entry criteria", "problem statement",
        ],
    ),
    (SectionKind::Impact, &[
            "impact", "user impact", "customer impact", "business impact", "blast radius", "consequences",
            "scope and impact", "affected services", "what breaks",
        ]),
    (SectionKind::Severity, &[
            "severity", "priority", "sev", "severity level", "level", "alert severity",
        ]),
    (SectionKind::Owner, &[
            "owner", "owners", "team", "owned by", "owning team", "responsible team", "maintainer",
            "primary responder", "responder", "service owner", "on-call", "oncall", "runbook owner",
        ]),
    (
        SectionKind::Prerequisites,
        &[
            "prerequisites", "prerequisite", "preconditions", "before you begin", "before you start",
            "preparation", "pre-checks", "required access", "you need", "what you need", "pre-requisites",
            "pre-requisite", "requirements", "required tools", "tools required", "tools needed", "access required",
            "access needed", "required permissions", "permissions", "access", "assumptions", "you will need",
            "before starting",
        ],
    ),
    (
        SectionKind::Diagnosis,
        &[
            "diagnosis", "diagnose", "diagnostics", "diagnostic steps", "triage", "investigation", "investigate",
            "initial assessment", "assessment", "troubleshooting", "troubleshooting steps", "debugging",
            "how to diagnose", "initial checks", "first checks", "quick checks", "quick check", "checks",
            "analysis", "diagnose the problem", "diagnosing", "diagnosis steps", "diagnostic commands",
            "diagnosis & triage", "detection & diagnosis", "investigation steps", "investigating",
            "initial triage", "initial investigation", "initial diagnosis", "first look", "verify the problem",
            "confirm the issue", "confirm the problem", "confirm", "identify", "identification", "safety checks",
            "safety check", "pre-flight", "preflight", "pre-flight checks", "preflight checks",
            "pre-flight checklist", "preflight checklist", "pre-checks", "pre-check", "prechecks",
            "pre-failover checks", "pre-deployment checks", "pre-deploy checks", "check", "quick diagnosis",
            "quick triage", "quick diagnostics", "triage steps", "triage checklist", "debug", "debug steps",
            "debugging steps", "root cause investigation", "how to investigate", "what to check",
            "things to check", "where to look", "immediate checks", "health checks",
        ],
    ),
    (
        SectionKind::Steps,
        &[
            "steps", "procedure", "action", "actions", "immediate action", "immediate actions", "response",
            "response steps", "instructions", "playbook", "what to do", "execution", "action steps",
            "response actions", "response procedure", "response checklist", "immediate response",
            "immediate steps", "immediate checklist", "immediate response steps", "initial response",
            "initial actions", "first steps", "first actions", "first response", "first responder checklist",
            "first responder steps", "emergency steps", "emergency actions", "quick actions", "quick response",
            "actions to take", "how to respond", "responding", "step-by-step", "step by step",
            "step-by-step procedure", "step-by-step instructions", "step by step instructions", "detailed steps",
            "detailed procedure", "manual steps", "manual procedure", "commands to run", "runbook steps",
            "operator steps", "operator actions", "recommended actions", "required actions", "restore steps",
            "restore procedure", "failover steps", "failover procedure", "recovery procedure", "restoration steps",
            "deployment steps", "migration steps", "rotation steps", "rotation procedure", "upgrade steps",
            "how to run", "how to", "process", "checklist",
        ],
    ),
    (
        SectionKind::Mitigation,
        &[
            "mitigation", "mitigate", "mitigation steps", "resolution", "resolve", "resolution steps", "fix",
            "fixes", "how to fix", "remediation", "remediate", "remediation steps", "solution", "solutions",
            "recovery", "recovery steps", "recover", "contain", "containment", "eradicate", "eradication",
            "repair", "workaround", "mitigations", "mitigation options", "immediate mitigation", "immediate fix",
            "immediate remediation", "immediate mitigations", "quick fix", "quick fixes", "quick mitigation",
            "short-term fix", "short term fix", "short-term mitigation", "temporary fix", "temporary mitigation",
            "resolution options", "resolutions", "resolving", "resolve the issue", "possible fixes",
            "possible solutions", "fix steps", "fixing", "remedy", "remedies", "remediations",
            "remediation options", "recovery actions", "recovery process", "recovery procedures", "restore",
            "restoration", "restore service", "service restoration", "eradication and recovery", "how to resolve",
            "how to mitigate", "how to remediate", "stabilize", "stabilise", "common fixes", "workarounds",
            "corrective action", "corrective actions", "failback",
        ],
    ),
    (
        SectionKind::Verification,
        &[
            "verify", "verification", "verification steps", "validate", "validation", "post-checks",
            "how to verify", "success criteria", "verify recovery", "confirmation", "verify the fix", "verify fix",
            "verify resolution", "verify restoration", "verify success", "verification checklist",
            "validation steps", "validation checklist", "validate recovery", "validate fix", "check recovery",
            "confirm recovery", "confirm resolution", "confirm the fix", "recovery verification",
            "recovery validation", "post-check", "post checks", "post-recovery verification",
            "post-recovery validation", "post-failover validation", "post-failover verification",
            "post-restore verification", "post-restore validation", "post-deployment verification",
            "post-deploy verification", "post-deploy checks", "post-deployment checks", "exit criteria",
            "resolution criteria", "recovery criteria", "recovery confirmation", "acceptance criteria",
            "how to confirm", "how to validate", "how to know it worked", "done when", "success check",
            "smoke test", "smoke tests", "expected outcome", "health verification",
        ],
    ),
    (
        SectionKind::Rollback,
        &[
            "rollback", "roll back", "rollback procedure", "rollback procedures", "rollback steps",
            "rollback plan", "undo", "how to undo", "revert", "reverting", "back out", "backout", "backout plan",
            "rolling back", "rollback strategy", "rollback instructions", "rollback process", "rollback option",
            "rollback options", "emergency rollback", "if it goes wrong", "if something goes wrong",
            "if things go wrong", "abort", "safe abort", "abort procedure", "reversal", "undo steps",
            "undo procedure", "revert procedure", "revert steps",
        ],
    ),
    (
        SectionKind::ReEnable,
        &[
            "re-enable", "reenable", "re-enabling", "switch back on", "turn back on", "back to normal",
            "return to normal", "re-enable procedure", "re-enable steps", "re-enabling payments", "reactivation",
            "resume normal operation", "resume normal operations", "resume operations", "restore normal operation",
            "restore normal operations", "returning to normal",
        ],
    ),
    (
        SectionKind::FollowUp,
        &[
            "post-incident", "post incident", "post-incident actions", "post-incident steps", "follow-up",
            "follow up", "followup", "follow-ups", "follow-up actions", "follow up actions", "after the incident",
            "afterwards", "aftercare", "next steps", "lessons learned", "post-incident tasks",
            "post-incident checklist", "post-incident review", "post-resolution", "post resolution",
            "post-recovery", "post recovery", "post-recovery actions", "post-recovery tasks", "post-mortem",
            "postmortem", "after recovery", "after resolution", "after action", "after-action",
            "after action review", "after", "post", "post-failover", "post-failover checklist",
            "post-failover tasks", "post-failover actions", "follow up items", "followups",
            "post-incident follow-up", "post-rollback", "post-deployment", "documentation and follow-up",
            "communication", "communications", "communicate", "notification", "notifications",
            "stakeholder communication", "status updates", "customer communication", "internal communication",
        ],
    ),
    (
        SectionKind::LongTerm,
        &[
            "long-term", "long term", "long-term fix", "long term fix", "prevention", "preventive measures",
            "permanent fix", "preventive actions", "preventive measure", "preventative measures",
            "prevention measures", "prevent recurrence", "preventing recurrence", "prevention & monitoring",
            "future prevention", "long-term solution", "long-term solutions", "long-term actions",
            "long-term mitigation", "hardening", "improvements", "recommended improvements", "known gaps",
            "future work", "lessons", "how to prevent", "preventing",
        ],
    ),
    (SectionKind::Escalation, &[
            "escalation", "escalate", "when to escalate", "escalation path", "escalation policy",
            "escalation criteria", "escalation contacts", "escalation matrix", "escalation procedure",
            "escalation procedures", "escalation steps", "escalate if", "escalate to", "escalation triggers",
            "if still broken", "if unresolved", "if this does not help", "getting help", "support", "need help",
            "who to contact", "who to page", "help",
        ]),
    (
        SectionKind::Cause,
        &[
            "cause", "causes", "possible causes", "common causes", "likely causes", "potential causes",
            "root cause", "root causes", "root cause analysis", "common root causes", "probable cause",
            "probable causes", "likely cause", "possible cause", "potential root causes", "why this happens",
            "why it happens", "why", "typical causes", "known causes", "failure modes",
        ],
    ),
    (
        SectionKind::Background,
        &[
            "overview", "summary", "background", "description", "purpose", "scope", "note", "notes", "reference",
            "references", "link", "links", "see also", "related", "related links", "related runbooks",
            "additional resources", "introduction", "about", "context", "documentation", "further reading",
            "history", "metrics", "dashboards", "dashboard", "additional notes", "important", "warning", "tip",
            "caution", "goal", "goals", "objective", "objectives", "audience", "metadata", "document information",
            "document control", "targets", "rto/rpo", "rto / rpo", "sla", "slas", "slo", "slos", "architecture",
            "architecture overview", "system overview", "service overview", "how it works", "quick links",
            "useful links", "key links", "useful resources", "resources", "related documents",
            "related documentation", "related docs", "external references", "key metrics", "monitoring",
            "alerting", "observability", "logs", "status", "version history", "document history", "changelog",
            "change log", "revision history", "anti-patterns", "anti patterns", "don'ts", "do not",
            "what not to do", "common mistakes", "pitfalls", "gotchas", "caveats", "limitations", "known issues",
            "known limitations", "faq", "glossary", "definitions", "terminology", "roles",
            "roles and responsibilities", "responsibilities", "timeline", "time estimates", "estimated time",
            "expected duration", "examples", "example", "details", "key concepts", "concepts", "principles",
            "policy", "policies", "inventory", "components", "dependencies", "environment", "environments",
            "configuration", "configuration reference", "files", "key files", "source", "sources", "credits",
            "disclaimer", "what this does", "what this covers", "what this is", "what changed", "why this matters",
            "data flow", "acceptance", "evidence", "compliance", "drill", "drills", "drill schedule", "testing",
            "test plan", "review", "review cadence", "maintenance", "ownership",
        ],
    ),
];

#[rustfmt::skip]
pub(crate) const REFERENCES: &[(ReferenceKind, &[&str])] = &[
    (
        ReferenceKind::Severities,
        &[
            "severities", "severity levels", "severity level", "severity definitions", "severity classification",
            "severity matrix", "incident severity", "incident severity levels", "incident severities",
            "priority levels", "incident severity matrix", "severity scale", "incident classification",
            "severity table", "severity matrix / levels", "alert severity levels", "sla matrix",
            "severity & response", "severity and response times", "severity levels & response",
        ],
    ),
    (
        ReferenceKind::Process,
        &[
            "incident response process", "response process", "incident process", "incident lifecycle",
            "incident workflow", "how we respond", "incident response lifecycle", "general response process",
            "incident response flow", "response workflow", "incident management process",
            "incident response overview", "incident response phases", "response phases",
        ],
    ),
    (
        ReferenceKind::Review,
        &[
            "post-incident review", "post incident review", "postmortem", "post-mortem", "incident review",
            "review checklist", "retrospective", "post-incident review checklist", "postmortem checklist",
            "blameless postmortem",
        ],
    ),
    (
        ReferenceKind::Jobs,
        &[
            "scheduled jobs", "scheduled tasks", "scheduled job", "cron jobs", "recurring jobs", "batch jobs",
            "nightly jobs",
        ],
    ),
    (
        ReferenceKind::Snippets,
        &[
            "useful commands", "quick reference", "common commands", "handy commands", "command reference",
            "cheat sheet", "cheatsheet", "commands", "quick commands", "useful queries", "quick command reference",
            "service commands", "key commands", "essential commands", "helpful commands", "commands reference",
            "useful one-liners", "one-liners", "frequently used commands", "command cheat sheet",
            "command quick reference", "quick reference commands", "reference commands", "debugging commands",
            "useful kubectl commands", "admin commands", "useful scripts", "handy snippets", "useful snippets",
            "appendix: useful commands", "appendix: commands", "emergency commands", "monitoring commands",
        ],
    ),
    (
        ReferenceKind::Other,
        &[
            "table of contents", "contents", "installation", "install", "contributing", "license", "licence",
            "changelog", "getting started", "quick start", "quickstart", "usage", "features", "glossary",
            "appendix", "revision history", "change log", "authors", "acknowledgements", "faq", "how it works",
            "local development", "development", "development setup", "repository structure", "project structure",
            "tech stack", "roadmap", "index",
        ],
    ),
];

/// Headings of documents that are no runbooks.
#[rustfmt::skip]
pub(crate) const FOREIGN: &[&str] = &[
    "installation", "install", "installing", "contributing", "license", "licence", "features", "getting started",
    "quick start", "quickstart", "usage", "building", "development", "changelog", "unreleased", "authors",
    "acknowledgements", "api reference", "what went well", "what went wrong", "where we got lucky", "action items",
    "timeline", "lessons learned", "motivation", "alternatives considered", "drawbacks", "unresolved questions",
];

#[rustfmt::skip]
pub(crate) const VERBS: &[&str] = &[
    "abort", "access", "acknowledge", "activate", "add", "adjust", "adopt", "alert", "align", "allow", "analyse",
    "analyze", "annotate", "apply", "archive", "arrange", "ask", "assemble", "assess", "assign", "attach", "attempt",
    "audit", "authenticate", "avoid", "back", "backup", "begin", "blacklist", "block", "boot", "bounce", "bring",
    "build", "bump", "calculate", "call", "cancel", "capture", "cat", "change", "check", "choose", "clean",
    "cleanup", "clear", "click", "clone", "close", "collect", "combine", "commit", "communicate", "compare",
    "compile", "complete", "compress", "configure", "confirm", "connect", "consider", "consult", "contact",
    "contain", "continue", "convert", "copy", "cordon", "correct", "create", "cut", "deactivate", "debug", "decide",
    "declare", "decommission", "decrease", "decrypt", "defragment", "delegate", "delete", "demote", "deploy",
    "deregister", "describe", "destroy", "detach", "detect", "determine", "diagnose", "disable", "disallow",
    "discard", "disconnect", "dispatch", "distribute", "do", "document", "download", "drain", "drop", "dump",
    "duplicate", "edit", "eject", "eliminate", "email", "empty", "enable", "enqueue", "ensure", "enter", "escalate",
    "establish", "evaluate", "examine", "execute", "exit", "expand", "export", "extend", "extract", "fail",
    "failback", "failover", "fetch", "filter", "find", "finish", "fix", "flag", "flush", "follow", "force",
    "forward", "free", "freeze", "gather", "generate", "get", "give", "go", "grant", "halt", "hand", "handle",
    "harden", "hold", "hotfix", "identify", "implement", "import", "include", "increase", "inform", "initiate",
    "insert", "inspect", "install", "introduce", "invalidate", "investigate", "invite", "invoke", "isolate", "issue",
    "join", "keep", "kick", "kill", "label", "launch", "leave", "let", "limit", "link", "list", "load", "locate",
    "lock", "log", "login", "look", "lower", "make", "map", "mark", "measure", "merge", "message", "migrate",
    "minimise", "minimize", "mitigate", "modify", "monitor", "mount", "move", "mute", "navigate", "note", "notify",
    "obtain", "offload", "open", "opt", "override", "page", "parse", "patch", "pause", "perform", "pin", "ping",
    "point", "post", "prepare", "preserve", "press", "prevent", "prioritize", "probe", "proceed", "profile",
    "promote", "provide", "provision", "prune", "publish", "pull", "purge", "push", "put", "quarantine", "query",
    "raise", "reach", "read", "reapply", "reassign", "rebalance", "rebase", "reboot", "rebuild", "recheck",
    "reclaim", "recompute", "reconcile", "reconfigure", "reconnect", "record", "recover", "recreate", "rectify",
    "redeploy", "redirect", "redrive", "reduce", "refer", "refresh", "regenerate", "register", "reindex",
    "reinitialize", "reinstall", "reject", "relaunch", "relax", "release", "reload", "relocate", "remediate",
    "remind", "remove", "rename", "renew", "repair", "repeat", "replace", "replay", "replicate", "repoint", "report",
    "reprocess", "reproduce", "request", "requeue", "rerun", "reschedule", "reseed", "reset", "resize", "resolve",
    "respond", "restart", "restore", "restrict", "resume", "retain", "retrieve", "retrigger", "retry", "return",
    "reuse", "revalidate", "revert", "review", "revoke", "rewind", "roll", "rollback", "rollout", "rotate", "route",
    "rsync", "run", "salvage", "sample", "save", "scale", "scan", "schedule", "seal", "search", "secure", "see",
    "select", "send", "set", "setup", "shift", "ship", "shrink", "shut", "shutdown", "sign", "silence", "simulate",
    "skip", "snapshot", "snooze", "specify", "spin", "split", "ssh", "stabilise", "stabilize", "stage", "start",
    "step", "stop", "store", "strip", "submit", "subscribe", "summarise", "summarize", "supply", "suspend", "swap",
    "switch", "sync", "tag", "tail", "take", "talk", "tear", "tell", "terminate", "test", "throttle", "tighten",
    "toggle", "trace", "track", "transfer", "triage", "trigger", "truncate", "try", "tune", "turn", "type",
    "unblock", "uncomment", "uncordon", "undeploy", "understand", "undo", "unfreeze", "uninstall", "unlock",
    "unmount", "unpause", "unseal", "unset", "unsilence", "untar", "unzip", "update", "upgrade", "upload", "use",
    "vacuum", "validate", "verify", "view", "visit", "wait", "wake", "walk", "warm", "warn", "watch", "whitelist",
    "wipe", "work", "write", "zip",
];
