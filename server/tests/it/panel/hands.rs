//! Somebody who uses the panel, and insists until answered, as a browser that sends a form again does.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use reqwest::StatusCode;
use reqwest::header::{LOCATION, ORIGIN, SET_COOKIE};
use tokio::task::JoinHandle;

use super::WITHIN;
use crate::world::{PASSWORD, encode};

/// Somebody who uses it.
#[derive(Clone)]
pub(crate) struct Hands {
    client: reqwest::Client,
    base: Arc<Mutex<String>>,
    cookie: String,
}

/// What was answered in the end.
#[derive(Debug)]
pub(crate) struct Answered {
    pub(crate) status: StatusCode,
    pub(crate) location: String,
    pub(crate) body: Vec<u8>,
}

impl Answered {
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).replace("<!>", "")
    }
}

impl Hands {
    /// Nobody yet, where the panel is to be found at `base`.
    pub(super) fn nobody(base: &Arc<Mutex<String>>) -> Self {
        let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none());
        let client = client.timeout(Duration::from_secs(15)).build().unwrap();
        Self { client, base: Arc::clone(base), cookie: String::new() }
    }

    pub(super) async fn signed_in(mut self, login: &str) -> Self {
        let fields = [("name", login), ("password", PASSWORD), ("next", "/")];
        let base = self.base.lock().unwrap().clone();
        let answer = self
            .client
            .post(format!("{base}/sign-in"))
            .header(ORIGIN, &base)
            .header("content-type", "application/x-www-form-urlencoded")
            .body(encode(&[&fields[..], &[("key", "sign-in")]].concat()))
            .send()
            .await
            .unwrap();
        assert_eq!(answer.status(), StatusCode::SEE_OTHER);
        let set = answer.headers()[SET_COOKIE].to_str().unwrap();
        set.split(';').next().unwrap().clone_into(&mut self.cookie);
        self
    }

    /// Sends a form until it is answered: the same request with the same key, however often the program dies meanwhile.
    pub(crate) async fn insist(&self, path: &str, fields: &[(&str, &str)]) -> Answered {
        let key = uuid::Uuid::new_v4().to_string();
        let body = encode(&[fields, &[("key", key.as_str())]].concat());
        self.until_answered(path, Some(body)).await
    }

    /// The same, beside what else happens.
    pub(crate) fn insist_on(&self, path: &str, fields: &[(&str, &str)]) -> JoinHandle<Answered> {
        let (this, path) = (self.clone(), path.to_owned());
        let fields: Vec<(String, String)> =
            fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        tokio::spawn(async move {
            let fields: Vec<(&str, &str)> =
                fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
            this.insist(&path, &fields).await
        })
    }

    pub(crate) async fn get(&self, path: &str) -> Answered {
        self.until_answered(path, None).await
    }

    async fn until_answered(&self, path: &str, body: Option<String>) -> Answered {
        let deadline = tokio::time::Instant::now() + WITHIN;
        loop {
            match self.once(path, body.clone()).await {
                Ok(answered) if !answered.status.is_server_error() => return answered,
                other => assert!(tokio::time::Instant::now() < deadline, "{path}: {other:?}"),
            }
            tokio::time::sleep(Duration::from_millis(30)).await;
        }
    }

    async fn once(&self, path: &str, body: Option<String>) -> Result<Answered, reqwest::Error> {
        let base = self.base.lock().unwrap().clone();
        let request = match body {
            Some(body) => self
                .client
                .post(format!("{base}{path}"))
                .header(ORIGIN, &base)
                .header("content-type", "application/x-www-form-urlencoded")
                .body(body),
            None => self.client.get(format!("{base}{path}")),
        };
        let response = request.header("cookie", &self.cookie).send().await?;
        let location = response.headers().get(LOCATION).and_then(|value| value.to_str().ok());
        Ok(Answered {
            status: response.status(),
            location: location.unwrap_or_default().to_owned(),
            body: response.bytes().await?.to_vec(),
        })
    }

    /// The mark of an action's rehearsal.
    pub(crate) async fn mark(&self, page: &str) -> String {
        let html = self.get(page).await.text();
        let start = "name=\"mark\" value=\"";
        let rest = html.split(start).nth(1).unwrap_or_else(|| panic!("{page} has no mark: {html}"));
        rest.split('"').next().unwrap().to_owned()
    }
}
