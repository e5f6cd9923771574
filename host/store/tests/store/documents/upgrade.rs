//! What an older program has written gets tables for documents, and stays as it is.

use ravenry_store::{OpenError, SCHEMA_VERSION, Settings, Store, Tables};

use super::{ids, put};
use crate::bench::{Bench, bot, forever, over_both};

over_both! {
    a_store_of_version_one_is_brought_up
}

/// The tables as version 1 had them, behind the back of the store.
const TABLES: &str = "
    CREATE TABLE ravenry_schema (version BIGINT NOT NULL);
    INSERT INTO ravenry_schema (version) VALUES (1);
    CREATE TABLE ravenry_tenants (
        tenant BYTES NOT NULL PRIMARY KEY,
        bytes BIGINT NOT NULL,
        keys BIGINT NOT NULL,
        version BIGINT NOT NULL
    );
    CREATE TABLE ravenry_bots (
        tenant BYTES NOT NULL,
        bot BYTES NOT NULL,
        bytes BIGINT NOT NULL,
        keys BIGINT NOT NULL,
        PRIMARY KEY (tenant, bot)
    );
    CREATE TABLE ravenry_entries (
        tenant BYTES NOT NULL,
        bot BYTES NOT NULL,
        bucket BYTES NOT NULL,
        key BYTES NOT NULL,
        size BIGINT NOT NULL,
        version BIGINT NOT NULL,
        expires BIGINT NOT NULL,
        value BYTES NOT NULL,
        PRIMARY KEY (tenant, bot, bucket, key)
    );
    CREATE INDEX ravenry_expiry_of_tenants ON ravenry_entries (tenant, expires)
        WHERE expires < 9223372036854775807;
    CREATE INDEX ravenry_expiry_of_bots ON ravenry_entries (tenant, bot, expires)
        WHERE expires < 9223372036854775807;";

/// `t`, `b` and the key `k` with the value `old`, of version 41.
const ROWS: &str = "
    INSERT INTO ravenry_tenants VALUES (T, 132, 1, 41);
    INSERT INTO ravenry_bots VALUES (T, B, 132, 1);
    INSERT INTO ravenry_entries VALUES (T, B, B, K, 132, 41, 9223372036854775807, OLD);";

async fn a_store_of_version_one_is_brought_up(bench: &Bench) {
    let is_sqlite = bench.kind == crate::bench::Kind::Sqlite;
    let (column, before, after) = if is_sqlite {
        ("BLOB", "x'", "'")
    } else {
        ("BYTEA", "'\\x", "'")
    };
    let bytes = |hex: &str| format!("{before}{hex}{after}");
    let rows = ROWS
        .replace("OLD", &bytes("6f6c64"))
        .replace("(T,", &format!("({},", bytes("74")))
        .replace(" B,", &format!(" {},", bytes("62")))
        .replace(" K,", &format!(" {},", bytes("6b")));
    if let ravenry_store::Database::Sqlite(path) = &bench.database {
        std::fs::write(path, "").unwrap();
        bench.sql("PRAGMA journal_mode = WAL").await;
    }
    let tables = TABLES.replace("BYTES", column);
    bench.sql(&format!("{tables}{rows}")).await;
    // A look changes nothing.
    let looking = Settings {
        tables: Tables::AsTheyAre,
        ..bench.settings()
    };
    let looked = Store::open(&bench.database, looking.clone()).await;
    let is_older = matches!(
        looked,
        Err(OpenError::Older {
            found: 1,
            known: SCHEMA_VERSION
        })
    );
    assert!(is_older, "{looked:?}");
    for _ in 0..2 {
        let store = bench.store().await;
        let here = bot("t", "b");
        assert_eq!(store.get(&here, "k").await.unwrap().unwrap(), b"old");
        put(&store, &here, &["a"]).await;
        assert_eq!(ids(&store, &here).await, ["a"]);
        assert!(store.document_numbers(&here).await.unwrap()[0] > 41);
        let usage = store.usage("t").await.unwrap();
        assert_eq!((usage.keys, usage.bytes), (2, 132 + 258));
        store
            .set(&here, "k", b"old".to_vec(), &forever())
            .await
            .unwrap();
        store.close().await;
    }
    Store::open(&bench.database, looking).await.unwrap();
}
