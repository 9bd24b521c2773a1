//! Licence expressions as crates write them: `MIT OR (Apache-2.0 AND BSD-3-Clause)`, and the older `MIT/Apache-2.0`.

use std::collections::BTreeSet;

/// Whether the licences allowed satisfy the expression; `None` if it cannot be read.
pub(super) fn allowed(expression: &str, allow: &BTreeSet<String>) -> Option<bool> {
    let spaced = expression.replace('(', " ( ").replace(')', " ) ").replace('/', " OR ");
    let mut words = Words { rest: spaced.split_whitespace().collect(), allow };
    let answer = words.any()?;
    words.rest.is_empty().then_some(answer)
}

struct Words<'a> {
    /// The words that were not read yet.
    rest: Vec<&'a str>,
    allow: &'a BTreeSet<String>,
}

impl<'a> Words<'a> {
    fn take(&mut self, word: &str) -> bool {
        let next = self.rest.first() == Some(&word);
        if next {
            self.rest.remove(0);
        }
        next
    }

    fn word(&mut self) -> Option<&'a str> {
        let word =
            self.rest.first().copied().filter(|word| !["(", ")", "OR", "AND", "WITH"].contains(word))?;
        self.rest.remove(0);
        Some(word)
    }

    /// Terms joined by OR: one is enough.
    fn any(&mut self) -> Option<bool> {
        let mut answer = self.all()?;
        while self.take("OR") {
            answer |= self.all()?;
        }
        Some(answer)
    }

    /// Licences joined by AND: every one counts.
    fn all(&mut self) -> Option<bool> {
        let mut answer = self.one()?;
        while self.take("AND") {
            answer &= self.one()?;
        }
        Some(answer)
    }

    fn one(&mut self) -> Option<bool> {
        if self.take("(") {
            let answer = self.any()?;
            return self.take(")").then_some(answer);
        }
        let licence = self.word()?;
        if self.take("WITH") {
            // An exception only gives more: the licence alone is enough.
            let exception = self.word()?;
            return Some(
                self.allow.contains(&format!("{licence} WITH {exception}")) || self.allow.contains(licence),
            );
        }
        Some(self.allow.contains(licence))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn either_is_enough_both_are_needed_and_nonsense_is_said_to_be_nonsense() {
        let allow = ["MIT", "Apache-2.0", "ISC", "Apache-2.0 WITH LLVM-exception"]
            .map(str::to_owned)
            .into_iter()
            .collect();
        let table = [
            ("MIT", Some(true)),
            ("GPL-3.0-only", Some(false)),
            ("GPL-3.0-only OR MIT", Some(true)),
            ("Unlicense/MIT", Some(true)),
            ("Unlicense / GPL-2.0", Some(false)),
            ("MIT AND GPL-3.0-only", Some(false)),
            ("MIT AND (ISC OR GPL-3.0-only)", Some(true)),
            ("(MIT OR Apache-2.0) AND Unicode-3.0", Some(false)),
            ("GPL-3.0-only OR MIT AND ISC", Some(true)),
            ("Apache-2.0 WITH LLVM-exception", Some(true)),
            ("ISC WITH Some-exception", Some(true)),
            ("GPL-2.0 WITH Classpath-exception-2.0", Some(false)),
            ("", None),
            ("MIT OR", None),
            ("MIT OR (ISC", None),
            ("MIT ISC", None),
            ("AND MIT", None),
        ];
        for (words, expected) in table {
            assert_eq!(allowed(words, &allow), expected, "{words}");
        }
    }
}
