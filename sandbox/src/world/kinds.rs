//! The kinds that the sandbox cluster serves, in one table. No behaviour beyond looking them up.

/// One served kind.
#[derive(Debug, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a column of the table below")]
#[expect(clippy::struct_field_names, reason = "the API calls it kind")]
pub(crate) struct Kind {
    /// API group; empty for the core group.
    pub(crate) group: &'static str,
    pub(crate) version: &'static str,
    pub(crate) plural: &'static str,
    pub(crate) singular: &'static str,
    pub(crate) kind: &'static str,
    pub(crate) namespaced: bool,
    pub(crate) short: &'static [&'static str],
    /// Has a `/status` subresource, and a generation that counts changes of the spec.
    pub(crate) status: bool,
    /// Has a `/scale` subresource.
    pub(crate) scale: bool,
    /// In `kubectl get all`.
    pub(crate) in_all: bool,
}

impl Kind {
    /// `apps/v1`, or `v1` for the core group.
    pub(crate) fn api_version(&self) -> String {
        if self.group.is_empty() {
            self.version.to_owned()
        } else {
            format!("{}/{}", self.group, self.version)
        }
    }

    /// `deployments.apps`, or `pods` for the core group, as messages name it.
    pub(crate) fn qualified(&self) -> String {
        if self.group.is_empty() { self.plural.to_owned() } else { format!("{}.{}", self.plural, self.group) }
    }
}

const fn core(
    plural: &'static str,
    singular: &'static str,
    kind: &'static str,
    short: &'static [&'static str],
) -> Kind {
    Kind {
        group: "",
        version: "v1",
        plural,
        singular,
        kind,
        namespaced: true,
        short,
        status: false,
        scale: false,
        in_all: false,
    }
}

pub(crate) const NAMESPACES: Kind =
    Kind { namespaced: false, status: true, ..core("namespaces", "namespace", "Namespace", &["ns"]) };
pub(crate) const PODS: Kind = Kind { status: true, in_all: true, ..core("pods", "pod", "Pod", &["po"]) };
pub(crate) const SECRETS: Kind = core("secrets", "secret", "Secret", &[]);
pub(crate) const CONFIG_MAPS: Kind = core("configmaps", "configmap", "ConfigMap", &["cm"]);
pub(crate) const SERVICES: Kind = Kind { in_all: true, ..core("services", "service", "Service", &["svc"]) };
pub(crate) const EVENTS: Kind = core("events", "event", "Event", &["ev"]);
pub(crate) const DEPLOYMENTS: Kind = Kind {
    group: "apps",
    status: true,
    scale: true,
    in_all: true,
    ..core("deployments", "deployment", "Deployment", &["deploy"])
};
pub(crate) const REPLICA_SETS: Kind = Kind {
    group: "apps",
    status: true,
    scale: true,
    in_all: true,
    ..core("replicasets", "replicaset", "ReplicaSet", &["rs"])
};
pub(crate) const AUTOSCALERS: Kind = Kind {
    group: "autoscaling",
    version: "v2",
    status: true,
    in_all: true,
    ..core("horizontalpodautoscalers", "horizontalpodautoscaler", "HorizontalPodAutoscaler", &["hpa"])
};
/// The same objects under the version that every cluster has. What only one of the two can say (metrics) is not converted.
pub(crate) const AUTOSCALERS_V1: Kind = Kind { version: "v1", ..AUTOSCALERS };

/// Every served kind.
pub(crate) const ALL: [&Kind; 10] = [
    &NAMESPACES,
    &PODS,
    &SECRETS,
    &CONFIG_MAPS,
    &SERVICES,
    &EVENTS,
    &DEPLOYMENTS,
    &REPLICA_SETS,
    &AUTOSCALERS,
    &AUTOSCALERS_V1,
];

/// The kind served under a group, version and plural.
pub(crate) fn find(group: &str, version: &str, plural: &str) -> Option<&'static Kind> {
    ALL.into_iter().find(|kind| kind.group == group && kind.version == version && kind.plural == plural)
}
