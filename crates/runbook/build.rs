//! Writes the built-in catalogue as a table of programs, each in JSON, so that a start reads only what it meets.
//!
//! What only the tests and the reference ask for (`about`, `examples`) stays out.
#![expect(clippy::disallowed_methods, reason = "the purity of the crate does not bind its build: this reads files")]

use std::collections::BTreeMap;
use std::error::Error;
use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;

use serde_json::Value;

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=catalogue");
    let mut files: Vec<PathBuf> = Vec::new();
    for entry in fs::read_dir("catalogue")? {
        files.push(entry?.path());
    }
    files.retain(|path| path.extension().is_some_and(|extension| extension == "toml"));
    files.sort();
    let mut numbers: BTreeMap<String, usize> = BTreeMap::new();
    let mut texts: Vec<String> = Vec::new();
    for path in files {
        let text = fs::read_to_string(&path)?;
        let mut file: Value = toml::from_str(&text).map_err(|error| format!("{}: {error}", path.display()))?;
        for program in file.get_mut("program").and_then(Value::as_array_mut).into_iter().flatten() {
            for name in program["names"].as_array().into_iter().flatten().filter_map(Value::as_str) {
                if numbers.insert(name.to_owned(), texts.len()).is_some() {
                    return Err(format!("{}: `{name}` is described twice", path.display()).into());
                }
            }
            texts.push(without_prose(program).to_string());
        }
    }
    let folder = PathBuf::from(std::env::var_os("OUT_DIR").ok_or("cargo sets OUT_DIR")?);
    fs::write(folder.join("catalogue.rs"), table(&numbers, &texts)?)?;
    Ok(())
}

fn without_prose(program: &mut Value) -> &Value {
    let entries = program.get_mut("entry").and_then(Value::as_array_mut).into_iter().flatten();
    for entry in entries.filter_map(Value::as_object_mut) {
        entry.remove("examples");
    }
    if let Some(program) = program.as_object_mut() {
        program.remove("about");
    }
    program
}

fn table(numbers: &BTreeMap<String, usize>, texts: &[String]) -> Result<String, std::fmt::Error> {
    let mut out = String::new();
    writeln!(out, "/// How many programs are described.\nconst COUNT: usize = {};", texts.len())?;
    writeln!(
        out,
        "/// Every name with the number of its program, sorted.\nstatic NAMES: &[(&str, usize)] = &{:?};",
        { numbers.iter().collect::<Vec<_>>() }
    )?;
    writeln!(out, "/// The programs in JSON, by number.\nstatic TEXTS: [&str; COUNT] = {texts:?};")?;
    Ok(out)
}
