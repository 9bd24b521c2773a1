//! Doubts about a rule: what somebody has to have been shown before it is saved all the same.
//!
//! A doubt refuses nothing. Whoever was shown one about just this rule may go on; another rule, or another doubt, is shown
//! first. What a change would have done in the past is looked at in the same way.

use super::analysis::{NeverFires, selectors};
use super::change::judges_otherwise;
use super::rule::Rule;
use crate::digest;

/// Something to know about a rule before it is saved.
#[derive(Clone, Debug, PartialEq)]
pub enum Doubt {
    /// It may never fire.
    NeverFires(NeverFires),
    /// Prometheus could not be asked, so that nothing about it was checked.
    Unchecked,
    /// It judges otherwise than the rule in use, of which this is the mark: what both would have done is to be looked at.
    Otherwise(String),
}

impl Doubt {
    /// What tells it from others. Why Prometheus could not be asked changes from one moment to the next, and is none of it.
    fn name(&self) -> String {
        match self {
            Self::NeverFires(why) => why.to_string(),
            Self::Unchecked => "unchecked".to_owned(),
            Self::Otherwise(before) => format!("otherwise than {before}"),
        }
    }
}

/// The doubts about a rule in place of `before`, the one in use; Prometheus was asked about it, or could not be asked.
pub fn doubts(before: &Rule, rule: &Rule, never_fires: &[NeverFires], asked: bool) -> Vec<Doubt> {
    let unchecked = (!asked).then_some(Doubt::Unchecked);
    let otherwise =
        judges_otherwise(before, rule).then(|| Doubt::Otherwise(digest::mark(&[&written(before)])));
    never_fires.iter().cloned().map(Doubt::NeverFires).chain(unchecked).chain(otherwise).collect()
}

/// Those of which a page shows everything. `past` says whether it shows what old and new would have done, or was to show it
/// before something is saved and says that it is not known: an outage keeps nobody from going on.
pub fn looked_at(doubts: Vec<Doubt>, past: bool) -> Vec<Doubt> {
    doubts.into_iter().filter(|doubt| past || !matches!(doubt, Doubt::Otherwise(_))).collect()
}

/// Parts what is a doubt from what is only to be noted. That a selector has no series is no news where the query in use,
/// `before`, asks for it too: nothing may have failed yet, and whoever changes a limit need not say twice that they mean it.
pub fn parted(never_fires: Vec<NeverFires>, before: &str) -> (Vec<NeverFires>, Vec<NeverFires>) {
    let known = selectors(before);
    let (mut doubts, mut notes) = (Vec::new(), Vec::new());
    for why in never_fires {
        match why {
            NeverFires::Silent(silent) => {
                let (old, new): (Vec<_>, Vec<_>) =
                    silent.into_iter().partition(|text| known.iter().any(|known| alike(&known.text, text)));
                if !new.is_empty() {
                    doubts.push(NeverFires::Silent(new));
                }
                if !old.is_empty() {
                    notes.push(NeverFires::Silent(old));
                }
            }
            other => doubts.push(other),
        }
    }
    (doubts, notes)
}

/// Whether two selectors are the same but for line breaks and indentation.
fn alike(one: &str, other: &str) -> bool {
    one.split_whitespace().eq(other.split_whitespace())
}

/// What a form carries so that it is known what whoever sends it was shown: a mark for each doubt about this rule.
pub fn marks(rule: &Rule, doubts: &[Doubt]) -> String {
    doubts.iter().map(|doubt| mark(rule, doubt)).collect::<Vec<_>>().join(" ")
}

/// Whether somebody with these marks was shown every doubt about just this rule.
pub fn were_shown(rule: &Rule, doubts: &[Doubt], marks: &str) -> bool {
    doubts.iter().all(|doubt| {
        let mark = mark(rule, doubt);
        marks.split_whitespace().any(|shown| shown == mark)
    })
}

fn mark(rule: &Rule, doubt: &Doubt) -> String {
    digest::mark(&[&written(rule), &doubt.name()])
}

fn written(rule: &Rule) -> String {
    serde_json::to_string(rule).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::super::rule::tests::rule;
    use super::*;

    #[test]
    fn only_what_was_shown_of_just_this_rule_is_known_to_whoever_saves_it() {
        let rule = rule();
        let mut other = rule.clone();
        other.spec.limit += 1.0;
        let absent = |name: &str| Doubt::NeverFires(NeverFires::Absent(vec![name.to_owned()]));
        let (a, b) = (absent("a_total"), absent("b_total"));
        let both = [a.clone(), Doubt::Unchecked];
        // What is doubted of the rule that is saved, of which rule what was shown, and whether that is enough.
        let table: [(&[Doubt], &Rule, &[Doubt], bool); 8] = [
            (&[], &rule, &[], true),
            (std::slice::from_ref(&a), &rule, &[], false),
            (std::slice::from_ref(&a), &rule, std::slice::from_ref(&a), true),
            (std::slice::from_ref(&a), &rule, &both, true),
            (&both, &rule, std::slice::from_ref(&a), false),
            (&both, &rule, &both, true),
            (std::slice::from_ref(&a), &rule, std::slice::from_ref(&b), false),
            (std::slice::from_ref(&a), &other, &both, false),
        ];
        for (doubted, of, shown, enough) in table {
            let marks = marks(of, shown);
            assert_eq!(were_shown(&rule, doubted, &marks), enough, "{doubted:?} {shown:?} {marks}");
        }
    }

    #[test]
    fn a_rule_that_could_not_be_checked_is_doubted() {
        let rule = rule();
        let doubts = |never_fires: &[NeverFires], asked| doubts(&rule, &rule, never_fires, asked);
        assert_eq!(doubts(&[NeverFires::NoValue], true), [Doubt::NeverFires(NeverFires::NoValue)]);
        assert_eq!(doubts(&[], false), [Doubt::Unchecked]);
        assert_eq!(doubts(&[], true), []);
    }

    #[test]
    fn the_past_of_old_and_new_is_to_be_looked_at_once_and_again_for_another_old_or_new() {
        let base = rule();
        let with = |limit: f64| {
            let mut rule = base.clone();
            rule.spec.limit = limit;
            rule
        };
        let mut renamed = base.clone();
        renamed.spec.name = "Another name".into();
        assert_eq!(doubts(&base, &renamed, &[], true), []);
        let needed = doubts(&base, &with(3.0), &[], true);
        assert!(matches!(needed.as_slice(), [Doubt::Otherwise(_)]), "{needed:?}");
        // Before and after of what was looked at, whether its past was on the page, and whether that is enough.
        let table = [
            (&base, with(3.0), true, true),
            (&base, with(3.0), false, false),
            (&base, with(4.0), true, false),
            (&with(5.0), with(3.0), true, false),
        ];
        for (before, after, past, enough) in table {
            let marks = marks(&after, &looked_at(doubts(before, &after, &[], true), past));
            assert_eq!(were_shown(&with(3.0), &needed, &marks), enough, "{before:?} {after:?} {past}");
        }
        // What is shown without the past is known all the same.
        let kept = looked_at(doubts(&base, &with(3.0), &[NeverFires::NoValue], false), false);
        assert_eq!(kept, [Doubt::NeverFires(NeverFires::NoValue), Doubt::Unchecked]);
    }

    #[test]
    fn a_selector_without_series_is_doubted_where_it_is_new_and_else_noted() {
        let silent =
            |texts: &[&str]| NeverFires::Silent(texts.iter().map(|text| (*text).to_owned()).collect());
        let before = "sum(x{code=\"500\"} - x{code=\"500\", b=\"c\"}) or vector(0)";
        let table: [(&[&str], &[NeverFires], &[NeverFires]); 4] = [
            (&["x{code=\"500\"}"], &[], &[silent(&["x{code=\"500\"}"])]),
            (&["x{code=\"500\",\r\n b=\"c\"}"], &[], &[silent(&["x{code=\"500\",\r\n b=\"c\"}"])]),
            (&["x{cod=\"500\"}"], &[silent(&["x{cod=\"500\"}"])], &[]),
            (
                &["x{code=\"500\"}", "x{code=\"50\"}"],
                &[silent(&["x{code=\"50\"}"])],
                &[silent(&["x{code=\"500\"}"])],
            ),
        ];
        for (texts, doubts, notes) in table {
            let (found, noted) = parted(vec![silent(texts)], before);
            assert_eq!((found.as_slice(), noted.as_slice()), (doubts, notes), "{texts:?}");
        }
        assert_eq!(parted(vec![NeverFires::NoValue], before), (vec![NeverFires::NoValue], Vec::new()));
    }
}
