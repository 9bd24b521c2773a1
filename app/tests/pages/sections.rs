//! How far each section of the checklist is.

use gantry_domain::actor::Role;

use crate::console::{between, page};
use crate::fixtures::{self, Fail};

#[test]
fn every_section_says_how_far_it_is_in_figures_and_in_words() -> Result<(), Fail> {
    let model = fixtures::console(fixtures::half_done()?)?;
    let html = page(Role::ReleaseManager, &model);
    let table = [
        ("prerequisites", 4, 4),
        // One waits for a second person, one is stale, nobody began one; one is ticked again, one does not apply.
        ("configuration", 2, 5),
        // One is ticked and not signed.
        ("code-quality", 4, 5),
        ("infrastructure", 4, 4),
        ("documentation", 2, 4),
        ("outcome", 0, 4),
    ];
    assert_eq!(html.matches("id=\"section-").count(), table.len());
    for (section, settled, total) in table {
        let heading = between(&html, &format!("id=\"section-{section}\""), "</h3>");
        assert!(heading.contains(&format!(">{settled}/{total}<")), "{section}: {heading}");
        assert!(heading.contains(&format!(">{settled} of {total} settled<")), "{section}: {heading}");
    }
    Ok(())
}
