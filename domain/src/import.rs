//! Any Markdown document with headings and task lines becomes a checklist. Shown as a preview before it is used.
//!
//! Ticks of the document are not taken over: nobody has signed for them here.

mod inline;

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use self::inline::plain;
use crate::actor::Role;
use crate::id::{ItemKey, MAX_SLUG, SectionKey, slug_of};
use crate::preset::{ItemSpec, Phase, Section, StatementKind};
use crate::text::inert_line;

/// The most items taken from one document.
pub const MAX_ITEMS: usize = 400;
/// The longest title, in characters.
const MAX_TITLE: usize = 160;
/// The longest explanation, in characters.
const MAX_WHY: usize = 600;
/// The most of one line looked at, in characters.
const MAX_LINE: usize = 2000;
/// Words in a heading that say its items can only be stated after the rollout.
const AFTER_WORDS: [&str; 8] = [
    "outcome",
    "after the rollout",
    "after rollout",
    "after launch",
    "after deployment",
    "post-launch",
    "post-deployment",
    "post-rollout",
];

/// What a document came to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Import {
    /// Sections with at least one item each, in the order of the document.
    pub sections: Vec<Section>,
    /// What a person should know before they use it, in the order of the document.
    pub warnings: Vec<Warning>,
}

impl Import {
    /// How many items there are.
    pub fn items(&self) -> usize {
        self.sections.iter().map(|section| section.items.len()).sum()
    }
}

/// Something about a line of the document that a person should know.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Warning {
    /// The line, counted from 1.
    pub line: usize,
    /// What about it.
    pub text: String,
}

/// Reads `document`. Never fails: a document without task lines gives no sections and a warning.
pub fn markdown(document: &str) -> Import {
    let mut reader = Reader::default();
    let mut lines = document.lines().enumerate().peekable();
    while let Some((index, line)) = lines.next() {
        let next = lines.peek().map(|(_, next)| *next);
        reader.line(index + 1, line, next);
    }
    reader.finish()
}

#[derive(Default)]
struct Reader {
    import: Import,
    section_keys: BTreeSet<String>,
    item_keys: BTreeSet<String>,
    /// The heading that the next item belongs under, until a section is made of it.
    heading: Option<String>,
    /// Character and length of the fence that is open.
    fence: Option<(char, usize)>,
    in_comment: bool,
    /// Whether the last lines were a list, so that indentation is nesting and not code.
    in_list: bool,
    /// How far the last task line was indented, while lines may still belong to it.
    open_item: Option<usize>,
    full: bool,
}

impl Reader {
    fn line(&mut self, number: usize, line: &str, next: Option<&str>) {
        let line: String = line.chars().take(MAX_LINE).collect();
        let (indent, text) = unindented(&line);
        if self.skip_fence(text) || self.skip_comment(text) {
            return;
        }
        if text.is_empty() {
            return;
        }
        if indent >= 4 && !self.in_list {
            return;
        }
        if let Some(task) = Task::read(text) {
            self.in_list = true;
            self.task(number, indent, &task);
        } else if let Some(title) = heading(text) {
            self.begin_section(title);
        } else if list_marker(text).is_some() {
            self.in_list = true;
            self.open_item = self.open_item.filter(|at| indent > *at);
        } else if self.open_item.is_some_and(|at| indent > at) {
            self.explain(text);
        } else if is_setext(text, next) {
            self.begin_section(text);
        } else {
            self.in_list = self.in_list && indent > 0;
            self.open_item = None;
        }
    }

    /// Whether the line belongs to a fenced block of code, or begins or ends one.
    fn skip_fence(&mut self, text: &str) -> bool {
        let Some(mark) = text.chars().next().filter(|c| matches!(c, '`' | '~')) else {
            return self.fence.is_some();
        };
        let length = text.chars().take_while(|c| *c == mark).count();
        match self.fence {
            Some((open, at_least)) => {
                if mark == open && length >= at_least && text.trim_end().chars().all(|c| c == mark) {
                    self.fence = None;
                }
                true
            }
            None if length >= 3 => {
                self.fence = Some((mark, length));
                true
            }
            None => false,
        }
    }

    /// Whether the line belongs to an HTML comment.
    fn skip_comment(&mut self, text: &str) -> bool {
        if self.in_comment {
            self.in_comment = !text.contains("-->");
            return true;
        }
        if text.starts_with("<!--") {
            self.in_comment = !text.contains("-->");
            return true;
        }
        false
    }

    fn begin_section(&mut self, title: &str) {
        let title = plain(title);
        let title = inert_line(&title, MAX_TITLE);
        self.heading = Some(if title.is_empty() { "Untitled".to_owned() } else { title });
        self.in_list = false;
        self.open_item = None;
    }

    fn task(&mut self, number: usize, indent: usize, task: &Task) {
        self.open_item = None;
        if self.full {
            return;
        }
        if self.item_keys.len() == MAX_ITEMS {
            self.full = true;
            self.warn(number, format!("only the first {MAX_ITEMS} items are taken"));
            return;
        }
        let whole = plain(task.text);
        let title = inert_line(&whole, MAX_TITLE);
        if title.is_empty() {
            self.warn(number, "a task without text is left out");
            return;
        }
        if title.chars().count() == MAX_TITLE && title.ends_with('…') {
            self.warn(number, format!("the title is cut after {MAX_TITLE} characters"));
        }
        if task.ticked {
            self.warn(
                number,
                format!("\"{title}\" is ticked in the document and starts open: nobody has signed it here"),
            );
        }
        let (key, again) = unique(&mut self.item_keys, &title, "item");
        if again {
            self.warn(number, format!("\"{title}\" is there more than once; each is an item of its own"));
        }
        let Ok(key) = key.parse::<ItemKey>() else {
            return;
        };
        let lower = title.to_lowercase();
        let required = !["(optional)", "(if applicable)"].iter().any(|word| lower.contains(word));
        if self.ensure_section(number) {
            let item = ItemSpec {
                key,
                title,
                why: String::new(),
                required,
                statement: StatementKind::Tick,
                signer: Role::ReleaseManager,
                probe: None,
            };
            if let Some(section) = self.import.sections.last_mut() {
                section.items.push(item);
                self.open_item = Some(indent);
            }
        }
    }

    /// Makes a section of the last heading, unless that is done.
    fn ensure_section(&mut self, number: usize) -> bool {
        let title = match self.heading.take() {
            Some(title) => title,
            None if self.import.sections.is_empty() => "Checklist".to_owned(),
            None => return true,
        };
        let (key, _) = unique(&mut self.section_keys, &title, "section");
        let Ok(key) = key.parse::<SectionKey>() else {
            return false;
        };
        let lower = title.to_lowercase();
        let phase = if AFTER_WORDS.iter().any(|word| lower.contains(word)) {
            self.warn(number, format!("the items under \"{title}\" are taken to come after the rollout; the gate does not wait for them"));
            Phase::AfterRollout
        } else {
            Phase::BeforeRollout
        };
        self.import.sections.push(Section { key, title, phase, items: Vec::new() });
        true
    }

    /// A line below a task, further in: it explains the task.
    fn explain(&mut self, text: &str) {
        let item = self.import.sections.last_mut().and_then(|section| section.items.last_mut());
        if let Some(item) = item {
            let why = format!("{} {}", item.why, plain(text));
            item.why = inert_line(&why, MAX_WHY);
        }
    }

    fn warn(&mut self, line: usize, text: impl Into<String>) {
        self.import.warnings.push(Warning { line, text: text.into() });
    }

    fn finish(mut self) -> Import {
        if self.fence.is_some() {
            self.warn(1, "a block of code is opened and never closed; nothing after it is read");
        }
        if self.import.sections.is_empty() {
            self.warn(1, "no task line was found; a task line looks like \"- [ ] Keys are in the vault\"");
        }
        self.import
    }
}

/// A line such as `- [x] text`.
struct Task<'t> {
    ticked: bool,
    text: &'t str,
}

impl<'t> Task<'t> {
    fn read(text: &'t str) -> Option<Self> {
        let rest = list_marker(text)?.strip_prefix('[')?;
        let mut chars = rest.chars();
        let ticked = match chars.next()? {
            ' ' => false,
            'x' | 'X' => true,
            _ => return None,
        };
        let rest = chars.as_str().strip_prefix(']')?;
        if rest.is_empty() || rest.starts_with([' ', '\t']) {
            Some(Self { ticked, text: rest.trim() })
        } else {
            None
        }
    }
}

/// What follows the marker of a list item, where `text` begins with one.
fn list_marker(text: &str) -> Option<&str> {
    let rest = if let Some(rest) = text.strip_prefix(['-', '*', '+']) {
        rest
    } else {
        let digits = text.bytes().take_while(u8::is_ascii_digit).count();
        if !(1..=9).contains(&digits) {
            return None;
        }
        text[digits..].strip_prefix(['.', ')'])?
    };
    rest.starts_with([' ', '\t']).then(|| rest.trim_start())
}

/// The text of a heading with number signs.
fn heading(text: &str) -> Option<&str> {
    let level = text.bytes().take_while(|b| *b == b'#').count();
    let rest = &text[level..];
    if !(1..=6).contains(&level) || !(rest.is_empty() || rest.starts_with([' ', '\t'])) {
        return None;
    }
    let rest = rest.trim();
    let without_end = rest.trim_end_matches('#');
    Some(if without_end.is_empty() || without_end.ends_with([' ', '\t']) {
        without_end.trim_end()
    } else {
        rest
    })
}

/// Whether `next` underlines `text` as a heading.
fn is_setext(text: &str, next: Option<&str>) -> bool {
    let underline = next.unwrap_or_default().trim();
    let underlined = underline.len() >= 2
        && (underline.bytes().all(|b| b == b'=') || underline.bytes().all(|b| b == b'-'));
    underlined && !text.starts_with('|') && !text.bytes().all(|b| b == b'-' || b == b'=')
}

/// Indentation in columns (a tab is four), through quote marks, and the rest of the line.
fn unindented(line: &str) -> (usize, &str) {
    let mut columns = 0;
    let mut rest = line;
    loop {
        if let Some(after) = rest.strip_prefix(' ') {
            columns += 1;
            rest = after;
        } else if let Some(after) = rest.strip_prefix('\t') {
            columns += 4;
            rest = after;
        } else if let Some(after) = rest.strip_prefix('>') {
            columns = 0;
            rest = after.strip_prefix(' ').unwrap_or(after);
        } else {
            return (columns, rest.trim_end());
        }
    }
}

/// A key for `title` that no other has, and whether the title had been there before.
fn unique(taken: &mut BTreeSet<String>, title: &str, fallback: &str) -> (String, bool) {
    let slug = slug_of(title);
    let base = slug.clone().unwrap_or_else(|| fallback.to_owned());
    if taken.insert(base.clone()) {
        return (base, false);
    }
    let mut number = 2_usize;
    loop {
        let ending = format!("-{number}");
        let start: String = base.chars().take(MAX_SLUG - ending.len()).collect();
        let key = format!("{}{ending}", start.trim_end_matches('-'));
        if taken.insert(key.clone()) {
            return (key, slug.is_some());
        }
        number += 1;
    }
}

#[cfg(test)]
mod tests;
