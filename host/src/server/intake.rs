//! Request bodies: read within bounds of size, time and memory, then decoded.

use std::time::Duration;

use bytes::Bytes;
use http_body::Body as _;
use http_body_util::{BodyExt, Collected, LengthLimitError, Limited};
use hyper::body::Incoming;
use tokio::{
    sync::{Semaphore, SemaphorePermit},
    time::{Instant, timeout_at},
};

use super::{connection::Seat, reject::Reject};
use crate::{
    bots::{BODY_HERE_BYTES_MAX, Bot},
    protocol::decode::{self, Decoded},
};

/// Time for a whole request body to arrive, the wait for its memory included.
const BODY_TIME_MAX: Duration = Duration::from_secs(30);

/// What part of the machine's memory bodies may take while they arrive: strangers send them.
const MEMORY_SHARE: u64 = 16;

/// The unit in which that memory is handed out.
const KIB: u64 = 1024;

/// Takes the bodies of all requests.
pub(super) struct Intake {
    /// Memory for bodies that are arriving, in KiB.
    memory: Semaphore,
    memory_kib: u32,
}

impl Intake {
    /// For a machine with so much memory.
    pub(super) fn new(memory_bytes: u64) -> Self {
        let kib = u32::try_from(memory_bytes / MEMORY_SHARE / KIB).unwrap_or(u32::MAX);
        Self {
            memory: Semaphore::new(
                usize::try_from(kib)
                    .unwrap_or(usize::MAX)
                    .min(Semaphore::MAX_PERMITS),
            ),
            memory_kib: kib,
        }
    }

    /// Reads and decodes the body of a request for this bot.
    pub(super) async fn take(
        &self,
        body: Incoming,
        bot: &Bot,
        seat: &Seat,
    ) -> Result<Decoded, Reject> {
        let bytes_max = bot.limits.body;
        let length = body.size_hint().upper().unwrap_or(bytes_max);
        if length > bytes_max {
            return Err(Reject::TooLarge { bytes_max });
        }
        let deadline = Instant::now() + BODY_TIME_MAX;
        let is_large = length > BODY_HERE_BYTES_MAX as u64;
        let arriving = async {
            let room = self.room(length).await;
            if is_large {
                seat.load().await;
            }
            (room, read(body, bytes_max).await)
        };
        let late = |_| Reject::Incomplete("the request body did not arrive within 30 s");
        let arrived = timeout_at(deadline, arriving).await.map_err(late);
        seat.unload();
        let (_room, body) = arrived?;
        decode(body?, is_large, bot).await
    }

    /// Memory for so many bytes, or for as many as there are at all.
    async fn room(&self, bytes: u64) -> Option<SemaphorePermit<'_>> {
        let kib = u32::try_from(bytes.div_ceil(KIB)).unwrap_or(u32::MAX);
        // The semaphore is never closed.
        self.memory
            .acquire_many(kib.min(self.memory_kib))
            .await
            .ok()
    }
}

/// Decodes a body: a large one where its bot computes, in its turn.
///
/// It is large where it may have been: one of unknown length counts as long as it might have become.
async fn decode(body: Collected<Bytes>, is_large: bool, bot: &Bot) -> Result<Decoded, Reject> {
    // In pieces as it came: putting a large one together takes long, too.
    let decode = move || decode::decode(body.to_bytes().into());
    let decoded = if is_large {
        let decoding = bot.compute(decode);
        let failed = |_| Reject::Incomplete("the request body could not be read");
        decoding.await.map_err(failed)?
    } else {
        decode()
    };
    decoded.map_err(Reject::Malformed)
}

async fn read(body: Incoming, bytes_max: u64) -> Result<Collected<Bytes>, Reject> {
    let limit = usize::try_from(bytes_max).unwrap_or(usize::MAX);
    match Limited::new(body, limit).collect().await {
        Ok(collected) => Ok(collected),
        Err(error) if error.is::<LengthLimitError>() => Err(Reject::TooLarge { bytes_max }),
        Err(_) => Err(Reject::Incomplete("the request body did not arrive whole")),
    }
}
