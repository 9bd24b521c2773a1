//! Who is signed in, who else is on the page, and the way out.

use gantry_domain::actor::{Actor, Person};
use leptos::prelude::*;

use crate::ui::html::{Html, Part};

use crate::forms;

/// The signed-in person with the way out.
pub fn account(actor: &Actor) -> Html {
    let name = actor.person.name.clone();
    view! {
        <details class="account menu">
            <summary aria-label=format!("Account of {name}")>
                <span class="avatar" aria-hidden="true">{initials(&name)}</span>
                <span class="account-name">{name.clone()}</span>
            </summary>
            <div class="menu-panel">
                <p><strong>{name}</strong><br/>{actor.role.label()}</p>
                <form method="post" action=forms::SIGN_OUT>
                    <button class="button">"Sign out"</button>
                </form>
            </div>
        </details>
    }
    .part()
}

/// Who else has this page open.
pub fn presence(present: &[Person], me: Option<&Actor>) -> Option<Html> {
    let others: Vec<&Person> =
        present.iter().filter(|person| me.is_none_or(|me| me.person.id != person.id)).collect();
    if others.is_empty() {
        return None;
    }
    let names = others.iter().map(|person| person.name.as_str()).collect::<Vec<_>>().join(", ");
    let avatars: Vec<_> = others
        .iter()
        .take(MOST_AVATARS)
        .map(|person| {
            view! {
                <span class="avatar" data-key=person.id.to_string() title=person.name.clone() aria-hidden="true">
                    {initials(&person.name)}
                </span>
            }.part()
        })
        .collect();
    let more = others.len().checked_sub(MOST_AVATARS).filter(|more| *more > 0);
    Some(
        view! {
            <p class="presence">
                <span class="hidden-text">"Also here: "{names}</span>
                {avatars}
                {more.map(|more| view! { <span class="avatar" aria-hidden="true">"+"{more}</span> }.part())}
            </p>
        }
        .part(),
    )
}

const MOST_AVATARS: usize = 4;

/// One or two letters for a name.
fn initials(name: &str) -> String {
    let mut words = name.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    let first = words.next().and_then(|word| word.chars().next());
    let last = words.next_back().and_then(|word| word.chars().next());
    first.into_iter().chain(last).flat_map(char::to_uppercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn initials_are_at_most_two_letters_of_any_alphabet() {
        for (name, letters) in
            [("Ana Silva", "AS"), ("rosa", "R"), ("Jean-Luc van Damme", "JD"), ("Żaneta", "Ż"), ("…", "")]
        {
            assert_eq!(initials(name), letters);
        }
    }
}
