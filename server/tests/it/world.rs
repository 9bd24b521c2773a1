//! A running server with a database of its own, three people, and browsers to use it with.

use std::future::Future;
use std::time::Duration;

use gantry_domain::actor::{Actor, Person, Role};
use gantry_domain::id::GoLiveId;
use gantry_local::{TestDatabase, TestDatabases};
use gantry_server::clock::Clock;
use gantry_server::config::incidents::IncidentConfig;
use gantry_server::config::{Config, VendorConfig};
use gantry_server::services::people::{self, Newcomer};
use gantry_server::store;
use gantry_server::wire::{self, Running};
use reqwest::header::{HeaderMap, HeaderValue, LOCATION, ORIGIN, RETRY_AFTER, SET_COOKIE};
use reqwest::{Client, Method, StatusCode};

pub(crate) static DATABASES: TestDatabases = TestDatabases::new();
pub(crate) const PASSWORD: &str = "correct horse battery";

/// A server and what it needs.
pub(crate) struct World {
    pub(crate) running: Running,
    pub(crate) database: TestDatabase,
    pub(crate) ana: Actor,
    pub(crate) rui: Actor,
    pub(crate) sam: Actor,
}

pub(crate) async fn database() -> TestDatabase {
    DATABASES
        .create(&store::template_version(), |url| async move { store::migrate(&url).await })
        .await
        .unwrap()
}

pub(crate) fn config(url: &str) -> Config {
    Config {
        database_url: url.to_owned(),
        migrate: false,
        database_connections: 8,
        listen: "127.0.0.1:0".parse().unwrap(),
        origin: "http://127.0.0.1:0".to_owned(),
        assets: None,
        presets: None,
        trusted_proxies: 1,
        demo: false,
        tour: None,
        kubeconfig: None,
        prometheus_url: None,
        prometheus_backup_url: None,
        vendor: nobody(),
        health_url: None,
        staging_health_url: None,
        incidents: IncidentConfig::default(),
        oidc: None,
    }
}

/// A vendor that is away: tests ask nobody outside.
fn nobody() -> VendorConfig {
    let closed = Some("http://127.0.0.1:9".to_owned());
    VendorConfig { api: closed.clone(), capture: closed.clone(), status: closed, key: None }
}

impl World {
    /// Started, with Ana (admin), Rui (release manager) and Sam (stakeholder).
    pub(crate) async fn start() -> Self {
        let database = database().await;
        let config = config(database.url());
        Self::with(database, &config).await
    }

    /// The same with a configuration of one's own.
    pub(crate) async fn with(database: TestDatabase, config: &Config) -> Self {
        let running = start(config).await;
        let mut people = Vec::new();
        for (login, name, role) in [
            ("ana", "Ana Duarte", Role::Admin),
            ("rui", "Rui Matos", Role::ReleaseManager),
            ("sam", "Sam Okafor", Role::Stakeholder),
        ] {
            let newcomer =
                Newcomer { login: login.into(), name: name.into(), role, password: PASSWORD.into() };
            let id = people::add(&running.app.db, newcomer, None, running.app.clock.now()).await.unwrap();
            people.push(Actor { person: Person { id, name: name.to_owned() }, role });
        }
        let [ana, rui, sam] = people.try_into().unwrap();
        let world = Self { running, database, ana, rui, sam };
        eventually("it listens for changes", Duration::from_secs(10), || async {
            world.running.app.db.changes().mark().is_some()
        })
        .await;
        world
    }

    /// The same database, another process.
    pub(crate) async fn restart(self) -> Self {
        let Self { running, database, ana, rui, sam } = self;
        running.stop().await;
        let running = start(&config(database.url())).await;
        Self { running, database, ana, rui, sam }
    }

    pub(crate) fn browser(&self) -> Browser {
        Browser::new(&self.running)
    }

    pub(crate) async fn signed_in(&self, login: &str) -> Browser {
        let mut browser = self.browser();
        let answer = browser.sign_in(login, PASSWORD).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
        browser
    }

    /// A go-live with the PostHog checklist, opened by Rui.
    pub(crate) async fn go_live(&self) -> GoLiveId {
        let mut rui = self.signed_in("rui").await;
        let answer = rui
            .post(
                "/go-lives",
                &[("preset", "posthog"), ("image", "registry.example/posthog-integration:v2.5.0")],
            )
            .await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
        answer.location().rsplit('/').next().unwrap().parse().unwrap()
    }

    /// Reads the database past the server.
    pub(crate) async fn sql(&self, sql: &str) -> Result<Vec<sqlx::postgres::PgRow>, sqlx::Error> {
        use sqlx::{Connection as _, PgConnection};

        let mut connection = PgConnection::connect(self.database.url()).await?;
        sqlx::query(sql).fetch_all(&mut connection).await
    }

    pub(crate) async fn count(&self, sql: &str) -> i64 {
        use sqlx::Row as _;

        self.sql(sql).await.unwrap()[0].get(0)
    }

    /// The text in the first column of the first row.
    pub(crate) async fn text(&self, sql: &str) -> String {
        use sqlx::Row as _;

        self.sql(sql).await.unwrap()[0].get(0)
    }

    /// The id of the only note.
    pub(crate) async fn note(&self) -> String {
        self.text("select id::text from incident_entries where kind = 'note'").await
    }
}

pub(crate) async fn start(config: &Config) -> Running {
    // The first of several is enough.
    let _already = rustls::crypto::ring::default_provider().install_default();
    wire::start(config.clone(), Clock::system()).await.unwrap()
}

/// A table that nobody can write to: whoever wants to waits, so that a test can choose a moment.
pub(crate) struct Held {
    connection: sqlx::PgConnection,
    table: String,
}

impl Held {
    /// Keeps everybody from writing to a table of the database at `url`.
    pub(crate) async fn new(url: &str, table: &str) -> Self {
        use sqlx::Connection as _;

        let mut connection = sqlx::PgConnection::connect(url).await.unwrap();
        sqlx::query("begin").execute(&mut connection).await.unwrap();
        let lock = format!("lock table {table} in share mode");
        sqlx::query(&lock).execute(&mut connection).await.unwrap();
        Self { connection, table: table.to_owned() }
    }

    /// Which.
    pub(crate) fn table(&self) -> &str {
        &self.table
    }

    /// Lets everybody write again.
    pub(crate) async fn free(mut self) {
        use sqlx::Connection as _;

        sqlx::query("rollback").execute(&mut self.connection).await.unwrap();
        self.connection.close().await.unwrap();
    }
}

/// Waits until `condition` holds, for a bounded time.
pub(crate) async fn eventually<F: Future<Output = bool>>(
    what: &str,
    within: Duration,
    condition: impl Fn() -> F,
) {
    let deadline = tokio::time::Instant::now() + within;
    while !condition().await {
        assert!(tokio::time::Instant::now() < deadline, "not within {within:?}: {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Somebody's browser: keeps the cookie and says where its forms come from.
#[derive(Clone)]
pub(crate) struct Browser {
    pub(crate) base: String,
    pub(crate) client: Client,
    pub(crate) cookie: Option<String>,
    pub(crate) address: String,
}

pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn location(&self) -> &str {
        self.headers.get(LOCATION).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    pub(crate) fn retry_after(&self) -> bool {
        self.headers.contains_key(RETRY_AFTER)
    }
}

impl Browser {
    pub(crate) fn new(running: &Running) -> Self {
        let client = Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .timeout(Duration::from_secs(20))
            .build()
            .unwrap();
        Self {
            base: format!("http://{}", running.address),
            client,
            cookie: None,
            address: "192.0.2.1".to_owned(),
        }
    }

    pub(crate) async fn get(&mut self, path: &str) -> Answer {
        self.send(Method::GET, path, None, &[]).await
    }

    /// Waits until this page is there again.
    pub(crate) async fn is_back(&self, path: &str, within: Duration) {
        eventually("the page is back", within, || async {
            self.clone().get(path).await.status == StatusCode::OK
        })
        .await;
    }

    /// Posts a form with a fresh key.
    pub(crate) async fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let key = uuid::Uuid::new_v4().to_string();
        let mut fields = fields.to_vec();
        fields.push(("key", &key));
        self.post_as_is(path, &fields).await
    }

    pub(crate) async fn post_as_is(&mut self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let origin = self.base.clone();
        self.send(Method::POST, path, Some(encode(fields)), &[(ORIGIN.as_str(), &origin)]).await
    }

    pub(crate) async fn send(
        &mut self,
        method: Method,
        path: &str,
        body: Option<String>,
        headers: &[(&str, &str)],
    ) -> Answer {
        let mut request = self
            .client
            .request(method, format!("{}{path}", self.base))
            .header("x-forwarded-for", &self.address);
        if let Some(cookie) = &self.cookie {
            request = request.header("cookie", cookie);
        }
        for (name, value) in headers {
            request = request.header(*name, HeaderValue::from_str(value).unwrap());
        }
        if let Some(body) = body {
            request = request.header("content-type", "application/x-www-form-urlencoded").body(body);
        }
        let response = request.send().await.unwrap();
        for set in response.headers().get_all(SET_COOKIE) {
            let pair = set.to_str().unwrap().split(';').next().unwrap().to_owned();
            self.cookie = (!pair.ends_with('=')).then_some(pair);
        }
        let (status, headers) = (response.status(), response.headers().clone());
        Answer { status, headers, body: response.text().await.unwrap() }
    }

    pub(crate) async fn sign_in(&mut self, login: &str, password: &str) -> Answer {
        self.post("/sign-in", &[("name", login), ("password", password), ("next", "/go-lives")]).await
    }
}

pub(crate) fn encode(fields: &[(&str, &str)]) -> String {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish()
}

/// The state of an item as the domain folds it, read from the database.
pub(crate) async fn stored(world: &World, id: GoLiveId) -> store::go_lives::Stored {
    store::go_lives::find(world.running.app.db.pool(), id).await.unwrap().unwrap()
}

/// What a form of a page carries of what it was opened with.
pub(crate) fn opened(page: &str, form: &str) -> String {
    let start = format!("<form id=\"{form}\"");
    let form = page.split(&start).nth(1).unwrap_or_else(|| panic!("no form {form} in {page}"));
    crate::response::stage::hidden(form, "seen")
}

/// The same for a form of a go-live's page as it is now: most of them go by the go-live's version.
pub(crate) async fn seen(world: &World, who: &mut Browser, id: GoLiveId, form: &str) -> String {
    match form {
        "plan" | "release" => opened(&who.get(&format!("/go-lives/{id}")).await.body, form),
        _ => stored(world, id).await.go_live.version.to_string(),
    }
}

/// An item of the checklist for which a signature by a release manager is enough.
pub(crate) async fn signable(world: &World, id: GoLiveId) -> String {
    use gantry_domain::preset::StatementKind;

    let stored = stored(world, id).await;
    let found = stored
        .go_live
        .items()
        .find(|(_, item)| {
            item.spec.statement == StatementKind::Signature && item.spec.signer == Role::ReleaseManager
        })
        .map(|(_, item)| item.spec.key.to_string());
    found.unwrap()
}
