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

/// How many others are answered by one: as many as one statement is about besides its own.
const JOINED_MAX: usize = sql::ROWS_AT_ONCE - 1;

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
        let word = Word {
            reads: self,
            tenant: &place.tenant,
            number: self.waiting().add(ask),
        };
        loop {
            let mut lease = tokio::select! {
                biased;
                // At first: nothing is to wake this while it has what it needs.
                lease = pools.reader() => lease?,
                found = &mut answered => match found {
                    Ok(found) => return Ok(found),
                    // Who had taken it has failed or gone away, and what was wrong need not have been this.
                    Err(_) => break,
                },
            };
            let now = clock.now();
            let (own, others) = self.waiting().take(&place.tenant, word.number);
            if own.is_some() {
                drop(answered);
                // Where it fails, each reads its own and hears why.
                let Ok(found) = find(lease.connection(), (place, key), others, now).await else {
                    break;
                };
                lease.give_back();
                return Ok(found);
            }
            // Somebody else is about to answer.
            if let Some(first) = others.first() {
                let (place, key) = (first.place.clone(), first.key.clone());
                let found = find(lease.connection(), (&place, &key), others, now).await;
                if found.is_ok() {
                    lease.give_back();
                }
            } else {
                lease.give_back();
                match answered.await {
                    Ok(found) => return Ok(found),
                    Err(_) => break,
                }
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

    /// One of a tenant, if it still waits, and others of it: those that have waited longest.
    fn take(&mut self, tenant: &[u8], number: u64) -> (Option<Ask>, Vec<Ask>) {
        let Some(mut of_tenant) = self.asks.remove(tenant) else {
            return (None, Vec::new());
        };
        let one = of_tenant.remove(&number);
        if let Some(&first_left) = of_tenant.keys().nth(JOINED_MAX) {
            let left = of_tenant.split_off(&first_left);
            self.asks.insert(tenant.to_vec(), left);
        }
        (one, of_tenant.into_values().collect())
    }
}

/// Reads one entry, and answers others of the same tenant with it.
async fn find(
    connection: &mut AnyConnection,
    (place, key): (&Place, &[u8]),
    mut others: Vec<Ask>,
    now: i64,
) -> Result<Versioned, sqlx::Error> {
    others.retain(|ask| !ask.answer.is_closed());
    if others.is_empty() {
        return current(connection, place, key, now).await;
    }
    let wanted = others.iter().map(|ask| (&ask.place, &ask.key[..]));
    let wanted: Vec<_> = wanted.chain([(place, key)]).collect();
    let mut query = sqlx::query(sql::ENTRIES.of(wanted.len())).bind(&place.tenant);
    for (place, key) in sql::padded(&wanted) {
        query = query.bind(&place.bot).bind(&place.bucket).bind(*key);
    }
    let rows = query.fetch_all(connection).await?;
    let mut own = None;
    let mut unanswered = others;
    // One after the other, so that each value is in memory for whom it is and for nobody else.
    for row in rows {
        let [bot, in_bucket, named]: [Vec<u8>; 3] =
            [row.try_get(0)?, row.try_get(1)?, row.try_get(2)?];
        if row.try_get::<i64, _>(3)? <= now {
            continue;
        }
        let found = Versioned {
            version: Version(row.try_get(4)?),
            value: Some(row.try_get(5)?),
        };
        drop(row);
        let is_it = |place: &Place, key: &[u8]| {
            (&place.bot, &place.bucket, key) == (&bot, &in_bucket, &named[..])
        };
        for ask in unanswered.extract_if(.., |ask| is_it(&ask.place, &ask.key)) {
            // Who has gone away meanwhile does not ask.
            let _ = ask.answer.send(found.clone());
        }
        if is_it(place, key) {
            own = Some(found);
        }
    }
    for ask in unanswered {
        let _ = ask.answer.send(absent());
    }
    Ok(own.unwrap_or_else(absent))
}

fn absent() -> Versioned {
    Versioned {
        value: None,
        version: Version::ABSENT,
    }
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
        let (own, others) = waiting.take(b"one", numbers[39]);
        assert!(own.is_some());
        assert_eq!(others.len(), JOINED_MAX);
        waiting.remove(b"one", numbers[5]);
        let left: Vec<u64> = waiting.asks[&b"one"[..]].keys().copied().collect();
        assert_eq!(left, numbers[32..39]);
        for number in left {
            waiting.remove(b"one", number);
        }
        waiting.remove(b"two", other);
        let (own, others) = waiting.take(b"two", other);
        assert!(own.is_none() && others.is_empty() && waiting.asks.is_empty());
    }
}
