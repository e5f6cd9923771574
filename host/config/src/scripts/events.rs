//! The steps of a reply: tables with one key that says what each is.

use toml_span::{Value, value::ValueInner};

use super::{
    super::{
        limits::Value as Limit,
        source_file::TextFile,
        toml_table::{Keys, kind},
        units::UnitKind,
    },
    Line,
};

/// Steps of one reply.
const EVENTS_MAX: usize = 10_000;

/// Depth of the arguments of a tool.
const DEPTH_MAX: u32 = 32;

/// What a step can be.
const STEPS: [&str; 8] = [
    "text", "replace", "suggest", "data", "file", "error", "call", "pause",
];

/// Whether any step stands in a table.
pub(super) fn stands(keys: &Keys) -> bool {
    STEPS.iter().any(|step| !keys.has_no(step))
}

/// Takes a list of steps.
pub(super) fn list(keys: &mut Keys, file: &mut TextFile) -> Vec<Line> {
    let (within, path) = (keys.within(), keys.path_of("events"));
    let Some(mut value) = keys.take("events") else {
        return Vec::new();
    };
    match value.take() {
        ValueInner::Array(items) if items.len() <= EVENTS_MAX => items
            .into_iter()
            .filter_map(|item| {
                let mut keys = Keys::open(item, path.clone(), file)?;
                let line = line(&mut keys, file);
                keys.finish(file);
                line
            })
            .collect(),
        ValueInner::Array(_) => {
            let message = format!("`events` {within} has more than {EVENTS_MAX} entries");
            file.wrong(value.span, message);
            Vec::new()
        }
        other => {
            let message = format!("`events` {within} must be a list, not {}", kind(&other));
            file.wrong(value.span, message);
            Vec::new()
        }
    }
}

/// Takes the one step that stands in a table.
pub(super) fn line(keys: &mut Keys, file: &mut TextFile) -> Option<Line> {
    let given: Vec<&str> = STEPS
        .into_iter()
        .filter(|step| !keys.has_no(step))
        .collect();
    let within = keys.within();
    match given.as_slice() {
        [_] => {}
        [] => {
            let known = STEPS.map(|step| format!("`{step}`")).join(", ");
            let hint = format!("write one of {known}");
            file.wrong_but(keys.span, format!("nothing is said {within}"), hint);
        }
        [first, second, ..] => {
            let message = format!("`{first}` and `{second}` both stand {within}");
            let hint = "write each into a table of its own in `events`";
            file.wrong_but(keys.span_of(second).unwrap_or(keys.span), message, hint);
        }
    }
    let mut text = |step| keys.string(step, file).map(|(text, _)| text);
    let plain = [text("text"), text("replace"), text("suggest"), text("data")];
    let pause = pause(keys, file);
    let failed = keys.string("error", file).map(|(text, _)| text);
    let again = keys.boolean("allow_retry", file);
    let error = failed.map(|text| Line::Error(text, again.is_none_or(|(again, _)| again)));
    let attached = attached(keys, file);
    let call = call(keys, file);
    let [text, replace, suggest, data] = plain;
    text.map(Line::Text)
        .or(replace.map(Line::Replace))
        .or(suggest.map(Line::Suggest))
        .or(data.map(Line::Data))
        .or(pause)
        .or(error)
        .or(attached)
        .or(call)
}

fn pause(keys: &mut Keys, file: &mut TextFile) -> Option<Line> {
    let within = keys.within();
    let (text, span) = keys.string("pause", file)?;
    match UnitKind::Duration.parse(&text) {
        Ok(Limit::Duration(time)) => Some(Line::Pause(time)),
        Ok(_) => None,
        Err(error) => {
            file.wrong(span, format!("`pause` {within} {error}"));
            None
        }
    }
}

fn attached(keys: &mut Keys, file: &mut TextFile) -> Option<Line> {
    let mut keys = keys.table("file", file)?;
    let mut text = |key| required(&mut keys, key, file);
    let (url, name, content_type) = (text("url"), text("name"), text("content_type"));
    keys.finish(file);
    Some(Line::File {
        url: url?,
        name: name?,
        content_type: content_type?,
    })
}

fn call(keys: &mut Keys, file: &mut TextFile) -> Option<Line> {
    let mut keys = keys.table("call", file)?;
    let name = required(&mut keys, "name", file);
    let within = keys.within();
    let arguments = match keys.take("arguments") {
        None => Some(serde_json::Value::Object(serde_json::Map::new())),
        Some(value) => {
            let span = value.span;
            let arguments = json(value, DEPTH_MAX);
            let arguments = arguments.filter(serde_json::Value::is_object);
            if arguments.is_none() {
                let message = format!("`arguments` {within} must be a table that JSON can say");
                file.wrong(span, message);
            }
            arguments
        }
    };
    keys.finish(file);
    Some(Line::Call(name?, arguments?))
}

fn required(keys: &mut Keys, key: &'static str, file: &mut TextFile) -> Option<String> {
    let (within, span, absent) = (keys.within(), keys.span, keys.has_no(key));
    let text = keys.string(key, file).map(|(text, _)| text);
    if absent {
        file.wrong(span, format!("`{key}` is missing {within}"));
    }
    text
}

/// The same value as JSON; nothing for what JSON cannot say.
fn json(mut value: Value, depth: u32) -> Option<serde_json::Value> {
    let depth = depth.checked_sub(1)?;
    Some(match value.take() {
        ValueInner::String(text) => serde_json::Value::from(text.into_owned()),
        ValueInner::Integer(number) => serde_json::Value::from(number),
        ValueInner::Float(number) => serde_json::Number::from_f64(number)?.into(),
        ValueInner::Boolean(truth) => serde_json::Value::from(truth),
        ValueInner::Array(items) => {
            let items = items.into_iter().map(|item| json(item, depth));
            serde_json::Value::Array(items.collect::<Option<_>>()?)
        }
        ValueInner::Table(table) => {
            let mut entries: Vec<_> = table.into_iter().collect();
            entries.sort_by_key(|(key, _)| key.span.start);
            let member = |(key, value): (toml_span::value::Key, Value)| {
                Some((key.name.into_owned(), json(value, depth)?))
            };
            let members: Option<serde_json::Map<_, _>> = entries.into_iter().map(member).collect();
            serde_json::Value::Object(members?)
        }
    })
}
