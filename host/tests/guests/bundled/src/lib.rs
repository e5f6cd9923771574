//! Says what is packed behind its code: all of it, or the part that it is asked for (`OFFSET LENGTH`).

#[allow(missing_docs, clippy::all, reason = "generated from the WIT")]
mod bindings {
    wit_bindgen::generate!({
        path: "../../../../wit",
        inline: "
            package test:bundled;
            world bundled {
                include ravenry:bot/bot@0.1.0;
                import ravenry:bot/bundle@0.1.0;
            }
        ",
        world: "test:bundled/bundled",
        generate_all,
    });
}

use bindings::{
    exports::ravenry::bot::handler::Guest,
    ravenry::bot::{bundle, reply, types},
};

struct Bundled;

impl Guest for Bundled {
    fn respond(query: types::Query) -> Result<(), types::Failure> {
        let asked = query.messages.last().map_or("", |message| &message.content);
        let mut numbers = asked.split(' ').map_while(|word| word.parse::<u64>().ok());
        let (offset, length) = match (numbers.next(), numbers.next()) {
            (Some(offset), Some(length)) => (offset, length),
            _ => (0, bundle::size()),
        };
        let length = u32::try_from(length).unwrap_or(u32::MAX);
        let bytes = bundle::read(offset, length);
        let _ = reply::text(&format!(
            "{} of {}: {}",
            bytes.len(),
            bundle::size(),
            String::from_utf8_lossy(&bytes)
        ));
        Ok(())
    }

    fn settings() -> types::BotSettings {
        types::BotSettings {
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

    fn on_feedback(_: types::Feedback) {}

    fn on_reaction(_: types::Reaction) {}

    fn on_error(_: types::ErrorReport) {}
}

bindings::export!(Bundled with_types_in bindings);
