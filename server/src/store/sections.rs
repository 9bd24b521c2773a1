//! The sections of a checklist as the database gives them out. A go-live's never change, and it is read at every tick: what
//! was parsed lately is kept by its text, which is right whatever database it came from.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use gantry_domain::preset::Section;

use super::StoreError;

/// The most that are kept; a checklist has some twenty kilobytes.
const MOST: usize = 64;

/// Sections by the text that says them.
type Parsed = HashMap<Arc<str>, Arc<[Section]>>;

static PARSED: LazyLock<Mutex<Parsed>> = LazyLock::new(Mutex::default);

/// The sections that a text says.
pub(super) fn parse(text: &str) -> Result<Vec<Section>, StoreError> {
    let kept = PARSED.lock().unwrap_or_else(PoisonError::into_inner).get(text).cloned();
    if let Some(sections) = kept {
        return Ok(sections.to_vec());
    }
    let sections: Vec<Section> =
        serde_json::from_str(text).map_err(StoreError::unreadable("the items of a checklist"))?;
    let mut parsed = PARSED.lock().unwrap_or_else(PoisonError::into_inner);
    if parsed.len() >= MOST {
        parsed.clear();
    }
    parsed.insert(text.into(), sections.as_slice().into());
    Ok(sections)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_read_the_same_way_each_time_and_nonsense_never() -> Result<(), StoreError> {
        let text = r#"[{"key": "code", "title": "Code", "phase": "before-rollout", "items": []}]"#;
        let first = parse(text)?;
        assert_eq!(first.first().map(|section| section.title.as_str()), Some("Code"));
        assert_eq!(parse(text)?, first);
        let other = parse(&text.replace("Code", "Other"))?;
        assert_eq!(other.first().map(|section| section.title.as_str()), Some("Other"));
        assert!(parse("[{}]").is_err() && parse("[{}]").is_err());
        Ok(())
    }
}
