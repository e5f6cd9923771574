//! Shows tools: a function of the bot that a language model calls when it needs it.

use ravenry_sdk::serde_json::{Value, json};
use ravenry_sdk::tools::{Tool, Toolbox};
use ravenry_sdk::{Bot, Query, Reply, Result, Settings, poe};

#[cfg(test)]
mod tests;

/// Who is asked. Twice where it calls the tool: the second time with what came of it.
const MODEL: &str = "GPT-3.5-Turbo";

/// What this bot knows of the weather: where, and how warm. In whatever unit one likes.
const WEATHER: [(&str, &str); 3] = [("Tokyo", "11"), ("San Francisco", "72"), ("Paris", "22")];

/// A language model that knows the weather.
pub struct Weather;

impl Bot for Weather {
    fn respond(&self, _: &Query, reply: &mut Reply) -> Result {
        let toolbox = Toolbox::new().tool(tool(), current_weather);
        toolbox.relay(&poe::ask(MODEL), reply)?;
        Ok(())
    }

    fn settings(&self) -> Settings {
        Settings::default().calls(MODEL, 2)
    }
}

fn tool() -> Tool {
    Tool::new(
        "get_current_weather",
        "The weather that a place has now",
        json!({
            "type": "object",
            "properties": {
                "location": {
                    "type": "string",
                    "description": "A city, and its state where it has one: San Francisco, CA",
                },
                "unit": { "type": "string", "enum": ["celsius", "fahrenheit"] },
            },
            "required": ["location"],
        }),
    )
}

/// What the tool does: arguments in, weather out.
fn current_weather(arguments: &Value) -> Value {
    let Some(location) = arguments.get("location").and_then(Value::as_str) else {
        return json!({ "error": "`location` is missing" });
    };
    let unit = arguments.get("unit").and_then(Value::as_str);
    let wanted = location.to_lowercase();
    let known = WEATHER
        .iter()
        .find(|(city, _)| wanted.contains(&city.to_lowercase()));
    match known {
        Some((city, temperature)) => json!({
            "location": city,
            "temperature": temperature,
            "unit": unit.unwrap_or("fahrenheit"),
        }),
        None => json!({ "location": location, "temperature": "unknown" }),
    }
}

ravenry_sdk::export!(Weather);
