//! Writes the files of an estate, element by element, and the manifest that tells what each lists.

use std::cell::RefCell;
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::ops::Range;

use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};
use serde_json::ser::{CompactFormatter, Formatter, PrettyFormatter};

use super::json::{Json, object};
use super::random::{Draw, shuffled};
use super::unit::{Life, Unit, listed_at};
use super::vendor::{Kind, Listing, Scope, Vendor, moment};
use super::{Format, Layout, Options, Tally};

/// A dump that is being written.
pub(crate) struct Dump<'a> {
    options: &'a Options,
    files: Vec<Json>,
    tally: Tally,
}

impl<'a> Dump<'a> {
    /// Begins a dump.
    pub(crate) fn new(options: &'a Options) -> Self {
        Self { options, files: Vec::new(), tally: Tally::default() }
    }

    /// Writes the listings of one scope, which holds these units.
    pub(crate) fn scope(
        &mut self,
        vendor: &dyn Vendor,
        scope: &Scope,
        seed: Draw,
        units: Range<u64>,
    ) -> io::Result<()> {
        fs::create_dir_all(self.options.out.join(&scope.folder))?;
        for kind in Kind::ALL {
            let listing = vendor.listing(kind);
            let ending = if self.options.format == Format::Cli { "json" } else { "ndjson" };
            let path = format!("{}/{}.{ending}", scope.folder, listing.file);
            let tally = RefCell::new(&mut self.tally);
            let elements = order(self.options, scope, kind, units.clone()).flat_map(|number| {
                let mut unit = Unit::new(seed.nth(number));
                (1..=self.options.generation).for_each(|generation| unit.age(generation, self.options.churn));
                let mut tally = tally.borrow_mut();
                // Each listing visits all units; one of them counts.
                if kind == Kind::Instance {
                    unit.fates().for_each(|fate| tally.count(fate));
                }
                let elements = elements(vendor, scope, kind, &unit, self.options);
                tally.resources += elements.len() as u64;
                elements
            });
            let target = self.options.out.join(&path);
            let file = BufWriter::with_capacity(1 << 20, File::create(&target)?);
            write(file, elements, listing, vendor.indent(), self.options)?;
            self.tally.bytes += fs::metadata(&target)?.len();
            self.files.push(object! {
                "path": path,
                "provider": vendor.name(),
                "account": scope.account,
                "location": listing.is_regional.then_some(scope.location),
                "kind": kind.name(),
                "complete": true,
            });
        }
        Ok(())
    }

    /// Writes the manifest.
    pub(crate) fn finish(self) -> io::Result<Tally> {
        let manifest = object! {
            "driftline_dump": 1_u64,
            "taken_at": moment(listed_at(self.options.generation), "%Y-%m-%dT%H:%M:%SZ"),
            "files": self.files,
        };
        let file = BufWriter::new(File::create(self.options.out.join("manifest.json"))?);
        serde_json::to_writer_pretty(file, &manifest)?;
        Ok(self.tally)
    }
}

/// Returns the numbers of a scope's units in the order that a listing shows them.
fn order(options: &Options, scope: &Scope, kind: Kind, units: Range<u64>) -> Box<dyn Iterator<Item = u64>> {
    match options.shuffle {
        None => Box::new(units),
        Some(seed) => {
            let draw = Draw::new(seed).of(&scope.folder).of(kind.name());
            Box::new(shuffled(units.end - units.start, draw).map(move |number| units.start + number))
        }
    }
}

/// Returns the elements of one unit that a listing shows.
fn elements(vendor: &dyn Vendor, scope: &Scope, kind: Kind, unit: &Unit, options: &Options) -> Vec<Json> {
    fn listed<T>(all: &[T], life: fn(&T) -> &Life, render: impl Fn(&T) -> Json) -> Vec<(Draw, Json)> {
        let listed = all.iter().filter(|one| life(one).is_listed());
        listed.map(|one| (life(one).draw, render(one))).collect()
    }
    let mut elements = match kind {
        Kind::Instance => listed(&unit.instances, |it| &it.life, |it| vendor.instance(it, unit, scope)),
        Kind::Volume => listed(&unit.volumes, |it| &it.life, |it| vendor.volume(it, unit, scope)),
        Kind::Snapshot => listed(&unit.snapshots, |it| &it.life, |it| vendor.snapshot(it, unit, scope)),
    };
    if options.shuffle.is_some() {
        elements.reverse();
    }
    let nest = |(draw, element)| match options.format {
        Format::Cli => vendor.nested(kind, draw, element, scope),
        Format::Ndjson => element,
    };
    elements.into_iter().map(nest).collect()
}

/// Writes one listing.
fn write(
    mut out: impl Write,
    elements: impl Iterator<Item = Json>,
    listing: Listing,
    indent: &[u8],
    options: &Options,
) -> io::Result<()> {
    match (options.format, options.layout) {
        (Format::Ndjson, _) => {
            for element in elements {
                serde_json::to_writer(&mut out, &element)?;
                out.write_all(b"\n")?;
            }
        }
        (Format::Cli, Layout::Compact) => document(&mut out, CompactFormatter, elements, listing)?,
        (Format::Cli, Layout::Pretty) => {
            document(&mut out, PrettyFormatter::with_indent(indent), elements, listing)?;
            out.write_all(b"\n")?;
        }
    }
    out.flush()
}

/// Writes one listing as one JSON document.
fn document(
    out: impl Write,
    formatter: impl Formatter,
    elements: impl Iterator<Item = Json>,
    listing: Listing,
) -> io::Result<()> {
    let mut serializer = serde_json::Serializer::with_formatter(out, formatter);
    let elements = Stream(RefCell::new(elements));
    match listing.envelope {
        None => elements.serialize(&mut serializer)?,
        Some(envelope) => {
            let mut map = serializer.serialize_map(Some(1))?;
            map.serialize_entry(envelope, &elements)?;
            map.end()?;
        }
    }
    Ok(())
}

/// A list that is made while it is written.
struct Stream<I>(RefCell<I>);

impl<I: Iterator<Item = Json>> Serialize for Stream<I> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(&mut *self.0.borrow_mut())
    }
}
