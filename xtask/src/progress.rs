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
        while wait.recv_timeout(HEARTBEAT) == Err(RecvTimeoutError::Timeout) {
            beats = true;
            let compiled = heard.lock().unwrap_or_else(PoisonError::into_inner).compiled;
            let detail = if compiled == 0 { String::new() } else { format!(", {compiled} crates so far") };
            say(&format!("{step} … {}{detail}", elapsed(start)));
        }
        if beats {
            say(&format!("{step}: done in {}", elapsed(start)));
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
