//! Rows as a plain table of aligned columns, bounded however much a query returns.

use tokio_postgres::{SimpleColumn, SimpleQueryRow};

use crate::redact::Redactor;

/// Rows that are shown.
const ROWS_MAX: u64 = 1_000;
/// Bytes of the cells that are shown.
const BYTES_MAX: usize = 1024 * 1024;
/// Bytes of one cell that are shown.
const CELL_BYTES_MAX: usize = 8 * 1024;

/// The beginning of a result.
pub(super) struct Table {
    heads: Vec<String>,
    rows: Vec<Vec<String>>,
    bytes: usize,
    count: u64,
}

impl Table {
    pub(super) fn new(columns: &[SimpleColumn]) -> Self {
        let heads = columns.iter().map(|column| column.name().to_owned()).collect();
        Self { heads, rows: Vec::new(), bytes: 0, count: 0 }
    }

    /// Takes a row; keeps it while there is room. A cell is cleaned before it is cut, so that no half of a secret stays.
    pub(super) fn push(&mut self, row: &SimpleQueryRow, redactor: &Redactor) {
        self.count += 1;
        if self.count > ROWS_MAX || self.bytes > BYTES_MAX {
            return;
        }
        let cell = |at: usize| cut(row.try_get(at).ok().flatten().unwrap_or_default(), redactor);
        let cells: Vec<String> = (0..row.len()).map(cell).collect();
        self.bytes += cells.iter().map(String::len).sum::<usize>();
        self.rows.push(cells);
    }

    /// The table as psql prints it, with the number of rows under it.
    pub(super) fn text(&self) -> String {
        let widths: Vec<usize> = (0..self.heads.len()).map(|at| self.width(at)).collect();
        let mut out = String::new();
        line(&mut out, &widths, &self.heads.iter().map(String::as_str).collect::<Vec<_>>());
        let rules: Vec<String> = widths.iter().map(|width| "-".repeat(width + 2)).collect();
        out.push_str(&rules.join("+"));
        out.push('\n');
        for row in &self.rows {
            let cells: Vec<Vec<&str>> = row.iter().map(|cell| cell.split('\n').collect()).collect();
            let height = cells.iter().map(Vec::len).max().unwrap_or_default();
            for at in 0..height {
                let parts: Vec<&str> = cells.iter().map(|cell| cell.get(at).copied().unwrap_or_default()).collect();
                line(&mut out, &widths, &parts);
            }
        }
        let shown = self.rows.len() as u64;
        let noun = if self.count == 1 { "row" } else { "rows" };
        let rest = if shown < self.count { format!(", the first {shown} are shown") } else { String::new() };
        out.push_str(&format!("({} {noun}{rest})\n", self.count));
        out
    }

    fn width(&self, at: usize) -> usize {
        let cells = self.rows.iter().filter_map(|row| row.get(at)).flat_map(|cell| cell.split('\n'));
        let heads = self.heads.get(at).into_iter().map(String::as_str);
        // A wide cell would push every row of the others aside.
        const WIDEST: usize = 200;
        cells.chain(heads).map(|text| text.chars().count()).max().unwrap_or_default().min(WIDEST)
    }
}

fn line(out: &mut String, widths: &[usize], cells: &[&str]) {
    let padded: Vec<String> = widths.iter().zip(cells).map(|(width, cell)| format!(" {cell:width$} ")).collect();
    out.push_str(padded.join("|").trim_end());
    out.push('\n');
}

fn cut(cell: &str, redactor: &Redactor) -> String {
    if cell.len() <= CELL_BYTES_MAX {
        return cell.to_owned();
    }
    let clean = redactor.text(cell);
    let end = clean.floor_char_boundary(CELL_BYTES_MAX.min(clean.len()));
    format!("{}… ({} bytes)", &clean[..end], cell.len())
}
