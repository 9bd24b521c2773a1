//! The pages about thresholds, as browsers see them.

use std::time::Duration;

use reqwest::StatusCode;

use super::support::{Fake, Says};
use crate::response::stage::hidden;
use crate::world::{Answer, Browser, World, config, database, eventually};

pub(super) struct Shown {
    pub(super) world: World,
    pub(super) fake: Fake,
}

impl Shown {
    pub(super) async fn start() -> Self {
        let fake = Fake::start().await;
        let database = database().await;
        let mut config = config(database.url());
        config.prometheus_url = Some(fake.url.clone());
        let world = World::with(database, &config).await;
        world.go_live().await;
        Self { world, fake }
    }

    pub(super) async fn path(&self, key: &str) -> String {
        use sqlx::Row as _;

        let sql = format!(
            "select t.id::text from thresholds t join integrations i on i.id = t.integration_id
             where i.preset = 'posthog' and t.key = '{key}'"
        );
        format!("/thresholds/{}", self.world.sql(&sql).await.unwrap()[0].get::<String, _>(0))
    }

    /// Has everything evaluated now.
    async fn evaluate(&self) {
        self.world.running.app.db.announce("threshold-edits".to_owned()).await.unwrap();
    }

    pub(super) async fn shows(&self, browser: &Browser, path: &str, words: &[&str]) {
        eventually(&format!("{path} shows {words:?}"), Duration::from_secs(20), || async {
            let page = browser.clone().get(path).await.body;
            words.iter().all(|words| page.contains(words))
        })
        .await;
    }
}

/// The fields of the form as the page has them, with some of them changed.
pub(super) fn fields<'a>(changed: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let mut fields = vec![
        ("seen", "1"),
        ("name", "API down"),
        ("promql", "sum(failures_total{ {{selector}} })"),
        ("comparator", ">"),
        ("limit", "10"),
        ("unit", "per minute"),
        ("window", "1 min"),
        ("for", "0 s"),
        ("severity", "p1"),
        ("no-data", "unknown"),
        ("on-firing", "incident"),
        ("why", ""),
        ("do", "save"),
    ];
    for (name, value) in changed {
        fields.retain(|(known, _)| known != name);
        fields.push((name, value));
    }
    fields
}

/// Sends a form, looks at what is shown first, and sends it again; gives the answer to that.
pub(super) async fn send_having_looked(who: &mut Browser, path: &str, sent: &[(&str, &str)]) -> Answer {
    let page = who.post(path, sent).await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.body);
    assert!(page.body.contains("Nothing is changed yet"), "{}", page.body);
    let marks = hidden(&page.body, "shown");
    who.post(path, &[sent, &[("shown", marks.as_str())]].concat()).await
}

#[tokio::test]
async fn the_table_shows_condition_value_age_state_and_last_change() {
    let shown = Shown::start().await;
    let sam = shown.world.signed_in("sam").await;
    shown.fake.say("5..", Says::Value("42"));
    shown.fake.say("401|403", Says::Nothing);
    shown.evaluate().await;
    let words = [
        "API down",
        "above 10 per minute",
        "42 per minute",
        "firing",
        "Authentication failures",
        "no data",
        "the preset",
        "Evaluator",
        "running",
        "ClickHouse disk",
        "last 6 hours: worst 42, limit 10",
    ];
    shown.shows(&sam, "/thresholds", &words).await;
    let firing = sam.clone().get("/thresholds?show=firing").await.body;
    assert!(firing.contains("API down") && !firing.contains("High latency"), "{firing}");
    let incidents = "select count(*) from incidents where threshold = 'api-down'";
    assert_eq!(shown.world.count(incidents).await, 1);
}

#[tokio::test]
async fn an_evaluator_that_stopped_is_shown_as_stopped_and_not_as_all_fine() {
    let shown = Shown::start().await;
    let sam = shown.world.signed_in("sam").await;
    shown.shows(&sam, "/thresholds", &["running"]).await;
    // As when the program that evaluates is gone: another one has the lease and does nothing with it.
    let taken = "update leases set holder = gen_random_uuid(), expires_at = 'infinity' where name = 'alerts'";
    shown.world.sql(taken).await.unwrap();
    eventually("the lease is lost", Duration::from_secs(20), || async {
        shown.world.sql("update evaluator set began_at = now() - interval '2 minutes'").await.unwrap();
        shown.world.sql("update threshold_states set standing = standing || jsonb_build_object('asked_at', now() - interval '2 minutes')").await.unwrap();
        let page = sam.clone().get("/thresholds").await.body;
        page.contains("Nothing is evaluated at present") && page.contains("not evaluated for 2 min; it was")
    })
    .await;
}

#[tokio::test]
async fn a_replay_says_how_often_old_and_new_would_have_fired_and_saves_nothing() {
    let shown = Shown::start().await;
    let mut ana = shown.world.signed_in("ana").await;
    let path = shown.path("api-down").await;
    // Twelve minutes of every hour at 30; the wanted limit is beyond that.
    shown.fake.say("", Says::Spikes(12, "30", "1"));
    for (act, hours) in [("replay-24h", "24 h"), ("replay-7d", "7 d")] {
        let answer = ana.post(&path, &fields(&[("limit", "31"), ("do", act)])).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
        for words in
            ["Now (version 1)", "Wanted (version 2)", hours, "it fires less often", "never", "value=\"31\""]
        {
            assert!(answer.body.contains(words), "{words}: {}", answer.body);
        }
    }
    assert_eq!(shown.world.count("select count(*) from threshold_versions where number > 1").await, 0);
}

#[tokio::test]
async fn a_query_that_prometheus_refuses_is_refused_beside_its_field_with_everything_typed() {
    let shown = Shown::start().await;
    let mut ana = shown.world.signed_in("ana").await;
    let path = shown.path("api-down").await;
    shown.fake.say("by by", Says::Bad);
    let answer =
        ana.post(&path, &fields(&[("promql", "sum by by (x)"), ("why", "kept"), ("limit", "7.25")])).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    for words in
        ["edit-promql-error", "unexpected &lt;by&gt;", "sum by by (x)", "value=\"kept\"", "value=\"7.25\""]
    {
        assert!(answer.body.contains(words), "{words}: {}", answer.body);
    }
    for (name, value) in
        [("limit", "much"), ("window", "soon"), ("name", ""), ("promql", "sum(x"), ("severity", "p9")]
    {
        let answer = ana.post(&path, &fields(&[(name, value)])).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{name}");
    }
}

#[tokio::test]
async fn a_rule_that_can_never_fire_is_warned_of() {
    let shown = Shown::start().await;
    let mut ana = shown.world.signed_in("ana").await;
    let path = shown.path("api-down").await;
    shown.fake.say("gone_total", Says::Nothing);
    let query = "sum(increase(gone_total[5m]))";
    let answer = ana.post(&path, &fields(&[("promql", query), ("limit", "0"), ("do", "replay-24h")])).await;
    for words in ["no series named gone_total", "does not see the first failure"] {
        assert!(answer.body.contains(words), "{words}: {}", answer.body);
    }
}

#[tokio::test]
async fn a_limit_above_the_top_bucket_is_warned_of_and_one_below_is_not() {
    let shown = Shown::start().await;
    let mut ana = shown.world.signed_in("ana").await;
    let path = shown.path("high-latency").await;
    shown.fake.say("count by (le) (last_over_time(d_bucket[1h]))", Says::Buckets(&["0.5", "+Inf", "5"]));
    shown.fake.say("1000 * vector(5)", Says::Value("5000"));
    let query = "1000 * histogram_quantile(0.99, sum by (le) (rate(d_bucket[{{window}}])))";
    for (limit, never) in [("5000", true), ("4999", false)] {
        let typed = fields(&[("promql", query), ("limit", limit), ("severity", "p2"), ("do", "replay-24h")]);
        let page = ana.post(&path, &typed).await.body;
        assert_eq!(page.contains("highest bucket ends at 5000"), never, "{limit}: {page}");
    }
}

#[tokio::test]
async fn loosening_a_p1_is_shown_to_another_admin_who_decides() {
    let shown = Shown::start().await;
    let mut ana = shown.world.signed_in("ana").await;
    let path = shown.path("high-latency").await;
    let p1 = fields(&[("severity", "p1"), ("name", "High latency")]);
    assert_eq!(send_having_looked(&mut ana, &path, &p1).await.status, StatusCode::SEE_OTHER);
    let mut loose = fields(&[("severity", "p1"), ("name", "High latency"), ("limit", "99"), ("seen", "2")]);
    let refused = ana.post(&path, &loose).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        refused.body.contains("edit-why-error") && refused.body.contains("the limit moves away"),
        "{}",
        refused.body
    );
    loose.retain(|(name, _)| *name != "why");
    loose.push(("why", "The vendor asked us to for a week"));
    assert_eq!(send_having_looked(&mut ana, &path, &loose).await.status, StatusCode::SEE_OTHER);
    let page = ana.get(&path).await.body;
    assert!(
        page.contains("A change waits for a second admin")
            && page.contains("so another admin has to approve it")
    );
    assert!(!page.contains("/approve"), "nobody is offered to approve their own");
    assert!(ana.get("/thresholds").await.body.contains("a change waits for a second admin"));
    // With script or without, by hand or not: one's own yes does not count.
    let id: String = {
        use sqlx::Row as _;
        shown.world.sql("select id::text from threshold_proposals").await.unwrap()[0].get(0)
    };
    let own = ana.post(&format!("{path}/approve"), &[("proposal", &id)]).await;
    assert_eq!(own.status, StatusCode::FORBIDDEN);
    assert!(own.body.contains("somebody else has to approve it"), "{}", own.body);
    assert_eq!(ana.post(&format!("{path}/refuse"), &[("proposal", &id)]).await.status, StatusCode::SEE_OTHER);
    assert!(!ana.get(&path).await.body.contains("A change waits"));
}

#[tokio::test]
async fn without_prometheus_a_change_can_still_be_saved_and_a_replay_says_why_there_is_none() {
    let world = World::start().await;
    world.go_live().await;
    let shown = Shown { fake: Fake::start().await, world };
    let mut ana = shown.world.signed_in("ana").await;
    let path = shown.path("api-down").await;
    let replay = ana.post(&path, &fields(&[("do", "replay-7d")])).await;
    assert!(replay.body.contains("no Prometheus is configured"), "{}", replay.body);
    let mut saved = fields(&[("limit", "8"), ("why", "Another query is stricter")]);
    let held = ana.post(&path, &saved).await;
    assert_eq!(held.status, StatusCode::OK, "{}", held.body);
    assert!(held.body.contains("Nothing is changed yet") && held.body.contains("was not checked"));
    let marks = hidden(&held.body, "shown");
    saved.push(("shown", &marks));
    assert_eq!(ana.post(&path, &saved).await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn what_admins_typed_is_inert_on_every_page() {
    let shown = Shown::start().await;
    let mut ana = shown.world.signed_in("ana").await;
    let path = shown.path("rate-limited").await;
    let hostile = "<img src=x onerror=alert(1)>";
    let typed = fields(&[("name", hostile), ("unit", hostile), ("why", hostile), ("severity", "p2")]);
    assert_eq!(send_having_looked(&mut ana, &path, &typed).await.status, StatusCode::SEE_OTHER);
    for page in ["/thresholds", &path] {
        let html = ana.get(page).await.body;
        assert!(!html.contains("<img") && html.contains("&lt;img"), "{page}");
    }
}

#[tokio::test]
async fn every_field_that_is_typed_becomes_the_next_version_and_an_earlier_one_is_restored_with_its_difference()
 {
    use sqlx::Row as _;

    let shown = Shown::start().await;
    let mut ana = shown.world.signed_in("ana").await;
    let path = shown.path("high-latency").await;
    let typed = fields(&[
        ("name", "Slow answers"),
        ("promql", "max(latency_ms{ {{selector}} })"),
        ("comparator", "<"),
        ("limit", "7.5"),
        ("unit", "ms"),
        ("window", "2 min"),
        ("for", "90 s"),
        ("severity", "p3"),
        ("no-data", "alert"),
        ("on-firing", "show"),
        ("why", "Another kind of slowness"),
    ]);
    let saved = send_having_looked(&mut ana, &path, &typed).await;
    assert_eq!(saved.status, StatusCode::SEE_OTHER, "{}", saved.body);
    let rule = |number: u32| {
        format!(
            "select rule from threshold_versions v join thresholds t on t.id = v.threshold_id
             where t.key = 'high-latency' and number = {number}
                 and t.integration_id = (select id from integrations where preset = 'posthog')"
        )
    };
    let read = |rows: Vec<sqlx::postgres::PgRow>| -> serde_json::Value { rows[0].get(0) };
    let (first, second) =
        (read(shown.world.sql(&rule(1)).await.unwrap()), read(shown.world.sql(&rule(2)).await.unwrap()));
    for (name, value) in [
        ("name", "Slow answers".into()),
        ("promql", "max(latency_ms{ {{selector}} })".into()),
        ("limit", 7.5.into()),
        ("unit", "ms".into()),
        ("window_seconds", 120.into()),
        ("for_seconds", 90.into()),
        ("severity", "p3".into()),
        ("no_data", "alert".into()),
        ("on_firing", serde_json::Value::from("show")),
    ] {
        assert_eq!(second[name], value, "{name}: {second}");
    }
    assert_ne!((&second["comparator"], &second["key"]), (&first["comparator"], &first["key"]));
    assert_eq!(second["key"], first["key"], "its name in rule files and incidents stays");
    let page = ana.get(&path).await.body.replace("<!>", "");
    for words in
        ["Another kind of slowness", "Ana Duarte", "<ins>Slow answers</ins>", "<del>High latency</del>"]
    {
        assert!(page.contains(words), "{words}: {page}");
    }
    let restore = [("seen", "2"), ("version", "1"), ("why", "It was better")];
    let restored = send_having_looked(&mut ana, &path, &restore).await;
    assert_eq!(restored.status, StatusCode::SEE_OTHER, "{}", restored.body);
    assert_eq!(read(shown.world.sql(&rule(3)).await.unwrap()), first);
    let page = ana.get(&path).await.body.replace("<!>", "");
    assert!(page.contains("Restores version 1: It was better") && page.contains("<ins>High latency</ins>"));
    // Whoever restores on an old page is told what changed meanwhile.
    let stale = ana.post(&path, &restore).await;
    assert_eq!(stale.status, StatusCode::CONFLICT);
}
