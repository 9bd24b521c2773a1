//! A private Prometheus on a loopback port. Knows nothing about what it scrapes.

use std::{
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use tokio::time::sleep;

use crate::{Child, Error, Spec, files, port, programs};

/// What it scrapes and evaluates.
#[derive(Debug, Clone)]
pub struct Options {
    /// An `http_sd` address that lists what to scrape.
    pub discovery_url: Option<String>,
    /// Fixed `host:port` targets, scraped at `/metrics`.
    pub targets: Vec<String>,
    /// Time between two scrapes, between two evaluations of rules, and between two looks at the discovery address.
    pub interval: Duration,
    /// Files with alert and recording rules.
    pub rule_files: Vec<PathBuf>,
    /// The port on 127.0.0.1; a free one if not given.
    pub port: Option<u16>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            discovery_url: None,
            targets: Vec::new(),
            interval: Duration::from_secs(2),
            rule_files: Vec::new(),
            port: None,
        }
    }
}

/// A running Prometheus.
#[derive(Debug)]
pub struct Prometheus {
    child: Child,
    port: u16,
    // Held until the end: one program per directory.
    _lock: fs::File,
}

impl Prometheus {
    /// Starts Debian's `prometheus` with its storage, configuration and log in `dir`, and waits until it answers.
    pub async fn start(dir: &Path, options: &Options) -> Result<Self, Error> {
        let program = programs::find_program("prometheus").ok_or(Error::Missing {
            program: "Prometheus",
            install: "install Prometheus 2.42 or newer (Debian: prometheus)",
        })?;
        files::create_dir(dir)?;
        let dir = fs::canonicalize(dir).map_err(Error::file("open", dir))?;
        let lock = files::lock_directory(&dir)?;
        let config = dir.join("prometheus.yml");
        fs::write(&config, configuration(options)).map_err(Error::file("write", &config))?;
        let mut attempt = 1;
        loop {
            let port = match options.port {
                Some(port) => port,
                None => port::free_port().map_err(Error::file("find a free port near", &dir))?,
            };
            let spec = Spec::new("Prometheus", &program, dir.join("prometheus.log"))
                .arg(format!("--config.file={}", config.display()))
                .arg(format!("--storage.tsdb.path={}", dir.join("data").display()))
                .arg(format!("--web.listen-address=127.0.0.1:{port}"))
                .arg("--storage.tsdb.retention.time=2d")
                .arg("--log.level=warn")
                .directory(&dir);
            let child = Child::spawn(&spec)?;
            let ready = child.wait_until(Duration::from_secs(30), || async {
                port::get(port, "/-/ready").await == Some(200)
            });
            match ready.await {
                Ok(()) => return Ok(Self { child, port, _lock: lock }),
                // Somebody else took the free port between the look and the start.
                Err(Error::Ended { log, .. })
                    if options.port.is_none() && attempt < 3 && log.contains("address already in use") =>
                {
                    attempt += 1;
                }
                // The one that a killed predecessor started is still writing its last block.
                Err(Error::Ended { log, .. }) if attempt < 20 && log.contains("lock DB directory") => {
                    attempt += 1;
                    sleep(Duration::from_millis(250)).await;
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// Its address, without a slash at the end.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// The port on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The process, to watch or to kill.
    pub fn child(&self) -> &Child {
        &self.child
    }

    /// Stops it and waits.
    pub async fn stop(self) {
        self.child.stop(Duration::from_secs(10)).await;
    }
}

/// The configuration file. Strings are written as JSON strings, which YAML reads as they are.
fn configuration(options: &Options) -> String {
    let quoted = |text: &str| format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""));
    let interval = options.interval.as_millis();
    let mut text = format!(
        "global:\n  scrape_interval: {interval}ms\n  scrape_timeout: {interval}ms\n  evaluation_interval: {interval}ms\n"
    );
    // Writing to a String cannot fail.
    let mut line = |content: std::fmt::Arguments<'_>| {
        let _infallible = writeln!(text, "{content}");
    };
    if !options.rule_files.is_empty() {
        line(format_args!("rule_files:"));
        for file in &options.rule_files {
            line(format_args!("  - {}", quoted(&file.to_string_lossy())));
        }
    }
    line(format_args!("scrape_configs:"));
    line(format_args!("  - job_name: integrations"));
    if let Some(url) = &options.discovery_url {
        line(format_args!("    http_sd_configs:"));
        line(format_args!("      - url: {}", quoted(url)));
        line(format_args!("        refresh_interval: {interval}ms"));
    }
    if !options.targets.is_empty() {
        let targets: Vec<String> = options.targets.iter().map(|target| quoted(target)).collect();
        line(format_args!("    static_configs:"));
        line(format_args!("      - targets: [{}]", targets.join(", ")));
    }
    text
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test ends at the first surprise")]

    use super::*;

    #[tokio::test]
    async fn a_private_prometheus_answers_scrapes_itself_and_ends_when_stopped() {
        let dir = tempfile::tempdir().unwrap();
        let port = port::free_port().unwrap();
        let options = Options {
            targets: vec![format!("127.0.0.1:{port}")],
            interval: Duration::from_millis(200),
            port: Some(port),
            ..Options::default()
        };
        let prometheus = Prometheus::start(dir.path(), &options).await.unwrap();
        let scraped = prometheus.child().wait_until(Duration::from_secs(20), || async {
            port::get_json_text(port, "/api/v1/query?query=up")
                .await
                .is_some_and(|body| body.contains("\"1\""))
        });
        scraped.await.unwrap();
        let id = prometheus.child().id();
        prometheus.stop().await;
        assert!(!Path::new(&format!("/proc/{id}")).exists());
    }

    #[tokio::test]
    async fn a_mistake_in_the_configuration_is_shown_with_the_programs_own_words() {
        let dir = tempfile::tempdir().unwrap();
        let rules = dir.path().join("rules.yml");
        fs::write(&rules, "groups: nonsense").unwrap();
        let options =
            Options { rule_files: vec![rules], port: Some(port::free_port().unwrap()), ..Options::default() };
        let error = Prometheus::start(&dir.path().join("p"), &options).await.unwrap_err();
        assert!(error.to_string().contains("rules.yml"), "{error}");
    }
}
