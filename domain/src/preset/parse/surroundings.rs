//! What a preset says about the outside: the vendor, the workload, and what can be set in it during an incident.

use super::super::fields::{At, Fields, Report};
use super::super::rules::{is_address, is_domain, is_label, is_path, is_variable};
use super::super::{EnvSetting, Mitigations, Vendor, WorkloadDefaults};
use super::MAX_TITLE;
use crate::id::is_slug;

pub(super) fn vendor(report: &mut Report, mut table: Fields) -> Option<Vendor> {
    let name = table.text(report, "name", MAX_TITLE);
    let service = table.text(report, "service", 64);
    let api = address(report, &mut table, "api");
    let capture = address(report, &mut table, "capture");
    let status_page = address(report, &mut table, "status_page");
    let domains = domains(report, &mut table);
    let scopes = table.texts(report, "scopes", 80).into_iter().map(|scope| scope.value).collect();
    let key_names = variables(report, &mut table, "key_names");
    let webhook_names = variables(report, &mut table, "webhook_names");
    table.done(report);
    Some(Vendor {
        name: name?.value,
        service: service?.value,
        api,
        capture,
        status_page,
        domains,
        scopes,
        key_names,
        webhook_names,
    })
}

/// An https address without a slash at its end.
fn address(report: &mut Report, table: &mut Fields, name: &'static str) -> Option<String> {
    let address = table.text_if(report, name, 400)?;
    if is_address(&address.value) {
        return Some(address.value.trim_end_matches('/').to_owned());
    }
    report.wrong(address.at, format!("{}: \"{name}\" has to be an https:// address", table.place()));
    None
}

/// Names of hosts below which everything belongs to the vendor.
fn domains(report: &mut Report, table: &mut Fields) -> Vec<String> {
    let names = table.texts(report, "domains", 253);
    names
        .into_iter()
        .filter_map(|name| {
            checked(report, table, "domains", name, is_domain, "a domain such as \"posthog.com\"")
        })
        .collect()
}

/// A list of names of environment variables.
fn variables(report: &mut Report, table: &mut Fields, name: &'static str) -> Vec<String> {
    let names = table.texts(report, name, 128);
    names
        .into_iter()
        .filter_map(|variable| {
            checked(report, table, name, variable, is_variable, "the name of an environment variable")
        })
        .collect()
}

fn checked(
    report: &mut Report,
    table: &Fields,
    name: &str,
    text: At<String>,
    is_right: fn(&str) -> bool,
    wanted: &str,
) -> Option<String> {
    if is_right(&text.value) {
        return Some(text.value);
    }
    report.wrong(text.at, format!("{}: \"{name}\": \"{}\" is not {wanted}", table.place(), text.value));
    None
}

pub(super) fn workload(report: &mut Report, mut table: Fields) -> Option<WorkloadDefaults> {
    let mut name = |report: &mut Report, name: &'static str| {
        let text = table.text(report, name, 63)?;
        checked(report, &table, name, text, is_label, "a Kubernetes name (small letters, digits and hyphens)")
    };
    let namespace = name(report, "namespace");
    let deployment = name(report, "deployment");
    let container = name(report, "container");
    let health_path = table.text(report, "health_path", 200);
    let health_path = health_path
        .and_then(|path| checked(report, &table, "health_path", path, is_path, "a path that begins with /"));
    let given = table.texts(report, "environments", 40);
    if given.is_empty() {
        report.missing(table.at, "[workload]: \"environments\" has to name at least one");
    }
    let mut environments = Vec::new();
    for environment in given {
        let at = environment.at;
        if let Some(word) =
            checked(report, &table, "environments", environment, is_slug, "a name like \"production\"")
        {
            if environments.contains(&word) {
                report.wrong(at, format!("[workload]: environment \"{word}\" is named twice"));
            } else {
                environments.push(word);
            }
        }
    }
    table.done(report);
    Some(WorkloadDefaults {
        namespace: namespace?,
        deployment: deployment?,
        container: container?,
        health_path: health_path?,
        environments,
    })
}

pub(super) fn mitigations(report: &mut Report, mut table: Fields) -> Mitigations {
    let mut setting = |report: &mut Report, name: &'static str| {
        let mut setting = table.table_if(report, name)?;
        let variable = setting.text(report, "name", 128);
        let variable = variable.and_then(|text| {
            checked(report, &setting, "name", text, is_variable, "the name of an environment variable")
        });
        let value = setting.text(report, "value", 200);
        setting.done(report);
        Some(EnvSetting { name: variable?, value: value?.value })
    };
    let mitigations =
        Mitigations { rate_limit: setting(report, "rate_limit"), fallback: setting(report, "fallback") };
    table.done(report);
    mitigations
}
