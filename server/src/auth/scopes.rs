//! What a sign-in asks the identity provider for.

/// The standard one of every sign-in, which the library asks for by itself.
const ALWAYS: &str = "openid";

/// The scopes to ask for besides `openid`. What is `set` counts alone. Otherwise the person's name and address, and a
/// scope named like the `claim` with the groups only where the provider has `listed` it: many say the groups without a
/// scope of that name, and refuse the whole sign-in for one that they do not know.
pub(super) fn asked<'a>(set: Option<&'a str>, claim: &'a str, listed: &[&str]) -> Vec<&'a str> {
    let mut names: Vec<&str> = match set {
        Some(set) => set.split_whitespace().collect(),
        None if listed.contains(&claim) => vec!["profile", "email", claim],
        None => vec!["profile", "email"],
    };
    names.retain(|name| *name != ALWAYS);
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scope_of_the_groups_is_asked_for_where_the_provider_lists_it_or_somebody_set_it() {
        let table: [(Option<&str>, &[&str], &str); 8] = [
            // It says nothing of its scopes.
            (None, &[], "profile email"),
            // Entra ID and Google.
            (None, &["openid", "profile", "email", "offline_access"], "profile email"),
            (None, &["openid", "email", "profile"], "profile email"),
            // Keycloak, Dex and others that were given one.
            (None, &["openid", "profile", "email", "groups"], "profile email groups"),
            // Another that only looks like it.
            (None, &["openid", "groups-of-all"], "profile email"),
            // What is set is asked for whatever is listed, and nothing else is.
            (Some("openid profile email  groups"), &[], "profile email groups"),
            (Some("profile roles"), &["openid", "groups"], "profile roles"),
            (Some("openid"), &["openid", "groups"], ""),
        ];
        for (set, listed, expected) in table {
            assert_eq!(asked(set, "groups", listed).join(" "), expected, "{set:?}, {listed:?}");
        }
        assert_eq!(asked(None, "roles", &["groups", "roles"]), ["profile", "email", "roles"]);
    }
}
