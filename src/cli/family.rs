//! The ancestry of one resource, drawn as text.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::io::{self, Write};

use crate::model::{Descent, Kind, Lineage, Node, NodeKey, Occupancy, Timestamp, Window, printable};

/// Draws who stood in an instance's slots and where they came from; of anything else in which slots it stood, what
/// it descends from, and what is known to descend from it.
pub(super) fn tell<'l>(key: &'l NodeKey, lineage: &'l Lineage, out: &mut dyn Write) -> io::Result<()> {
    let page = Page { lineage };
    if matches!(key.kind, Kind::Instance | Kind::ScaleSetInstance) {
        page.slots(key, out)?;
    } else {
        page.stood_in(key, out)?;
    }
    page.trees("ancestors", &page.next(key, Way::Up), Way::Up, out)?;
    page.trees("descendants", &page.next(key, Way::Down), Way::Down, out)
}

/// A line of a tree: what leads to a thing, in words, and the thing.
type Branch<'l> = (Descent, &'l NodeKey);

/// Which way a tree goes.
#[derive(Clone, Copy)]
enum Way {
    /// To what a thing descends from.
    Up,
    /// To what descends from it.
    Down,
}

impl Way {
    /// `made from snapshot snap-1`; `volume vol-1, made from it`.
    fn line(self, descent: Descent, thing: &str) -> String {
        match self {
            Self::Up => format!("{} {thing}", words(descent)),
            Self::Down => format!("{thing}, {} it", words(descent)),
        }
    }
}

const fn words(descent: Descent) -> &'static str {
    match descent {
        Descent::FromSnapshot | Descent::FromImage => "made from",
        Descent::FromVolume => "cloned from",
        Descent::FromRestorePoint => "restored from",
        Descent::OfVolume => "taken of",
        Descent::CopyOf => "copied from",
        Descent::BackedBy => "backed by",
        Descent::CapturedFrom => "captured from",
        Descent::LaunchedFrom => "launched from",
    }
}

struct Page<'l> {
    lineage: &'l Lineage,
}

impl<'l> Page<'l> {
    fn next(&self, key: &NodeKey, way: Way) -> Vec<Branch<'l>> {
        match way {
            Way::Up => self.lineage.parents(key).map(|edge| (edge.descent, &edge.parent)).collect(),
            Way::Down => {
                let edges = self.lineage.edges.iter().filter(|edge| edge.parent == *key);
                edges.map(|edge| (edge.descent, &edge.child)).collect()
            }
        }
    }

    fn slots(&self, key: &'l NodeKey, out: &mut dyn Write) -> io::Result<()> {
        let slots: Vec<_> =
            self.lineage.slots().into_iter().filter(|(instance, _)| *instance == key).collect();
        for (nth, (_, slot)) in slots.into_iter().enumerate() {
            if nth == 0 {
                writeln!(out, "\nslots")?;
            }
            let held: Vec<&Occupancy> = self.lineage.occupants(key, slot).collect();
            let root = if held.iter().any(|held| held.root) { ", root" } else { "" };
            writeln!(out, "  {}{root}", printable(slot))?;
            for held in held {
                writeln!(out, "    {}, {}", self.thing(&held.volume), stay(held))?;
                let mut path = BTreeSet::from([&held.volume]);
                self.branches(&self.next(&held.volume, Way::Up), Way::Up, "    ", &mut path, out)?;
            }
        }
        Ok(())
    }

    fn stood_in(&self, key: &NodeKey, out: &mut dyn Write) -> io::Result<()> {
        let stood = self.lineage.occupancies.iter().filter(|held| held.volume == *key);
        for (nth, held) in stood.enumerate() {
            if nth == 0 {
                writeln!(out, "\nstood in")?;
            }
            let slot = printable(&held.slot);
            writeln!(out, "  {slot} of {}, {}", self.thing(&held.instance), stay(held))?;
        }
        Ok(())
    }

    fn trees(&self, title: &str, branches: &[Branch<'l>], way: Way, out: &mut dyn Write) -> io::Result<()> {
        if branches.is_empty() {
            return Ok(());
        }
        writeln!(out, "\n{title}")?;
        self.branches(branches, way, "  ", &mut BTreeSet::new(), out)
    }

    /// `path` holds what leads here: what a forged ancestry repeats is not followed.
    fn branches(
        &self,
        branches: &[Branch<'l>],
        way: Way,
        indent: &str,
        path: &mut BTreeSet<&'l NodeKey>,
        out: &mut dyn Write,
    ) -> io::Result<()> {
        for (nth, (descent, key)) in branches.iter().enumerate() {
            let last = nth + 1 == branches.len();
            writeln!(
                out,
                "{indent}{} {}",
                if last { "└─" } else { "├─" },
                way.line(*descent, &self.thing(key))
            )?;
            if path.insert(key) {
                let indent = format!("{indent}{}", if last { "   " } else { "│  " });
                self.branches(&self.next(key, way), way, &indent, path, out)?;
                path.remove(key);
            }
        }
        Ok(())
    }

    /// `snapshot snap-1 `nightly`, contents of 2026-01-01T00:00:00Z (gone since 2026-01-02T00:00:00Z)`.
    fn thing(&self, key: &NodeKey) -> String {
        let mut told = format!("{} {}", key.kind, printable(&key.id));
        let Some(node) = self.lineage.node(key) else { return told };
        if let Some(name) = &node.name {
            let _ = write!(told, " `{}`", printable(name));
        }
        if let Some(content) = node.content_at {
            let _ = write!(told, ", contents of {content}");
        }
        told + &fate(node)
    }
}

fn fate(node: &Node) -> String {
    let gone = node.gone.map(|gone| match gone {
        Window { from, to } if from == to => format!("gone since {to}"),
        Window { from, to } => format!("gone since between {from} and {to}"),
    });
    let owner = if node.foreign { "of another account, " } else { "" };
    let unseen = node.seen.is_none().then(|| format!("{owner}never seen"));
    let told: Vec<String> = unseen.into_iter().chain(gone).collect();
    if told.is_empty() { String::new() } else { format!(" ({})", told.join(", ")) }
}

/// When a volume was put somewhere and taken out.
fn stay(held: &Occupancy) -> String {
    let put = format!("put in {}", when(held.attached));
    held.detached.map_or_else(|| put.clone(), |out| format!("{put}, taken out {}", when(out)))
}

fn when(moment: Window) -> String {
    match moment {
        Window { from, to } if from == to => format!("at {to}"),
        Window { from, to } if from == Timestamp::MIN => format!("before {to}"),
        Window { from, to } => format!("between {from} and {to}"),
    }
}
