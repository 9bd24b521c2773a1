//! The three lights of a go-live as they were last seen.

use chrono::{DateTime, Utc};
use gantry_domain::id::GoLiveId;
use sqlx::PgPool;

use super::StoreError;

/// What a light is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The vendor.
    Vendor,
    /// Our integration.
    Integration,
    /// Our infrastructure.
    Infrastructure,
}

impl Kind {
    fn as_str(self) -> &'static str {
        match self {
            Self::Vendor => "vendor",
            Self::Integration => "integration",
            Self::Infrastructure => "infrastructure",
        }
    }
}

/// How it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// As it should be.
    Good,
    /// Needs a look.
    Warning,
    /// Broken.
    Bad,
    /// Nobody can tell.
    Unknown,
}

impl Tone {
    fn as_str(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Warning => "warning",
            Self::Bad => "bad",
            Self::Unknown => "unknown",
        }
    }

    fn stored(word: &str) -> Self {
        match word {
            "good" => Self::Good,
            "warning" => Self::Warning,
            "bad" => Self::Bad,
            _ => Self::Unknown,
        }
    }
}

/// A light as it was just seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Light {
    /// What it is about.
    pub kind: Kind,
    /// What it is called.
    pub name: String,
    /// How it stands.
    pub tone: Tone,
    /// In a word.
    pub word: String,
    /// In a sentence.
    pub sentence: String,
}

/// A light with its time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// What it is called.
    pub name: String,
    /// How it stood.
    pub tone: Tone,
    /// In a word.
    pub word: String,
    /// In a sentence.
    pub sentence: String,
    /// When.
    pub taken_at: DateTime<Utc>,
    /// How often it is looked at, in seconds.
    pub period_seconds: u32,
}

/// The lights of one go-live, in their order.
pub async fn of(pool: &PgPool, go_live: GoLiveId) -> Result<Vec<Seen>, StoreError> {
    let rows = sqlx::query!(
        "select name, tone, word, sentence, taken_at, period_seconds from lights where go_live_id = $1
         order by array_position(array['vendor', 'integration', 'infrastructure'], light)",
        go_live.0
    )
    .fetch_all(pool)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(Seen {
                name: row.name,
                tone: Tone::stored(&row.tone),
                word: row.word,
                sentence: row.sentence,
                taken_at: row.taken_at,
                period_seconds: u32::try_from(row.period_seconds)
                    .map_err(StoreError::unreadable("a period"))?,
            })
        })
        .collect()
}

/// Stores a light in place of the one before. True when it says something else than that one.
pub async fn put(
    pool: &PgPool,
    go_live: GoLiveId,
    light: &Light,
    at: DateTime<Utc>,
    period_seconds: u32,
) -> Result<bool, StoreError> {
    let before = sqlx::query!(
        "select tone, sentence from lights where go_live_id = $1 and light = $2",
        go_live.0,
        light.kind.as_str()
    )
    .fetch_optional(pool)
    .await?;
    sqlx::query!(
        "insert into lights (go_live_id, light, name, tone, word, sentence, taken_at, period_seconds)
         values ($1, $2, $3, $4, $5, $6, $7, $8)
         on conflict (go_live_id, light) do update set name = excluded.name, tone = excluded.tone, word = excluded.word,
             sentence = excluded.sentence, taken_at = excluded.taken_at, period_seconds = excluded.period_seconds
         where lights.taken_at <= excluded.taken_at",
        go_live.0,
        light.kind.as_str(),
        light.name,
        light.tone.as_str(),
        light.word,
        light.sentence,
        at,
        i32::try_from(period_seconds).map_err(StoreError::unreadable("a period"))?
    )
    .execute(pool)
    .await?;
    Ok(before.is_none_or(|row| row.tone != light.tone.as_str() || row.sentence != light.sentence))
}
