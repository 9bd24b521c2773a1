//! Digests as people, forms and files hold them.

use std::fmt::Write as _;

use sha2::{Digest as _, Sha256};

/// Each byte as two hexadecimal digits.
pub fn hex<'a>(bytes: impl IntoIterator<Item = &'a u8>) -> String {
    bytes.into_iter().fold(String::new(), |mut hex, byte| {
        // Writing to a String cannot fail.
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

/// What tells texts apart from all others: the first 32 hexadecimal digits of a SHA-256 over all of them. Something stands
/// between two of them, so that words cannot go over from one to the next unseen.
pub fn mark(texts: &[&str]) -> String {
    let mut hash = Sha256::new();
    for (at, text) in texts.iter().enumerate() {
        if at > 0 {
            hash.update([0]);
        }
        hash.update(text.as_bytes());
    }
    hex(hash.finalize().iter().take(16))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_what_other_programs_make_of_the_same_bytes() {
        assert_eq!(hex(&[0x00, 0x0f, 0xff]), "000fff");
        // printf 'image\0app:1' | sha256sum
        assert_eq!(mark(&["image", "app:1"]), "c61d8f993b005e0be25d56af87a5720f");
        assert_eq!(mark(&["abc"]), "ba7816bf8f01cfea414140de5dae2223");
    }

    #[test]
    fn words_that_go_over_from_one_text_to_the_next_make_another_mark() {
        assert_ne!(mark(&["ab", "c"]), mark(&["a", "bc"]));
        assert_ne!(mark(&["ab", ""]), mark(&["ab"]));
    }
}
