//! Durable, bounded state that a gateway keeps for its bots: keys and values, and documents, in SQLite or PostgreSQL.
//!
//! A write that was acknowledged survives the death of the process and of the machine. What is written is
//! counted against bounds of the bot and of its tenant in the same transaction, and may expire. One path of
//! code serves both databases.
//!
//! Knows databases. Knows no component, no HTTP and no file of settings; reads no clock but the one it is
//! given. No transaction is open between two calls, so nobody can hold a lock while a bot thinks.

mod backup;
mod collections;
mod cursor;
mod database_error;
mod document;
mod document_error;
mod document_vectors;
mod documents;
mod draft;
mod error;
mod ledger;
mod open;
mod operator;
mod pools;
mod quota;
mod reads;
mod removal;
mod schema;
mod scope;
mod settings;
mod sqlite_file;
mod statements;
mod store;
mod vectors;
mod version;
mod writer;

pub use self::backup::BackupError;
pub use self::collections::CollectionInfo;
pub use self::collections::CollectionPlace;
pub use self::collections::CollectionState;
pub use self::document::DOCUMENT_DIGEST_BYTES_MAX;
pub use self::document::DOCUMENT_ID_BYTES_MAX;
pub use self::document::DOCUMENT_OVERHEAD_BYTES;
pub use self::document::DOCUMENT_SOURCE_BYTES_MAX;
pub use self::document::DOCUMENT_TEXT_BYTES_MAX;
pub use self::document::DOCUMENT_TITLE_BYTES_MAX;
pub use self::document::DOCUMENTS_BYTES_MAX;
pub use self::document::DOCUMENTS_MAX;
pub use self::document::DocumentFormat;
pub use self::document::DocumentInfo;
pub use self::document::DocumentOrigin;
pub use self::document::NewDocument;
pub use self::document::StoredDocument;
pub use self::document_error::DocumentError;
pub use self::document_error::DocumentPart;
pub use self::document_vectors::DOCUMENT_MODEL_BYTES_MAX;
pub use self::document_vectors::DOCUMENT_VECTORS_BYTES_MAX;
pub use self::document_vectors::DocumentVectors;
pub use self::document_vectors::DocumentVersion;
pub use self::error::Error;
pub use self::error::Limit;
pub use self::error::OpenError;
pub use self::error::Reason;
pub use self::error::SwapError;
pub use self::error::Unavailable;
pub use self::operator::BucketFilter;
pub use self::operator::EXPORT_BYTES_MAX;
pub use self::operator::Entry;
pub use self::operator::EntryFilter;
pub use self::operator::EntryInfo;
pub use self::operator::EntryPlace;
pub use self::operator::OwnerUsage;
pub use self::operator::PAGE_MAX;
pub use self::operator::Usage;
pub use self::quota::Bounds;
pub use self::quota::ENTRY_OVERHEAD_BYTES;
pub use self::quota::KEY_BYTES_MAX;
pub use self::quota::Quota;
pub use self::quota::WritePolicy;
pub use self::removal::Swept;
pub use self::schema::SCHEMA_VERSION;
pub use self::scope::Bucket;
pub use self::scope::ID_BYTES_MAX;
pub use self::scope::NAME_BYTES_MAX;
pub use self::scope::Scope;
pub use self::settings::Clock;
pub use self::settings::Database;
pub use self::settings::FILE_WAIT_MAX;
pub use self::settings::Settings;
pub use self::settings::Tables;
pub use self::settings::WAIT_MAX;
pub use self::store::BATCH_BYTES_MAX;
pub use self::store::BATCH_KEYS_MAX;
pub use self::store::KeyPage;
pub use self::store::LIST_KEYS_MAX;
pub use self::store::Store;
pub use self::version::Version;
pub use self::version::Versioned;
