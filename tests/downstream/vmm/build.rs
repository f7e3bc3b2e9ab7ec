//! Generates the types of the driver's header.

fn main() -> Result<(), argsz_codegen::GenerateError> {
    argsz_codegen::Generator::new().schema("../driver/schema/demo.toml").release("2.0").rust("demo.rs").run()?;
    Ok(())
}
