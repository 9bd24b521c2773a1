//! What follows from a change of a threshold: kept, and told to incidents in the same transaction.

use chrono::{DateTime, Utc};
use gantry_domain::alert::{Event, OnFiring, Rule, Standing};
use gantry_domain::incident::opening::{Recurrence, TIME_TO_GO};

use super::Outcome;
use crate::services::incidents::Desk;
use crate::services::incidents::opening::{self, Cleared, Fired};
use crate::services::incidents::readings::{self, Read};
use crate::store::integrations::Integration;
use crate::store::{StoreError, Tx, alert_states, incidents};

/// A threshold whose state changed.
pub(super) struct Changed {
    pub(super) integration: Option<Integration>,
    pub(super) rule: Rule,
    pub(super) standing: Standing,
    pub(super) outcome: Outcome,
}

impl Changed {
    /// Keeps the change, and tells incidents of it.
    pub(super) async fn store(&self, tx: &mut Tx, desk: &Desk) -> Result<(), StoreError> {
        if let Some(transition) = &self.outcome.transition {
            alert_states::add_transition(tx, self.outcome.id, &self.standing, transition).await?;
        }
        let Some(integration) = &self.integration else { return Ok(()) };
        if self.outcome.event == Some(Event::Cleared) {
            let cleared = Cleared {
                integration: integration.id,
                threshold_key: self.rule.spec.key.clone(),
                sentence: self.outcome.sentence.clone(),
                at: self.standing.asked_at,
            };
            opening::threshold_cleared(tx, &cleared).await?;
        }
        if self.rule.on_firing != OnFiring::Incident {
            return Ok(());
        }
        if let Some(reading) = self.outcome.reading {
            let read = Read {
                integration: integration.id,
                threshold_key: self.rule.spec.key.clone(),
                version: self.standing.version,
                reading,
                value: self.standing.value.filter(|_| self.standing.why.is_none()),
                sentence: self.outcome.sentence.clone(),
                at: self.standing.asked_at,
            };
            readings::threshold_read(tx, &read).await?;
        }
        let how = match self.outcome.event {
            Some(Event::Fired) => Recurrence::CameBack,
            Some(Event::FiresAsChanged) => Recurrence::RuleChanged,
            Some(Event::Cleared) | None => return Ok(()),
        };
        let fired = fired(integration, &self.rule, &self.standing, self.outcome.sentence.clone());
        opening::threshold_fires(tx, desk, &fired, how).await?;
        Ok(())
    }
}

/// Opens again what was resolved a while ago although it is among what fires.
pub(super) async fn open_what_goes_on(
    tx: &mut Tx,
    desk: &Desk,
    firing: &[Fired],
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    if firing.is_empty() {
        return Ok(());
    }
    let left = incidents::left_firing(tx, now - TIME_TO_GO).await?;
    let is_left = |fired: &&Fired| {
        left.iter().any(|(of, key)| *of == fired.integration && *key == fired.threshold_key.as_str())
    };
    for fired in firing.iter().filter(is_left) {
        opening::threshold_fires(tx, desk, fired, Recurrence::NeverLeft).await?;
    }
    Ok(())
}

/// What incidents are told of a threshold that fires.
pub(super) fn fired(integration: &Integration, rule: &Rule, standing: &Standing, sentence: String) -> Fired {
    let spec = &rule.spec;
    Fired {
        integration: integration.id,
        preset: integration.preset.clone(),
        threshold_key: spec.key.clone(),
        threshold_name: spec.name.clone(),
        version: standing.version,
        severity: spec.severity,
        value: standing.value.filter(|_| standing.why.is_none()),
        sentence,
        at: standing.asked_at,
    }
}
