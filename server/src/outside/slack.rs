//! Slack's incoming webhook: takes a message, or says why not. The webhook's address is the secret.

use gantry_domain::incident::delivery::Failure;
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::Value;

use super::exchange::{Answered, Exchange, ExchangeError};
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
        Ok(Self { exchange: Exchange::new()?, webhook })
    }

    /// Hands a message over.
    pub async fn send(&self, body: &Value) -> Result<(), Failure> {
        let webhook = self.webhook.expose_secret();
        let answer = self.exchange.ask(webhook, |client, url| client.post(url).json(body)).await;
        judge(&answer.map_err(lost)?)
    }
}

/// Taken is 200 with the body "ok". Hooks and channels that are gone do not come back by themselves.
fn judge(answer: &Answered) -> Result<(), Failure> {
    let text = said(&answer.body);
    match answer.status {
        200 if text == "ok" => Ok(()),
        429 => Err(Failure::Passing {
            why: "Slack limits how often it is told".into(),
            rest: answer.retry_after,
        }),
        status @ (408 | 500..=599) => {
            Err(Failure::Passing { why: format!("Slack answered {status} {text}"), rest: answer.retry_after })
        }
        status => Err(Failure::Final { why: format!("Slack refused it: {status} {text}") }),
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
            judge(&Answered { status, retry_after, elsewhere: None, body: body.as_bytes().to_vec() })
        };
        assert_eq!(answer(200, "ok", None), Ok(()));
        let rest = Some(Duration::from_secs(30));
        assert!(
            matches!(answer(429, "rate_limited", Some(30)), Err(Failure::Passing { rest: given, .. }) if given == rest)
        );
        assert!(matches!(answer(503, "", None), Err(Failure::Passing { .. })));
        for (status, body) in [
            (404, "no_active_hooks"),
            (410, "channel_is_archived"),
            (403, "action_prohibited"),
            (400, "no_text"),
            (200, "<html>"),
        ] {
            let Err(Failure::Final { why }) = answer(status, body, None) else {
                panic!("{status} is not final")
            };
            assert!(why.contains(body), "{why}");
        }
    }
}
