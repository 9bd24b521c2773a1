//! The launch console: the checklist on the left, the rollout on the right.

use gantry_domain::actor::{Actor, Role};
use gantry_domain::checklist::Item;
use gantry_domain::release::Binding;
use gantry_domain::rollout::Phase;
use leptos::prelude::*;

use crate::ui::html::{Html, Part};

use super::model::{Model, Show};
use super::{checklist, gate, head, plan, preflight, rollout, start};
use crate::document::document_in;
use crate::forms;
use crate::frame::Frame;
use crate::ui::form::{Form, orphan};
use crate::ui::layout::Place;

/// One rendering of the page: what every part of it needs.
#[derive(Clone, Copy)]
pub(super) struct Page<'a> {
    /// The surroundings.
    pub(super) frame: &'a Frame,
    /// What is shown.
    pub(super) model: &'a Model,
}

impl Page<'_> {
    /// Who is looking.
    pub(super) fn actor(&self) -> Option<&Actor> {
        self.frame.actor.as_ref()
    }

    /// Whether the person's role reaches `role`; whoever may not sees the same page without its forms.
    pub(super) fn may(&self, role: Role) -> bool {
        self.actor().is_some_and(|actor| actor.may_act_as(role))
    }

    /// What statements made now are bound to.
    pub(super) fn binding(&self) -> Binding {
        self.model.go_live.binding()
    }

    /// A form about the go-live as a whole.
    pub(super) fn form(&self, id: &str, below: &str) -> Form {
        let go_live = &self.model.go_live;
        self.keeping_filter(Form::new(
            self.frame,
            id,
            forms::below(go_live.id, below),
            self.model.refusal.as_ref(),
        ))
        .seen(go_live.version)
    }

    /// A form about one item.
    pub(super) fn item_form(&self, item: &Item, act: &str) -> Form {
        let key = &item.spec.key;
        let action = forms::item_act(self.model.go_live.id, key, act);
        self.keeping_filter(Form::new(
            self.frame,
            forms::item_form(key, act),
            action,
            self.model.refusal.as_ref(),
        ))
        .seen(item.version().into())
    }

    /// The answer shows the same choice of items as the page that the form was on.
    pub(super) fn keeping_filter(&self, form: Form) -> Form {
        match self.model.show {
            Show::All => form,
            Show::Open | Show::Mine => form.keeping("show", self.model.show.word()),
        }
    }
}

/// Renders the page.
pub fn render(frame: &Frame, model: &Model) -> String {
    let page = Page { frame, model };
    let go_live = &model.go_live;
    let place = Place {
        integration: go_live.integration.clone(),
        environment: go_live.environment.clone(),
        lights: model.lights.clone(),
        present: model.present.clone(),
    };
    let title =
        format!("{} {} → {}", go_live.integration, go_live.environment, go_live.release.image.version());
    document_in(frame, &place, &title, || body(page))
}

fn body(page: Page<'_>) -> Html {
    let model = page.model;
    let running = model.rollout.as_ref().is_some_and(|view| !view.rollout.phase.is_over());
    let class = if running { "console running" } else { "console" };
    // What is decided next stands first: the running rollout, else what leads to the next start.
    let complete = model.rollout.as_ref().is_some_and(|view| matches!(view.rollout.phase, Phase::Complete));
    let before = (!running && !complete).then(|| {
        view! {
            <div class="countdown-list">
                {gate::gate(page)}
                {plan::plan(page)}
                {preflight::preflight(page)}
                {start::start(page)}
            </div>
        }
        .part()
    });
    // What was overridden for it stays in sight.
    let gate_during = (running || complete).then(|| (gate::overrides(page), preflight::waved(page)));
    let checklist = checklist::checklist(page);
    let rollout = view! {
        <h2 id="rollout-title">"Rollout"</h2>
        {model.rollout.as_ref().map(|view| rollout::rollout(page, view))}
        {before}
        {gate_during}
    }
    .part()
    .to_html();
    // A form may be gone by the time its refusal is shown: then the refusal stands at the head of the page.
    let orphaned = model.refusal.as_ref().filter(|refusal| {
        let its_item =
            model.go_live.items().any(|(_, item)| refusal.form.ends_with(&format!("-{}", item.spec.key)));
        refusal.form != "release" && !its_item && !rollout.contains(&format!(" id=\"{}\"", refusal.form))
    });
    view! {
        <div class=class>
            {head::head(page, orphaned.map(orphan))}
            <section class="checklist panel" aria-labelledby="checklist-title" data-live="checklist">
                {checklist}
            </section>
            <section class="rollout panel" id="rollout" aria-labelledby="rollout-title" data-live="rollout">
                {Html::new(rollout)}
            </section>
        </div>
    }
    .part()
}
