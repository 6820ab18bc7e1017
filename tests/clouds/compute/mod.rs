//! A server that speaks Compute Engine v1, Resource Manager v3 and Cloud Logging v2.

mod fault;
pub(crate) mod logs;
mod service;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::Value;

use crate::fault::Fault;
use crate::server::Server;
use logs::Logs;
use service::Service;

/// Four projects: one with everything, a small one, one with the API off, one about to be deleted.
const ESTATE: &str = include_str!("estate.json");

/// A running server, and how to reach it.
pub(crate) struct Estate {
    pub(crate) server: Server,
    /// A `driftline.toml` that collects from it.
    pub(crate) config: String,
    turned: Arc<AtomicBool>,
}

impl Estate {
    /// From now on the server shows its second estate, and misbehaves.
    pub(crate) fn turn(&self) {
        self.turned.store(true, Ordering::Relaxed);
    }
}

/// Starts a server that shows the estate and misbehaves from the start; the victim is the list of instances
/// of `example-prod`, or its zone `europe-west1-c`, or the whole project.
pub(crate) fn start(fault: Option<Fault>) -> Estate {
    let estate = turning(estate(), estate(), fault);
    estate.turn();
    estate
}

/// Starts a server that shows the estate and keeps some logs.
pub(crate) fn keeping(logs: Logs) -> Estate {
    let service = Service::new(estate(), None);
    let server =
        Server::start(move |request| logs.answer(request).unwrap_or_else(|| service.answer(request)));
    let config = config(&server, "");
    Estate { server, config, turned: Arc::default() }
}

/// Starts a server that shows one estate, and once it is told to another one, badly.
pub(crate) fn turning(first: Value, then: Value, fault: Option<Fault>) -> Estate {
    let turned = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&turned);
    let (first, then) = (Service::new(first, None), Service::new(then, fault));
    let server = Server::start(move |request| {
        if flag.load(Ordering::Relaxed) { then.answer(request) } else { first.answer(request) }
    });
    let config = config(&server, "");
    Estate { server, config, turned }
}

/// Returns the estate, to be changed.
pub(crate) fn estate() -> Value {
    serde_json::from_str(ESTATE).unwrap()
}

/// Returns a configuration with further keys in its entry.
pub(crate) fn config(server: &Server, keys: &str) -> String {
    let url = server.url();
    format!(
        "[limits]\nretries = 2\nrequests-per-second = 1000\nburst = 1000\ncall-timeout = \"1s\"\n\
         [[gcp]]\nname = \"test\"\ncredential = \"anonymous\"\nendpoint = \"{url}\"\n\
         resource-manager-endpoint = \"{url}\"\niam-endpoint = \"{url}\"\nlogging-endpoint = \"{url}\"\n{keys}\n"
    )
}
