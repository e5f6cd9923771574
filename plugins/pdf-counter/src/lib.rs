//! Shows files that people attach: reads each PDF of a conversation within the sandbox, and says how many
//! pages it has.

use ravenry_sdk::poe::PoeError;
use ravenry_sdk::{Attachment, Bot, Query, Reply, Result, Settings};

mod pdf;
mod syntax;
#[cfg(test)]
mod tests;

/// Most bytes of one PDF, and of all PDFs of a conversation. `limits` in the manifest leaves room for it.
const PDF_BYTES_MAX: u32 = 16 * 1024 * 1024;
const PDFS_BYTES_MAX: u32 = 64 * 1024 * 1024;

/// Counts pages.
pub struct PdfCounter;

impl Bot for PdfCounter {
    fn respond(&self, query: &Query, reply: &mut Reply) -> Result {
        reply.text("Iterating over the pdfs uploaded in this conversation ...")?;
        let mut bytes_left = PDFS_BYTES_MAX;
        let newest_first = query.messages.iter().rev();
        let files = newest_first.flat_map(|message| &message.attachments);
        for pdf in files.filter(|file| file.content_type == "application/pdf") {
            match pages(pdf, &mut bytes_left)? {
                Some(pages) => writeln!(reply, "{} has {pages} pages.", pdf.name)?,
                None => reply.text("Failed to retrieve the document.\n")?,
            }
        }
        Ok(())
    }

    fn settings(&self) -> Settings {
        Settings {
            allow_attachments: Some(true),
            ..Settings::default()
        }
    }

    /// The files themselves are read here; what the platform made of them is for models.
    fn inserts_attachments(&self) -> bool {
        false
    }
}

/// How many pages a PDF has; `None` where it cannot be had, or is none.
fn pages(pdf: &Attachment, bytes_left: &mut u32) -> Result<Option<u32>> {
    let bytes = match pdf.read(PDF_BYTES_MAX.min(*bytes_left)) {
        Ok(bytes) => bytes,
        Err(PoeError::Stopped(stopped)) => return Err(stopped.into()),
        Err(error) => {
            log(&format!("{:?} cannot be read: {error}", pdf.name));
            return Ok(None);
        }
    };
    let length = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
    *bytes_left = bytes_left.saturating_sub(length);
    let pages = pdf::pages(&bytes);
    if pages.is_none() {
        log(&format!(
            "{:?} is no PDF whose pages can be counted",
            pdf.name
        ));
    }
    Ok(pages)
}

#[expect(clippy::print_stdout, reason = "what a bot prints is its log")]
fn log(line: &str) {
    println!("{line}");
}

ravenry_sdk::export!(PdfCounter);
