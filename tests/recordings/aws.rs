//! Inventory as recorded from aws.
