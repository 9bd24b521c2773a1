//! The queries of the presets, asked of Prometheus' own test tool (`promtool`, in Debian's package `prometheus`):
//! what they answer when errors begin, when pods come and go, and when there is nothing to answer from.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "tests")]

use std::path::Path;
use std::process::Command;

use gantry_domain::preset::{Preset, ThresholdSpec, Workload, builtin};
use serde_json::{Value, json};

fn workload() -> Workload {
    Workload { namespace: "n".to_owned(), deployment: "d".to_owned(), container: "c".to_owned() }
}

fn preset(key: &str) -> Preset {
    builtin().unwrap().into_iter().find(|preset| preset.key.as_str() == key).unwrap()
}

/// Runs `promtool` on a file with `content` and returns its words, or them as an error.
fn promtool(arguments: &[&str], file: &str, content: &Value) -> Result<(), String> {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(file);
    std::fs::write(&path, content.to_string()).unwrap();
    let output = Command::new("promtool")
        .args(arguments)
        .arg(&path)
        .output()
        .expect("promtool is needed for this test: install Debian's package prometheus");
    if output.status.success() {
        return Ok(());
    }
    let words = [output.stdout, output.stderr].concat();
    Err(String::from_utf8_lossy(&words).into_owned())
}

/// A counter of pod `pod` for answers with `code`, one value per 10 s from 0 s on.
fn counter(pod: &str, code: &str, values: &str) -> Value {
    let series =
        format!("http_requests_total{{namespace=\"n\",deployment=\"d\",pod=\"{pod}\",code=\"{code}\"}}");
    json!({ "series": series, "values": values })
}

/// Asserts what threshold `key` of the PostHog preset reads at some times, given in seconds.
fn reads(name: &str, key: &str, series: &[Value], readings: &[(u32, Option<f64>)]) {
    reads_over(60, name, key, series, readings);
}

/// The same with another window.
fn reads_over(window: u32, name: &str, key: &str, series: &[Value], readings: &[(u32, Option<f64>)]) {
    let posthog = preset("posthog");
    let threshold = posthog.thresholds.iter().find(|threshold| threshold.key.as_str() == key).unwrap();
    let threshold = ThresholdSpec { window_seconds: window, ..threshold.clone() };
    let query = threshold.query(&workload(), None);
    let evaluations: Vec<_> = readings
        .iter()
        .map(|(at, value)| {
            let samples: Vec<_> =
                value.iter().map(|value| json!({ "labels": "{}", "value": value })).collect();
            json!({ "expr": query, "eval_time": format!("{at}s"), "exp_samples": samples })
        })
        .collect();
    let test =
        json!({ "name": name, "interval": "10s", "input_series": series, "promql_expr_test": evaluations });
    let file = json!({ "evaluation_interval": "10s", "tests": [test] });
    if let Err(words) = promtool(&["test", "rules"], &format!("{}.json", name.replace(' ', "-")), &file) {
        panic!("{name}: {words}");
    }
}

#[test]
fn every_query_that_ships_is_promql() {
    for preset in builtin().unwrap() {
        let rules: Vec<_> = preset
            .thresholds
            .iter()
            .map(|threshold| {
                let record = format!("t:{}", threshold.key.as_str().replace('-', "_"));
                json!({ "record": record, "expr": threshold.query(&workload(), Some("abc")) })
            })
            .collect();
        let file = json!({ "groups": [{ "name": preset.key.as_str(), "rules": rules }] });
        if let Err(words) = promtool(&["check", "rules"], &format!("rules-{}.json", preset.key), &file) {
            panic!("{}: {words}", preset.key);
        }
    }
}

#[test]
fn a_workload_that_nobody_scrapes_has_no_reading() {
    reads("nothing scraped", "api-down", &[], &[(300, None)]);
    let gone = [counter("a", "200", "0+10x20 stale")];
    reads("scraping ended", "api-down", &gone, &[(200, Some(0.0)), (250, None)]);
}

#[test]
fn a_workload_without_a_single_error_reads_zero_after_one_window() {
    let series = [counter("a", "200", "0+10x60")];
    reads("no error", "api-down", &series, &[(0, None), (30, None), (70, Some(0.0)), (300, Some(0.0))]);
}

#[test]
fn the_very_first_refused_key_is_seen() {
    let series = [counter("a", "200", "0+10x60"), counter("a", "401", "_x30 1x30")];
    reads(
        "first 401",
        "auth-failures",
        &series,
        &[(290, Some(0.0)), (300, Some(1.0)), (350, Some(1.0)), (360, Some(0.0))],
    );
    let series = [counter("a", "200", "0+10x60"), counter("a", "403", "_x30 1x30")];
    reads("first 403", "auth-failures", &series, &[(300, Some(1.0))]);
}

#[test]
fn a_new_pod_that_errs_from_its_start_counts_in_whole() {
    let series = [counter("a", "200", "0+10x60"), counter("b", "503", "_x20 7+1x30")];
    reads(
        "born above zero",
        "api-down",
        &series,
        &[(190, Some(0.0)), (200, Some(7.0)), (250, Some(12.0)), (260, Some(6.0))],
    );
}

#[test]
fn a_restarted_container_neither_hides_errors_nor_makes_them_negative() {
    let series = [counter("a", "200", "0+10x60"), counter("a", "500", "100x30 3x30")];
    reads("reset", "api-down", &series, &[(290, Some(0.0)), (310, Some(3.0))]);
}

#[test]
fn pods_that_leave_during_a_rollout_do_not_hide_the_errors_of_others() {
    let series = [
        counter("a", "200", "0+10x60"),
        counter("old", "500", "0+2x20 stale"),
        counter("new", "500", "0+1x60"),
    ];
    reads("old pod leaves", "api-down", &series, &[(200, Some(18.0)), (250, Some(6.0))]);
}

#[test]
fn after_an_outage_of_prometheus_old_errors_are_not_taken_for_new_ones() {
    let series =
        [counter("a", "200", "0+10x10 stale _x30 900+10x30"), counter("a", "500", "0x10 stale _x30 400x30")];
    reads("back after an outage", "api-down", &series, &[(430, None), (470, None), (490, Some(0.0))]);
}

#[test]
fn rate_limits_are_counted_apart_from_other_refusals() {
    let series =
        [counter("a", "200", "0+10x60"), counter("a", "429", "0+1x60"), counter("a", "404", "0+9x60")];
    reads("429", "rate-limited", &series, &[(300, Some(6.0))]);
}

#[test]
fn a_shorter_window_still_reads_per_minute() {
    let series = [counter("a", "200", "0+10x60"), counter("a", "500", "0+2x60")];
    reads("one minute", "api-down", &series, &[(300, Some(12.0))]);
    reads_over(20, "twenty seconds", "api-down", &series, &[(30, Some(12.0)), (300, Some(12.0))]);
}
