//! What a component consists of is counted before it is compiled: what is too much is refused with a
//! sentence, and what is counted is what the engine makes.

use std::fmt::Write as _;

use ravenry_gateway::sandbox::inspect::{self, SIZE_MAX};
use wasmtime::{Config, Engine, InstanceAllocationStrategy, PoolingAllocationConfig};

use crate::harness::{Folder, component, guest_names, hostile_names};

/// A bot with this beside its core module.
fn bot_with(more: &str) -> Vec<u8> {
    let read = |path: &str| {
        std::fs::read_to_string(format!("{}/tests/{path}", env!("CARGO_MANIFEST_DIR"))).unwrap()
    };
    let core = format!("{}\n{more}", read("hostile/text-not-utf8.wat"));
    wat::parse_str(read("guests/bot.wat").replace(";; CORE", &core)).unwrap()
}

/// Components of which each instantiates the one before twice, and one instance of the last.
fn doubling(levels: usize, innermost: &str) -> String {
    let mut text = format!("(component $c0 {innermost})");
    for level in 1..=levels {
        let _ = write!(
            text,
            "(component $c{level} (alias outer 1 $c{} (component $c))
               (instance (instantiate $c)) (instance (instantiate $c)))",
            level - 1
        );
    }
    format!("{text}(instance (instantiate $c{levels}))")
}

/// What is said of a bot that cannot be mounted; nothing of it was compiled.
fn refusal(bytes: &[u8]) -> String {
    let cache = tempfile::tempdir().unwrap();
    let said = Folder::empty()
        .file("tower.bin.wasm", bytes)
        .manifest(
            "ravenry.toml",
            "[bot.tower]\nsource = \"./tower.bin.wasm\"\n",
        )
        .cache_dir(&cache.path().join("cache"))
        .refused(&["up", "ravenry.toml"]);
    assert!(
        said.contains("`tower`") && said.contains("ravenry.toml:2"),
        "{said}"
    );
    assert!(!said.contains("compiling"), "{said}");
    said
}

/// A few kilobytes that the compiler would be at for minutes, with gigabytes, or that would take a
/// hundred megabytes for each reply.
#[test]
fn components_that_multiply_are_refused_before_they_are_compiled() {
    let memory = "(core module $m (memory 1)) (core instance (instantiate $m))";
    for (levels, innermost) in [(6, ""), (20, memory), (24, ""), (1_000, "")] {
        let said = refusal(&bot_with(&doubling(levels, innermost)));
        let words = "instances of components, counted as it is instantiated, and 64 are the most";
        assert!(said.contains(words), "{said}");
    }
    // One level less than the first of these, and it is let pass.
    let widest = inspect::read(&bot_with(&doubling(5, "")), SIZE_MAX).unwrap();
    assert_eq!(widest.counts.component_instances, 64);
}

/// The same made of instances that hold instances: nothing is instantiated, and the compiler copies all.
#[test]
fn instances_that_multiply_are_refused_before_they_are_compiled() {
    let mut text = "(instance $i0)".to_owned();
    for level in 1..=40 {
        let before = level - 1;
        let _ = write!(
            text,
            "(instance $i{level} (export \"a\" (instance $i{before})) (export \"b\" (instance $i{before})))"
        );
    }
    let said = refusal(&bot_with(&text));
    assert!(
        said.contains("items, counted") && said.contains("20000 are the most"),
        "{said}"
    );
}

/// Components that get components are a way to write numbers that no file has room for.
#[test]
fn components_that_get_components_are_refused() {
    let text = "(component $one) (component $apply (import \"c\" (component $c)) (instance (instantiate $c)))
         (instance (instantiate $apply (with \"c\" (component $one))))";
    let said = refusal(&bot_with(text));
    assert!(
        said.contains("components that are handed over as imports"),
        "{said}"
    );
    assert!(said.contains("wac"), "there is a hint in\n{said}");
}

/// A file that is larger than any component that is of use is not read.
#[test]
fn a_component_has_a_largest_size() {
    const MAX: u64 = 128 * 1024 * 1024;
    let said = |bytes: u64| {
        let folder = Folder::empty().file("large.bin.wasm", b"").manifest(
            "ravenry.toml",
            "[bot.large]\nsource = \"./large.bin.wasm\"\n",
        );
        let file = std::fs::File::options()
            .write(true)
            .open(folder.path().join("large.bin.wasm"));
        file.unwrap().set_len(bytes).unwrap();
        folder.refused(&["up", "ravenry.toml"])
    };
    let largest = said(MAX);
    assert!(largest.contains("is not WebAssembly"), "{largest}");
    let larger = said(MAX + 1);
    assert!(
        larger.contains("134217729 bytes; at most 134217728 are taken"),
        "{larger}"
    );
}

/// Over all guests: memories and tables as the engine says itself; core instances as its places for
/// nothing at all say.
#[test]
fn what_is_counted_is_what_the_engine_makes() {
    let mut config = Config::new();
    config.wasm_component_model_async(true);
    let engine = Engine::new(&config).unwrap();
    let mut pool = PoolingAllocationConfig::new();
    pool.total_component_instances(1)
        .total_core_instances(1)
        .total_memories(100)
        .total_tables(1_000)
        .max_memories_per_module(100)
        .max_memory_size(1 << 32)
        .max_tables_per_module(1_000)
        .table_elements(100_000)
        .max_core_instances_per_component(0);
    config
        // Places of the smallest size: none is used.
        .memory_reservation(1 << 32)
        .allocation_strategy(InstanceAllocationStrategy::Pooling(pool));
    let none = Engine::new(&config).unwrap();
    for name in hostile_names().into_iter().chain(guest_names()) {
        let bytes = component(&name);
        let counts = inspect::read(&bytes, SIZE_MAX).unwrap().counts;
        let made = wasmtime::component::Component::new(&engine, &bytes).unwrap();
        let needs = made.resources_required().unwrap();
        assert_eq!(
            (counts.memories, counts.tables, counts.largest_table),
            (
                needs.num_memories.into(),
                needs.num_tables.into(),
                needs.max_initial_table_size.unwrap_or(0)
            ),
            "{name}"
        );
        let error = wasmtime::component::Component::new(&none, &bytes)
            .err()
            .unwrap();
        let core = format!("contains {} core module instances", counts.core_instances);
        assert!(
            format!("{error:#}").contains(&core),
            "{name}: {core}, {error:#}"
        );
    }
}
