//! What really happens to the pods of one Deployment, event by event, from the cluster's own watch. Independent of what
//! the panel believes, and read only.

use std::{
    collections::{BTreeMap, HashMap},
    net::SocketAddr,
    time::{Duration, Instant},
};

use http_body_util::BodyExt as _;
use serde_json::Value;
use tokio::{sync::mpsc, task::JoinHandle, time::sleep};

use crate::{
    client::{self, Browser},
    fail::Fail,
    golive::{DEPLOYMENT, NAMESPACE},
};

/// Pods of one image, without those that are going away.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    /// How many.
    pub(crate) pods: u32,
    /// How many serve.
    pub(crate) ready: u32,
}

/// How the pods stand after one event.
#[derive(Debug, Clone)]
pub(crate) struct Moment {
    /// When it was heard of.
    pub(crate) at: Instant,
    /// By image.
    pub(crate) images: BTreeMap<String, Tally>,
    /// A pod became ready with this event: how long after it was first heard of.
    pub(crate) started_in: Option<Duration>,
}

impl Moment {
    /// Pods that serve, of whatever image.
    pub(crate) fn ready(&self) -> u32 {
        self.images.values().map(|tally| tally.ready).sum()
    }

    /// Pods of one image.
    pub(crate) fn of(&self, image: &str) -> Tally {
        self.images.get(image).copied().unwrap_or_default()
    }
}

/// A watch under way.
#[derive(Debug)]
pub(crate) struct Watch {
    /// Every moment since the start.
    pub(crate) moments: mpsc::UnboundedReceiver<Moment>,
    task: JoinHandle<()>,
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Begins to watch; the first moment is how it stands.
pub(crate) async fn watch(kube: SocketAddr) -> Result<Watch, Fail> {
    let (send, moments) = mpsc::unbounded_channel();
    let mut pods = Pods::default();
    let version = pods.list(kube).await?;
    let _nobody_listens = send.send(pods.moment(None));
    let task = tokio::spawn(async move {
        let mut version = version;
        while !send.is_closed() {
            // A watch ends now and then; what was missed is in the next list.
            let _ended = pods.follow(kube, &version, &send).await;
            match pods.list(kube).await {
                Ok(listed) => version = listed,
                Err(_) => sleep(Duration::from_millis(20)).await,
            }
            let _nobody_listens = send.send(pods.moment(None));
        }
    });
    Ok(Watch { moments, task })
}

#[derive(Debug)]
struct Pod {
    image: String,
    ready: bool,
    going: bool,
    since: Instant,
}

#[derive(Debug, Default)]
struct Pods {
    by_uid: HashMap<String, Pod>,
}

impl Pods {
    fn path() -> String {
        format!("/api/v1/namespaces/{NAMESPACE}/pods?labelSelector=app%3D{DEPLOYMENT}")
    }

    async fn list(&mut self, kube: SocketAddr) -> Result<String, Fail> {
        let answer = Browser::new(kube).page(&Self::path()).await?;
        let list: Value = serde_json::from_slice(&answer.body)?;
        let before = std::mem::take(&mut self.by_uid);
        for pod in list["items"].as_array().into_iter().flatten() {
            self.put(pod);
        }
        for (uid, pod) in &mut self.by_uid {
            if let Some(known) = before.get(uid) {
                pod.since = known.since;
            }
        }
        Ok(list["metadata"]["resourceVersion"].as_str().unwrap_or("0").to_owned())
    }

    async fn follow(
        &mut self,
        kube: SocketAddr,
        version: &str,
        send: &mpsc::UnboundedSender<Moment>,
    ) -> Result<(), Fail> {
        let path = format!("{}&watch=1&resourceVersion={version}", Self::path());
        let mut body = client::open(kube, &path).await?;
        let mut rest = Vec::new();
        while let Some(frame) = body.frame().await {
            let Ok(data) = frame?.into_data() else { continue };
            rest.extend_from_slice(&data);
            while let Some(end) = rest.iter().position(|byte| *byte == b'\n') {
                let line: Vec<u8> = rest.drain(..=end).collect();
                let event: Value = serde_json::from_slice(&line)?;
                if !self.event(&event, send) {
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    /// Takes an event in; false when the watch is of no more use.
    fn event(&mut self, event: &Value, send: &mpsc::UnboundedSender<Moment>) -> bool {
        let pod = &event["object"];
        let started_in = match event["type"].as_str() {
            Some("ADDED" | "MODIFIED") => self.put(pod),
            Some("DELETED") => {
                self.by_uid.remove(uid(pod));
                None
            }
            Some("ERROR") => return false,
            _ => return true,
        };
        send.send(self.moment(started_in)).is_ok()
    }

    fn put(&mut self, pod: &Value) -> Option<Duration> {
        let conditions = pod["status"]["conditions"].as_array();
        let ready = conditions
            .into_iter()
            .flatten()
            .any(|condition| condition["type"] == "Ready" && condition["status"] == "True");
        let now = Instant::now();
        let known = self.by_uid.entry(uid(pod).to_owned()).or_insert_with(|| Pod {
            image: pod["spec"]["containers"][0]["image"].as_str().unwrap_or_default().to_owned(),
            ready: false,
            going: false,
            since: now,
        });
        let became = ready && !known.ready;
        known.ready = ready;
        known.going = !pod["metadata"]["deletionTimestamp"].is_null();
        became.then(|| now - known.since)
    }

    fn moment(&self, started_in: Option<Duration>) -> Moment {
        let mut images: BTreeMap<String, Tally> = BTreeMap::new();
        for pod in self.by_uid.values().filter(|pod| !pod.going) {
            let tally = images.entry(pod.image.clone()).or_default();
            tally.pods += 1;
            tally.ready += u32::from(pod.ready);
        }
        Moment { at: Instant::now(), images, started_in }
    }
}

fn uid(pod: &Value) -> &str {
    pod["metadata"]["uid"].as_str().unwrap_or_default()
}
