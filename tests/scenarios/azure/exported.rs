//! Records as a diagnostic setting writes them.

use serde_json::{Value, json};

use super::*;

/// Returns a record as a diagnostic setting writes it.
pub(super) fn exported(time: &str, operation: &str, resource: &str, result: &str, signature: &str) -> Value {
    let operation = format!("Microsoft.Compute/{operation}");
    json!({
        "time": format!("2026-03-01T{time}.0000000Z"), "resourceId": resource.to_uppercase(),
        "operationName": operation.to_uppercase(), "category": "Administrative", "resultType": result,
        "resultSignature": signature, "durationMs": "1203", "callerIpAddress": "203.0.113.5",
        "correlationId": CORRELATION, "level": "Information", "tenantId": TENANT, "properties": {},
        "identity": {
            "authorization": { "scope": resource, "action": operation },
            "claims": { "http://schemas.microsoft.com/identity/claims/objectidentifier": ALICE,
                "http://schemas.microsoft.com/identity/claims/tenantid": TENANT,
                "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/upn": "alice@example.com" },
        },
    })
}

pub(super) fn ndjson(lines: &[Value]) -> String {
    lines.iter().map(Value::to_string).collect::<Vec<_>>().join("\n")
}
