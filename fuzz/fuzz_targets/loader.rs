//! Any text through the loader: a schema or diagnostics that render, never a panic.
#![no_main]

use argsz_schema::source::Source;
use argsz_schema::{Schema, layout, target};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    match Schema::parse(Source::new("fuzz.toml", text)) {
        Ok(schema) => {
            for release in schema.releases() {
                let model = schema.at(release);
                for target in target::ALL {
                    layout::layout(&model, *target).expect("a checked schema has a layout on every target");
                }
            }
        }
        Err(rejected) => {
            assert!(!rejected.found.is_empty(), "refused without a reason");
            assert!(rejected.render(false).contains("AZ"));
        }
    }
});
