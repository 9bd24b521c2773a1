//! The strip of the guided tour above the page: what to do now, where, and what is done already.

use chrono::TimeDelta;
use gantry_domain::actor::Role;
use gantry_domain::age;
use gantry_domain::tour::{Ask, Standing, Step, Tour as Stage, Walk};
use leptos::prelude::*;

use super::form::Form;
use super::html::{Html, Part};
use super::tour_words::{Words, of as words_of};
use crate::forms;
use crate::frame::{Frame, Tour};

/// The strip, or an empty place for it: it comes and goes without the page being loaded again. Whether somebody wants the
/// tour is asked on the first page alone; whoever is on it sees it everywhere.
pub(super) fn strip(frame: &Frame, tour: &Tour) -> Html {
    let first_page = frame.place() == forms::OVERVIEW;
    let inside = match &tour.stage {
        Stage::On(walk) => Some(on(frame, tour, walk)),
        Stage::Offered if first_page => Some(offered(frame)),
        Stage::PutAway if first_page => Some(put_away(frame)),
        Stage::Offered | Stage::PutAway => None,
    };
    view! { <div class="screen-only" data-live="tour">{inside}</div> }.part()
}

fn leads(frame: &Frame) -> bool {
    frame.actor.as_ref().is_some_and(|actor| actor.may_act_as(Role::ReleaseManager))
}

fn ask(frame: &Frame, ask: Ask, label: &'static str, class: &'static str) -> Html {
    let form = Form::new(frame, format!("tour-{}", ask.word()), forms::TOUR, None);
    form.with(
        "",
        view! {
            <input type="hidden" name="do" value=ask.word()/>
            <input type="hidden" name="back" value=frame.path.clone()/>
            <button class=class>{label}</button>
        }
        .part(),
    )
}

fn offered(frame: &Frame) -> Html {
    let text = if leads(frame) {
        "Make something go wrong, and lead it from the spike to the resolved incident. The steps tick themselves off, and you can put the tour away at any time."
    } else {
        "Make something go wrong, and follow it from the spike to the resolved incident as everybody sees it. The steps tick themselves off, and you can put the tour away at any time."
    };
    view! {
        <aside class="tour" aria-label="Guided tour">
            <div class="tour-now">
                <p class="tour-text"><strong>"New here? Five minutes with a guided tour."</strong>" "{text}</p>
                <div class="tour-acts">
                    {ask(frame, Ask::Begin, "Begin the tour", "button primary")}
                    {ask(frame, Ask::PutAway, "No, thanks", "button quiet")}
                </div>
            </div>
        </aside>
    }
    .part()
}

fn put_away(frame: &Frame) -> Html {
    view! {
        <aside class="tour away" aria-label="Guided tour">
            <p class="because">"The guided tour, from a spike to a resolved incident, is put away."</p>
            <div class="tour-acts">
                {ask(frame, Ask::Resume, "Take it up again", "button quiet")}
                {ask(frame, Ask::Begin, "Begin anew", "button quiet")}
            </div>
        </aside>
    }
    .part()
}

fn on(frame: &Frame, tour: &Tour, walk: &Walk) -> Html {
    let steps: Vec<_> = walk.steps.iter().zip(1..).map(|(step, number)| one(*step, number)).collect();
    let now = match walk.now() {
        Some(step) => present(frame, tour, walk, step),
        None => finished(frame, walk),
    };
    let away = walk.now().is_some().then(|| ask(frame, Ask::PutAway, "Put away", "button quiet"));
    view! {
        <aside class="tour" aria-label="Guided tour">
            <div class="tour-head">
                <p><strong>"Guided tour"</strong><span class="because">" "{walk.done()}" of "{Step::ALL.len()}" done"</span></p>
                <ol class="tour-steps">{steps}</ol>
                {away}
            </div>
            {now}
        </aside>
    }
    .part()
}

/// One step in the row of all: a shape and a word each.
fn one((step, standing): (Step, Standing), number: usize) -> Html {
    let Words { name, .. } = words_of(step, true);
    let drawn = |shape: &'static str| {
        view! { <svg viewBox="0 0 16 16" aria-hidden="true"><use_ href=shape/></svg> }.part()
    };
    let (class, word, sign) = match standing {
        Standing::Done => ("done", "done", drawn("#check")),
        Standing::PassedOver => ("passed", "passed over", drawn("#dash")),
        Standing::Now => ("now", "now", view! { <span aria-hidden="true">{number}</span> }.part()),
        Standing::Ahead => ("ahead", "to come", view! { <span aria-hidden="true">{number}</span> }.part()),
    };
    let current = (standing == Standing::Now).then_some("step");
    view! {
        <li class=class aria-current=current data-key=name title=format!("{name}: {word}")>
            <span class="tour-sign">{sign}</span><span class="tour-name" aria-hidden="true">{name}</span><span class="hidden-text">{name}", "{word}</span>
        </li>
    }
    .part()
}

/// Where a step is done; none where there is no such place yet. Whether it is another window's.
fn address(tour: &Tour, walk: &Walk, step: Step) -> (String, bool) {
    let of_incident = |what: Option<&str>| match (&walk.incident, what) {
        (Some(incident), Some(what)) => forms::response(incident.id, what),
        (Some(incident), None) => forms::incident(incident.id),
        (None, _) => forms::INCIDENTS.to_owned(),
    };
    match step {
        Step::Spike => (tour.world.clone(), true),
        Step::Opened => (forms::THRESHOLDS.to_owned(), false),
        Step::Command | Step::Calm | Step::Resolve => (of_incident(None), false),
        Step::Triage => (of_incident(Some("triage")), false),
        Step::Act => (of_incident(Some("actions")), false),
    }
}

fn present(frame: &Frame, tour: &Tour, walk: &Walk, step: Step) -> Html {
    let leads = leads(frame);
    let Words { title, text, link, .. } = words_of(step, leads);
    let (address, outside) = address(tour, walk, step);
    let here = address == frame.place();
    let way = if here {
        view! { <span class="because">"You are on the right page."</span> }.part()
    } else {
        view! {
            <a class="button primary" href=address target=outside.then_some("_blank") rel=outside.then_some("noopener")>{link}</a>
        }
        .part()
    };
    // Whoever has not made it well by an action can do so where they made it go wrong.
    let world = matches!(step, Step::Calm).then(|| {
        view! { <a class="button quiet" href=tour.world.clone() target="_blank" rel="noopener">"Still wrong? Put the world back"</a> }.part()
    });
    view! {
        <div class="tour-now" aria-live="polite">
            <p class="tour-text"><strong>{title}"."</strong>" "{text}</p>
            <div class="tour-acts">{world}{way}</div>
        </div>
    }
    .part()
}

fn finished(frame: &Frame, walk: &Walk) -> Html {
    let took = walk.took().map(length).unwrap_or_default();
    let postmortem = walk.incident.as_ref().map(|incident| {
        view! { <a class="button primary" href=forms::response(incident.id, "postmortem")>"Read its postmortem"</a> }.part()
    });
    let number = walk.incident.as_ref().map(|incident| incident.number);
    let followed = if frame.status_page { ", and the status page has followed by itself" } else { "" };
    let status = frame
        .status_page
        .then(|| view! { <a class="button" href=forms::STATUS>"See the status page"</a> }.part());
    view! {
        <div class="tour-now" aria-live="polite">
            <p class="tour-text">
                <strong>"From the spike to the resolved incident in "{took}"."</strong>
                " Incident "{number}" has its postmortem begun from the record"{followed}"."
            </p>
            <div class="tour-acts">
                {ask(frame, Ask::Begin, "Walk it again", "button quiet")}
                {ask(frame, Ask::PutAway, "End the tour", "button")}
                {status}
                {postmortem}
            </div>
        </div>
    }
    .part()
}

/// Of some minutes, to the second.
fn length(took: TimeDelta) -> String {
    let seconds = took.num_seconds().max(0);
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3600 => format!("{} min {} s", seconds / 60, seconds % 60),
        _ => age::words(took),
    }
}
