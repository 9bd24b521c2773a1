//! Slack's incoming webhook: takes a message, or says why not. The webhook's address is the secret.

use gantry_domain::incident::delivery::Failure;
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::Value;

use super::exchange::{Answered, Exchange, ExchangeError, HostHeard, host_of};
use super::messages::{lost, said};

/// A channel of Slack.
#[derive(Debug, Clone)]
pub struct Slack {
    exchange: Exchange,
    webhook: SecretString,
}

impl Slack {
    /// Behind this webhook.
    pub fn new(webhook: SecretString) -> Result<Self, ExchangeError> {
        Ok(Self { exchange: Exchange::strict()?, webhook })
    }

    /// The host that messages go to, with its port where that is not the usual one.
    pub fn host(&self) -> Option<String> {
        host_of(self.webhook.expose_secret())
    }

    /// What was last heard of it.
    pub fn heard(&self) -> Option<HostHeard> {
        self.exchange.heard().into_iter().next()
    }

    /// Hands a message over.
    pub async fn send(&self, body: &Value) -> Result<(), Failure> {
        let webhook = self.webhook.expose_secret();
        let answer = self.exchange.ask(webhook, |client, url| client.post(url).json(body)).await;
        judge(&answer.map_err(lost)?, &secrets(webhook))
    }
}

/// The parts of the webhook's address that open it: whoever says them again is not repeated.
fn secrets(webhook: &str) -> Vec<&str> {
    let (_, path) = webhook.split_once("://").and_then(|(_, rest)| rest.split_once('/')).unwrap_or_default();
    let mut parts = vec![webhook, path];
    parts.extend(path.split(['/', '?', '&', '=']));
    parts
}

/// Taken is 200 with the body "ok". Hooks and channels that are gone do not come back by themselves; what is said by
/// somebody else on the way (a page, a redirect) passes.
fn judge(answer: &Answered, secrets: &[&str]) -> Result<(), Failure> {
    let text = said(&answer.body, secrets);
    match answer.status {
        200 if text == "ok" => Ok(()),
        429 => Err(Failure::Passing {
            why: "Slack limits how often it is told".into(),
            rest: answer.retry_after,
        }),
        status @ (400..=407 | 409..=499) => {
            Err(Failure::Final { why: format!("Slack refused it: {status} {text}") })
        }
        status => {
            Err(Failure::Passing { why: format!("Slack answered {status} {text}"), rest: answer.retry_after })
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn what_passes_is_told_from_what_does_not() {
        let answer = |status, body: &str, rest: Option<u64>| {
            let retry_after = rest.map(Duration::from_secs);
            let answered = Answered { status, retry_after, elsewhere: None, body: body.as_bytes().to_vec() };
            judge(&answered, &secrets("https://hooks.slack.example/services/T0/B0/hunter2hunter2"))
        };
        assert_eq!(answer(200, "ok", None), Ok(()));
        let rest = Some(Duration::from_secs(30));
        assert!(
            matches!(answer(429, "rate_limited", Some(30)), Err(Failure::Passing { rest: given, .. }) if given == rest)
        );
        for (status, body) in [(503, ""), (500, "rollup_error"), (408, ""), (200, "<html>"), (302, "")] {
            assert!(matches!(answer(status, body, None), Err(Failure::Passing { .. })), "{status}");
        }
        for (status, body) in [
            (404, "no_active_hooks"),
            (410, "channel_is_archived"),
            (403, "action_prohibited"),
            (400, "no_text"),
        ] {
            let Err(Failure::Final { why }) = answer(status, body, None) else {
                panic!("{status} is not final")
            };
            assert!(why.contains(body), "{why}");
        }
        let repeated = "The URL /services/T0/B0/hunter2hunter2 was not found, nor hunter2hunter2.";
        let Err(failure) = answer(404, repeated, None) else { panic!("404 is taken") };
        assert!(!failure.to_string().contains("hunter2"), "{failure}");
    }
}
