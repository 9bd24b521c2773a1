//! What follows from a change of a threshold: kept, and told to incidents in the same transaction.

use gantry_domain::alert::{Event, OnFiring, Rule, Standing};

use super::Outcome;
use crate::services::incidents::Desk;
use crate::services::incidents::opening::{self, Cleared, Fired};
use crate::services::incidents::readings::{self, Read};
use crate::store::integrations::Integration;
use crate::store::{StoreError, Tx, alert_states};

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
        if self.rule.on_firing != OnFiring::Incident {
            return Ok(());
        }
        let spec = &self.rule.spec;
        if let Some(reading) = self.outcome.reading {
            let read = Read {
                integration: integration.id,
                threshold_key: spec.key.clone(),
                version: self.standing.version,
                reading,
                value: self.standing.value.filter(|_| self.standing.why.is_none()),
                sentence: self.outcome.sentence.clone(),
                at: self.standing.asked_at,
            };
            readings::threshold_read(tx, &read).await?;
        }
        match self.outcome.event {
            None => {}
            Some(Event::Fired) => {
                let fired = Fired {
                    integration: integration.id,
                    preset: integration.preset.clone(),
                    threshold_key: spec.key.clone(),
                    threshold_name: spec.name.clone(),
                    version: self.standing.version,
                    severity: spec.severity,
                    value: self.standing.value.filter(|_| self.standing.why.is_none()),
                    sentence: self.outcome.sentence.clone(),
                    at: self.standing.asked_at,
                };
                opening::threshold_fired(tx, desk, &fired).await?;
            }
            Some(Event::Cleared) => {
                let cleared = Cleared {
                    integration: integration.id,
                    threshold_key: spec.key.clone(),
                    sentence: self.outcome.sentence.clone(),
                    at: self.standing.asked_at,
                };
                opening::threshold_cleared(tx, &cleared).await?;
            }
        }
        Ok(())
    }
}
