//! The tables, and how they came to be: versions, one after the other, forward only.

use sqlx::{AnyConnection, AssertSqlSafe, Connection as _, Row as _};

use crate::{error::OpenError, pools::Engine};

/// The version of the tables that this program writes.
pub const SCHEMA_VERSION: i64 = 2;

/// What leads from each version to the next. Never changed once it was released, only added to. `BYTES` is
/// what the database calls a column of bytes.
///
/// `ravenry_tenants` and `ravenry_bots` count what `ravenry_entries` holds. The row of a tenant is also the
/// lock of all its writes, and gives out versions; it is never deleted, so that no version comes again.
/// `size` is what an entry counts; `expires` is in milliseconds since 1970, the largest number where it
/// never does. The value is the last column: SQLite reads through all of it to get at one behind.
///
/// A full bot, or a full tenant, looks for what has expired with each write that is refused. The two indexes
/// let it see at once that there is nothing; only entries that expire stand in them.
const MIGRATIONS: [&[&str]; 2] = [KEYS_AND_VALUES, DOCUMENTS];

const KEYS_AND_VALUES: &[&str] = &[
    "CREATE TABLE ravenry_tenants (
        tenant BYTES NOT NULL PRIMARY KEY,
        bytes BIGINT NOT NULL,
        keys BIGINT NOT NULL,
        version BIGINT NOT NULL
    )",
    "CREATE TABLE ravenry_bots (
        tenant BYTES NOT NULL,
        bot BYTES NOT NULL,
        bytes BIGINT NOT NULL,
        keys BIGINT NOT NULL,
        PRIMARY KEY (tenant, bot)
    )",
    "CREATE TABLE ravenry_entries (
        tenant BYTES NOT NULL,
        bot BYTES NOT NULL,
        bucket BYTES NOT NULL,
        key BYTES NOT NULL,
        size BIGINT NOT NULL,
        version BIGINT NOT NULL,
        expires BIGINT NOT NULL,
        value BYTES NOT NULL,
        PRIMARY KEY (tenant, bot, bucket, key)
    )",
    "CREATE INDEX ravenry_expiry_of_tenants ON ravenry_entries (tenant, expires)
        WHERE expires < 9223372036854775807",
    "CREATE INDEX ravenry_expiry_of_bots ON ravenry_entries (tenant, bot, expires)
        WHERE expires < 9223372036854775807",
];

/// `ravenry_collections` says what `ravenry_documents` holds, in a row for each collection that has documents; both
/// are counted in `ravenry_bots` and `ravenry_tenants`, too. A revision and a number are versions of the tenant: the
/// `revision` of a collection is that of its last change, and `removed` that of the last one by which documents may
/// have gone. `number` is what a document is called in an index, and stays when the document is put again.
///
/// What is long comes last: `vectors` behind `text`, since more is asked of texts without vectors than the other way
/// round. The index of numbers holds all that says of which documents the vectors are missing.
const DOCUMENTS: &[&str] = &[
    "CREATE TABLE ravenry_collections (
        tenant BYTES NOT NULL,
        bot BYTES NOT NULL,
        bucket BYTES NOT NULL,
        revision BIGINT NOT NULL,
        removed BIGINT NOT NULL,
        documents BIGINT NOT NULL,
        bytes BIGINT NOT NULL,
        PRIMARY KEY (tenant, bot, bucket)
    )",
    "CREATE TABLE ravenry_documents (
        tenant BYTES NOT NULL,
        bot BYTES NOT NULL,
        bucket BYTES NOT NULL,
        id BYTES NOT NULL,
        number BIGINT NOT NULL,
        revision BIGINT NOT NULL,
        origin BIGINT NOT NULL,
        digest BYTES NOT NULL,
        expires BIGINT NOT NULL,
        size BIGINT NOT NULL,
        title BYTES NOT NULL,
        source BYTES NOT NULL,
        format BIGINT NOT NULL,
        model BYTES NOT NULL,
        text BYTES NOT NULL,
        vectors BYTES NOT NULL,
        PRIMARY KEY (tenant, bot, bucket, id)
    )",
    "CREATE INDEX ravenry_changes_of_collections
        ON ravenry_documents (tenant, bot, bucket, revision)",
    "CREATE INDEX ravenry_numbers_of_collections
        ON ravenry_documents (tenant, bot, bucket, number, expires, model)",
    "CREATE INDEX ravenry_document_expiry_of_tenants ON ravenry_documents (tenant, expires)
        WHERE expires < 9223372036854775807",
    "CREATE INDEX ravenry_document_expiry_of_bots ON ravenry_documents (tenant, bot, expires)
        WHERE expires < 9223372036854775807",
    "CREATE INDEX ravenry_document_expiry_of_collections
        ON ravenry_documents (tenant, bot, bucket, expires)
        WHERE expires < 9223372036854775807",
];

/// The key of the lock under which PostgreSQL changes tables: `ravenry` in ASCII.
const LOCK: &str = "SELECT pg_advisory_xact_lock(32199664688624249) IS NULL";

/// A migration may take long, and so may waiting for the one of another process.
const UNHURRIED: &str = "SET LOCAL statement_timeout = 0; SET LOCAL lock_timeout = 0";

/// Brings the tables to [`SCHEMA_VERSION`]. Nothing happens where they are there already; newer ones are
/// refused.
pub(crate) async fn migrate(
    connection: &mut AnyConnection,
    engine: Engine,
) -> Result<(), OpenError> {
    let unavailable = |error: sqlx::Error| engine.unavailable(&error);
    let begun = connection.begin_with(engine.begin_write()).await;
    let mut transaction = begun.map_err(unavailable)?;
    if engine == Engine::Postgres {
        for statement in [UNHURRIED, LOCK] {
            let done = sqlx::raw_sql(statement).execute(&mut *transaction).await;
            done.map_err(unavailable)?;
        }
    }
    let found = found(&mut transaction, engine).await.map_err(unavailable)?;
    let Some(missing) = missing(found)? else {
        return Ok(());
    };
    let mut statements = Vec::new();
    if found == 0 {
        statements.push("CREATE TABLE ravenry_schema (version BIGINT NOT NULL)".to_owned());
        statements.push("INSERT INTO ravenry_schema (version) VALUES (0)".to_owned());
    }
    let bytes = match engine {
        Engine::Sqlite => "BLOB",
        Engine::Postgres => "BYTEA",
    };
    let steps = missing.iter().copied().flatten();
    statements.extend(steps.map(|step| step.replace("BYTES", bytes)));
    statements.push(format!(
        "UPDATE ravenry_schema SET version = {SCHEMA_VERSION}"
    ));
    for statement in statements {
        let statement = sqlx::raw_sql(AssertSqlSafe(statement));
        let done = statement.execute(&mut *transaction).await;
        done.map_err(unavailable)?;
    }
    transaction.commit().await.map_err(unavailable)?;
    Ok(())
}

/// Refuses tables that are not of [`SCHEMA_VERSION`].
pub(crate) async fn look(connection: &mut AnyConnection, engine: Engine) -> Result<(), OpenError> {
    let found = found(connection, engine).await;
    let found = found.map_err(|error| engine.unavailable(&error))?;
    match missing(found)? {
        None => Ok(()),
        Some(_) if found == 0 => Err(OpenError::Missing),
        Some(_) => Err(OpenError::Older {
            found,
            known: SCHEMA_VERSION,
        }),
    }
}

/// Refuses tables of a newer program. `None`: they are what this one writes; else what is missing.
pub(crate) fn missing(found: i64) -> Result<Option<&'static [&'static [&'static str]]>, OpenError> {
    if found > SCHEMA_VERSION {
        return Err(OpenError::Newer {
            found,
            known: SCHEMA_VERSION,
        });
    }
    let done = usize::try_from(found).unwrap_or_default();
    Ok(MIGRATIONS.get(done..).filter(|steps| !steps.is_empty()))
}

/// The version of the tables that are there; 0 where there are none.
pub(crate) async fn found(
    connection: &mut AnyConnection,
    engine: Engine,
) -> Result<i64, sqlx::Error> {
    let exists = match engine {
        Engine::Sqlite => {
            "SELECT COUNT(*) FROM sqlite_schema WHERE type = 'table' AND name = 'ravenry_schema'"
        }
        Engine::Postgres => {
            "SELECT COUNT(*) FROM information_schema.tables \
             WHERE table_schema = current_schema() AND table_name = 'ravenry_schema'"
        }
    };
    let row = sqlx::query(exists).fetch_one(&mut *connection).await?;
    if row.try_get::<i64, _>(0)? == 0 {
        return Ok(0);
    }
    let version = sqlx::query("SELECT version FROM ravenry_schema");
    version.fetch_one(connection).await?.try_get(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_a_migration_for_each_version() {
        assert_eq!(i64::try_from(MIGRATIONS.len()).unwrap(), SCHEMA_VERSION);
        assert_eq!(missing(0).unwrap().unwrap().len(), MIGRATIONS.len());
        assert!(missing(SCHEMA_VERSION).unwrap().is_none());
        assert!(matches!(
            missing(SCHEMA_VERSION + 1),
            Err(OpenError::Newer { found, known }) if found == known + 1
        ));
    }
}
