//! Audit log files of any packaging: opened, unwrapped, and read as events by the clouds' audit rooms.
//!
//! Files are recognised by content (SEMANTICS E.1.6, E.2.3, E.3.5). Several threads decompress them, cut them
//! into records, pass over what cannot matter by a look at its bytes, and read the rest; one receiver gets
//! the events of all, in any order, and one [`FileEnd`] for each file. Memory does not depend on the size or
//! number of files. Each record is counted once: as an event, as ignored, or as odd.

mod cut;
mod envelope;
mod object;
mod pool;
mod read;
mod scan;
mod stamp;

pub use pool::read;
pub use read::{Broken, DigestFile, Extent, FileEnd, Found, Message, Reading, Sort, Span, Unread};
