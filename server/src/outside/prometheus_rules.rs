//! The names of the alert rules that a Prometheus has loaded. Which of them matter is not known here.

use std::collections::BTreeSet;

use serde::Deserialize;

use super::exchange::{Exchange, ExchangeError};

/// Why the rules are not known.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RulesError {
    /// No usable answer.
    #[error("{0}")]
    NoAnswer(#[from] ExchangeError),
    /// Any status but 200.
    #[error("it answers HTTP {0}")]
    Refused(u16),
    /// Not what the API promises.
    #[error("its answer cannot be read: {0}")]
    Unreadable(String),
}

/// Asks a Prometheus for its rules.
#[derive(Debug, Clone)]
pub struct Rules {
    exchange: Exchange,
    base: String,
}

#[derive(Deserialize)]
struct Body {
    data: Data,
}

#[derive(Deserialize)]
struct Data {
    groups: Vec<Group>,
}

#[derive(Deserialize)]
struct Group {
    rules: Vec<Rule>,
}

#[derive(Deserialize)]
struct Rule {
    name: String,
    #[serde(rename = "type")]
    kind: String,
}

impl Rules {
    /// Of the Prometheus at `base`.
    pub fn new(exchange: Exchange, base: &str) -> Self {
        Self { exchange, base: base.trim_end_matches('/').to_owned() }
    }

    /// Names of the alert rules, each once.
    pub async fn alerts(&self) -> Result<Vec<String>, RulesError> {
        // Without the alerts that fire at present: they are many when it matters, and not asked for.
        let address = format!("{}/api/v1/rules?type=alert&exclude_alerts=true", self.base);
        let answered = self.exchange.get(&address).await?;
        read(answered.status, &answered.body)
    }
}

fn read(status: u16, body: &[u8]) -> Result<Vec<String>, RulesError> {
    if status != 200 {
        return Err(RulesError::Refused(status));
    }
    let body: Body = serde_json::from_slice(body)
        .map_err(|error| RulesError::Unreadable(gantry_domain::text::inert_line(&error.to_string(), 200)))?;
    let rules = body.data.groups.into_iter().flat_map(|group| group.rules);
    let names: BTreeSet<String> =
        rules.filter(|rule| rule.kind == "alerting").map(|rule| rule.name).collect();
    Ok(names.into_iter().collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn alert_rules_are_named_once_and_recording_rules_are_not_among_them() {
        let body = br#"{"status":"success","data":{"groups":[{"name":"g","rules":[
            {"name":"ApiDown","type":"alerting","query":"x"},{"name":"ApiDown","type":"alerting","query":"y"},
            {"name":"job:x","type":"recording","query":"z"}]}]}}"#;
        assert_eq!(read(200, body), Ok(vec!["ApiDown".to_owned()]));
        assert_eq!(read(503, b""), Err(RulesError::Refused(503)));
        assert!(matches!(read(200, b"<html>"), Err(RulesError::Unreadable(_))));
        // What a query would answer is no list of rules.
        let vector = br#"{"status":"success","data":{"resultType":"vector","result":[]}}"#;
        assert!(matches!(read(200, vector), Err(RulesError::Unreadable(_))));
    }
}
