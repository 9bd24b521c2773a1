//! The page of one incident: what is due, what can be done, what happened.

use gantry_domain::actor::{Actor, Role};
use leptos::prelude::*;

use super::model::Model;
use super::{act, head, messages, response, timeline, words};
use crate::document::document_in;
use crate::forms;
use crate::frame::Frame;
use crate::ui::form::Form;
use crate::ui::html::{Html, Part};
use crate::ui::layout::Place;

/// One rendering of the page: what every part of it needs.
#[derive(Clone, Copy, Debug)]
pub struct Page<'a> {
    /// The surroundings.
    pub frame: &'a Frame,
    /// What is shown.
    pub model: &'a Model,
}

impl Page<'_> {
    /// Who is looking.
    pub fn actor(&self) -> Option<&Actor> {
        self.frame.actor.as_ref()
    }

    /// Whether the person's role reaches `role`; whoever may not sees the same page without its forms.
    pub fn may(&self, role: Role) -> bool {
        self.actor().is_some_and(|actor| actor.may_act_as(role))
    }

    /// A form about the incident as this page shows it.
    pub fn form(&self, id: &str, below: &str) -> Form {
        let incident = &self.model.incident;
        Form::new(self.frame, id, forms::below_incident(incident.id, below), self.model.refusal.as_ref())
            .seen(incident.version)
    }
}

/// Renders the page.
pub fn render(frame: &Frame, model: &Model) -> String {
    let page = Page { frame, model };
    let subject = &model.incident.subject;
    let place = Place {
        integration: words::name(&model.names, &model.incident),
        environment: subject.environment.clone(),
        lights: model.lights.clone(),
        present: model.present.clone(),
    };
    let title = format!(
        "{} {} {}: {}",
        model.incident.severity.label(),
        model.incident.state,
        model.incident.number,
        model.incident.title
    );
    document_in(frame, &place, &title, || body(page))
}

fn body(page: Page<'_>) -> Html {
    let acts = act::acts(page);
    let messages = messages::messages(page);
    let timeline = timeline::timeline(page);
    let parts = response::response_parts(page);
    let rest = view! { {parts}{acts}{messages}{timeline} }.part().to_html();
    let orphaned = head::refused(page, &format!("{rest} id=\"acknowledge\""));
    let parts = response::response_parts(page);
    let acts = act::acts(page);
    view! {
        <div class="incident">
            {head::head(page, orphaned)}
            <div class="incident-side">
                {acts}
                {messages::messages(page)}
            </div>
            <div class="incident-main">
                {parts}
                {timeline::timeline(page)}
            </div>
        </div>
    }
    .part()
}
