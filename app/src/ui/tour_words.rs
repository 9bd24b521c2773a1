//! What the guided tour says at each step, to those who lead incidents and to those who read along.

use gantry_domain::tour::Step;

/// What a step says.
pub(super) struct Words {
    /// Its short name, in the row of all steps.
    pub(super) name: &'static str,
    /// What to do, in a few words.
    pub(super) title: &'static str,
    /// What to do exactly, and what will be seen.
    pub(super) text: &'static str,
    /// The words of the link to where it is done.
    pub(super) link: &'static str,
}

const fn words(name: &'static str, title: &'static str, text: &'static str, link: &'static str) -> Words {
    Words { name, title, text, link }
}

/// The words of a step; `leads` says whether the reader may lead incidents.
pub(super) const fn of(step: Step, leads: bool) -> Words {
    match (step, leads) {
        (Step::Spike, _) => words(
            "Spike",
            "Make a spike",
            "The world around this demo is simulated. Open its controls in another window and press “the key was revoked”: from then on the vendor refuses every request.",
            "Open the world's controls",
        ),
        (Step::Opened, _) => words(
            "Incident",
            "See it become an incident",
            "Within half a minute a threshold passes its limit, fires and opens an incident. Nobody has to press anything.",
            "Watch the thresholds",
        ),
        (Step::Command, true) => words(
            "Command",
            "Take command",
            "Press “I look at it” on the incident, or “Take command” where somebody has looked already. The response clock stops, and everybody sees who leads and when the next update is due.",
            "Open the incident",
        ),
        (Step::Command, false) => words(
            "Command",
            "See who takes command",
            "A release manager takes command now; sign in as one in a private window to do it yourself. You see at once who leads and when the next update is due.",
            "Read the incident",
        ),
        (Step::Triage, true) => words(
            "Triage",
            "Find out what it is",
            "Press “Take the four looks”, or “Look again” where Gantry has taken the first ones by itself. The decision tree fills itself in from what they find and ends at one verdict: what to do next.",
            "Go to the triage",
        ),
        (Step::Triage, false) => words(
            "Triage",
            "Read what it is",
            "Whoever leads takes the four looks now. You see what each found, and the decision tree as it was walked.",
            "Read the triage",
        ),
        (Step::Act, true) => words(
            "Action",
            "Do what it says",
            "Choose “Replace the key…”, look at the exact change, type a new key (phc_ and anything) and confirm. It is shown and kept nowhere; the pods restart with it.",
            "Go to the actions",
        ),
        (Step::Act, false) => words(
            "Action",
            "See what is done",
            "Whoever leads replaces the key now. Each action stands here with who did it, what it changed, and how many pods are ready.",
            "Read the actions",
        ),
        (Step::Calm, _) => words(
            "Calm",
            "See it calm down",
            "With the new key the errors end. About a minute later the threshold clears by itself, and the timeline says so.",
            "Watch the timeline",
        ),
        (Step::Resolve, true) => words(
            "Resolved",
            "Resolve it",
            "Whether it is over is for people to say: press “Resolve”, with a note if you like. Slack, PagerDuty and the status page follow by themselves.",
            "Resolve the incident",
        ),
        (Step::Resolve, false) => words(
            "Resolved",
            "See it resolved",
            "Whether it is over is for whoever leads to say. You see it here at once, and everybody else on the status page.",
            "Read the incident",
        ),
    }
}
