//! A reply as an HTTP body: what is ready leaves in one write; dropping the body cancels the reply.

use std::{
    convert::Infallible,
    pin::Pin,
    task::{Context, Poll},
};

use bytes::Bytes;
use http_body::{Body, Frame};

use super::record::Watch;
use crate::bots::reply::Reply;

/// The body of a streamed answer.
#[derive(Debug)]
pub struct ReplyBody {
    /// The answer itself.
    pub reply: Reply,
    /// Who keeps what leaves; after the reply, so that it knows how that ended.
    pub watch: Option<Watch>,
}

impl Body for ReplyBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let polled = self.reply.poll_bytes(context);
        if let (Poll::Ready(bytes), Some(watch)) = (&polled, &mut self.watch) {
            watch.see(bytes.as_ref());
        }
        polled.map(|bytes| bytes.map(|bytes| Ok(Frame::data(bytes))))
    }
}
