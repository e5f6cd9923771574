//! What an answer consists of: a page, or a reply as it comes. What is ready leaves in one write;
//! dropping the body cancels the reply.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};

use super::{record::Watch, seat::Seat};
use crate::bots::reply::Reply;

/// The body of an answer.
pub(super) struct ResponseBody {
    body: BodyKind,
    seat: Arc<Seat>,
}

#[expect(
    clippy::large_enum_variant,
    reason = "nearly all are replies: a box would cost each of them an allocation"
)]
enum BodyKind {
    Reply {
        reply: Reply,
        /// What keeps a copy of what leaves; after the reply, so that it knows how that ended.
        watch: Option<Watch>,
    },
    Page(axum::body::Body),
}

impl ResponseBody {
    /// What a bot says, as it says it.
    pub(super) fn reply(reply: Reply, watch: Option<Watch>, seat: Arc<Seat>) -> Self {
        let body = BodyKind::Reply { reply, watch };
        Self { body, seat }
    }

    /// What is there as a whole.
    pub(super) fn page(page: axum::body::Body, seat: Arc<Seat>) -> Self {
        let body = BodyKind::Page(page);
        Self { body, seat }
    }
}

impl Drop for ResponseBody {
    fn drop(&mut self) {
        self.seat.watches(false);
        self.seat.holds(None);
        self.seat.end();
    }
}

impl Body for ResponseBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let this = &mut *self;
        match &mut this.body {
            BodyKind::Page(page) => Pin::new(page).poll_frame(context),
            BodyKind::Reply { reply, watch } => {
                let polled = reply.poll_bytes(context);
                this.seat.holds(reply.holder());
                this.seat.watches(reply.is_away());
                if let (Poll::Ready(bytes), Some(watch)) = (&polled, watch) {
                    watch.see(bytes.as_ref());
                }
                polled.map(|bytes| bytes.map(|bytes| Ok(Frame::data(bytes))))
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        match &self.body {
            BodyKind::Page(page) => page.is_end_stream(),
            BodyKind::Reply { .. } => false,
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.body {
            BodyKind::Page(page) => page.size_hint(),
            BodyKind::Reply { .. } => SizeHint::default(),
        }
    }
}
