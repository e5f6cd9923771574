//! Speaks where there is no reply to speak in; prints how the calls went.

use raw::{reply, word};

struct Bot;

impl raw::Odd for Bot {
    fn respond(_: raw::Query) -> Result<(), raw::Failure> {
        Ok(())
    }

    fn settings() -> raw::Settings {
        println!("text in settings: {}", word(&reply::text("hello")));
        println!(
            "event in settings: {}",
            word(&reply::event("text", r#"{"text":"hello"}"#))
        );
        raw::no_settings()
    }
}

raw::export!(Bot);
