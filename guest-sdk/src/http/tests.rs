//! Requests, and what upstreams do to their answers.

use std::time::Duration;

use serde_json::{Value, json};

use super::*;
use crate::{
    AsyncBot, Bot, Error, Query, Reply, Result, task,
    testing::{Scene, Transcript, Upstream},
};

/// Runs code with an upstream at `https://up.test/`.
fn against<T>(upstream: Upstream, run: impl FnOnce(Request) -> T) -> T {
    let scene = Scene::default().upstream("https://up.test/", move |_| upstream.clone());
    scene.during(|| run(get("https://up.test/x")))
}

/// All events of a body that arrives in these chunks, or why not.
fn read<T: AsRef<[u8]>>(chunks: &[T]) -> Result<Vec<(String, String)>, HttpError> {
    let upstream = chunks.iter().fold(Upstream::new(200), |upstream, chunk| {
        upstream.body(chunk.as_ref())
    });
    against(upstream, |request| {
        let mut events = events(request.send()?);
        let mut read = Vec::new();
        while let Some(event) = events.next()? {
            read.push((event.event, event.data));
        }
        assert_eq!(events.next(), Ok(None));
        Ok(read)
    })
}

#[test]
fn events_are_read_by_the_rules_of_the_web() {
    let message = |data: &str| ("message".to_owned(), data.to_owned());
    let cases = [
        (
            "LF",
            "data: a\n\ndata: b\n\n",
            vec![message("a"), message("b")],
        ),
        (
            "CRLF",
            "data: a\r\n\r\ndata: b\r\n\r\n",
            vec![message("a"), message("b")],
        ),
        (
            "CR",
            "data: a\r\rdata: b\r\r",
            vec![message("a"), message("b")],
        ),
        ("byte order mark", "\u{feff}data: a\n\n", vec![message("a")]),
        ("no space", "data:a\n\n", vec![message("a")]),
        ("two spaces", "data:  a\n\n", vec![message(" a")]),
        (
            "several lines",
            "data: a\ndata:\ndata: b\n\n",
            vec![message("a\n\nb")],
        ),
        (
            "comments",
            ": hello\n\n:\ndata: a\n: x\n\n",
            vec![message("a")],
        ),
        (
            "a name",
            "event: text\ndata: a\n\n",
            vec![("text".to_owned(), "a".to_owned())],
        ),
        ("an empty name", "event\ndata: a\n\n", vec![message("a")]),
        (
            "unknown fields",
            "foo: 1\nretry: 5\nid: 7\ndata: a\n\n",
            vec![message("a")],
        ),
        (
            "no data",
            "event: text\nid: 7\n\ndata: a\n\n",
            vec![message("a")],
        ),
        ("no end", "data: a\n\ndata: lost\n", vec![message("a")]),
        (
            "beyond ASCII",
            "data: é 😀\u{2028}\n\n",
            vec![message("é 😀\u{2028}")],
        ),
    ];
    for (name, body, expected) in cases {
        assert_eq!(read(&[body]), Ok(expected.clone()), "{name}");
        // However the bytes are cut, also within characters and line ends.
        let bytes: Vec<[u8; 1]> = body.bytes().map(|byte| [byte]).collect();
        assert_eq!(read(&bytes), Ok(expected.clone()), "{name}, byte by byte");
        for cut in 0..body.len() {
            let (one, two) = body.as_bytes().split_at(cut);
            assert_eq!(
                read(&[one, two]),
                Ok(expected.clone()),
                "{name}, cut at {cut}"
            );
        }
    }
}

#[test]
fn what_is_no_stream_of_events_has_no_events() {
    assert_eq!(read(&["<html><body>Bad gateway</body></html>"]), Ok(vec![]));
    assert_eq!(read::<&str>(&[]), Ok(vec![]));
}

/// A wrong byte costs its character, not the answer; wherever it is cut.
#[test]
fn what_is_no_text_is_replaced() {
    let body = b"data: \xf0\x9f\n\nevent: \xff\ndata: {\"a\":\"\\ud83d\"}\n\n";
    let expected = vec![
        ("message".to_owned(), "\u{fffd}".to_owned()),
        ("\u{fffd}".to_owned(), r#"{"a":"\ud83d"}"#.to_owned()),
    ];
    for cut in 0..body.len() {
        let (one, two) = body.split_at(cut);
        assert_eq!(read(&[one, two]), Ok(expected.clone()), "cut at {cut}");
    }
    let half = Upstream::events([r#"{"a":"\ud83d"}"#]);
    against(half, |request| {
        let event = events(request.send().unwrap()).next().unwrap().unwrap();
        assert_eq!(event.json::<Value>(), Ok(json!({ "a": "\u{fffd}" })));
    });
}

/// An endless event is refused where it passes the bound; endless comments and events are not.
#[test]
fn the_size_of_one_event_is_bounded() {
    let kilobytes = vec![b'x'; 64 * 1024];
    let repeated = |start: &str, part: &[u8], count: usize| {
        let mut chunks = vec![start.as_bytes().to_vec()];
        chunks.extend(std::iter::repeat_n(part.to_vec(), count));
        read(&chunks)
    };
    for start in ["data: ", "foo: ", ": ", "data: a\r\ndata:"] {
        let endless = repeated(start, &kilobytes, 17);
        assert!(matches!(endless, Err(HttpError::TooLarge(_))), "{start}");
    }
    let lines = repeated("", &[b"data: ", kilobytes.as_slice(), b"\n"].concat(), 17);
    assert!(matches!(lines, Err(HttpError::TooLarge(_))));
    let comments = repeated("", &[b": ", kilobytes.as_slice(), b"\r\n\r\n"].concat(), 40);
    assert_eq!(comments, Ok(vec![]));
    let events = repeated(
        "",
        &[b"data: ", kilobytes.as_slice(), b"\r\n\r\n"].concat(),
        40,
    );
    assert_eq!(events.map(|events| events.len()), Ok(40));
}

#[test]
fn an_upstream_that_breaks_off_ends_the_events_with_its_error() {
    let broken = HttpError::Broken("reset".to_owned());
    let upstream = Upstream::new(200)
        .body("data: a\n\ndata: b")
        .breaks(broken.clone());
    against(upstream, |request| {
        let mut events = events(request.send().unwrap());
        assert_eq!(events.next().unwrap().unwrap().data, "a");
        assert_eq!(events.next(), Err(broken.clone()));
        assert_eq!(events.next(), Ok(None));
    });
}

#[test]
fn done_is_known_and_json_is_read() {
    let upstream = Upstream::events([r#"{"a": 1}"#, "[DONE]", "[done]"]);
    against(upstream, |request| {
        let mut events = events(request.send().unwrap());
        let event = events.next().unwrap().unwrap();
        assert_eq!(
            (event.json::<Value>(), event.is_done()),
            (Ok(json!({"a": 1})), false)
        );
        let done = events.next().unwrap().unwrap();
        assert!(done.is_done());
        assert!(matches!(
            done.json::<Vec<u8>>(),
            Err(HttpError::Malformed(_))
        ));
        assert!(!events.next().unwrap().unwrap().is_done());
    });
}

#[test]
fn a_request_leaves_whole() {
    struct Posts;
    impl Bot for Posts {
        fn respond(&self, _: &Query, reply: &mut Reply) -> Result {
            let response = post("https://up.test/y?z")
                .bearer("key")
                .json(&json!([1]))
                .between_bytes_timeout(Duration::from_secs(9))
                .send()?;
            write!(reply, "{} {:?}", response.status, response.header("X-One"))?;
            reply.text(response.text(100)?)
        }
    }
    let scene = Scene::default().upstream("https://up.test/", |_| {
        Upstream::new(404)
            .header("X-One", "1")
            .body(" not ")
            .body("here")
    });
    let transcript = scene.ask(&Posts, "hi");
    assert_eq!(transcript.text(), "404 Some(\"1\") not here");
    let sent = &transcript.requests[0];
    assert_eq!(
        (sent.method.as_str(), sent.url.as_str()),
        ("POST", "https://up.test/y?z")
    );
    assert_eq!(
        sent.headers,
        [
            ("authorization", "Bearer key"),
            ("content-type", "application/json")
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
    );
    assert_eq!(sent.body, b"[1]");
    assert_eq!(sent.timeouts.between_bytes, Some(Duration::from_secs(9)));
    // Values of headers are secrets as often as not.
    assert!(!format!("{sent:?}").contains("Bearer"));
}

#[test]
fn collecting_is_bounded() {
    let upstream = || Upstream::new(200).body("1234").body("5678");
    assert_eq!(
        against(upstream(), |r| r.send()?.bytes(8)),
        Ok(b"12345678".to_vec())
    );
    for bytes_max in [0, 3, 4, 7] {
        let refused = against(upstream(), |r| r.send()?.bytes(bytes_max));
        assert!(
            matches!(refused, Err(HttpError::TooLarge(_))),
            "{bytes_max}"
        );
    }
    let text = against(Upstream::new(200).body([0xff]), |r| r.send()?.text(9));
    assert!(matches!(text, Err(HttpError::Malformed(_))));
    let json = against(Upstream::new(200).body("{"), |r| r.send()?.json::<Value>(9));
    assert!(matches!(json, Err(HttpError::Malformed(_))));
}

#[test]
fn a_status_is_an_error_where_one_asks() {
    let busy = Upstream::new(429)
        .header("Retry-After", " 7")
        .body("x".repeat(5_000));
    let error = against(busy, |request| request.send()?.ok().map(|_| ())).unwrap_err();
    let HttpError::Status {
        status,
        body,
        retry_after_seconds,
    } = &error
    else {
        panic!("{error}")
    };
    assert_eq!(
        (*status, body.len(), *retry_after_seconds),
        (429, 4_096, Some(7))
    );
    for status in [200, 204, 299] {
        assert!(
            against(Upstream::new(status), |request| request
                .send()?
                .ok()
                .map(|_| ()))
            .is_ok()
        );
    }
    for status in [199, 300, 301] {
        assert!(
            against(Upstream::new(status), |request| request
                .send()?
                .ok()
                .map(|_| ()))
            .is_err()
        );
    }
}

/// What the bot's author reads names the host and the line to add; the person reads neither.
#[test]
fn a_host_that_is_not_allowed_is_named_with_the_line_to_add() {
    let denied = Scene::default().during(|| get("https://api.test:8443/v1?k#f").send());
    let HttpError::Denied(sentence) = denied.unwrap_err() else {
        panic!()
    };
    assert!(
        sentence.contains("[\"https://api.test:8443\"]"),
        "{sentence}"
    );
    assert!(sentence.contains("allowed_outbound_hosts"), "{sentence}");
    let url = Scene::default().during(|| get("ftp://api.test").send());
    assert!(matches!(url, Err(HttpError::Invalid(_))));
}

#[test]
fn the_person_reads_whether_trying_again_may_help() {
    let text = String::new;
    let status = |status| HttpError::Status {
        status,
        body: text(),
        retry_after_seconds: None,
    };
    let cases = [
        (HttpError::Broken(text()), true),
        (HttpError::Timeout(text()), true),
        (HttpError::TooLarge(text()), true),
        (HttpError::Malformed(text()), true),
        (status(429), true),
        (status(503), true),
        (status(401), false),
        (HttpError::Denied(text()), false),
        (HttpError::Invalid(text()), false),
    ];
    for (error, allow_retry) in cases {
        let Error::Failure(failure) = Error::from(error.clone()) else {
            panic!()
        };
        assert_eq!(failure.allow_retry, allow_retry, "{error:?}");
        assert!(failure.text.is_some_and(|text| text.ends_with('.')));
    }
}

/// Two slow upstreams at once take as long as the slower one.
#[test]
fn requests_overlap_in_an_async_bot() {
    struct Both;
    impl AsyncBot for Both {
        async fn respond(&self, _: &Query, reply: &mut Reply) -> Result {
            let fetch = async |path: &str| {
                let response = get(format!("https://up.test/{path}")).send_async().await?;
                response.ok_async().await?.text_async(100).await
            };
            let (one, two) = task::try_join(fetch("3"), fetch("5")).await?;
            write!(reply, "{one} {two}")
        }
    }
    let scene = Scene::default().upstream("https://up.test/", |request| {
        let seconds: u64 = request.url.rsplit('/').next().unwrap().parse().unwrap();
        let half = Duration::from_secs(seconds) / 2;
        Upstream::new(200).wait(half).body("a").wait(half).body("b")
    });
    let transcript: Transcript = scene.ask(&Both, "hi");
    assert_eq!(
        (transcript.text().as_str(), transcript.took),
        ("ab ab", Duration::from_secs(5))
    );
}
