//! Steps as people type and read them, the same in every form.

/// A percentage, with or without its sign.
pub fn parse_percent(text: &str) -> Option<u32> {
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

/// Seconds as people read them; [`parse_soak`] reads them back.
pub fn soak(seconds: u32) -> String {
    if seconds >= 3600 && seconds.is_multiple_of(3600) {
        format!("{} h", seconds / 3600)
    } else if seconds.is_multiple_of(60) {
        format!("{} min", seconds / 60)
    } else {
        format!("{seconds} s")
    }
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
}
