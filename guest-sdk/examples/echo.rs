//! The smallest bot: it says back what it hears.

use ravenry_sdk::{Bot, Query, Reply, Result};

struct Echo;

impl Bot for Echo {
    fn respond(&self, query: &Query, reply: &mut Reply) -> Result {
        reply.text(query.last_text())
    }
}

ravenry_sdk::export!(Echo);
