//! Integrations: what an admin says of one instead of its preset counts everywhere for that one, and is kept.

use gantry_domain::id::IntegrationId;
use gantry_server::services::presets;
use gantry_server::store::audit::{Verified, verify};
use gantry_server::store::{go_lives, integrations};
use reqwest::StatusCode;

use crate::response::stage::{Stage, hidden, plain};
use crate::world::{Answer, Browser, World};

async fn posthog(world: &World, environment: &str) -> IntegrationId {
    let pool = world.running.app.db.pool();
    integrations::of(pool, &"posthog".parse().unwrap(), environment).await.unwrap().unwrap().id
}

/// Says these lines of an integration, as they stand on its page otherwise.
pub(crate) async fn say(who: &mut Browser, id: IntegrationId, lines: &[(&str, &str)], why: &str) -> Answer {
    let path = format!("/admin/integrations/{id}");
    let seen = hidden(&who.get(&path).await.body, "seen");
    let mut fields = lines.to_vec();
    fields.extend([("seen", seen.as_str()), ("why", why)]);
    who.post(&path, &fields).await
}

#[tokio::test]
async fn what_is_said_is_shown_beside_the_presets_value_kept_with_its_reason_and_taken_back() {
    let world = World::start().await;
    world.go_live().await;
    let id = posthog(&world, "production").await;
    let path = format!("/admin/integrations/{id}");
    let mut ana = world.signed_in("ana").await;
    let list = plain(&ana.get("/admin/integrations").await.body);
    assert!(list.contains(&path) && list.contains("as its preset says"), "{list}");
    assert!(list.contains("integrations/posthog-integration"), "{list}");

    let answer = say(&mut ana, id, &[("health-path", "/healthz")], "The path has moved").await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
    let page = plain(&ana.get(&path).await.body);
    for text in ["value=\"/healthz\"", "the preset says", ">/health<", "The path has moved", "Ana Duarte"] {
        assert!(page.contains(text), "{text}: {page}");
    }
    assert!(plain(&ana.get("/admin/integrations").await.body).contains("Path of the health document"));
    let seen = hidden(&page, "seen");
    let answer = ana.post(&format!("{path}/clear/health-path"), &[("seen", &seen)]).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
    assert!(ana.get(&path).await.body.contains("value=\"/health\""));
    let answer = ana.post(&format!("{path}/restore"), &[("seen", "2"), ("version", "1")]).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
    let page = plain(&ana.get(&path).await.body);
    assert!(page.contains("value=\"/healthz\"") && page.contains("Restored as in version 1"), "{page}");
    assert_eq!(world.count("select count(*) from integration_overrides").await, 3);
    let said =
        "select count(*) from audit_log where action = 'integration.changed' and actor_name = 'Ana Duarte'
                and detail::text like '%/healthz%'";
    assert_eq!(world.count(said).await, 3);
    let checked = verify(world.running.app.db.pool()).await.unwrap();
    assert!(matches!(checked, Verified::Intact { .. }), "{checked:?}");
}

#[tokio::test]
async fn a_wrong_line_is_refused_beside_its_field_with_everything_that_was_typed() {
    let world = World::start().await;
    world.go_live().await;
    let id = posthog(&world, "production").await;
    let mut ana = world.signed_in("ana").await;
    let lines = [("vendor-api", "http://eu.posthog.com"), ("container", "main")];
    let answer = say(&mut ana, id, &lines, "Moved to Europe").await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    let page = plain(&answer.body);
    for text in [
        "id=\"integration-vendor-api-error\"",
        "not an https:// address",
        "value=\"http://eu.posthog.com\"",
        "value=\"main\"",
        "value=\"Moved to Europe\"",
    ] {
        assert!(page.contains(text), "{text}: {page}");
    }
    let answer = say(&mut ana, id, &[("container", "main")], " ").await;
    assert!(answer.body.contains("id=\"integration-why-error\""), "{}", answer.body);
    assert_eq!(world.count("select count(*) from integration_overrides").await, 0);
    // Whoever is slower is told so.
    assert_eq!(say(&mut ana, id, &[("container", "main")], "first").await.status, StatusCode::SEE_OTHER);
    let path = format!("/admin/integrations/{id}");
    let late = [("container", "other"), ("why", "second"), ("seen", "0")];
    assert_eq!(ana.post(&path, &late).await.status, StatusCode::CONFLICT);
    // The same request once more has one effect.
    let once = [("container", "third"), ("why", "third"), ("seen", "1"), ("key", "one-and-the-same")];
    for _ in 0..2 {
        assert_eq!(ana.post_as_is(&path, &once).await.status, StatusCode::SEE_OTHER);
    }
    assert_eq!(world.count("select count(*) from integration_overrides").await, 2);
    let mut rui = world.signed_in("rui").await;
    let refused = rui.post(&path, &[("container", "x"), ("why", "y"), ("seen", "2")]).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn it_counts_for_that_environment_alone_and_for_go_lives_plans_and_looks_of_it() {
    let world = World::start().await;
    let staging = [
        ("preset", "posthog"),
        ("environment", "staging"),
        ("image", "registry.example/posthog-integration:v2.5.0"),
    ];
    let first = world.go_live().await;
    let mut ana = world.signed_in("ana").await;
    assert_eq!(ana.post("/go-lives", &staging).await.status, StatusCode::SEE_OTHER);
    let id = posthog(&world, "staging").await;
    let lines = [
        ("namespace", "staging-area"),
        ("steps", "25% 2 min, 100%"),
        ("health-path", "/healthz"),
        ("vendor-api", "https://eu.posthog.com"),
    ];
    assert_eq!(say(&mut ana, id, &lines, "A place of its own").await.status, StatusCode::SEE_OTHER);

    let answer = ana.post("/go-lives", &staging).await;
    let next = answer.location().rsplit('/').next().unwrap().parse().unwrap();
    let app = &world.running.app;
    let stored = |id| async move { go_lives::find(app.db.pool(), id).await.unwrap().unwrap() };
    let (here, there) = (stored(next).await, stored(first).await);
    assert_eq!(here.go_live.workload.namespace, "staging-area");
    assert_eq!(there.go_live.workload.namespace, "integrations", "a go-live keeps its workload");
    let of = |stored: go_lives::Stored| async move {
        presets::of_go_live(&app.db, &app.presets, &stored.go_live).await.unwrap().unwrap()
    };
    let (here, there) = (of(here).await, of(there).await);
    assert_eq!(here.workload.health_path, "/healthz");
    assert_eq!(here.vendor.unwrap().api.as_deref(), Some("https://eu.posthog.com"));
    assert_eq!(there.workload.health_path, "/health");
    let console = |id| format!("/go-lives/{id}");
    let (mine, other) = (ana.get(&console(next)).await.body, ana.get(&console(first)).await.body);
    assert!(mine.contains("name=\"percent-1\" value=\"25\"") || mine.contains("25\u{a0}%"), "{mine}");
    assert_ne!(
        mine.contains("value=\"25\""),
        other.contains("value=\"25\""),
        "another environment begins as the preset says"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn actions_and_looks_of_an_incident_go_by_it() {
    let stage = Stage::set().await;
    let id = posthog(&stage.world, "production").await;
    let mut ana = stage.world.signed_in("ana").await;
    let page = plain(&stage.rehearse(&mut ana, "rate-limit").await.body);
    assert!(page.contains("RATE_LIMIT_MODE=queue"), "{page}");
    let lines = [("rate-limit", "SLOW_DOWN=please"), ("health-path", "/nowhere")];
    assert_eq!(say(&mut ana, id, &lines, "Renamed in 2.5").await.status, StatusCode::SEE_OTHER);
    let page = plain(&stage.rehearse(&mut ana, "rate-limit").await.body);
    assert!(page.contains("SLOW_DOWN=please") && !page.contains("RATE_LIMIT_MODE=queue"), "{page}");
    let triage = stage.look(&mut ana).await;
    assert!(triage.contains("404"), "the health document is looked for at its own path: {triage}");
}
