//! What was measured, as Markdown: printed, and on request written between the marks of `BENCHMARKS.md`.

use std::{fmt::Write as _, fs, path::Path};

use crate::{fail::Fail, machine};

/// A figure that was measured.
#[derive(Debug, Clone)]
pub(crate) struct Outcome {
    /// Its word at the command line and in the marks.
    pub(crate) word: &'static str,
    /// What it is.
    pub(crate) title: &'static str,
    /// What was hoped for.
    pub(crate) target: &'static str,
    /// What came out, in a few words.
    pub(crate) measured: String,
    /// What the least possible would be, measured in the same run.
    pub(crate) floor: String,
    /// Whether it is as was hoped for; none where nothing was hoped for.
    pub(crate) met: Option<bool>,
    /// The particulars: a Markdown table or sentences.
    pub(crate) details: String,
}

impl Outcome {
    fn verdict(&self) -> &'static str {
        match self.met {
            Some(true) => "met",
            Some(false) => "**missed**",
            None => "",
        }
    }

    /// Its line in the table of all figures; the mark says which line is whose.
    fn line(&self) -> String {
        format!(
            "| {} {} | {} | {} | {} | {} |",
            row_mark(self.word),
            self.title,
            self.target,
            self.measured,
            self.floor,
            self.verdict()
        )
    }

    /// Its own section.
    fn section(&self, root: &Path) -> String {
        let mut text = String::new();
        // Writing to a String cannot fail.
        let _infallible = write!(
            text,
            "{}\n\n_{}; {}._\n",
            self.details.trim(),
            machine::description(),
            machine::circumstances(root)
        );
        text
    }
}

/// The table's head.
const HEAD: &str = "| figure | target | measured | floor in the same run | |\n|---|---|---|---|---|";

/// All of it, for the terminal.
pub(crate) fn print(outcomes: &[Outcome], root: &Path) {
    println!("\n{HEAD}");
    for outcome in outcomes {
        println!("{}", outcome.line());
    }
    for outcome in outcomes {
        println!("\n### {}\n\n{}", outcome.title, outcome.section(root));
    }
    if cfg!(debug_assertions) {
        println!("\nMeasured in the dev profile: a trial of the measuring, **not valid** as figures.");
    }
}

/// Replaces line and section of each figure in the file.
pub(crate) fn write(file: &Path, outcomes: &[Outcome], root: &Path) -> Result<(), Fail> {
    if cfg!(debug_assertions) {
        return Err(Fail::said("figures of the dev profile are not valid and are not written"));
    }
    let name = file.display().to_string();
    let mut text = fs::read_to_string(file).map_err(Fail::io(format!("read {name}")))?;
    for outcome in outcomes {
        text = replaced(&text, outcome.word, &outcome.line(), &outcome.section(root))
            .ok_or_else(|| Fail::said(format!("{name} has no marks for {}", outcome.word)))?;
    }
    fs::write(file, text).map_err(Fail::io(format!("write {name}")))
}

fn row_mark(word: &str) -> String {
    format!("<!-- row:{word} -->")
}

fn replaced(text: &str, word: &str, line: &str, section: &str) -> Option<String> {
    let row = row_mark(word);
    let old = text.lines().find(|line| line.contains(&row))?;
    let text = text.replacen(old, line, 1);
    let (begin, end) = (format!("<!-- begin:{word} -->"), format!("<!-- end:{word} -->"));
    let start = text.find(&begin)? + begin.len();
    let stop = start + text[start..].find(&end)?;
    Some(format!("{}\n\n{}\n\n{}", &text[..start], section.trim(), &text[stop..]))
}

/// A Markdown table with a head.
pub(crate) fn table(head: &[&str], rows: &[Vec<String>]) -> String {
    let mut text = format!("| {} |\n|{}\n", head.join(" | "), "---|".repeat(head.len()));
    for row in rows {
        let _infallible = writeln!(text, "| {} |", row.join(" | "));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_figure_replaces_its_own_line_and_section_and_nothing_else() {
        let text = "# B\n| <!-- row:a --> A | ? |\n| <!-- row:b --> B | ? |\n<!-- begin:b -->\nold\n<!-- end:b -->\nrest\n";
        let line = "| <!-- row:b --> B | 1 |";
        let wanted = "# B\n| <!-- row:a --> A | ? |\n| <!-- row:b --> B | 1 |\n<!-- begin:b -->\n\nnew\n\n<!-- end:b -->\nrest\n";
        assert_eq!(replaced(text, "b", line, "new\n").as_deref(), Some(wanted));
        assert_eq!(replaced(text, "a", line, "new"), None, "no marks for a section");
    }
}
