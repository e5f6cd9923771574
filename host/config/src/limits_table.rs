//! A table of limits in a file, of a bot or of the operator.

use toml_span::{Value, value::ValueInner};

use super::{
    limits::{self, Row, UnitKind},
    source_file::{TextFile, excerpt, nameable},
    toml_table::{Keys, kind},
    units,
};
use ravenry_base::report::Place;

/// A limit that a file sets.
pub(super) struct Asked {
    pub(super) row: &'static Row,
    pub(super) value: units::Value,
    pub(super) place: Place,
}

/// Reads a table of limits, of a bot or of the operator.
pub(super) fn asked(keys: Keys, file: &mut TextFile) -> Vec<Asked> {
    let within = keys.within();
    let mut asked = Vec::new();
    for (key, value) in keys.entries() {
        let Some(row) = limits::row(&key.name) else {
            let shown = nameable(&key.name)
                .map_or_else(String::new, |name| format!(" `{}`", excerpt(name)));
            file.wrong_but(
                key.span,
                format!("unknown limit{shown} {within}"),
                limits::advice(&key.name),
            );
            continue;
        };
        if let Some(value) = limit(row, value, &within, file) {
            asked.push(Asked {
                row,
                value,
                place: file.place(key.span),
            });
        }
    }
    asked
}

/// Reads the value of a limit: text with a unit, or for a count a bare number.
pub(super) fn limit(
    row: &Row,
    mut value: Value<'_>,
    within: &str,
    file: &mut TextFile,
) -> Option<units::Value> {
    let name = row.name;
    let text = match (value.take(), row.kind) {
        (ValueInner::String(text), _) => text.into_owned(),
        (ValueInner::Integer(number), UnitKind::Count) => number.to_string(),
        (ValueInner::Integer(_), _) => {
            let hint = format!("write `{name} = \"{}\"`, or what you mean", row.default);
            file.wrong_but(value.span, format!("`{name}` {within} needs a unit"), hint);
            return None;
        }
        (other, kind_wanted) => {
            file.wrong(
                value.span,
                format!(
                    "`{name}` {within} must be {}, not {}",
                    kind_wanted.example(),
                    kind(&other)
                ),
            );
            return None;
        }
    };
    row.parse(&text)
        .map_err(|error| file.wrong(value.span, format!("`{name}` {within} {error}")))
        .ok()
}
