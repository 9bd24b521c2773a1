//! What the list of go-lives and the form for a new one show.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use gantry_domain::golive::Progress;
use gantry_domain::id::GoLiveId;
use gantry_domain::import::Import;

use crate::refusal::Refusal;
use crate::ui::state::Tone;

/// The list.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Model {
    /// All go-lives the person may see, newest first.
    pub rows: Vec<Row>,
    /// Whether the person may open one.
    pub may_create: bool,
    /// Something that just happened, said once.
    pub notice: Option<String>,
}

/// One go-live in the list.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// Its id.
    pub id: GoLiveId,
    /// Name of the integration.
    pub integration: String,
    /// Name of the environment.
    pub environment: String,
    /// The version that runs now, where known.
    pub from: Option<String>,
    /// The version to go out.
    pub to: String,
    /// How far the checklist before the rollout is.
    pub progress: Progress,
    /// Whether the gate is open.
    pub gate_open: bool,
    /// The rollout in a word or two and how it stands; `None` before it was started.
    pub rollout: Option<(Tone, String)>,
    /// Who opened it.
    pub created_by: String,
    /// When something last happened to it.
    pub changed_at: DateTime<Utc>,
}

/// The form for a new go-live.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct NewModel {
    /// The presets to choose from.
    pub presets: Vec<PresetChoice>,
    /// The values of the fields by name: `preset`, `integration`, `environment`, `namespace`, `deployment`, `container`,
    /// `image`, `config` (any text that names the configuration), `markdown` (an imported checklist).
    pub values: BTreeMap<String, String>,
    /// What is wrong with them; at most one per field, form `new`.
    pub errors: Vec<Refusal>,
}

/// A preset to choose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PresetChoice {
    /// Its key.
    pub key: String,
    /// Its name.
    pub name: String,
    /// One sentence.
    pub summary: String,
    /// How many items it has.
    pub items: usize,
    /// Environments it offers.
    pub environments: Vec<String>,
    /// Usual namespace.
    pub namespace: String,
    /// Usual Deployment.
    pub deployment: String,
    /// Usual container.
    pub container: String,
}

/// The page that turns a Markdown document into a go-live.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ImportModel {
    /// The document as it was typed.
    pub text: String,
    /// What it came to; `None` before the first look.
    pub preview: Option<Import>,
    /// The rest of the form for a new go-live (values and errors); its `markdown` is the text.
    pub new: NewModel,
    /// Why the document was refused; form `import`, field `text`.
    pub refusal: Option<Refusal>,
}
