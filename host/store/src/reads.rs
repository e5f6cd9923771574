//! Reads of single entries: those that wait together are joined into one statement.
//!
//! Who reads leaves word of what it wants and gets in line for a connection. Whoever has one answers all of its
//! tenant that wait, up to a bound, not only itself. So a read that is alone takes no way round, and when many
//! wait, few have to go. Tenants are not joined: one that reads large values makes nobody else wait for them.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use sqlx::{AnyConnection, Row as _};
use tokio::sync::oneshot;

use crate::{
    ledger::current,
    pools::Pools,
    scope::Place,
    settings::Clock,
    statements as sql,
    version::{Version, Versioned},
};

/// How many are joined: as many as one statement is about.
const JOINED_MAX: usize = sql::ROWS_AT_ONCE;

/// Those that wait. Clones are the same.
#[derive(Clone, Debug, Default)]
pub(crate) struct Reads(Arc<Mutex<Waiting>>);

/// By their tenants, in the order in which they came.
#[derive(Debug, Default)]
struct Waiting {
    asks: BTreeMap<Vec<u8>, BTreeMap<u64, Ask>>,
    count: u64,
}

/// What somebody waits for.
#[derive(Debug)]
struct Ask {
    place: Place,
    key: Vec<u8>,
    answer: oneshot::Sender<Versioned>,
}

/// Takes an ask back when its caller goes away.
struct Word<'r> {
    reads: &'r Reads,
    tenant: &'r [u8],
    number: u64,
}

impl Drop for Word<'_> {
    fn drop(&mut self) {
        self.reads.waiting().remove(self.tenant, self.number);
    }
}

impl Reads {
    /// A live entry with its version.
    pub(crate) async fn current(
        &self,
        pools: &Pools,
        clock: &Clock,
        place: &Place,
        key: &[u8],
    ) -> Result<Versioned, sqlx::Error> {
        let (answer, mut answered) = oneshot::channel();
        let ask = Ask {
            place: place.clone(),
            key: key.to_vec(),
            answer,
        };
        let _word = Word {
            reads: self,
            tenant: &place.tenant,
            number: self.waiting().add(ask),
        };
        loop {
            let mut lease = tokio::select! {
                biased;
                found = &mut answered => match found {
                    Ok(found) => return Ok(found),
                    // Who had taken it has failed or gone away, and what was wrong need not have been this.
                    Err(_) => break,
                },
                lease = pools.reader() => lease?,
            };
            let asks = self.waiting().take(&place.tenant);
            if asks.is_empty() {
                // Somebody else is about to answer.
                lease.give_back();
                match answered.await {
                    Ok(found) => return Ok(found),
                    Err(_) => break,
                }
            }
            // Where it fails, each reads its own and hears why.
            if answer_all(lease.connection(), asks, clock.now())
                .await
                .is_ok()
            {
                lease.give_back();
            }
        }
        let mut lease = pools.reader().await?;
        let found = current(lease.connection(), place, key, clock.now()).await?;
        lease.give_back();
        Ok(found)
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        // Each change of it is whole.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Waiting {
    fn add(&mut self, ask: Ask) -> u64 {
        self.count = self.count.wrapping_add(1);
        let of_tenant = self.asks.entry(ask.place.tenant.clone()).or_default();
        of_tenant.insert(self.count, ask);
        self.count
    }

    fn remove(&mut self, tenant: &[u8], number: u64) {
        if let Some(of_tenant) = self.asks.get_mut(tenant) {
            of_tenant.remove(&number);
            if of_tenant.is_empty() {
                self.asks.remove(tenant);
            }
        }
    }

    /// Those of a tenant that have waited longest.
    fn take(&mut self, tenant: &[u8]) -> Vec<Ask> {
        let Some(mut of_tenant) = self.asks.remove(tenant) else {
            return Vec::new();
        };
        if let Some(&first_left) = of_tenant.keys().nth(JOINED_MAX) {
            let left = of_tenant.split_off(&first_left);
            self.asks.insert(tenant.to_vec(), left);
        }
        of_tenant.into_values().collect()
    }
}

/// Answers these, of one tenant and no more than one statement is about.
async fn answer_all(
    connection: &mut AnyConnection,
    mut asks: Vec<Ask>,
    now: i64,
) -> Result<(), sqlx::Error> {
    asks.retain(|ask| !ask.answer.is_closed());
    let Some(first) = asks.first() else {
        return Ok(());
    };
    let mut query = sqlx::query(sql::ENTRIES.of(asks.len())).bind(&first.place.tenant);
    for Ask { place, key, .. } in sql::padded(&asks) {
        query = query.bind(&place.bot).bind(&place.bucket).bind(key);
    }
    let rows = query.fetch_all(connection).await?;
    let mut found = BTreeMap::new();
    for row in &rows {
        let name: [Vec<u8>; 3] = [row.try_get(0)?, row.try_get(1)?, row.try_get(2)?];
        if row.try_get::<i64, _>(3)? > now {
            found.insert(name, (row.try_get(4)?, row.try_get(5)?));
        }
    }
    for Ask { place, key, answer } in asks {
        let entry: Option<&(i64, Vec<u8>)> = found.get(&[place.bot, place.bucket, key]);
        // Who has gone away meanwhile does not ask.
        let _ = answer.send(Versioned {
            version: entry.map_or(Version::ABSENT, |(version, _)| Version(*version)),
            value: entry.map(|(_, value)| value.clone()),
        });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(tenant: &[u8]) -> Ask {
        Ask {
            place: Place {
                tenant: tenant.to_vec(),
                bot: Vec::new(),
                bucket: Vec::new(),
            },
            key: Vec::new(),
            answer: oneshot::channel().0,
        }
    }

    #[test]
    fn those_of_a_tenant_go_in_their_order_and_leave_nothing_behind() {
        let mut waiting = Waiting::default();
        let numbers: Vec<u64> = (0..40).map(|_| waiting.add(ask(b"one"))).collect();
        let other = waiting.add(ask(b"two"));
        // One goes away while it waits, and one when it has been taken.
        waiting.remove(b"one", numbers[3]);
        assert_eq!(waiting.take(b"one").len(), JOINED_MAX);
        waiting.remove(b"one", numbers[5]);
        let left: Vec<u64> = waiting.asks[&b"one"[..]].keys().copied().collect();
        assert_eq!(left, numbers[33..]);
        for number in left {
            waiting.remove(b"one", number);
        }
        waiting.remove(b"two", other);
        assert!(waiting.take(b"two").is_empty() && waiting.asks.is_empty());
    }
}
