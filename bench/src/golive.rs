//! Go-lives made for measuring: opened, gate and checks waved through with a reason, rolled out. All through the forms.

use std::time::Duration;

use gantry_domain::rollout::{Phase, Rollout};
use serde_json::Value;
use sqlx::{PgPool, types::Json};
use tokio::time::{Instant, sleep};
use uuid::Uuid;

use crate::{
    client::{Answer, Browser, keyed},
    fail::Fail,
};

/// The Deployment that is rolled out.
pub(crate) const NAMESPACE: &str = "integrations";
/// Its name.
pub(crate) const DEPLOYMENT: &str = "posthog-integration";
/// Its images, without a tag.
pub(crate) const IMAGE: &str = "registry.example/posthog-integration";
/// How long the pods of the rollout before may take to be gone.
const SETTLES: Duration = Duration::from_mins(1);
/// Why everything is waved through.
const REASON: &str = "A measuring run: nobody stands behind this release.";

/// A go-live of ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct GoLive {
    /// Its id.
    pub(crate) id: Uuid,
}

impl GoLive {
    /// Opens one with the PostHog preset's checklist and thresholds, for the image with this tag.
    pub(crate) async fn open(browser: &mut Browser, tag: &str) -> Result<Self, Fail> {
        let image = format!("{IMAGE}:{tag}");
        let fields = [
            ("preset", "posthog"),
            ("environment", "production"),
            ("namespace", NAMESPACE),
            ("deployment", DEPLOYMENT),
            ("container", "app"),
            ("image", image.as_str()),
            ("config", "measuring"),
        ];
        Self::opened(&persist(browser, "/go-lives", &fields).await?)
    }

    /// Opens one with a checklist of `items` plain items, that no machine looks at.
    pub(crate) async fn open_plain(browser: &mut Browser, items: usize) -> Result<Self, Fail> {
        let lines: Vec<_> = (0..items).map(|item| format!("- [ ] Item {item}")).collect();
        let image = format!("{IMAGE}:v2.4.1");
        let markdown = format!("# Measured\n\n## Items\n\n{}\n", lines.join("\n"));
        let fields = [
            ("markdown", markdown.as_str()),
            ("integration", "Measured"),
            ("environment", "production"),
            ("namespace", NAMESPACE),
            ("deployment", DEPLOYMENT),
            ("container", "app"),
            ("image", image.as_str()),
            ("config", "measuring"),
        ];
        Self::opened(&persist(browser, "/go-lives", &fields).await?)
    }

    fn opened(location: &str) -> Result<Self, Fail> {
        let id = location.rsplit('/').next().unwrap_or_default();
        let id = id.parse().map_err(|_| Fail::said(format!("no go-live was opened: {location}")))?;
        Ok(Self { id })
    }

    /// Its page.
    pub(crate) fn path(&self) -> String {
        format!("/go-lives/{}", self.id)
    }

    /// Its topic.
    pub(crate) fn topic(&self) -> String {
        format!("golive:{}", self.id)
    }

    /// The address of an act about an item.
    pub(crate) fn act(&self, item: &str, act: &str) -> String {
        format!("{}/items/{item}/{act}", self.path())
    }

    /// The keys of its items, in the order of the page.
    pub(crate) async fn items(&self, pool: &PgPool) -> Result<Vec<String>, Fail> {
        let sections: Json<Value> = sqlx::query_scalar("select sections from go_lives where id = $1")
            .bind(self.id)
            .fetch_one(pool)
            .await?;
        let sections = sections.0.as_array().cloned().unwrap_or_default();
        let items = sections.iter().filter_map(|section| section["items"].as_array()).flatten();
        Ok(items.filter_map(|item| item["key"].as_str().map(str::to_owned)).collect())
    }

    /// Opens the gate, sets the plan, looks at the checks, waves through what may be, and starts.
    pub(crate) async fn roll_out(
        &self,
        browser: &mut Browser,
        pool: &PgPool,
        steps: &[(&str, &str)],
    ) -> Result<(), Fail> {
        self.ask(browser, pool, "override", &[("reason", REASON)]).await?;
        let names: Vec<_> =
            (1..=steps.len()).map(|step| (format!("percent-{step}"), format!("soak-{step}"))).collect();
        let mut fields = vec![("on-p1", "roll-back"), ("on-p2", "hold")];
        for ((percent, soak), (percent_name, soak_name)) in steps.iter().zip(&names) {
            fields.push((percent_name, percent));
            fields.push((soak_name, soak));
        }
        self.ask(browser, pool, "plan", &fields).await?;
        self.ask(browser, pool, "preflight", &[]).await?;
        if self.ask(browser, pool, "start", &[]).await.is_ok() {
            return Ok(());
        }
        // Refused where none of these is in the way. Pods have to be ready: what is measured counts on them.
        let checks = "staging-health vendor-status metrics";
        let _ =
            self.ask(browser, pool, "preflight/override", &[("reason", REASON), ("checks", checks)]).await;
        // What cannot be waved through, pods that are still going away, passes by itself.
        let deadline = Instant::now() + SETTLES;
        loop {
            match self.ask(browser, pool, "start", &[]).await {
                Err(_) if Instant::now() < deadline => sleep(Duration::from_millis(250)).await,
                other => return other,
            }
        }
    }

    /// Posts one of the forms about the go-live as a whole, as the page shows it now.
    async fn ask(
        &self,
        browser: &mut Browser,
        pool: &PgPool,
        what: &str,
        fields: &[(&str, &str)],
    ) -> Result<(), Fail> {
        let seen = match what {
            // It goes by the plan that is shown, and not by the version.
            "plan" => opened(&browser.page(&self.path()).await?.text(), what)?,
            _ => {
                let version: i64 = sqlx::query_scalar("select version from go_lives where id = $1")
                    .bind(self.id)
                    .fetch_one(pool)
                    .await?;
                version.to_string()
            }
        };
        let fields = [&[("seen", seen.as_str())], fields].concat();
        persist(browser, &format!("{}/{what}", self.path()), &fields).await.map(|_| ())
    }

    /// Takes the running rollout back.
    pub(crate) async fn roll_back(&self, browser: &mut Browser) -> Result<(), Fail> {
        let path = format!("{}/rollout/roll-back", self.path());
        persist(browser, &path, &[("reason", REASON)]).await.map(|_| ())
    }

    /// Its newest rollout, as the database has it.
    pub(crate) async fn rollout(&self, pool: &PgPool) -> Result<Option<Rollout>, Fail> {
        let state: Option<Json<Rollout>> = sqlx::query_scalar(
            "select state from rollouts where go_live_id = $1 order by started_at desc limit 1",
        )
        .bind(self.id)
        .fetch_optional(pool)
        .await?;
        Ok(state.map(|state| state.0))
    }

    /// Waits until its rollout is as it should be; what it was instead when the time is over.
    pub(crate) async fn until(
        &self,
        pool: &PgPool,
        bound: Duration,
        wanted: impl Fn(&Rollout) -> bool,
    ) -> Result<Rollout, Fail> {
        let deadline = Instant::now() + bound;
        loop {
            let rollout = self.rollout(pool).await?;
            match rollout {
                Some(rollout) if wanted(&rollout) => return Ok(rollout),
                Some(rollout) if Instant::now() > deadline => {
                    return Err(Fail::said(format!(
                        "after {} s the rollout is {}: {:?}",
                        bound.as_secs(),
                        rollout.phase.label(),
                        rollout.phase
                    )));
                }
                None if Instant::now() > deadline => return Err(Fail::said("no rollout was started")),
                Some(_) | None => sleep(Duration::from_millis(50)).await,
            }
        }
    }
}

/// What a form of a page carries of what it was opened with.
fn opened(page: &str, form: &str) -> Result<String, Fail> {
    let mark = page
        .split_once(&format!("<form id=\"{form}\""))
        .and_then(|(_, rest)| rest.split_once("name=\"seen\" value=\""))
        .and_then(|(_, rest)| rest.split('"').next());
    mark.map(str::to_owned).ok_or_else(|| Fail::said(format!("the page has no form {form}")))
}

/// The most new pods that there may be in this phase; none where it says nothing about it.
pub(crate) fn most_new(phase: &Phase, replicas: u32) -> Option<u32> {
    match phase {
        Phase::Starting => Some(0),
        Phase::Surging { to, .. } | Phase::Trimming { to, .. } | Phase::Soaking { to, .. } => Some(*to),
        Phase::Held { from, .. } => most_new(from, replicas),
        Phase::Finishing { .. } | Phase::Verifying { .. } | Phase::Complete => Some(replicas),
        Phase::RestoringStrategy { .. } if !phase.is_returning() => Some(replicas),
        Phase::RestoringStrategy { .. }
        | Phase::RollingBack { .. }
        | Phase::RolledBack { .. }
        | Phase::Aborted { .. } => None,
    }
}

/// Posts a form until there is an answer that is one, always with the same key, as a person's browser does.
///
/// While nobody answers, or the answer is "not now", the outcome is open and the same request is sent again. Where the
/// redirect leads.
pub(crate) async fn persist(
    browser: &mut Browser,
    path: &str,
    fields: &[(&str, &str)],
) -> Result<String, Fail> {
    let answer = persist_body(browser, path, &keyed(fields)).await?;
    if answer.status.is_redirection() {
        return Ok(answer.location().to_owned());
    }
    let text = answer.text();
    let at = text.find("class=\"refusal\"").unwrap_or_default();
    let said: String = text[at..].chars().take(400).collect();
    Err(Fail::said(format!("POST {path} answers {}: {said}", answer.status)))
}

/// The same with a body that carries its key.
pub(crate) async fn persist_body(browser: &mut Browser, path: &str, body: &str) -> Result<Answer, Fail> {
    let deadline = Instant::now() + Duration::from_secs(90);
    loop {
        let answer = browser.post_once(path, body).await;
        match answer {
            Ok(answer) if !answer.status.is_server_error() => return Ok(answer),
            other if Instant::now() > deadline => return other,
            Ok(_) | Err(_) => sleep(Duration::from_millis(50)).await,
        }
    }
}

#[cfg(test)]
mod tests {
    use chrono::Utc;
    use gantry_domain::rollout::{Held, WhyRollBack};

    use super::*;

    #[test]
    fn a_step_allows_its_own_pods_also_while_held_and_the_way_back_allows_no_more_than_before() {
        let since = Utc::now();
        let soaking = Phase::Soaking { step: 1, to: 5, since, ends_at: since };
        assert_eq!(most_new(&soaking, 10), Some(5));
        let why = Held::Person { by: "Ana".into(), reason: String::new() };
        assert_eq!(most_new(&Phase::Held { why, since, from: Box::new(soaking) }, 10), Some(5));
        assert_eq!(most_new(&Phase::Finishing { since }, 10), Some(10));
        let why = WhyRollBack::Person { by: "Ana".into(), reason: String::new() };
        assert_eq!(most_new(&Phase::RollingBack { why, since }, 10), None);
    }
}
