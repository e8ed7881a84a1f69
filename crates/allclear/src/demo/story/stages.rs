//! The list of stages, in the order in which they must happen.

use std::time::Duration;

use super::{Stage, closing, mending, paging, telling, watching};

/// Long beside what a stage takes, short beside a person's patience; a machine under load must not fail the story.
const SOON: Duration = Duration::from_secs(20);
const RUN: Duration = Duration::from_secs(120);

pub(super) const STAGES: &[Stage] = &[
    Stage {
        name: "PrepChef is healthy",
        says: "Allclear asks it over HTTP five times a second, and all is well.",
        within: SOON,
        play: watching::healthy,
    },
    Stage {
        name: "A bad release goes out",
        says: "Somebody switches a fault on: the city endpoints answer 500.",
        within: SOON,
        play: watching::broken,
    },
    Stage {
        name: "The check fails",
        says: "One failure could be chance; the second in a row is not.",
        within: SOON,
        play: watching::check_fails,
    },
    Stage {
        name: "An alert opens",
        says: "One, however often the check goes on failing.",
        within: SOON,
        play: watching::alert_opens,
    },
    Stage {
        name: "An incident opens",
        says: "P1, because the policy says so, with the runbook's procedure attached.",
        within: SOON,
        play: watching::incident_opens,
    },
    Stage {
        name: "Ana is paged",
        says: "Over HTTP; her pager checks the signature before it believes the page.",
        within: SOON,
        play: paging::first,
    },
    Stage {
        name: "Ana sleeps, so Ben is paged",
        says: "Nobody acknowledged within two seconds: the next level is paged.",
        within: SOON,
        play: paging::second,
    },
    Stage {
        name: "The incident is acknowledged",
        says: "Ana takes it through the API; nobody else is woken.",
        within: SOON,
        play: paging::acknowledged,
    },
    Stage {
        name: "It is assessed",
        says: "How bad is it, and what does it do to users?",
        within: SOON,
        play: telling::assessed,
    },
    Stage {
        name: "Users are told",
        says: "A public update, within minutes and not hours.",
        within: SOON,
        play: telling::updated,
    },
    Stage {
        name: "The status page shows it",
        says: "Anybody can read it, and it links to the runbook's section.",
        within: SOON,
        play: telling::shown,
    },
    Stage {
        name: "The procedure is planned",
        says: "No choice is left open, and nothing is performed yet.",
        within: SOON,
        play: mending::planned,
    },
    Stage {
        name: "The procedure is performed",
        says: "Each step only after it was approved by its digest; the last one is Ana's own.",
        within: RUN,
        play: mending::performed,
    },
    Stage {
        name: "PrepChef recovers",
        says: "The check passes twice in a row, and the alert ends.",
        within: SOON,
        play: mending::recovered,
    },
    Stage { name: "The incident is mitigated", says: "It no longer hurts.", within: SOON, play: closing::mitigated },
    Stage {
        name: "The incident is resolved",
        says: "It is over, and why it happened is known.",
        within: SOON,
        play: closing::resolved,
    },
    Stage {
        name: "The review is drafted",
        says: "A P1 owes one within 48 hours; the timeline writes most of it.",
        within: SOON,
        play: closing::drafted,
    },
    Stage {
        name: "Every message is accounted for",
        says: "What the log says was sent is what the pager has, each under one key.",
        within: SOON,
        play: closing::accounted,
    },
    Stage {
        name: "The log is verified",
        says: "Every event is chained to the one before it; nothing was changed or removed.",
        within: SOON,
        play: closing::verified,
    },
];
