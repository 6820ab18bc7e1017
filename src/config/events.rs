//! Whether the audit log of a cloud that keeps one for everybody is read.

/// Whether the audit log is read: that of Azure and of Google Cloud, which each account has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Events {
    /// It is.
    #[default]
    Fetch,
    /// It is not.
    Off,
}
