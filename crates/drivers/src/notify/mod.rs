//! Sending messages. One file per channel.
//!
//! Invariant: an attempt always ends, within its limit, and says what came of it in a sentence that holds no secret.

mod console;
mod webhook;

use std::time::Duration;

use allclear_core::{Channel, DeliverEffect, DeliveryResult};
use jiff::Timestamp;

use crate::redact::Redactor;
use crate::secret::{SecretError, resolve};
use crate::trust::TrustStore;

/// Limit of one attempt, from the name to the last byte of the answer.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(10);

/// Sends messages over every kind of channel; holds the connections that are kept open between them.
#[derive(Clone, Debug)]
pub struct Notifier {
    client: reqwest::Client,
}

/// Why there can be no notifier.
#[derive(Debug, thiserror::Error)]
#[error("the HTTP client for webhooks cannot be built")]
pub struct NotifierError(#[source] reqwest::Error);

impl Notifier {
    /// A notifier that trusts these authorities. Proxies are taken from the environment in the usual way
    /// (`HTTPS_PROXY`, `NO_PROXY`).
    pub fn new(trust: &TrustStore) -> Result<Self, NotifierError> {
        let client = reqwest::Client::builder()
            .tls_backend_preconfigured(trust.config())
            .redirect(reqwest::redirect::Policy::none())
            .timeout(ATTEMPT_TIMEOUT)
            .user_agent(crate::USER_AGENT)
            .build()
            .map_err(|error| NotifierError(error.without_url()))?;
        Ok(Self { client })
    }

    /// Makes one attempt. `at` is the time of the attempt, which the receiver is told.
    pub async fn deliver(&self, effect: &DeliverEffect, at: Timestamp) -> DeliveryResult {
        let effect = &discreet(effect);
        match &effect.channel {
            Some(Channel::Console) => console::send(effect, at).await,
            Some(Channel::Webhook { url, signing_secret }) => {
                let secrets = resolve(url).and_then(|url| Ok((url, signing_secret.as_ref().map(resolve).transpose()?)));
                match secrets {
                    Ok((url, secret)) => webhook::send(&self.client, effect, &url, secret.as_ref(), at).await,
                    Err(error) => unresolved(effect, &error),
                }
            }
            None => DeliveryResult::Rejected {
                error: format!("the policy no longer has a channel `{}`", effect.channel_name),
            },
        }
    }
}

/// The same effect, its message without what looks like a secret: it holds words of persons and of checks, and goes far.
fn discreet(effect: &DeliverEffect) -> DeliverEffect {
    let mut effect = effect.clone();
    for text in [&mut effect.message.title, &mut effect.message.body] {
        *text = Redactor::of_patterns().text(text);
    }
    effect
}

/// Failed and not rejected: an operator can set the variable or the file while the page waits, and then it must go out.
fn unresolved(effect: &DeliverEffect, error: &SecretError) -> DeliveryResult {
    DeliveryResult::Failed { error: format!("channel `{}` is not usable: {error}", effect.channel_name) }
}
