//! Reading the logs of pods, within bounds of time and size. What a line means is not known here.

use std::collections::VecDeque;
use std::time::Duration;

use axum::http::Request;
use gantry_domain::evidence::logs::Extent;
use gantry_domain::text::inert_line;
use http_body_util::BodyExt as _;
use kube::client::Body;
use tokio::time::{Instant, timeout_at};

use super::{Asked, Cluster, ClusterError, answer};

/// How long one log may take.
const WITHIN: Duration = Duration::from_secs(4);
/// So many times the bytes that are kept are read at most.
const READ_AT_MOST: usize = 16;
/// The longest answer that says no.
const REFUSAL: usize = 64 * 1024;

/// Which part of a log.
#[derive(Debug, Clone, Copy)]
pub struct Span {
    /// So many seconds back.
    pub seconds: u32,
    /// At most so many lines, the newest.
    pub lines: u32,
    /// At most so many bytes, the newest.
    pub bytes: usize,
}

/// A log as far as it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PodLog {
    /// Whole lines, each beginning with its time.
    pub text: String,
    /// Whether lines are missing before or after them.
    pub extent: Extent,
}

/// How reading came to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ended {
    /// The log has no more lines.
    Well,
    /// There were more bytes than are read.
    TooMuch,
    /// The rest did not come, or not in time.
    BrokenOff,
}

impl Cluster {
    /// The newest lines of a container's log.
    pub async fn pod_log(
        &self,
        namespace: &str,
        pod: &str,
        container: &str,
        span: Span,
    ) -> Result<PodLog, ClusterError> {
        for part in [namespace, pod, container] {
            if !super::secret::is_name(part) {
                return Err(ClusterError::BadName(inert_line(part, 80)));
            }
        }
        let seconds = span.seconds;
        // Without a limit of bytes: the kubelet counts them from where the last lines begin, and what is beyond them is
        // the newest of all.
        let path = format!(
            "/api/v1/namespaces/{namespace}/pods/{pod}/log?container={container}&timestamps=true\
             &sinceSeconds={seconds}"
        );
        let asked = Asked::on("get", "", "pods/log").at(namespace);
        let seat = self.gate.enter(self.lane).await?;
        let answer = self.newest(&path, asked, span, Instant::now() + WITHIN).await;
        match &answer {
            Ok(log) if log.extent.broken => seat.learn(&Err::<(), _>(broke_off())),
            Ok(_) | Err(_) => seat.learn(&answer),
        }
        answer
    }

    async fn newest(
        &self,
        path: &str,
        asked: Asked,
        span: Span,
        until: Instant,
    ) -> Result<PodLog, ClusterError> {
        let (first, ended) = self.last_lines(path, asked.clone(), span, until).await?;
        if ended != Ended::TooMuch {
            return Ok(first);
        }
        // The lines are long, and the newest are still to come: as many as are kept are asked for again.
        let lines = u32::try_from(first.text.lines().count()).unwrap_or(span.lines).max(1);
        let mut log = match self.last_lines(path, asked, Span { lines, ..span }, until).await {
            Ok((again, _)) => again,
            Err(_) => first,
        };
        log.extent.cut = true;
        Ok(log)
    }

    async fn last_lines(
        &self,
        path: &str,
        asked: Asked,
        span: Span,
        until: Instant,
    ) -> Result<(PodLog, Ended), ClusterError> {
        let request = Request::get(format!("{path}&tailLines={}", span.lines))
            .body(Body::empty())
            .map_err(|error| ClusterError::Config(error.to_string()))?;
        let Ok(response) = timeout_at(until, self.client.send(request)).await else {
            return Err(ClusterError::Unreachable(format!("no answer within {} s", WITHIN.as_secs())));
        };
        let response = response.map_err(|error| ClusterError::from_kube(&error))?;
        let status = response.status().as_u16();
        if status != 200 {
            // A refusal that does not come to its end is one all the same.
            let body = timeout_at(until, answer::collect(response.into_body(), REFUSAL)).await;
            let body = body.ok().and_then(Result::ok).unwrap_or_default();
            return Err(answer::refusal(status, &body, asked));
        }
        let mut newest = Newest::of(span.bytes);
        let ended = newest.read(response.into_body(), until).await;
        let log = newest.log(span.lines, ended);
        if log.extent.broken && log.text.is_empty() { Err(broke_off()) } else { Ok((log, ended)) }
    }
}

fn broke_off() -> ClusterError {
    ClusterError::Unreachable("its log broke off".into())
}

/// The last bytes of what goes through.
struct Newest {
    kept: VecDeque<u8>,
    most: usize,
    /// The last byte that was dropped; none where all is kept.
    dropped: Option<u8>,
}

impl Newest {
    fn of(most: usize) -> Self {
        Self { kept: VecDeque::new(), most, dropped: None }
    }

    fn push(&mut self, data: &[u8]) {
        self.kept.extend(data);
        let over = self.kept.len().saturating_sub(self.most);
        self.dropped = self.kept.drain(..over).next_back().or(self.dropped);
    }

    async fn read(&mut self, mut body: Body, until: Instant) -> Ended {
        let mut left = self.most.saturating_mul(READ_AT_MOST);
        loop {
            match timeout_at(until, body.frame()).await {
                Ok(None) => return Ended::Well,
                Ok(Some(Err(_))) | Err(_) => return Ended::BrokenOff,
                Ok(Some(Ok(frame))) => {
                    let Ok(data) = frame.into_data() else { continue };
                    self.push(&data);
                    let Some(rest) = left.checked_sub(data.len()) else { return Ended::TooMuch };
                    left = rest;
                }
            }
        }
    }

    /// The whole lines of it. Of a line that is not whole nothing is kept: half a secret would not be known for one.
    fn log(self, lines: u32, ended: Ended) -> PodLog {
        let mut bytes = Vec::from(self.kept);
        let broken = ended != Ended::Well;
        if broken {
            let end = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
            bytes.truncate(end);
        }
        // What is kept begins within a line.
        if self.dropped.is_some_and(|byte| byte != b'\n') {
            let begin = bytes.iter().position(|byte| *byte == b'\n').map_or(bytes.len(), |at| at + 1);
            bytes.drain(..begin);
        }
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let full = u32::try_from(text.lines().count()).is_ok_and(|count| count >= lines);
        PodLog { text, extent: Extent { cut: self.dropped.is_some(), full, broken } }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_bytes_are_kept_as_whole_lines() {
        let all = Extent::default();
        let (cut, broken) = (Extent { cut: true, ..all }, Extent { broken: true, ..all });
        let both = Extent { cut: true, ..broken };
        let table: [(&[&str], Ended, &str, Extent); 12] = [
            (&[], Ended::Well, "", all),
            (&["one\ntwo\n"], Ended::Well, "one\ntwo\n", all),
            (&["one\n", "t", "wo"], Ended::Well, "one\ntwo", all),
            // Twelve bytes fit.
            (&["one\ntwo\nsix\n"], Ended::Well, "one\ntwo\nsix\n", Extent { full: true, ..all }),
            (&["one\ntwo\nsix\nten\n"], Ended::Well, "two\nsix\nten\n", Extent { full: true, ..cut }),
            (&["one\ntwo\nsix\n", "eleven\n"], Ended::Well, "six\neleven\n", cut),
            (&["one\n", "two\n", "six\n", "eleven"], Ended::Well, "six\neleven", cut),
            // The only line is longer than everything that is kept.
            (&["a line that is too long\n"], Ended::Well, "", cut),
            (&["one\ntwo"], Ended::BrokenOff, "one\n", broken),
            (&["one"], Ended::BrokenOff, "", broken),
            (&["one\ntwo\nsix\n", "eleven"], Ended::TooMuch, "six\n", both),
            (&["one\ntwo\nsix\n", "a line that is too long"], Ended::TooMuch, "", both),
        ];
        for (pieces, ended, text, extent) in table {
            let mut newest = Newest::of(12);
            for piece in pieces {
                newest.push(piece.as_bytes());
                assert!(newest.kept.len() <= 12, "{pieces:?}");
            }
            let log = newest.log(3, ended);
            assert_eq!((log.text.as_str(), log.extent), (text, extent), "{pieces:?}");
        }
    }

    #[test]
    fn half_a_character_at_the_beginning_does_not_reach_the_lines() {
        let mut newest = Newest::of(7);
        newest.push("äöü\näö\n".as_bytes());
        assert_eq!(newest.log(9, Ended::Well).text, "äö\n");
    }
}
