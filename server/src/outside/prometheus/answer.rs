//! Reading what Prometheus answers: the shapes of its API, and its words, which are made inert.

use chrono::{DateTime, Utc};
use gantry_domain::text::inert_line;
use serde::Deserialize;

use super::{Answer, PrometheusError, Series};

/// The most characters that are taken of an error or a warning.
const LONGEST: usize = 300;

#[derive(Deserialize)]
struct Body {
    status: String,
    #[serde(default)]
    data: Option<Data>,
    #[serde(default)]
    error: String,
    #[serde(default)]
    warnings: Vec<String>,
}

#[derive(Deserialize)]
#[serde(tag = "resultType", content = "result", rename_all = "lowercase")]
enum Data {
    Vector(Vec<Sampled>),
    Matrix(Vec<Ranged>),
    Scalar(Point),
    String(serde::de::IgnoredAny),
}

/// Seconds, and the value as text.
type Point = (f64, String);

#[derive(Deserialize)]
struct Sampled {
    #[serde(default)]
    metric: std::collections::BTreeMap<String, String>,
    value: Point,
}

#[derive(Deserialize)]
struct Ranged {
    #[serde(default)]
    metric: std::collections::BTreeMap<String, String>,
    values: Vec<Point>,
}

/// The answer with this status and body.
pub(super) fn read(status: u16, body: &[u8]) -> Result<Answer, PrometheusError> {
    let parsed = serde_json::from_slice::<Body>(body);
    if status != 200 {
        let text = parsed.map_or_else(|_| String::from_utf8_lossy(body).into_owned(), |body| body.error);
        let message = inert_line(text.lines().next().unwrap_or_default(), LONGEST);
        return Err(match status {
            400 | 422 => PrometheusError::BadQuery(message),
            status => PrometheusError::Refused { status, message },
        });
    }
    let unreadable = |text: &str| PrometheusError::Unreadable(inert_line(text, LONGEST));
    let body = parsed.map_err(|error| unreadable(&error.to_string()))?;
    if body.status != "success" {
        return Err(unreadable(&body.error));
    }
    let series = match body.data {
        None => Vec::new(),
        Some(Data::Vector(samples)) => samples
            .into_iter()
            .map(|s| Ok(Series { labels: s.metric.into_iter().collect(), points: vec![point(&s.value)?] }))
            .collect::<Result<_, _>>()?,
        Some(Data::Matrix(ranges)) => ranges
            .into_iter()
            .map(|r| {
                let points = r.values.iter().map(point).collect::<Result<_, _>>()?;
                Ok(Series { labels: r.metric.into_iter().collect(), points })
            })
            .collect::<Result<_, _>>()?,
        Some(Data::Scalar(value)) => vec![Series { labels: Vec::new(), points: vec![point(&value)?] }],
        Some(Data::String(serde::de::IgnoredAny)) => {
            return Err(PrometheusError::BadQuery("the query gives a text".into()));
        }
    };
    let warnings = body.warnings.iter().map(|one| inert_line(one, LONGEST)).collect();
    Ok(Answer { series, warnings, from_backup: false })
}

fn point((seconds, value): &Point) -> Result<(DateTime<Utc>, f64), PrometheusError> {
    let unreadable = || PrometheusError::Unreadable(format!("the value {value:?} at {seconds}"));
    // Rust reads "NaN", "+Inf" and "-Inf" as Prometheus writes them.
    let number = value.parse::<f64>().map_err(|_| unreadable())?;
    #[expect(clippy::cast_possible_truncation, reason = "milliseconds since 1970 are far within the range")]
    let at = DateTime::from_timestamp_millis((seconds * 1000.0) as i64).ok_or_else(unreadable)?;
    Ok((at, number))
}

#[cfg(test)]
mod tests {
    use gantry_domain::judge::Problem;

    use super::*;

    fn vector(value: &str) -> Vec<u8> {
        let text = r#"{"status":"success","data":{"resultType":"vector","result":[{"metric":{},"value":[1.5,"V"]}]}}"#;
        text.replace('V', value).into_bytes()
    }

    #[test]
    fn values_are_read_as_prometheus_writes_them() {
        let number = |value: &str| read(200, &vector(value)).ok().and_then(|a| a.number().ok());
        assert_eq!(number("12.5"), Some(12.5));
        assert!(number("NaN").is_some_and(f64::is_nan));
        assert_eq!((number("+Inf"), number("-Inf")), (Some(f64::INFINITY), Some(f64::NEG_INFINITY)));
        assert!(matches!(read(200, &vector("many")), Err(PrometheusError::Unreadable(_))));
    }

    #[test]
    fn nothing_and_many_are_not_a_number() {
        let empty = br#"{"status":"success","data":{"resultType":"vector","result":[]}}"#;
        assert_eq!(read(200, empty).map(|a| a.number()), Ok(Err(Problem::NoData)));
        let two = br#"{"status":"success","warnings":["partial"],"data":{"resultType":"vector","result":[
            {"metric":{"a":"1"},"value":[1,"1"]},{"metric":{"a":"2"},"value":[1,"2"]}]}}"#;
        let answer = read(200, two);
        assert_eq!(answer.as_ref().map(Answer::number), Ok(Err(Problem::ManyValues(2))));
        assert_eq!(answer.map(|a| a.warnings), Ok(vec!["partial".to_owned()]));
    }

    #[test]
    fn errors_keep_what_prometheus_said() {
        let said = br#"{"status":"error","errorType":"bad_data","error":"parse error: x"}"#;
        for status in [400, 422] {
            assert_eq!(read(status, said), Err(PrometheusError::BadQuery("parse error: x".into())));
        }
        assert!(matches!(read(503, b"overloaded"), Err(PrometheusError::Refused { status: 503, .. })));
        assert!(matches!(read(200, b"<html>"), Err(PrometheusError::Unreadable(_))));
    }

    #[test]
    fn what_prometheus_says_is_inert() {
        let red = "\\u001b[31mred\\u001b[0m \\u202edrawkcab";
        let error = format!(r#"{{"status":"error","error":"{red}"}}"#);
        assert_eq!(read(422, error.as_bytes()), Err(PrometheusError::BadQuery("red drawkcab".into())));
        assert_eq!(read(200, error.as_bytes()), Err(PrometheusError::Unreadable("red drawkcab".into())));
        let raw = "\u{1b}[31mred\u{202e}".as_bytes();
        let refused = PrometheusError::Refused { status: 502, message: "red".into() };
        assert_eq!(read(502, raw), Err(refused));
        let warned = format!(
            r#"{{"status":"success","warnings":["{red}"],"data":{{"resultType":"vector","result":[]}}}}"#
        );
        assert_eq!(read(200, warned.as_bytes()).map(|a| a.warnings), Ok(vec!["red drawkcab".to_owned()]));
    }
}
