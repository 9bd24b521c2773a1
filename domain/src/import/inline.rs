//! Inline Markdown to plain text: emphasis, code and links lose their marks. HTML stays as the text it is.

/// How deep marks may be nested before they are left as they are.
const MAX_DEPTH: usize = 12;

/// The text a reader would see.
pub(super) fn plain(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let mut out = String::with_capacity(text.len());
    strip(&chars, &mut out, 0);
    out
}

fn strip(chars: &[char], out: &mut String, depth: usize) {
    let mut at = 0;
    while at < chars.len() {
        let taken = if depth < MAX_DEPTH { mark(chars, at, out, depth) } else { None };
        at = taken.unwrap_or_else(|| {
            out.push(chars[at]);
            at + 1
        });
    }
}

/// Writes what the mark at `at` encloses and returns where it ends, or nothing if there is no mark.
fn mark(chars: &[char], at: usize, out: &mut String, depth: usize) -> Option<usize> {
    match chars[at] {
        '\\' => {
            let next = chars.get(at + 1).filter(|c| c.is_ascii_punctuation())?;
            out.push(*next);
            Some(at + 2)
        }
        '`' => code(chars, at, out),
        '!' if chars.get(at + 1) == Some(&'[') => link(chars, at + 1, out, depth),
        '[' => link(chars, at, out, depth),
        '<' => autolink(chars, at, out),
        '*' | '_' | '~' => emphasis(chars, at, out, depth),
        _ => None,
    }
}

fn run(chars: &[char], at: usize) -> usize {
    chars[at..].iter().take_while(|c| **c == chars[at]).count()
}

fn code(chars: &[char], at: usize, out: &mut String) -> Option<usize> {
    let length = run(chars, at);
    let start = at + length;
    let mut end = start;
    while end < chars.len() {
        if chars[end] == '`' {
            let closing = run(chars, end);
            if closing == length {
                let inner: String = chars[start..end].iter().collect();
                out.push_str(inner.trim());
                return Some(end + length);
            }
            end += closing;
        } else {
            end += 1;
        }
    }
    None
}

/// `[text](address)` and `[text][reference]` give their text; an image gives its description.
fn link(chars: &[char], at: usize, out: &mut String, depth: usize) -> Option<usize> {
    let close = closing(chars, at, '[', ']')?;
    let (open, end) = match chars.get(close + 1)? {
        '(' => ('(', ')'),
        '[' => ('[', ']'),
        _ => return None,
    };
    let after = closing(chars, close + 1, open, end)?;
    strip(&chars[at + 1..close], out, depth + 1);
    Some(after + 1)
}

fn closing(chars: &[char], at: usize, open: char, close: char) -> Option<usize> {
    let mut depth = 0_usize;
    let mut escaped = false;
    for (index, c) in chars.iter().enumerate().skip(at) {
        if escaped {
            escaped = false;
        } else if *c == '\\' {
            escaped = true;
        } else if *c == open {
            depth += 1;
        } else if *c == close {
            depth -= 1;
            if depth == 0 {
                return Some(index);
            }
        }
    }
    None
}

fn autolink(chars: &[char], at: usize, out: &mut String) -> Option<usize> {
    let end = at + chars[at..].iter().position(|c| *c == '>')?;
    let inner: String = chars[at + 1..end].iter().collect();
    if !crate::text::is_web_link(&inner) {
        return None;
    }
    out.push_str(&inner);
    Some(end + 1)
}

fn emphasis(chars: &[char], at: usize, out: &mut String, depth: usize) -> Option<usize> {
    let length = run(chars, at);
    if chars[at] == '~' && length != 2 {
        return None;
    }
    let start = at + length;
    let word_before = at > 0 && chars[at - 1].is_alphanumeric();
    if chars.get(start).is_none_or(|c| c.is_whitespace()) || (chars[at] == '_' && word_before) {
        return None;
    }
    let mut end = start;
    while end < chars.len() {
        if chars[end] != chars[at] {
            end += 1;
            continue;
        }
        let found = run(chars, end);
        let word_after = chars.get(end + found).is_some_and(|c| c.is_alphanumeric());
        if found == length && !chars[end - 1].is_whitespace() && !(chars[at] == '_' && word_after) {
            strip(&chars[start..end], out, depth + 1);
            return Some(end + found);
        }
        end += found;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_go_and_text_stays() {
        let table = [
            ("plain", "plain"),
            ("**bold** and *thin* and __both__", "bold and thin and both"),
            ("***all***", "all"),
            ("snake_case_name and _em_", "snake_case_name and em"),
            ("5 * 3 * 2", "5 * 3 * 2"),
            ("a *lone star", "a *lone star"),
            ("~~gone~~ ~one~", "gone ~one~"),
            ("`code *as is*` and ``a ` b``", "code *as is* and a ` b"),
            ("[the **runbook**](https://x/y) exists", "the runbook exists"),
            ("[ref][1] and [not a link]", "ref and [not a link]"),
            ("![alt text](i.png)", "alt text"),
            ("see <https://x.example/a>", "see https://x.example/a"),
            ("<script>alert(1)</script>", "<script>alert(1)</script>"),
            ("\\*not thin\\* \\[x\\]", "*not thin* [x]"),
            ("[x](javascript:alert(1))", "x"),
            ("ends with \\", "ends with \\"),
        ];
        for (markdown, text) in table {
            assert_eq!(plain(markdown), text, "{markdown}");
        }
    }

    #[test]
    fn deep_nesting_ends() {
        let text = format!("{}x{}", "[".repeat(900), "](y)".repeat(900));
        assert!(plain(&text).contains('x'));
        let text = "*a ".repeat(600);
        assert_eq!(plain(&text), text);
    }
}
