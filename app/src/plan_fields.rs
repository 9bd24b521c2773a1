//! The plan as its form writes it: percents and soaks as people type them. Shared by the page, the browser and the
//! server, so that all three read the same. Whether a plan makes sense is decided by `gantry_domain::plan`.

use gantry_domain::plan::{BreachAction, Step};

/// A row that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreadable {
    /// The `name` of the field: `percent-2`, `soak-1`.
    pub field: String,
    /// What is wrong with it, as a sentence.
    pub what: &'static str,
}

impl Unreadable {
    /// What to do about it.
    pub fn next_step(&self) -> &'static str {
        if self.field.starts_with("soak") {
            "Write it like 10 min, 90 s or 1 h."
        } else {
            "Write it like 10 or 10 %."
        }
    }
}

/// Reads the rows of the form, each the text of its percent and of its soak. A row without a percent is no step.
pub fn steps<'a>(rows: impl IntoIterator<Item = (&'a str, &'a str)>) -> Result<Vec<Step>, Unreadable> {
    let mut steps = Vec::new();
    for (index, (percent, soak)) in rows.into_iter().enumerate() {
        let number = index + 1;
        if percent.trim().is_empty() {
            continue;
        }
        let percent = parse_percent(percent).ok_or_else(|| Unreadable {
            field: format!("percent-{number}"),
            what: "This is not a percentage.",
        })?;
        let soak_seconds = parse_soak(soak).ok_or_else(|| Unreadable {
            field: format!("soak-{number}"),
            what: "This is not a length of time.",
        })?;
        steps.push(Step { percent, soak_seconds });
    }
    Ok(steps)
}

fn parse_percent(text: &str) -> Option<u32> {
    text.trim().trim_end_matches('%').trim_end().parse().ok()
}

/// Seconds from "10 min", "90 s", "1 h", "1:30" (minutes and seconds) or a bare number of minutes; nothing is none.
pub fn parse_soak(text: &str) -> Option<u32> {
    let text = text.trim();
    if text.is_empty() {
        return Some(0);
    }
    if let Some((minutes, seconds)) = text.split_once(':') {
        let (minutes, seconds): (u32, u32) = (minutes.parse().ok()?, seconds.parse().ok()?);
        return minutes.checked_mul(60)?.checked_add(seconds).filter(|_| seconds < 60);
    }
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let number: u32 = text[..digits].parse().ok()?;
    let unit = match text[digits..].trim() {
        "s" | "sec" | "seconds" => 1,
        "" | "m" | "min" | "minutes" => 60,
        "h" | "hours" => 3600,
        _ => return None,
    };
    number.checked_mul(unit)
}

/// Seconds as the form shows them; [`parse_soak`] reads them back.
pub fn soak(seconds: u32) -> String {
    if seconds >= 3600 && seconds.is_multiple_of(3600) {
        format!("{} h", seconds / 3600)
    } else if seconds.is_multiple_of(60) {
        format!("{} min", seconds / 60)
    } else {
        format!("{seconds} s")
    }
}

/// The word of an action in the fields `on-p1` and `on-p2`.
pub fn action_word(action: BreachAction) -> &'static str {
    match action {
        BreachAction::Hold => "hold",
        BreachAction::RollBack => "roll-back",
    }
}

/// The action for a word of the form.
pub fn action(word: &str) -> Option<BreachAction> {
    [BreachAction::Hold, BreachAction::RollBack].into_iter().find(|action| action_word(*action) == word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn soaks_are_read_as_people_write_them() {
        let table = [
            ("10 min", Some(600)),
            ("10", Some(600)),
            ("90s", Some(90)),
            ("1 h", Some(3600)),
            ("1:30", Some(90)),
            ("", Some(0)),
            ("1:99", None),
            ("-1", None),
            ("soon", None),
            ("99999999999 h", None),
            ("4000000000 h", None),
        ];
        for (text, seconds) in table {
            assert_eq!(parse_soak(text), seconds, "{text}");
        }
        for seconds in [0, 1, 59, 60, 90, 600, 3600, 5400, 7200] {
            assert_eq!(parse_soak(&soak(seconds)), Some(seconds));
        }
    }

    #[test]
    fn an_empty_row_is_no_step_and_a_wrong_one_names_its_field() {
        let read = steps([("10 %", "10 min"), ("", ""), ("100", "")]);
        let wanted = [(10, 600), (100, 0)].map(|(percent, soak_seconds)| Step { percent, soak_seconds });
        assert_eq!(read, Ok(wanted.to_vec()));
        assert_eq!(steps([("ten", "")]).map_err(|wrong| wrong.field), Err("percent-1".to_owned()));
        assert_eq!(
            steps([("10", ""), ("50", "a while")]).map_err(|wrong| wrong.field),
            Err("soak-2".to_owned())
        );
    }
}
