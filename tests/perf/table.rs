//! Prints figures for people.

use std::time::Duration;

use super::measure::Figures;

/// A printed table.
pub(crate) struct Table {
    rows: Vec<Vec<String>>,
}

impl Table {
    /// Begins a table with these headings.
    pub(crate) fn new(headings: impl IntoIterator<Item = String>) -> Self {
        Self { rows: vec![headings.into_iter().collect()] }
    }

    /// Adds a row.
    pub(crate) fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        self.rows.push(cells.into_iter().collect());
    }

    /// Prints it: the first column to the left, the others to the right.
    pub(crate) fn print(&self) {
        let columns = self.rows.iter().map(Vec::len).max().unwrap_or_default();
        let width = |column: usize| {
            let cells = self.rows.iter().filter_map(|row| row.get(column));
            cells.map(|cell| cell.chars().count()).max().unwrap_or_default()
        };
        let widths: Vec<usize> = (0..columns).map(width).collect();
        for row in &self.rows {
            let cells = row.iter().zip(&widths).enumerate().map(|(column, (cell, width))| match column {
                0 => format!("{cell:<width$}"),
                _ => format!("{cell:>width$}"),
            });
            println!("{}", cells.collect::<Vec<_>>().join("  "));
        }
        println!();
    }
}

/// Returns wall time, processor time and largest resident set.
pub(crate) fn cells(figures: &Figures) -> [String; 3] {
    let unknown = || "—".to_owned();
    [
        seconds(figures.wall),
        figures.cpu.map_or_else(unknown, seconds),
        figures.peak.map_or_else(unknown, |bytes| format!("{} MiB", bytes >> 20)),
    ]
}

/// Returns a duration.
pub(crate) fn seconds(duration: Duration) -> String {
    format!("{:.3} s", duration.as_secs_f64())
}

/// Returns a size.
#[expect(clippy::cast_precision_loss, reason = "printed with two decimals")]
pub(crate) fn megabytes(bytes: u64) -> String {
    format!("{:.2} MB", bytes as f64 / 1e6)
}

/// Returns how many times as much `measured` is as `reference`.
pub(crate) fn ratio(measured: f64, reference: f64) -> String {
    if reference > 0.0 { format!("{:.2} ×", measured / reference) } else { "—".to_owned() }
}
