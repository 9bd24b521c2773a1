//! Many requests to one page of one server on 127.0.0.1, for a bounded time: `wrk` where it is installed, else our own
//! client. Both sides of a comparison get the same.

use std::{
    net::SocketAddr,
    process::Stdio,
    time::{Duration, Instant},
};

use tokio::{process::Command, task::JoinSet, time::timeout};

use crate::{client::Browser, fail::Fail};

/// Connections that ask at the same time.
pub(crate) const CONNECTIONS: usize = 8;

/// How much longer than it was told `wrk` may take.
const LATE: Duration = Duration::from_secs(20);

/// What asks.
pub(crate) fn generator() -> &'static str {
    if gantry_local::find_program("wrk").is_some() { "wrk with one thread" } else { "our own client" }
}

/// Answers per second, all of them 200.
pub(crate) async fn rate(
    browser: &Browser,
    address: SocketAddr,
    path: &str,
    time: Duration,
) -> Result<f64, Fail> {
    match gantry_local::find_program("wrk") {
        Some(wrk) => {
            let mut command = Command::new(wrk);
            command.args([
                "-t",
                "1",
                "-c",
                &CONNECTIONS.to_string(),
                "-d",
                &format!("{}s", time.as_secs().max(1)),
            ]);
            command.args([
                "-H",
                &format!("Cookie: {}", browser.cookie()),
                &format!("http://{address}{path}"),
            ]);
            command.stdin(Stdio::null()).kill_on_drop(true);
            let ended = timeout(time + LATE, command.output()).await;
            let output = ended.map_err(|_| Fail::said("wrk does not end"))?.map_err(Fail::io("start wrk"))?;
            wrk_rate(&String::from_utf8_lossy(&output.stdout))
        }
        None => own_rate(browser, path, time).await,
    }
}

/// What `wrk` says; any answer that is not 200, and any error, makes it worthless.
fn wrk_rate(said: &str) -> Result<f64, Fail> {
    let after = |name: &str| said.lines().find_map(|line| line.trim().strip_prefix(name));
    let rate = after("Requests/sec:").and_then(|rate| rate.trim().parse().ok());
    match rate {
        Some(rate) if after("Non-2xx").is_none() && after("Socket errors").is_none() => Ok(rate),
        _ => Err(Fail::said(format!("wrk says:\n{said}"))),
    }
}

#[expect(clippy::cast_precision_loss, reason = "a count of requests")]
async fn own_rate(browser: &Browser, path: &str, time: Duration) -> Result<f64, Fail> {
    let start = Instant::now();
    let mut tasks = JoinSet::new();
    for _ in 0..CONNECTIONS {
        let (mut browser, path) = (browser.again(), path.to_owned());
        tasks.spawn(async move {
            let mut answers = 0_usize;
            while start.elapsed() < time {
                browser.page(&path).await?;
                answers += 1;
            }
            Ok::<_, Fail>(answers)
        });
    }
    let mut answers = 0;
    while let Some(one) = tasks.join_next().await {
        answers += one??;
    }
    Ok(answers as f64 / start.elapsed().as_secs_f64())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_with_any_answer_that_is_not_a_page_does_not_count() {
        let good = "Running 5s test\n  812 requests in 5.00s, 40MB read\nRequests/sec:    162.40\n";
        assert!(matches!(wrk_rate(good), Ok(rate) if (rate - 162.4).abs() < 1e-9));
        assert!(
            wrk_rate(&good.replace("Requests/sec", "  Non-2xx or 3xx responses: 3\nRequests/sec")).is_err()
        );
        assert!(wrk_rate("unable to connect").is_err());
    }
}
