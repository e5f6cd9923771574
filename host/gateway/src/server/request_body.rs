//! Request bodies: read within bounds of size, time and memory, then decoded.
//!
//! What has come is booked as it comes, whatever was announced, and so is what decoding makes of it. Where
//! there is no room for more, a body waits for a moment, and is refused after that.

use std::{error::Error, io, time::Duration};

use bytes::Bytes;
use http_body::Body as _;
use http_body_util::BodyExt;
use hyper::body::Incoming;
use tokio::time::{Instant, sleep, timeout_at};

use super::{reject::Reject, seat::Seat};
use crate::bots::{BODY_HERE_BYTES_MAX, Bot};
use ravenry_base::memory::room::{RequestMemory, RoomKind, Rooms};
use ravenry_protocol::{
    Reference,
    decode::{self, Decoded},
    weight,
};

/// Time for a whole request body to arrive, the waits for its memory included.
const BODY_TIME_MAX: Duration = Duration::from_secs(30);

/// Longest wait for room for more of a body.
///
/// Poe wants a first event within 5 s, and shows its own error after that: it is told before.
const ROOM_TIME_MAX: Duration = Duration::from_secs(2);

/// Time between two looks for room. A request that frees it wakes no other, and so locks nothing.
const ROOM_LOOK_AFTER: Duration = Duration::from_millis(20);

/// What a piece of a body takes beside its bytes: its place in a list that grows by doubling.
///
/// A piece can have a single byte, and costs its sender six.
const PIECE_BYTES: u64 = 2 * size_of::<Bytes>() as u64;

/// Takes the bodies of all requests.
pub(super) struct Intake {
    rooms: Rooms,
}

impl Intake {
    /// For a machine with so much memory.
    pub(super) fn new(memory_bytes: u64) -> Self {
        Self {
            rooms: Rooms::new(memory_bytes),
        }
    }

    /// Reads and decodes the body of a request for this bot. What it takes is held until it is freed.
    pub(super) async fn take(
        &self,
        body: Incoming,
        bot: &Bot,
        seat: &Seat,
    ) -> Result<(Decoded, RequestMemory), Reject> {
        let (pieces, is_large, mut memory) = self.pieces(body, bot, seat).await?;
        let decoded = decode(pieces, is_large, bot).await?;
        let (body, all) = (decoded.raw.len() as u64, weight::after(&decoded));
        // No more than was guessed before, as a rule; where it is, it has been made already.
        let _ = memory.hold(body, all);
        Ok((decoded, memory))
    }

    /// Reads the body of a request for this bot that is none of the protocol's.
    pub(super) async fn receive(
        &self,
        body: Incoming,
        bot: &Bot,
        seat: &Seat,
    ) -> Result<(Vec<Bytes>, RequestMemory), Reject> {
        let (pieces, _, memory) = self.pieces(body, bot, seat).await?;
        Ok((pieces, memory))
    }

    /// All of a body as it came, and whether it is large.
    async fn pieces(
        &self,
        body: Incoming,
        bot: &Bot,
        seat: &Seat,
    ) -> Result<(Vec<Bytes>, bool, RequestMemory), Reject> {
        let bytes_max = bot.limits.body;
        let length = body.size_hint().upper().unwrap_or(bytes_max);
        if length > bytes_max {
            return Err(Reject::TooLarge { bytes_max });
        }
        let deadline = Instant::now() + BODY_TIME_MAX;
        let is_large = length > BODY_HERE_BYTES_MAX as u64;
        let kind = if is_large {
            RoomKind::Large
        } else {
            RoomKind::Small
        };
        let mut memory = bot.receive(&self.rooms, kind);
        let arriving = async {
            if is_large {
                seat.load().await;
            }
            read(body, bytes_max, &mut memory).await
        };
        let late = |_| Reject::Incomplete("the request body did not arrive within 30 s");
        let arrived = seat.unless_leaving(timeout_at(deadline, arriving)).await;
        seat.unload();
        let arrived = arrived.ok_or(Reject::Stopping)?.map_err(late);
        let pieces = arrived.flatten().inspect_err(|reject| {
            if let Reject::NoRoom(reference) = reject {
                bot.refused(*reference, "no memory for one more request body");
            }
        })?;
        Ok((pieces, is_large, memory))
    }
}

/// Decodes a body: a large one where its bot computes, in its turn.
///
/// It is large where it may have been: one of unknown length counts as long as it might have become.
async fn decode(pieces: Vec<Bytes>, is_large: bool, bot: &Bot) -> Result<Decoded, Reject> {
    // In pieces as it came: putting a large one together takes long, too.
    let decode = move || decode::decode(whole(pieces));
    let decoded = if is_large {
        let decoding = bot.compute(decode);
        let failed = |_| Reject::Incomplete("the request body could not be read");
        decoding.await.map_err(failed)?
    } else {
        decode()
    };
    decoded.map_err(Reject::Malformed)
}

/// The body in one piece, and nothing made for it beyond that.
pub(super) fn whole(mut pieces: Vec<Bytes>) -> Vec<u8> {
    let bytes = pieces.iter().map(Bytes::len).fold(0, usize::saturating_add);
    match pieces.pop() {
        Some(only) if pieces.is_empty() => only.into(),
        last => {
            let mut whole = Vec::with_capacity(bytes);
            for piece in pieces.into_iter().chain(last) {
                whole.extend_from_slice(&piece);
            }
            whole
        }
    }
}

/// All pieces of a body, with memory held for them and for decoding them.
async fn read(
    mut body: Incoming,
    bytes_max: u64,
    memory: &mut RequestMemory,
) -> Result<Vec<Bytes>, Reject> {
    let mut pieces = Vec::new();
    let (mut bytes, mut held) = (0_u64, 0_u64);
    while let Some(frame) = body.frame().await {
        // Trailers say nothing here.
        let Ok(piece) = frame.map_err(|error| broken(&error))?.into_data() else {
            continue;
        };
        let length = piece.len() as u64;
        bytes = bytes.saturating_add(length);
        if bytes > bytes_max {
            return Err(Reject::TooLarge { bytes_max });
        }
        held = held.saturating_add(length).saturating_add(PIECE_BYTES);
        hold(memory, held, held).await?;
        pieces.push(piece);
    }
    let decoding = weight::before(pieces.iter().map(AsRef::as_ref));
    hold(memory, held, decoding.max(held)).await?;
    Ok(pieces)
}

/// Why a body came to no good end.
fn broken(error: &hyper::Error) -> Reject {
    let cause = error
        .source()
        .and_then(<dyn Error>::downcast_ref::<io::Error>);
    match cause.map(io::Error::kind) {
        Some(io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput) => {
            Reject::Broken("the request body is not in chunks as it says")
        }
        _ => Reject::Incomplete("the request body did not arrive whole"),
    }
}

/// Waits until there is room for a body of so many bytes, and memory for all that it takes; not for long.
async fn hold(memory: &mut RequestMemory, body: u64, all: u64) -> Result<(), Reject> {
    let until = Instant::now() + ROOM_TIME_MAX;
    while !memory.hold(body, all) {
        if Instant::now() >= until {
            return Err(Reject::NoRoom(Reference::unique()));
        }
        sleep(ROOM_LOOK_AFTER).await;
    }
    Ok(())
}
