//! A pod's metrics in Prometheus' text format.

use std::fmt::Write as _;

use super::{CODES, Counts, latency};

/// Renders what a pod counted.
pub(crate) fn render(counts: &Counts) -> String {
    let mut out = String::with_capacity(2048);
    out.push_str("# HELP integration_up Whether the integration serves requests.\n# TYPE integration_up gauge\nintegration_up 1\n");
    out.push_str("# HELP http_requests_total Requests by status code.\n# TYPE http_requests_total counter\n");
    for (code, count) in CODES.into_iter().zip(counts.codes) {
        let _ = writeln!(out, "http_requests_total{{code=\"{code}\",method=\"POST\"}} {}", count.floor());
    }
    out.push_str("# HELP http_request_duration_seconds Latency of requests.\n# TYPE http_request_duration_seconds histogram\n");
    let mut below = 0.0;
    for (bound, count) in latency::BOUNDS.into_iter().zip(counts.buckets) {
        below += count;
        let _ = writeln!(out, "http_request_duration_seconds_bucket{{le=\"{bound}\"}} {below:.3}");
    }
    let total: f64 = counts.buckets.iter().sum();
    let _ = writeln!(out, "http_request_duration_seconds_bucket{{le=\"+Inf\"}} {total:.3}");
    let _ = writeln!(out, "http_request_duration_seconds_sum {:.6}", counts.seconds);
    let _ = writeln!(out, "http_request_duration_seconds_count {total:.3}");
    out
}
