//! What bots print, and why their replies failed, kept for the command that runs them as a test.

use std::{
    fmt::{Debug, Write as _},
    sync::Arc,
};

use parking_lot::Mutex;
use tracing::{
    Event, Level, Metadata, Subscriber,
    field::{Field, Visit},
};
use tracing_subscriber::{
    Layer,
    filter::{FilterFn, filter_fn},
    layer::Context,
};

/// Texts of records that are kept at most, in bytes; what comes then is left out.
const BYTES_MAX: usize = 256 * 1024;

/// The texts of records about bots since they were last taken. Clones share them.
#[derive(Clone, Debug, Default)]
pub struct Overheard(Arc<Mutex<Vec<String>>>);

impl Overheard {
    /// What has come since the last time: a text for each record, with its lines.
    pub fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.0.lock())
    }

    /// What is kept: all that bots print, and replies that ended badly.
    pub(super) fn filter() -> FilterFn<fn(&Metadata<'_>) -> bool> {
        filter_fn(|about: &Metadata<'_>| match about.target() {
            "bot" => *about.level() <= Level::INFO,
            "query" => *about.level() <= Level::WARN,
            _ => false,
        })
    }
}

impl<S: Subscriber> Layer<S> for Overheard {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let mut text = Text::default();
        event.record(&mut text);
        // Of the end of a reply, the log alone has the reason; what else is in it says nothing here.
        let text = match event.metadata().target() {
            "query" => text.detail,
            _ => Some(text.message),
        };
        let mut kept = self.0.lock();
        let bytes: usize = kept.iter().map(String::len).sum();
        kept.extend(text.filter(|text| bytes.saturating_add(text.len()) <= BYTES_MAX));
    }
}

/// The parts of a record that are kept.
#[derive(Default)]
struct Text {
    message: String,
    detail: Option<String>,
}

impl Visit for Text {
    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == "detail" {
            self.detail = Some(value.to_owned());
        }
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        if field.name() == "message" {
            // A `String` takes all that is written.
            let _ = write!(self.message, "{value:?}");
        }
    }
}
