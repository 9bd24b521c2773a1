//! The channels that are configured, behind one function.

use std::sync::Arc;

use gantry_domain::incident::delivery::Failure;
use gantry_domain::incident::message::Channel;
use gantry_domain::incident::queue;
use gantry_domain::panel::Breaker;
use gantry_domain::text::inert_line;
use serde_json::Value;

use super::exchange::{ExchangeError, HostHeard};
use super::pagerduty::PagerDuty;
use super::slack::Slack;
use crate::config::incidents::IncidentConfig;

/// A shorter part of an address opens nothing.
const SHORTEST: usize = 6;

/// Where messages can go. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Channels {
    slack: Option<Arc<Slack>>,
    pagerduty: Option<Arc<PagerDuty>>,
}

impl Channels {
    /// Those that the configuration names.
    pub fn new(config: &IncidentConfig) -> Result<Self, ExchangeError> {
        let slack = config.slack.clone().map(Slack::new).transpose()?.map(Arc::new);
        let pagerduty = config
            .pagerduty
            .as_ref()
            .map(|config| PagerDuty::new(&config.url, config.key.clone()))
            .transpose()?
            .map(Arc::new);
        Ok(Self { slack, pagerduty })
    }

    /// Those that are there.
    pub fn configured(&self) -> Vec<Channel> {
        let slack = self.slack.is_some().then_some(Channel::Slack);
        let pagerduty = self.pagerduty.is_some().then_some(Channel::PagerDuty);
        slack.into_iter().chain(pagerduty).collect()
    }

    /// The host that messages of a channel go to: all of its address that is no secret. None where it is not
    /// configured.
    pub fn host(&self, channel: Channel) -> Option<String> {
        match channel {
            Channel::Slack => self.slack.as_ref()?.host(),
            Channel::PagerDuty => self.pagerduty.as_ref()?.host(),
        }
    }

    /// What was last heard of a channel; nothing where it is not configured or was never told anything.
    pub fn heard(&self, channel: Channel) -> Option<HostHeard> {
        match channel {
            Channel::Slack => self.slack.as_ref()?.heard(),
            Channel::PagerDuty => self.pagerduty.as_ref()?.heard(),
        }
    }

    /// How many more messages may be handed to a channel now, beside those under way.
    pub fn room(&self, channel: Channel, under_way: usize) -> usize {
        let heard = self.heard(channel);
        let breaker = heard.as_ref().map_or(Breaker::Closed { failures: 0 }, |heard| heard.breaker);
        queue::room(breaker, heard.and_then(|heard| heard.left_alone), under_way)
    }

    /// Hands a message over.
    pub async fn send(&self, channel: Channel, body: &Value) -> Result<(), Failure> {
        let gone = || Failure::Final { why: format!("{} is not configured any more", channel.label()) };
        match channel {
            Channel::Slack => self.slack.as_ref().ok_or_else(gone)?.send(body).await,
            Channel::PagerDuty => self.pagerduty.as_ref().ok_or_else(gone)?.send(body).await,
        }
    }
}

/// No answer: it is tried again. These errors name no more of an address than its host.
pub(super) fn lost(error: ExchangeError) -> Failure {
    let rest = match &error {
        ExchangeError::LeftAlone(rest) => Some(*rest),
        ExchangeError::BadAddress(_)
        | ExchangeError::Unreachable(_)
        | ExchangeError::TooSlow(_)
        | ExchangeError::Resting
        | ExchangeError::TooLarge => None,
    };
    match error {
        ExchangeError::BadAddress(_) => Failure::Final { why: error.to_string() },
        _ => Failure::Passing { why: error.to_string(), rest },
    }
}

/// What the other side said, short and inert. Some repeat what they were sent: nothing of it that is a secret stays.
pub(super) fn said(body: &[u8], secrets: &[&str]) -> String {
    let piece = body.get(..64 * 1024).unwrap_or(body);
    let mut text = String::from_utf8_lossy(piece).into_owned();
    for secret in secrets.iter().filter(|secret| secret.len() >= SHORTEST) {
        text = text.replace(secret, "[hidden]");
    }
    inert_line(&text, 120)
}
