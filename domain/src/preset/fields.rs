//! Reading typed fields out of a TOML table while collecting every mistake with its line.
//!
//! Knows TOML, and nothing about what a preset means.

use std::collections::BTreeSet;
use std::fmt::Display;
use std::ops::Range;
use std::str::FromStr;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::Mistake;

/// The mistakes found so far in one file.
pub(super) struct Report<'t> {
    file: &'t str,
    text: &'t str,
    mistakes: Vec<Mistake>,
    /// After a syntax error parts of the file are missing for that reason, and are not complained about again.
    damaged: bool,
}

impl<'t> Report<'t> {
    pub(super) fn new(file: &'t str, text: &'t str) -> Self {
        Self { file, text, mistakes: Vec::new(), damaged: false }
    }

    /// Notes that the text at byte `at` is wrong.
    pub(super) fn wrong(&mut self, at: usize, reason: impl Into<String>) {
        let before = self.text.get(..at).unwrap_or(self.text);
        let line = before.bytes().filter(|b| *b == b'\n').count() + 1;
        self.mistakes.push(Mistake { file: self.file.to_owned(), line, reason: reason.into() });
    }

    /// Notes that something is not there that `place` needs.
    pub(super) fn missing(&mut self, at: usize, reason: impl Into<String>) {
        if !self.damaged {
            self.wrong(at, reason);
        }
    }

    /// Notes a syntax error.
    pub(super) fn syntax(&mut self, error: &toml::de::Error) {
        self.damaged = true;
        let at = error.span().map_or(0, |span| span.start);
        self.wrong(at, format!("this is not TOML: {}", crate::text::inert_line(error.message(), 200)));
    }

    /// All of them in the order of the file, each once.
    pub(super) fn into_mistakes(mut self) -> Vec<Mistake> {
        self.mistakes.sort();
        self.mistakes.dedup();
        self.mistakes
    }
}

/// A value and where it stands, in bytes from the beginning of the file.
#[derive(Clone, Debug)]
pub(super) struct At<T> {
    pub(super) value: T,
    pub(super) at: usize,
}

/// One table being read. Every field that is asked for is known; [`Fields::done`] complains about the others.
pub(super) struct Fields<'a, 'i> {
    table: &'a DeTable<'i>,
    /// Where the table begins, for what is missing in it.
    pub(super) at: usize,
    /// The table in words: "item keys-in-vault".
    place: String,
    known: BTreeSet<&'static str>,
}

impl<'a, 'i> Fields<'a, 'i> {
    pub(super) fn new(table: &'a DeTable<'i>, span: &Range<usize>, place: impl Into<String>) -> Self {
        Self { table, at: span.start, place: place.into(), known: BTreeSet::new() }
    }

    /// Names the table better, once its key is known.
    pub(super) fn call(&mut self, place: impl Into<String>) {
        self.place = place.into();
    }

    /// The table in words.
    pub(super) fn place(&self) -> &str {
        &self.place
    }

    fn get(&mut self, name: &'static str) -> Option<&'a Spanned<DeValue<'i>>> {
        self.known.insert(name);
        self.table.get(name)
    }

    /// Whether the field is there, whatever it holds.
    pub(super) fn has(&self, name: &str) -> bool {
        self.table.contains_key(name)
    }

    fn needed(&mut self, report: &mut Report, name: &'static str) -> Option<&'a Spanned<DeValue<'i>>> {
        let found = self.get(name);
        if found.is_none() {
            report.missing(self.at, format!("{}: \"{name}\" is missing", self.place));
        }
        found
    }

    fn mistyped(&self, report: &mut Report, name: &str, value: &Spanned<DeValue>, wanted: &str) {
        let found = kind(value.get_ref());
        report.wrong(
            value.span().start,
            format!("{}: \"{name}\" has to be {wanted}, and is {found}", self.place),
        );
    }

    /// A text, needed and not empty.
    pub(super) fn text(&mut self, report: &mut Report, name: &'static str, max: usize) -> Option<At<String>> {
        let value = self.needed(report, name)?;
        self.as_text(report, name, value, max)
    }

    /// A text that may be left out.
    pub(super) fn text_if(
        &mut self,
        report: &mut Report,
        name: &'static str,
        max: usize,
    ) -> Option<At<String>> {
        let value = self.get(name)?;
        self.as_text(report, name, value, max)
    }

    fn as_text(
        &self,
        report: &mut Report,
        name: &str,
        value: &Spanned<DeValue>,
        max: usize,
    ) -> Option<At<String>> {
        let at = value.span().start;
        let DeValue::String(text) = value.get_ref() else {
            self.mistyped(report, name, value, "a text");
            return None;
        };
        let text = text.trim().to_owned();
        let length = text.chars().count();
        if text.is_empty() {
            report.wrong(at, format!("{}: \"{name}\" is empty", self.place));
            return None;
        }
        if length > max {
            report
                .wrong(at, format!("{}: \"{name}\" has {length} characters; {max} are allowed", self.place));
            return None;
        }
        if crate::text::inert(&text, usize::MAX) != text {
            report.wrong(at, format!("{}: \"{name}\" holds control or direction characters", self.place));
            return None;
        }
        Some(At { value: text, at })
    }

    /// A word that parses, needed.
    pub(super) fn word<T: FromStr<Err: Display>>(
        &mut self,
        report: &mut Report,
        name: &'static str,
    ) -> Option<At<T>> {
        let text = self.text(report, name, 400)?;
        self.parsed(report, name, &text)
    }

    /// A word that parses, and may be left out.
    pub(super) fn word_if<T: FromStr<Err: Display>>(
        &mut self,
        report: &mut Report,
        name: &'static str,
    ) -> Option<At<T>> {
        let text = self.text_if(report, name, 400)?;
        self.parsed(report, name, &text)
    }

    fn parsed<T: FromStr<Err: Display>>(
        &self,
        report: &mut Report,
        name: &str,
        text: &At<String>,
    ) -> Option<At<T>> {
        match text.value.parse() {
            Ok(value) => Some(At { value, at: text.at }),
            Err(why) => {
                report.wrong(text.at, format!("{}: \"{name}\" = \"{}\": {why}", self.place, text.value));
                None
            }
        }
    }

    /// Yes or no, needed.
    pub(super) fn flag(&mut self, report: &mut Report, name: &'static str) -> Option<bool> {
        let value = self.needed(report, name)?;
        if let DeValue::Boolean(flag) = value.get_ref() {
            return Some(*flag);
        }
        self.mistyped(report, name, value, "true or false");
        None
    }

    /// A number with or without fraction, needed, finite.
    pub(super) fn number(&mut self, report: &mut Report, name: &'static str) -> Option<At<f64>> {
        let value = self.needed(report, name)?;
        let text = match value.get_ref() {
            DeValue::Integer(number) if number.radix() == 10 => number.as_str(),
            DeValue::Float(number) => number.as_str(),
            DeValue::String(_)
            | DeValue::Integer(_)
            | DeValue::Boolean(_)
            | DeValue::Datetime(_)
            | DeValue::Array(_)
            | DeValue::Table(_) => {
                self.mistyped(report, name, value, "a number");
                return None;
            }
        };
        match text.parse::<f64>() {
            Ok(number) if number.is_finite() => Some(At { value: number, at: value.span().start }),
            Ok(_) | Err(_) => {
                self.mistyped(report, name, value, "a finite number");
                None
            }
        }
    }

    /// A whole number within a range, needed.
    pub(super) fn whole(
        &mut self,
        report: &mut Report,
        name: &'static str,
        range: std::ops::RangeInclusive<u32>,
    ) -> Option<u32> {
        let value = self.needed(report, name)?;
        let number = match value.get_ref() {
            DeValue::Integer(number) => u32::from_str_radix(number.as_str(), number.radix()).ok(),
            DeValue::String(_)
            | DeValue::Float(_)
            | DeValue::Boolean(_)
            | DeValue::Datetime(_)
            | DeValue::Array(_)
            | DeValue::Table(_) => None,
        };
        if let Some(number) = number.filter(|number| range.contains(number)) {
            return Some(number);
        }
        let wanted = format!("a whole number from {} to {}", range.start(), range.end());
        report.wrong(value.span().start, format!("{}: \"{name}\" has to be {wanted}", self.place));
        None
    }

    /// A list of texts; an empty one where it is left out.
    pub(super) fn texts(&mut self, report: &mut Report, name: &'static str, max: usize) -> Vec<At<String>> {
        let Some(value) = self.get(name) else {
            return Vec::new();
        };
        let DeValue::Array(list) = value.get_ref() else {
            self.mistyped(report, name, value, "a list of texts");
            return Vec::new();
        };
        list.iter().filter_map(|value| self.as_text(report, name, value, max)).collect()
    }

    /// A table within this one, needed.
    pub(super) fn table(&mut self, report: &mut Report, name: &'static str) -> Option<Fields<'a, 'i>> {
        self.needed(report, name)?;
        self.table_if(report, name)
    }

    /// A table within this one that may be left out.
    pub(super) fn table_if(&mut self, report: &mut Report, name: &'static str) -> Option<Fields<'a, 'i>> {
        let value = self.get(name)?;
        if let DeValue::Table(table) = value.get_ref() {
            return Some(Fields::new(table, &value.span(), format!("[{name}]")));
        }
        self.mistyped(report, name, value, "a table");
        None
    }

    /// A list of tables: `[[name]]`, empty where it is left out.
    pub(super) fn tables(&mut self, report: &mut Report, name: &'static str) -> Vec<Fields<'a, 'i>> {
        let Some(value) = self.get(name) else {
            return Vec::new();
        };
        let DeValue::Array(list) = value.get_ref() else {
            self.mistyped(report, name, value, "a list of tables ([[…]])");
            return Vec::new();
        };
        let mut tables = Vec::new();
        for value in list {
            if let DeValue::Table(table) = value.get_ref() {
                tables.push(Fields::new(table, &value.span(), format!("{name} {}", tables.len() + 1)));
            } else {
                self.mistyped(report, name, value, "a list of tables ([[…]])");
            }
        }
        tables
    }

    /// Complains about every field that nobody asked for.
    pub(super) fn done(self, report: &mut Report) {
        for key in self.table.keys() {
            let name: &str = key.get_ref();
            if !self.known.contains(name) {
                let known = self.known.iter().copied().collect::<Vec<_>>().join(", ");
                let name = crate::text::inert_line(name, 60);
                report.wrong(
                    key.span().start,
                    format!("{}: unknown key \"{name}\"; known are {known}", self.place),
                );
            }
        }
    }
}

fn kind(value: &DeValue) -> &'static str {
    match value {
        DeValue::String(_) => "a text",
        DeValue::Integer(_) => "a whole number",
        DeValue::Float(_) => "a number",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}
