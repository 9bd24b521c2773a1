//! Thresholds as YAML: rule files and the `PrometheusRule` object.

use gantry_domain::alert::Rule;
use gantry_domain::alert::rules_file::{self, Imported};
use gantry_domain::preset::Workload;
use gantry_domain::text::inert_line;

/// The form of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// A rule file of Prometheus.
    File,
    /// The `PrometheusRule` object of the Prometheus operator.
    Object,
}

/// Writes thresholds in that form.
pub fn write(rules: &[Rule], workload: &Workload, name: &str, form: Form) -> Result<String, String> {
    let document = match form {
        Form::File => {
            serde_json::to_value(rules_file::file(rules, workload, name)).map_err(|e| e.to_string())?
        }
        Form::Object => rules_file::object(rules, workload, name),
    };
    serde_saphyr::to_string(&document).map_err(|error| error.to_string())
}

/// Reads either form. What is wrong is a sentence.
pub fn read(text: &str) -> Result<Imported, String> {
    let document: serde_json::Value = serde_saphyr::from_str(text).map_err(|error| {
        let why = error.to_string();
        format!(
            "This is not YAML: {}.",
            inert_line(why.lines().next().unwrap_or_default(), 200).trim_end_matches('.')
        )
    })?;
    rules_file::read(&document).map_err(|error| error.to_string())
}
