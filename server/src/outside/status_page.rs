//! A vendor's status page, in the three shapes that such pages have. Anything else is unknown, never "no incident".

use gantry_domain::light::StatusPage;
use gantry_domain::text::inert_line;
use serde_json::Value;

use super::exchange::{Answered, Exchange};

/// Where each shape is served, and how it is read.
const SHAPES: [(&str, Shape); 3] = [
    ("/api/v2/summary.json", statuspage),
    ("/api/v1/summary", incident_io),
    ("/api/status", component_groups),
];

/// What a page of a known shape says: nothing, or the titles of what is going on.
type Said = Vec<String>;
/// Reads one shape; nothing where the document does not have it.
type Shape = fn(&Value) -> Option<Said>;

/// Reads status pages.
#[derive(Debug, Clone)]
pub struct StatusPages {
    exchange: Exchange,
}

impl StatusPages {
    /// Asks through `exchange`.
    pub fn new(exchange: Exchange) -> Self {
        Self { exchange }
    }

    /// What the page at `base` says. All shapes are tried at once; where two answer, the worse counts.
    pub async fn look(&self, base: &str) -> StatusPage {
        let base = base.trim_end_matches('/');
        let asked = SHAPES.map(|(path, shape)| async move {
            match self.exchange.get(&format!("{base}{path}")).await {
                Ok(answered) => read(path, &answered, shape),
                Err(error) => Err(error.to_string()),
            }
        });
        let [one, two, three] = asked;
        let (one, two, three) = tokio::join!(one, two, three);
        combine([one, two, three])
    }
}

fn read(path: &str, answered: &Answered, shape: Shape) -> Result<Said, String> {
    if let Some(elsewhere) = &answered.elsewhere {
        return Err(format!("it leads to {elsewhere}, which is not followed"));
    }
    if answered.status != 200 {
        return Err(format!("{path} answers HTTP {}", answered.status));
    }
    let document = serde_json::from_slice(&answered.body).map_err(|_| format!("{path} is not JSON"))?;
    shape(&document).ok_or_else(|| format!("{path} has an unknown shape"))
}

fn combine(answers: [Result<Said, String>; 3]) -> StatusPage {
    let mut reasons: Vec<String> = Vec::new();
    let mut answered = false;
    let mut titles: Vec<String> = Vec::new();
    for answer in answers {
        match answer {
            Ok(said) => {
                answered = true;
                titles.extend(said);
            }
            Err(reason) if !reasons.contains(&reason) => reasons.push(reason),
            Err(_) => {}
        }
    }
    if !titles.is_empty() {
        titles.dedup();
        StatusPage::Incident(inert_line(&titles.join("; "), 200))
    } else if answered {
        StatusPage::NoIncident
    } else {
        StatusPage::Unknown(inert_line(&reasons.join(", "), 200))
    }
}

fn text<'a>(value: &'a Value, field: &str) -> Option<&'a str> {
    value.get(field)?.as_str()
}

/// Names of components whose state is not the good one, as "name: state".
fn unwell<'a>(components: impl Iterator<Item = &'a Value>) -> Option<Said> {
    let mut said = Vec::new();
    for component in components {
        let (name, status) = (text(component, "name").unwrap_or("a component"), text(component, "status")?);
        if status != "operational" {
            said.push(format!("{name}: {}", status.replace('_', " ")));
        }
    }
    Some(said)
}

/// Statuspage: `status.indicator`, unresolved `incidents`, `components`.
fn statuspage(document: &Value) -> Option<Said> {
    let status = document.get("status")?;
    let indicator = text(status, "indicator")?;
    let incidents = document.get("incidents")?.as_array()?;
    let mut said: Said = incidents
        .iter()
        .filter(|incident| !matches!(text(incident, "status"), Some("resolved" | "postmortem" | "completed")))
        .map(|incident| text(incident, "name").unwrap_or("an incident without a title").to_owned())
        .collect();
    if said.is_empty() {
        said = unwell(document.get("components").and_then(Value::as_array).into_iter().flatten())?;
    }
    if said.is_empty() && indicator != "none" {
        said.push(text(status, "description").unwrap_or(indicator).to_owned());
    }
    Some(said)
}

/// incident.io: `ongoing_incidents`, `in_progress_maintenances`.
fn incident_io(document: &Value) -> Option<Said> {
    let ongoing = document.get("ongoing_incidents")?.as_array()?;
    let maintenance = document.get("in_progress_maintenances")?.as_array()?;
    let title = |entry: &Value| text(entry, "name").unwrap_or("an incident without a title").to_owned();
    Some(ongoing.iter().chain(maintenance).map(title).collect())
}

/// A list of groups of components with a state each.
fn component_groups(document: &Value) -> Option<Said> {
    let groups = document.get("component_groups")?.as_array()?;
    let mut components = Vec::new();
    for group in groups {
        components.extend(group.get("components")?.as_array()?);
    }
    if components.is_empty() {
        return None;
    }
    let mut said = unwell(components.into_iter())?;
    if let Some(status) = text(document, "status").filter(|status| *status != "operational")
        && said.is_empty()
    {
        said.push(status.replace('_', " "));
    }
    Some(said)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn each_shape_says_nothing_or_what_is_going_on() {
        let good = json!({ "status": { "indicator": "none" }, "incidents": [], "components": [] });
        assert_eq!(statuspage(&good), Some(vec![]));
        let minor =
            json!({ "status": { "indicator": "minor", "description": "Partly degraded" }, "incidents": [] });
        assert_eq!(statuspage(&minor), Some(vec!["Partly degraded".into()]));
        let component = json!({ "status": { "indicator": "none" }, "incidents": [],
            "components": [{ "name": "Flags", "status": "partial_outage" }] });
        assert_eq!(statuspage(&component), Some(vec!["Flags: partial outage".into()]));
        let resolved = json!({ "status": { "indicator": "none" }, "incidents": [{ "name": "x", "status": "resolved" }] });
        assert_eq!(statuspage(&resolved), Some(vec![]));

        let maintenance =
            json!({ "ongoing_incidents": [], "in_progress_maintenances": [{ "name": "Upgrade" }] });
        assert_eq!(incident_io(&maintenance), Some(vec!["Upgrade".into()]));
        let groups =
            json!({ "component_groups": [{ "components": [{ "name": "A", "status": "operational" }] }] });
        assert_eq!(component_groups(&groups), Some(vec![]));
    }

    #[test]
    fn what_is_not_fully_understood_says_nothing_at_all() {
        for odd in [
            json!({}),
            json!([]),
            json!("operational"),
            json!({ "status": "operational" }),
            json!({ "status": { "indicator": "none" } }),
            json!({ "status": { "indicator": "none" }, "incidents": [], "components": [{ "name": "A" }] }),
            json!({ "ongoing_incidents": [] }),
            json!({ "component_groups": [] }),
            json!({ "component_groups": [{ "components": [{ "name": "A" }] }] }),
        ] {
            for (path, shape) in SHAPES {
                assert_eq!(shape(&odd), None, "{path} {odd}");
            }
        }
    }

    #[test]
    fn no_answer_is_unknown_and_the_worse_of_two_answers_counts() {
        let no = || Err("answers HTTP 404".to_owned());
        assert_eq!(combine([no(), no(), no()]), StatusPage::Unknown("answers HTTP 404".into()));
        assert_eq!(combine([no(), Ok(vec![]), no()]), StatusPage::NoIncident);
        assert_eq!(combine([Ok(vec![]), Ok(vec!["Down".into()]), no()]), StatusPage::Incident("Down".into()));
    }
}
