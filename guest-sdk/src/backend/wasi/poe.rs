//! What the gateway asks of the platform for a bot.

use crate::{
    cost::CostItem,
    event::{Event, File},
    failure::PoeError,
    interface::bindings::ravenry::bot::poe,
    wait::Pollable,
};

/// Bytes of a file that go in one call; the interface's bound.
const PIECE_BYTES: usize = 1024 * 1024;

pub(crate) fn ask(bot: &str, body: &str) -> Result<Answer, PoeError> {
    Ok(Answer(poe::ask(bot, body)?))
}

/// What another bot says, on the gateway's side of the border.
pub(crate) struct Answer(poe::Answer);

impl Answer {
    pub(crate) fn read(&self) -> Result<Vec<Event>, PoeError> {
        Ok(self.0.read()?.into_iter().map(Event::from).collect())
    }

    pub(crate) fn subscribe(&self) -> Pollable {
        self.0.subscribe()
    }

    pub(crate) fn relay(&self) -> Result<(), PoeError> {
        Ok(self.0.relay()?)
    }

    pub(crate) fn relay_text(&self) -> Result<(), PoeError> {
        Ok(self.0.relay_text()?)
    }
}

pub(crate) fn attach(
    name: &str,
    content_type: Option<&str>,
    bytes: &[u8],
    is_inline: bool,
) -> Result<File, PoeError> {
    if bytes.len() <= PIECE_BYTES {
        return Ok(poe::attach(name, content_type, bytes, is_inline)?.into());
    }
    let file = poe::FileWriter::new(name, content_type);
    for piece in bytes.chunks(PIECE_BYTES) {
        file.write(piece)?;
    }
    Ok(poe::FileWriter::finish(file, is_inline)?.into())
}

pub(crate) fn attach_url(url: &str, name: Option<&str>, is_inline: bool) -> Result<File, PoeError> {
    Ok(poe::attach_url(url, name, is_inline)?.into())
}

pub(crate) fn read_attachment(url: &str, bytes_max: u32) -> Result<Vec<u8>, PoeError> {
    Ok(poe::read_attachment(url, bytes_max)?)
}

pub(crate) fn authorize(items: &[CostItem]) -> Result<(), PoeError> {
    Ok(poe::authorize(&bill(items))?)
}

pub(crate) fn capture(items: &[CostItem]) -> Result<(), PoeError> {
    Ok(poe::capture(&bill(items))?)
}

fn bill(items: &[CostItem]) -> Vec<poe::CostItem> {
    items.iter().cloned().map(poe::CostItem::from).collect()
}
