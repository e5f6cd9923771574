//! What is counted before compiling is what the engine makes; and nothing can make counting long.

use std::fmt::Write as _;

use proptest::prelude::*;
use wasmtime::{Config, Engine, InstanceAllocationStrategy, PoolingAllocationConfig};

use super::*;

fn counts(text: &str) -> Counts {
    let bytes = wat::parse_str(text).unwrap();
    read(&bytes, SIZE_MAX).unwrap().counts
}

fn refusal(text: &str) -> String {
    let bytes = wat::parse_str(text).unwrap();
    read(&bytes, SIZE_MAX).unwrap_err().to_string()
}

/// An engine whose places hold nothing: it says what a component would need.
fn engine(set: impl Fn(&mut PoolingAllocationConfig)) -> Engine {
    let mut pool = PoolingAllocationConfig::new();
    pool.total_component_instances(1)
        .total_core_instances(1)
        .total_memories(100)
        .total_tables(100)
        .total_stacks(1)
        .max_memories_per_module(100)
        .max_tables_per_module(100)
        .max_memory_size(1 << 20);
    set(&mut pool);
    let mut config = Config::new();
    config.allocation_strategy(InstanceAllocationStrategy::Pooling(pool));
    config
        .memory_reservation(1 << 20)
        .memory_guard_size(1 << 16);
    config.memory_may_move(false);
    Engine::new(&config).unwrap()
}

/// The number before these words in what the engine says.
fn number_before(said: &str, words: &str) -> Option<u64> {
    let before = said
        .split(words)
        .next()
        .filter(|before| before.len() < said.len())?;
    before.split(' ').next_back()?.parse().ok()
}

/// What the engine makes of a component: core instances, memories, elements of the largest table, tables,
/// and bytes of bookkeeping.
fn made(bytes: &[u8]) -> (u64, u64, u64, u64, u64) {
    let on_demand = Engine::default();
    let component = wasmtime::component::Component::new(&on_demand, bytes).unwrap();
    let needs = component.resources_required().unwrap();
    let told =
        |engine: &Engine, words: &str| match wasmtime::component::Component::new(engine, bytes) {
            Ok(_) => 0,
            Err(error) => {
                number_before(&format!("{error:#}"), words).unwrap_or_else(|| panic!("{error:#}"))
            }
        };
    let none = engine(|pool| {
        pool.max_core_instances_per_component(0);
    });
    let narrow = engine(|pool| {
        pool.max_core_instances_per_component(10_000)
            .max_memories_per_component(10_000)
            .max_tables_per_component(10_000)
            .table_elements(1 << 20)
            .max_component_instance_size(0);
    });
    (
        told(&none, " core module instances"),
        needs.num_memories.into(),
        needs.max_initial_table_size.unwrap_or(0),
        needs.num_tables.into(),
        told(&narrow, " bytes of `VMComponentContext`"),
    )
}

/// Holds a component against what the engine makes of it.
fn check(bytes: &[u8]) {
    let counts = read(bytes, SIZE_MAX).unwrap().counts;
    let (core, memories, largest, tables, kept) = made(bytes);
    assert_eq!(
        (counts.memories, counts.largest_table, counts.tables),
        (memories, largest, tables)
    );
    assert!(
        counts.core_instances <= core && core <= counts.core_instances_max(),
        "{core} core instances: {counts:?}"
    );
    if counts.fused == 0 {
        assert_eq!(counts.core_instances, core);
    }
    assert!(kept <= counts.instance_bytes, "{kept} bytes: {counts:?}");
}

#[test]
fn what_is_instantiated_twice_counts_twice() {
    let found = counts(
        r"(component
            (core module $m (memory 1) (table 7 funcref) (table 3 funcref))
            (core instance (instantiate $m)) (core instance (instantiate $m)) (core instance)
            (component $c
              (core module $n (table 9 funcref)) (core instance (instantiate $n))
              (alias outer 1 $m (core module $outer)) (core instance (instantiate $outer)))
            (component $unused (core module $big (memory 100)) (core instance (instantiate $big)))
            (instance $i (instantiate $c)) (instance (instantiate $c))
            (component $d
              (alias outer 1 $c (component $inner)) (export $again 'again' (component $inner))
              (instance (instantiate $again)))
            (instance (instantiate $d)))"
            .replace('\'', "\"")
            .as_str(),
    );
    assert_eq!((found.component_instances, found.core_instances), (5, 8));
    assert_eq!((found.memories, found.memory_bytes), (5, 5 << 16));
    assert_eq!(
        (found.tables, found.table_elements, found.largest_table),
        (13, 5 * 10 + 3 * 9, 9)
    );
}

/// Writes components that are nested, instantiated and named anew as the choices have it.
struct Author {
    choices: std::vec::IntoIter<u8>,
    names: usize,
}

/// What the component under way has, by index.
#[derive(Default)]
struct Written {
    /// Whether each exports a function.
    components: Vec<bool>,
    /// Whether each imports a function.
    modules: Vec<bool>,
    instances: Vec<bool>,
    functions: usize,
    core_functions: usize,
    core_instances: usize,
}

impl Author {
    fn choose(&mut self, below: usize) -> usize {
        usize::from(self.choices.next().unwrap_or(0)) % below.max(1)
    }

    fn name(&mut self) -> String {
        self.names += 1;
        format!("n{}", self.names)
    }

    /// A component of up to `steps` parts inside those of `around`; whether it exports a function.
    fn component(&mut self, steps: usize, around: &mut Vec<Written>) -> (String, bool) {
        around.push(Written::default());
        let mut text = String::new();
        for _ in 0..steps {
            let part = self.part(around);
            text.push_str(&part);
        }
        let exports = self.choose(2) == 0;
        if exports {
            let function = Self::lifted(around.last_mut().unwrap());
            let _ = write!(
                text,
                "{function} (export \"f\" (func {}))",
                around.last().unwrap().functions - 1
            );
        }
        around.pop();
        (text, exports)
    }

    /// A function of a fresh core instance.
    fn lifted(here: &mut Written) -> String {
        let (module, instance) = (here.modules.len(), here.core_instances);
        let function = here.core_functions;
        here.modules.push(false);
        here.core_instances += 1;
        here.core_functions += 1;
        here.functions += 1;
        format!(
            "(core module (func (export \"f\"))) (core instance (instantiate {module}))
             (alias core export {instance} \"f\" (core func))
             (func (canon lift (core func {function})))"
        )
    }

    fn part(&mut self, around: &mut Vec<Written>) -> String {
        let choice = self.choose(9);
        let depth = around.len();
        let pick = self.choose(depth);
        let outer = &around[depth - 1 - pick];
        let sizes = (outer.components.len(), outer.modules.len());
        let index = self.choose(if choice == 4 { sizes.0 } else { sizes.1 });
        let found = (
            outer.components.get(index).copied(),
            outer.modules.get(index).copied(),
        );
        let here = around.last_mut().unwrap();
        match choice {
            0 => {
                here.modules.push(false);
                let memories = "(memory 1)".repeat(self.choose(3));
                let tables = format!("(table {} funcref)", self.choose(9)).repeat(self.choose(3));
                let functions = "(func (export \"NAME\") (param i32))".repeat(self.choose(4));
                let functions: String = functions.split("NAME").enumerate().fold(
                    String::new(),
                    |text, (index, part)| {
                        if index == 0 {
                            part.to_owned()
                        } else {
                            format!("{text}f{index}{part}")
                        }
                    },
                );
                format!(
                    "(core module {memories} {tables} {functions} (global i32 (i32.const 1)) (data \"x\"))\n"
                )
            }
            1 if !here.modules.is_empty() => {
                let module = self.choose(here.modules.len());
                if here.modules[module] {
                    return String::new();
                }
                here.core_instances += 1;
                format!("(core instance (instantiate {module}))\n")
            }
            2 if depth < 4 => {
                let steps = self.choose(8);
                let (text, exports) = self.component(steps, around);
                around.last_mut().unwrap().components.push(exports);
                format!("(component {text})\n")
            }
            3 | 7 if !here.components.is_empty() => {
                let component = self.choose(here.components.len());
                here.instances.push(here.components[component]);
                format!("(instance (instantiate {component}))\n")
            }
            4 => {
                let Some(exports) = found.0 else {
                    return String::new();
                };
                here.components.push(exports);
                format!("(alias outer {pick} {index} (component))\n")
            }
            5 => {
                let Some(imports) = found.1 else {
                    return String::new();
                };
                here.modules.push(imports);
                format!("(alias outer {pick} {index} (core module))\n")
            }
            6 | 8 => self.called(around.last_mut().unwrap()),
            // The engine refuses a component that the outermost one exports.
            _ if depth > 1 => self.named_anew(around.last_mut().unwrap()),
            _ => String::new(),
        }
    }

    /// A core instance that calls a function of another component.
    fn called(&mut self, here: &mut Written) -> String {
        let Some(instance) = here.instances.iter().position(|exports| *exports) else {
            return String::new();
        };
        let (function, core) = (here.functions, here.core_functions);
        let (module, core_instance) = (here.modules.len(), here.core_instances);
        here.functions += 2;
        here.core_functions += 2;
        here.modules.push(true);
        here.core_instances += 2;
        format!(
            "(alias export {instance} \"f\" (func)) (core func (canon lower (func {function})))
             (core module (import \"\" \"f\" (func $f)) (func (export \"f\") (call $f)))
             (core instance (export \"f\" (func {core})))
             (core instance (instantiate {module} (with \"\" (instance {core_instance}))))
             (alias core export {} \"f\" (core func))
             (func (canon lift (core func {})))\n",
            core_instance + 1,
            if self.choose(2) == 0 { core + 1 } else { core },
        )
    }

    fn named_anew(&mut self, here: &mut Written) -> String {
        let name = self.name();
        if here.components.is_empty() {
            return String::new();
        }
        let component = self.choose(here.components.len());
        here.components.push(here.components[component]);
        format!("(export \"{name}\" (component {component}))\n")
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, ..ProptestConfig::default() })]

    /// Nested by chance, with aliases, new names, and calls from one to another.
    #[test]
    fn random_nestings_are_counted_as_they_are_made(
        choices in proptest::collection::vec(any::<u8>(), 20..220)
    ) {
        let mut author = Author { choices: choices.into_iter(), names: 0 };
        let (text, _) = author.component(24, &mut Vec::new());
        let bytes = wat::parse_str(format!("(component {text})")).unwrap();
        check(&bytes);
    }
}

/// Each inner component instantiates the one before twice: a few kilobytes, and 2^20 core instances.
#[test]
fn what_doubles_with_each_level_is_counted_at_once() {
    let mut text =
        "(component $c0 (core module $m (memory 1)) (core instance (instantiate $m)))".to_owned();
    for level in 1..=200 {
        let before = level - 1;
        let _ = write!(
            text,
            "(component $c{level} (alias outer 1 $c{before} (component $i))
               (instance (instantiate $i)) (instance (instantiate $i)))"
        );
        if level == 20 {
            let found = counts(&format!("(component {text} (instance (instantiate $c20)))"));
            assert_eq!((found.core_instances, found.memories), (1 << 20, 1 << 20));
            assert_eq!(found.component_instances, 1 << 21);
        }
    }
    let bytes =
        wat::parse_str(format!("(component {text} (instance (instantiate $c200)))")).unwrap();
    let found = read(&bytes, SIZE_MAX).unwrap().counts;
    assert_eq!(found.core_instances, u64::MAX);
    assert_eq!(found.memory_bytes, u64::MAX);
}

/// No instance is made here, but the compiler copies what it passes on.
#[test]
fn instances_in_instances_count_as_they_are_copied() {
    let mut text = "(instance $i0)".to_owned();
    for level in 1..=30 {
        let before = level - 1;
        let _ = write!(
            text,
            "(instance $i{level} (export \"a\" (instance $i{before})) (export \"b\" (instance $i{before})))"
        );
    }
    let found = counts(&format!("(component {text})"));
    assert!(found.items > 1 << 30, "{found:?}");
    assert_eq!(found.component_instances, 1);
}

#[test]
fn what_makes_counting_a_tower_is_refused() {
    let twice = |ty: &str, import: &str| {
        format!("(component (component (import \"f\" ({import} (type {ty})))))")
    };
    for (text, what) in [
        (twice("0", "component").replacen("(component (component", "(component (component (type (component))", 1), "components that are handed over as imports"),
        ("(component (component (import \"f\" (core module))))".to_owned(), "core modules that are handed over as imports"),
        ("(component (import \"f\" (core module)))".to_owned(), "core modules that are handed over as imports"),
        (
            "(component (component $c (component $d) (export \"d\" (component $d)))
               (instance $i (instantiate $c)) (alias export $i \"d\" (component)))".to_owned(),
            "components that are handed over by instances",
        ),
        (
            "(component (component $c) (component $d) (instance (instantiate $c (with \"x\" (component $d)))))".to_owned(),
            "components that are handed over as arguments",
        ),
    ] {
        let said = refusal(&text);
        assert!(said.contains(what), "{said}");
    }
}

#[test]
fn what_is_written_has_a_bound_too() {
    let text = format!("(component {})", "(type u8)".repeat(20_001));
    assert_eq!(
        refusal(&text),
        "has more items than the 20000 that are looked at"
    );
}
