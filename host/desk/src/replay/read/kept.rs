//! The tables `[store]` and `store` of a turn.

use toml_span::{Span, Value, value::ValueInner};

use super::{KeptEntry, KeptPart, ScriptStore};
use crate::replay::{
    kept::{self, BUCKETS, Kept},
    value,
};
use ravenry_config::{
    source_file::TextFile,
    toml_table::{Keys, kind},
};

const HINT: &str = "write what JSON it is, { text = \"…\" }, { base64 = \"…\" }, { json = '…' } or { gone = true }";

/// What is there before the first turn.
pub(super) fn before(keys: &mut Keys<'_>, file: &mut TextFile) -> Kept {
    let mut before = Kept::new();
    for entry in expected(keys, "store", file).entries {
        match entry.expected {
            Some(bytes) => drop(before.insert(entry.key, bytes)),
            None => file.wrong_but(
                entry.span,
                "nothing is gone before the first turn",
                "leave the key out",
            ),
        }
    }
    before
}

/// What is to be there after a turn, if it says so.
pub(super) fn after(keys: &mut Keys<'_>, file: &mut TextFile) -> Option<ScriptStore> {
    let is_said = !keys.has_no("store");
    let store = expected(keys, "turn.store", file);
    is_said.then_some(store)
}

fn expected(keys: &mut Keys<'_>, path: &str, file: &mut TextFile) -> ScriptStore {
    let mut store = ScriptStore::default();
    let Some(table) = keys.take("store") else {
        return store;
    };
    let span = table.span;
    let Some(mut buckets) = Keys::open(table, path.to_owned(), file) else {
        return store;
    };
    let mut is_empty = true;
    for bucket in BUCKETS {
        let Some(table) = buckets.take(bucket) else {
            continue;
        };
        is_empty = false;
        let (path, span) = (format!("{path}.{bucket}"), table.span);
        let entries = Keys::open(table, path, file).map(Keys::entries);
        let entries = entries.unwrap_or_default();
        if entries.is_empty() {
            store.unchanged.push(part(Some(bucket), span, file));
        }
        for (key, value) in entries {
            store
                .entries
                .extend(entry((bucket, key.name.into_owned()), value, file));
        }
    }
    buckets.finish(file);
    if is_empty {
        store.unchanged.push(part(None, span, file));
    }
    store
}

fn part(bucket: Option<&'static str>, span: Span, file: &TextFile) -> KeptPart {
    KeptPart {
        bucket,
        line: file.place(span).line,
        span,
    }
}

fn entry(
    key: (&'static str, String),
    mut value: Value<'_>,
    file: &mut TextFile,
) -> Option<KeptEntry> {
    let span = value.span;
    let inner = value.take();
    if let ValueInner::Float(number) = &inner
        && !number.is_finite()
    {
        file.wrong_but(span, "JSON has no such number", HINT);
        return None;
    }
    let what = kind(&inner);
    match kept::read(&value::json(Value::with_span(inner, span))) {
        Ok(expected) => Some(KeptEntry {
            key,
            expected,
            line: file.place(span).line,
            span,
            is_text: what == "text",
        }),
        Err(message) => {
            file.wrong_but(span, message, HINT);
            None
        }
    }
}
