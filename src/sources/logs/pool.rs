//! The threads that read log files.

use std::io;
use std::ops::ControlFlow;
use std::sync::atomic::Ordering;
use std::thread;

use crossbeam_channel::{Receiver, Sender, bounded};

use super::read::{Message, Reading, read_file};
use crate::sources::files::open::{OpenError, Opened, Source, Tree};

/// How many files wait for a thread.
const FILES: usize = 64;

/// How many messages wait for the receiver.
const MESSAGES: usize = 16;

/// A file, or the name of a folder that does not read.
type Job = Result<Source, (String, io::Error)>;

/// Reads every file of a tree on as many threads as there are processors, and hands each message to `take` on
/// this one; stops when it says so, or when the reading is interrupted.
///
/// The files of one archive are read by one thread.
///
/// # Errors
///
/// If the tree itself cannot be read; what was read before was handed over.
pub fn read(
    tree: &Tree,
    reading: &Reading<'_>,
    mut take: impl FnMut(Message) -> ControlFlow<()>,
) -> Result<(), OpenError> {
    let workers = thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let (jobs_in, jobs) = bounded::<Job>(FILES);
    let (messages_in, messages) = bounded::<Result<Message, OpenError>>(MESSAGES);
    thread::scope(|scope| {
        let failures = messages_in.clone();
        scope.spawn(move || {
            let listed = tree.sources(&mut |source| send_job(source, reading, &jobs_in));
            if let Err(error) = listed {
                // Nobody waits for it any more if it cannot be sent.
                let _ = failures.send(Err(error));
            }
        });
        for _ in 0..workers {
            let (jobs, messages) = (jobs.clone(), messages_in.clone());
            scope.spawn(move || work(&jobs, &messages, reading));
        }
        // The ends that the threads hold are the only ones left: the channels close when they are done.
        drop((jobs, messages_in));
        messages.into_iter().try_for_each(|message| match message {
            Ok(message) => match take(message) {
                ControlFlow::Continue(()) => Ok(()),
                ControlFlow::Break(()) => Err(None),
            },
            Err(error) => Err(Some(error)),
        })
    })
    .or_else(|error: Option<OpenError>| error.map_or(Ok(()), Err))
}

fn send_job(job: Job, reading: &Reading<'_>, jobs: &Sender<Job>) -> ControlFlow<()> {
    let name = match &job {
        Ok(source) => source.name(),
        Err((name, _)) => name,
    };
    if reading.interrupted.load(Ordering::Relaxed) {
        return ControlFlow::Break(());
    }
    // What is wanted may lie inside an archive.
    let wanted = |source: &Source| source.is_tree() || is_inside(&reading.inside, source.name());
    let wanted = is_inside(name, &reading.inside) || job.as_ref().is_ok_and(wanted);
    if !wanted || jobs.send(job).is_ok() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
}

/// Whether a name is, or lies below, a folder; everything lies below the empty one.
fn is_inside(name: &str, folder: &str) -> bool {
    folder.is_empty()
        || name.strip_prefix(folder).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

fn work(jobs: &Receiver<Job>, messages: &Sender<Result<Message, OpenError>>, reading: &Reading<'_>) {
    let mut stopped = false;
    for job in jobs {
        let mut take = |name: &str, opened: Opened<'_>| {
            let mut send = |message| match messages.send(Ok(message)) {
                Ok(()) if !reading.interrupted.load(Ordering::Relaxed) => ControlFlow::Continue(()),
                _ => ControlFlow::Break(()),
            };
            if !stopped && is_inside(name, &reading.inside) {
                stopped = read_file(name, opened, reading, &mut send).is_break();
            }
        };
        let outcome = match job {
            Ok(source) => {
                let name = source.name().to_owned();
                match source.visit(&mut take) {
                    // What was read of a broken archive stays.
                    Err(error @ OpenError::Archive { .. }) => {
                        take(&name, Err(io::Error::other(error)));
                        Ok(())
                    }
                    other => other,
                }
            }
            Err((name, error)) => {
                take(&name, Err(error));
                Ok(())
            }
        };
        if let Err(error) = outcome {
            stopped |= messages.send(Err(error)).is_err();
        }
        if stopped {
            return;
        }
    }
}
