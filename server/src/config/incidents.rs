//! Settings of incidents: when people work, where messages go, whether everybody may read the status page.

use std::collections::BTreeSet;
use std::path::Path;

use chrono::{NaiveDate, NaiveTime};
use clap::Args;
use gantry_domain::incident::calendar::Calendar;
use gantry_domain::incident::zone::Zone;
use reqwest::Url;
use secrecy::{ExposeSecret as _, SecretString};

use super::Bad;
use super::values::secret;

/// Where systems keep their time zones.
const ZONES: &str = "/usr/share/zoneinfo";

/// The flags about incidents.
#[derive(Clone, Debug, Args)]
pub(super) struct IncidentArgs {
    /// Time zone of the people who answer, such as Europe/Lisbon, or a rule such as WET0WEST,M3.5.0/1,M10.5.0.
    #[arg(long, env = "GANTRY_TIME_ZONE", default_value = "UTC0")]
    time_zone: String,
    /// When their working day ends there.
    #[arg(long, env = "GANTRY_WORKDAY_ENDS", default_value = "17:00")]
    workday_ends: String,
    /// Days on which nobody works, such as 2026-12-25,2027-01-01.
    #[arg(long, env = "GANTRY_HOLIDAYS", default_value = "")]
    holidays: String,
    /// Slack's incoming webhook for messages about incidents: @/path/to/file, or $NAME of an environment variable.
    #[arg(long, env = "GANTRY_SLACK_WEBHOOK")]
    slack_webhook: Option<String>,
    /// The routing key of PagerDuty's service: @/path/to/file, or $NAME of an environment variable.
    #[arg(long, env = "GANTRY_PAGERDUTY_KEY")]
    pagerduty_key: Option<String>,
    /// Base address of PagerDuty's events.
    #[arg(long, env = "GANTRY_PAGERDUTY_URL", default_value = "https://events.pagerduty.com")]
    pagerduty_url: String,
    /// The hosts that messages may go to, with their port where it is not the usual one.
    #[arg(
        long,
        env = "GANTRY_MESSAGE_HOSTS",
        default_value = "hooks.slack.com,events.pagerduty.com,events.eu.pagerduty.com"
    )]
    message_hosts: String,
    /// Nobody may read the status page without signing in; it is not there at all.
    #[arg(long, env = "GANTRY_NO_STATUS_PAGE", value_parser = clap::builder::FalseyValueParser::new(), num_args = 0..=1, default_missing_value = "true", default_value = "false")]
    no_status_page: bool,
}

/// The checked settings of incidents.
#[derive(Clone, Debug)]
pub struct IncidentConfig {
    /// When people work.
    pub calendar: Calendar,
    /// Slack's webhook. The whole address is a secret.
    pub slack: Option<SecretString>,
    /// PagerDuty.
    pub pagerduty: Option<PagerDutyConfig>,
    /// Whether everybody may read the status page.
    pub status_page: bool,
}

/// Where PagerDuty's events go.
#[derive(Clone, Debug)]
pub struct PagerDutyConfig {
    /// Base address.
    pub url: String,
    /// The key of the service.
    pub key: SecretString,
}

impl Default for IncidentConfig {
    /// Nobody is told, everybody may read.
    fn default() -> Self {
        Self { calendar: Calendar::default(), slack: None, pagerduty: None, status_page: true }
    }
}

impl IncidentArgs {
    /// Checks everything.
    pub(super) fn read(self) -> Result<IncidentConfig, Bad> {
        let hosts: Vec<&str> =
            self.message_hosts.split(',').map(str::trim).filter(|host| !host.is_empty()).collect();
        let slack = secret("GANTRY_SLACK_WEBHOOK", self.slack_webhook)?;
        if let Some(webhook) = &slack {
            allowed("what GANTRY_SLACK_WEBHOOK refers to", webhook.expose_secret(), &hosts)?;
        }
        let pagerduty = match secret("GANTRY_PAGERDUTY_KEY", self.pagerduty_key)? {
            Some(key) => {
                let url = self.pagerduty_url.trim().trim_end_matches('/').to_owned();
                allowed("GANTRY_PAGERDUTY_URL", &url, &hosts)?;
                Some(PagerDutyConfig { url, key })
            }
            None => None,
        };
        let closes = NaiveTime::parse_from_str(self.workday_ends.trim(), "%H:%M").map_err(|_| {
            Bad(format!("GANTRY_WORKDAY_ENDS is “{}”; give a time such as 17:00", self.workday_ends))
        })?;
        let calendar = Calendar { zone: zone(&self.time_zone)?, closes, holidays: holidays(&self.holidays)? };
        Ok(IncidentConfig { calendar, slack, pagerduty, status_page: !self.no_status_page })
    }
}

/// Whether an address is of an allowed host and safe on the way. It may be a secret: it is not repeated.
fn allowed(name: &str, address: &str, hosts: &[&str]) -> Result<(), Bad> {
    let url = Url::parse(address).map_err(|_| Bad(format!("{name} is not an address")))?;
    let host = url.host_str().unwrap_or_default();
    let with_port = url.port().map(|port| format!("{host}:{port}"));
    let known = hosts.iter().any(|allowed| match &with_port {
        Some(with_port) => allowed == with_port,
        None => *allowed == host,
    });
    if !known {
        let shown = with_port.as_deref().unwrap_or(host);
        return Err(Bad(format!("{name} is at {shown}, which is not among GANTRY_MESSAGE_HOSTS")));
    }
    let local = matches!(host, "127.0.0.1" | "localhost" | "[::1]");
    if url.scheme() == "https" || url.scheme() == "http" && local {
        Ok(())
    } else {
        Err(Bad(format!("{name} has to begin with https://, so that its secret does not travel in the open")))
    }
}

/// A zone by its name in the system's files, or by its rule.
fn zone(text: &str) -> Result<Zone, Bad> {
    let text = text.trim();
    if let Ok(zone) = Zone::parse(text) {
        return Ok(zone);
    }
    let unknown = || {
        Bad(format!(
            "GANTRY_TIME_ZONE is “{text}”; give a name such as Europe/Lisbon that {ZONES} has, or a rule such as WET0WEST,M3.5.0/1,M10.5.0"
        ))
    };
    let plain = |part: &str| {
        !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'+'))
    };
    if !text.split('/').all(plain) {
        return Err(unknown());
    }
    let file = std::fs::read(Path::new(ZONES).join(text)).map_err(|_| unknown())?;
    // The rule for all years to come is the file's last line.
    let rule = file.trim_ascii_end().rsplit(|byte| *byte == b'\n').next().unwrap_or_default();
    std::str::from_utf8(rule).ok().and_then(|rule| Zone::parse(rule).ok()).ok_or_else(unknown)
}

fn holidays(text: &str) -> Result<BTreeSet<NaiveDate>, Bad> {
    text.split([',', ' '])
        .filter(|day| !day.is_empty())
        .map(|day| {
            day.parse().map_err(|_| {
                Bad(format!(
                    "GANTRY_HOLIDAYS has “{day}”; give dates such as 2026-12-25, with commas between them"
                ))
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn args() -> IncidentArgs {
        IncidentArgs {
            time_zone: "UTC0".into(),
            workday_ends: "17:00".into(),
            holidays: String::new(),
            slack_webhook: None,
            pagerduty_key: None,
            pagerduty_url: "https://events.pagerduty.com".into(),
            message_hosts: "hooks.slack.com,events.pagerduty.com,127.0.0.1:4103".into(),
            no_status_page: false,
        }
    }

    #[test]
    fn messages_go_to_allowed_hosts_alone_and_no_secret_is_repeated() {
        let hosts = ["hooks.slack.com", "127.0.0.1:4103"];
        for good in ["https://hooks.slack.com/services/T0/B0/secret", "http://127.0.0.1:4103/services/x"] {
            assert_eq!(allowed("it", good, &hosts), Ok(()), "{good}");
        }
        for bad in [
            "https://evil.example/services/T0/B0/secret",
            "https://hooks.slack.com:8443/services/T0/B0/secret",
            "http://hooks.slack.com/services/T0/B0/secret",
            "https://hooks.slack.com.evil.example/services/T0/B0/secret",
            "http://127.0.0.1:4104/services/secret",
            "secret",
        ] {
            let Err(Bad(sentence)) = allowed("it", bad, &hosts) else { panic!("allowed: {bad}") };
            assert!(!sentence.contains("secret/") && !sentence.contains("B0"), "{sentence}");
        }
    }

    #[test]
    fn zones_are_names_of_the_system_or_rules() {
        assert_eq!(zone("UTC0"), Ok(Zone::utc()));
        for bad in ["Mars/Olympus", "../../etc/passwd", "", "Europe"] {
            let Err(Bad(sentence)) = zone(bad) else { panic!("a zone: {bad}") };
            assert!(sentence.contains("GANTRY_TIME_ZONE"), "{sentence}");
        }
        if Path::new(ZONES).join("Europe/Berlin").is_file() {
            assert_eq!(zone("Europe/Berlin").ok(), Zone::parse("CET-1CEST,M3.5.0,M10.5.0/3").ok());
        }
    }

    #[test]
    fn what_is_wrong_is_one_sentence() {
        let table = [
            (IncidentArgs { workday_ends: "late".into(), ..args() }, "GANTRY_WORKDAY_ENDS"),
            (IncidentArgs { holidays: "2026-12-25,Easter".into(), ..args() }, "Easter"),
            (
                IncidentArgs { slack_webhook: Some("https://hooks.slack.com/services/x".into()), ..args() },
                "reference",
            ),
        ];
        for (args, names) in table {
            let Err(Bad(sentence)) = args.read() else { panic!("accepted: {names}") };
            assert!(sentence.contains(names) && !sentence.contains("services"), "{sentence}");
        }
        let fine = IncidentArgs { holidays: "2026-12-25, 2027-01-01".into(), ..args() }.read();
        assert_eq!(fine.map(|config| config.calendar.holidays.len()), Ok(2));
    }
}
