//! What the host keeps of an instance's HTTP: headers, requests and bodies on their way, weighed and booked
//! with its memory.
//!
//! Sizes are looked at now and then, not at each call. Between two looks as much is booked ahead as the calls
//! until the next one can bring.

use std::any::Any;

use wasmtime::component::ResourceTable;
use wasmtime_wasi_http::{
    FieldMap,
    p2::{
        body::HostOutgoingBody,
        types::{HostIncomingResponse, HostOutgoingRequest},
    },
    p3::{Request, Response},
};

use super::meter::MemoryMeter;
use crate::imports::http::CHUNK_BYTES_MAX;

/// The size of one block of headers that a guest makes, as it lies in memory; and that of a path.
///
/// What many servers take at most: Apache 8 KiB a line, Node.js 16 KiB in all.
pub(super) const FIELDS_BYTES_MAX: usize = 16 * 1024;

/// Calls between two looks. Each brings one block of headers or one path at most, and a look at a full table
/// takes some microseconds.
const CALLS_BETWEEN_LOOKS: u8 = 8;

/// What those calls can bring.
const AHEAD_BYTES: u64 = CALLS_BETWEEN_LOOKS as u64 * FIELDS_BYTES_MAX as u64;

/// What a resource takes that is none of these, such as something to wait for.
const ENTRY_BYTES: u64 = 128;

/// What a body takes on its way out: two chunks wait in it, and one is being written.
const BODY_BYTES: u64 = 3 * CHUNK_BYTES_MAX as u64;

/// When to look next, and whether there was memory for what was found.
#[derive(Debug, Default)]
pub(super) struct Looks {
    calls_left: u8,
    short: bool,
}

impl Looks {
    /// Notes that the guest calls `wasi:http`, and looks if it is time. Gives back how large a block of headers
    /// may become that it makes or adds to: of none, where there is no memory for one.
    pub(super) fn call(&mut self, table: &mut ResourceTable, memory: &mut MemoryMeter) -> usize {
        match self.calls_left.checked_sub(1) {
            Some(left) if !self.short => self.calls_left = left,
            _ => {
                self.calls_left = CALLS_BETWEEN_LOOKS.saturating_sub(1);
                let kept = weigh(table).saturating_add(AHEAD_BYTES);
                self.short = !memory.keep_besides(kept);
            }
        }
        if self.short { 0 } else { FIELDS_BYTES_MAX }
    }
}

/// Bytes that all resources take.
fn weigh(table: &mut ResourceTable) -> u64 {
    let entries = table.iter_mut().map(|entry| weight(entry));
    entries.fold(0, |sum, bytes| {
        sum.saturating_add(bytes).saturating_add(ENTRY_BYTES)
    })
}

fn weight(entry: &(dyn Any + Send)) -> u64 {
    let (fields, more) = if let Some(fields) = entry.downcast_ref::<FieldMap>() {
        (fields, 0)
    } else if let Some(request) = entry.downcast_ref::<HostOutgoingRequest>() {
        let texts = [&request.path_with_query, &request.authority];
        let texts = texts.into_iter().flatten().map(|text| wide(text.len()));
        (&request.headers, texts.sum())
    } else if let Some(response) = entry.downcast_ref::<HostIncomingResponse>() {
        (&response.headers, 0)
    } else if let Some(request) = entry.downcast_ref::<Request>() {
        let path = request.path_with_query.as_ref();
        let path = path.map_or(0, |path| wide(path.as_str().len()));
        (&request.headers, path)
    } else if let Some(response) = entry.downcast_ref::<Response>() {
        (&response.headers, 0)
    } else if entry.is::<HostOutgoingBody>() {
        return BODY_BYTES;
    } else {
        return 0;
    };
    let texts = fields.iter().map(|(name, value)| {
        // The map has its places made beforehand, for more than there are.
        let place = 2 * (size_of_val(name) + size_of_val(value));
        wide(name.as_str().len() + value.len() + place)
    });
    texts.sum::<u64>().saturating_add(more)
}

/// Sizes in memory always fit.
fn wide(bytes: usize) -> u64 {
    u64::try_from(bytes).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use wasmtime_wasi_http::p2::bindings::http::types::Method;

    use super::*;
    use crate::sandbox::EngineKind;
    use ravenry_base::memory::{Booking, Holder, MemoryPool};

    fn request() -> HostOutgoingRequest {
        HostOutgoingRequest {
            method: Method::Get,
            scheme: None,
            authority: None,
            path_with_query: Some("x".repeat(16_000)),
            headers: FieldMap::default(),
            body: None,
        }
    }

    #[test]
    fn requests_are_booked_and_given_back_as_they_come_and_go() {
        let pools = [(); 3].map(|()| MemoryPool::new(1 << 20));
        let booking = Booking::new(pools.clone());
        let mut memory = MemoryMeter::new(
            (1 << 20, EngineKind::Small),
            Holder::new(&Arc::default()),
            booking,
            0,
        );
        let (mut table, mut looks) = (ResourceTable::new(), Looks::default());
        let mut held = Vec::new();
        for _ in 0..40 {
            assert_eq!(looks.call(&mut table, &mut memory), FIELDS_BYTES_MAX);
            held.push(table.push(request()).unwrap());
            let used = pools[0].used();
            assert!(
                used >= 16_000 * held.len() as u64,
                "{used} bytes are booked"
            );
        }
        while looks.call(&mut table, &mut memory) > 0 {
            held.push(table.push(request()).unwrap());
            assert!(held.len() < 70, "there is no more memory");
        }
        for request in held {
            drop(table.delete(request).unwrap());
        }
        assert_eq!(looks.call(&mut table, &mut memory), FIELDS_BYTES_MAX);
        assert!(pools[0].used() < 256 * 1024);
    }
}
