//! Reading what says how to reach a cluster: one file, or a list of them as `KUBECONFIG` may be, merged as kubectl does.

use std::path::Path;

use kube::config::Kubeconfig;

use super::ClusterError;

/// The file, or the files of a list. What is not there is left out, and the first that says something counts.
pub fn read_kubeconfig(list: &Path) -> Result<Kubeconfig, ClusterError> {
    let paths: Vec<_> = std::env::split_paths(list).filter(|path| path.exists()).collect();
    if paths.is_empty() {
        return Err(ClusterError::Config(format!("there is no file {}", list.display())));
    }
    paths
        .iter()
        .try_fold(Kubeconfig::default(), |merged, path| merged.merge(Kubeconfig::read_from(path)?))
        .map_err(|error| ClusterError::Config(error.to_string()))
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test ends at the first surprise")]
mod tests {
    use std::path::PathBuf;

    use super::*;

    fn file(dir: &Path, name: &str, contexts: &[&str]) -> PathBuf {
        let both = |of: &&str| {
            let context = format!("{{ name: {of}, context: {{ cluster: {of}-of-{name}, user: nobody }} }}");
            let cluster =
                format!("{{ name: {of}-of-{name}, cluster: {{ server: 'http://{name}.example' }} }}");
            (context, cluster)
        };
        let (all, clusters): (Vec<_>, Vec<_>) = contexts.iter().map(both).unzip();
        let text = format!(
            "apiVersion: v1\nkind: Config\ncurrent-context: {}\ncontexts: [{}]\nclusters: [{}]\nusers: []\n",
            contexts[0],
            all.join(", "),
            clusters.join(", ")
        );
        let path = dir.join(name);
        std::fs::write(&path, text).unwrap();
        path
    }

    #[test]
    fn a_list_is_merged_the_first_one_counts_and_what_is_not_there_is_left_out() {
        let dir = tempfile::tempdir().unwrap();
        let first = file(dir.path(), "first", &["shop"]);
        let second = file(dir.path(), "second", &["other", "shop"]);
        let list = std::env::join_paths([Path::new(""), &first, &dir.path().join("none"), &second]).unwrap();
        let merged = read_kubeconfig(Path::new(&list)).unwrap();
        assert_eq!(merged.current_context.as_deref(), Some("shop"));
        let contexts: Vec<_> = merged.contexts.iter().map(|one| one.name.as_str()).collect();
        assert_eq!(contexts, ["shop", "other"]);
        let shop = merged.contexts[0].context.clone().unwrap();
        assert_eq!(shop.cluster, "shop-of-first");

        let alone = read_kubeconfig(&second).unwrap();
        assert_eq!(alone.current_context.as_deref(), Some("other"));
        let none = read_kubeconfig(&dir.path().join("none"));
        assert!(matches!(none, Err(ClusterError::Config(why)) if why.contains("none")));
    }
}
