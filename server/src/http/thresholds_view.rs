//! Thresholds as their pages show them.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use gantry_app::features::thresholds::model::{
    Compared, Edit, Evaluator, Group, Model, OneModel, Proposal, Row, Transition, Tried,
};
use gantry_app::refusal::Refusal;
use gantry_app::ui::state::Tone;
use gantry_app::ui::time;
use gantry_domain::alert::{State, loosenings};
use gantry_domain::preset::Preset;

use crate::services::thresholds::{self, Listed, Overview, PERIOD_SECONDS, Seen, trial};
use crate::store::alert_states::{Round, SAMPLE_SECONDS, SAMPLES};
use crate::store::integrations::Integration;

/// How the evaluator is: running, running without answers, or stopped.
pub(super) fn evaluator(round: Option<&Round>, now: DateTime<Utc>) -> Evaluator {
    let shown = |tone, word, sentence: String| Evaluator {
        tone,
        word,
        sentence,
        taken_at: round.map(|round| round.began_at),
        period_seconds: round.map_or(PERIOD_SECONDS, |round| round.period_seconds),
        stopped: false,
    };
    let Some(round) = round else {
        let sentence = "It has not run yet; thresholds are unknown until it does.".to_owned();
        return shown(Tone::Unknown, "not run yet", sentence);
    };
    if time::is_stale(round.began_at, round.period_seconds, now) {
        let sentence = format!("It should run every {} s.", round.period_seconds);
        return Evaluator { stopped: true, ..shown(Tone::Bad, "stopped", sentence) };
    }
    let problem = round.problem.as_deref().unwrap_or("no reason was given");
    match round.failed {
        0 => shown(
            Tone::Good,
            "running",
            format!("{} thresholds by {} queries in {} ms", round.thresholds, round.queries, round.took_ms),
        ),
        failed if failed == round.queries => shown(Tone::Bad, "without answers", format!("{problem}.")),
        failed => shown(
            Tone::Warning,
            "partly without answers",
            format!("{failed} of {} queries failed: {problem}.", round.queries),
        ),
    }
}

/// The table; `show` leaves one state only.
pub(super) fn table(
    overview: Overview,
    presets: &[Preset],
    show: Option<State>,
    may_edit: bool,
    now: DateTime<Utc>,
) -> Model {
    let mut counts: BTreeMap<State, usize> = BTreeMap::new();
    let mut groups: Vec<Group> = Vec::new();
    for listed in overview.thresholds {
        let integration = listed.stored.integration;
        let row = row(listed, now);
        *counts.entry(row.state).or_default() += 1;
        if show.is_some_and(|show| show != row.state) {
            continue;
        }
        if let Some(group) = groups.last_mut().filter(|group| group.integration == integration) {
            group.rows.push(row);
        } else if let Some(known) = overview.integrations.get(&integration) {
            groups.push(Group {
                integration,
                name: name(known, presets),
                environment: known.environment.clone(),
                rows: vec![row],
            });
        }
    }
    let evaluator = evaluator(overview.round.as_ref(), now);
    Model { evaluator, groups, counts, show, may_edit, notice: None }
}

/// The name of an integration: its workload's, else its preset's.
pub(super) fn name(integration: &Integration, presets: &[Preset]) -> String {
    if let Some(workload) = &integration.workload {
        return workload.deployment.clone();
    }
    let preset = presets.iter().find(|preset| preset.key == integration.preset);
    preset.map_or_else(|| integration.preset.to_string(), |preset| preset.name.clone())
}

fn row(listed: Listed, now: DateTime<Utc>) -> Row {
    let (state, why) = thresholds::shown(listed.standing.as_ref(), now);
    let standing = listed.standing;
    let from = thresholds::samples_from(now);
    let values: BTreeMap<i64, f64> =
        listed.samples.iter().map(|(at, worst)| (at.timestamp(), *worst)).collect();
    let curve = (0..SAMPLES)
        .map(|index| {
            let at = (from + TimeDelta::seconds(index * SAMPLE_SECONDS)).timestamp();
            (at, values.get(&at).copied())
        })
        .collect();
    Row {
        id: listed.stored.id,
        version: listed.stored.version,
        state,
        why,
        since: standing.as_ref().map(|standing| standing.since),
        asked_at: standing.as_ref().map(|standing| standing.asked_at),
        value: standing.as_ref().and_then(|standing| standing.value),
        value_at: standing.as_ref().and_then(|standing| standing.value_at),
        from_backup: standing.as_ref().is_some_and(|standing| standing.from_backup),
        period_seconds: PERIOD_SECONDS,
        curve,
        proposed: listed.proposed,
    }
}

/// One threshold with its form, where this person may edit.
pub(super) fn one(
    seen: Seen,
    presets: &[Preset],
    edit: Option<Edit>,
    refusal: Option<Refusal>,
    now: DateTime<Utc>,
) -> OneModel {
    let workload = thresholds::workload(&seen.integration, presets);
    let present = seen.listed.stored.version.rule.clone();
    let proposal = seen.proposal.map(|proposal| Proposal {
        id: proposal.id.to_string(),
        base_version: proposal.base_version,
        loosenings: loosenings(&present, &proposal.rule),
        rule: proposal.rule,
        at: proposal.at,
        by: proposal.by,
        why: proposal.why,
        trial: None,
        shown: String::new(),
    });
    let transition = |changed: crate::store::alert_states::Changed| Transition {
        at: changed.at,
        from: changed.from,
        to: changed.to,
        version: changed.version,
        sentence: changed.sentence,
    };
    OneModel {
        evaluator: evaluator(seen.round.as_ref(), now),
        row: row(seen.listed, now),
        integration: name(&seen.integration, presets),
        environment: seen.integration.environment,
        query: present.spec.query(&workload, None),
        versions: seen.versions,
        proposal,
        restoring: None,
        transitions: seen.transitions.into_iter().map(transition).collect(),
        edit,
        refusal,
    }
}

/// A replay.
pub(super) fn compared(compared: trial::Compared) -> Compared {
    let tried = |tried: trial::Tried| Tried {
        points: tried.points.iter().map(|(at, value)| (at.timestamp(), *value)).collect(),
        rule: tried.rule,
        replay: tried.replay,
    };
    Compared {
        from: compared.from.timestamp(),
        to: compared.to.timestamp(),
        back: compared.back.word(),
        old: tried(compared.old),
        new: tried(compared.new),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_evaluator_that_stopped_is_shown_as_stopped_and_one_without_answers_as_such() {
        let now = DateTime::from_timestamp(1_800_000_000, 0).unwrap_or_default();
        let round = |age: i64, failed| Round {
            began_at: now - TimeDelta::seconds(age),
            took_ms: 12,
            own_us: 900,
            period_seconds: 15,
            thresholds: 4,
            queries: 3,
            failed,
            problem: (failed > 0).then(|| "timed out".to_owned()),
        };
        let table = [
            (Some(round(30, 0)), Tone::Good, "running", false),
            (Some(round(31, 0)), Tone::Bad, "stopped", true),
            (Some(round(1, 3)), Tone::Bad, "without answers", false),
            (Some(round(1, 1)), Tone::Warning, "partly without answers", false),
            (None, Tone::Unknown, "not run yet", false),
        ];
        for (round, tone, word, stopped) in table {
            let shown = evaluator(round.as_ref(), now);
            assert_eq!((shown.tone, shown.word, shown.stopped), (tone, word, stopped));
        }
    }
}
