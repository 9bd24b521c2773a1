//! Settings of the program's log: what is logged, and in which form.

use clap::Args;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::EnvFilter;

use super::Bad;

/// What is logged where nobody says otherwise.
const USUAL: &str = "info,sqlx=warn,tower_sessions=warn,axum_login=warn";

/// The flags about the log, which every command takes.
#[derive(Clone, Debug, Args)]
pub struct LogArgs {
    /// What is logged: error, warn, info, debug, trace or off, and others of these for parts of the program, such as
    /// info,gantry_server=debug.
    #[arg(long, env = "GANTRY_LOG", default_value = USUAL, global = true)]
    log: String,
    /// The form of the log: text or json.
    #[arg(long, env = "GANTRY_LOG_FORMAT", default_value = "text", global = true)]
    log_format: String,
}

/// The checked settings of the log.
pub(crate) struct LogConfig {
    /// What is logged.
    pub(crate) filter: EnvFilter,
    /// Whether each line is a JSON object.
    pub(crate) json: bool,
}

impl LogArgs {
    /// Checks both.
    pub(crate) fn read(&self) -> Result<LogConfig, Bad> {
        let filter = filter(&self.log).ok_or_else(|| {
            Bad(format!(
                "GANTRY_LOG is “{}”; give a level such as info, or several such as info,gantry_server=debug",
                self.log
            ))
        })?;
        let json = match self.log_format.trim() {
            "" | "text" => false,
            "json" => true,
            _ => return Err(Bad(format!("GANTRY_LOG_FORMAT is “{}”; give text or json", self.log_format))),
        };
        Ok(LogConfig { filter, json })
    }
}

/// The filter that the text means, blanks around its parts aside; the usual one where there is none.
fn filter(text: &str) -> Option<EnvFilter> {
    let parts: Vec<&str> = text.split(',').map(str::trim).filter(|part| !part.is_empty()).collect();
    if parts.is_empty() {
        return EnvFilter::try_new(USUAL).ok();
    }
    // The library takes a mistyped level for a part of the program that has this name, and would log nothing else.
    let meant = parts.iter().all(|part| part.contains(['=', '[']) || part.parse::<LevelFilter>().is_ok());
    if meant { EnvFilter::try_new(parts.join(",")).ok() } else { None }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test ends at the first surprise")]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        log: LogArgs,
    }

    /// What is read of these two, given as flags.
    fn read(log: &str, form: &str) -> Result<(String, bool), Bad> {
        let line = Line::try_parse_from(["gantry", "--log", log, "--log-format", form]).unwrap();
        line.log.read().map(|read| (read.filter.to_string(), read.json))
    }

    #[test]
    fn levels_are_taken_and_blanks_mean_the_usual() {
        let usual = EnvFilter::new(USUAL).to_string();
        assert_eq!(read("", "").unwrap(), (usual.clone(), false));
        assert_eq!(read(" ", "text").unwrap(), (usual, false));
        assert_eq!(read("debug", "json").unwrap(), ("debug".to_owned(), true));
        let parts = EnvFilter::new("info,gantry_server=debug").to_string();
        assert_eq!(read("info, gantry_server=debug,", "json").unwrap().0, parts);
    }

    #[test]
    fn what_means_nothing_is_one_sentence_that_says_what_to_give() {
        for log in ["inof", "info,gantry_server", "gantry_server=loud", "info,[{"] {
            let Err(Bad(sentence)) = read(log, "text") else { panic!("accepted: {log}") };
            assert!(sentence.starts_with(&format!("GANTRY_LOG is “{log}”; give a level")), "{sentence}");
        }
        let Err(Bad(sentence)) = read("info", "xml") else { panic!("accepted: xml") };
        assert_eq!(sentence, "GANTRY_LOG_FORMAT is “xml”; give text or json");
    }
}
