//! What arrived at Slack and at PagerDuty, as people would see it there. Plain HTML, no script; it renews itself.

use std::fmt::Write as _;

use serde_json::Value;

use super::page::{STYLE, escape};
use crate::cluster::State;
use crate::outside::journal::Received;

fn head(title: &str) -> String {
    format!(
        "<!doctype html><html lang=en><head><meta charset=utf-8><meta name=viewport content=\"width=device-width\">\
         <meta http-equiv=refresh content=5><title>{title} · Sandbox</title><style>{STYLE}{MORE}</style></head><body>\
         <p><a href=/>Sandbox</a> · <a href=/inbox/slack>Slack</a> · <a href=/inbox/pagerduty>PagerDuty</a></p><h1>{title}</h1>"
    )
}

const MORE: &str = "
article { border: 1px solid #dde2ea; border-left: 4px solid #9aa5b5; border-radius: .4rem; padding: .6rem 1rem;
  margin: 0 0 .8rem; overflow-wrap: anywhere }
article.loud { border-left-color: #b3261e } article.calm { border-left-color: #2e7d57 }
article header { display: flex; flex-wrap: wrap; gap: .3rem 1rem; color: #5b6676; font-size: .85rem }
article p { margin: .3rem 0; white-space: pre-wrap } dl { display: grid; grid-template-columns: auto 1fr; gap: .1rem 1rem;
  margin: .4rem 0 } dt { color: #5b6676 } dd { margin: 0 }
@media (prefers-color-scheme: dark) { article { border-color: #2c3542 } article header, dt { color: #9aa5b5 } }
";

/// The channel: messages, newest first.
pub(super) fn slack(state: &State) -> String {
    let mut out = head("Slack");
    let all = state.journal.list(Some("slack"));
    if all.is_empty() {
        out.push_str(
            "<p>No message yet. What the panel sends to the webhook is shown here as in a channel.</p>",
        );
    }
    for one in all.iter().rev().take(100) {
        let taken = one.status == 200;
        let _ = write!(out, "<article class=\"{}\">", if taken { "calm" } else { "loud" });
        stamp(&mut out, one, if taken { "taken" } else { "refused" });
        for text in said(&one.body) {
            let _ = write!(out, "<p>{}</p>", escape(&unescaped(&text)));
        }
        out.push_str("</article>");
    }
    out.push_str("</body></html>");
    out
}

/// Every text of a message: its own, of its blocks, of its attachments.
fn said(body: &Value) -> Vec<String> {
    let mut texts: Vec<String> = body["text"].as_str().map(str::to_owned).into_iter().collect();
    let blocks = |value: &Value| value["blocks"].as_array().cloned().unwrap_or_default();
    let mut parts = blocks(body);
    for attachment in body["attachments"].as_array().into_iter().flatten() {
        texts.extend(attachment["text"].as_str().map(str::to_owned));
        parts.extend(blocks(attachment));
    }
    for part in parts {
        texts.extend(part["text"]["text"].as_str().map(str::to_owned));
        let fields = part["fields"].as_array().cloned().unwrap_or_default();
        texts.extend(fields.iter().filter_map(|field| field["text"].as_str().map(str::to_owned)));
    }
    if texts.is_empty() {
        texts.push(body.to_string());
    }
    texts
}

/// Slack's own three escapes, as its clients show them.
fn unescaped(text: &str) -> String {
    text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
}

fn stamp(out: &mut String, one: &Received, word: &str) {
    let _ = write!(
        out,
        "<header><span>{} UTC</span><span>{} ({word})</span></header>",
        one.at.format("%Y-%m-%d %H:%M:%S"),
        one.status
    );
}

/// Incidents by their key: how each stands, and what was sent about it.
pub(super) fn pagerduty(state: &State) -> String {
    let mut out = head("PagerDuty");
    let all = state.journal.list(Some("pagerduty"));
    let mut incidents: Vec<(String, Vec<&Received>)> = Vec::new();
    for one in &all {
        let key = one.body["dedup_key"].as_str().unwrap_or("no key").to_owned();
        match incidents.iter_mut().find(|(known, _)| *known == key) {
            Some((_, events)) => events.push(one),
            None => incidents.push((key, vec![one])),
        }
    }
    if incidents.is_empty() {
        out.push_str(
            "<p>No event yet. Events of one key are one incident here, however often they are sent.</p>",
        );
    }
    for (key, events) in incidents.iter().rev().take(50) {
        incident(&mut out, key, events);
    }
    out.push_str("</body></html>");
    out
}

fn incident(out: &mut String, key: &str, events: &[&Received]) {
    let taken: Vec<&&Received> = events.iter().filter(|one| one.status == 202).collect();
    let standing = match taken.last().and_then(|one| one.body["event_action"].as_str()) {
        Some("trigger") => "triggered",
        Some("acknowledge") => "acknowledged",
        Some("resolve") => "resolved",
        _ => "not taken",
    };
    let class = if standing == "resolved" { "calm" } else { "loud" };
    let newest = events.iter().rev().find(|one| one.body["payload"].is_object());
    let payload = newest.map(|one| one.body["payload"].clone()).unwrap_or_default();
    let text = |field: &str| escape(payload[field].as_str().unwrap_or_default());
    let _ = write!(
        out,
        "<article class={class}><h2>{standing}: {}</h2><dl><dt>Severity<dd>{}<dt>Source<dd>{}<dt>Key<dd>{}",
        text("summary"),
        text("severity"),
        text("source"),
        escape(key)
    );
    for (name, value) in payload["custom_details"].as_object().into_iter().flatten() {
        let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let _ = write!(out, "<dt>{}<dd>{}", escape(name), escape(&value));
    }
    out.push_str("</dl>");
    for one in events.iter().rev().take(20) {
        stamp(
            out,
            one,
            one.body["event_action"].as_str().map_or("?", |action| match action {
                "trigger" => "trigger",
                "acknowledge" => "acknowledge",
                "resolve" => "resolve",
                _ => "?",
            }),
        );
    }
    out.push_str("</article>");
}
