//! A tag that turns out to stand for more than one image, because it was pushed again while it was rolled out.

use std::collections::BTreeMap;

use super::{Rollout, Side};

impl Rollout {
    /// The digests that pods of the new version run, with how many run each, where one tag came to more than one. An image
    /// that is pinned to its digest cannot.
    pub fn pushed_again(&self) -> Option<BTreeMap<&str, u32>> {
        if self.new_image.contains('@') {
            return None;
        }
        let mut digests = BTreeMap::new();
        let new = self.seen.replica_sets.iter().filter(|set| set.side == Side::New);
        let there = new.flat_map(|set| &set.pods).filter(|pod| !pod.terminating);
        for digest in there.filter_map(|pod| pod.digest.as_deref()) {
            *digests.entry(digest).or_insert(0) += 1;
        }
        (digests.len() > 1).then_some(digests)
    }
}

#[cfg(test)]
mod tests {
    use super::super::model::World;
    use super::super::{PodSeen, ReplicaSetSeen};
    use super::*;

    /// A rollout whose pods run these images.
    fn running(image: &str, pods: &[(Side, Option<&str>)]) -> Rollout {
        let mut row = World::new(4).row;
        row.new_image = image.to_owned();
        let set = |(side, digest): &(Side, Option<&str>)| ReplicaSetSeen {
            name: "app".to_owned(),
            template_hash: String::new(),
            image: image.to_owned(),
            side: *side,
            current: *side == Side::New,
            desired: 1,
            pods: vec![PodSeen {
                name: "app-0".to_owned(),
                ready: true,
                terminating: false,
                problem: None,
                digest: digest.map(str::to_owned),
            }],
        };
        row.seen.replica_sets = pods.iter().map(set).collect();
        row
    }

    #[test]
    fn a_tag_is_said_to_be_pushed_again_when_pods_of_the_new_version_run_different_images() {
        let (a, b) = (Some("sha256:aa"), Some("sha256:bb"));
        let two = BTreeMap::from([("sha256:aa", 2), ("sha256:bb", 1)]);
        let table = [
            ("app:v2", vec![(Side::New, a), (Side::New, b), (Side::New, a)], Some(two)),
            ("app:v2", vec![(Side::New, a), (Side::New, a), (Side::New, None)], None),
            ("app:v2", vec![(Side::New, a), (Side::Old, b), (Side::Other, b)], None),
            ("app:v2@sha256:aa", vec![(Side::New, a), (Side::New, b)], None),
        ];
        for (image, pods, found) in table {
            assert_eq!(running(image, &pods).pushed_again(), found, "{image}: {pods:?}");
        }
    }

    #[test]
    fn a_pod_on_its_way_out_no_longer_counts() {
        let mut row = running("app:v2", &[(Side::New, Some("sha256:aa")), (Side::New, Some("sha256:bb"))]);
        assert!(row.pushed_again().is_some());
        for pod in row.seen.replica_sets.iter_mut().take(1).flat_map(|set| &mut set.pods) {
            pod.terminating = true;
        }
        assert_eq!(row.pushed_again(), None);
    }
}
