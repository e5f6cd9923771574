//! Puts three million letters where nobody looks for text: into the type of an error, which it says or
//! returns, or into one member of a file, as the last message wishes; and into its settings.

struct Bot;

fn failure(word: String) -> raw::Failure {
    raw::Failure {
        text: Some("no".into()),
        allow_retry: false,
        error_type: Some(word),
    }
}

impl raw::Odd for Bot {
    fn respond(query: raw::Query) -> Result<(), raw::Failure> {
        let huge = "x".repeat(3_000_000);
        let mut file = raw::types::FileEvent {
            url: "https://example.com/a".into(),
            content_type: "text/plain".into(),
            name: "a".into(),
            inline_ref: None,
        };
        match raw::last_text(&query) {
            "return" => return Err(failure(huge)),
            "say" => {
                let _ = raw::reply::error(&failure(huge));
                return Ok(());
            }
            "say by name" => {
                // As long as the object of an event may be.
                let data = format!(
                    "{{\"text\":\"no\",\"allow_retry\":false,\"error_type\":\"{}\"}}",
                    &huge[..200_000]
                );
                let _ = raw::reply::event("error", &data);
                return Ok(());
            }
            "url" => file.url = huge,
            "type" => file.content_type = huge,
            "name" => file.name = huge,
            _ => file.inline_ref = Some(huge),
        }
        println!("{}", raw::word(&raw::reply::file(&file)));
        Ok(())
    }

    fn settings() -> raw::Settings {
        raw::Settings {
            introduction_message: Some("x".repeat(3_000_000)),
            ..raw::no_settings()
        }
    }
}

raw::export!(Bot);
