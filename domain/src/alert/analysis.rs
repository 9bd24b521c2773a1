//! Why a rule may never fire: read off its query, and off what Prometheus knows about the series in it.
//!
//! It reads `PromQL` only as far as it must: names of metrics, calls of functions. What it does not understand it
//! leaves alone; it never refuses anything.

use std::collections::BTreeSet;
use std::fmt;

use super::rule::Rule;
use crate::preset::Comparator;
use crate::threshold::number;

/// What Prometheus knows about a query.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Facts {
    /// Metrics of the query that have had no series lately.
    pub absent: Vec<String>,
    /// Selectors of the query that have had no series lately, though their metrics have.
    pub silent: Vec<String>,
    /// Whether the query has a value at present.
    pub has_value: bool,
    /// The greatest value that the query can take: with each quantile at its histogram's highest finite bucket.
    pub most: Option<f64>,
}

/// A reason why a rule may never fire, or not when it should.
#[derive(Clone, Debug, PartialEq)]
pub enum NeverFires {
    /// Prometheus has no series of these names.
    Absent(Vec<String>),
    /// Prometheus has series of these names, and none that these selectors fit.
    Silent(Vec<String>),
    /// The query has no value at present.
    NoValue,
    /// A quantile never exceeds the highest finite bucket.
    AboveTopBucket {
        /// The greatest value that it can take.
        most: f64,
        /// The limit.
        limit: f64,
    },
    /// `rate` and `increase` do not see the first value of a series.
    MissesFirst(&'static str),
}

impl fmt::Display for NeverFires {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Absent(names) => write!(
                f,
                "Prometheus has had no series named {} for an hour: without them this cannot fire.",
                names.join(", ")
            ),
            Self::Silent(selectors) => write!(
                f,
                "No series of {} in the last hour. If none has failed yet that is right; else look at the names and values of its labels.",
                selectors.join(", ")
            ),
            Self::NoValue => {
                f.write_str("The query has no value at present, so nothing is judged by it now.")
            }
            Self::AboveTopBucket { most, limit } => write!(
                f,
                "This can never fire: the histogram's highest bucket ends at {}, and the limit is {}. Add a bucket above the limit to the service, or lower the limit.",
                number(*most),
                number(*limit)
            ),
            Self::MissesFirst(function) => write!(
                f,
                "{function}() does not see the first failure of a series that is born with it. Compare the counter with itself one window ago, or create the counter at 0."
            ),
        }
    }
}

/// All reasons why `rule` may never fire.
pub fn never_fires(rule: &Rule, facts: &Facts) -> Vec<NeverFires> {
    let mut found = Vec::new();
    if !facts.absent.is_empty() {
        found.push(NeverFires::Absent(facts.absent.clone()));
    } else if !facts.has_value {
        found.push(NeverFires::NoValue);
    }
    if !facts.silent.is_empty() {
        found.push(NeverFires::Silent(facts.silent.clone()));
    }
    let limit = rule.spec.limit;
    if rule.spec.comparator == Comparator::Above
        && let Some(most) = facts.most.filter(|most| *most <= limit)
    {
        found.push(NeverFires::AboveTopBucket { most, limit });
    }
    // Where one single failure is to be seen.
    if rule.spec.comparator == Comparator::Above
        && limit < 1.0
        && !rule.spec.unit.starts_with('%')
        && let Some(function) =
            ["increase", "rate", "irate"].into_iter().find(|name| calls(&rule.spec.promql, name))
        && quantiles(&rule.spec.promql).is_empty()
    {
        found.push(NeverFires::MissesFirst(function));
    }
    found
}

/// The names of the metrics that a query asks for, without placeholders.
pub fn metrics(query: &str) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    let tokens = tokens(query);
    let mut braces = 0_u32;
    let mut labels = false;
    for (index, token) in tokens.iter().enumerate() {
        match token.text {
            "{" => braces += 1,
            "}" => braces = braces.saturating_sub(1),
            ")" => labels = false,
            "by" | "without" | "on" | "ignoring" | "group_left" | "group_right" => labels = true,
            word if braces == 0 && !labels && is_name(word) => {
                let next = tokens.get(index + 1).map(|token| token.text);
                if !matches!(next, Some("(" | "by" | "without"))
                    && !KEYWORDS.contains(&word)
                    && !is_modifier(&tokens, index)
                {
                    names.insert(word.to_owned());
                }
            }
            _ => {}
        }
    }
    names
}

/// After `bool`, `offset`, `@` and inside of brackets there are durations, which are no names.
fn is_modifier(tokens: &[Token<'_>], index: usize) -> bool {
    let open = tokens[..index].iter().rposition(|token| token.text == "[");
    let close = tokens[..index].iter().rposition(|token| token.text == "]");
    open.is_some() && open > close
}

const KEYWORDS: [&str; 17] = [
    "and",
    "or",
    "unless",
    "bool",
    "offset",
    "by",
    "without",
    "on",
    "ignoring",
    "group_left",
    "group_right",
    "start",
    "end",
    "inf",
    "nan",
    "Inf",
    "NaN",
];

/// The texts of all calls of `histogram_quantile`, each with its brackets.
pub fn quantiles(query: &str) -> Vec<String> {
    call_texts(query, "histogram_quantile")
}

/// A selector with label matchers: `x{a="b"}`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Selector {
    /// The metric; none where the matchers alone choose it.
    pub metric: Option<String>,
    /// The whole of it.
    pub text: String,
}

/// The selectors with label matchers in a query without placeholders, each once.
pub fn selectors(query: &str) -> Vec<Selector> {
    let tokens = tokens(query);
    let mut found: Vec<Selector> = Vec::new();
    for (index, open) in tokens.iter().enumerate().filter(|(_, token)| token.text == "{") {
        let Some(close) = tokens[index..].iter().find(|token| token.text == "}") else { continue };
        if query[open.at + 1..close.at].trim().is_empty() {
            continue;
        }
        let before = index.checked_sub(1).and_then(|before| tokens.get(before));
        let metric = before.filter(|token| is_name(token.text) && !KEYWORDS.contains(&token.text));
        let at = metric.map_or(open.at, |token| token.at);
        let text = query[at..=close.at].to_owned();
        if found.iter().all(|known| known.text != text) {
            found.push(Selector { metric: metric.map(|token| token.text.to_owned()), text });
        }
    }
    found
}

/// The selectors of bucket series in a query: `x_bucket{…}`.
pub fn bucket_selectors(query: &str) -> Vec<String> {
    let tokens = tokens(query);
    let mut found = Vec::new();
    for (index, token) in tokens.iter().enumerate() {
        if !(is_name(token.text) && token.text.ends_with("_bucket")) {
            continue;
        }
        let end = match tokens.get(index + 1) {
            Some(open) if open.text == "{" => {
                tokens[index..].iter().find(|token| token.text == "}").map(|close| close.at + 1)
            }
            _ => None,
        };
        let end = end.unwrap_or(token.at + token.text.len());
        found.push(query[token.at..end].to_owned());
    }
    found
}

fn calls(query: &str, name: &str) -> bool {
    !call_texts(query, name).is_empty()
}

fn call_texts(query: &str, name: &str) -> Vec<String> {
    let tokens = tokens(query);
    let mut found = Vec::new();
    for (index, token) in tokens.iter().enumerate() {
        if token.text != name || tokens.get(index + 1).map(|token| token.text) != Some("(") {
            continue;
        }
        let mut depth = 0_u32;
        for close in &tokens[index + 1..] {
            match close.text {
                "(" => depth += 1,
                ")" => depth -= 1,
                _ => {}
            }
            if depth == 0 {
                found.push(query[token.at..=close.at].to_owned());
                break;
            }
        }
    }
    found
}

fn is_name(word: &str) -> bool {
    word.starts_with(|c: char| c.is_ascii_alphabetic() || matches!(c, '_' | ':'))
}

/// A piece of a query: a word, or one sign. Strings and comments are none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Token<'q> {
    /// Where it begins, in bytes.
    pub(super) at: usize,
    /// Its text.
    pub(super) text: &'q str,
}

/// The pieces of a query, without strings, comments and white space.
pub(super) fn tokens(query: &str) -> Vec<Token<'_>> {
    let mut found = Vec::new();
    let mut rest = query.char_indices().peekable();
    while let Some((at, c)) = rest.next() {
        match c {
            '"' | '\'' | '`' => {
                let mut escaped = false;
                for (_, next) in rest.by_ref() {
                    if escaped {
                        escaped = false;
                    } else if next == '\\' && c != '`' {
                        escaped = true;
                    } else if next == c {
                        break;
                    }
                }
            }
            '#' => {
                for (_, next) in rest.by_ref() {
                    if next == '\n' {
                        break;
                    }
                }
            }
            c if c.is_whitespace() => {}
            c if c.is_ascii_alphanumeric() || matches!(c, '_' | ':' | '.') => {
                let mut end = at + c.len_utf8();
                while let Some((next_at, next)) = rest.peek().copied() {
                    if !(next.is_ascii_alphanumeric() || matches!(next, '_' | ':' | '.')) {
                        break;
                    }
                    end = next_at + next.len_utf8();
                    rest.next();
                }
                found.push(Token { at, text: &query[at..end] });
            }
            c => found.push(Token { at, text: &query[at..at + c.len_utf8()] }),
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::super::rule::tests::rule;
    use super::*;

    fn names(query: &str) -> Vec<String> {
        metrics(query).into_iter().collect()
    }

    #[test]
    fn the_metrics_of_a_query_are_found_and_nothing_else() {
        let table: [(&str, &[&str]); 7] = [
            ("sum(up)", &["up"]),
            (
                "sum by (le, pod) (rate(a_bucket{x=\"y\"}[5m])) / on(pod) group_left(node) b",
                &["a_bucket", "b"],
            ),
            ("100 * a:b{c=\"}\"} offset 5m # d\n or vector(0)", &["a:b"]),
            ("a and on() count(last_over_time(b[60s] offset 60s))", &["a", "b"]),
            ("increase(x[5m:1m]) > bool 3", &["x"]),
            ("label_replace(a, \"b\", \"$1\", \"c\", \"(.*)\")", &["a"]),
            ("1 + 2", &[]),
        ];
        for (query, expected) in table {
            assert_eq!(names(query), expected, "{query}");
        }
    }

    #[test]
    fn selectors_with_matchers_are_found_whole_and_each_once() {
        let table: [(&str, &[(&str, &str)]); 7] = [
            ("sum(up)", &[]),
            ("sum(up{}) + up{ }", &[]),
            (
                "sum by (a) (x{a=\"}\", b=~\"5..\"}) / x{a=\"}\", b=~\"5..\"}",
                &[("x", "x{a=\"}\", b=~\"5..\"}")],
            ),
            ("rate(a:b { c=\"d\" }[5m] offset 1m) or vector(0)", &[("a:b", "a:b { c=\"d\" }")]),
            ("a{b=\"1\"} - a{b=\"2\"}", &[("a", "a{b=\"1\"}"), ("a", "a{b=\"2\"}")]),
            ("up and {job=\"a\"}", &[("", "{job=\"a\"}")]),
            ("x{a=\"b\"", &[]),
        ];
        for (query, expected) in table {
            let found = selectors(query);
            let found: Vec<_> = found
                .iter()
                .map(|one| (one.metric.as_deref().unwrap_or_default(), one.text.as_str()))
                .collect();
            assert_eq!(found, expected, "{query}");
        }
    }

    #[test]
    fn quantiles_and_their_buckets_are_found_whole() {
        let query = "1000 * histogram_quantile(0.99, sum by (le) (rate(d_bucket{ a=\"(\" }[60s]))) + 1";
        assert_eq!(
            quantiles(query),
            ["histogram_quantile(0.99, sum by (le) (rate(d_bucket{ a=\"(\" }[60s])))"]
        );
        assert_eq!(bucket_selectors(query), ["d_bucket{ a=\"(\" }"]);
        assert_eq!(bucket_selectors("rate(d_bucket[1m])"), ["d_bucket"]);
    }

    #[test]
    fn each_reason_why_a_rule_never_fires_is_named() {
        let fine = Facts { has_value: true, ..Facts::default() };
        assert_eq!(never_fires(&rule(), &fine), []);
        let absent = Facts { absent: vec!["x".into()], ..Facts::default() };
        assert_eq!(never_fires(&rule(), &absent), [NeverFires::Absent(vec!["x".into()])]);
        assert_eq!(never_fires(&rule(), &Facts::default()), [NeverFires::NoValue]);
        let silent = Facts { silent: vec!["x{a=\"b\"}".into()], ..fine.clone() };
        let found = never_fires(&rule(), &silent);
        assert_eq!(found, [NeverFires::Silent(vec!["x{a=\"b\"}".into()])]);
        let words = found[0].to_string();
        assert!(
            words.starts_with("No series of x{a=\"b\"} in the last hour. If none has failed yet"),
            "{words}"
        );
        for (most, never) in [(9.0, true), (10.0, true), (10.5, false)] {
            let facts = Facts { most: Some(most), ..fine.clone() };
            assert_eq!(!never_fires(&rule(), &facts).is_empty(), never, "{most}");
        }
        let mut first = rule();
        first.spec.limit = 0.0;
        first.spec.promql = "sum(increase(failures_total[5m]))".into();
        assert_eq!(never_fires(&first, &fine), [NeverFires::MissesFirst("increase")]);
        first.spec.promql = "sum(failures_total) - sum(failures_total offset 5m)".into();
        assert_eq!(never_fires(&first, &fine), []);
        first.spec.promql = "sum(rate(failures_total[5m]))".into();
        first.spec.limit = 10.0;
        assert_eq!(never_fires(&first, &fine), []);
    }

    #[test]
    fn the_thresholds_that_ship_see_a_first_failure() {
        for preset in crate::preset::builtin().unwrap_or_default() {
            for spec in preset.thresholds {
                let facts = Facts { has_value: true, ..Facts::default() };
                assert_eq!(never_fires(&Rule::from(spec.clone()), &facts), [], "{}", spec.key);
            }
        }
    }
}
