//! Any body of a request: decoded or refused, never a panic; complaints stay short.

#![no_main]

use libfuzzer_sys::fuzz_target;
use ravenry_protocol::decode::decode;

fuzz_target!(|body: &[u8]| {
    match decode(body.to_vec()) {
        Ok(decoded) => {
            let again =
                decode(decoded.raw.into_bytes()).expect("the text handed on is strict JSON");
            assert!(!again.repaired);
            assert_eq!(again.request, decoded.request);
        }
        Err(error) => {
            assert!(error.to_string().len() < 2048);
            let _ = error.hint();
        }
    }
});
