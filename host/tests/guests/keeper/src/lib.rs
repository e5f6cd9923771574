//! Does with the store what the steps of the last message say, a JSON list of lists, and says what came of each
//! as a line of JSON: `{"ok": …}` or `{"error": …}`.
//!
//! - `["open", BUCKET]`;
//! - `["get", BUCKET, KEY]`, `["set", BUCKET, KEY, VALUE]`, `["delete", …]`, `["exists", …]`: `VALUE` is a text, or
//!   a number of zeros;
//! - `["keys", BUCKET, CURSOR]`: `CURSOR` is a text or null;
//! - `["add", BUCKET, KEY, NUMBER]`: increments; `["swap", BUCKET, KEY, VALUE]`: looks, and swaps;
//! - `["stale", BUCKET, KEY, VALUE]`: looks, sets the key to something else, and swaps;
//! - `["get-many", BUCKET, [KEY, …]]`, `["set-many", BUCKET, [[KEY, VALUE], …]]`, `["delete-many", …]`;
//! - `["fill", BUCKET, PREFIX, COUNT, VALUE]`: sets so many keys, until one is refused;
//! - `["times", COUNT, STEP]`: does a step so often, and says the last;
//! - `["wait", MILLISECONDS]`;
//! - `["spin"]`: computes for ever.
//!
//! Its settings introduce it with what opening each bucket gives there; what is reported to it is kept in `user`.

#![expect(
    clippy::disallowed_methods,
    reason = "a bot has its instance to itself and may sleep"
)]

use raw::{
    bindings::wasi::keyvalue::{
        atomics::{self, Cas, CasError},
        batch,
        store::{self, Bucket, Error},
    },
    reply,
    serde_json::{Value, json},
};

struct Bot;

fn text(value: Option<&Value>) -> &str {
    value.and_then(Value::as_str).unwrap_or_default()
}

fn bytes(value: Option<&Value>) -> Vec<u8> {
    match value {
        Some(Value::Number(zeros)) => vec![b'0'; zeros.as_u64().unwrap_or(0) as usize],
        other => text(other).as_bytes().to_vec(),
    }
}

fn shown(bytes: Option<Vec<u8>>) -> Value {
    match bytes {
        None => Value::Null,
        Some(bytes) if bytes.len() > 4096 => json!(bytes.len()),
        Some(bytes) => json!(String::from_utf8_lossy(&bytes)),
    }
}

fn word(error: Error) -> String {
    match error {
        Error::NoSuchStore => "no-such-store".to_owned(),
        Error::AccessDenied => "access-denied".to_owned(),
        Error::Other(why) => why,
    }
}

fn swap(cas: Cas, value: &[u8]) -> Result<Value, Error> {
    match atomics::swap(cas, value) {
        Ok(()) => Ok(json!("swapped")),
        Err(CasError::CasFailed(now)) => Ok(json!({ "now": shown(now.current()?) })),
        Err(CasError::StoreError(error)) => Err(error),
    }
}

fn many(step: &Value) -> Vec<String> {
    let keys = step[2].as_array().into_iter().flatten();
    keys.map(|key| text(Some(key)).to_owned()).collect()
}

fn pairs(step: &Value) -> Vec<(String, Vec<u8>)> {
    let pairs = step[2].as_array().into_iter().flatten();
    pairs
        .map(|pair| (text(pair.get(0)).to_owned(), bytes(pair.get(1))))
        .collect()
}

fn fill(bucket: &Bucket, step: &Value) -> Value {
    let value = bytes(step.get(4));
    for number in 0..step[3].as_u64().unwrap_or(0) {
        if let Err(error) = bucket.set(&format!("{}{number}", text(step.get(2))), &value) {
            return json!({ "set": number, "then": word(error) });
        }
    }
    json!("all")
}

fn act(step: &Value) -> Result<Value, Error> {
    let name = text(step.get(0));
    if name == "times" {
        let count = step[1].as_u64().unwrap_or(0);
        return (0..count).try_fold(Value::Null, |_, _| act(&step[2]));
    }
    if name == "wait" {
        let wait = step[1].as_u64().unwrap_or(0);
        std::thread::sleep(std::time::Duration::from_millis(wait));
        return Ok(json!("waited"));
    }
    #[allow(
        clippy::empty_loop,
        reason = "a bot that computes for ever is asked for"
    )]
    if name == "spin" {
        loop {}
    }
    let bucket = store::open(text(step.get(1)))?;
    let key = text(step.get(2));
    Ok(match name {
        "open" => json!("opened"),
        "get" => shown(bucket.get(key)?),
        "set" => bucket
            .set(key, &bytes(step.get(3)))
            .map(|()| json!("set"))?,
        "delete" => bucket.delete(key).map(|()| json!("deleted"))?,
        "exists" => json!(bucket.exists(key)?),
        "keys" => {
            let page = bucket.list_keys(step[2].as_str())?;
            json!([page.keys, page.cursor])
        }
        "add" => json!(atomics::increment(
            &bucket,
            key,
            step[3].as_i64().unwrap_or(0)
        )?),
        "swap" => swap(Cas::new(&bucket, key)?, &bytes(step.get(3)))?,
        "stale" => {
            let cas = Cas::new(&bucket, key)?;
            bucket.set(key, b"meanwhile")?;
            swap(cas, &bytes(step.get(3)))?
        }
        "get-many" => {
            let found = batch::get_many(&bucket, &many(step))?.into_iter();
            found
                .map(|(key, value)| json!([key, shown(value)]))
                .collect()
        }
        "set-many" => batch::set_many(&bucket, &pairs(step)).map(|()| json!("set"))?,
        "delete-many" => batch::delete_many(&bucket, &many(step)).map(|()| json!("deleted"))?,
        "fill" => fill(&bucket, step),
        other => json!(format!("no step `{other}`")),
    })
}

impl raw::Odd for Bot {
    fn respond(query: raw::Query) -> Result<(), raw::Failure> {
        let steps = raw::serde_json::from_str(raw::last_text(&query)).unwrap_or(Value::Null);
        for step in steps.as_array().into_iter().flatten() {
            let told = match act(step) {
                Ok(value) => json!({ "ok": value }),
                Err(error) => json!({ "error": word(error) }),
            };
            let _ = reply::text(&format!("{told}\n"));
        }
        Ok(())
    }

    fn settings() -> raw::Settings {
        let opened = |name| match store::open(name) {
            Ok(_) => "opened".to_owned(),
            Err(error) => word(error),
        };
        let all: Vec<String> = ["bot", "user", "conversation"].map(opened).into();
        raw::Settings {
            introduction_message: Some(all.join(" ")),
            ..raw::no_settings()
        }
    }

    fn on_reaction(reaction: raw::Reaction) {
        let kept =
            store::open("user").and_then(|user| user.set("reaction", reaction.reaction.as_bytes()));
        if let Err(error) = kept {
            println!("not kept: {}", word(error));
        }
    }
}

raw::export!(Bot);
