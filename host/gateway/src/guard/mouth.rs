//! The one mouth: where what a bot says becomes the bytes that leave, without its secrets.

use bytes::BytesMut;

use ravenry_base::secret::Mask;
use ravenry_protocol::{encode, event::Event};

/// The name of an event whose own has a secret in it.
const MASKED_NAME: &str = "masked";

/// Appends an event, without what `mask` hides: in whichever of its members that is, and however it is
/// escaped there. Where there is nothing to hide, nothing is looked for.
pub(crate) fn speak(event: &Event<'_>, mask: Option<&Mask>, out: &mut BytesMut) {
    let before = out.len();
    encode::event(event, out);
    let Some(mask) = mask else { return };
    if let Event::Other { name, .. } = event
        && mask.mask(name.as_str()) != name.as_str()
    {
        rename(out, before, name.as_str().len());
    }
    let said = out.get(before..).unwrap_or_default();
    let data = said.iter().position(|byte| *byte == b'\n');
    let Some(data) = data.and_then(|at| at.checked_add(1)?.checked_add(before)) else {
        return;
    };
    if let Some(clean) = out.get(data..).and_then(|data| mask.json(data)) {
        out.truncate(data);
        out.extend_from_slice(&clean);
    }
}

/// Gives an event that was written at `start` another name.
fn rename(out: &mut BytesMut, start: usize, name_bytes: usize) {
    let name = start.saturating_add("event: ".len());
    let rest = name.saturating_add(name_bytes);
    let rest = out.get(rest..).unwrap_or_default().to_vec();
    out.truncate(name);
    out.extend_from_slice(MASKED_NAME.as_bytes());
    out.extend_from_slice(&rest);
}
