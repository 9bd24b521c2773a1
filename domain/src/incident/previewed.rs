//! What of an update was looked at: what is sent is what was seen.

use super::message::Channel;
use crate::digest;

/// What a form carries so that it is known which words whoever sends it was shown: the same for the same words, however
/// their lines end and whatever white space is around them.
pub fn mark(
    impact: &str,
    action: &str,
    next_in_minutes: Option<u32>,
    channels: &[Channel],
    public_text: &str,
) -> String {
    let next = next_in_minutes.map_or_else(String::new, |minutes| minutes.to_string());
    let to: Vec<_> =
        Channel::ALL.into_iter().filter(|channel| channels.contains(channel)).map(Channel::as_str).collect();
    let words = |text: &str| text.trim().replace("\r\n", "\n");
    digest::mark(&[&words(impact), &words(action), &next, &to.join(" "), &words(public_text)])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_goes_out_differently_has_another_mark() {
        let (slack, both) = ([Channel::Slack], Channel::ALL);
        let seen = mark("All\nevents", "Rolling back", Some(20), &slack, "We look into it.");
        let table = [
            (mark("All\nevents", "Rolling back", Some(20), &slack, "We look into it."), true),
            (mark(" All\r\nevents ", "Rolling back\r\n", Some(20), &slack, "We look into it."), true),
            (mark("All events", "Rolling back", Some(20), &slack, "We look into it."), false),
            (mark("All\nevents", "Rolling on", Some(20), &slack, "We look into it."), false),
            (mark("All\nevents", "Rolling back", Some(21), &slack, "We look into it."), false),
            (mark("All\nevents", "Rolling back", None, &slack, "We look into it."), false),
            (mark("All\nevents", "Rolling back", Some(20), &both, "We look into it."), false),
            (mark("All\nevents", "Rolling back", Some(20), &[], "We look into it."), false),
            (mark("All\nevents", "Rolling back", Some(20), &slack, ""), false),
            (mark("All\neventsRolling back", "", Some(20), &slack, "We look into it."), false),
        ];
        for (at, (other, same)) in table.into_iter().enumerate() {
            assert_eq!(other == seen, same, "row {at}");
        }
        let turned = [Channel::PagerDuty, Channel::Slack];
        assert_eq!(mark("", "", None, &turned, ""), mark("", "", None, &both, ""), "an order is not shown");
    }
}
