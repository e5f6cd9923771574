//! The text of a PDF, page by page.
//!
//! What reads it is not ours, and takes a rule that is broken for a reason to panic: a page that it cannot read is left
//! out, and the others come all the same. A PDF that unfolds to very much, or has itself within itself, is for the
//! limits of the process in which this runs.

mod pages;

#[cfg(test)]
mod made_up;
#[cfg(test)]
mod tests;

use std::{
    cell::RefCell,
    panic::{AssertUnwindSafe, catch_unwind},
    rc::Rc,
    time::Duration,
};

use pdf_extract::{Document, Error, decode_text_string, output_doc, output_doc_page};

use self::pages::{Pages, Printer};
use crate::{
    TEXT_BYTES_MAX,
    effort::Effort,
    text::{self, Format, ReadError, Text},
};

/// Longest computing time after which another page is begun: what was read until then goes along. Shorter than what
/// the process has, at whose end all would be lost.
const PAGES_TIME_MAX: Duration = Duration::from_secs(14);

/// What is written in a PDF, in at most [`TEXT_BYTES_MAX`] bytes.
///
/// # Errors
/// Why there is nothing to be read.
pub(crate) fn read(bytes: &[u8]) -> Result<Text, ReadError> {
    read_up_to(bytes, TEXT_BYTES_MAX)
}

fn read_up_to(bytes: &[u8], text_bytes_max: usize) -> Result<Text, ReadError> {
    let effort = Effort::up_to(PAGES_TIME_MAX);
    let document = unbroken(|| opened(bytes)).ok_or(ReadError::Broken)??;
    let title = unbroken(|| title(&document)).flatten();
    let pages = Rc::new(RefCell::new(Pages::new(effort, text_bytes_max)));
    let is_lost = print(&document, &pages);
    let pages = pages.borrow();
    if !pages.has_words() {
        return Err(match (pages.is_late(), is_lost) {
            (true, _) => ReadError::TooLong,
            (false, true) => ReadError::Broken,
            (false, false) => ReadError::NoText,
        });
    }
    Ok(Text {
        title,
        text: pages.text(),
        format: Format::Plain,
        is_cut: is_lost || pages.is_full() || pages.is_late(),
    })
}

/// What other people's code comes to; `None` where it panics.
fn unbroken<T>(work: impl FnOnce() -> T) -> Option<T> {
    // Nothing that it has changed is looked at afterwards but the text that it has written.
    catch_unwind(AssertUnwindSafe(work)).ok()
}

/// The objects of a PDF. Many are encrypted with an empty password, and open to everybody.
fn opened(bytes: &[u8]) -> Result<Document, ReadError> {
    let mut document = Document::load_mem(bytes).map_err(|error| match error {
        Error::InvalidPassword | Error::Decryption(_) | Error::UnsupportedSecurityHandler(_) => {
            ReadError::Encrypted
        }
        _ => ReadError::Broken,
    })?;
    if document.is_encrypted() && document.decrypt("").is_err() {
        return Err(ReadError::Encrypted);
    }
    Ok(document)
}

/// What the PDF calls itself.
fn title(document: &Document) -> Option<String> {
    let info = document.trailer.get(b"Info").ok()?;
    let (_, info) = document.dereference(info).ok()?;
    let (_, title) = document
        .dereference(info.as_dict().ok()?.get(b"Title").ok()?)
        .ok()?;
    text::title(&decode_text_string(title).ok()?)
}

/// Writes all pages, and says whether one could not be read, or not to its end.
///
/// At once, as long as that goes well: to find a single page, all of them are looked up.
fn print(document: &Document, pages: &Rc<RefCell<Pages>>) -> bool {
    let mut printer = Printer::new(pages);
    let mut is_whole = unbroken(|| output_doc(document, &mut printer).is_ok()) == Some(true);
    if !is_whole && !pages.borrow_mut().is_done() {
        let count = unbroken(|| document.get_pages().len()).unwrap_or_default();
        let count = u32::try_from(count).unwrap_or(u32::MAX);
        // Behind the page at which it went wrong.
        let next = pages.borrow().number().saturating_add(1);
        for number in next..=count {
            if pages.borrow_mut().is_done() {
                break;
            }
            let mut printer = Printer::new(pages);
            let _ = unbroken(|| output_doc_page(document, &mut printer, number));
        }
    } else {
        is_whole = true;
    }
    pages.borrow_mut().end();
    !is_whole
}
