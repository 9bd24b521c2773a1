//! By when a preset asks for answers to incidents. What it does not say is as the defaults have it.

use super::super::Severity;
use super::super::fields::{Fields, Report};
use crate::incident::targets::{Targets, Times, Within};

pub(super) fn response(report: &mut Report, mut table: Fields) -> Targets {
    let mut targets = Targets::default();
    times(report, &mut table, "respond", &mut targets.respond);
    times(report, &mut table, "update_every", &mut targets.update_every);
    table.done(report);
    targets
}

/// `name = { p1 = "15 min", … }`.
fn times(report: &mut Report, response: &mut Fields, name: &'static str, times: &mut Times) {
    let Some(mut table) = response.table_if(report, name) else { return };
    table.call(format!("[response.{name}]"));
    for severity in Severity::ALL {
        if let Some(within) = table.word_if::<Within>(report, severity.as_str()) {
            *times.of_mut(severity) = within.value;
        }
    }
    table.done(report);
}
