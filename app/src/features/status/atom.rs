//! The status as a feed: one entry for each thing that was written for everybody.

use std::fmt::Write as _;

use chrono::{DateTime, Utc};
use gantry_domain::age::machine;
use gantry_domain::incident::clock;

use super::model::{Model, Published};
use crate::forms;

/// Renders the feed.
pub fn render(model: &Model, now: DateTime<Utc>) -> String {
    let incidents: Vec<&Published> = model.open.iter().chain(&model.resolved).collect();
    let latest = incidents.iter().filter_map(|incident| incident.updated_at).max();
    let address = escaped(&format!("{}{}", model.origin, forms::STATUS));
    let mut out = format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<feed xmlns=\"http://www.w3.org/2005/Atom\">\n\
         <title>Status</title>\n<id>{address}</id>\n<link href=\"{address}\"/>\n\
         <link rel=\"self\" href=\"{address}.atom\"/>\n<updated>{}</updated>\n<author><name>Gantry</name></author>\n",
        machine(latest.unwrap_or(now))
    );
    for incident in incidents {
        for entry in &incident.entries {
            // Writing to a String cannot fail.
            let _ = writeln!(
                out,
                "<entry><id>urn:uuid:{}</id><title>{}: {}, {}</title><updated>{}</updated><link href=\"{address}\"/>\
                 <content type=\"text\">{}</content></entry>",
                escaped(&entry.id),
                escaped(&incident.subject),
                clock::meaning(incident.severity),
                incident.state,
                machine(entry.at),
                escaped(&entry.text)
            );
        }
    }
    out.push_str("</feed>\n");
    out
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
