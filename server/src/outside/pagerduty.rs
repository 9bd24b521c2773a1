//! PagerDuty's events: wakes somebody up, once for each `dedup_key`, however often the same is sent.

use gantry_domain::incident::delivery::Failure;
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::Value;

use super::exchange::{Answered, Exchange, ExchangeError, HostHeard, host_of};
use super::messages::{lost, said};

/// PagerDuty takes no larger event.
const LARGEST: usize = 512 * 1024;

/// A service of PagerDuty.
#[derive(Debug, Clone)]
pub struct PagerDuty {
    exchange: Exchange,
    address: String,
    key: SecretString,
}

impl PagerDuty {
    /// The service of this routing key, at this base address.
    pub fn new(base: &str, key: SecretString) -> Result<Self, ExchangeError> {
        let address = format!("{}/v2/enqueue", base.trim_end_matches('/'));
        Ok(Self { exchange: Exchange::strict()?, address, key })
    }

    /// The host that messages go to, with its port where that is not the usual one.
    pub fn host(&self) -> Option<String> {
        host_of(&self.address)
    }

    /// What was last heard of it.
    pub fn heard(&self) -> Option<HostHeard> {
        self.exchange.heard().into_iter().next()
    }

    /// Hands an event over.
    pub async fn send(&self, body: &Value) -> Result<(), Failure> {
        let mut event = body.clone();
        let Some(fields) = event.as_object_mut() else {
            return Err(Failure::Final { why: "the event is not an object".into() });
        };
        fields.insert("routing_key".into(), self.key.expose_secret().into());
        let text = event.to_string();
        if text.len() > LARGEST {
            return Err(Failure::Final { why: "the event is larger than PagerDuty takes".into() });
        }
        let ask = self.exchange.ask(&self.address, |client, url| {
            client.post(url).header("content-type", "application/json").body(text)
        });
        judge(&ask.await.map_err(lost)?, self.key.expose_secret())
    }
}

/// Taken is 202. An event that is wrong once is wrong again; what is said by somebody else on the way passes.
fn judge(answer: &Answered, key: &str) -> Result<(), Failure> {
    match answer.status {
        202 => Ok(()),
        429 => Err(Failure::Passing {
            why: "PagerDuty limits how often it is told".into(),
            rest: answer.retry_after,
        }),
        status @ (400..=407 | 409..=499) => Err(Failure::Final {
            why: format!("PagerDuty refused it: {status} {}", said(&answer.body, &[key])),
        }),
        status => {
            Err(Failure::Passing { why: format!("PagerDuty answered {status}"), rest: answer.retry_after })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrong_event_is_not_sent_again_and_a_busy_service_is_asked_later() {
        let answer = |status| {
            let body = b"invalid event with the key hunter2hunter2".to_vec();
            judge(&Answered { status, retry_after: None, elsewhere: None, body }, "hunter2hunter2")
        };
        assert_eq!(answer(202), Ok(()));
        for status in [429, 500, 502, 503, 408, 200, 301] {
            assert!(matches!(answer(status), Err(Failure::Passing { .. })), "{status}");
        }
        for status in [400, 401, 403, 413] {
            let Err(Failure::Final { why }) = answer(status) else { panic!("{status} is not final") };
            assert!(why.contains("invalid event") && !why.contains("hunter2"), "{why}");
        }
    }
}
