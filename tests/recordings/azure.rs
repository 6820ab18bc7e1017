//! Inventory as recorded from azure.
