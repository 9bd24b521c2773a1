//! The page before an action: the exact change as the cluster rehearsed it, and the one button that does it.

use leptos::prelude::*;

use super::frame::page;
use super::model::{AskAdmin, Confirm, Line, NotRehearsed, Rehearsed};
use super::triage::may_act;
use crate::forms;
use crate::frame::Frame;
use crate::ui::form::{Field, Form, orphan};
use crate::ui::html::{Html, Part};
use crate::ui::state::{Tone, mark};
use crate::ui::time;

/// Renders the page.
pub fn render(frame: &Frame, model: &Confirm) -> String {
    let inner = match &model.rehearsed {
        Ok(rehearsed) => rehearsal(frame, model, rehearsed),
        Err(why) => view! {
            <p class="callout bad">{mark(Tone::Bad)}<span><strong>{why.what.clone()}</strong>" "{why.next_step.clone()}</span></p>
        }
        .part(),
    };
    let by_hand = model.rehearsed.as_ref().err().and_then(by_hand);
    let ask = model.ask.as_ref().filter(|_| may_act(frame)).map(|ask| ask_admin(frame, model, ask));
    // Its form is gone when the rehearsal no longer succeeds.
    let refused = model.refusal.as_ref().filter(|_| model.rehearsed.is_err()).map(orphan);
    let back = forms::response(model.head.id, "actions");
    let body = view! {
        <section class="panel confirm" aria-labelledby="confirm-title">
            <h2 id="confirm-title">{model.name.clone()}</h2>
            <p>{model.what.clone()}</p>
            {refused}
            {inner}
            {ask}
            {by_hand}
            <p><a href=back>"Back to all actions"</a></p>
        </section>
    }
    .part();
    page(frame, &model.head, "actions", &model.name, body)
}

fn rehearsal(frame: &Frame, model: &Confirm, rehearsed: &Rehearsed) -> Html {
    let key = rehearsed.key.as_ref().map(|key| {
        let written = key.written_at.map(|at| time::ago(at, frame.now));
        view! {
            <div><dt>"Key"</dt><dd><code>{key.key.clone()}</code>" of Secret "<code>{key.secret.clone()}</code>", read as "<code>{key.variables.join(", ")}</code></dd></div>
            <div><dt>"Now"</dt><dd><code>{key.fingerprint.clone().unwrap_or_else(|| "no such key".into())}</code>", written "{written}</dd></div>
        }
        .part()
    });
    let lines: Vec<_> = rehearsed.lines.iter().map(line).collect();
    let notes: Vec<_> = rehearsed.notes.iter().map(|note| view! { <li>{note.clone()}</li> }.part()).collect();
    let form = may_act(frame).then(|| form(frame, model, rehearsed));
    view! {
        <dl class="facts">
            <div><dt>"Change"</dt><dd>{rehearsed.change.clone()}</dd></div>
            {key}
            <div><dt>"Pods"</dt><dd>{rehearsed.pods.to_string()}" are replaced, as the Deployment's strategy says"</dd></div>
        </dl>
        <h3>"Exactly this, as the cluster rehearsed it"</h3>
        <div class="scroll"><table class="diff">
            <thead><tr><th scope="col">"Where"</th><th scope="col">"Now"</th><th scope="col">"Then"</th></tr></thead>
            <tbody>{lines}</tbody>
        </table></div>
        <ul class="plain-list">{notes}</ul>
        {form}
        {command("Same with kubectl", &rehearsed.kubectl, false)}
    }
    .part()
}

/// The way past the panel: open, where there is no other.
fn by_hand(why: &NotRehearsed) -> Option<Html> {
    let line = why.by_hand.as_ref()?;
    Some(command("Same with kubectl, with a login of your own", line, true))
}

fn command(title: &'static str, line: &str, open: bool) -> Html {
    view! {
        <details class="command" open=open>
            <summary>{title}</summary>
            <pre tabindex="0"><code>{line.to_owned()}</code></pre>
        </details>
    }
    .part()
}

fn ask_admin(frame: &Frame, model: &Confirm, ask: &AskAdmin) -> Html {
    if let Some((who, at)) = &ask.asked {
        let asked = time::ago(*at, frame.now);
        return view! { <p>{who.clone()}" asked an admin for it "{asked}"; it stands on the timeline."</p> }
            .part();
    }
    let form = Form::new(frame, "ask-admin", forms::ask_admin(model.head.id), model.refusal.as_ref());
    form.with(
        "stack",
        view! {
            <input type="hidden" name="wish" value=ask.wish.clone()/>
            <p class="help">"Puts what is missing on the timeline, and tells Slack where that is configured; once, whoever asks."</p>
            <p class="acts"><button class="button primary">"Ask an admin"</button></p>
        }
        .part(),
    )
}

fn line(line: &Line) -> Html {
    let cell = |text: &Option<String>, sign: &'static str| match text {
        Some(text) => view! { <span class="sign">{sign}" "</span><code>{text.clone()}</code> }.part(),
        None => view! { <span class="because">"not there"</span> }.part(),
    };
    view! {
        <tr data-key=line.path.clone()>
            <td><code>{line.path.clone()}</code></td>
            <td class="was">{cell(&line.before, "−")}</td>
            <td class="will">{cell(&line.after, "+")}</td>
        </tr>
    }
    .part()
}

fn form(frame: &Frame, model: &Confirm, rehearsed: &Rehearsed) -> Html {
    let form = Form::new(frame, "confirm", model.action.clone(), model.refusal.as_ref());
    let key = rehearsed.key.is_some().then(|| {
        // Named so that nothing on the way keeps it or shows it again.
        let field = Field {
            kind: "password",
            autocomplete: Some("new-password"),
            ..Field::new("password", "New key").required()
        }
        .help("Goes straight into the Secret: not shown, not stored, not logged. Its fingerprint is all that stays.");
        form.line(&field)
    });
    let title = rehearsed.title.clone();
    // Red is for the way back alone.
    let class = if model.name == "Roll back" { "button danger" } else { "button primary" };
    form.with(
        "stack",
        view! {
            <input type="hidden" name="mark" value=rehearsed.mark.clone()/>
            {key}
            <p class="acts"><button class=class>{title}" now"</button></p>
        }
        .part(),
    )
}
