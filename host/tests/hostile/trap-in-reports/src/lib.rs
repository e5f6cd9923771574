//! Answers queries; traps in everything else.

struct Bot;

impl raw::Odd for Bot {
    fn respond(_: raw::Query) -> Result<(), raw::Failure> {
        let _ = raw::reply::text("I answer");
        Ok(())
    }

    fn settings() -> raw::Settings {
        core::arch::wasm32::unreachable()
    }

    fn on_feedback(_: raw::Feedback) {
        core::arch::wasm32::unreachable()
    }

    fn on_reaction(_: raw::Reaction) {
        core::arch::wasm32::unreachable()
    }

    fn on_error(_: raw::ErrorReport) {
        core::arch::wasm32::unreachable()
    }
}

raw::export!(Bot);
