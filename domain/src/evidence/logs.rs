//! What a bundle says of the logs in it: which pods have none, and whose older or newest lines are missing.

/// The most pods that are named for one reason.
const MOST_NAMED: usize = 40;

/// How much of a pod's log was read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Extent {
    /// Older lines were left out: there were more bytes than are kept.
    pub cut: bool,
    /// It has as many lines as were asked for: there may be older ones.
    pub full: bool,
    /// It was not read to its end: the newest lines are missing.
    pub broken: bool,
}

/// What came of the log of one pod.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Came {
    /// It was read, so far.
    Read(Extent),
    /// It could not be read, and why.
    Failed(String),
    /// There was no time left for it.
    Late,
    /// It was not asked for: there are too many pods.
    LeftOut,
}

/// The bounds within which logs are read.
#[derive(Clone, Copy, Debug)]
pub struct Most {
    /// The most pods whose logs are read.
    pub pods: usize,
    /// The most lines of each.
    pub lines: u32,
    /// The most bytes of each.
    pub bytes: usize,
}

/// What is missing in the logs, with the pods by name; nothing where they are complete.
pub fn note(pods: &[(String, Came)], most: Most) -> Option<String> {
    let all = pods.len();
    let mut said = Vec::new();
    if let Some((_, names)) = those(pods, |came| matches!(came, Came::Read(Extent { broken: true, .. }))) {
        said.push(format!("the newest lines are not in the logs of {names}: they broke off"));
    }
    if let Some((count, names)) = those(pods, |came| *came == Came::LeftOut) {
        let most = most.pods;
        said.push(format!(
            "{count} of {all} pods are left out (the logs of at most {most} are kept): {names}"
        ));
    }
    if let Some((count, names)) = those(pods, |came| *came == Came::Late) {
        said.push(format!("{count} of {all} pods are left out (there was no time left for them): {names}"));
    }
    if let Some((count, names)) = those(pods, |came| matches!(came, Came::Failed(_))) {
        let why = pods.iter().find_map(|(_, came)| match came {
            Came::Failed(why) => Some(why.as_str()),
            Came::Read(_) | Came::Late | Came::LeftOut => None,
        });
        let why = why.unwrap_or_default();
        said.push(format!("{count} of {all} logs could not be read: {names} (the first: {why})"));
    }
    if let Some((_, names)) = those(pods, |came| matches!(came, Came::Read(Extent { cut: true, .. }))) {
        let size = super::size(u64::try_from(most.bytes).unwrap_or(u64::MAX));
        said.push(format!("older lines are not in the logs of {names}: at most the newest {size} are kept"));
    }
    let full = |came: &Came| matches!(came, Came::Read(Extent { cut: false, full: true, .. }));
    if let Some((_, names)) = those(pods, full) {
        let lines = most.lines;
        said.push(format!(
            "older lines may be missing in the logs of {names}: at most the newest {lines} lines are kept"
        ));
    }
    (!said.is_empty()).then(|| said.join("; "))
}

/// How many pods it is true of, and their names; `None` where it is true of none.
fn those(pods: &[(String, Came)], is_so: impl Fn(&Came) -> bool) -> Option<(usize, String)> {
    let names: Vec<&str> =
        pods.iter().filter(|(_, came)| is_so(came)).map(|(name, _)| name.as_str()).collect();
    let listed: Vec<&str> = names.iter().copied().take(MOST_NAMED).collect();
    let listed = match names.len().saturating_sub(MOST_NAMED) {
        0 => listed.join(", "),
        more => format!("{} and {more} more", listed.join(", ")),
    };
    (!names.is_empty()).then_some((names.len(), listed))
}

#[cfg(test)]
mod tests {
    use super::*;

    const MOST: Most = Most { pods: 3, lines: 20_000, bytes: 2 * 1024 * 1024 };

    fn read(cut: bool, full: bool, broken: bool) -> Came {
        Came::Read(Extent { cut, full, broken })
    }

    #[test]
    fn whatever_is_missing_in_the_logs_is_named_with_its_pod() {
        let whole = || read(false, false, false);
        let failed = |why: &str| Came::Failed(why.to_owned());
        let table: [(Vec<Came>, Option<&str>); 9] = [
            (vec![], None),
            (vec![whole(), whole()], None),
            (
                vec![whole(), whole(), whole(), Came::LeftOut, Came::LeftOut],
                Some("2 of 5 pods are left out (the logs of at most 3 are kept): p3, p4"),
            ),
            (
                vec![whole(), Came::Late],
                Some("1 of 2 pods are left out (there was no time left for them): p1"),
            ),
            (
                vec![failed("forbidden"), whole(), failed("gone")],
                Some("2 of 3 logs could not be read: p0, p2 (the first: forbidden)"),
            ),
            (
                vec![read(true, false, false), whole()],
                Some("older lines are not in the logs of p0: at most the newest 2 MiB are kept"),
            ),
            // What is certain is said, and not besides that it may be so.
            (
                vec![read(true, true, false)],
                Some("older lines are not in the logs of p0: at most the newest 2 MiB are kept"),
            ),
            (
                vec![whole(), read(false, true, false)],
                Some("older lines may be missing in the logs of p1: at most the newest 20000 lines are kept"),
            ),
            (
                vec![read(true, false, true), Came::LeftOut],
                Some(
                    "the newest lines are not in the logs of p0: they broke off; \
                     1 of 2 pods are left out (the logs of at most 3 are kept): p1; \
                     older lines are not in the logs of p0: at most the newest 2 MiB are kept",
                ),
            ),
        ];
        for (came, said) in table {
            let pods: Vec<_> =
                came.into_iter().enumerate().map(|(at, came)| (format!("p{at}"), came)).collect();
            assert_eq!(note(&pods, MOST).as_deref(), said, "{pods:?}");
        }
    }

    #[test]
    fn of_very_many_pods_the_first_are_named_and_the_others_counted() {
        let pods: Vec<_> = (0..42).map(|at| (format!("p{at}"), Came::LeftOut)).collect();
        let said = note(&pods, MOST).unwrap_or_default();
        assert!(said.starts_with("42 of 42 pods") && said.ends_with(", p38, p39 and 2 more"), "{said}");
    }
}
