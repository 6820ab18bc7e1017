//! Acts that have nothing to do with each other, each with all that its one call explains.

use serde_json::{Value, json};

use super::*;
use crate::laws::{Act, Cloud};

/// Azure, for the laws.
pub(crate) const CLOUD: Cloud = Cloud { acts, listings, log: lots };

/// Writes each file in another of the shapes that the Activity Log comes in.
fn lots(files: Vec<Vec<Value>>) -> Log {
    let files = files.into_iter().enumerate().map(|(number, records)| {
        let body = if number % 2 == 0 { json!({ "value": records }) } else { json!(records) };
        (format!("{number}.json"), body.to_string())
    });
    Log::complete("activity-log", SUBSCRIPTION, None, files.collect())
}

fn listings(elements: &[(Kind, Value)]) -> Vec<Listing> {
    let of = |kind| -> Vec<Value> {
        elements.iter().filter(|(of, _)| *of == kind).map(|(_, element)| element.clone()).collect()
    };
    vec![machines(&of(Kind::Instance)), disks(&of(Kind::Volume))]
}

/// A machine is stopped; a disk is deleted.
fn acts() -> Vec<Act> {
    vec![
        Act {
            before: vec![(Kind::Instance, machine("osdisk"))],
            after: vec![(Kind::Instance, stopped())],
            records: operation(
                10,
                "10:30:00",
                "Microsoft.Compute/virtualMachines/deallocate/action",
                &arm("virtualMachines", "web"),
            )
            .to_vec(),
            explains: &["stopped 90d51bb0-c878-44f8-b099-0c3d4da6d448 explained"],
        },
        Act {
            before: vec![(Kind::Volume, disk("old", OTHER, "2026-01-19T07:12:40+00:00"))],
            after: vec![],
            records: operation(20, "10:40:00", "Microsoft.Compute/disks/delete", &arm("disks", "old"))
                .to_vec(),
            explains: &["vanished d4ade337-8371-4c91-8d30-fdc8137b5ce3 explained"],
        },
    ]
}
