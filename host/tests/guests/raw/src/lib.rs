//! The bare WIT bindings, for guests that do what the SDK would not let them do.
//!
//! Nothing here comes from the SDK: the gateway is tested against the interface itself.

pub use serde_json;
pub use wasip2;

#[allow(missing_docs, clippy::all, reason = "generated from the WIT")]
pub mod bindings {
    wit_bindgen::generate!({
        path: "../../../../wit",
        world: "bot",
        pub_export_macro: true,
        export_macro_name: "export_bindings",
        default_bindings_module: "raw::bindings",
        generate_all,
    });
}

pub use bindings::exports::ravenry::bot::handler::Guest;
pub use bindings::ravenry::bot::{reply, request, types};
pub use types::{BotSettings as Settings, ErrorReport, Failure, Feedback, Query, Reaction};

/// One bot; only `respond` must be written.
pub trait Odd {
    /// Answers one query.
    fn respond(query: Query) -> Result<(), Failure>;

    /// The settings: nothing is said about anything.
    fn settings() -> Settings {
        no_settings()
    }

    /// Ignores feedback.
    fn on_feedback(_: Feedback) {}

    /// Ignores reactions.
    fn on_reaction(_: Reaction) {}

    /// Ignores error reports.
    fn on_error(_: ErrorReport) {}
}

/// Settings in which every member is left out.
pub fn no_settings() -> Settings {
    Settings {
        server_bot_dependencies: Vec::new(),
        allow_attachments: None,
        expand_text_attachments: None,
        enable_image_comprehension: None,
        introduction_message: None,
        enforce_author_role_alternation: None,
        enable_multi_entity_prompting: None,
        rate_card: None,
        cost_label: None,
        parameter_controls: None,
        extra: None,
    }
}

/// What the person said last; empty where nobody said anything.
pub fn last_text(query: &Query) -> &str {
    query
        .messages
        .last()
        .map_or("", |message| message.content.as_str())
}

/// How a call of `reply` went, in a word.
pub fn word(result: &Result<(), reply::Stopped>) -> String {
    match result {
        Ok(()) => "ok".into(),
        Err(reply::Stopped::TooLong) => "too-long".into(),
        Err(reply::Stopped::Ended) => "ended".into(),
        Err(reply::Stopped::Gone) => "gone".into(),
        Err(reply::Stopped::Invalid(why)) => format!("invalid: {why}"),
        Err(reply::Stopped::Other(why)) => format!("other: {why}"),
    }
}

/// Makes a type with [`Odd`] the bot of the crate that calls this.
#[macro_export]
macro_rules! export {
    ($bot:ident) => {
        struct Exported;
        impl $crate::Guest for Exported {
            fn respond(query: $crate::Query) -> Result<(), $crate::Failure> {
                <$bot as $crate::Odd>::respond(query)
            }
            fn settings() -> $crate::Settings {
                <$bot as $crate::Odd>::settings()
            }
            fn on_feedback(feedback: $crate::Feedback) {
                <$bot as $crate::Odd>::on_feedback(feedback)
            }
            fn on_reaction(reaction: $crate::Reaction) {
                <$bot as $crate::Odd>::on_reaction(reaction)
            }
            fn on_error(report: $crate::ErrorReport) {
                <$bot as $crate::Odd>::on_error(report)
            }
        }
        $crate::bindings::export_bindings!(Exported with_types_in $crate::bindings);
    };
}
