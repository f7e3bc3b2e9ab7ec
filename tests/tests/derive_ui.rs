//! What the derive says of mistakes, by family: `tests/ui/derive/FAMILY/CASE.rs` and the errors beside it.

#[test]
fn mistakes_point_at_the_attribute() {
    let cases = trybuild::TestCases::new();
    cases.compile_fail("ui/derive/*/*.rs");
}
