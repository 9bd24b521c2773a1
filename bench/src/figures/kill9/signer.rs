//! A person who signs items and takes it back, over and over, and sends again whatever was not answered: with the same
//! key, as the browser does. In the end each answered sign-off must be in the database exactly once.

use std::{collections::HashMap, time::Duration};

use sqlx::PgPool;
use tokio::{sync::watch, time::sleep};

use crate::{
    client::{Browser, keyed},
    fail::Fail,
    golive::GoLive,
};

/// Between two sign-offs.
const PAUSE: Duration = Duration::from_millis(150);

/// What was answered with success.
#[derive(Debug, Default)]
pub(super) struct Answered {
    /// The words of each; no two are the same.
    pub(super) notes: Vec<String>,
    /// How often something was sent again because no answer came.
    pub(super) sent_again: usize,
}

/// What became of them.
#[derive(Debug)]
pub(super) struct Signed {
    /// Answered, and not in the database or not in the audit log.
    pub(super) lost: usize,
    /// In the database or in the audit log more than once.
    pub(super) repeated: usize,
}

/// Signs until told to stop.
pub(super) async fn sign(
    mut browser: Browser,
    pool: PgPool,
    go_live: GoLive,
    stopped: watch::Receiver<bool>,
) -> Result<Answered, Fail> {
    let items = go_live.items(&pool).await?;
    let mut answered = Answered::default();
    let mut versions = vec![0_u32; items.len()];
    for number in 0_usize.. {
        if *stopped.borrow() {
            break;
        }
        let place = number % items.len();
        // Signed and taken back in turns.
        let (act, field) =
            if versions[place].is_multiple_of(2) { ("sign", "note") } else { ("withdraw", "reason") };
        let words = format!("sign-off {number}");
        let seen = versions[place].to_string();
        let body = keyed(&[("seen", &seen), (field, &words)]);
        until_answered(&mut browser, &go_live.act(&items[place], act), &body, &mut answered.sent_again)
            .await?;
        answered.notes.push(words);
        versions[place] += 1;
        sleep(PAUSE).await;
    }
    Ok(answered)
}

async fn until_answered(
    browser: &mut Browser,
    path: &str,
    body: &str,
    again: &mut usize,
) -> Result<(), Fail> {
    // Ten minutes: far longer than any restart.
    for _ in 0..6000 {
        match browser.post_once(path, body).await {
            Ok(answer) if answer.status.is_redirection() => return Ok(()),
            Ok(answer) if !answer.status.is_server_error() => {
                let text = answer.text();
                let at = text.find("class=\"refusal\"").unwrap_or_default();
                let said: String = text[at..].chars().take(400).collect();
                return Err(Fail::said(format!("a sign-off was refused with {}: {said}", answer.status)));
            }
            Ok(_) | Err(_) => {
                *again += 1;
                sleep(Duration::from_millis(100)).await;
            }
        }
    }
    Err(Fail::said("a sign-off was never answered"))
}

/// Looks for each in the history and in the audit log.
pub(super) async fn check(pool: &PgPool, go_live: &GoLive, answered: &Answered) -> Result<Signed, Fail> {
    let history: Vec<String> = sqlx::query_scalar("select act::text from item_entries where go_live_id = $1")
        .bind(go_live.id)
        .fetch_all(pool)
        .await?;
    let audit: Vec<String> = sqlx::query_scalar("select detail from audit_log where subject like $1")
        .bind(format!("go-lives/{}/items/%", go_live.id))
        .fetch_all(pool)
        .await?;
    let (history, audit) = (counts(&history), counts(&audit));
    let of = |map: &HashMap<String, usize>, note: &String| map.get(note).copied().unwrap_or_default();
    let lost = answered.notes.iter().filter(|note| of(&history, note) == 0 || of(&audit, note) == 0).count();
    let repeated = history.values().chain(audit.values()).filter(|count| **count > 1).count();
    Ok(Signed { lost, repeated })
}

/// How often each of our notes stands in these texts.
fn counts(texts: &[String]) -> HashMap<String, usize> {
    let mut counts = HashMap::new();
    for text in texts {
        if let Some(at) = text.find("sign-off ") {
            let rest = &text[at..];
            let end = rest.find('"').unwrap_or(rest.len());
            *counts.entry(rest[..end].to_owned()).or_default() += 1;
        }
    }
    counts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_note_that_stands_twice_is_counted_twice_and_is_not_another_that_begins_like_it() {
        let texts = [r#"{"note": "sign-off 1"}"#, r#"{"note": "sign-off 12"}"#, r#"{"note": "sign-off 1"}"#];
        let counts = counts(&texts.map(str::to_owned));
        assert_eq!((counts["sign-off 1"], counts["sign-off 12"]), (2, 1));
    }
}
