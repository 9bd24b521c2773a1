//! The hash of a pod template that names a ReplicaSet. Only tells templates apart; it is not a digest to trust.

use serde_json::Value;

/// The `pod-template-hash` of a template. `collisions` changes it when two templates met in one hash.
pub(crate) fn template(template: &Value, collisions: i64) -> String {
    const ALPHABET: &[u8] = b"bcdfghjklmnpqrstvwxz2456789";
    // serde_json writes objects with sorted keys, so equal templates give equal bytes.
    let mut bytes = template.to_string().into_bytes();
    if collisions > 0 {
        bytes.extend_from_slice(&collisions.to_le_bytes());
    }
    let hash =
        bytes.iter().fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193));
    hash.to_string().bytes().map(|digit| char::from(ALPHABET[usize::from(digit) % ALPHABET.len()])).collect()
}
