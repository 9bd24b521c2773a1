//! Opening a go-live.

use std::collections::BTreeMap;

use gantry_domain::golive::{ChecklistSection, GoLive};
use gantry_domain::id::GoLiveId;
use gantry_domain::preset::{Preset, Section, Workload};
use gantry_domain::release::Release;
use gantry_domain::{import, text};
use serde_json::json;
use uuid::Uuid;

use super::Caller;
use super::release::{MAX_CONFIGURATION, config_hash};
use crate::live::topics;
use crate::store::go_lives::Stored;
use crate::store::{Db, Once, StoreError, audit, go_lives, integrations};

/// What is wrong with one field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldError {
    /// The field's name in the form.
    pub field: &'static str,
    /// What is wrong.
    pub what: String,
    /// What to do.
    pub next_step: String,
}

/// A go-live that can be opened.
#[derive(Clone, Debug)]
pub struct Draft {
    preset: Option<Preset>,
    sections: Vec<Section>,
    integration: String,
    environment: String,
    workload: Workload,
    image: gantry_domain::release::ImageRef,
    configuration: String,
    from_image: Option<gantry_domain::release::ImageRef>,
}

/// Reads the fields of the form for a new go-live, or says everything that is wrong with them.
pub fn draft(fields: &BTreeMap<String, String>, presets: &[Preset]) -> Result<Draft, Vec<FieldError>> {
    let mut errors = Vec::new();
    let field = |name: &str| fields.get(name).map_or("", |value| value.trim());
    let markdown = field("markdown");
    let preset = presets.iter().find(|preset| preset.key.as_str() == field("preset"));
    let sections = if markdown.is_empty() {
        preset.map(|preset| preset.sections.clone()).unwrap_or_default()
    } else {
        import::markdown(markdown).sections
    };
    if sections.is_empty() {
        let (field, what, next_step) = if markdown.is_empty() {
            ("preset", "No checklist was chosen.", "Choose one of the presets.")
        } else {
            (
                "markdown",
                "The document has no task lines.",
                "Write each item as a line that begins with “- [ ]”.",
            )
        };
        errors.push(FieldError { field, what: what.to_owned(), next_step: next_step.to_owned() });
    }
    // A document goes by a preset only where somebody chose one for it.
    if !markdown.is_empty() && preset.is_none() && !field("preset").is_empty() {
        errors.push(FieldError {
            field: "preset",
            what: "There is no such preset.".to_owned(),
            next_step: "Choose one of the list, or “nothing”.".to_owned(),
        });
    }
    let defaults = preset.map(|preset| &preset.workload);
    let mut name = |name: &'static str, default: Option<&str>, kind: Kind| -> String {
        let typed = field(name);
        let value = if typed.is_empty() { default.unwrap_or_default() } else { typed };
        if let Some((what, next_step)) = kind.mistake(value) {
            errors.push(FieldError { field: name, what: what.to_owned(), next_step: next_step.to_owned() });
        }
        value.to_owned()
    };
    let workload = Workload {
        namespace: name("namespace", defaults.map(|d| d.namespace.as_str()), Kind::Kubernetes),
        deployment: name("deployment", defaults.map(|d| d.deployment.as_str()), Kind::Kubernetes),
        container: name("container", defaults.map(|d| d.container.as_str()), Kind::Kubernetes),
    };
    let integration = name("integration", Some(&workload.deployment), Kind::Title);
    let last = defaults.and_then(|d| d.environments.last()).map_or("production", String::as_str);
    let environment = name("environment", Some(last), Kind::Title);
    let image = field("image").parse().map_err(|error: gantry_domain::release::BadImage| {
        errors.push(FieldError {
            field: "image",
            what: sentence(&error.to_string()),
            next_step: "Give it as repository:tag, with @sha256:… where it is pinned.".to_owned(),
        });
    });
    let from_image = match field("from") {
        "" => None,
        from => from
            .parse()
            .map_err(|error: gantry_domain::release::BadImage| {
                errors.push(FieldError {
                    field: "from",
                    what: sentence(&error.to_string()),
                    next_step: "Leave it empty where it is not known.".to_owned(),
                });
            })
            .ok(),
    };
    let configuration = field("config").to_owned();
    if configuration.chars().count() > MAX_CONFIGURATION {
        errors.push(FieldError {
            field: "config",
            what: format!("The configuration has more than {MAX_CONFIGURATION} characters."),
            next_step: "Name it by a commit or a hash.".to_owned(),
        });
    }
    match image {
        Ok(image) if errors.is_empty() => Ok(Draft {
            preset: preset.cloned(),
            sections,
            integration,
            environment,
            workload,
            image,
            configuration,
            from_image,
        }),
        _ => Err(errors),
    }
}

#[derive(Clone, Copy)]
enum Kind {
    Title,
    Kubernetes,
}

impl Kind {
    fn mistake(self, value: &str) -> Option<(&'static str, &'static str)> {
        match self {
            Self::Title if text::inert_line(value, 80) != value || value.is_empty() => {
                Some(("A name of at most 80 characters is needed.", "Give the name that your team uses."))
            }
            Self::Kubernetes if !is_label(value) => Some((
                "This is not a name that Kubernetes knows.",
                "Use small letters, digits and hyphens, at most 63.",
            )),
            Self::Title | Self::Kubernetes => None,
        }
    }
}

/// RFC 1123, as Kubernetes asks for names; Deployments may have dots.
fn is_label(value: &str) -> bool {
    (1..=63).contains(&value.len())
        && value.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'-' | b'.'))
        && !value.starts_with(['-', '.'])
        && !value.ends_with(['-', '.'])
}

fn sentence(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| format!("{}{}.", first.to_uppercase(), chars.as_str()))
}

/// Opens the go-live and returns its id; the same request again returns the same id.
pub async fn open(db: &Db, caller: Caller, draft: Draft) -> Result<GoLiveId, StoreError> {
    db.tx(move |tx| {
        Box::pin(async move {
            let id = GoLiveId(Uuid::now_v7());
            if let Once::Repeated(before) = tx.once(&caller.request, &id.to_string()).await? {
                return before.parse().map_err(StoreError::unreadable("the outcome of a request"));
            }
            let preset = draft.preset.clone();
            let stored = draft.stored(id, &caller);
            go_lives::add(tx, &stored).await?;
            if let Some(preset) = &preset {
                let GoLive { environment, workload, .. } = &stored.go_live;
                let integration =
                    integrations::ensure(tx, &preset.key, environment, workload, caller.now).await?;
                super::thresholds::seed_one(tx, integration, preset, caller.now).await?;
                tx.announce(topics::THRESHOLDS);
                tx.announce(topics::THRESHOLD_EDITS);
            }
            tx.announce(topics::GO_LIVES);
            // A new one is looked at for the first time at once.
            tx.announce(topics::LOOKS);
            tx.audit(&audit::New {
                at: caller.now,
                actor: Some(&caller.actor.person),
                action: "go-live.opened",
                subject: &format!("go-lives/{id}"),
                detail: json!({
                    "integration": stored.go_live.integration,
                    "environment": stored.go_live.environment,
                    "workload": stored.go_live.workload,
                    "image": stored.go_live.release.image,
                    "preset": stored.go_live.preset,
                    "items": stored.go_live.items().count(),
                    "binding": stored.go_live.binding(),
                }),
            })
            .await?;
            Ok(id)
        })
    })
    .await
}

impl Draft {
    fn stored(self, id: GoLiveId, caller: &Caller) -> Stored {
        let go_live = GoLive {
            id,
            preset: self.preset.map(|preset| preset.key),
            integration: self.integration,
            environment: self.environment,
            workload: self.workload,
            release: Release::new(self.image, config_hash(&self.configuration)),
            running: None,
            from_image: self.from_image,
            sections: self.sections.into_iter().map(ChecklistSection::new).collect(),
            overrides: Vec::new(),
            version: 1,
            created_by: caller.actor.person.clone(),
            created_at: caller.now,
        };
        Stored { go_live, configuration: self.configuration, plan: None }
    }
}
