//! The table of states, as it stands in `countries.tsv`; the columns are explained there.

const TABLE: &str = include_str!("../countries.tsv");

/// One line of the table, read as far as the search needs it.
#[derive(Clone, Copy)]
pub(crate) struct Row {
    keys: &'static str,
    columns: &'static str,
}

/// A state and its capital.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Country {
    /// The name as in the middle of a sentence, with its article.
    pub(crate) name: &'static str,
    /// The capital.
    pub(crate) capital: &'static str,
    /// A sentence on what the capital alone does not tell. Mostly empty.
    pub(crate) note: &'static str,
}

impl Row {
    /// The names by which the state is found, in the form that `find::normal` makes.
    pub(crate) fn keys(self) -> impl Iterator<Item = &'static str> {
        self.keys.split('|')
    }

    /// The state. `None` in the line of names that only look like a state's.
    pub(crate) fn country(self) -> Option<Country> {
        let mut columns = self.columns.split('\t');
        let (name, capital) = (columns.next()?, columns.next()?);
        Some(Country {
            name,
            capital,
            note: columns.next().unwrap_or(""),
        })
    }
}

/// All lines. The table is read where it lies: a bot lives for one query, too short to index it.
pub(crate) fn rows() -> impl Iterator<Item = Row> {
    let lines = TABLE
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines.map(|line| {
        let (keys, columns) = line.split_once('\t').unwrap_or((line, ""));
        Row { keys, columns }
    })
}
