//! Every address of the program with the method it takes and the least role that it needs. The router is built from
//! this table and from nothing else, so there is no address that is not in it.

use axum::routing::{MethodFilter, MethodRouter, on};
use gantry_domain::actor::Role;

use super::{
    App, admin_audit, admin_channels, admin_integrations, admin_people, assets, console, events, evidence,
    export, first_admin, gate, go_lives, health, import, incidents, items, mitigations, oidc, overview,
    panel, plan, postmortem, preflight, release, rollout, sign_in, status, thresholds, thresholds_import,
    tour, triage,
};
use crate::auth::oidc::BACK;

/// What an address needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Least {
    /// Nobody in particular.
    Public,
    /// A signed-in person of at least this role.
    Role(Role),
}

/// How an address is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// Reads, and changes nothing.
    Get,
    /// Changes something.
    Post,
}

impl Method {
    pub(super) fn filter(self) -> MethodFilter {
        match self {
            Self::Get => MethodFilter::GET,
            Self::Post => MethodFilter::POST,
        }
    }
}

/// One address.
#[derive(Clone, Copy, Debug)]
pub struct Route {
    /// How it is used.
    pub method: Method,
    /// Its path, with `{names}` for the parts that vary.
    pub path: &'static str,
    /// What it needs.
    pub least: Least,
    /// Whether it needs to know who asks. Those that do not are answered without a look at the session.
    pub session: bool,
    pub(super) handler: fn(MethodFilter) -> MethodRouter<App>,
}

const PUBLIC: Least = Least::Public;
const READ: Least = Least::Role(Role::Stakeholder);
const WORK: Least = Least::Role(Role::ReleaseManager);
const RULE: Least = Least::Role(Role::Admin);

macro_rules! routes {
    ($($method:ident $path:tt $least:ident $session:literal $($handler:ident)::+;)+) => {
        &[$(Route {
            method: Method::$method,
            path: $path,
            least: $least,
            session: $session,
            handler: |method| on(method, $($handler)::+),
        },)+]
    };
}

/// The table.
pub const TABLE: &[Route] = routes! {
    Get "/" READ true overview::show;
    Get "/sign-in" PUBLIC true sign_in::form;
    Post "/sign-in" PUBLIC true sign_in::enter;
    Get "/sign-in/oidc" PUBLIC true oidc::leave;
    Get BACK PUBLIC true oidc::back;
    Post "/sign-out" PUBLIC true sign_in::leave;
    Get "/first-admin/{token}" PUBLIC false first_admin::form;
    Post "/first-admin" PUBLIC true first_admin::accept;
    Get "/go-lives" READ true go_lives::list;
    Post "/go-lives" WORK true go_lives::open;
    Get "/go-lives/new" WORK true go_lives::form;
    Get "/go-lives/import" WORK true import::form;
    Post "/go-lives/import" WORK true import::preview;
    Get "/go-lives/{id}" READ true console::show;
    Post "/go-lives/{id}/override" RULE true gate::override_gate;
    Post "/go-lives/{id}/release" WORK true release::change;
    Post "/go-lives/{id}/plan" WORK true plan::change;
    Post "/go-lives/{id}/preflight" WORK true preflight::look;
    Post "/go-lives/{id}/preflight/override" RULE true preflight::override_it;
    Post "/go-lives/{id}/start" WORK true rollout::start;
    Post "/go-lives/{id}/rollout/{ask}" WORK true rollout::ask;
    Get "/go-lives/{id}/print" READ true export::print;
    Get "/go-lives/{id}/export.md" READ true export::markdown;
    Get "/go-lives/{id}/export.csv" READ true export::csv;
    Get "/go-lives/{id}/items/{item}" READ true items::history;
    Post "/go-lives/{id}/items/{item}/tick" READ true items::tick;
    Post "/go-lives/{id}/items/{item}/sign" READ true items::sign;
    Post "/go-lives/{id}/items/{item}/counter-sign" READ true items::counter_sign;
    Post "/go-lives/{id}/items/{item}/not-applicable" READ true items::not_applicable;
    Post "/go-lives/{id}/items/{item}/withdraw" READ true items::withdraw;
    Get "/thresholds" READ true thresholds::list;
    Get "/thresholds/import" RULE true thresholds_import::form;
    Post "/thresholds/import" RULE true thresholds_import::import;
    Get "/thresholds/export.yaml" READ true thresholds_import::export;
    Get "/thresholds/{id}" READ true thresholds::show;
    Post "/thresholds/{id}" RULE true thresholds::change;
    Post "/thresholds/{id}/approve" RULE true thresholds::approve;
    Post "/thresholds/{id}/refuse" RULE true thresholds::refuse;
    Get "/incidents" READ true incidents::list;
    Post "/incidents" WORK true incidents::open;
    Get "/incidents/new" WORK true incidents::form;
    Get "/incidents/{id}" READ true incidents::show;
    Get "/incidents/{id}/timeline.md" READ true incidents::markdown;
    Get "/incidents/{id}/timeline.json" READ true incidents::json;
    Post "/incidents/{id}/acknowledge" WORK true incidents::acknowledge;
    Post "/incidents/{id}/state" WORK true incidents::state;
    Post "/incidents/{id}/severity" WORK true incidents::severity;
    Post "/incidents/{id}/command" WORK true incidents::command;
    Post "/incidents/{id}/hand-over" WORK true incidents::hand_over;
    Post "/incidents/{id}/notes" WORK true incidents::note;
    Post "/incidents/{id}/notes/{entry}" WORK true incidents::edit;
    Get "/incidents/{id}/update" WORK true incidents::write_update;
    Post "/incidents/{id}/update" WORK true incidents::send_update;
    Post "/incidents/{id}/messages/{message}" WORK true incidents::send_again;
    Get "/status" PUBLIC false status::show;
    Get "/status.json" PUBLIC false status::data;
    Get "/status.atom" PUBLIC false status::feed;
    Get "/incidents/{id}/triage" READ true triage::show;
    Post "/incidents/{id}/triage" WORK true triage::look;
    Post "/incidents/{id}/triage/{question}" WORK true triage::answer;
    Get "/incidents/{id}/actions" READ true mitigations::list;
    Get "/incidents/{id}/actions/{offer}" WORK true mitigations::rehearse;
    Post "/incidents/{id}/actions/{offer}" WORK true mitigations::act;
    Get "/incidents/{id}/actions/replace-key/{secret}/{key}" WORK true mitigations::rehearse_key;
    Post "/incidents/{id}/actions/replace-key/{secret}/{key}" WORK true mitigations::replace_key;
    Get "/incidents/{id}/actions/remove/{mitigation}" WORK true mitigations::rehearse_removal;
    Post "/incidents/{id}/actions/remove/{mitigation}" WORK true mitigations::remove;
    Post "/incidents/{id}/ask-admin" WORK true mitigations::ask_admin;
    Get "/incidents/{id}/evidence" READ true evidence::show;
    Post "/incidents/{id}/evidence" WORK true evidence::collect;
    Post "/incidents/{id}/evidence/{bundle}/again" WORK true evidence::again;
    Get "/incidents/{id}/evidence/{bundle}/bundle.zip" WORK true evidence::file;
    Get "/incidents/{id}/postmortem" READ true postmortem::show;
    Get "/incidents/{id}/postmortem.md" READ true postmortem::markdown;
    Post "/incidents/{id}/postmortem/sections/{section}" WORK true postmortem::save;
    Post "/incidents/{id}/postmortem/items" WORK true postmortem::add_item;
    Post "/incidents/{id}/postmortem/items/{item}/{ask}" WORK true postmortem::mark_item;
    Get "/events" READ true events::stream;
    Get "/assets/{file}" PUBLIC false assets::serve;
    Get "/health" READ true panel::show;
    Get "/admin" RULE true admin_people::entrance;
    Get "/admin/people" RULE true admin_people::list;
    Post "/admin/people" RULE true admin_people::invite;
    Post "/admin/people/{id}/{what}" RULE true admin_people::change;
    Get "/admin/integrations" RULE true admin_integrations::list;
    Get "/admin/integrations/{id}" RULE true admin_integrations::show;
    Post "/admin/integrations/{id}" RULE true admin_integrations::change;
    Post "/admin/integrations/{id}/clear/{setting}" RULE true admin_integrations::clear;
    Post "/admin/integrations/{id}/restore" RULE true admin_integrations::restore;
    Get "/admin/channels" RULE true admin_channels::list;
    Post "/admin/channels/{channel}/test" RULE true admin_channels::test;
    Get "/admin/audit" RULE true admin_audit::show;
    Post "/admin/audit/verify" RULE true admin_audit::verify;
    Get "/admin/audit.csv" RULE true admin_audit::csv;
    Get "/admin/audit.json" RULE true admin_audit::json;
    Get "/welcome/{token}" PUBLIC true admin_people::welcome;
    Post "/welcome" PUBLIC true admin_people::choose;
    Post "/tour" READ true tour::ask;
    Get "/livez" PUBLIC false health::alive;
    Get "/readyz" PUBLIC false health::ready;
    Get "/health.json" PUBLIC false health::document;
};
