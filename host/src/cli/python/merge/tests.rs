//! A component as the tool links it: what is merged does the same, and what is made otherwise is refused.

use wasmtime::{
    Engine, Store,
    component::{Component, Linker},
};

use super::*;

/// A component as the tool links it: a module that owns memory and table, two libraries that share them and call
/// one another through the table, and the shims by which the host is called back.
const LINKED: &str = r#"
(component
  (import "host" (func $host (param "text" string) (result u32)))
  (core module $shim
    (table (export "$imports") 1 1 funcref)
    (func (export "0") (param i32 i32) (result i32)
      (call_indirect (param i32 i32) (result i32) (local.get 0) (local.get 1) (i32.const 0))))
  (core module $fixup
    (import "" "$imports" (table 1 1 funcref))
    (import "" "0" (func (param i32 i32) (result i32)))
    (elem (i32.const 0) func 0))
  (core module $main
    (memory (export "memory") 1)
    (table (export "table") 8 funcref)
    (global (export "base-a") i32 (i32.const 1))
    (global (export "base-b") i32 (i32.const 4))
    (global (export "place-of-add") (mut i32) (i32.const 5))
    (type $binary (func (param i32 i32) (result i32)))
    (global $add (mut i32) (i32.const 5))
    (func (export "add") (param i32 i32) (result i32)
      (call_indirect (type $binary) (local.get 0) (local.get 1) (global.get $add)))
    (data (i32.const 64) "seven w"))
  (core module $a
    (type $other (func))
    (import "env" "memory" (memory 1))
    (import "env" "table" (table 1 funcref))
    (import "env" "table-base" (global $base i32))
    (import "GOT" "add" (global $add (mut i32)))
    (import "env" "add" (func $called (param i32 i32) (result i32)))
    (import "host" "call" (func $host (param i32 i32) (result i32)))
    (global (export "exported") i32 (global.get $base))
    (func $twice (param i32) (result i32)
      (call $called (local.get 0) (local.get 0)))
    (func (export "run") (result i32)
      (call $twice (call $host (i32.const 64) (i32.const 7)))
      (i32.add (global.get $add)))
    (func (export "realloc") (param i32 i32 i32 i32) (result i32) unreachable)
    (elem (table 0) (global.get $base) func $twice))
  (core module $b
    (import "env" "memory" (memory 1))
    (import "env" "table" (table 1 funcref))
    (import "env" "table-base" (global $base i32))
    (import "a" "exported" (global $of-a i32))
    (global $one i32 (i32.const 1))
    (func $nothing)
    (func $add (param i32 i32) (result i32)
      (i32.add (i32.add (local.get 0) (local.get 1)) (global.get $of-a)))
    (elem (global.get $base) func $nothing $add))
  (core instance $shim (instantiate $shim))
  (core instance $main (instantiate $main))
  (alias core export $main "memory" (core memory $memory))
  (alias core export $main "table" (core table $table))
  (alias core export $main "base-a" (core global $base-a))
  (alias core export $main "base-b" (core global $base-b))
  (alias core export $main "place-of-add" (core global $place))
  (alias core export $main "add" (core func $add))
  (alias core export $shim "0" (core func $shimmed))
  (core instance $env-a
    (export "memory" (memory $memory)) (export "table" (table $table))
    (export "table-base" (global $base-a)) (export "add" (func $add)))
  (core instance $got (export "add" (global $place)))
  (core instance $imports (export "call" (func $shimmed)))
  (core instance $a (instantiate $a
    (with "env" (instance $env-a)) (with "GOT" (instance $got)) (with "host" (instance $imports))))
  (alias core export $shim "$imports" (core table $shims))
  (alias core export $a "realloc" (core func $realloc))
  (core func $lowered (canon lower (func $host) (memory $memory) (realloc $realloc)))
  (core instance $fixes (export "$imports" (table $shims)) (export "0" (func $lowered)))
  (core instance (instantiate $fixup (with "" (instance $fixes))))
  (core instance $env-b
    (export "memory" (memory $memory)) (export "table" (table $table))
    (export "table-base" (global $base-b)))
  (core instance $b (instantiate $b (with "env" (instance $env-b)) (with "a" (instance $a))))
  (alias core export $a "run" (core func $run))
  (func (export "run") (result u32) (canon lift (core func $run))))
"#;

fn bytes(text: &str) -> Vec<u8> {
    wat::parse_str(text).unwrap()
}

/// What the component says, where the host answers with the length of the text that it is given.
fn run(component: &[u8]) -> u32 {
    let engine = Engine::default();
    let component = Component::new(&engine, component).unwrap();
    let mut linker = Linker::new(&engine);
    let mut root = linker.root();
    root.func_wrap("host", |_, (text,): (String,)| {
        assert_eq!(text, "seven w");
        Ok((u32::try_from(text.len())?,))
    })
    .unwrap();
    let mut store = Store::new(&engine, ());
    let instance = linker.instantiate(&mut store, &component).unwrap();
    let run = instance
        .get_typed_func::<(), (u32,)>(&mut store, "run")
        .unwrap();
    run.call(&mut store, ()).unwrap().0
}

/// The modules of a component that say something of a memory.
fn with_memory(component: &[u8]) -> usize {
    let parser = wasmparser::Parser::new(0).parse_all(component);
    let modules = parser.filter_map(|payload| match payload.unwrap() {
        wasmparser::Payload::ModuleSection {
            unchecked_range, ..
        } => Some(unchecked_range),
        _ => None,
    });
    modules
        .filter(|range| module::has_memory(&component[range.clone()]).unwrap())
        .count()
}

#[test]
fn modules_become_one_and_do_the_same() {
    let linked = bytes(LINKED);
    let merged = merged(&linked).unwrap();
    assert_eq!((with_memory(&linked), with_memory(&merged)), (3, 1));
    // Twice seven, what the library adds that is the other's, and where it stands in the table.
    assert_eq!((run(&linked), run(&merged)), (20, 20));
}

#[test]
fn what_is_made_in_another_way_is_refused() {
    for (from, to, said) in [
        (
            "(func $nothing)",
            "(func $nothing) (start $nothing)",
            "runs when it is instantiated",
        ),
        ("(global $one i32 (i32.const 1))", "(memory 1)", "memory"),
        (
            "(elem (table 0) (global.get $base) func $twice)",
            "(global $more (mut i32) (i32.const 1)) (table 1 funcref)",
            "not one table",
        ),
    ] {
        let changed = LINKED.replace(from, to);
        assert_ne!(changed, LINKED);
        let error = merged(&bytes(&changed)).unwrap_err().to_string();
        assert!(error.contains(said), "{error}");
    }
    let error = merged(b"no component").unwrap_err();
    assert!(matches!(error, MergeError::Unreadable(_)));
}
