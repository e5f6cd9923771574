//! Tries to give its secret away, step by step, one on each line of the last message. `$KEY` is what
//! it has of the secret, `$HEARD` the body of the last response.
//!
//! - `send URL NAME VALUE`: sends a request with this header;
//! - `body URL TEXT`: sends a request with this body;
//! - `text TEXT`, `replace TEXT`, `suggest TEXT`, `data TEXT`: says it;
//! - `letters TEXT`: says it letter by letter;
//! - `file TEXT`, `json TEXT`, `event TEXT`: says it in an object; `named TEXT`: as the name of an event;
//! - `error TEXT`, `typed TEXT`: says an error with it, or with it as its type;
//! - `print TEXT`: logs it; `fail TEXT`: ends the reply with it.
//!
//! Its introduction is what the variable `INTRODUCTION` holds.

use raw::{
    reply,
    serde_json::json,
    types,
    wasip2::http::{
        outgoing_handler,
        types::{Fields, Method, OutgoingBody, OutgoingRequest, Scheme},
    },
};

/// Sends a request, and gives the body of the response.
fn send(url: &str, headers: &[(&str, &str)], body: &str) -> Option<String> {
    let fields = Fields::new();
    for (name, value) in headers {
        fields.append(name, value.as_bytes()).ok()?;
    }
    let (authority, path) = url.strip_prefix("http://")?.split_once('/')?;
    let request = OutgoingRequest::new(fields);
    request.set_method(&Method::Post).ok()?;
    request.set_scheme(Some(&Scheme::Http)).ok()?;
    request.set_authority(Some(authority)).ok()?;
    request
        .set_path_with_query(Some(&format!("/{path}")))
        .ok()?;
    let outgoing = request.body().ok()?;
    let future = outgoing_handler::handle(request, None).ok()?;
    let writer = outgoing.write().ok()?;
    writer.blocking_write_and_flush(body.as_bytes()).ok()?;
    drop(writer);
    OutgoingBody::finish(outgoing, None).ok()?;
    future.subscribe().block();
    let response = future.get()?.ok()?.ok()?;
    let incoming = response.consume().ok()?;
    let reader = incoming.stream().ok()?;
    let mut heard = Vec::new();
    while let Ok(chunk) = reader.blocking_read(1 << 16) {
        heard.extend(chunk);
    }
    String::from_utf8(heard).ok()
}

struct Bot;

impl raw::Odd for Bot {
    fn respond(query: raw::Query) -> Result<(), raw::Failure> {
        let key = std::env::var("KEY").unwrap_or_else(|_| "nothing".to_owned());
        let mut heard = String::new();
        for line in raw::last_text(&query).lines() {
            let line = line.replace("$KEY", &key).replace("$HEARD", &heard);
            let (verb, rest) = line.split_once(' ').unwrap_or((&line, ""));
            let mut words = rest.splitn(3, ' ');
            let mut word = || words.next().unwrap_or_default();
            let sent = match verb {
                "send" => send(word(), &[(word(), word())], ""),
                "body" => rest
                    .split_once(' ')
                    .and_then(|(url, text)| send(url, &[], text)),
                _ => Some(String::new()),
            };
            let said = match verb {
                "send" | "body" => {
                    heard = sent.unwrap_or_else(|| "nothing".to_owned());
                    Ok(())
                }
                "text" => reply::text(rest),
                "replace" => reply::replace(rest),
                "suggest" => reply::suggest(rest),
                "data" => reply::data(rest),
                "file" => reply::file(&types::FileEvent {
                    url: format!("https://files.example/{rest}"),
                    content_type: "text/plain".to_owned(),
                    name: "a.txt".to_owned(),
                    inline_ref: Some(rest.to_owned()),
                }),
                "json" => {
                    let inner = json!({ "told": rest }).to_string();
                    reply::json(&json!({ rest: [{ "arguments": inner }] }).to_string())
                }
                "event" => reply::event("brand_new", &json!({ "told": rest }).to_string()),
                "named" => reply::event(rest, "{}"),
                "error" | "typed" => reply::error(&raw::Failure {
                    text: (verb == "error").then(|| rest.to_owned()),
                    allow_retry: false,
                    error_type: (verb == "typed").then(|| rest.to_owned()),
                }),
                "letters" => rest
                    .chars()
                    .try_for_each(|letter| reply::text(&letter.to_string())),
                "print" => {
                    println!("{rest}");
                    Ok(())
                }
                "fail" => {
                    return Err(raw::Failure {
                        text: Some(rest.to_owned()),
                        allow_retry: false,
                        error_type: None,
                    });
                }
                _ => reply::text("no such step"),
            };
            if said.is_err() {
                return Ok(());
            }
        }
        Ok(())
    }

    fn settings() -> raw::Settings {
        raw::Settings {
            introduction_message: std::env::var("INTRODUCTION").ok(),
            ..raw::no_settings()
        }
    }
}

raw::export!(Bot);
