//! `ravenry inspect FILE`: what a component imports and exports, and whether it runs here.
//!
//! In goes a file from anywhere, which may be hostile; out comes a page for people or JSON for
//! programs. Whatever comes out of the file is escaped. Nothing of the component is run.

use std::{
    fmt::Write as _,
    fs::File,
    io::{self, Read as _},
    path::{Path, PathBuf},
};

use bytesize::ByteSize;
use clap::Args;
use serde::Serialize;

use crate::cli::{
    directories,
    failure::Failure,
    formatting::{counted, rounded},
    run::Run,
};
use ravenry_base::output;
use ravenry_gateway::sandbox::{
    self, EngineKind, Sandbox, Size,
    inspect::{InspectError, Inspection, SIZE_MAX},
    offered,
};
use ravenry_protocol::shown::{self, Escaped};

/// Memory that a component may start with when it is compiled for this page, in bytes: what a
/// 32-bit component can address.
const MEMORY_MAX: u64 = 4 * 1024 * 1024 * 1024;

/// What stands at the end of its help.
const EXAMPLES: &str = "\
Examples:
  ravenry inspect cat.wasm
  ravenry inspect cat.wasm --json";

/// `ravenry inspect`
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Inspect {
    /// A .wasm file
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Print JSON, for programs
    #[arg(long)]
    pub json: bool,
}

impl Run for Inspect {
    fn run(&self) -> Result<(), Failure> {
        let page = page(&self.file, &directories::cache_dir()?)
            .map_err(|error| Failure::unreadable(&self.file, &error))?;
        output::print(&if self.json { page.json() } else { page.text() });
        if page.runs_here() {
            Ok(())
        } else {
            Err(Failure::Shown)
        }
    }
}

/// What there is to say about a file.
#[derive(Debug, Serialize)]
pub(crate) struct ComponentReport {
    /// The file, as it was named.
    file: String,
    /// Whether this gateway can run it.
    runs_here: bool,
    /// Why not, one sentence each.
    problems: Vec<String>,
    /// What to do about the first of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    hint: Option<&'static str>,
    /// What it is, where it is a component at all.
    #[serde(flatten)]
    component: Option<Described>,
}

/// A component, described.
#[derive(Debug, Serialize)]
struct Described {
    bot_version: Option<String>,
    /// `bot` or `bot-async`.
    world: Option<String>,
    /// `small`, `large` or `async`: which engine it runs on, while its memory limit is an ordinary one.
    engine: String,
    /// These five as an instance has them.
    component_instances: u64,
    core_instances: u64,
    /// With those that the engine may add.
    #[serde(skip)]
    core_instances_max: u64,
    memories: u64,
    tables: u64,
    /// Of the largest table.
    table_elements: u64,
    /// What it uses of the component model's concurrency.
    #[serde(skip_serializing_if = "Option::is_none")]
    concurrency: Option<&'static str>,
    size_bytes: u64,
    initial_memory_bytes: u64,
    functions: u64,
    core_modules: u64,
    imports: Vec<String>,
    exports: Vec<String>,
    missing: Vec<String>,
    /// How long compiling took, or loading what was compiled before; `None` where it was not tried.
    compile_ms: Option<u64>,
    /// Whether the compiled code was found in the cache.
    from_cache: bool,
    /// The same for people.
    #[serde(skip)]
    compiled: String,
}

/// Looks at a file. Compiled code is kept in `cache_dir`, so that mounting the bot is quick.
///
/// # Errors
/// When the file cannot be read at all.
pub(crate) fn page(file: &Path, cache_dir: &Path) -> io::Result<ComponentReport> {
    let mut bytes = Vec::new();
    // One byte more than is looked at, so that a larger file is seen to be larger.
    File::open(file)?
        .take(SIZE_MAX.saturating_add(1))
        .read_to_end(&mut bytes)?;
    let mut page = ComponentReport {
        file: file.display().to_string(),
        runs_here: false,
        problems: Vec::new(),
        hint: None,
        component: None,
    };
    match sandbox::read(&bytes) {
        Ok(found) => page.describe(&bytes, &found, cache_dir),
        Err(error) => page.add(&error),
    }
    Ok(page)
}

impl ComponentReport {
    fn add(&mut self, error: &InspectError) {
        self.problems.push(error.to_string());
        self.hint = self.hint.or(error.hint());
    }

    fn describe(&mut self, bytes: &[u8], found: &Inspection, cache_dir: &Path) {
        let missing = found.missing(&offered);
        // What a damaged file says of itself means nothing.
        let damage = sandbox::sound(bytes).err();
        let unserved = || found.serves_as_bot().err();
        if let Some(error) = damage.clone().or_else(unserved) {
            self.add(&error);
        }
        for name in missing.iter().filter(|_| damage.is_none()) {
            self.problems
                .push(format!("imports `{name}`, which is not offered"));
        }
        let counts = &found.counts;
        let mut described = Described {
            bot_version: found.bot_version.clone(),
            world: found.world.map(|world| world.to_string()),
            engine: EngineKind::of(found, counts.memory_bytes).to_string(),
            component_instances: counts.component_instances,
            core_instances: counts.core_instances,
            core_instances_max: counts.core_instances_max(),
            memories: counts.memories,
            tables: counts.tables,
            table_elements: counts.largest_table,
            concurrency: found.concurrency,
            size_bytes: found.size,
            initial_memory_bytes: counts.memory_bytes,
            functions: found.functions,
            core_modules: found.core_modules,
            imports: found.imports.clone(),
            exports: found.exports.clone(),
            missing,
            compile_ms: None,
            from_cache: false,
            compiled: "not tried".to_owned(),
        };
        if self.problems.is_empty() {
            match described.compile(bytes, cache_dir) {
                Ok(()) => self.runs_here = true,
                Err(problem) => self.problems.push(problem),
            }
        }
        self.component = Some(described);
    }

    /// Whether this gateway can run it.
    pub(crate) fn runs_here(&self) -> bool {
        self.runs_here
    }

    /// The page for programs, ending in a newline.
    pub(crate) fn json(&self) -> String {
        // A page holds nothing that JSON cannot say.
        let page = serde_json::to_string_pretty(self).unwrap_or_default();
        shown::json(&page) + "\n"
    }

    /// The page for people, ending in a newline.
    pub(crate) fn text(&self) -> String {
        let mut text = String::new();
        let mut row = |name: &str, value: &str| {
            // Writing into a `String` cannot fail.
            let _ = writeln!(text, "{name:<11}{}", Escaped(value));
        };
        row("file", &self.file);
        if let Some(found) = &self.component {
            row("size", &ByteSize::b(found.size_bytes).to_string());
            let version = found.bot_version.as_ref();
            let version = version.map(|version| format!("ravenry:bot@{version}"));
            let world = version.zip(found.world.as_ref());
            let world = world.map(|(version, world)| format!("{version}, world {world}"));
            row("built for", world.as_deref().unwrap_or("another world"));
            list(&mut row, "imports", &found.imports, &found.missing);
            list(&mut row, "exports", &found.exports, &[]);
            let memory = ByteSize::b(found.initial_memory_bytes);
            row("memory", &format!("{memory} at the start"));
            let functions = counted(found.functions, "function");
            let modules = counted(found.core_modules, "core module");
            row("code", &format!("{functions} in {modules}"));
            row("engine", &found.engine_words());
            row("compiling", &found.compiled);
        }
        row("runs here", if self.runs_here { "yes" } else { "no" });
        for problem in &self.problems {
            row("", &format!("it {problem}"));
        }
        if let Some(hint) = self.hint {
            row("hint", hint);
        }
        text
    }
}

impl Described {
    /// The engine that it runs on, and what decides it.
    fn engine_words(&self) -> String {
        let between = match self.core_instances_max {
            max if max > self.core_instances => {
                format!(" (up to {max} with those between components)")
            }
            _ => String::new(),
        };
        let parts = [
            counted(self.component_instances, "component"),
            counted(self.core_instances, "core instance") + &between,
            counted(self.memories, "memory"),
            counted(self.tables, "table"),
        ];
        let tables = format!("at most {}", counted(self.table_elements, "element"));
        let tasks = self
            .concurrency
            .map_or_else(String::new, |what| format!("; uses {what}"));
        format!("{}: {} of {tables}{tasks}", self.engine, parts.join(", "))
    }

    /// Compiles it, or says why that fails.
    fn compile(&mut self, bytes: &[u8], cache_dir: &Path) -> Result<(), String> {
        if self.initial_memory_bytes > MEMORY_MAX {
            return Err("starts with more than 4 GiB of memory".to_owned());
        }
        let size = Size {
            instances: 1,
            mappings: u64::MAX,
            memory_bytes_max: self.initial_memory_bytes,
        };
        let sandbox = Sandbox::new(size, (cache_dir, 1), Vec::new())
            .map_err(|error| format!("could not be tried: {error}"))?;
        let component = sandbox
            .prepare(bytes, self.initial_memory_bytes, &|| ())
            .map_err(|error| format!("cannot be mounted: {error}"))?;
        let facts = component.facts();
        self.from_cache = facts.from_cache;
        self.compile_ms = u64::try_from(facts.prepared_in.as_millis()).ok();
        let took = rounded(facts.prepared_in);
        self.compiled = if facts.from_cache {
            format!("done before; loaded in {took}")
        } else {
            took
        };
        Ok(())
    }
}

/// Names below each other, with a mark at those that are missing.
fn list(row: &mut impl FnMut(&str, &str), title: &str, names: &[String], missing: &[String]) {
    for (index, name) in names.iter().enumerate() {
        let title = if index == 0 { title } else { "" };
        let mark = if missing.contains(name) {
            "   (not offered)"
        } else {
            ""
        };
        row(title, &format!("{name}{mark}"));
    }
    if names.is_empty() {
        row(title, "nothing");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page_of(text: &str) -> ComponentReport {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("bot.wasm");
        std::fs::write(&file, wat::parse_str(text).unwrap()).unwrap();
        let mut page = page(&file, &dir.path().join("cache")).unwrap();
        page.file = "bot.wasm".to_owned();
        page
    }

    /// A component of another world is described all the same: that is what the verb is for.
    #[test]
    fn a_component_for_another_world_is_described() {
        let page = page_of(
            r#"(component
                 (import "wasi:nn/inference@0.2.0" (instance))
                 (core module $memory (memory 1))
                 (core instance (instantiate $memory))
                 (instance $run)
                 (export "wasi:cli/run@0.2.3" (instance $run)))"#,
        );
        assert!(!page.runs_here());
        insta::assert_snapshot!(page.text(), @r#"
        file       bot.wasm
        size       150 B
        built for  another world
        imports    wasi:nn/inference@0.2.0   (not offered)
        exports    wasi:cli/run@0.2.3
        memory     64.0 KiB at the start
        code       0 functions in 1 core module
        engine     small: 1 component, 1 core instance, 1 memory, 0 tables of at most 0 elements
        compiling  not tried
        runs here  no
                   it is a component for another world: it exports `wasi:cli/run@0.2.3`, not `ravenry:bot/handler`
                   it imports `wasi:nn/inference@0.2.0`, which is not offered
        hint       a bot exports `ravenry:bot/handler`; in Rust, `ravenry_sdk::export!` does that
        "#);
    }

    /// What a component is refused for stands on its page with the number that is compared.
    #[test]
    fn instances_are_told_as_they_are_counted() {
        let many = "(instance (instantiate $c))".repeat(127);
        let text = page_of(&format!("(component (component $c) {many})")).text();
        let line = "engine     large: 128 components, 0 core instances, 0 memories";
        assert!(text.contains(line), "{text}");
    }

    /// Names out of the file reach the terminal in errors, too.
    #[test]
    fn a_component_does_not_speak_to_the_terminal() {
        let page = page_of(
            r#"(component
                 (type $odd (record (field "\1b]0;X\07" u8)))
                 (import "ravenry:bot/reply@0.1.0" (instance))
                 (import "\1b]0;X\07\e2\80\8b\c2\9b" (func))
                 (instance $handler) (export "ravenry:bot/handler@0.1.0" (instance $handler)))"#,
        );
        // What is wrong with a name repeats it.
        assert!(page.problems[0].contains('\u{1b}'), "{:?}", page.problems);
        let text = page.text();
        assert!(text.contains(r"\u{1b}]0;X\u{7}\u{200b}\u{9b}"), "{text}");
        let is_harmless =
            |text: &str| shown::seen(text).all(|(c, is_escaped)| c == '\n' || !is_escaped);
        assert!(is_harmless(&text), "{text:?}");
        let json = page.json();
        assert!(is_harmless(&json), "{json:?}");
        let read: serde_json::Value = serde_json::from_str(&json).unwrap();
        assert_eq!(read["imports"][1], "\u{1b}]0;X\u{7}\u{200b}\u{9b}");
    }

    #[test]
    fn a_core_module_is_refused_with_a_hint() {
        let page = page_of("(module)");
        insta::assert_snapshot!(page.text(), @r#"
        file       bot.wasm
        runs here  no
                   it is a core module, not a component
        hint       build for wasm32-wasip2, as in `cargo build --release --target wasm32-wasip2`
        "#);
        let json = serde_json::to_value(&page).unwrap();
        assert_eq!(json["runs_here"], false);
        assert_eq!(json["problems"][0], "is a core module, not a component");
    }
}
