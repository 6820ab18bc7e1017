//! The threads of an import: one reads and cuts, several interpret, and the caller's writes.
//!
//! Bounded channels between them keep the memory independent of the size of the dump.

use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, bounded};

use super::error::ScanError;
use super::import::Surveyed;
use super::interpret::{Interpreted, Interpreter};
use crate::sources::Batch;
use crate::sources::files::{FileEnd, Message, read};

/// How many batches wait between two stages.
const QUEUE: usize = 8;

/// How often the writer looks whether it was interrupted.
const TICK: Duration = Duration::from_millis(100);

/// Reads, interprets and hands every outcome to `take`, on this thread.
pub(super) fn run(
    surveyed: &[Surveyed],
    interpreter: &Interpreter,
    interrupted: &AtomicBool,
    mut take: impl FnMut(Outcome) -> Result<(), ScanError>,
) -> Result<(), ScanError> {
    let workers = thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let (batches_in, batches) = bounded::<Batch>(QUEUE);
    let (outcomes_in, outcomes) = bounded::<Outcome>(QUEUE);
    thread::scope(|scope| {
        let ends = outcomes_in.clone();
        let reader = scope.spawn(move || read_all(surveyed, interrupted, &batches_in, &ends));
        for _ in 0..workers {
            let (batches, outcomes) = (batches.clone(), outcomes_in.clone());
            scope.spawn(move || interpret_all(interpreter, &batches, &outcomes));
        }
        // The ends that the threads hold are the only ones left: the channels close when they are done.
        drop((batches, outcomes_in));
        let taken = take_all(&outcomes, interrupted, &mut take);
        drop(outcomes);
        let read = reader.join().unwrap_or(Err(ScanError::Lost));
        taken.and(read)
    })
}

/// What the threads hand to the one that writes.
pub(super) enum Outcome {
    /// What came of a batch.
    Interpreted(Interpreted),
    /// The end of a file, and the number of its dump.
    End(usize, Box<FileEnd>),
}

fn read_all(
    surveyed: &[Surveyed],
    interrupted: &AtomicBool,
    batches: &Sender<Batch>,
    ends: &Sender<Outcome>,
) -> Result<(), ScanError> {
    let mut next = 0;
    for (number, (dump, survey)) in surveyed.iter().enumerate() {
        next = read(dump, survey, next, |message| {
            let sent = match message {
                Message::Batch(batch) => batches.send(batch).is_ok(),
                Message::End(end) => ends.send(Outcome::End(number, end)).is_ok(),
            };
            if sent && !interrupted.load(Ordering::Relaxed) {
                ControlFlow::Continue(())
            } else {
                ControlFlow::Break(())
            }
        })?;
    }
    Ok(())
}

fn interpret_all(interpreter: &Interpreter, batches: &Receiver<Batch>, outcomes: &Sender<Outcome>) {
    for batch in batches {
        if outcomes.send(Outcome::Interpreted(interpreter.interpret(&batch))).is_err() {
            return;
        }
    }
}

fn take_all(
    outcomes: &Receiver<Outcome>,
    interrupted: &AtomicBool,
    take: &mut impl FnMut(Outcome) -> Result<(), ScanError>,
) -> Result<(), ScanError> {
    loop {
        match outcomes.recv_timeout(TICK) {
            _ if interrupted.load(Ordering::Relaxed) => return Err(ScanError::Interrupted),
            Ok(outcome) => take(outcome)?,
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return Ok(()),
        }
    }
}
