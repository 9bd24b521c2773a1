//! Documents as people write them, and as they should not.

use super::*;

/// Titles of the items by section.
fn shape(document: &str) -> Vec<(String, Vec<String>)> {
    markdown(document)
        .sections
        .into_iter()
        .map(|section| (section.title, section.items.into_iter().map(|item| item.title).collect()))
        .collect()
}

fn section(title: &str, items: &[&str]) -> (String, Vec<String>) {
    (title.to_owned(), items.iter().map(|item| (*item).to_owned()).collect())
}

#[test]
fn headings_become_sections_and_task_lines_items() {
    let document = "# Launch\n\nIntro.\n\n## Keys\n- [ ] Keys are in the vault\n* [x] Scopes are **minimal**\n+ [X] Third\n\n\
                    ## Empty\n\nNothing here.\n\nSetext\n------\n1. [ ] First\n2) [ ] Second\n";
    assert_eq!(
        shape(document),
        [
            section("Keys", &["Keys are in the vault", "Scopes are minimal", "Third"]),
            section("Setext", &["First", "Second"])
        ]
    );
}

#[test]
fn nested_quoted_and_indented_tasks_are_items_too() {
    let document = "## A\n- [ ] outer\n  - [ ] inner\n\t- [ ] tabbed\n      - [ ] deep\n> - [ ] quoted\n";
    assert_eq!(shape(document), [section("A", &["outer", "inner", "tabbed", "deep", "quoted"])]);
}

#[test]
fn code_and_comments_are_ignored() {
    let document = "## A\n- [ ] real\n```md\n- [ ] fenced\n~~~\n```\n~~~~\n- [ ] waved\n~~~\n~~~~\n<!-- - [ ] one line -->\n\
                    <!--\n- [ ] commented\n-->\n\nText.\n\n    - [ ] indented code\n\n- [ ] last\n";
    assert_eq!(shape(document), [section("A", &["real", "last"])]);
}

#[test]
fn what_only_looks_like_a_task_is_none() {
    let document = "## A\n-[ ] no space\n- [] empty box\n- [y] other letter\n- [ ]glued\n[ ] no marker\n- plain\n\
                    #hashtag\n- [link](x)\n";
    assert_eq!(shape(document), []);
    let import = markdown(document);
    assert!(import.warnings[0].text.contains("no task line was found"), "{import:?}");
    assert_eq!(markdown("").warnings.len(), 1);
}

#[test]
fn ticks_are_not_taken_over_and_that_is_said() {
    let import = markdown("## A\n\n- [x] Done elsewhere\n");
    assert_eq!(import.warnings.len(), 1);
    assert_eq!(import.warnings[0].line, 3);
    assert!(import.warnings[0].text.contains("starts open"));
}

#[test]
fn equal_titles_get_keys_of_their_own() {
    let document =
        "## A\n- [ ] Backups\n- [ ] Backups\n## A\n- [ ] Backups!\n- [ ] ✓\n- [ ] ✗\n- [ ] Backups 2\n";
    let import = markdown(document);
    let keys: Vec<_> = import.sections.iter().flat_map(|s| &s.items).map(|item| item.key.as_str()).collect();
    assert_eq!(keys, ["backups", "backups-2", "backups-3", "item", "item-2", "backups-2-2"]);
    let sections: Vec<_> = import.sections.iter().map(|section| section.key.as_str()).collect();
    assert_eq!(sections, ["a", "a-2"]);
    assert!(
        import.warnings.iter().any(|warning| warning.line == 3 && warning.text.contains("more than once"))
    );
}

#[test]
fn lines_below_a_task_explain_it() {
    let import = markdown(
        "## A\n- [ ] Keys\n  Because a key in a *repository*\n  is read by everyone.\n- [ ] Next\n\nText.\n",
    );
    let items = &import.sections[0].items;
    assert_eq!(items[0].why, "Because a key in a repository is read by everyone.");
    assert_eq!(items[1].why, "");
}

#[test]
fn optional_items_and_later_sections_are_recognised() {
    let import =
        markdown("## Outcome\n- [ ] WAF rules (if applicable)\n- [ ] Proxy (optional)\n- [ ] Deployed\n");
    let required: Vec<_> = import.sections[0].items.iter().map(|item| item.required).collect();
    assert_eq!(required, [false, false, true]);
    assert_eq!(import.sections[0].phase, Phase::AfterRollout);
    assert!(import.warnings[0].text.contains("the gate does not wait"));
}

#[test]
fn hostile_documents_are_inert_and_bounded() {
    let import = markdown(
        "## \u{1b}[31m<b>T</b>\n- [ ] <img src=x onerror=alert(1)>\u{202e}x\n- [ ]\n- [ ] \u{200b}\n",
    );
    assert_eq!(import.sections[0].title, "<b>T</b>");
    assert_eq!(import.sections[0].items[0].title, "<img src=x onerror=alert(1)>x");
    assert_eq!(import.items(), 1);
    assert_eq!(import.warnings.iter().filter(|warning| warning.text.contains("without text")).count(), 2);

    let long = markdown(&format!("- [ ] {}\n", "word ".repeat(2000)));
    assert_eq!(long.sections[0].title, "Checklist");
    assert_eq!(long.sections[0].items[0].title.chars().count(), 160);

    let many = markdown(&"- [ ] again\n".repeat(MAX_ITEMS + 50));
    assert_eq!(many.items(), MAX_ITEMS);
    assert_eq!(many.warnings.iter().filter(|warning| warning.text.contains("only the first")).count(), 1);

    let open = markdown("## A\n- [ ] one\n```\n- [ ] two\n");
    assert!(open.warnings.iter().any(|warning| warning.text.contains("never closed")));
}

proptest::proptest! {
    #[test]
    fn whatever_the_document_keys_are_unique_and_titles_inert(document in "(?s)([#>*\\-+ `~\\[\\]xX0-9.)(!_\\\\<\n\t=aäb]|\u{202e}){0,300}") {
        let import = markdown(&document);
        let keys: BTreeSet<_> = import.sections.iter().flat_map(|s| &s.items).map(|item| item.key.clone()).collect();
        proptest::prop_assert_eq!(keys.len(), import.items());
        for section in &import.sections {
            proptest::prop_assert!(!section.items.is_empty());
            for item in &section.items {
                proptest::prop_assert_eq!(&inert_line(&item.title, MAX_TITLE), &item.title);
            }
        }
    }
}
