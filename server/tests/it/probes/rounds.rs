//! The loop: one replica looks in each round, what it finds is stored, and it is announced when it says something new.

use std::sync::Arc;
use std::time::Duration;

use gantry_domain::checklist::Standing;
use gantry_domain::id::GoLiveId;
use gantry_domain::light::State;
use gantry_domain::preset::ProbeKind;
use gantry_domain::probe::Verdict;
use gantry_domain::release::Change;
use gantry_server::engine::probes::{Probes, look_now};
use gantry_server::services::probes::Looks;
use gantry_server::store::{findings, probes};
use reqwest::StatusCode;
use serde_json::json;
use sqlx::postgres::PgListener;
use tokio_util::sync::CancellationToken;

use super::support::{Outside, PERIOD};
use crate::response::stage::plain;
use crate::world::{World, eventually, signable, stored};

struct Scene {
    world: World,
    outside: Outside,
    id: GoLiveId,
}

impl Scene {
    async fn set() -> Self {
        let (world, outside) = tokio::join!(World::start(), Outside::start());
        let id = world.go_live().await;
        Self { world, outside, id }
    }

    /// One of several replicas, each with its own connections to the outside.
    fn replica(&self, period: u32) -> Probes {
        let app = &self.world.running.app;
        Probes {
            db: app.db.clone(),
            hub: app.hub.clone(),
            looks: Arc::new(Looks::new(self.outside.surroundings(), period).unwrap()),
            presets: self.outside.presets().into(),
            clock: app.clock.clone(),
        }
    }

    async fn finding(&self, kind: ProbeKind) -> Option<Verdict> {
        let found = findings::of(self.world.running.app.db.pool(), self.id).await.unwrap();
        found.into_iter().find(|finding| finding.probe == kind).map(|finding| finding.verdict)
    }

    /// Hears what is announced.
    async fn listener(&self) -> PgListener {
        let mut listener = PgListener::connect(self.world.database.url()).await.unwrap();
        listener.listen("gantry").await.unwrap();
        listener
    }

    /// How often this go-live was announced before the end was.
    async fn heard(&self, listener: &mut PgListener) -> usize {
        self.heard_of(listener, &format!("golive:{}", self.id)).await
    }

    /// How often a topic was announced before the end was.
    async fn heard_of(&self, listener: &mut PgListener, topic: &str) -> usize {
        self.world.running.app.db.announce("end".into()).await.unwrap();
        let mut count = 0;
        loop {
            let heard = tokio::time::timeout(Duration::from_secs(5), listener.recv()).await.unwrap().unwrap();
            match heard.payload() {
                "end" => return count,
                payload => count += usize::from(payload == topic),
            }
        }
    }
}

#[tokio::test]
async fn what_is_found_is_stored_and_announced_and_only_one_replica_looks() {
    let scene = Scene::set().await;
    let mut listener = scene.listener().await;
    let (one, other) = (scene.replica(PERIOD), scene.replica(PERIOD));
    let (looked, also) = tokio::join!(one.round(), other.round());
    assert_eq!(looked.unwrap() + also.unwrap(), 1);
    assert_eq!(scene.heard(&mut listener).await, 1);
    assert_eq!(scene.finding(ProbeKind::SecretSource).await, Some(Verdict::Pass));
    let lights = probes::lights(scene.world.running.app.db.pool(), scene.id).await.unwrap();
    assert_eq!(lights.iter().map(|light| light.state).collect::<Vec<_>>(), [State::Healthy; 3]);
    // Not due again before the period is over.
    assert_eq!(one.round().await.unwrap(), 0);
}

#[tokio::test]
async fn a_look_that_finds_nothing_new_is_not_announced_again_and_one_that_does_is() {
    let scene = Scene::set().await;
    let replica = scene.replica(PERIOD);
    replica.round().await.unwrap();
    let mut listener = scene.listener().await;
    // Health says how long the vendor took; that is new each time. Nobody asks for it here.
    let quiet = "update go_lives set sections = jsonb_path_query_array(sections, '$[*] ? (@.key == \"configuration\")')";
    scene.world.sql(quiet).await.unwrap();
    let again = async || {
        look_now(&replica.db, scene.id).await.unwrap();
        assert_eq!(replica.round().await.unwrap(), 1);
    };
    again().await;
    assert_eq!(scene.heard(&mut listener).await, 0);
    scene.outside.switch(json!({ "posthog": { "scopes": ["*"] } })).await;
    again().await;
    assert_eq!(scene.heard(&mut listener).await, 1);
    assert_eq!(scene.finding(ProbeKind::KeyScopes).await, Some(Verdict::Fail));
}

#[tokio::test]
async fn ages_are_announced_once_in_a_period_though_nothing_changed() {
    let scene = Scene::set().await;
    let replica = scene.replica(1);
    replica.round().await.unwrap();
    let mut listener = scene.listener().await;
    eventually("it is due again", Duration::from_secs(10), || async { replica.round().await.unwrap() == 1 })
        .await;
    assert_eq!(scene.heard(&mut listener).await, 1);
}

#[tokio::test]
async fn the_loop_looks_at_a_new_go_live_and_again_when_somebody_asks() {
    let scene = Scene::set().await;
    let stop = CancellationToken::new();
    let looping = tokio::spawn(scene.replica(3600).run(stop.clone()));
    eventually("it was looked at", Duration::from_secs(20), || async {
        scene.finding(ProbeKind::KeyScopes).await == Some(Verdict::Pass)
    })
    .await;
    scene.outside.switch(json!({ "posthog": { "scopes": ["*"] } })).await;
    look_now(&scene.world.running.app.db, scene.id).await.unwrap();
    eventually("it was looked at again", Duration::from_secs(20), || async {
        scene.finding(ProbeKind::KeyScopes).await == Some(Verdict::Fail)
    })
    .await;
    stop.cancel();
    tokio::time::timeout(Duration::from_secs(5), looping).await.unwrap().unwrap();
}

#[tokio::test]
async fn old_go_lives_are_looked_at_while_they_are_the_newest_of_their_workload_or_somebody_has_them_open() {
    let scene = Scene::set().await;
    let replica = scene.replica(PERIOD);
    scene.world.sql("update go_lives set created_at = now() - interval '40 days'").await.unwrap();
    let newer = "insert into go_lives
         select (jsonb_populate_record(g, jsonb_build_object(
             'id', gen_random_uuid(), 'created_at', now() - interval '31 days'))).* from go_lives g";
    scene.world.sql(newer).await.unwrap();
    // The newer one alone.
    assert_eq!(replica.round().await.unwrap(), 1);
    assert_eq!(replica.round().await.unwrap(), 0);
    let open = format!(
        "insert into presence (stream, topic, user_id, name, seen_at)
         values (gen_random_uuid(), 'golive:{}', gen_random_uuid(), 'Sam', now())",
        scene.id
    );
    scene.world.sql(&open).await.unwrap();
    assert_eq!(replica.round().await.unwrap(), 1);
}

#[tokio::test]
async fn what_somebody_changes_in_the_cluster_makes_signatures_stale_and_a_switch_does_not() {
    let scene = Scene::set().await;
    let replica = scene.replica(PERIOD);
    replica.round().await.unwrap();
    let item = signable(&scene.world, scene.id).await;
    let (mut rui, page) = (scene.world.signed_in("rui").await, format!("/go-lives/{}", scene.id));
    let signed = rui.post(&format!("{page}/items/{item}/sign"), &[("seen", "0"), ("note", "")]).await;
    assert_eq!(signed.status, StatusCode::SEE_OTHER, "{}", signed.body);
    let go_live = async || stored(&scene.world, scene.id).await.go_live;
    let standing = async || {
        let go_live = go_live().await;
        go_live.item(&item.parse().unwrap()).unwrap().1.standing(&go_live.binding())
    };
    let known = go_live().await.running.unwrap();
    let mut listener = scene.listener().await;
    let again = async || {
        look_now(&replica.db, scene.id).await.unwrap();
        assert_eq!(replica.round().await.unwrap(), 1);
    };

    scene.outside.set_env(json!({ "name": "RATE_LIMIT_MODE", "value": "queue" })).await;
    again().await;
    assert_eq!(go_live().await.running.as_ref(), Some(&known));
    assert!(standing().await.is_settled());
    assert_eq!(scene.heard_of(&mut listener, "golives").await, 0);

    scene.outside.set_env(json!({ "name": "FLUSH_SECONDS", "value": "90" })).await;
    again().await;
    assert!(matches!(standing().await, Standing::Stale { because: Change::Cluster, .. }));
    assert_eq!(scene.heard_of(&mut listener, "golives").await, 1);
    let noticed = "select count(*) from audit_log
        where action = 'go-live.cluster-configuration-changed' and actor_name = 'Gantry'";
    assert_eq!(scene.world.count(noticed).await, 1);
    let shown = plain(&rui.get(&page).await.body);
    assert!(shown.contains("the configuration in the cluster changed since"), "{shown}");

    // Who cannot look knows nothing else.
    let changed = go_live().await.running;
    scene
        .outside
        .switch(json!({ "cluster": { "forbidden": [{ "verb": "get", "resource": "deployments" }] } }))
        .await;
    again().await;
    assert_eq!(go_live().await.running, changed);
    assert_eq!(scene.world.count(noticed).await, 1);
}
