//! The table of limits: whole, and the one source of everything that is said about limits.

use super::*;

/// A limit without a row would be 0 for ever; a row that sets another field would set two.
#[test]
fn every_field_has_its_own_row() {
    // Adding a field breaks this pattern: add its row, too.
    let Limits {
        cpu,
        cpu_refill,
        wall_time,
        memory,
        live_memory,
        running,
        queue,
        queue_wait,
        body,
        text,
        events,
        log,
        log_line,
        outbound,
        outbound_body,
        ask_depth,
        asks,
        uploads,
        upload,
        attachment,
        store,
        store_keys,
        store_value,
        store_operations,
    } = Limits::default();
    let by_field = [
        Value::Duration(cpu),
        Value::Duration(cpu_refill),
        Value::Duration(wall_time),
        Value::Bytes(memory),
        Value::Bytes(live_memory),
        Value::Count(running.into()),
        Value::Count(queue.into()),
        Value::Duration(queue_wait),
        Value::Bytes(body),
        Value::Count(text),
        Value::Count(events),
        Value::Bytes(log),
        Value::Bytes(log_line),
        Value::Count(outbound.into()),
        Value::Bytes(outbound_body),
        Value::Count(ask_depth.into()),
        Value::Count(asks.into()),
        Value::Count(uploads.into()),
        Value::Bytes(upload),
        Value::Bytes(attachment),
        Value::Bytes(store),
        Value::Count(store_keys.into()),
        Value::Bytes(store_value),
        Value::Count(store_operations.into()),
    ];
    for (row, value) in ROWS.iter().zip(by_field) {
        assert_eq!(row.default, value, "{}", row.name);
        let mut changed = Limits::default();
        (row.set)(&mut changed, row.kind.most());
        let moved: Vec<_> = ROWS
            .iter()
            .filter(|row| (row.get)(&changed) != row.default)
            .map(|row| row.name)
            .collect();
        assert_eq!(moved, [row.name]);
    }
}

/// The table of limits as its page shows it.
fn markdown_table() -> String {
    let mut table =
        "| limit | default | what it limits | why this default |\n|---|---|---|---|\n".to_owned();
    for row in &ROWS {
        let line = format!(
            "| `{}` | {} | {} | {} |\n",
            row.name, row.default, row.doc, row.reason
        );
        table.push_str(&line);
    }
    table
}

#[test]
fn the_page_about_limits_shows_this_table() {
    let page = include_str!("../../../docs/limits.md");
    let table = markdown_table();
    assert!(
        page.contains(&table),
        "host/docs/limits.md must contain:\n{table}"
    );
}

#[test]
fn the_defaults_are_those_that_are_promised() {
    let defaults: Vec<_> = ROWS
        .iter()
        .map(|row| format!("{}={}", row.name, row.default))
        .collect();
    assert_eq!(
        defaults.join(" "),
        "cpu=2s cpu_refill=100ms wall_time=1h memory=64MiB live_memory=1GiB running=512 queue=256 queue_wait=4s \
         body=16MiB text=512000 events=10000 log=64KiB log_line=8KiB outbound=8 outbound_body=64MiB ask_depth=5 asks=8 \
         uploads=20 upload=50MB attachment=50MB store=64MiB store_keys=100000 store_value=1MiB store_operations=1000"
    );
}

#[test]
fn help_has_one_line_for_each_limit() {
    assert_eq!(help().lines().count(), ROWS.len());
    assert_eq!(
        help().lines().nth(7),
        Some("queue_wait       4s       longest wait for a place")
    );
}

#[test]
fn a_limit_is_set_by_its_name() {
    let mut limits = Limits::default();
    for (name, text) in [
        ("memory", "32MiB"),
        ("queue_wait", "2s"),
        ("running", "7"),
        ("queue", "0"),
        ("log", "0"),
        ("cpu_refill", "0"),
    ] {
        limits.set(name, text).unwrap();
    }
    let expected = Limits {
        memory: 32 << 20,
        queue_wait: Duration::from_secs(2),
        running: 7,
        queue: 0,
        log: 0,
        cpu_refill: Duration::ZERO,
        ..Limits::default()
    };
    assert_eq!(limits, expected);
}

#[test]
fn a_limit_that_cannot_be_set_says_why() {
    for (name, text, error) in [
        (
            "memmory",
            "1MiB",
            "unknown limit `memmory`; did you mean `memory`?",
        ),
        (
            "queue-wait",
            "1s",
            "unknown limit `queue-wait`; did you mean `queue_wait`?",
        ),
        (
            "memory",
            "64",
            "`memory` must be a size with its unit, such as \"64MiB\"",
        ),
        ("memory", "0B", "`memory` must be more than 0"),
        ("memory", "2TiB", "`memory` must be at most 1TiB"),
        ("running", "0", "`running` must be more than 0"),
        (
            "running",
            "-1",
            "`running` must be a whole number, such as 512",
        ),
        (
            "running",
            "4294967296",
            "`running` must be at most 1000000000",
        ),
        ("cpu", "0s", "`cpu` must be more than 0"),
        (
            "cpu",
            "",
            "`cpu` must be a time with its unit, such as \"2s\" or \"500ms\"",
        ),
    ] {
        let mut limits = Limits::default();
        assert_eq!(limits.set(name, text), Err(error.to_owned()));
        assert_eq!(
            limits,
            Limits::default(),
            "a refused value changed something"
        );
    }
    let error = Limits::default().set("nonsense", "1").unwrap_err();
    assert!(
        error.starts_with("unknown limit `nonsense`; there are `cpu`, ")
            && error.ends_with("`store_operations`"),
        "{error}"
    );
}

#[test]
fn narrowing_names_what_is_above() {
    let ceiling = Limits::default();
    let asked = Limits {
        memory: 65 << 20,
        running: 512,
        cpu: Duration::from_millis(2001),
        ..Limits::default()
    };
    let named: Vec<_> = asked
        .narrow(&ceiling)
        .into_iter()
        .map(|one| format!("{} {} > {}", one.name, one.asked, one.allowed))
        .collect();
    assert_eq!(named, ["cpu 2s 1ms > 2s", "memory 65MiB > 64MiB"]);
    assert_eq!(asked.at_most(&ceiling), ceiling);
    assert_eq!(ceiling.at_least(&asked), asked);
    assert_eq!(ceiling.narrow(&Limits::widest()), []);
}
