//! A supervised child process: its own process group, its output in a file, and an end no later than ours.
//!
//! Works from any async runtime and from none, and knows nothing about what the child does.

use std::{
    ffi::OsString,
    fs::File,
    os::unix::process::{CommandExt as _, ExitStatusExt as _},
    path::{Path, PathBuf},
    process::{Command, ExitStatus, Stdio},
    thread,
    time::Duration,
};

use rustix::process::{Pid, Signal, kill_process};
use tokio::{
    sync::watch,
    time::{Instant, sleep, timeout},
};

use crate::{Error, files, programs, spawner};

/// The signal that asks a child to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stop {
    /// SIGTERM: what most programs understand.
    Term,
    /// SIGINT: Postgres' fast shutdown.
    Int,
}

/// What to start, and how.
#[derive(Debug, Clone)]
pub struct Spec {
    name: String,
    program: PathBuf,
    args: Vec<OsString>,
    envs: Vec<(OsString, OsString)>,
    cleared: Vec<OsString>,
    log: PathBuf,
    directory: Option<PathBuf>,
    user: Option<(u32, u32)>,
    stop: Stop,
}

impl Spec {
    /// A child called `name` in messages, that writes what it prints to `log`.
    pub fn new(name: impl Into<String>, program: impl Into<PathBuf>, log: impl Into<PathBuf>) -> Self {
        Self {
            name: name.into(),
            program: program.into(),
            args: Vec::new(),
            envs: Vec::new(),
            cleared: Vec::new(),
            log: log.into(),
            directory: None,
            user: None,
            stop: Stop::Term,
        }
    }

    /// Adds an argument.
    #[must_use]
    pub fn arg(mut self, arg: impl Into<OsString>) -> Self {
        self.args.push(arg.into());
        self
    }

    /// Adds arguments.
    #[must_use]
    pub fn args<A: Into<OsString>>(mut self, args: impl IntoIterator<Item = A>) -> Self {
        self.args.extend(args.into_iter().map(Into::into));
        self
    }

    /// Sets an environment variable.
    #[must_use]
    pub fn env(mut self, name: impl Into<OsString>, value: impl Into<OsString>) -> Self {
        self.envs.push((name.into(), value.into()));
        self
    }

    /// Keeps an environment variable of ours from the child.
    #[must_use]
    pub fn without_env(mut self, name: impl Into<OsString>) -> Self {
        self.cleared.push(name.into());
        self
    }

    /// The child's working directory; ours if not given.
    #[must_use]
    pub fn directory(mut self, directory: impl Into<PathBuf>) -> Self {
        self.directory = Some(directory.into());
        self
    }

    /// Runs the child as this user and group. Needs root.
    #[must_use]
    pub fn user(mut self, user: Option<(u32, u32)>) -> Self {
        self.user = user;
        self
    }

    /// The signal that ends the child; SIGTERM if not given.
    #[must_use]
    pub fn stop_with(mut self, stop: Stop) -> Self {
        self.stop = stop;
        self
    }

    fn command(&self, log: File) -> std::io::Result<Command> {
        // util-linux' `setpriv` asks the kernel to signal the child when we die, however we die. Elsewhere the child
        // is ended by `stop` and `drop` alone.
        let mut command = match programs::find_program("setpriv") {
            Some(setpriv) if cfg!(target_os = "linux") => {
                let signal = if self.stop == Stop::Int { "INT" } else { "TERM" };
                let mut command = Command::new(setpriv);
                command.args(["--pdeathsig", signal, "--"]).arg(&self.program);
                command
            }
            _ => Command::new(&self.program),
        };
        command.args(&self.args).stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log);
        for name in &self.cleared {
            command.env_remove(name);
        }
        command.envs(self.envs.iter().map(|(name, value)| (name, value)));
        if let Some(directory) = &self.directory {
            command.current_dir(directory);
        }
        if let Some((user, group)) = self.user {
            command.uid(user).gid(group);
        }
        // Its own group: a Ctrl-C at the terminal reaches only us, and we stop the children in order.
        command.process_group(0);
        Ok(command)
    }
}

/// A running (or ended) child. Dropping it asks it to end and does not wait; [`Child::stop`] waits.
#[derive(Debug)]
pub struct Child {
    name: String,
    log: PathBuf,
    pid: Pid,
    stop: Stop,
    ended: watch::Receiver<Option<ExitStatus>>,
}

impl Child {
    /// Starts the child. Its log is appended to, so that the previous run can still be read.
    pub fn spawn(spec: &Spec) -> Result<Self, Error> {
        if let Some(parent) = spec.log.parent() {
            files::create_dir(parent)?;
        }
        let log = File::options()
            .create(true)
            .append(true)
            .open(&spec.log)
            .map_err(Error::file("open", &spec.log))?;
        let failed = |source| Error::Spawn { name: spec.name.clone(), source };
        let mut process = spec.command(log).and_then(spawner::spawn).map_err(failed)?;
        let pid = Pid::from_child(&process);
        let (announce, ended) = watch::channel(None);
        thread::Builder::new()
            .name(format!("wait-{}", spec.name))
            .spawn(move || {
                let status = process.wait().unwrap_or_else(|_| ExitStatus::from_raw(-1));
                announce.send_replace(Some(status));
            })
            .map_err(failed)?;
        Ok(Self { name: spec.name.clone(), log: spec.log.clone(), pid, stop: spec.stop, ended })
    }

    /// The name used in messages.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The process id.
    pub fn id(&self) -> u32 {
        self.pid.as_raw_nonzero().get().unsigned_abs()
    }

    /// Where its output goes.
    pub fn log(&self) -> &Path {
        &self.log
    }

    /// The last lines it printed.
    pub fn last_lines(&self, count: usize) -> String {
        files::last_lines(&self.log, count)
    }

    /// How it ended, or nothing while it runs.
    pub fn status(&self) -> Option<ExitStatus> {
        *self.ended.borrow()
    }

    /// Waits until it has ended by itself or otherwise.
    pub async fn ended(&self) -> ExitStatus {
        let mut ended = self.ended.clone();
        let status = ended.wait_for(Option::is_some).await.ok().and_then(|status| *status);
        status.unwrap_or_else(|| ExitStatus::from_raw(-1))
    }

    /// Waits until `ready` says so, at most `bound`; an early end or a missed bound is an error that shows the log.
    pub async fn wait_until<F: Future<Output = bool>>(
        &self,
        bound: Duration,
        mut ready: impl FnMut() -> F,
    ) -> Result<(), Error> {
        let deadline = Instant::now() + bound;
        loop {
            if let Some(status) = self.status() {
                let log = self.last_lines(20);
                return Err(Error::Ended { name: self.name.clone(), status: status.to_string(), log });
            }
            if ready().await {
                return Ok(());
            }
            if Instant::now() >= deadline {
                let log = self.last_lines(20);
                return Err(Error::NotReady { name: self.name.clone(), seconds: bound.as_secs(), log });
            }
            sleep(Duration::from_millis(20)).await;
        }
    }

    /// Asks it to end, waits at most `patience`, then ends it by force.
    pub async fn stop(&self, patience: Duration) -> ExitStatus {
        self.signal(if self.stop == Stop::Int { Signal::INT } else { Signal::TERM });
        if let Ok(status) = timeout(patience, self.ended()).await {
            return status;
        }
        tracing::warn!(name = self.name, "did not stop when asked; ending it by force");
        self.signal(Signal::KILL);
        self.ended().await
    }

    /// Ends it at once, without giving it a chance to tidy up: for tests of exactly that.
    pub async fn kill(&self) -> ExitStatus {
        self.signal(Signal::KILL);
        self.ended().await
    }

    fn signal(&self, signal: Signal) {
        if self.status().is_none() {
            // It may have ended just now; then there is nobody to signal.
            let _gone = kill_process(self.pid, signal);
        }
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        self.signal(if self.stop == Stop::Int { Signal::INT } else { Signal::TERM });
    }
}
