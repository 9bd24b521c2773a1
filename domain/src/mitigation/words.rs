//! Actions in words, and the kubectl lines that would do the same. Text only; no value of a Secret is in any.

use super::{Act, Env};
use crate::preset::Workload;
use crate::text::inert_line;

/// The action in a few words.
pub fn title(act: &Act) -> String {
    match act {
        Act::Set { name, value, .. } => format!("Set {name}={value}"),
        Act::Remove { name, to: Env::Absent, .. } => format!("Remove {name}"),
        Act::Remove { name, to, .. } => format!("Return {name} to {}", to.words()),
        Act::Restart { .. } => "Restart".to_owned(),
        Act::ReplaceKey { secret, key, .. } => format!("Replace key {key} of Secret {secret}"),
    }
}

/// What was and what is, in a sentence.
pub fn before_after(act: &Act) -> String {
    match act {
        Act::Set { name, value, before, .. } => format!("{name}: {} → “{value}”", before.words()),
        Act::Remove { name, value, to, .. } => format!("{name}: “{value}” → {}", to.words()),
        Act::Restart { stamp } => format!("Pods made before {stamp} → fresh ones"),
        Act::ReplaceKey { key, before, after, .. } => {
            format!("{key}: {} → {after}", before.as_deref().unwrap_or("fingerprint unknown"))
        }
    }
}

/// What an admin of the cluster is asked for by `who`: `missing` is the verb and what it is for, as a Role names them.
pub fn needs(missing: &str, who: &str) -> String {
    let (missing, who) = (inert_line(missing, 200), inert_line(who, 120));
    format!(
        "Needs {missing}: an admin of the cluster is asked to add it to the Role “gantry” of that namespace (asked by {who})"
    )
}

/// What a person could type instead of pressing the button.
pub fn kubectl(target: &Workload, act: &Act) -> String {
    let Workload { namespace, deployment, container } = target;
    let at = format!("kubectl -n {namespace}");
    let set = |pair: &str| format!("{at} set env deployment/{deployment} -c {container} {}", quoted(pair));
    match act {
        Act::Set { name, value, .. } | Act::Remove { name, to: Env::Value(value), .. } => {
            set(&format!("{name}={value}"))
        }
        Act::Remove { name, to: Env::Absent, .. } => set(&format!("{name}-")),
        Act::Remove { to: Env::From(entry), .. } => format!(
            "{at} edit deployment/{deployment}   # container {container}, env: {}",
            inert_line(entry, 200)
        ),
        Act::Restart { .. } => format!("{at} rollout restart deployment/{deployment}"),
        Act::ReplaceKey { secret, key, .. } => format!(
            "{at} create secret generic {} --from-file={}=/dev/stdin --dry-run=client -o yaml \\\n  | {at} apply --server-side --force-conflicts --field-manager={} -f -\n{at} rollout restart deployment/{deployment}",
            quoted(secret),
            quoted(key),
            quoted(&format!("gantry-key-{key}")),
        ),
    }
}

/// As a shell takes it for one word.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '=' | '.' | '/' | ':' | ',');
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', "'\\''"))
    }
}
