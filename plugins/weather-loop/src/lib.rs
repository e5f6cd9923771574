//! Shows a loop of tool calls: as many rounds as a language model needs, real requests to the web, and
//! hidden data that brings the calls back in the next query.

use ravenry_sdk::serde_json::{self, Value, json};
use ravenry_sdk::tools::{Tool, Toolbox, Turn};
use ravenry_sdk::{Bot, Message, Query, Reply, Result, Settings, http, poe};

#[cfg(test)]
mod tests;

/// Who is asked.
const MODEL: &str = "GPT-4o";

/// Most questions of one reply; the last offers no tools, so that it must be an answer.
const QUESTIONS_MAX: u32 = 10;

/// Where the weather comes from, unless the manifest names another server in `OPEN_METEO_URL`.
const OPEN_METEO: &str = "https://api.open-meteo.com";

/// Most bytes of a weather report; they have about 500.
const REPORT_BYTES_MAX: usize = 64 * 1024;

/// A language model that looks up the weather as often as it likes.
pub struct WeatherLoop;

impl Bot for WeatherLoop {
    fn respond(&self, query: &Query, reply: &mut Reply) -> Result {
        let toolbox = Toolbox::new().tool(tool(), temperature);
        let mut messages = unfolded(&query.messages);
        let known = messages.len();
        for question in 1..=QUESTIONS_MAX {
            let mut ask = poe::ask(MODEL).messages(&messages);
            if question < QUESTIONS_MAX {
                ask = ask.tools(toolbox.tools());
            }
            let turn = Turn::read(&mut ask.start()?, |event| reply.pass_on(event))?;
            if turn.calls.is_empty() {
                break;
            }
            let results = toolbox.execute(&turn.calls);
            messages.push(Message::tool_calls(&turn.calls));
            messages.push(Message::tool_results(&results));
        }
        let new: Value = messages.iter().skip(known).map(Message::to_json).collect();
        reply.data(new.to_string())
    }

    fn settings(&self) -> Settings {
        Settings::default().calls(MODEL, QUESTIONS_MAX)
    }
}

/// The conversation with the tool calls of earlier replies, each before the reply that they led to.
fn unfolded(messages: &[Message]) -> Vec<Message> {
    let mut unfolded = Vec::new();
    for message in messages {
        let mut message = message.clone();
        // What cannot be read was not written by this version of the bot, and nobody misses it.
        let earlier = message.metadata.take();
        let earlier = earlier.and_then(|text| serde_json::from_str::<Vec<Message>>(&text).ok());
        unfolded.extend(earlier.unwrap_or_default());
        unfolded.push(message);
    }
    unfolded
}

fn tool() -> Tool {
    Tool::new(
        "get_weather",
        "The temperature at these coordinates now, in degrees Celsius",
        json!({
            "type": "object",
            "properties": {
                "latitude": { "type": "number" },
                "longitude": { "type": "number" },
            },
            "required": ["latitude", "longitude"],
            "additionalProperties": false,
        }),
    )
    .strict()
}

/// What the tool does. The model hears of what goes wrong, and decides what to make of it.
fn temperature(arguments: &Value) -> Value {
    let degrees = |name: &str, most: f64| {
        let degrees = arguments.get(name).and_then(Value::as_f64);
        degrees.filter(|degrees| degrees.abs() <= most)
    };
    let (Some(latitude), Some(longitude)) =
        (degrees("latitude", 90.0), degrees("longitude", 180.0))
    else {
        return json!({ "error": "`latitude` is -90 to 90, and `longitude` -180 to 180" });
    };
    match report(latitude, longitude) {
        Ok(report) => report
            .pointer("/current/temperature_2m")
            .cloned()
            .unwrap_or_else(|| json!({ "error": "the weather service gave no temperature" })),
        Err(error) => {
            log(&format!("no weather at {latitude}, {longitude}: {error}"));
            json!({ "error": "the weather service did not answer" })
        }
    }
}

fn report(latitude: f64, longitude: f64) -> Result<Value, http::HttpError> {
    let server = std::env::var("OPEN_METEO_URL").unwrap_or_else(|_| OPEN_METEO.to_owned());
    let server = server.trim_end_matches('/');
    let place = format!("latitude={latitude}&longitude={longitude}");
    http::get(format!(
        "{server}/v1/forecast?{place}&current=temperature_2m"
    ))
    .send()?
    .ok()?
    .json(REPORT_BYTES_MAX)
}

#[expect(clippy::print_stdout, reason = "what a bot prints is its log")]
fn log(line: &str) {
    println!("{line}");
}

ravenry_sdk::export!(WeatherLoop);
