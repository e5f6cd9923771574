//! Who is shown what a bot finds in its store and leaves there: its author, who asks for it on the machine where it
//! is served to try it.
//!
//! That is more than a bot tells those who ask it: values of other conversations, and all that it keeps for itself.
//! So it goes to nobody who comes from elsewhere, over a tunnel either, whose requests are for another host.

use http::request::Parts;

use super::{
    head::{self, visitor},
    seat::Seat,
};
use ravenry_protocol::store_activity::{SHOW_HEADER, SHOW_STORE};

/// Whether a request asks to be shown it, and may be. The header is not the bot's business then.
pub(super) fn takes_store(parts: &mut Parts, seat: &Seat) -> bool {
    let Some(wanted) = parts.headers.get(SHOW_HEADER) else {
        return false;
    };
    let is_from_here = seat.peer().to_canonical().is_loopback();
    if wanted.as_bytes() != SHOW_STORE.as_bytes() || !is_from_here {
        return false;
    }
    let Ok(host) = head::read(parts.version, &parts.uri, &parts.headers) else {
        return false;
    };
    let authority = head::authority(&parts.uri, &parts.headers);
    if visitor::is_foreign(&host, authority, &parts.headers) {
        return false;
    }
    drop(host);
    parts.headers.remove(SHOW_HEADER);
    true
}
