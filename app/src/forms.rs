//! The addresses that forms post to, their ids on the page, and the names of their fields: the one place where
//! pages and the server agree on them.
//!
//! Every form carries `key` (idempotency). Forms about an item carry `seen`, the version of the item that the page
//! showed; forms about the go-live as a whole carry `seen`, the version of the go-live.

use gantry_domain::id::{ActionItemId, BundleId, IntegrationId, MitigationId, UserId};
use gantry_domain::id::{EntryId, GoLiveId, IncidentId, ItemKey, MessageId, ThresholdId};
use gantry_domain::mitigation::Offer;

/// The first page after signing in: what needs whom.
pub const OVERVIEW: &str = "/";
/// How the panel itself is; `/health.json` is the same for machines.
pub const HEALTH: &str = "/health";
/// What admins look after: people, integrations, channels, the audit log.
pub const ADMIN: &str = "/admin";
/// Everybody; posting adds somebody: `login`, `name`, `role`.
pub const PEOPLE: &str = "/admin/people";
/// Integrations, and what is said of each instead of its preset.
pub const INTEGRATIONS: &str = "/admin/integrations";

/// One integration; posting says something else of it: the words of `preset::overlay::Setting`, `why`, `seen`.
pub fn integration(id: IntegrationId) -> String {
    format!("{INTEGRATIONS}/{id}")
}

/// Has one value be the preset's again (post): `seen`.
pub fn clear_integration(id: IntegrationId, setting: &str) -> String {
    format!("{INTEGRATIONS}/{id}/clear/{setting}")
}

/// Has everything be as in an earlier version (post): `version`, `seen`.
pub fn restore_integration(id: IntegrationId) -> String {
    format!("{INTEGRATIONS}/{id}/restore")
}

/// The channels that people are told by.
pub const CHANNELS: &str = "/admin/channels";

/// Sends a test to a channel (post).
pub fn test_channel(channel: &str) -> String {
    format!("{CHANNELS}/{channel}/test")
}

/// The audit log; takes `?person=`, `?action=`, `?subject=`, `?from=`, `?until=`, `?before=`.
pub const AUDIT: &str = "/admin/audit";
/// Checks the whole log in the background (post).
pub const AUDIT_VERIFY: &str = "/admin/audit/verify";
/// The log as CSV; takes what [`AUDIT`] takes.
pub const AUDIT_CSV: &str = "/admin/audit.csv";
/// The log as JSON; takes what [`AUDIT`] takes.
pub const AUDIT_JSON: &str = "/admin/audit.json";
/// The page behind a one-time link, with the token after it; posting sets the password: `token`, `password`, `again`.
pub const WELCOME: &str = "/welcome";

/// What is done about a person: `role` (`role`), `disable`, `enable`, `reset`.
pub fn person(id: UserId, what: &str) -> String {
    format!("{PEOPLE}/{id}/{what}")
}

/// The guided tour (post): `do` (`begin`, `resume`, `put-away`), `back` (the page).
pub const TOUR: &str = "/tour";
/// Sign-in page and form: `name`, `password`, `next`.
pub const SIGN_IN: &str = "/sign-in";
/// Where sign-in through the identity provider begins; takes `?next=`.
pub const SIGN_IN_OIDC: &str = "/sign-in/oidc";
/// Ends the session (post).
pub const SIGN_OUT: &str = "/sign-out";
/// The one-time page that makes the first admin: `token`, `name`, `password`, `again`.
pub const FIRST_ADMIN: &str = "/first-admin";
/// List of go-lives; posting creates one: the fields of `golives::new`.
pub const GO_LIVES: &str = "/go-lives";
/// Form for a new go-live.
pub const NEW_GO_LIVE: &str = "/go-lives/new";
/// Import of a Markdown document: `text`; posting shows the preview.
pub const IMPORT: &str = "/go-lives/import";

/// List of incidents; posting opens one: `integration`, `severity`, `title`, `sentence`, `impact`.
pub const INCIDENTS: &str = "/incidents";
/// Form for a new incident.
pub const NEW_INCIDENT: &str = "/incidents/new";
/// The status page that everybody may read; `/status.json` and `/status.atom` beside it.
pub const STATUS: &str = "/status";

/// One incident. Takes `?kind=note` and `?before=<place>`.
pub fn incident(id: IncidentId) -> String {
    format!("{INCIDENTS}/{id}")
}

/// An address below an incident.
///
/// Pages: `timeline.json`, `timeline.md`, with every edition of an entry. Forms, each with the `seen` version:
/// `acknowledge`, `state` (`to`, `note`), `severity` (`to`, `reason`), `command` (takes it), `hand-over` (`person`),
/// `update` (`impact`, `action`, `next` in minutes, `slack`, `pagerduty`, `public`; with `step=preview` it is only shown).
/// Without it: `notes` (`text`, `link`, `happened`, `public`).
pub fn below_incident(id: IncidentId, what: &str) -> String {
    format!("{INCIDENTS}/{id}/{what}")
}

/// Changes a note: the fields of `notes`, and `seen`, how often it was changed.
pub fn incident_entry(id: IncidentId, entry: EntryId) -> String {
    format!("{INCIDENTS}/{id}/notes/{entry}")
}

/// Sends a message again that was given up.
pub fn incident_message(id: IncidentId, message: MessageId) -> String {
    format!("{INCIDENTS}/{id}/messages/{message}")
}

/// The launch console of one go-live. Takes `?show=open` and `?show=mine`.
pub fn go_live(id: GoLiveId) -> String {
    format!("{GO_LIVES}/{id}")
}

/// The launch console with a choice of its items: the word of `console::model::Show`, which forms send along as `show`.
pub fn go_live_showing(id: GoLiveId, show: &str) -> String {
    match show {
        "open" | "mine" => format!("{GO_LIVES}/{id}?show={show}"),
        _ => go_live(id),
    }
}

/// An address below a go-live.
///
/// Pages: `print`, `export.md`, `export.csv`. Forms: `override` (`reason`), `release` (`image`, `config`),
/// `plan` (`percent-1`, `soak-1` in minutes, … `on-p1`, `on-p2`), `preflight` (runs the checks again),
/// `preflight/override` (`reason`, `checks` that the page showed as failed), `start`.
pub fn below(id: GoLiveId, what: &str) -> String {
    format!("{GO_LIVES}/{id}/{what}")
}

/// What is asked of the running rollout: `pause`, `hold`, `resume`, `continue`, `roll-back`, `abandon`; field `reason`,
/// and with `continue` and `resume` also `rollout`, `step` and `hold`, what was seen to run and to hold it; steps are counted
/// from 0, and `hold` is the word of `rollout::Shown`.
pub fn rollout(id: GoLiveId, ask: &str) -> String {
    format!("{GO_LIVES}/{id}/rollout/{ask}")
}

/// An item's own page, with its history.
pub fn item(id: GoLiveId, item: &ItemKey) -> String {
    format!("{GO_LIVES}/{id}/items/{item}")
}

/// What is said about an item: `tick`, `sign` (`note`, `evidence`), `counter-sign` (`note`), `not-applicable`
/// (`reason`), `withdraw` (`reason`).
pub fn item_act(id: GoLiveId, item: &ItemKey, act: &str) -> String {
    format!("{GO_LIVES}/{id}/items/{item}/{act}")
}

/// The id on the page of a form about an item: `sign-keys-in-vault`. Go-live forms and rollout asks use their last
/// address part as id, `preflight/override` with a hyphen: `override`, `plan`, `start`, `preflight-override`, `roll-back`.
pub fn item_form(item: &ItemKey, act: &str) -> String {
    format!("{act}-{item}")
}

/// All thresholds. Takes `?show=firing`, `pending`, `unknown` and `ok`.
pub const THRESHOLDS: &str = "/thresholds";
/// Import of a rule file: `integration`, `text`, `why`; `do` is `preview` or `take`.
pub const IMPORT_THRESHOLDS: &str = "/thresholds/import";
/// Thresholds as a file: `?integration=<id>&as=file|object`.
pub const EXPORT_THRESHOLDS: &str = "/thresholds/export.yaml";

/// One threshold. Posting changes it: the fields of `thresholds::edit`; `do` is `save`, `replay-24h` or `replay-7d`,
/// and `shown` what its sender was shown: what judges otherwise is shown beside the version in use before it is saved. With a
/// `proposal` it is about that change, and `do` is `approve` or a replay. With a `version` that is restored (`why`): what is
/// shown before is a page of this address, which can be loaded again.
pub fn threshold(id: ThresholdId) -> String {
    format!("{THRESHOLDS}/{id}")
}

/// What is done with a change that waits: `approve` (as at the threshold's own address) and `refuse` (`proposal`).
pub fn threshold_act(id: ThresholdId, act: &str) -> String {
    format!("{THRESHOLDS}/{id}/{act}")
}

/// A text as part of an address's query.
pub fn encoded(text: &str) -> String {
    text.bytes().fold(String::new(), |mut out, byte| {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~' | b'/') {
            out.push(char::from(byte));
        } else {
            const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
            out.push('%');
            out.push(char::from(DIGITS[usize::from(byte >> 4)]));
            out.push(char::from(DIGITS[usize::from(byte & 15)]));
        }
        out
    })
}

/// A page about responding to an incident: `triage`, `actions`, `evidence`, `postmortem`, `postmortem.md`; the first
/// and the third also take the form that asks for it. `postmortem/items` takes `what`, `owner` and `due`.
pub fn response(id: IncidentId, what: &str) -> String {
    format!("{}/{what}", incident(id))
}

/// A question of the decision tree, answered by a person: `answer` (`yes`, `no`, or empty for the findings') and `reason`.
pub fn triage_answer(id: IncidentId, question: &str) -> String {
    format!("{}/triage/{question}", incident(id))
}

/// An action with its rehearsal, and the form that does it: `mark`, and `password` where a key is replaced.
pub fn incident_action(id: IncidentId, offer: &str) -> String {
    format!("{}/actions/{offer}", incident(id))
}

/// Replacing this key of this Secret: rehearsal and form, as for any action.
pub fn replace_key(id: IncidentId, secret: &str, key: &str) -> String {
    format!("{}/{}/{}", incident_action(id, Offer::ReplaceKey.word()), encoded(secret), encoded(key))
}

/// Having an admin of the cluster asked for what it denies: `wish`, the action or the switch to remove.
pub fn ask_admin(id: IncidentId) -> String {
    format!("{}/ask-admin", incident(id))
}

/// Removing a switch: rehearsal and form, as for any action.
pub fn remove_mitigation(id: IncidentId, mitigation: MitigationId) -> String {
    format!("{}/actions/remove/{mitigation}", incident(id))
}

/// About a bundle of evidence: `again` (form) and `bundle.zip`.
pub fn bundle(id: IncidentId, bundle: BundleId, what: &str) -> String {
    format!("{}/evidence/{bundle}/{what}", incident(id))
}

/// A section of the postmortem: `text`, and the version that was seen.
pub fn postmortem_section(id: IncidentId, section: &str) -> String {
    format!("{}/postmortem/sections/{section}", incident(id))
}

/// What is said of an action item: `done`, `reopen`.
pub fn action_item(id: IncidentId, item: ActionItemId, ask: &str) -> String {
    format!("{}/postmortem/items/{item}/{ask}", incident(id))
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_text_in_an_address_cannot_end_its_part() {
        assert_eq!(super::encoded("/go-lives/1?show=mine&x=ä"), "/go-lives/1%3Fshow%3Dmine%26x%3D%C3%A4");
    }
}
