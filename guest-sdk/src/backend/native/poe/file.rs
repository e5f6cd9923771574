//! Files: those that a bot uploads, and those that a person attached.

use super::during_reply;
use crate::{
    backend::native::scene_state::Upload,
    event::{File, Say},
    failure::{PoeError, Stopped},
};

/// Most bytes of a file, as in the gateway: 50 MB.
const FILE_BYTES_MAX: usize = 50_000_000;

/// Most files of a reply, as in the gateway.
const FILES_MAX: usize = 20;

pub(crate) fn attach(
    name: &str,
    content_type: Option<&str>,
    bytes: &[u8],
    is_inline: bool,
) -> Result<File, PoeError> {
    if name.is_empty() {
        return Err(PoeError::Invalid("a file has a name".to_owned()));
    }
    if bytes.len() > FILE_BYTES_MAX {
        return Err(PoeError::TooLarge(format!(
            "{name:?} has more than {FILE_BYTES_MAX} bytes"
        )));
    }
    upload(name, content_type, is_inline, |_| Upload {
        name: name.to_owned(),
        bytes: Some(bytes.to_vec()),
        from_url: None,
        file: File::default(),
    })
}

pub(crate) fn attach_url(url: &str, name: Option<&str>, is_inline: bool) -> Result<File, PoeError> {
    let Some(rest) = url.strip_prefix("https://").or(url.strip_prefix("http://")) else {
        return Err(PoeError::Invalid(format!(
            "{url:?} begins neither with `http://` nor with `https://`"
        )));
    };
    let path = rest.split(['?', '#']).next().unwrap_or_default();
    let last = path.split_once('/').map_or("", |(_, path)| path);
    let last = last.rsplit('/').next().filter(|last| !last.is_empty());
    let name = name.filter(|name| !name.is_empty());
    let name = name.or(last).unwrap_or("downloaded_file").to_owned();
    upload(&name, None, is_inline, |name| Upload {
        name: name.to_owned(),
        bytes: None,
        from_url: Some(url.to_owned()),
        file: File::default(),
    })
}

fn upload(
    name: &str,
    content_type: Option<&str>,
    is_inline: bool,
    make: impl FnOnce(&str) -> Upload,
) -> Result<File, PoeError> {
    during_reply(|state| {
        let number = state.uploads.len().saturating_add(1);
        if number > FILES_MAX {
            return Err(PoeError::TooLarge(format!(
                "a reply has at most {FILES_MAX} files"
            )));
        }
        let file = File {
            url: format!("https://files.test/{number}"),
            content_type: content_type
                .unwrap_or("application/octet-stream")
                .to_owned(),
            name: name.to_owned(),
            inline_ref: is_inline.then(|| format!("ref{number:05}")),
        };
        let said = state
            .recorder
            .as_mut()
            .map_or(Err(Stopped::Ended), |recorder| {
                recorder.say(Say::File(file.clone()))
            });
        said?;
        state.uploads.push(Upload {
            file: file.clone(),
            ..make(name)
        });
        Ok(file)
    })
}

pub(crate) fn read_attachment(url: &str, bytes_max: u32) -> Result<Vec<u8>, PoeError> {
    during_reply(|state| {
        if !state.attached.iter().any(|attached| attached == url) {
            return Err(PoeError::Denied(format!(
                "{url:?} is not attached to a message of the query"
            )));
        }
        let Some(bytes) = state.attachments.get(url) else {
            return Err(PoeError::Broken(format!("{url:?} is gone")));
        };
        if u32::try_from(bytes.len()).map_or(true, |length| length > bytes_max) {
            return Err(PoeError::TooLarge(format!(
                "the attachment has more than {bytes_max} bytes"
            )));
        }
        Ok(bytes.clone())
    })
}
