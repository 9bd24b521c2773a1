//! Responding to an incident: every branch of the tree is drawn, foreign text is inert, no key is ever shown, and two
//! writers of a postmortem see both texts.

use gantry_app::features::response::model::{Actions, Triage};
use gantry_app::features::response::{actions, confirm, evidence, parts, postmortem, triage};
use gantry_app::forms;
use gantry_app::refusal::Refusal;
use gantry_domain::actor::Role;
use gantry_domain::mitigation::{Env, Holds, Phase};
use gantry_domain::postmortem::Section;
use gantry_domain::triage::{Answer, Notice, Overrule, Question, Verdict};
use leptos::prelude::RenderHtml;

use crate::fixtures::{before, frame, now};
use crate::response_models::{
    actions_model, confirm_model, evidence_model, findings, id, kept_out, mitigation, model,
    postmortem_model, rehearsed, taken,
};

fn triage_page(role: Role, model: &Triage) -> String {
    crate::plain(&triage::render(&frame(Some(role)), model))
}

#[test]
fn every_branch_of_the_tree_is_drawn_and_the_way_taken_is_said_in_words() {
    let revoked = taken(findings(Notice::NoIncident, 3000.0, 0.0, false), Vec::new());
    let html = triage_page(Role::ReleaseManager, &model(vec![revoked]));
    for verdict in Verdict::ALL {
        assert!(html.contains(verdict.title()), "{}", verdict.title());
    }
    for question in Question::ALL {
        assert!(html.contains(&question.text().replace('\'', "&#x27;")) || html.contains(question.text()));
    }
    // The two answers on the way, and no other.
    assert_eq!(html.matches("– taken").count(), 2, "{html}");
    assert_eq!(html.matches("the verdict").count(), 1);
    assert!(html.contains("not asked"), "the branch that was not taken says so");
    assert!(html.contains("401/403") && html.contains("Replace the key in the Secret"));
    assert!(html.contains(&format!("href=\"{}\"", forms::incident_action(id(), "replace-key"))));
}

#[test]
fn what_is_not_known_is_unknown_and_says_where_to_look_instead() {
    let dark = findings(Notice::Unknown("no answer within 2500 ms".into()), 9.0, 0.0, false);
    let html = triage_page(Role::ReleaseManager, &model(vec![taken(dark, Vec::new())]));
    assert!(html.contains("Not decided") && html.contains("Look instead: "), "{html}");
    assert!(html.contains("Answer it…"));
    assert!(!html.contains("the verdict"));
}

#[test]
fn an_overruled_answer_names_the_person_the_reason_and_what_the_findings_say() {
    let said = Overrule {
        question: Question::Announced,
        answer: Some(Answer::Yes),
        reason: "their support <i>confirmed</i> it".into(),
        by: "Rui".into(),
        at: before(5),
    };
    let html = triage_page(
        Role::ReleaseManager,
        &model(vec![taken(findings(Notice::NoIncident, 0.0, 90.0, false), vec![said])]),
    );
    assert!(html.contains("<strong>Rui</strong>") && html.contains("the findings say no"), "{html}");
    assert!(html.contains("&lt;i&gt;confirmed") && html.contains("As the findings say"));
}

#[test]
fn log_lines_and_titles_of_others_are_inert_and_readers_get_no_forms() {
    let seen = taken(findings(Notice::NoIncident, 3000.0, 0.0, false), Vec::new());
    let html = triage_page(Role::Stakeholder, &model(vec![seen]));
    assert!(!html.contains("<script>alert") && html.contains("&lt;script&gt;alert"), "{html}");
    assert!(!html.contains("failures <b>"));
    assert!(!html.contains("Overrule…") && !html.contains("Look again"));
    let empty = triage_page(Role::Stakeholder, &model(Vec::new()));
    assert!(empty.contains("Four looks say where the trouble is"));
}

#[test]
fn what_stands_is_marked_what_is_under_way_shows_its_pods_and_keys_their_age() {
    let html = crate::plain(&actions::render(&frame(Some(Role::ReleaseManager)), &actions_model()));
    assert!(html.contains("In force until somebody removes it"));
    assert!(html.contains("3 of 10 pods ready with it") && html.contains("waiting for the pods"));
    assert!(html.contains("sha256:0123456789ab") && html.contains("40 d ago"));
    assert!(html.contains("kubectl -n n set env deployment/d -c c RATE_LIMIT_MODE=queue"));
    assert!(html.contains("Another action is under way."));
    let reader = crate::plain(&actions::render(&frame(Some(Role::Stakeholder)), &actions_model()));
    assert!(!reader.contains("What can be done") && reader.contains("RATE_LIMIT_MODE"));
    let dark = Actions { keys: Err("the cluster did not answer in time".into()), ..actions_model() };
    let html = crate::plain(&actions::render(&frame(Some(Role::ReleaseManager)), &dark));
    assert!(html.contains("unknown") && html.contains("did not answer in time"));
}

#[test]
fn a_switch_that_somebody_else_changed_is_not_called_in_force_and_nor_is_one_of_which_nobody_can_tell() {
    let page = |holds: Holds| {
        let mut model = actions_model();
        model.standing[0].holds = holds;
        crate::plain(&actions::render(&frame(Some(Role::ReleaseManager)), &model))
    };
    for (holds, words) in [
        (Holds::Changed(Env::Value("reject".into())), "No longer set: it is now “reject”"),
        (Holds::Changed(Env::Absent), "No longer set: the variable is not there any more"),
        (
            Holds::Unknown("the cluster did not answer in time".into()),
            "is not known: the cluster did not answer",
        ),
    ] {
        let html = page(holds);
        assert!(html.contains(words) && !html.contains("In force"), "{html}");
        assert!(html.contains("Remove…"), "the mark can be removed");
    }
}

#[test]
fn the_exact_change_is_shown_and_a_typed_key_never_is() {
    let rehearsed = rehearsed();
    let html =
        crate::plain(&confirm::render(&frame(Some(Role::ReleaseManager)), &confirm_model(Ok(rehearsed))));
    assert!(
        html.contains("type=\"password\" value=\"\"") && html.contains("name=\"mark\" value=\"abc123\""),
        "{html}"
    );
    assert!(
        html.contains("spec.template") && html.contains("not there") && html.contains("Type the new key.")
    );
    assert!(html.contains("autocomplete=\"new-password\""));
    let refused = confirm_model(Err(kept_out(None)));
    let html = crate::plain(&confirm::render(&frame(Some(Role::ReleaseManager)), &refused));
    assert!(
        html.contains("forbids “patch” on secrets")
            && html.contains("Ask an admin.")
            && !html.contains("<form id=\"confirm\"")
            && !html.contains("kubectl"),
        "{html}"
    );
}

#[test]
fn where_only_the_panel_is_kept_out_the_way_by_hand_stands_open() {
    let model = confirm_model(Err(kept_out(Some("kubectl -n shop rollout restart deployment/clay".into()))));
    let html = crate::plain(&confirm::render(&frame(Some(Role::ReleaseManager)), &model));
    let open =
        "<details open class=\"command\"><summary>Same with kubectl, with a login of your own</summary>";
    assert!(html.contains(open) && html.contains("rollout restart deployment/clay"), "{html}");
}

#[test]
fn a_bundle_shows_its_progress_and_what_is_missing_with_the_reason() {
    let page = |finished: bool| {
        let mut model = evidence_model();
        model.bundles[0].finished_at = finished.then(now);
        crate::plain(&evidence::render(&frame(Some(Role::ReleaseManager)), &model))
    };
    let html = page(false);
    assert!(html.contains("<progress max=\"8\" value=\"2\"") && html.contains("2 of 8 parts"), "{html}");
    assert!(html.contains("3 files, 4 KiB") && html.contains("Prometheus cannot be reached"));
    assert!(!html.contains("Collect what is missing"));
    let html = page(true);
    assert!(html.contains("collected, not complete") && html.contains("Collect what is missing"));
    assert!(html.contains("bundle.zip"));
}

#[test]
fn two_writers_of_a_section_see_both_texts_and_lose_none() {
    let mut model = postmortem_model();
    model.conflict = Some(Section::Summary);
    model.refusal = Some(Refusal {
        form: postmortem::section_form(Section::Summary),
        what: "Rui saved this section.".into(),
        typed: [("text".to_owned(), "Mine, unsaved".to_owned())].into(),
        ..Refusal::default()
    });
    let html = crate::plain(&postmortem::render(&frame(Some(Role::ReleaseManager)), &model));
    assert!(
        html.contains("Rui saved this meanwhile.") && html.contains(">Mine, unsaved</textarea>"),
        "{html}"
    );
    assert!(html.contains("Theirs &lt;/textarea&gt;&lt;script&gt;") && !html.contains("<script>"));
    assert!(html.contains("Save mine over it") && html.contains("name=\"seen\" value=\"4\""));
    assert!(html.contains("data-key=\"section-summary-4\""));
}

#[test]
fn the_record_fills_the_postmortem_and_items_are_followed() {
    let html = crate::plain(&postmortem::render(&frame(Some(Role::ReleaseManager)), &postmortem_model()));
    assert!(html.contains("<dt>Lasted</dt><dd>1 h</dd>") && html.contains("kept"), "{html}");
    assert!(html.contains("1 open of 1") && html.contains("overdue") && html.contains("Mark as done"));
    let reader = crate::plain(&postmortem::render(&frame(Some(Role::Stakeholder)), &postmortem_model()));
    assert!(!reader.contains("<textarea") && reader.contains("Alert on key age"));
}

#[test]
fn the_impact_that_was_told_fills_the_postmortem_until_somebody_writes_it() {
    let mut model = postmortem_model();
    model.head.open = false;
    let show = |role: Role, model: &_| crate::plain(&postmortem::render(&frame(Some(role)), model));
    let html = show(Role::ReleaseManager, &model);
    assert!(html.contains("<dt>Impact</dt><dd>Events arrive &lt;/textarea&gt; late</dd>"), "{html}");
    assert!(html.contains(">Events arrive &lt;/textarea&gt; late</textarea>"), "{html}");
    assert!(
        html.contains("Filled in with the impact") && html.contains("Users affected, "),
        "not as written"
    );
    // Whoever only reads is told what was written, which is nothing.
    assert!(!show(Role::Stakeholder, &model).contains("Filled in with the impact"));
    if let Some(users) = model.sections.iter_mut().find(|one| one.section == Section::Users) {
        (users.version, users.text) = (1, "Forty of them".into());
    }
    let html = show(Role::ReleaseManager, &model);
    assert!(html.contains(">Forty of them</textarea>") && !html.contains("late</textarea>"), "{html}");
}

#[test]
fn the_incident_page_says_where_the_response_is_and_what_was_not_removed() {
    let standing = vec![mitigation(Phase::Done { at: before(30) })];
    let summary = parts::Summary {
        triage: Some((before(60), Some(Verdict::Integration), None)),
        standing: standing.clone(),
        evidence: Some((2, 8, false)),
        postmortem: (1, 6, 1, 2),
        ..parts::Summary::default()
    };
    let html = parts::summary(&frame(Some(Role::ReleaseManager)), id(), &summary).to_html();
    for words in [
        "Our integration",
        "set, not removed yet: RATE_LIMIT_MODE",
        "2 of 8 parts",
        "1 of 2 action items open",
    ] {
        assert!(html.contains(words), "{words}: {html}");
    }
    let html = parts::still_standing(&standing).map(RenderHtml::to_html).unwrap_or_default();
    assert!(html.contains("Set and not removed yet") && html.contains("RATE_LIMIT_MODE=queue"), "{html}");
    assert!(parts::still_standing(&[]).is_none());
}

#[test]
fn the_looks_say_when_they_were_taken_and_each_shows_what_it_rests_on() {
    let mut one = taken(findings(Notice::NoIncident, 3000.0, 0.0, false), Vec::new());
    one.at = before(65);
    for (finding, evidence) in
        one.findings.texts.iter_mut().zip(["page says", "document says", "query", "line"])
    {
        finding.evidence = format!("the {evidence} it");
    }
    let html = triage_page(Role::Stakeholder, &model(vec![one]));
    let looked = html.split("Looked ").nth(1).and_then(|rest| rest.split(" by Ana Silva").next());
    assert!(looked.is_some_and(|age| age.contains("1 min ago")), "{html}");
    let looks = html.split("<summary>Evidence</summary>").skip(1);
    for (look, evidence) in looks.zip(["page says", "document says", "query", "line"]) {
        let rest = look.split("</pre>").next().unwrap_or_default();
        assert!(rest.ends_with(&format!(">the {evidence} it")), "{evidence}: {html}");
    }
    assert_eq!(html.matches("<summary>Evidence</summary>").count(), 4, "{html}");
}
