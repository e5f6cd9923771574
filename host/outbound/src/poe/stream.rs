//! The stream of events that another bot answers with: opened, checked, bounded.

use std::{
    io,
    pin::Pin,
    time::{Duration, SystemTime},
};

use bytes::Bytes;
use futures_util::{Stream, StreamExt as _, TryStreamExt as _, stream};
use memchr::memrchr2_iter;
use reqwest::header::{CONTENT_TYPE, RETRY_AFTER};
use sse_stream::{Sse, SseByteStream};
use tokio::{
    io::{AsyncWrite, AsyncWriteExt as _, simplex},
    time::timeout,
};
use tokio_util::{io::ReaderStream, task::AbortOnDropHandle};

use super::{Fault, excerpt, heard, short};
use crate::error::Lost;
use ravenry_base::memory::Booking;
use ravenry_protocol::utf8::Utf8;

/// Pause before another attempt (as the reference client).
pub(super) const PAUSE: Duration = Duration::from_millis(500);

/// Longest pause that another server can ask for; a person waits meanwhile.
const PAUSE_MAX: Duration = Duration::from_secs(10);

/// Bytes of one event. All text of a reply in one event, in the widest escapes, has 3 MB.
const EVENT_BYTES_MAX: usize = 4 * 1024 * 1024;

/// Bytes that an answer holds without being asked: an event of the usual size.
const FREE_BYTES: usize = 64 * 1024;

/// Bytes of a whole answer, comments included. Twenty times what a reply may hold.
const ANSWER_BYTES_MAX: u64 = 64 * 1024 * 1024;

/// Bytes of an answer that are read before the reader asks for them.
const AHEAD_BYTES_MAX: usize = 16 * 1024;

/// Longest time for what stands below a status that is no success.
const REFUSAL_TIME_MAX: Duration = Duration::from_secs(5);

/// Events as they are parsed.
pub(super) type Events = Pin<Box<dyn Stream<Item = Result<Sse, sse_stream::Error>> + Send>>;

/// An attempt that failed.
pub(super) struct Failed {
    pub(super) fault: Fault,
    /// How long to wait before another one may help; `None`: it cannot.
    pub(super) again: Option<Duration>,
}

impl Failed {
    pub(super) fn again(words: String) -> Self {
        Self {
            fault: Fault::Broken(words),
            again: Some(PAUSE),
        }
    }
}

/// Waits for the stream that a question is answered with. What of an event is more than usual is booked.
pub(super) async fn open(
    sent: impl Future<Output = Result<reqwest::Response, Lost>>,
    booking: Booking,
) -> Result<Events, Failed> {
    let response = heard(sent).await.map_err(Failed::again)?;
    if !response.status().is_success() {
        return Err(refused(response).await);
    }
    let content_type = response
        .headers()
        .get(CONTENT_TYPE)
        .map(|value| String::from_utf8_lossy(value.as_bytes()).to_ascii_lowercase())
        .unwrap_or_default();
    if !content_type.contains("text/event-stream") {
        let found = excerpt(content_type.as_bytes());
        return Err(Failed {
            fault: Fault::Broken(format!(
                "the answer is no event stream: its content type is `{found}`"
            )),
            again: None,
        });
    }
    let mut utf8 = Utf8::default();
    let text = ahead(response).map_ok(move |chunk| utf8.chunk(chunk));
    let chunks = bounded(text, booking);
    Ok(Box::pin(SseByteStream::new(chunks)))
}

/// The body, read beside the task that waits for it, and a little ahead of it.
///
/// The connection hands over one chunk at a time, and each would wake the whole reply, sandbox included,
/// and leave as a packet of its own. So what has arrived together is passed on together.
fn ahead(mut response: reqwest::Response) -> impl Stream<Item = io::Result<Bytes>> {
    let (arrived, mut arriving) = simplex(AHEAD_BYTES_MAX);
    let reading = AbortOnDropHandle::new(tokio::spawn(async move {
        let read = pour(&mut response, &mut arriving).await;
        // After a failure too: the pipe does not close by itself, and who waits for it waits on.
        let closed = arriving.shutdown().await;
        read.and(closed)
    }));
    // A pipe cannot say how it ended: the task does.
    let end = async { reading.await.unwrap_or_else(|lost| Err(lost.into())) };
    let end = stream::once(end).try_filter_map(|()| async { Ok(None) });
    ReaderStream::new(arrived).chain(end)
}

async fn pour(
    response: &mut reqwest::Response,
    pipe: &mut (impl AsyncWrite + Unpin),
) -> io::Result<()> {
    while let Some(chunk) = heard(response.chunk()).await.map_err(io::Error::other)? {
        pipe.write_all(&chunk).await?;
    }
    Ok(())
}

/// Passes chunks on as long as no event of them is too large: the parser keeps what is incomplete.
///
/// What of an event is more than usual is booked on the bot's memory.
fn bounded(
    chunks: impl Stream<Item = io::Result<Bytes>>,
    mut booking: Booking,
) -> impl Stream<Item = io::Result<Bytes>> {
    let too_large = |words| Err(io::Error::new(io::ErrorKind::FileTooLarge, words));
    let mut incomplete = 0_usize;
    let mut total = 0_u64;
    chunks.map(move |chunk| {
        let chunk = chunk?;
        total = total.saturating_add(chunk.len() as u64);
        if total > ANSWER_BYTES_MAX {
            return too_large(format!("the answer has more than {ANSWER_BYTES_MAX} bytes"));
        }
        // An empty line ends an event. One that is cut in two by a border of chunks is missed, which
        // makes the bound a little early; the next one is not.
        let ends = |at: &usize| {
            let pair = chunk.get(*at..at.saturating_add(2));
            matches!(pair, Some(b"\n\n" | b"\r\r" | b"\n\r"))
        };
        incomplete = match memrchr2_iter(b'\n', b'\r', &chunk).find(ends) {
            Some(at) => chunk.len().saturating_sub(at),
            None => incomplete.saturating_add(chunk.len()),
        };
        if incomplete > EVENT_BYTES_MAX {
            return too_large(format!("one event has more than {EVENT_BYTES_MAX} bytes"));
        }
        if !booking.set(incomplete.saturating_sub(FREE_BYTES) as u64) {
            return too_large("there is no memory left for one event".to_owned());
        }
        Ok(chunk)
    })
}

/// An answer with a status that is no success.
async fn refused(response: reqwest::Response) -> Failed {
    let status = response.status();
    let asked = response
        .headers()
        .get(RETRY_AFTER)
        .and_then(|value| asked_pause(value.to_str().ok()?.trim(), SystemTime::now()))
        .unwrap_or(PAUSE);
    let (meaning, again) = match status.as_u16() {
        401 | 403 => (": it does not take this bot's access key", None),
        404 => (": there is no such bot", None),
        429 => (": too many requests", Some(asked)),
        500..=599 => ("", Some(asked)),
        _ => ("", None),
    };
    let body = timeout(REFUSAL_TIME_MAX, short(response)).await;
    let body = body.ok().and_then(Result::ok).unwrap_or_default();
    Failed {
        fault: Fault::Broken(format!(
            "the platform answered {status}{meaning} ({})",
            excerpt(&body)
        )),
        again: again.filter(|pause| *pause <= PAUSE_MAX),
    }
}

/// What a `Retry-After` asks for: seconds, or a date (RFC 9110, 10.2.3).
fn asked_pause(value: &str, now: SystemTime) -> Option<Duration> {
    if !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()) {
        // A number that is none of ours is longer than any caller waits.
        return Some(Duration::from_secs(value.parse().unwrap_or(u64::MAX)));
    }
    let due = httpdate::parse_http_date(value).ok()?;
    Some(due.duration_since(now).unwrap_or_default().max(PAUSE))
}

/// Why a stream that had begun cannot be read any further.
pub(super) fn broken_off(error: &sse_stream::Error) -> Fault {
    if let sse_stream::Error::Body(cause) = error {
        return match cause.downcast_ref::<io::Error>() {
            Some(cause) if cause.kind() == io::ErrorKind::FileTooLarge => {
                Fault::TooLarge(cause.to_string())
            }
            _ => Fault::Broken(format!("the answer broke off: {cause}")),
        };
    }
    Fault::Broken(format!("the answer cannot be read: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pause_is_asked_for_in_seconds_or_by_a_date() {
        // Sun, 06 Nov 1994 08:49:37 GMT
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(784_111_777);
        for (value, seconds) in [
            ("3", Some(3)),
            ("0", Some(0)),
            ("99999999999999999999", Some(u64::MAX)),
            ("Sun, 06 Nov 1994 08:49:44 GMT", Some(7)),
            ("Sunday, 06-Nov-94 08:49:44 GMT", Some(7)),
            ("Sun Nov  6 08:49:44 1994", Some(7)),
            ("Mon, 07 Nov 1994 08:49:37 GMT", Some(86_400)),
            ("", None),
            ("soon", None),
            ("-1", None),
            ("1.5", None),
        ] {
            let asked = asked_pause(value, now);
            assert_eq!(asked, seconds.map(Duration::from_secs), "{value}");
        }
        let past = asked_pause("Sun, 06 Nov 1994 08:49:30 GMT", now);
        assert_eq!(past, Some(PAUSE));
    }
}
