//! Inventory as recorded from gcp.
