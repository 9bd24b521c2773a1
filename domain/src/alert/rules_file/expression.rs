//! The texts within a rule: an expression taken apart and put together, lengths of time as Prometheus writes them.

use crate::alert::analysis::tokens;
use crate::preset::{Comparator, ThresholdSpec};

/// A condition as it was read from an expression.
pub(super) struct Condition {
    pub(super) promql: String,
    pub(super) comparator: Comparator,
    pub(super) limit: f64,
}

impl Condition {
    /// Whether a threshold says the same.
    pub(super) fn is(&self, spec: &ThresholdSpec) -> bool {
        self.promql == spec.promql
            && self.comparator == spec.comparator
            && self.limit.to_bits() == spec.limit.to_bits()
    }
}

/// An alert fires for each series beyond its limit: the worst of them is the value. An expression of another form fires
/// when it has any series at all, and a number alone always: to Prometheus it is a series then.
pub(super) fn condition(expr: &str) -> Option<Condition> {
    if expr.trim().is_empty() {
        return None;
    }
    Some(match split(expr) {
        Some((query, comparator, limit)) => {
            let worst = match comparator {
                Comparator::Above => "max",
                Comparator::Below => "min",
            };
            Condition { promql: format!("{worst}(\n{}\n)", unwrapped(query)), comparator, limit }
        }
        None => {
            let expr = expr.trim();
            let number = !expr.starts_with(char::is_alphabetic) && expr.parse::<f64>().is_ok();
            let series = if number { format!("vector({expr})") } else { expr.to_owned() };
            Condition {
                promql: format!("count(\n{series}\n) or vector(0)"),
                comparator: Comparator::Above,
                limit: 0.0,
            }
        }
    })
}

/// Query, comparator and limit of an expression `query > limit`.
pub(super) fn split(expr: &str) -> Option<(&str, Comparator, f64)> {
    let mut depth = 0_i32;
    let mut comparison = None;
    let all = tokens(expr);
    for (index, token) in all.iter().enumerate() {
        match token.text {
            "(" | "[" | "{" => depth += 1,
            ")" | "]" | "}" => depth -= 1,
            "and" | "or" | "unless" if depth == 0 => return None,
            ">" | "<" | "=" | "!" if depth == 0 => {
                if comparison.is_some() {
                    return None;
                }
                comparison = Some(index);
            }
            _ => {}
        }
    }
    let at = comparison?;
    let comparator = match all[at].text {
        ">" => Comparator::Above,
        "<" => Comparator::Below,
        _ => return None,
    };
    let (sign, number) = match &all[at + 1..] {
        [number] => (1.0, number.text),
        [minus, number] if minus.text == "-" => (-1.0, number.text),
        _ => return None,
    };
    let number = number
        .starts_with(|c: char| c.is_ascii_digit() || c == '.')
        .then(|| number.parse::<f64>().ok())??;
    // A comment behind the limit is no part of either.
    let rest = expr[all.last()?.at..].trim();
    if rest.contains(char::is_whitespace) {
        return None;
    }
    Some((expr[..all[at].at].trim(), comparator, sign * number))
}

/// The query without brackets around the whole of it.
pub(super) fn unwrapped(query: &str) -> &str {
    let query = query.trim();
    let all = tokens(query);
    let mut depth = 0_i32;
    for (index, token) in all.iter().enumerate() {
        match token.text {
            "(" => depth += 1,
            ")" => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            let whole =
                index + 1 == all.len() && index > 0 && token.at + 1 == query.len() && query.starts_with('(');
            return if whole { query[1..token.at].trim() } else { query };
        }
    }
    query
}

/// The expression of a threshold: the brackets stand on lines of their own, behind any comment.
pub(super) fn expression(query: &str, spec: &ThresholdSpec) -> String {
    format!("(\n{}\n) {} {}", query.trim(), spec.comparator.sign(), spec.limit)
}

/// A length of time as Prometheus writes it, in seconds: `1h30m`, `90s`.
pub(super) fn seconds(text: &str) -> Option<u32> {
    let text = text.trim();
    if text == "0" {
        return Some(0);
    }
    let mut total = 0.0;
    let mut rest = text;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit())?;
        let number: f64 = rest[..digits].parse().ok()?;
        rest = &rest[digits..];
        let unit = rest.find(|c: char| c.is_ascii_digit()).unwrap_or(rest.len());
        total += number
            * match &rest[..unit] {
                "ms" => 0.001,
                "s" => 1.0,
                "m" => 60.0,
                "h" => 3600.0,
                "d" => 86_400.0,
                "w" => 604_800.0,
                "y" => 31_536_000.0,
                _ => return None,
            };
        rest = &rest[unit..];
    }
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "checked to be a small count of seconds"
    )]
    (total.fract() == 0.0 && (0.0..4e9).contains(&total)).then_some(total as u32)
}

pub(super) fn for_text(seconds: u32) -> Option<String> {
    (seconds > 0).then(|| format!("{seconds}s"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_expression_is_split_into_query_comparator_and_limit_where_it_has_that_form() {
        let table = [
            ("up < 1", Some(("up", Comparator::Below, 1.0))),
            ("(a > 3) > -2.5", Some(("(a > 3)", Comparator::Above, -2.5))),
            ("sum(rate(x{a=\">\"}[5m]))>0", Some(("sum(rate(x{a=\">\"}[5m]))", Comparator::Above, 0.0))),
            ("a >= 3", None),
            ("a == 3", None),
            ("a > b", None),
            ("a > 3 and b > 4", None),
            ("a > bool 3", None),
            ("absent(up)", None),
        ];
        for (expr, expected) in table {
            assert_eq!(split(expr), expected, "{expr}");
        }
        assert_eq!(unwrapped("( (a) + (b) )"), "(a) + (b)");
        assert_eq!(unwrapped("(a) + (b)"), "(a) + (b)");
    }

    #[test]
    fn lengths_of_time_are_read_as_prometheus_writes_them() {
        for (text, expected) in [
            ("5m", Some(300)),
            ("1h30m", Some(5400)),
            ("0s", Some(0)),
            ("0", Some(0)),
            ("1500ms", None),
            ("5", None),
            ("x", None),
        ] {
            assert_eq!(seconds(text), expected, "{text}");
        }
    }
}
