//! Where a bot's answer goes: one function per kind of event.

use std::fmt;

use crate::{
    backend::{self, Sink},
    event::{self, Event, File, Meta, Say},
    failure::{Failure, PoeError, Result, Stopped},
};

/// What a bot says while it answers a query.
///
/// Events reach the reader in the order of the calls. A call returns when its event is accepted, not
/// when it is read; it waits while 64 KiB of the reply are unread.
///
/// A reply may hold 512,000 characters (Unicode scalar values, over texts and replacements together)
/// and 10,000 events. The functions ending in `_at` name one of several numbered answers shown side
/// by side; the others speak of the only one.
///
/// Every function fails with a [`Stopped`] when its event is not accepted; passing it on with `?` is
/// the right thing to do nearly always.
///
/// `write!` works without an import and sends one event per call:
///
/// ```
/// use ravenry_sdk::{Bot, Query, Reply, Result};
///
/// struct Length;
///
/// impl Bot for Length {
///     fn respond(&self, query: &Query, reply: &mut Reply) -> Result {
///         write!(reply, "{} characters", query.last_text().chars().count())
///     }
/// }
///
/// assert_eq!(ravenry_sdk::testing::ask(&Length, "four").text(), "4 characters");
/// ```
pub struct Reply {
    sink: Sink,
}

impl Reply {
    /// A reply whose events go into this sink.
    pub(crate) fn new(sink: Sink) -> Self {
        Self { sink }
    }

    /// Appends text to the reply.
    ///
    /// Text may be cut into calls anywhere, also inside a word; the reader sees the concatenation.
    /// Empty text is accepted and not sent, but counts as an event.
    pub fn text(&mut self, text: impl AsRef<str>) -> Result {
        self.say(Say::Text {
            index: None,
            text: text.as_ref(),
        })
    }

    /// Appends text to the answer with this index.
    pub fn text_at(&mut self, index: u32, text: impl AsRef<str>) -> Result {
        self.say(Say::Text {
            index: Some(index),
            text: text.as_ref(),
        })
    }

    /// Discards all text of the reply so far and puts this in its place.
    ///
    /// Good for progress ("Working… 3 s") that gives way to the answer. Every replacement counts
    /// fully towards the characters of the reply. Empty text is sent: it clears the reply.
    pub fn replace(&mut self, text: impl AsRef<str>) -> Result {
        self.say(Say::Replace {
            index: None,
            text: text.as_ref(),
        })
    }

    /// Discards all text of the answer with this index and puts this in its place.
    pub fn replace_at(&mut self, index: u32, text: impl AsRef<str>) -> Result {
        self.say(Say::Replace {
            index: Some(index),
            text: text.as_ref(),
        })
    }

    /// Offers something that the person may want to say next, shown as a button.
    ///
    /// Call it last: the platform shows only suggestions at the very end of a reply. Giving one
    /// keeps the platform from inventing its own.
    pub fn suggest(&mut self, text: impl AsRef<str>) -> Result {
        self.say(Say::Suggest {
            text: text.as_ref(),
        })
    }

    /// Says how the reply is to be shown. Counts only as the first event of a reply.
    ///
    /// Later calls are refused with [`Stopped::Invalid`].
    pub fn meta(&mut self, meta: Meta) -> Result {
        self.say(Say::Meta(meta))
    }

    /// Uploads these bytes and attaches the file to the reply, in this place of its events.
    ///
    /// The content type can be `None`: the platform then guesses. A file may have 50 MB, a reply 20
    /// files; the name must not be empty.
    ///
    /// # Errors
    ///
    /// [`PoeError::TooLarge`] past the bounds, [`PoeError::Broken`] where the platform did not take
    /// it, [`PoeError::Stopped`] where the reply does not.
    pub fn attach<'a>(
        &mut self,
        name: &str,
        content_type: impl Into<Option<&'a str>>,
        bytes: impl AsRef<[u8]>,
    ) -> Result<File, PoeError> {
        backend::poe::attach(name, content_type.into(), bytes.as_ref(), false)
    }

    /// The same for a file that the text shows.
    ///
    /// The label for it is [`File::inline_ref`] of what is returned, and [`File::markdown`] the whole
    /// of what to write.
    ///
    /// # Errors
    ///
    /// As [`attach`](Self::attach).
    pub fn attach_inline<'a>(
        &mut self,
        name: &str,
        content_type: impl Into<Option<&'a str>>,
        bytes: impl AsRef<[u8]>,
    ) -> Result<File, PoeError> {
        backend::poe::attach(name, content_type.into(), bytes.as_ref(), true)
    }

    /// Has the platform fetch this URL and attaches the file to the reply, in this place.
    ///
    /// `http` and `https` only. Without a name (`None`), the last part of the URL's path is taken.
    ///
    /// # Errors
    ///
    /// As [`attach`](Self::attach).
    pub fn attach_url<'a>(
        &mut self,
        url: &str,
        name: impl Into<Option<&'a str>>,
    ) -> Result<File, PoeError> {
        backend::poe::attach_url(url, name.into(), false)
    }

    /// The same for a file that the text shows; see [`attach_inline`](Self::attach_inline).
    ///
    /// # Errors
    ///
    /// As [`attach`](Self::attach).
    pub fn attach_url_inline<'a>(
        &mut self,
        url: &str,
        name: impl Into<Option<&'a str>>,
    ) -> Result<File, PoeError> {
        backend::poe::attach_url(url, name.into(), true)
    }

    /// Attaches a file that is already on the web under its URL.
    pub fn file(&mut self, file: File) -> Result {
        self.say(Say::File(file))
    }

    /// Attaches hidden data to the message that this reply becomes.
    ///
    /// The platform hands the last such data back as [`Message::metadata`](crate::Message::metadata)
    /// in later queries, to this bot only. It counts towards the characters of the reply.
    pub fn data(&mut self, metadata: impl AsRef<str>) -> Result {
        self.say(Say::Data {
            metadata: metadata.as_ref(),
        })
    }

    /// Sends a JSON object, used for tool calls in the shape of `OpenAI`'s streaming chunks.
    ///
    /// Anything but an object is refused with [`Stopped::Invalid`].
    pub fn json(&mut self, data: &serde_json::Value) -> Result {
        self.say(Say::Json { data })
    }

    /// Ends the reply with an error. What was said stays and is shown above it.
    ///
    /// The same as returning the failure from `respond`, for code that cannot return just there.
    /// Every later call is refused with [`Stopped::Ended`].
    pub fn error(&mut self, failure: Failure) -> Result {
        self.say(Say::Error(failure))
    }

    /// Sends an event that this version has no function for.
    ///
    /// `name` is 1 to 64 characters of `a`-`z`, `0`-`9` and `_`; `data` must be a JSON object.
    /// Anything else, and the names `done` and `ping`, which belong to the gateway, are refused with
    /// [`Stopped::Invalid`]. An event with a function of its own here is treated as that function
    /// treats it.
    pub fn event(&mut self, name: impl AsRef<str>, data: &serde_json::Value) -> Result {
        self.say(Say::Event {
            name: name.as_ref(),
            data,
        })
    }

    /// What `write!` calls: formats into one text event.
    ///
    /// A `Display` that fails leaves out the rest of its text; nothing else can go wrong in it.
    pub fn write_fmt(&mut self, arguments: fmt::Arguments<'_>) -> Result {
        if let Some(text) = arguments.as_str() {
            return self.text(text);
        }
        let mut text = String::new();
        // A failing `Display` is a fault of its author, and no reason to lose what it did write.
        let _ = fmt::Write::write_fmt(&mut text, arguments);
        self.text(text)
    }

    /// Hands on an event of another bot, perhaps changed on the way.
    ///
    /// The rules are those of [`Answer::relay`](crate::poe::Answer::relay): hidden data belongs to
    /// the other bot and is left out, and so is a `meta` that is not the first event of this reply.
    #[expect(
        clippy::needless_pass_by_value,
        reason = "an event comes out of an answer and is given away; a `&` would only be noise"
    )]
    pub fn pass_on(&mut self, event: Event) -> Result {
        Ok(self.hand_on(&event)?)
    }

    /// The same for callers with an error of their own.
    pub(crate) fn hand_on(&mut self, event: &Event) -> Result<(), Stopped> {
        event::hand_on(event, |say| self.sink.say(say))
    }

    fn say(&mut self, say: Say<'_>) -> Result {
        Ok(self.sink.say(say)?)
    }
}

/// For code that writes into any `fmt::Write`. Each piece becomes an event; a refusal is a
/// `fmt::Error` without its reason, which the next call on the reply gives again.
impl fmt::Write for Reply {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.text(text).map_err(|_| fmt::Error)
    }
}

impl fmt::Debug for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reply").finish_non_exhaustive()
    }
}
