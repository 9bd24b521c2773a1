//! Says what is going on during long steps, and shows a program's own words only when it fails.

use std::{
    collections::VecDeque,
    io::{BufRead as _, BufReader, Read},
    process::{Command, Stdio},
    sync::{
        Mutex, PoisonError,
        mpsc::{self, RecvTimeoutError},
    },
    thread,
    time::{Duration, Instant},
};

use crate::fail::Fail;

/// Time between two signs of life.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// How much of a failed program's output is shown.
const KEPT_LINES: usize = 120;

/// Prints one line about a step.
pub(crate) fn say(text: &str) {
    eprintln!("▸ {text}");
}

/// `1:05` or `4.2 s`.
pub(crate) fn elapsed(since: Instant) -> String {
    let time = since.elapsed();
    if time < Duration::from_mins(1) {
        format!("{:.1} s", time.as_secs_f64())
    } else {
        format!("{}:{:02} min", time.as_secs() / 60, time.as_secs() % 60)
    }
}

/// What a running program said so far.
#[derive(Default)]
struct Heard {
    last: VecDeque<String>,
    compiled: usize,
}

/// Runs a program to its end. Quiet when it takes less than a heartbeat; afterwards says how far it is.
pub(crate) fn run(step: &str, command: &mut Command) -> Result<(), Fail> {
    watched(step, command, HEARTBEAT, say)
}

/// The same with another time between two signs of life, each of which is handed to `tell`.
fn watched(
    step: &str,
    command: &mut Command,
    heartbeat: Duration,
    mut tell: impl FnMut(&str),
) -> Result<(), Fail> {
    let start = Instant::now();
    let program = command.get_program().to_string_lossy().into_owned();
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|source| Fail::Start { program: program.clone(), source })?;
    let heard = Mutex::new(Heard::default());
    let (done, wait) = mpsc::channel::<()>();
    let streams: [Option<Box<dyn Read + Send>>; 2] = [
        child.stdout.take().map(|out| Box::new(out) as _),
        child.stderr.take().map(|err| Box::new(err) as _),
    ];
    thread::scope(|scope| {
        for stream in streams.into_iter().flatten() {
            let (heard, done) = (&heard, done.clone());
            scope.spawn(move || {
                listen(stream, heard);
                drop(done);
            });
        }
        drop(done);
        let mut beats = false;
        while wait.recv_timeout(heartbeat) == Err(RecvTimeoutError::Timeout) {
            beats = true;
            let compiled = heard.lock().unwrap_or_else(PoisonError::into_inner).compiled;
            let detail = if compiled == 0 { String::new() } else { format!(", {compiled} crates so far") };
            tell(&format!("{step} … {}{detail}", elapsed(start)));
        }
        if beats {
            tell(&format!("{step}: done in {}", elapsed(start)));
        }
    });
    let status = child.wait().map_err(|source| Fail::Start { program, source })?;
    if status.success() {
        return Ok(());
    }
    let heard = heard.into_inner().unwrap_or_else(PoisonError::into_inner);
    let lines: Vec<String> = heard.last.into();
    Err(Fail::Step { step: step.to_owned(), status: status.to_string(), lines: lines.join("\n") })
}

fn listen(stream: Box<dyn Read + Send>, heard: &Mutex<Heard>) {
    for line in BufReader::new(stream).lines().map_while(Result::ok) {
        let mut heard = heard.lock().unwrap_or_else(PoisonError::into_inner);
        let line_start = line.trim_start();
        if line_start.starts_with("Compiling ") || line_start.starts_with("Checking ") {
            heard.compiled += 1;
        }
        if heard.last.len() == KEPT_LINES {
            heard.last.pop_front();
        }
        heard.last.push_back(line);
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test ends at the first surprise")]

    use std::fs;

    use super::*;

    /// Longer than any of these programs runs.
    const NEVER: Duration = Duration::from_hours(1);

    fn sh(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        command
    }

    #[test]
    fn a_program_that_takes_long_says_how_long_it_runs_how_much_it_compiled_and_when_it_is_done() {
        let dir = tempfile::tempdir().unwrap();
        let heard = dir.path().join("heard");
        // Ends as soon as it was told of, and some time after that if it never is.
        let mut command = sh("echo '   Compiling one v1.0.0'; echo '    Checking two v1.0.0' >&2; n=0; \
             while [ ! -e \"$0\" ] && [ $n -lt 2000 ]; do n=$((n + 1)); sleep 0.01; done");
        command.arg(&heard);
        let mut said = Vec::new();
        let ended = watched("The page", &mut command, Duration::from_millis(5), |text| {
            if text.ends_with(" s, 2 crates so far") {
                fs::write(&heard, "").unwrap();
            }
            said.push(text.to_owned());
        });
        assert!(ended.is_ok(), "{ended:?}");
        assert!(heard.exists() && said.iter().any(|text| text.starts_with("The page … ")), "{said:?}");
        assert!(said.last().unwrap().starts_with("The page: done in "), "{said:?}");
    }

    #[test]
    fn a_program_that_is_quick_says_nothing() {
        let mut said = Vec::new();
        let ended = watched("The page", &mut sh("echo done"), NEVER, |text| said.push(text.to_owned()));
        assert!(ended.is_ok() && said.is_empty(), "{ended:?} {said:?}");
    }

    #[test]
    fn a_program_that_fails_shows_its_last_words_and_how_it_ended() {
        let failed = |script: &str| {
            let failed = watched("The page", &mut sh(script), NEVER, |text| unreachable!("{text}"));
            failed.unwrap_err().to_string()
        };
        let said = failed("echo 'one is missing'; echo 'two is wrong' >&2; exit 3");
        assert!(said.contains("one is missing") && said.contains("two is wrong"), "{said}");
        assert!(said.contains("The page failed (exit status: 3)"), "{said}");
        let said = failed("seq 1 200; exit 1");
        assert_eq!(said.lines().next(), Some("81"), "{said}");
        assert!(said.lines().any(|line| line == "200"), "{said}");
    }

    #[test]
    fn a_program_that_is_not_there_is_named() {
        let failed = run("The page", &mut Command::new("no-such-program-anywhere")).unwrap_err();
        assert!(failed.to_string().contains("no-such-program-anywhere"), "{failed}");
    }
}
