//! Files that hold the newest of what may be more: no such file looks as if it were all there is.

use serde_json::{Value, json};

/// What such a file ends with.
pub const OLDER_LEFT_OUT: &str = "Older entries are not in this file.";

/// The first `most` of what was found, and whether there is more: whoever asks has to look for one more than that.
pub fn newest<T>(mut found: Vec<T>, most: u32) -> (Vec<T>, bool) {
    let most = usize::try_from(most).unwrap_or(usize::MAX);
    let more = found.len() > most;
    found.truncate(most);
    (found, more)
}

/// What JSON that does not hold everything says: the last element of a list, or fields of an object.
pub fn element() -> Value {
    json!({ "complete": false, "note": OLDER_LEFT_OUT })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_longer_than_the_most_is_cut_and_known_to_be() {
        let table: [(&[u8], u32, &[u8], bool); 5] = [
            (&[], 0, &[], false),
            (&[9], 0, &[], true),
            (&[9, 8], 3, &[9, 8], false),
            (&[9, 8, 7], 3, &[9, 8, 7], false),
            (&[9, 8, 7, 6], 3, &[9, 8, 7], true),
        ];
        for (found, most, kept, more) in table {
            assert_eq!(newest(found.to_vec(), most), (kept.to_vec(), more), "{found:?} {most}");
        }
    }
}
