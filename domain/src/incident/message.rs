//! What people outside of Gantry are told, and in which words.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Incident, clock};
use crate::preset::Severity;
use crate::text::inert_line;

/// Something that people outside hear of by themselves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Tell {
    /// It was opened.
    Opened,
    /// Somebody answered.
    Acknowledged,
    /// It became worse.
    Raised,
    /// State, severity or commander changed.
    Changed,
    /// Nobody answered in time.
    Escalated,
    /// It came back.
    Reopened,
    /// It is over.
    Resolved,
    /// A person writes.
    Update,
}

/// Where messages go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Channel {
    /// A channel that people read.
    Slack,
    /// Wakes somebody up.
    PagerDuty,
}

impl Channel {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Slack, Self::PagerDuty];

    /// The word that forms and the database use.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Slack => "slack",
            Self::PagerDuty => "pagerduty",
        }
    }

    /// The name people know.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Slack => "Slack",
            Self::PagerDuty => "PagerDuty",
        }
    }

    /// The channel of that word.
    pub fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|channel| channel.as_str() == word)
    }
}

impl Tell {
    /// Where this goes by itself. Somebody is woken up for what reaches users; the rest can be read.
    pub fn channels(self, severity: Severity) -> &'static [Channel] {
        let wakes = severity <= Severity::P2;
        match self {
            Self::Opened | Self::Raised | Self::Escalated | Self::Reopened if wakes => &Channel::ALL,
            Self::Opened | Self::Raised | Self::Escalated | Self::Reopened | Self::Changed | Self::Update => {
                &[Channel::Slack]
            }
            Self::Acknowledged => &[Channel::PagerDuty],
            Self::Resolved => &Channel::ALL,
        }
    }

    /// What says the most comes last: of what happened at once a channel is told that.
    const fn weight(self) -> u8 {
        match self {
            Self::Changed => 0,
            Self::Acknowledged => 1,
            Self::Update => 2,
            Self::Escalated => 3,
            Self::Raised => 4,
            Self::Opened => 5,
            Self::Reopened => 6,
            Self::Resolved => 7,
        }
    }

    /// The first words of the message, as people read them.
    pub const fn headline(self) -> &'static str {
        match self {
            Self::Opened => "New incident",
            Self::Acknowledged => "Acknowledged",
            Self::Raised => "Severity raised",
            Self::Changed | Self::Update => "Update",
            Self::Escalated => "Nobody has answered",
            Self::Reopened => "Reopened",
            Self::Resolved => "Resolved",
        }
    }
}

/// One message a channel for what happened at once: resolving what nobody had answered also answers it, and the pager has to
/// hear that it is over.
pub fn chosen(tell: &[Tell], severity: Severity) -> Vec<(Channel, Tell)> {
    let of = |channel: Channel| {
        let heard = tell.iter().copied().filter(|tell| tell.channels(severity).contains(&channel));
        heard.max_by_key(|tell| tell.weight()).map(|tell| (channel, tell))
    };
    Channel::ALL.into_iter().filter_map(of).collect()
}

/// What PagerDuty knows an incident by: everything about it is one incident there, however often it is sent.
pub fn dedup_key(incident: &Incident) -> String {
    format!("gantry-incident-{}", incident.id)
}

/// The message in plain text, with the fields that people look for.
pub fn text(incident: &Incident, tell: Tell, address: &str) -> String {
    let mut lines = vec![format!(
        "{}: incident {} – {}",
        tell.headline(),
        incident.number,
        inert_line(&incident.title, 200)
    )];
    lines.extend(fields(incident).into_iter().map(|(name, value)| format!("{name}: {value}")));
    lines.push(address.to_owned());
    lines.join("\n")
}

/// Severity, state, impact, current action, next update, commander.
pub fn fields(incident: &Incident) -> [(&'static str, String); 7] {
    let given = |text: &str, otherwise: &str| {
        let line = inert_line(text, 1000);
        if line.is_empty() { otherwise.to_owned() } else { line }
    };
    let next = match incident.next_update_at {
        Some(at) if incident.is_open() => format!("{} UTC", at.format("%Y-%m-%d %H:%M")),
        Some(_) | None => "none".to_owned(),
    };
    [
        ("Integration", incident.subject.label()),
        ("Severity", format!("{} ({})", incident.severity.label(), clock::meaning(incident.severity))),
        ("State", incident.state.to_string()),
        ("Impact", given(&incident.impact, "not known yet")),
        ("Current action", given(&incident.action, "none yet")),
        ("Next update", next),
        (
            "Commander",
            incident.led_by().map_or_else(|| "nobody yet".to_owned(), |person| inert_line(&person.name, 120)),
        ),
    ]
}

/// The body for Slack's webhook. Text of people cannot mention anybody nor make links look like others.
pub fn slack(incident: &Incident, tell: Tell, address: &str) -> Value {
    let plain = escaped(&text(incident, tell, address));
    let text = if tell == Tell::Escalated { format!("<!channel> {plain}") } else { plain };
    json!({ "text": text, "unfurl_links": false, "unfurl_media": false })
}

/// The body for PagerDuty's events, without the routing key, which the client adds.
pub fn pagerduty(incident: &Incident, tell: Tell, address: &str, now: DateTime<Utc>) -> Value {
    let action = match tell {
        Tell::Acknowledged => "acknowledge",
        Tell::Resolved => "resolve",
        Tell::Opened | Tell::Raised | Tell::Changed | Tell::Escalated | Tell::Reopened | Tell::Update => {
            "trigger"
        }
    };
    let severity = match incident.severity {
        Severity::P1 => "critical",
        Severity::P2 => "error",
        Severity::P3 => "warning",
        Severity::P4 => "info",
    };
    let details: serde_json::Map<String, Value> =
        fields(incident).into_iter().map(|(name, value)| (name.to_owned(), value.into())).collect();
    json!({
        "event_action": action,
        "dedup_key": dedup_key(incident),
        "client": "Gantry",
        "client_url": address,
        "links": [{ "href": address, "text": format!("Incident {}", incident.number) }],
        "payload": {
            "summary": inert_line(
                &format!("{} {}: {} ({})", incident.severity.label(), incident.subject.label(), incident.title, tell.headline()),
                1024
            ),
            "source": incident.subject.label(),
            "severity": severity,
            "timestamp": now.to_rfc3339(),
            "component": incident.subject.preset.as_str(),
            "group": incident.subject.environment,
            "class": format!("incident {}", incident.number),
            "custom_details": details,
        },
    })
}

/// The three characters that mean something in Slack's text.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
