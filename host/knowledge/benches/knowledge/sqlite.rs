//! The full-text search of SQLite on the same passages: in memory, with its stemmer, by any of the words.

use rusqlite::Connection;

pub(crate) struct Sqlite(Connection);

impl Sqlite {
    pub(crate) fn new(passages: &[String]) -> Self {
        let connection = Connection::open_in_memory().unwrap();
        let table = "CREATE VIRTUAL TABLE passages USING fts5(text, content='', tokenize='porter unicode61');";
        connection.execute_batch(table).unwrap();
        connection.execute_batch("BEGIN").unwrap();
        {
            let mut insert = connection
                .prepare("INSERT INTO passages (rowid, text) VALUES (?1, ?2)")
                .unwrap();
            for (number, passage) in (0_i64..).zip(passages) {
                insert.execute((number, passage)).unwrap();
            }
        }
        connection.execute_batch("COMMIT").unwrap();
        Self(connection)
    }

    pub(crate) fn search(&self, question: &str) -> usize {
        let any = question.split(' ').collect::<Vec<_>>().join(" OR ");
        let mut select = self
            .0
            .prepare("SELECT rowid FROM passages WHERE passages MATCH ?1 ORDER BY rank LIMIT 10")
            .unwrap();
        let rows = select.query_map([any], |row| row.get::<_, i64>(0)).unwrap();
        rows.flatten().count()
    }
}
