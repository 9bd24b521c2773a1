//! A kubelet that runs nothing: pods are scheduled at once, start after a moment, become ready, crash when told to, and
//! go away after their grace.
//!
//! Decides only what a node decides. Which pods exist is the business of others.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};

use super::{conditions, events};
use crate::world::World;
use crate::world::kinds::PODS;
use crate::world::object::{self, text};

/// How long pods take.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pace {
    /// From creation to ready.
    pub(crate) start: TimeDelta,
    /// From the deletion to being gone.
    pub(crate) stop: TimeDelta,
}

#[derive(Debug)]
struct Life {
    number: u32,
    seen: DateTime<Utc>,
    stopping: Option<DateTime<Utc>>,
    restarts: i64,
    /// When the container starts again after a crash.
    again: Option<DateTime<Utc>>,
}

/// What the kubelet remembers about its pods.
#[derive(Debug, Default)]
pub(crate) struct Kubelet {
    lives: BTreeMap<String, Life>,
    counter: u32,
}

impl Kubelet {
    /// Moves every pod on. `crashes` says whether a pod's container crashes when it starts, and with `dying` also when it
    /// has started. Returns when to come back.
    pub(crate) fn step(
        &mut self,
        world: &mut World,
        now: DateTime<Utc>,
        pace: Pace,
        dying: bool,
        crashes: impl Fn(&Value) -> bool,
    ) -> Option<DateTime<Utc>> {
        let pods = world.list(&PODS, None);
        let mut next: Option<DateTime<Utc>> = None;
        let mut alive = BTreeMap::new();
        for pod in pods {
            let uid = object::uid(&pod).to_owned();
            let mut life = self.lives.remove(&uid).unwrap_or_else(|| {
                self.counter += 1;
                Life { number: self.counter, seen: now, stopping: None, restarts: 0, again: None }
            });
            let restarts = life.restarts;
            let due = if object::is_terminating(&pod) {
                let until = *life.stopping.get_or_insert(now + pace.stop);
                if until <= now {
                    world.remove(&PODS, object::namespace(&pod), object::name(&pod));
                    continue;
                }
                Some(until)
            } else {
                let (status, due) = life.advance(&pod, now, pace, dying, &crashes);
                if status != pod["status"] {
                    let mut pod = (*pod).clone();
                    pod["spec"]["nodeName"] = json!("sandbox-node");
                    pod["status"] = status;
                    world.put(&PODS, pod);
                }
                due
            };
            if life.restarts > restarts {
                let message = "Back-off restarting failed container app";
                events::record(world, &PODS, &pod, "Warning", "BackOff", message, now);
            }
            next = [next, due].into_iter().flatten().min();
            alive.insert(uid, life);
        }
        self.lives = alive;
        next
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Phase {
    Creating,
    Starting,
    Ready,
    Crashed,
}

impl Life {
    fn advance(
        &mut self,
        pod: &Value,
        now: DateTime<Utc>,
        pace: Pace,
        dying: bool,
        crashes: &impl Fn(&Value) -> bool,
    ) -> (Value, Option<DateTime<Utc>>) {
        let was_ready = super::replicaset::ready_since(pod).is_some();
        let running_at = self.seen + pace.start / 2;
        let ready_at = self.seen + pace.start;
        let (phase, due) = if was_ready && !(dying && crashes(pod)) {
            (Phase::Ready, None)
        } else if now < running_at {
            (Phase::Creating, Some(running_at))
        } else if self.again.is_some_and(|again| now < again) {
            (Phase::Crashed, self.again)
        } else if crashes(pod) {
            self.restarts += 1;
            // Doubles from one second to ten, where a real node goes from ten seconds to five minutes.
            let wait = TimeDelta::seconds((1_i64 << self.restarts.min(4)).min(10));
            self.again = Some(now + wait);
            (Phase::Crashed, self.again)
        } else if now < ready_at {
            (Phase::Starting, Some(ready_at))
        } else {
            (Phase::Ready, None)
        };
        (self.status(pod, phase, now), due)
    }

    fn status(&self, pod: &Value, phase: Phase, now: DateTime<Utc>) -> Value {
        let running = phase != Phase::Creating;
        let ready = phase == Phase::Ready;
        let started = object::stamp(self.seen);
        let mut all =
            pod.pointer("/status/conditions").and_then(Value::as_array).cloned().unwrap_or_default();
        let unready = "containers with unready status: [app]";
        for (kind, holds) in
            [("PodScheduled", true), ("Initialized", true), ("ContainersReady", ready), ("Ready", ready)]
        {
            set_pod_condition(&mut all, kind, holds, if holds { "" } else { unready }, now);
        }
        let containers = pod.pointer("/spec/containers").and_then(Value::as_array);
        let statuses: Vec<Value> = containers
            .into_iter()
            .flatten()
            .map(|container| {
                let state = match phase {
                    Phase::Creating => json!({ "waiting": { "reason": "ContainerCreating" } }),
                    Phase::Starting | Phase::Ready => json!({ "running": { "startedAt": started } }),
                    Phase::Crashed => json!({ "waiting": {
                        "reason": "CrashLoopBackOff",
                        "message": format!("back-off restarting failed container={} pod={}", text(container, "/name"), object::name(pod)),
                    } }),
                };
                json!({
                    "name": container["name"],
                    "image": container["image"],
                    "imageID": format!("{}@sandbox", text(container, "/image")),
                    "containerID": format!("sandbox://{}", object::uid(pod)),
                    "ready": ready,
                    "started": matches!(phase, Phase::Starting | Phase::Ready),
                    "restartCount": self.restarts,
                    "state": state,
                    "lastState": if self.restarts > 0 {
                        json!({ "terminated": { "exitCode": 1, "reason": "Error" } })
                    } else {
                        json!({})
                    },
                })
            })
            .collect();
        let mut status = json!({
            "phase": if running { "Running" } else { "Pending" },
            "conditions": all,
            "containerStatuses": statuses,
            "hostIP": "192.0.2.10",
            "hostIPs": [{ "ip": "192.0.2.10" }],
            "startTime": started,
            "qosClass": "BestEffort",
        });
        if running {
            let ip = format!("10.244.{}.{}", (self.number / 250) % 250, self.number % 250 + 1);
            status["podIPs"] = json!([{ "ip": ip }]);
            status["podIP"] = json!(ip);
        }
        status
    }
}

fn set_pod_condition(all: &mut Vec<Value>, kind: &str, holds: bool, message: &str, now: DateTime<Utc>) {
    let status = if holds { "True" } else { "False" };
    if conditions::find(all, kind).is_some_and(|current| current["status"] == status) {
        return;
    }
    let mut condition = json!({
        "type": kind,
        "status": status,
        "lastProbeTime": null,
        "lastTransitionTime": object::stamp(now),
    });
    if !holds {
        condition["reason"] = json!("ContainersNotReady");
        condition["message"] = json!(message);
    }
    conditions::remove(all, kind);
    all.push(condition);
}
