//! How a report for people looks.

/// How a report for people looks; only the terminal format asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Style {
    /// Whether to colour.
    pub color: Color,
    /// How many columns a line may take; a single long word may take more, so that it can be copied.
    pub width: usize,
    /// How much to say.
    pub verbosity: Verbosity,
}

impl Default for Style {
    /// No colour, 100 columns: what a file or a mail takes.
    fn default() -> Self {
        Self { color: Color::Never, width: 100, verbosity: Verbosity::Normal }
    }
}

/// Whether to colour; colour never carries meaning alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Color {
    /// ANSI escapes.
    Always,
    /// Plain text.
    Never,
}

/// How much to say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verbosity {
    /// The verdict and one line per finding.
    Quiet,
    /// Findings in full; what is routine is counted.
    Normal,
    /// Everything, uncut.
    Verbose,
}
