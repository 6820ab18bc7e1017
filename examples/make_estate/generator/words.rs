//! The words that names, tags and sizes are made of.

pub(crate) const ENVIRONMENTS: &[&str] = &["prod", "prod", "prod", "staging", "test", "dev", "sandbox"];

pub(crate) const SERVICES: &[&str] = &[
    "billing",
    "checkout",
    "catalogue",
    "search",
    "ledger",
    "payments",
    "identity",
    "mailer",
    "media",
    "pricing",
    "reports",
    "routing",
    "scheduler",
    "shipping",
    "stock",
    "telemetry",
    "tickets",
    "warehouse",
];

pub(crate) const ROLES: &[&str] = &["api", "web", "worker", "db", "cache", "queue", "batch", "proxy", "etl"];

pub(crate) const TEAMS: &[&str] = &[
    "atlas", "borealis", "cobalt", "dune", "ember", "fjord", "granite", "harbour", "iris", "juniper",
    "kestrel", "lagoon", "meridian",
];

pub(crate) const OWNERS: &[&str] = &[
    "a.novak",
    "b.okafor",
    "c.lindqvist",
    "d.moreau",
    "e.tanaka",
    "f.rossi",
    "g.haddad",
    "h.jansen",
    "i.silva",
    "j.kowalski",
    "k.murphy",
    "l.fernandez",
    "m.andersen",
];

/// Tag keys beside the usual ones.
pub(crate) const TAG_KEYS: &[&str] =
    &["Backup", "PatchGroup", "Compliance", "Schedule", "Project", "Terraform"];

pub(crate) const TAG_VALUES: &[&str] = &[
    "daily",
    "weekly",
    "group-1",
    "group-2",
    "pci",
    "none",
    "office-hours",
    "always",
    "true",
    "migration-2025",
];

pub(crate) const VOLUME_SIZES: &[u64] =
    &[8, 16, 20, 30, 50, 64, 100, 128, 200, 256, 500, 512, 1000, 1024, 2048];
