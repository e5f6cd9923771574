//! The export macro: what the gateway asks of a component, answered by a bot.
//!
//! The macro leaves nothing in a bot's crate but the symbols that a component exports; `convert` turns
//! what comes in into the plain structs of this crate.

mod convert;
#[cfg(test)]
mod tests;

/// Makes a value the bot of this component.
///
/// The argument is an expression whose type implements [`Bot`](crate::Bot): the name of a unit
/// struct, or a call that makes the bot. It is evaluated anew for each call of the gateway, which
/// is not often: every call gets a fresh instance anyway. Write it once per component, outside any
/// function.
///
/// ```
/// use ravenry_sdk::{Bot, Query, Reply, Result};
///
/// struct Greeter {
///     greeting: String,
/// }
///
/// impl Greeter {
///     fn from_env() -> Self {
///         Self { greeting: std::env::var("GREETING").unwrap_or_else(|_| "Hello".to_owned()) }
///     }
/// }
///
/// impl Bot for Greeter {
///     fn respond(&self, query: &Query, reply: &mut Reply) -> Result {
///         write!(reply, "{}, {}!", self.greeting, query.last_text())
///     }
/// }
///
/// ravenry_sdk::export!(Greeter::from_env());
/// ```
///
/// What is not a bot is told so:
///
/// ```compile_fail,E0277
/// struct NotABot;
/// ravenry_sdk::export!(NotABot);
/// ```
///
/// On other targets than WebAssembly nothing is exported, so that the same crate can be tested
/// natively; the expression is still type-checked there.
#[macro_export]
macro_rules! export {
    ($bot:expr $(,)?) => {
        const _: () = {
            fn __call<T>(call: impl FnOnce(&dyn $crate::Bot) -> T) -> T {
                call(&$bot)
            }
            $crate::__export_component!(__call);
        };
    };
}

/// The part of [`export!`] that makes symbols.
#[cfg(target_family = "wasm")]
#[doc(hidden)]
#[macro_export]
macro_rules! __export_component {
    ($call:ident) => {
        struct __Component;
        impl $crate::__export::Guest for __Component {
            fn respond(
                query: $crate::__export::Query,
            ) -> ::core::result::Result<(), $crate::__export::Failure> {
                $call(|bot| $crate::__export::respond(bot, query))
            }
            fn settings() -> $crate::__export::BotSettings {
                $call(|bot| bot.settings().into())
            }
            fn on_feedback(feedback: $crate::__export::Feedback) {
                $call(|bot| bot.on_feedback(&feedback.into()));
            }
            fn on_reaction(reaction: $crate::__export::Reaction) {
                $call(|bot| bot.on_reaction(&reaction.into()));
            }
            fn on_error(report: $crate::__export::ErrorReport) {
                $call(|bot| bot.on_error(&report.into()));
            }
        }
        $crate::__export::export_symbols!(
            __Component with_types_in $crate::__export::bindings
        );
    };
}

/// The part of [`export!`] that makes symbols, where there are none to make.
#[cfg(not(target_family = "wasm"))]
#[doc(hidden)]
#[macro_export]
macro_rules! __export_component {
    ($call:ident) => {
        const _: fn() = || $call(|_| ());
    };
}

/// What the expansion of [`export!`] names. No part of the interface.
#[doc(hidden)]
pub mod glue {
    pub use crate::interface::bindings;
    #[cfg(target_family = "wasm")]
    pub use bindings::export_symbols;
    pub use bindings::exports::ravenry::bot::handler::Guest;
    pub use bindings::ravenry::bot::types::{
        BotSettings, ErrorReport, Failure, Feedback, Query, Reaction,
    };

    /// Answers one query of the gateway.
    #[cfg(target_family = "wasm")]
    pub fn respond(bot: &dyn crate::Bot, query: Query) -> Result<(), Failure> {
        use crate::{Reply, backend::Sink, current_query, failure::shown};

        let query = current_query::prepare(query.into(), bot.inserts_attachments());
        let result = bot.respond(&query, &mut Reply::new(Sink::new()));
        shown(result).map_err(Failure::from)
    }
}
