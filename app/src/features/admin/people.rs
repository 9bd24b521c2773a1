//! Everybody, what they may do, and what can be done about it.

use gantry_domain::actor::Role;
use leptos::prelude::*;

use super::model::{Link, People, Row};
use super::tabs::tabs;
use crate::document::document;
use crate::forms;
use crate::frame::Frame;
use crate::refusal::Refusal;
use crate::ui::form::{Field, Form, orphan};
use crate::ui::html::{Html, Part};
use crate::ui::state::{Tone, mark, state};
use crate::ui::time;

/// Renders the page.
pub fn render(frame: &Frame, model: &People) -> String {
    let rows: Vec<_> = model.rows.iter().map(|one| row(frame, one, model.refusal.as_ref())).collect();
    let count = model.rows.iter().filter(|row| row.member.enabled).count();
    let provider = model.provider.clone().map(|name| {
        view! { <p class="help">"Whoever signs in with "{name}" gets their name and role from there."</p> }.part()
    });
    document(frame, "People", || {
        view! {
            <h1 class="hidden-text">"People"</h1>
            {tabs(frame)}
            <div class="admin" data-live="people">
                {model.link.as_ref().map(|one| link(frame, one))}
                {model.refusal.as_ref().filter(|refusal| !has_form(model, refusal)).map(orphan)}
                <section class="panel" aria-labelledby="people-title">
                    <h2 id="people-title">"People "<span class="count">{count}" can sign in"</span></h2>
                    {provider}
                    <ul>{rows}</ul>
                </section>
                {newcomer(frame, model.refusal.as_ref())}
            </div>
        }
        .part()
    })
}

/// Whether the form that was refused is still on the page.
fn has_form(model: &People, refusal: &Refusal) -> bool {
    let Some((what, id)) = refusal.form.split_once('-') else { return true };
    model.rows.iter().filter(|row| row.member.id.to_string() == id).any(|row| {
        let member = &row.member;
        match what {
            "role" => !member.by_provider,
            "reset" => !row.own && member.enabled && !member.by_provider,
            "disable" => !row.own && member.enabled,
            "enable" => !row.own && !member.enabled,
            _ => false,
        }
    })
}

fn link(frame: &Frame, link: &Link) -> Html {
    view! {
        <section class="panel one-time callout warning" role="status" aria-labelledby="link-title">
            <h2 id="link-title">"A link for "{link.name.clone()}</h2>
            <p>
                "Give it to them in a way that only they read. It works once, until "
                {time::ago(link.until, frame.now)}", and is not shown again."
            </p>
            <code tabindex="0">{link.address.clone()}</code>
            <p class="acts"><a class="button" href=forms::PEOPLE>"I have given it to them"</a></p>
        </section>
    }
    .part()
}

fn role_choice(name: &'static str, id: String, now: Role, label: String) -> Html {
    let options: Vec<_> = Role::ALL
        .into_iter()
        .map(|role| view! { <option value=role.as_str() selected=role == now>{role.label()}</option> }.part())
        .collect();
    view! { <select id=id name=name aria-label=label>{options}</select> }.part()
}

fn row(frame: &Frame, row: &Row, refusal: Option<&Refusal>) -> Html {
    let member = &row.member;
    let standing = match (member.enabled, member.by_provider, row.has_password, row.link_until) {
        (false, ..) => state(Tone::Bad, "disabled"),
        (true, true, ..) => state(Tone::Good, "by identity provider"),
        (true, false, _, Some(until)) => {
            view! { <span class="state warning">{mark(Tone::Warning)}<span class="word">"link ends "{time::ago(until, frame.now)}</span></span> }.part()
        }
        (true, false, true, None) => state(Tone::Good, "can sign in"),
        (true, false, false, None) => state(Tone::Unknown, "no password, no link"),
    };
    let you = row.own.then(|| view! { <span class="because">" you"</span> }.part());
    view! {
        <li class="person" id=format!("person-{}", member.id) data-key=member.id.to_string() data-nav-item="" tabindex="-1">
            <div>
                <span class="title">{member.name.clone()}</span>{you}
                <p class="because">{row.login.clone()}</p>
            </div>
            <p class="said-of">
                <strong>{member.role.label()}</strong>{standing}
                <span class="because">"added "{time::ago(row.created_at, frame.now)}</span>
            </p>
            {acts(frame, row, refusal)}
        </li>
    }
    .part()
}

fn acts(frame: &Frame, row: &Row, refusal: Option<&Refusal>) -> Html {
    let id = row.member.id;
    let form = |what: &str| Form::new(frame, format!("{what}-{id}"), forms::person(id, what), refusal);
    let name = &row.member.name;
    let role = (!row.member.by_provider).then(|| {
        let form = form("role");
        let choice = role_choice("role", format!("role-of-{id}"), row.member.role, format!("Role of {name}"));
        form.with("role-form", view! { {choice}<button class="button">"Change role"</button> }.part())
    });
    let reset = (!row.own && row.member.enabled && !row.member.by_provider).then(|| {
        let form = form("reset");
        let said = form.whole_refusal();
        // Not sent by the browser's help: the answer holds the link, and is a page of its own.
        view! {
            <form id=form.id().to_owned() method="post" action=form.action().to_owned()>
                {form.hidden()}{said}
                <button class="button">{if row.has_password { "Reset password" } else { "New link" }}</button>
            </form>
        }
        .part()
    });
    let (word, label, class) = if row.member.enabled {
        ("disable", "Disable", "button danger")
    } else {
        ("enable", "Enable", "button")
    };
    let access = (!row.own).then(|| {
        form(word).with(
            "access-form",
            view! { <button class=class>{label}<span class="hidden-text">" "{name.clone()}</span></button> }
                .part(),
        )
    });
    view! { <div class="person-acts">{role}{reset}{access}</div> }.part()
}

fn newcomer(frame: &Frame, refusal: Option<&Refusal>) -> Html {
    let form = Form::new(frame, "invite", forms::PEOPLE, refusal);
    let refused = form.whole_refusal();
    let role = refusal
        .filter(|refusal| refusal.form == "invite")
        .and_then(|refusal| refusal.typed("role").parse().ok())
        .unwrap_or(Role::Stakeholder);
    let name = Field::new("name", "Name").required().help("Signed under everything that they state.");
    let login = Field::new("login", "Sign-in name")
        .required()
        .sample("rui@example.com")
        .help("An e-mail address or a short name, without white space.");
    view! {
        <section class="panel" aria-labelledby="invite-title">
            <h2 id="invite-title">"Add somebody"</h2>
            <p class="help">"You get a link that works once; by it they choose their own password. Nobody else ever knows it."</p>
            <form id="invite" class="stack" method="post" action=forms::PEOPLE novalidate>
                {form.hidden()}
                {refused}
                <div class="triple">
                    {form.line(&name)}
                    {form.line(&login)}
                    <div class="field">
                        <label for="invite-role">"Role"</label>
                        {role_choice("role", "invite-role".to_owned(), role, "Role".to_owned())}
                    </div>
                </div>
                <button class="button primary">"Add and make a link"</button>
            </form>
        </section>
    }
    .part()
}
