//! Looks for what a former query, another bot or the machine left within its reach.

use std::sync::atomic::{AtomicU32, Ordering};

static CALLS: AtomicU32 = AtomicU32::new(0);

struct Bot;

impl raw::Odd for Bot {
    fn respond(_: raw::Query) -> Result<(), raw::Failure> {
        let calls = CALLS.fetch_add(1, Ordering::Relaxed) + 1;
        // Fresh memory is zero; what a former query wrote into it would not be.
        let fresh = vec![0_u8; 4 << 20];
        let dirty = fresh.iter().filter(|byte| **byte != 0).count();
        std::hint::black_box(vec![0xAA_u8; 4 << 20]);
        let mut environment: Vec<String> = std::env::vars()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        environment.sort();
        let arguments: Vec<String> = std::env::args().collect();
        let _ = raw::reply::text(&format!(
            "calls {calls}, dirty bytes {dirty}, environment {environment:?}, arguments {arguments:?}"
        ));
        Ok(())
    }
}

raw::export!(Bot);
