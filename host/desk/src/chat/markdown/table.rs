//! A table of Markdown, laid out for a terminal. Its cells are text without styles.

use comfy_table::{CellAlignment, ContentArrangement};
use pulldown_cmark::Alignment;

use super::super::styled_line::{BOLD, PLAIN, Row};

/// A line below the header, columns parted by space.
const LINE_BELOW_HEADER: &str = "     ──             ";

/// Most columns and rows that are laid out; a larger table is cut.
const COLUMNS_MAX: usize = 50;
const ROWS_MAX: usize = 2_000;

/// A table as it is read.
pub(super) struct Table {
    alignments: Vec<Alignment>,
    rows: Vec<Vec<String>>,
    row: Vec<String>,
}

impl Table {
    pub(super) fn new(alignments: Vec<Alignment>) -> Self {
        Self {
            alignments,
            rows: Vec::new(),
            row: Vec::new(),
        }
    }

    pub(super) fn cell(&mut self, text: &Row) {
        if self.row.len() < COLUMNS_MAX {
            self.row.push(text.text());
        }
    }

    pub(super) fn row_ends(&mut self) {
        let row = std::mem::take(&mut self.row);
        if self.rows.len() < ROWS_MAX {
            self.rows.push(row);
        }
    }

    /// In so many columns of the terminal.
    pub(super) fn rows(self, width: usize) -> Vec<Row> {
        let mut table = comfy_table::Table::new();
        table.load_preset(LINE_BELOW_HEADER);
        table.set_content_arrangement(ContentArrangement::Dynamic);
        table.set_width(u16::try_from(width).unwrap_or(u16::MAX));
        let mut rows = self.rows.into_iter();
        table.set_header(rows.next().unwrap_or_default());
        table.add_rows(rows);
        for (column, alignment) in table.column_iter_mut().zip(&self.alignments) {
            column.set_cell_alignment(match alignment {
                Alignment::None | Alignment::Left => CellAlignment::Left,
                Alignment::Center => CellAlignment::Center,
                Alignment::Right => CellAlignment::Right,
            });
        }
        let mut style = BOLD;
        let mut laid_out = Vec::new();
        for line in table.trim_fmt().lines() {
            if line.starts_with('─') {
                style = PLAIN;
            }
            // Columns have a least width, so that many of them do not fit.
            laid_out.push(Row::of(line, style).shorten(width));
        }
        laid_out
    }
}
