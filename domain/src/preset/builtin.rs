//! The presets that ship with the program.

use super::{Mistake, Preset, parse};

/// Name and text of each file that ships.
pub fn builtin_files() -> [(&'static str, &'static str); 3] {
    [
        ("posthog.toml", include_str!("../../../presets/posthog.toml")),
        ("clay.toml", include_str!("../../../presets/clay.toml")),
        ("platform.toml", include_str!("../../../presets/platform.toml")),
    ]
}

/// The presets that ship. An error here is a mistake in the project's own files, which the tests rule out.
pub fn builtin() -> Result<Vec<Preset>, Vec<Mistake>> {
    let mut presets = Vec::new();
    let mut mistakes = Vec::new();
    for (name, text) in builtin_files() {
        match parse(name, text) {
            Ok(preset) => presets.push(preset),
            Err(found) => mistakes.extend(found),
        }
    }
    if mistakes.is_empty() { Ok(presets) } else { Err(mistakes) }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use std::collections::BTreeSet;

    use super::super::{Comparator, Phase, ProbeKind, Severity, StatementKind, Workload};
    use super::*;
    use crate::incident::targets::Targets;

    fn preset(key: &str) -> Preset {
        builtin().unwrap().into_iter().find(|preset| preset.key.as_str() == key).unwrap()
    }

    #[test]
    fn the_files_that_ship_hold_no_mistake() {
        assert_eq!(
            builtin()
                .map_err(|mistakes| mistakes.iter().map(ToString::to_string).collect::<Vec<_>>())
                .unwrap()
                .len(),
            3
        );
    }

    #[test]
    fn what_ships_asks_for_answers_as_the_defaults_do_and_says_so() {
        for (name, text) in builtin_files() {
            assert!(text.contains("\n[response]\nrespond = { p1 = \"15 min\""), "{name}");
            assert_eq!(parse(name, text).unwrap().response, Targets::default(), "{name}");
        }
    }

    #[test]
    fn an_integration_has_22_items_before_and_4_after_the_rollout() {
        for key in ["posthog", "clay"] {
            let preset = preset(key);
            let counts: Vec<_> =
                preset.sections.iter().map(|s| (s.key.as_str(), s.items.len(), s.phase)).collect();
            assert_eq!(
                counts,
                [
                    ("prerequisites", 4, Phase::BeforeRollout),
                    ("configuration", 5, Phase::BeforeRollout),
                    ("code-quality", 5, Phase::BeforeRollout),
                    ("infrastructure", 4, Phase::BeforeRollout),
                    ("documentation", 4, Phase::BeforeRollout),
                    ("outcome", 4, Phase::AfterRollout),
                ],
                "{key}"
            );
            let two: Vec<_> = preset
                .items()
                .filter(|item| item.statement == StatementKind::TwoSignatures)
                .map(|item| item.key.as_str())
                .collect();
            assert_eq!(two, ["production-keys", "keys-in-vault", "rollback-procedure"], "{key}");
        }
    }

    #[test]
    fn the_platform_has_28_items_in_five_groups_and_two_of_them_are_optional() {
        let preset = preset("platform");
        let counts: Vec<_> = preset.sections.iter().map(|s| (s.key.as_str(), s.items.len())).collect();
        assert_eq!(
            counts,
            [("integration", 6), ("security", 6), ("monitoring", 5), ("compliance", 6), ("backup", 5)]
        );
        let optional: Vec<_> =
            preset.items().filter(|item| !item.required).map(|item| item.key.as_str()).collect();
        assert_eq!(optional, ["waf", "reverse-proxy"]);
    }

    #[test]
    fn all_six_probes_are_used_where_a_vendor_can_be_asked() {
        let used: BTreeSet<_> = preset("posthog").items().filter_map(|item| item.probe).collect();
        assert_eq!(used, ProbeKind::ALL.into_iter().collect());
    }

    #[test]
    fn thresholds_are_the_documented_ones() {
        let conditions = |key: &str| -> Vec<_> {
            preset(key).thresholds.iter().map(|t| (t.key.to_string(), t.condition(), t.severity)).collect()
        };
        let row = |key: &str, condition: &str, severity| (key.to_owned(), condition.to_owned(), severity);
        let integration = [
            row("api-down", "> 10 per minute", Severity::P1),
            row("high-latency", "> 5000 ms", Severity::P2),
            row("rate-limited", "> 5 per minute", Severity::P2),
            row("auth-failures", "> 0 per minute", Severity::P1),
        ];
        assert_eq!(conditions("posthog"), integration);
        assert_eq!(conditions("clay"), integration);
        assert_eq!(
            conditions("platform"),
            [
                row("events-ingested", "< 50 % of baseline", Severity::P1),
                row("ingestion-latency", "> 30 s p95", Severity::P2),
                row("error-rate", "> 1 % of requests", Severity::P1),
                row("clickhouse-disk", "> 80 %", Severity::P2),
                row("kafka-lag", "> 100000 messages", Severity::P2),
                row("api-latency", "> 5 s p95", Severity::P2),
                row("sdk-failures", "> 5 % of page loads", Severity::P1),
                row("flag-evaluation", "> 500 ms p95", Severity::P2),
            ]
        );
    }

    #[test]
    fn queries_are_filled_with_the_workload_and_nothing_is_left_to_fill() {
        let workload =
            Workload { namespace: "n\"s".to_owned(), deployment: "d".to_owned(), container: "c".to_owned() };
        for preset in builtin().unwrap() {
            for threshold in &preset.thresholds {
                let query = threshold.query(&workload, Some("abc"));
                assert!(!query.contains("{{") && !query.contains("}}"), "{query}");
            }
        }
        let query = preset("posthog").thresholds[1].query(&workload, Some("abc"));
        assert!(query.contains("namespace=\"n\\\"s\",deployment=\"d\",pod_template_hash=\"abc\""), "{query}");
        assert!(query.contains("[60s]"), "{query}");
        assert!(!preset("posthog").thresholds[1].query(&workload, None).contains("pod_template_hash"));
    }

    #[test]
    fn a_breach_is_strictly_beyond_the_limit_and_nan_is_none() {
        for (comparator, value, breached) in [
            (Comparator::Above, 10.0, false),
            (Comparator::Above, 10.1, true),
            (Comparator::Below, 10.0, false),
            (Comparator::Below, 9.9, true),
            (Comparator::Above, f64::NAN, false),
            (Comparator::Below, f64::NAN, false),
        ] {
            assert_eq!(comparator.breached(value, 10.0), breached, "{comparator} {value}");
        }
    }
}
