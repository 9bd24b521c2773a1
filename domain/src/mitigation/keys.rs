//! Which keys of Secrets a workload uses, and which of them is replaced. What the preset names first comes first; the order
//! in a template says nothing.

use crate::probe::{EnvEntry, EnvSource};

/// A key of a Secret that a workload takes into its environment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyInUse {
    /// The variables that carry it.
    pub variables: Vec<String>,
    /// The Secret.
    pub secret: String,
    /// The key within it.
    pub key: String,
}

impl KeyInUse {
    /// As people read it.
    pub fn words(&self) -> String {
        format!("{} ({} / {})", self.variables.join(", "), self.secret, self.key)
    }
}

/// The key that is replaced, beside those that are not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OneKey {
    /// It.
    pub key: KeyInUse,
    /// The others.
    pub others: Vec<KeyInUse>,
}

/// Why there is no key to replace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoKey {
    /// The workload takes none from a Secret.
    NoneInUse,
    /// Another one is wished for than these, which it takes.
    NotInUse(Vec<KeyInUse>),
}

/// The keys that an environment takes from Secrets by one of these names, in the order of the names; of one name those of
/// `container` first. Each key once, whatever variables carry it.
pub fn keys_in_use(environment: &[EnvEntry], container: &str, names: &[String]) -> Vec<KeyInUse> {
    let mut found: Vec<KeyInUse> = Vec::new();
    for name in names {
        let (own, beside): (Vec<&EnvEntry>, Vec<&EnvEntry>) = environment
            .iter()
            .filter(|entry| entry.name == *name)
            .partition(|entry| entry.container == container);
        for entry in own.into_iter().chain(beside) {
            let EnvSource::Secret { name: secret, key } = &entry.source else { continue };
            if key == "*" {
                continue;
            }
            match found.iter_mut().find(|one| one.secret == *secret && one.key == *key) {
                Some(one) if one.variables.contains(name) => {}
                Some(one) => one.variables.push(name.clone()),
                None => found.push(KeyInUse {
                    variables: vec![name.clone()],
                    secret: secret.clone(),
                    key: key.clone(),
                }),
            }
        }
    }
    found
}

/// The one that is wished for, by its Secret and its key; without a wish the first.
pub fn one_key(mut keys: Vec<KeyInUse>, wished: Option<(&str, &str)>) -> Result<OneKey, NoKey> {
    if keys.is_empty() {
        return Err(NoKey::NoneInUse);
    }
    let place = match wished {
        None => Some(0),
        Some((secret, key)) => keys.iter().position(|one| one.secret == secret && one.key == key),
    };
    match place {
        Some(place) => Ok(OneKey { key: keys.remove(place), others: keys }),
        None => Err(NoKey::NotInUse(keys)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from(container: &str, name: &str, secret: &str, key: &str) -> EnvEntry {
        let source = EnvSource::Secret { name: secret.into(), key: key.into() };
        EnvEntry { container: container.into(), name: name.into(), source }
    }

    fn key(variables: &[&str], secret: &str, key: &str) -> KeyInUse {
        let variables = variables.iter().map(|&name| name.to_owned()).collect();
        KeyInUse { variables, secret: secret.into(), key: key.into() }
    }

    fn names() -> Vec<String> {
        ["CLAY_API_KEY", "CLAY_WEBHOOK_SECRET", "CLAY_OLD_KEY"].map(str::to_owned).to_vec()
    }

    #[test]
    fn keys_stand_in_the_order_of_the_preset_and_each_once() {
        let literal = EnvEntry {
            container: "app".into(),
            name: "CLAY_API_KEY".into(),
            source: EnvSource::Literal("x".into()),
        };
        let environment = [
            from("app", "CLAY_OLD_KEY", "clay", "api"),
            from("app", "CLAY_WEBHOOK_SECRET", "clay", "hook"),
            from("beside", "CLAY_API_KEY", "beside", "api"),
            from("app", "DATABASE_PASSWORD", "database", "password"),
            literal,
            from("app", "CLAY_API_KEY", "clay", "api"),
            from("beside", "CLAY_API_KEY", "clay", "api"),
            from("app", "CLAY_API_KEY", "whole", "*"),
        ];
        let expected = [
            key(&["CLAY_API_KEY", "CLAY_OLD_KEY"], "clay", "api"),
            key(&["CLAY_API_KEY"], "beside", "api"),
            key(&["CLAY_WEBHOOK_SECRET"], "clay", "hook"),
        ];
        assert_eq!(keys_in_use(&environment, "app", &names()), expected);
        assert!(keys_in_use(&environment, "app", &[]).is_empty());
        assert_eq!(expected[0].words(), "CLAY_API_KEY, CLAY_OLD_KEY (clay / api)");
    }

    #[test]
    fn one_key_is_replaced_the_first_without_a_wish_and_none_that_is_not_in_use() {
        let api = || key(&["CLAY_API_KEY"], "clay", "api");
        let hook = || key(&["CLAY_WEBHOOK_SECRET"], "clay", "hook");
        let both = || vec![api(), hook()];
        for (wished, expected) in [
            (None, Ok(OneKey { key: api(), others: vec![hook()] })),
            (Some(("clay", "api")), Ok(OneKey { key: api(), others: vec![hook()] })),
            (Some(("clay", "hook")), Ok(OneKey { key: hook(), others: vec![api()] })),
            (Some(("clay", "password")), Err(NoKey::NotInUse(both()))),
            (Some(("other", "api")), Err(NoKey::NotInUse(both()))),
        ] {
            assert_eq!(one_key(both(), wished), expected, "{wished:?}");
        }
        assert_eq!(one_key(vec![api()], None), Ok(OneKey { key: api(), others: Vec::new() }));
        for wished in [None, Some(("clay", "api"))] {
            assert_eq!(one_key(Vec::new(), wished), Err(NoKey::NoneInUse));
        }
    }
}
