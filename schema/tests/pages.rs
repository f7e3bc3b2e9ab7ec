//! Every code has a page of the one form, and a folder of its family has a test of it (`ui.rs` runs them).

use argsz_schema::codes;

#[test]
fn every_page_has_the_form() {
    for code in codes::ALL {
        let (id, page) = (code.0.id, code.0.page);
        assert!(page.starts_with(&format!("# {id}: {}\n\n", code.0.title)), "{id}: the title of the page");
        assert_eq!(page.matches("\n```toml\n").count(), 1, "{id}: one example");
        assert_eq!(page.matches("```").count(), 2, "{id}: one example");
        let (before, rest) = page.split_once("\n```toml\n").expect("an example");
        let (_, after) = rest.split_once("\n```\n").expect("the end of the example");
        assert!(before.lines().count() >= 3, "{id}: what is wrong, and why");
        assert!(!after.trim().is_empty(), "{id}: the way out");
    }
}

#[test]
fn codes_ascend_and_are_found() {
    assert!(codes::ALL.is_sorted());
    for code in codes::ALL {
        assert_eq!(codes::find(&code.0.id.to_lowercase()), Some(*code));
    }
    assert_eq!(codes::find("AZ9999"), None);
}
