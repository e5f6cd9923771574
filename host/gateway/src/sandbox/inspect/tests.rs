//! Files that are not trusted: what is said of each, and that none brings the gateway down.

use proptest::prelude::*;

use super::*;

/// A bot in the text format, with whatever is put between its parentheses.
fn bot(version: &str, more: &str) -> Vec<u8> {
    let text = format!(
        r#"(component
             (import "ravenry:bot/reply@{version}" (instance))
             (import "wasi:cli/environment@0.2.3" (instance))
             (core module $two (memory 2) (func) (func))
             (core module $one (memory 1))
             (core instance (instantiate $two)) (core instance (instantiate $one))
             (instance $handler)
             (export "ravenry:bot/handler@{version}" (instance $handler))
             {more})"#
    );
    wat::parse_str(text).unwrap()
}

fn refusal(bytes: &[u8]) -> String {
    inspect(bytes).unwrap_err().to_string()
}

#[test]
fn a_bot_is_described() {
    let bytes = bot("0.1.7", "");
    let found = inspect(&bytes).unwrap();
    assert_eq!(
        found.imports,
        ["ravenry:bot/reply@0.1.7", "wasi:cli/environment@0.2.3"]
    );
    assert_eq!(found.exports, ["ravenry:bot/handler@0.1.7"]);
    assert_eq!(found.bot_version.as_deref(), Some("0.1.7"));
    assert_eq!(found.size, to_u64(bytes.len()));
    assert_eq!(
        (
            found.counts.memory_bytes,
            found.functions,
            found.core_modules
        ),
        (3 * 65_536, 2, 2)
    );
    let missing = found.missing(&|name| name.starts_with("ravenry:"));
    assert_eq!(missing, ["wasi:cli/environment@0.2.3"]);
}

/// Each kind of wrong file gets a sentence of its own; the place of the file is put before it.
#[test]
fn what_is_no_bot_is_named() {
    assert_eq!(refusal(b""), "is empty");
    assert_eq!(
        refusal(b"\x7fELF\x02 and so on and on"),
        "is not WebAssembly: it starts with \\x7fELF\\x02 and so on …"
    );
    assert_eq!(
        refusal(b"\n(component)"),
        "is WebAssembly in its text format"
    );
    assert_eq!(
        refusal(b"\0asm\x63\0\x01\0"),
        "is WebAssembly of an unknown version (c\\x00\\x01\\x00)"
    );
    assert_eq!(
        refusal(&wat::parse_str("(module)").unwrap()),
        "is a core module, not a component"
    );
    let other = r#"(component (instance $i) (export "wasi:cli/run@0.2.3" (instance $i)))"#;
    assert_eq!(
        refusal(&wat::parse_str(other).unwrap()),
        "is a component for another world: it exports `wasi:cli/run@0.2.3`, \
         not `ravenry:bot/handler`"
    );
    assert_eq!(
        refusal(&wat::parse_str("(component)").unwrap()),
        "is a component for another world: it exports nothing, not `ravenry:bot/handler`"
    );
    assert_eq!(
        refusal(&bot("0.2.0", "")),
        "was built against `ravenry:bot@0.2.0`; this gateway serves 0.1.x"
    );
    assert!(matches!(
        read(&bot("0.1.0", ""), 10),
        Err(InspectError::TooLarge { max: 10, .. })
    ));
}

/// The handler decides the world; what a component uses decides whether it needs tasks.
#[test]
fn world_and_need_of_tasks_are_read_from_the_component() {
    let needs = |more: &str| {
        let found = inspect(&bot("0.1.0", more)).unwrap();
        (found.world.unwrap(), found.concurrency, found.needs_tasks())
    };
    assert_eq!(needs(""), (World::Bot, None, false));
    let stream = "(type $s (stream u8)) (core func (canon stream.new $s))";
    assert_eq!(needs(stream), (World::Bot, Some("streams"), true));
    let clock = r#"(import "wasi:clocks/monotonic-clock@0.3.0" (instance))"#;
    assert_eq!(needs(clock), (World::Bot, Some("WASI 0.3"), true));
    let nested = format!("(component {stream})");
    assert_eq!(needs(&nested), (World::Bot, Some("streams"), true));

    let text =
        r#"(component (instance $i) (export "ravenry:bot/handler-async@0.1.2" (instance $i)))"#;
    let found = inspect(&wat::parse_str(text).unwrap()).unwrap();
    assert_eq!(found.world, Some(World::BotAsync));
    assert_eq!(found.bot_version.as_deref(), Some("0.1.2"));
    assert!(found.needs_tasks());
}

#[test]
fn threads_are_refused() {
    let threads = "(core func (canon thread.index))";
    assert_eq!(
        refusal(&bot("0.1.0", threads)),
        "uses threads of the component model, which this gateway does not run"
    );
}

/// A copy that stopped halfway says so wherever it stopped: in the middle of a section it is
/// truncated; between sections it either lacks the handler or lacks nothing but debug names.
#[test]
fn every_prefix_is_refused_or_whole() {
    let bytes = bot("0.1.0", "");
    let whole = inspect(&bytes).unwrap();
    for length in 1..bytes.len() {
        match inspect(&bytes[..length]) {
            Ok(mut found) => {
                found.size = whole.size;
                assert_eq!(found, whole, "cut after {length} bytes");
            }
            Err(InspectError::Truncated { size }) => assert_eq!(size, to_u64(length)),
            Err(error) => assert!(
                matches!(error, InspectError::OtherWorld { .. }),
                "cut after {length} bytes: {error}"
            ),
        }
    }
}

#[test]
fn nesting_has_a_bound() {
    let deep = format!("{}{}", "(component ".repeat(40), ")".repeat(40));
    assert_eq!(
        refusal(&wat::parse_str(deep).unwrap()),
        "has more levels of nesting than the 8 that are looked at"
    );
}

proptest! {
    #[test]
    fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let mut component = b"\0asm\x0d\0\x01\0".to_vec();
        component.extend(&bytes);
        let _ = inspect(&bytes);
        let _ = inspect(&component);
    }

    #[test]
    fn damaged_components_never_panic(
        damage in proptest::collection::vec((any::<proptest::sample::Index>(), any::<u8>()), 1..6)
    ) {
        let mut bytes = bot("0.1.0", "(component (core module (func) (memory 1)))");
        for (place, byte) in damage {
            let place = place.index(bytes.len());
            bytes[place] = byte;
        }
        let _ = inspect(&bytes);
    }
}
