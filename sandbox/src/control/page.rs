//! The control page: what runs, what is going wrong, and a button for each scenario. Plain HTML, no script.

use std::fmt::Write as _;

use super::presets;
use crate::cluster::{State, image_tag};
use crate::controller::replicaset::ready_since;
use crate::world::kinds::{DEPLOYMENTS, PODS};
use crate::world::object::{self, text};

pub(super) const STYLE: &str = "
:root { color-scheme: light dark } a { color: #2457d6 }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem;
  color: #1d2430; background: #fafbfc }
h1 { font-size: 1.5rem } h2 { font-size: 1rem; margin: 1.5rem 0 .5rem }
form { display: inline-block; margin: 0 .4rem .4rem 0 }
button { font: inherit; padding: .3rem .8rem; border: 1px solid #9aa5b5; border-radius: .4rem; background: #fff;
  color: inherit; cursor: pointer }
button[aria-pressed=true] { border-color: #2457d6; box-shadow: inset 0 0 0 1px #2457d6; font-weight: 600 }
button:hover { border-color: #2457d6 } button.reset { background: #2457d6; color: #fff; border-color: #2457d6 }
table { border-collapse: collapse; width: 100% } td, th { text-align: left; padding: .3rem .6rem .3rem 0;
  border-bottom: 1px solid #dde2ea; vertical-align: top }
pre { background: #eef1f5; padding: 1rem; overflow: auto; border-radius: .4rem }
details { margin: 1.5rem 0 } summary { font-weight: 600; cursor: pointer }
@media (max-width: 40rem) { body { margin: 1rem auto } button { min-height: 44px } summary { line-height: 44px }
  td { overflow-wrap: anywhere } }
@media (prefers-color-scheme: dark) {
  body { color: #e4e8ef; background: #14181f } button { background: #1f2630; border-color: #4d596b }
  a { color: #9ab4ff } button.reset { background: #3d6ff0 } td, th { border-color: #2c3542 } pre { background: #1b212a } }
";

/// Renders the page.
pub(crate) fn render(state: &State) -> String {
    let mut out = String::from(
        "<!doctype html><html lang=en><head><meta charset=utf-8><meta name=viewport content=\"width=device-width\">\
         <title>Sandbox</title><style>",
    );
    out.push_str(STYLE);
    out.push_str(
        "</style></head><body><h1>Sandbox</h1><p>The outside world that Gantry is shown. \
         Switch on what should go wrong. What was sent: \
         <a href=/inbox/slack>Slack</a>, <a href=/inbox/pagerduty>PagerDuty</a>.</p>\
         <form method=post action=/reset><button class=reset>Back to normal</button></form>",
    );
    running(state, &mut out);
    let mut group = "";
    for preset in presets::ALL {
        if preset.group != group {
            group = preset.group;
            let _ = write!(out, "<h2>{}</h2>", escape(group));
        }
        // A button that would change nothing is what is on.
        let on = preset.on(&state.scenario).is_ok_and(|after| after == state.scenario);
        let _ = write!(
            out,
            "<form method=post action=\"/scenario/{}\"><button aria-pressed={on}>{}</button></form>",
            preset.name,
            escape(preset.label)
        );
    }
    let scenario = serde_json::to_string_pretty(&state.scenario).unwrap_or_default();
    let _ = write!(out, "<details><summary>All switches</summary><pre>{}</pre></details>", escape(&scenario));
    arrived(state, &mut out);
    out.push_str("</body></html>");
    out
}

fn running(state: &State, out: &mut String) {
    out.push_str("<h2>What runs</h2><table><tr><th>Deployment<th>Pods by version");
    let pods = state.world.list(&PODS, None);
    for deployment in state.world.list(&DEPLOYMENTS, None) {
        let (namespace, name) = (object::namespace(&deployment), object::name(&deployment));
        let mut versions: Vec<(String, usize, usize)> = Vec::new();
        for pod in pods.iter().filter(|pod| object::namespace(pod) == namespace) {
            if state.deployment_of(pod).as_deref() != Some(name) || object::is_terminating(pod) {
                continue;
            }
            let tag = image_tag(text(pod, "/spec/containers/0/image")).to_owned();
            let ready = usize::from(ready_since(pod).is_some());
            match versions.iter_mut().find(|(known, ..)| *known == tag) {
                Some((_, all, well)) => {
                    *all += 1;
                    *well += ready;
                }
                None => versions.push((tag, 1, ready)),
            }
        }
        let versions: Vec<String> =
            versions.iter().map(|(tag, all, ready)| format!("{tag}: {ready}/{all} ready")).collect();
        let _ =
            write!(out, "<tr><td>{}/{}<td>{}", escape(namespace), escape(name), escape(&versions.join(", ")));
    }
    out.push_str("</table>");
}

fn arrived(state: &State, out: &mut String) {
    out.push_str("<details><summary>What arrived last</summary>");
    let all = state.journal.list(None);
    if all.is_empty() {
        out.push_str("<p>Nothing yet.</p></details>");
        return;
    }
    out.push_str("<table><tr><th>When<th>To<th>Answered<th>Body");
    for one in all.iter().rev().take(20) {
        let _ = write!(
            out,
            "<tr><td>{}<td>{}<td>{}<td>{}",
            one.at.format("%H:%M:%S"),
            one.to,
            one.status,
            escape(&one.body.to_string())
        );
    }
    out.push_str("</table></details>");
}

pub(super) fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
