//! Who hears of it: channels, the escalation, the audience.

use std::collections::BTreeMap;

use allclear_core::{Channel, EscalationLevel, SecretRef, Severity, SeverityPolicy};

use super::super::at::At;
use super::super::code::Code;
use super::super::file::{ChannelKind, ChannelTable, EscalationTable, LevelTable};
use super::super::nearest::{listed, nearest};
use super::super::problem::Problem;
use super::Pass;

const ACKNOWLEDGE_WITHIN_S: u32 = 300;

impl Pass<'_> {
    pub(super) fn channel(&mut self, name: &str, table: &At<ChannelTable>) -> Channel {
        match table.value.kind {
            Some(ChannelKind::Webhook) => self.webhook(name, table),
            Some(ChannelKind::Console) => {
                for extra in [&table.value.url, &table.value.signing_secret].into_iter().flatten() {
                    self.bad(
                        &extra.span,
                        "the console is this process itself: it has no address",
                        "leave this out, or write kind = \"webhook\"",
                    );
                }
                Channel::Console
            }
            None => {
                self.missing(
                    &format!("channel.{name}"),
                    "kind",
                    table.span.clone(),
                    "write kind = \"console\" or kind = \"webhook\"",
                );
                Channel::Console
            }
        }
    }

    fn webhook(&mut self, name: &str, table: &At<ChannelTable>) -> Channel {
        let url = match &table.value.url {
            Some(url) => {
                let found = self.reference(url, false, "url");
                // A secret in it was reported by `reference` in better words.
                if let SecretRef::Plain(text) = &found
                    && !super::secret::looks_secret(text)
                {
                    self.is_url(text, &url.span);
                }
                found
            }
            None => {
                self.missing(
                    &format!("channel.{name}"),
                    "url",
                    table.span.clone(),
                    "write url = \"env:OBS_ALERT_WEBHOOK\"",
                );
                SecretRef::Plain(String::new())
            }
        };
        let signing_secret =
            table.value.signing_secret.as_ref().map(|secret| self.reference(secret, true, "signing_secret"));
        Channel::Webhook { url, signing_secret }
    }

    /// Names of channels that are declared.
    pub(super) fn channel_names(&mut self, names: &[At<String>]) -> Vec<String> {
        for name in names {
            if self.channels.contains(&name.value) {
                continue;
            }
            let known = || self.channels.iter().map(String::as_str);
            let help = match nearest(&name.value, known()) {
                Some(near) => format!("did you mean \"{near}\"?"),
                None if self.channels.is_empty() => {
                    format!("declare it: [channel.{}] with kind = \"webhook\"", name.value)
                }
                None => format!("the channels are {}", listed(known())),
            };
            let problem = Problem::error(
                Code::UnknownChannel,
                name.span.clone(),
                format!("there is no channel `{}`", name.value),
            );
            self.report(problem.help(help));
        }
        names.iter().map(|name| name.value.clone()).collect()
    }

    pub(super) fn level(&mut self, level: &At<LevelTable>) -> EscalationLevel {
        let was_wrong = self.removed.iter().any(|path| path.starts_with("escalation.levels"));
        if level.value.channels.is_empty() && !was_wrong {
            self.report(
                Problem::error(Code::NobodyPaged, level.span.clone(), "this level pages nobody")
                    .help("write channels = [\"NAME\"], or leave the level out"),
            );
        }
        EscalationLevel {
            channels: self.channel_names(&level.value.channels),
            acknowledge_within_s: level
                .value
                .acknowledge_within
                .as_ref()
                .map_or(ACKNOWLEDGE_WITHIN_S, |within| self.seconds(within, "acknowledge_within")),
        }
    }

    /// Where a severity pages, there must be somebody to page.
    pub(super) fn escalation_is_there(
        &mut self,
        table: Option<&At<EscalationTable>>,
        severities: &BTreeMap<Severity, SeverityPolicy>,
    ) {
        let was_wrong = self.removed.iter().any(|path| path.starts_with("escalation"));
        let has_levels = table.is_some_and(|table| !table.value.levels.is_empty());
        let paging: Vec<&str> =
            severities.iter().filter(|(_, policy)| policy.page).map(|(severity, _)| severity.word()).collect();
        if has_levels || was_wrong || paging.is_empty() {
            return;
        }
        self.report(
            Problem::error(
                Code::NobodyPaged,
                table.map(|table| table.span.clone()),
                format!("{} would page somebody, and nobody is named", paging.join(", ")),
            )
            .help("write [escalation] with levels = [{ channels = [\"NAME\"] }]; a severity that wakes nobody says page = false"),
        );
    }
}
