//! What ministack's own CloudTrail records of EC2's query protocol.
