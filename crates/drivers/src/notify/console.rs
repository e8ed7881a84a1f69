//! The console: a block on standard output that nobody overlooks.

use std::io::Write as _;

use allclear_core::{DeliverEffect, DeliveryResult, MessageAction};
use jiff::Timestamp;

use super::ATTEMPT_TIMEOUT;

/// Width of the rules above and below.
const WIDTH: usize = 78;

/// Prints the message. It fails where standard output is closed, or stuck for longer than the limit.
pub(super) async fn send(effect: &DeliverEffect, at: Timestamp) -> DeliveryResult {
    let block = layout(effect, at);
    let print = tokio::task::spawn_blocking(move || {
        let mut out = std::io::stdout().lock();
        out.write_all(block.as_bytes()).and_then(|()| out.flush())
    });
    let error = match tokio::time::timeout(ATTEMPT_TIMEOUT, print).await {
        Ok(Ok(Ok(()))) => return DeliveryResult::Accepted { answer: "printed".to_owned() },
        Ok(Ok(Err(error))) => format!("standard output cannot be written to: {error}"),
        Ok(Err(_)) => "printing was broken off".to_owned(),
        Err(_) => format!("standard output took nothing for {} s", ATTEMPT_TIMEOUT.as_secs()),
    };
    DeliveryResult::Failed { error }
}

fn layout(effect: &DeliverEffect, at: Timestamp) -> String {
    let message = &effect.message;
    let heading = match message.action {
        MessageAction::Trigger => "PAGE: somebody must look now",
        MessageAction::Acknowledge => "Acknowledged: somebody is looking",
        MessageAction::Resolve => "Resolved",
        MessageAction::Inform => "Notice",
    };
    let edge = if message.action == MessageAction::Trigger { "=" } else { "-" }.repeat(WIDTH);
    let mut block = format!("\n{edge}\n{heading}\n{}  {}\n", message.severity, printable(&message.title));
    for line in message.body.lines().filter(|line| !line.trim().is_empty()) {
        block.push_str(&format!("    {}\n", printable(line)));
    }
    let at = at.strftime("%Y-%m-%d %H:%M:%S UTC").to_string();
    let mut facts = vec![("incident", message.incident.to_string()), ("act", message.url.clone())];
    facts.extend(message.procedure_url.clone().map(|url| ("procedure", url)));
    facts.push(("sent", format!("{at}, {} attempt {}", effect.delivery, effect.attempt)));
    for (name, value) in facts.iter().filter(|(_, value)| !value.is_empty()) {
        block.push_str(&format!("  {name:<10}{}\n", printable(value)));
    }
    block + &edge + "\n"
}

/// Without control characters: a title comes from outside and must not steer a terminal.
fn printable(text: &str) -> String {
    text.chars().filter(|character| !character.is_control()).collect()
}

#[cfg(test)]
mod tests {
    use allclear_core::{Channel, DeliveryId, IncidentId, Message, Severity};

    use super::*;

    #[test]
    fn a_page_cannot_be_overlooked_and_cannot_steer_the_terminal() {
        let effect = DeliverEffect {
            delivery: DeliveryId(15),
            attempt: 2,
            channel_name: "console".to_owned(),
            channel: Some(Channel::Console),
            message: Message {
                action: MessageAction::Trigger,
                incident: IncidentId(13),
                severity: Severity::P0,
                title: "API is down\u{1b}[2J".to_owned(),
                body: "check api failed\n\nanswered 503".to_owned(),
                url: "http://localhost:8080/incidents/13".to_owned(),
                procedure_url: None,
            },
        };
        let at = Timestamp::from_second(1_700_000_000).expect("a time");
        let edge = "=".repeat(78);
        assert_eq!(
            layout(&effect, at),
            format!(
                "\n{edge}\nPAGE: somebody must look now\nP0  API is down[2J\n    check api failed\n    answered 503\n  \
                 incident  incident-13\n  act       http://localhost:8080/incidents/13\n  sent      2023-11-14 \
                 22:13:20 UTC, delivery-15 attempt 2\n{edge}\n"
            )
        );
    }
}
