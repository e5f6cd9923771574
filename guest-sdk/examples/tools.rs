//! Lets a language model look up the weather.

use ravenry_sdk::serde_json::{Value, json};
use ravenry_sdk::tools::{Tool, Toolbox};
use ravenry_sdk::{Bot, Query, Reply, Result, Settings, poe};

/// Who is asked.
const MODEL: &str = "GPT-4o";

struct Weather;

impl Bot for Weather {
    fn respond(&self, _: &Query, reply: &mut Reply) -> Result {
        let toolbox = Toolbox::new().tool(definition(), weather);
        // Asks; does what the model wants done; asks again with the results.
        toolbox.relay(&poe::ask(MODEL), reply)?;
        Ok(())
    }

    fn settings(&self) -> Settings {
        Settings::default().calls(MODEL, 2)
    }
}

fn definition() -> Tool {
    let schema = json!({
        "type": "object",
        "properties": { "place": { "type": "string", "description": "A city." } },
        "required": ["place"],
        "additionalProperties": false,
    });
    Tool::new("weather", "The temperature in a city, in °C.", schema).strict()
}

fn weather(arguments: &Value) -> Value {
    match arguments.get("place").and_then(Value::as_str) {
        Some("Paris") => json!({ "celsius": 22 }),
        Some("Tokyo") => json!({ "celsius": 11 }),
        _ => json!({ "error": "unknown place" }),
    }
}

ravenry_sdk::export!(Weather);

#[cfg(test)]
mod tests {
    use super::*;
    use ravenry_sdk::testing::{Scene, Script};
    use ravenry_sdk::tools::ToolCall;

    #[test]
    fn the_model_is_told_the_temperature() {
        let call = ToolCall {
            id: "call-1".to_owned(),
            kind: "function".to_owned(),
            name: "weather".to_owned(),
            arguments: r#"{"place": "Paris"}"#.to_owned(),
        };
        let scene = Scene::default()
            .bot(MODEL, Script::new().tool_calls(&[call]))
            .bot(MODEL, "22 °C.");
        let transcript = scene.ask(&Weather, "How warm is it in Paris?");
        assert_eq!(transcript.text(), "22 °C.");
        let result = &transcript.asked[1].body["tool_results"][0]["content"];
        assert_eq!(result, r#"{"celsius":22}"#);
    }
}
