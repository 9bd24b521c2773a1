//! Writes every page, rendered from fixtures, into a folder: `cargo run -p gantry-app --features ssr --example gallery -- DIR`.

#[path = "../tests/pages/fixtures/mod.rs"]
mod fixtures;
#[path = "../tests/pages/response_models.rs"]
mod response_models;
#[path = "../tests/pages/threshold_fixtures.rs"]
mod threshold_fixtures;

use std::path::{Path, PathBuf};

use fixtures::Fail;
use gantry_app::features::golives::model::{ImportModel, Model as GoLives, NewModel, PresetChoice, Row};
use gantry_app::features::thresholds::model::{Edit, ImportModel as Rules, Proposal, Trial};
use gantry_app::features::{
    console, error, first_admin, golives, item, print, response, sign_in, thresholds,
};
use gantry_app::refusal::Refusal;
use gantry_app::ui::state::Tone;
use gantry_domain::actor::Role;
use gantry_domain::alert::loosenings;
use gantry_domain::gate::gate;
use gantry_domain::preset::builtin;
use gantry_domain::rollout::{Phase, Side};
use gantry_domain::triage::Notice;

fn main() -> Result<(), Fail> {
    let out = PathBuf::from(std::env::args().nth(1).unwrap_or_else(|| "target/gallery".to_owned()));
    std::fs::create_dir_all(&out)?;
    consoles(&out)?;
    others(&out)?;
    responses(&out)?;
    alerts(&out)?;
    println!("{}", out.display());
    Ok(())
}

fn write(out: &Path, name: &str, html: &str) -> Result<(), Fail> {
    let style = Path::new(env!("CARGO_MANIFEST_DIR")).join("../style/main.css");
    let html = html.replace("style/main.css", &style.display().to_string());
    std::fs::write(out.join(format!("{name}.html")), &html)?;
    let dark = html.replace("<html lang=\"en\">", "<html lang=\"en\" data-theme=\"dark\">");
    std::fs::write(out.join(format!("{name}-dark.html")), dark)?;
    Ok(())
}

fn responses(out: &Path) -> Result<(), Fail> {
    let manager = fixtures::frame(Some(Role::ReleaseManager));
    let revoked =
        response_models::taken(response_models::findings(Notice::NoIncident, 3000.0, 0.0, false), Vec::new());
    let dark = response_models::taken(
        response_models::findings(Notice::Unknown("no answer within 2500 ms".into()), 0.0, 90.0, false),
        Vec::new(),
    );
    let none = response_models::model(Vec::new());
    write(
        out,
        "triage",
        &response::triage::render(&manager, &response_models::model(vec![revoked, dark.clone()])),
    )?;
    write(out, "triage-unknown", &response::triage::render(&manager, &response_models::model(vec![dark])))?;
    write(out, "triage-none", &response::triage::render(&manager, &none))?;
    write(out, "actions", &response::actions::render(&manager, &response_models::actions_model()))?;
    let line = "kubectl -n integrations rollout restart deployment/posthog-integration";
    let refused = response_models::kept_out(Some(line.to_owned()));
    write(
        out,
        "confirm-refused",
        &response::confirm::render(&manager, &response_models::confirm_model(Err(refused))),
    )?;
    let rehearsed = response_models::rehearsed();
    write(
        out,
        "confirm",
        &response::confirm::render(&manager, &response_models::confirm_model(Ok(rehearsed))),
    )?;
    let bundle = response_models::evidence_model();
    write(out, "evidence", &response::evidence::render(&manager, &bundle))?;
    write(out, "postmortem", &response::postmortem::render(&manager, &response_models::postmortem_model()))
}

fn consoles(out: &Path) -> Result<(), Fail> {
    let manager = fixtures::frame(Some(Role::ReleaseManager));
    let admin = fixtures::frame(Some(Role::Admin));
    let closed = fixtures::console(fixtures::half_done()?)?;
    write(out, "console-closed", &console::page::render(&manager, &closed))?;
    write(out, "console-admin", &console::page::render(&admin, &closed))?;
    write(
        out,
        "console-stakeholder",
        &console::page::render(&fixtures::frame(Some(Role::Stakeholder)), &closed),
    )?;
    let mut refused = closed.clone();
    refused.refusal = Some(Refusal {
        form: "sign-scopes-minimal".to_owned(),
        field: "evidence".to_owned(),
        what: "The evidence is not a link.".to_owned(),
        next_step: "Give a full address that begins with https:// or http://.".to_owned(),
        typed: [
            ("note".to_owned(), "Checked with the vendor.".to_owned()),
            ("evidence".to_owned(), "wiki page".to_owned()),
        ]
        .into(),
    });
    write(out, "console-refused", &console::page::render(&manager, &refused))?;
    let open = fixtures::console(fixtures::signed(0)?)?;
    write(out, "console-open", &console::page::render(&manager, &open))?;
    let overridden = fixtures::console(fixtures::overridden(fixtures::half_done()?))?;
    write(out, "console-overridden", &console::page::render(&admin, &overridden))?;
    let pages = [
        ("console-soaking", fixtures::soaking(), 1),
        ("console-held", fixtures::held(), 1),
        ("console-surging", Phase::Surging { step: 1, to: 5, since: fixtures::before(3) }, 5),
        ("console-back", fixtures::rolling_back(), 3),
        ("console-complete", Phase::Complete, 10),
    ];
    for (name, phase, pods) in pages {
        let mut model = fixtures::rolling(phase, pods)?;
        if name == "console-surging"
            && let Some(view) = &mut model.rollout
            && let Some(set) = view.rollout.seen.replica_sets.iter_mut().find(|set| set.side == Side::Old)
            && let Some(pod) = set.pods.last_mut()
        {
            pod.terminating = true;
        }
        write(out, name, &console::page::render(&manager, &model))?;
    }
    Ok(())
}

fn others(out: &Path) -> Result<(), Fail> {
    let nobody = fixtures::frame(None);
    let manager = fixtures::frame(Some(Role::ReleaseManager));
    let sign_in = sign_in::model::Model {
        oidc: Some("Example Identity".to_owned()),
        hint: Some("The demo sign-ins are printed where Gantry was started.".to_owned()),
        name: "ana".to_owned(),
        refusal: Some(Refusal {
            form: "sign-in".to_owned(),
            what: "Name and password do not belong together.".to_owned(),
            next_step: "Try again; after five attempts there is a pause.".to_owned(),
            ..Refusal::default()
        }),
        ..sign_in::model::Model::default()
    };
    write(out, "sign-in", &sign_in::page::render(&nobody, &sign_in))?;
    write(out, "first-admin", &first_admin::page::render(&nobody, &first_admin::model::Model::default()))?;
    let missing = error::model::Model {
        status: 404,
        title: "No such page".to_owned(),
        what: "There is nothing at this address.".to_owned(),
        next_step: "It may have been a link to something that was never there; go on from the list."
            .to_owned(),
        reference: None,
    };
    write(out, "error", &error::page::render(&manager, &missing))?;
    let go_live = fixtures::half_done()?;
    let row = |environment: &str, gate_open, rollout| Row {
        id: go_live.id,
        integration: go_live.integration.clone(),
        environment: environment.to_owned(),
        from: Some("v2.4.1".to_owned()),
        to: "v2.5.0".to_owned(),
        progress: go_live.progress(),
        gate_open,
        rollout,
        created_by: "Ana Silva".to_owned(),
        changed_at: fixtures::before(300),
    };
    let rows = vec![
        row("production", false, None),
        row("staging", true, Some((Tone::Good, "complete".to_owned()))),
        row("production", true, Some((Tone::Warning, "held".to_owned()))),
    ];
    let list = GoLives { rows, may_create: true, notice: None };
    write(out, "list", &golives::page::render(&manager, &list))?;
    let empty = GoLives { may_create: true, ..GoLives::default() };
    write(out, "list-empty", &golives::page::render(&manager, &empty))?;
    let presets = builtin().map_err(|_| "presets")?;
    let choices = presets.iter().map(|preset| PresetChoice {
        key: preset.key.to_string(),
        name: preset.name.clone(),
        summary: preset.summary.clone(),
        items: preset.items().count(),
        environments: preset.workload.environments.clone(),
        namespace: preset.workload.namespace.clone(),
        deployment: preset.workload.deployment.clone(),
        container: preset.workload.container.clone(),
    });
    let new = NewModel {
        presets: choices.collect(),
        values: [("image".to_owned(), "posthog".to_owned())].into(),
        errors: vec![Refusal {
            form: "new".to_owned(),
            field: "image".to_owned(),
            what: "The image names no version.".to_owned(),
            next_step: "Add a tag (:v2.5.0) or a digest (@sha256:…).".to_owned(),
            ..Refusal::default()
        }],
    };
    write(out, "new", &golives::page::render_new(&manager, &new))?;
    let text = "# Launch\n\n## Security\n- [ ] Keys are in the vault\n- [x] Webhooks use HTTPS\n\n## Empty\n\n## Rollback\n- [ ] The runbook was rehearsed (optional)\n";
    let import = ImportModel {
        text: text.to_owned(),
        preview: Some(gantry_domain::import::markdown(text)),
        new: NewModel { presets: Vec::new(), ..NewModel::default() },
        refusal: None,
    };
    write(out, "import", &golives::page::render_import(&manager, &import))?;
    let key = "webhooks-https".parse()?;
    let one = item::model::Model {
        finding: fixtures::probes(&go_live).get(&key).cloned(),
        item: key,
        go_live: go_live.clone(),
    };
    write(out, "item", &item::page::render(&manager, &one))?;
    let record = print::model::Model {
        gate: gate(&go_live),
        go_live: fixtures::overridden(go_live),
        rollouts: fixtures::rolling(Phase::Complete, 10)?.rollout.into_iter().collect(),
    };
    write(out, "record", &print::page::render(&manager, &record))
}

fn alerts(out: &Path) -> Result<(), Fail> {
    let admin = fixtures::frame(Some(Role::Admin));
    write(out, "thresholds", &thresholds::page::render(&admin, &threshold_fixtures::table(false)?))?;
    write(out, "thresholds-stopped", &thresholds::page::render(&admin, &threshold_fixtures::table(true)?))?;
    let mut one = threshold_fixtures::one()?;
    write(out, "threshold", &thresholds::render_one(&admin, &one))?;
    let old = one.row.version.rule.clone();
    let mut wanted = old.clone();
    wanted.spec.limit = 28.5;
    one.proposal = Some(Proposal {
        id: String::new(),
        base_version: 3,
        loosenings: loosenings(&old, &wanted),
        rule: wanted.clone(),
        at: fixtures::before(600),
        by: fixtures::person(9, "Bea Costa"),
        why: "A campaign doubles the traffic this week.".to_owned(),
        trial: None,
        shown: String::new(),
    });
    let trial = Trial {
        value: Some(Ok(3.0)),
        warnings: vec![
            "increase() does not see the first failure of a series that is born with it.".to_owned(),
        ],
        notes: Vec::new(),
        unasked: None,
        compared: Some(threshold_fixtures::compared(old, wanted)),
        held: true,
    };
    let typed = [("limit".to_owned(), "28.5".to_owned())].into();
    one.edit = Some(Edit { typed, refusals: Vec::new(), trial: Some(trial) });
    write(out, "threshold-replay", &thresholds::render_one(&admin, &one))?;
    write(out, "thresholds-import", &thresholds::render_import(&admin, &Rules::default()))
}
