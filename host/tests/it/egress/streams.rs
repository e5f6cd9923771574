//! Bodies while they are on their way: chunk by chunk, both ways, until somebody leaves.

use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use super::{
    fetcher, notes, steps,
    upstream::{Conversation, Upstream},
};
use crate::harness::HANG;

pub(super) const CHUNKED: &str = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";

/// An upstream that hands its conversation to the test.
pub(super) fn handed() -> (Upstream, Receiver<Conversation>) {
    let (hand, take): (SyncSender<Conversation>, _) = sync_channel(16);
    let hand = std::sync::Mutex::new(hand);
    let upstream = Upstream::start(move |talk| {
        // A test that has ended wants no more of them.
        let _ = hand.lock().unwrap().send(talk);
    });
    (upstream, take)
}

pub(super) fn next(take: &Receiver<Conversation>) -> Conversation {
    take.recv_timeout(HANG).unwrap()
}

/// The reader has each chunk before the upstream says the next one.
#[test]
fn a_response_streams_through_the_bot() {
    let (upstream, take) = handed();
    let server = fetcher(&[upstream.url()], "");
    let mut stream = server.open("fetcher", &super::get(&upstream.url()));
    let mut talk = next(&take);
    talk.request();
    talk.say(CHUNKED);
    assert_eq!(stream.next_event().unwrap().1["text"], "200\n");
    for chunk in ["one", "two", "three"] {
        talk.say(format!("{:x}\r\n{chunk}\r\n", chunk.len()));
        assert_eq!(stream.next_event().unwrap().1["text"], chunk);
    }
    talk.say("0\r\n\r\n");
    assert_eq!(stream.rest().said(), "");
}

/// The upstream has each chunk before the bot writes the next one, and its answer comes in between.
#[test]
fn a_request_streams_out_of_the_bot() {
    let (upstream, take) = handed();
    let server = fetcher(&[upstream.url()], "");
    let mut stream = server.open(
        "fetcher",
        &steps(&[
            &["request", "POST", &upstream.url()],
            &["open"],
            &["send"],
            &["write", "one"],
            &["head"],
            &["write", "two"],
            &["read"],
            &["finish"],
            &["rest"],
        ]),
    );
    let mut talk = next(&take);
    let head = talk.request();
    assert!(head.contains("transfer-encoding: chunked\r\n"), "{head}");
    assert_eq!([talk.line(), talk.line()], ["3\r\n", "one\r\n"]);
    talk.say(CHUNKED);
    assert_eq!(stream.next_event().unwrap().1["text"], "200\n");
    assert_eq!([talk.line(), talk.line()], ["3\r\n", "two\r\n"]);
    talk.say("5\r\nthree\r\n");
    assert_eq!(stream.next_event().unwrap().1["text"], "three");
    assert_eq!([talk.line(), talk.line()], ["0\r\n", "\r\n"]);
    talk.say("0\r\n\r\n");
    assert_eq!(stream.rest().said(), "");
}

/// A body that was opened and not written is none; a length that was said is the length.
#[test]
fn the_head_says_what_body_follows() {
    let (upstream, take) = handed();
    let server = fetcher(&[upstream.url()], "");
    for (request, wanted, absent) in [
        (
            vec![
                vec!["GET"],
                vec!["open"],
                vec!["send"],
                vec!["write", "abc"],
                vec!["finish"],
            ],
            "transfer-encoding: chunked",
            "content-length",
        ),
        (
            vec![vec!["GET"], vec!["open"], vec!["send"], vec!["finish"]],
            "GET / HTTP/1.1",
            "transfer-encoding",
        ),
        (
            vec![vec!["POST"], vec!["send"]],
            "content-length: 0",
            "transfer-encoding",
        ),
        (
            vec![
                vec!["POST"],
                vec!["header", "content-length", "3"],
                vec!["open"],
                vec!["send"],
                vec!["write", "abc"],
                vec!["finish"],
            ],
            "content-length: 3",
            "transfer-encoding",
        ),
    ] {
        let url = upstream.url();
        let mut list: Vec<Vec<&str>> = request;
        let method = list[0][0];
        list[0] = vec!["request", method, &url];
        list.push(vec!["head"]);
        let list: Vec<&[&str]> = list.iter().map(Vec::as_slice).collect();
        let stream = server.open("fetcher", &steps(&list));
        let mut talk = next(&take);
        let head = talk.request();
        assert!(head.contains(wanted), "{head}");
        assert!(!head.contains(absent), "{head}");
        talk.say("HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n");
        assert_eq!(stream.rest().said(), "204\n");
    }
}

/// More or less than the header says: the upstream never has a whole request, nor a second one.
#[test]
fn a_body_is_as_long_as_its_header_says_or_none() {
    let (upstream, take) = handed();
    let server = fetcher(&[upstream.url()], "");
    let short = server.open(
        "fetcher",
        &steps(&[
            &["request", "POST", &upstream.url()],
            &["header", "content-length", "10"],
            &["open"],
            &["send"],
            &["write", "abc"],
            &["finish"],
            &["head"],
        ]),
    );
    let mut talk = next(&take);
    talk.request();
    let came = talk.until_closed();
    assert!(b"abc".starts_with(&came), "{came:?}");
    let said = short.rest().said();
    assert!(
        said.starts_with("error: ErrorCode::HttpRequestBodySize(Some(3))\nerror: "),
        "{said}"
    );
    let long = server.open(
        "fetcher",
        &steps(&[
            &["request", "POST", &upstream.url()],
            &["header", "content-length", "3"],
            &["open"],
            &["send"],
            &["write", "abcGET /evil HTTP/1.1\r\nhost: x\r\n\r\n"],
            &["head"],
        ]),
    );
    let mut talk = next(&take);
    talk.request();
    let came = talk.until_closed();
    assert!(b"abc".starts_with(&came), "{came:?}");
    let said = long.rest().said();
    assert!(
        said.starts_with("error: ErrorCode::HttpRequestBodySize(Some("),
        "{said}"
    );
}

/// Wherever the reader leaves, the upstream sees the connection end, and no half request looks whole.
#[test]
fn who_leaves_takes_the_connection_along() {
    let (upstream, take) = handed();
    let server = fetcher(&[upstream.url()], "");
    let url = upstream.url();

    let waits_for_the_head = server.open("fetcher", &super::get(&url));
    let mut talk = next(&take);
    talk.request();
    drop(waits_for_the_head);
    assert_eq!(talk.until_closed(), b"");

    let mut reads = server.open("fetcher", &super::get(&url));
    let mut talk = next(&take);
    talk.request();
    talk.say(format!("{CHUNKED}1\r\na\r\n"));
    assert_eq!(reads.next_event().unwrap().1["text"], "200\n");
    assert_eq!(reads.next_event().unwrap().1["text"], "a");
    drop(reads);
    assert_eq!(talk.until_closed(), b"");

    let mut writes = server.open(
        "fetcher",
        &steps(&[
            &["request", "POST", &url],
            &["open"],
            &["send"],
            &["write", "half"],
            &["say", "written"],
            &["head"],
        ]),
    );
    let mut talk = next(&take);
    talk.request();
    assert_eq!([talk.line(), talk.line()], ["4\r\n", "half\r\n"]);
    assert_eq!(writes.next_event().unwrap().1["text"], "written");
    drop(writes);
    assert_eq!(talk.until_closed(), b"", "the end of a chunked body");
    server.wait_running("fetcher", 0.0);
}

/// A bot that traps is as gone as one whose reader has left.
#[test]
fn a_trap_takes_the_connection_along() {
    let (upstream, take) = handed();
    let server = fetcher(&[upstream.url()], "");
    let stream = server.open(
        "fetcher",
        &steps(&[
            &["request", "POST", &upstream.url()],
            &["open"],
            &["send"],
            &["write", "half"],
            &["head"],
            &["trap"],
        ]),
    );
    let mut talk = next(&take);
    talk.request();
    assert_eq!([talk.line(), talk.line()], ["4\r\n", "half\r\n"]);
    talk.say(CHUNKED);
    assert_eq!(talk.until_closed(), b"", "the end of a chunked body");
    stream.rest();
}

/// One request more than a query may have at once waits for another to end, and not for ever.
#[test]
fn requests_at_once_are_counted() {
    let (upstream, take) = handed();
    let server = fetcher(&[upstream.url()], "limits = { outbound = 1 }\n");
    let url = upstream.url();
    let waits = server.open(
        "fetcher",
        &steps(&[
            &["request", "GET", &url],
            &["send"],
            &["head"],
            &["keep"],
            &["request", "GET", &url],
            &["timeout", "connect", "100"],
            &["send"],
            &["head"],
        ]),
    );
    let mut talk = next(&take);
    talk.request();
    talk.say(CHUNKED);
    assert_eq!(
        waits.rest().said(),
        "200\nerror: ErrorCode::ConnectionLimitReached\n"
    );
    assert_eq!(
        notes(&server),
        [format!(
            "a request to {url} was refused: 1 others of this query are under way, and none ended \
             in time; read or drop their responses, or raise `limits.outbound`"
        )]
    );

    let ends = server.open(
        "fetcher",
        &steps(&[
            &["request", "GET", &url],
            &["send"],
            &["head"],
            &["keep"],
            &["request", "GET", &url],
            &["send"],
            &["head"],
        ]),
    );
    let mut first = next(&take);
    first.request();
    // The body ends with the head: nothing is left that would hold the place.
    first.say("HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n");
    drop(first);
    let mut second = next(&take);
    second.request();
    second.say("HTTP/1.1 205 Reset Content\r\ncontent-length: 0\r\n\r\n");
    assert_eq!(ends.rest().said(), "204\n205\n");
}
