//! A table in Markdown, written row by row.

/// The rows of a table until now.
#[derive(Debug, Default)]
pub(super) struct Table {
    /// Rows that are done, one a line.
    rows: String,
    /// Where the first of them ends, and how many cells it has: Markdown takes it for the head.
    head: Option<(usize, usize)>,
    /// How many cells the widest row has.
    columns: usize,
    /// The row that is being written.
    row: String,
    cells: usize,
    /// Whether something is said in that row.
    has_words: bool,
    in_cell: bool,
}

impl Table {
    /// Whether a cell is open.
    pub(super) fn in_cell(&self) -> bool {
        self.in_cell
    }

    /// How long it is, in bytes.
    pub(super) fn len(&self) -> usize {
        self.rows.len().saturating_add(self.row.len())
    }

    pub(super) fn open_cell(&mut self) {
        self.in_cell = true;
    }

    /// Ends a cell in which these words are, on one line.
    pub(super) fn close_cell(&mut self, words: &str) {
        self.in_cell = false;
        self.cells = self.cells.saturating_add(1);
        self.has_words = self.has_words || !words.is_empty();
        self.row.push_str("| ");
        self.row.push_str(&words.replace('|', "\\|"));
        if !words.is_empty() {
            self.row.push(' ');
        }
    }

    /// Ends a row. One in which nothing is said is left out.
    pub(super) fn close_row(&mut self) {
        if self.has_words {
            self.rows.push_str(&self.row);
            self.rows.push('|');
            let end = self.rows.len();
            self.rows.push('\n');
            self.head = self.head.or(Some((end, self.cells)));
            self.columns = self.columns.max(self.cells);
        }
        self.row.clear();
        self.cells = 0;
        self.has_words = false;
    }

    /// The whole table; `None` where it says nothing.
    pub(super) fn finish(mut self) -> Option<String> {
        self.close_row();
        let (end, cells) = self.head?;
        let (head, rest) = self.rows.split_at(end);
        if self.columns == 1 && rest == "\n" {
            // A single cell is a frame around a text.
            let words = head.trim_matches('|').trim();
            return Some(words.replace("\\|", "|"));
        }
        // What has more cells than its head is not shown.
        let missing = "| ".repeat(self.columns.saturating_sub(cells));
        let missing = missing.trim_end();
        let dashes = "| --- ".repeat(self.columns);
        Some(format!("{head}{missing}\n{dashes}|{}", rest.trim_end()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(rows: &[&[&str]]) -> Option<String> {
        let mut table = Table::default();
        for row in rows {
            for cell in *row {
                table.open_cell();
                table.close_cell(cell);
            }
            table.close_row();
        }
        table.finish()
    }

    #[test]
    fn rows_have_the_columns_of_the_widest() {
        assert_eq!(
            table(&[&["a|b", ""], &["", ""], &["1", "2", "3"], &["4"]]).unwrap(),
            "| a\\|b | ||\n| --- | --- | --- |\n| 1 | 2 | 3 |\n| 4 |"
        );
        assert_eq!(table(&[&["a | b"]]).unwrap(), "a | b");
        assert_eq!(table(&[&[""], &[]]), None);
    }
}
