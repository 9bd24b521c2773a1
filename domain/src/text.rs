//! Text that others wrote, made safe to show: notes, log lines, pod names, answers of other services.
//!
//! This removes what text can do to a screen (escapes, control and direction characters, endless length). It does not
//! escape HTML; whatever renders the text does that.

/// Makes `text` inert, keeping its line breaks and tabs: ANSI escapes and control characters are dropped, characters
/// that change the direction of text or are invisible are dropped, and at most `max` characters are kept, with an
/// ellipsis in place of the rest.
pub fn inert(text: &str, max: usize) -> String {
    let mut out = String::with_capacity(text.len().min(max.saturating_mul(4)));
    let mut kept = 0;
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        if is_escape_start(c) {
            skip_escape(c, &mut chars);
            continue;
        }
        if c == '\r' {
            // A lone carriage return would let a line overwrite itself; with a line feed it is a line end.
            if chars.peek() == Some(&'\n') {
                continue;
            }
            push_bounded(&mut out, '\n', &mut kept, max);
        } else if !is_hostile(c) {
            push_bounded(&mut out, c, &mut kept, max);
        }
        if kept > max {
            break;
        }
    }
    out
}

/// Like [`inert`] and on one line: every run of white space becomes one space.
pub fn inert_line(text: &str, max: usize) -> String {
    // Twice the length: white space that is folded away should not cost kept characters in the usual case.
    let safe = inert(text, max.saturating_mul(2));
    let folded = safe.split_whitespace().collect::<Vec<_>>().join(" ");
    if folded.chars().count() > max {
        let mut short: String = folded.chars().take(max.saturating_sub(1)).collect();
        short.push('…');
        short
    } else {
        folded
    }
}

/// Whether `text` is an http or https address with a host, without white space, control or direction characters.
pub fn is_web_link(text: &str) -> bool {
    let lower = text.get(..8).unwrap_or(text).to_ascii_lowercase();
    let rest = if lower.starts_with("https://") {
        &text[8..]
    } else if lower.starts_with("http://") {
        &text[7..]
    } else {
        return false;
    };
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host_fine =
        host.starts_with(|c: char| c.is_alphanumeric() || c == '[') && !host.contains(['@', '\\']);
    host_fine
        && !text.chars().any(|c| c.is_whitespace() || is_hostile(c) || matches!(c, '<' | '>' | '"' | '`'))
}

/// Pushes `c` unless `max` characters are kept; the first that does not fit turns the last kept one into an ellipsis.
fn push_bounded(out: &mut String, c: char, kept: &mut usize, max: usize) {
    if *kept == max {
        out.pop();
        if max > 0 {
            out.push('…');
        }
    } else if *kept < max {
        out.push(c);
    }
    *kept += 1;
}

/// Escape, or the one-character forms of the sequences it starts.
fn is_escape_start(c: char) -> bool {
    matches!(c, '\u{1b}' | '\u{9b}' | '\u{9d}' | '\u{90}' | '\u{98}' | '\u{9e}' | '\u{9f}')
}

/// Skips the rest of an escape sequence that began with `start`.
fn skip_escape(start: char, chars: &mut std::iter::Peekable<std::str::Chars<'_>>) {
    let kind = if start == '\u{1b}' {
        match chars.peek() {
            Some(&c) if ('\u{20}'..='\u{7e}').contains(&c) => {
                chars.next();
                c
            }
            Some(_) | None => return,
        }
    } else {
        match start {
            '\u{9b}' => '[',
            _ => ']',
        }
    };
    match kind {
        // Control sequence: parameters and intermediates up to a final byte.
        '[' => {
            while let Some(&c) = chars.peek() {
                if !('\u{20}'..='\u{7e}').contains(&c) {
                    return;
                }
                chars.next();
                if ('\u{40}'..='\u{7e}').contains(&c) {
                    return;
                }
            }
        }
        // Strings: up to the terminator, or the end of the line, so that an unclosed one cannot swallow all the rest.
        ']' | 'P' | 'X' | '^' | '_' => {
            while let Some(&c) = chars.peek() {
                if c == '\n' {
                    return;
                }
                chars.next();
                if c == '\u{7}' || c == '\u{9c}' {
                    return;
                }
                if c == '\u{1b}' {
                    if chars.peek() == Some(&'\\') {
                        chars.next();
                    }
                    return;
                }
            }
        }
        // Charset and similar: intermediates, then one more character.
        '\u{20}'..='\u{2f}' => {
            while let Some(&c) = chars.peek() {
                if !('\u{20}'..='\u{7e}').contains(&c) {
                    return;
                }
                chars.next();
                if !('\u{20}'..='\u{2f}').contains(&c) {
                    return;
                }
            }
        }
        _ => {}
    }
}

/// Characters that show nothing and change what is around them.
fn is_hostile(c: char) -> bool {
    (c.is_control() && c != '\n' && c != '\t')
        || matches!(c,
            '\u{ad}' | '\u{61c}' | '\u{180e}'
            | '\u{200b}' | '\u{200e}' | '\u{200f}'
            | '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{feff}' | '\u{fff0}'..='\u{fffb}'
            | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn foreign_text_can_do_nothing_to_the_screen() {
        let table = [
            ("plain ünïcode ✓ 👩‍💻", "plain ünïcode ✓ 👩‍💻"),
            ("\u{1b}[31mred\u{1b}[0m", "red"),
            ("\u{1b}[2J\u{1b}[1;1Hgone", "gone"),
            ("\u{9b}31mred", "red"),
            ("\u{1b}]0;title\u{7}after", "after"),
            ("\u{1b}]8;;http://evil\u{1b}\\link\u{1b}]8;;\u{1b}\\", "link"),
            ("\u{1b}]0;never closed\nnext line", "\nnext line"),
            ("\u{1b}(Bcharset", "charset"),
            ("\u{1b}creset", "reset"),
            ("lone escape at the end\u{1b}", "lone escape at the end"),
            ("bell\u{7} back\u{8} null\u{0}", "bell back null"),
            ("user\u{202e}gpj.exe", "usergpj.exe"),
            ("\u{2066}isolate\u{2069} \u{200f}mark", "isolate mark"),
            ("zero\u{200b}width\u{feff}", "zerowidth"),
            ("overwrite\rme\r\nline", "overwrite\nme\nline"),
            ("<b>stays text</b>\t&amp;", "<b>stays text</b>\t&amp;"),
        ];
        for (foreign, shown) in table {
            assert_eq!(inert(foreign, 1000), shown, "{foreign:?}");
        }
    }

    #[test]
    fn length_is_bounded_in_characters() {
        assert_eq!(inert("12345", 5), "12345");
        assert_eq!(inert("123456", 5), "1234…");
        assert_eq!(inert("äöüäöü", 5), "äöüä…");
        assert_eq!(inert("abc", 0), "");
        assert_eq!(inert_line("a\n\n b\tc", 10), "a b c");
        assert_eq!(inert_line("one two three", 8), "one two…");
    }

    #[test]
    fn a_link_is_http_or_https_with_a_host() {
        for good in [
            "https://ci.example/run/7",
            "http://10.0.0.1:8080/",
            "HTTPS://x",
            "https://[::1]/a?b#c",
            "https://x/ü",
        ] {
            assert!(is_web_link(good), "{good}");
        }
        for bad in [
            "",
            "https://",
            "http:/x",
            "javascript:alert(1)",
            "data:text/html,x",
            "ftp://x/",
            "//x/",
            "x.example",
            "https:// x",
            "https://x/\u{202e}y",
            "https://x/\"onclick=",
            "https://user:pw@x/",
            "https:///path",
            "mailto:a@b",
        ] {
            assert!(!is_web_link(bad), "{bad}");
        }
    }

    proptest::proptest! {
        #[test]
        fn whatever_comes_is_inert_bounded_and_stays_so(text in "(?s).{0,80}", max in 0_usize..60) {
            let safe = inert(&text, max);
            proptest::prop_assert!(safe.chars().count() <= max);
            proptest::prop_assert!(!safe.chars().any(is_hostile));
            proptest::prop_assert_eq!(inert(&safe, max), safe);
        }
    }
}
