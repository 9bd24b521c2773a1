use super::*;
use crate::probe::Service;

fn parts(came_to: [CameTo; 3]) -> Vec<Part> {
    ["capture", "flags", "API"]
        .into_iter()
        .zip(came_to)
        .map(|(name, came_to)| Part { name, came_to })
        .collect()
}

fn fails() -> CameTo {
    CameTo::Fails("answers 503".into())
}

fn untried() -> CameTo {
    CameTo::Untried("no key".into())
}

#[test]
fn all_parts_healthy_some_degraded_none_down() {
    use CameTo::Works;
    let worked = || CameTo::Worked(TimeDelta::minutes(2));
    let table = [
        ([worked(), Works, Works], State::Healthy),
        ([worked(), fails(), Works], State::Degraded),
        ([Works, Works, Works], State::Healthy),
        ([Works, fails(), Works], State::Degraded),
        ([fails(), fails(), Works], State::Degraded),
        ([fails(), fails(), fails()], State::Down),
        ([Works, Works, untried()], State::Unknown),
        ([untried(), untried(), untried()], State::Unknown),
        ([Works, fails(), untried()], State::Degraded),
        ([fails(), fails(), untried()], State::Degraded),
    ];
    for (came_to, state) in table {
        let judged = vendor(&parts(came_to.clone()), &StatusPage::NoIncident);
        assert_eq!(judged.state, state, "{came_to:?}: {judged:?}");
    }
}

#[test]
fn an_announced_incident_is_never_healthy_and_an_unreadable_page_never_speaks_for_the_vendor() {
    let well = parts([CameTo::Works, CameTo::Works, CameTo::Works]);
    let incident = StatusPage::Incident("Ingestion is slow".into());
    let judged = vendor(&well, &incident);
    assert_eq!(judged.state, State::Degraded);
    assert!(judged.sentence.contains("Ingestion is slow"), "{judged:?}");
    assert_eq!(vendor(&well, &StatusPage::Unknown("away".into())).state, State::Healthy);

    // A vendor that offers nothing to try.
    let table = [
        (StatusPage::NoIncident, State::Healthy),
        (incident, State::Degraded),
        (StatusPage::Unknown("three shapes tried".into()), State::Unknown),
        (StatusPage::None, State::Unknown),
    ];
    for (page, state) in table {
        assert_eq!(vendor(&[], &page).state, state, "{page:?}");
    }
}

#[test]
fn the_sentence_says_which_parts_fail_and_what_the_vendor_says_itself() {
    let judged = vendor(&parts([fails(), CameTo::Works, fails()]), &StatusPage::NoIncident);
    assert_eq!(judged.sentence, "Capture and API fail (answers 503); its status page shows no incident");
    assert!(judged.evidence.contains("flags: works"), "{judged:?}");
}

fn answered(http_status: u16, status: Option<&str>, connected: Option<bool>) -> HealthObservation {
    HealthObservation::Answered {
        http_status,
        status: status.map(str::to_owned),
        services: vec![Service { name: "posthog".into(), connected, latency_ms: None }],
        raw: "{}".into(),
    }
}

#[test]
fn our_integration_is_as_its_document_says_and_unknown_when_nothing_answers() {
    let table = [
        (answered(200, Some("healthy"), Some(true)), State::Healthy),
        (answered(200, Some("healthy"), Some(false)), State::Degraded),
        (answered(503, Some("degraded"), Some(false)), State::Degraded),
        (answered(200, Some("on fire"), None), State::Degraded),
        (answered(502, None, None), State::Down),
        (answered(404, None, None), State::Unknown),
        (HealthObservation::NoAnswer("connection refused".into()), State::Unknown),
    ];
    for (seen, state) in table {
        assert_eq!(integration(Some("posthog"), &seen).state, state, "{seen:?}");
    }
}

#[test]
fn our_infrastructure_is_its_pods_and_its_metrics() {
    let pods = |wanted, ready| Pods { wanted, ready, problems: Vec::new() };
    let table = [
        (Ok(pods(10, 10)), Some(Ok(())), State::Healthy),
        (Ok(pods(10, 10)), None, State::Healthy),
        (Ok(pods(10, 10)), Some(Err("away")), State::Degraded),
        (Ok(pods(10, 9)), Some(Ok(())), State::Degraded),
        (Ok(pods(10, 0)), Some(Ok(())), State::Down),
        (Ok(pods(0, 0)), Some(Ok(())), State::Down),
        (Err("login expired"), Some(Ok(())), State::Unknown),
    ];
    for (pods, metrics, state) in table {
        let judged = infrastructure(pods.as_ref().map_err(|why| *why), metrics);
        assert_eq!(judged.state, state, "{judged:?}");
    }
}

#[test]
fn an_old_light_is_unknown_and_secrets_do_not_shine() {
    let now = DateTime::from_timestamp(1_763_719_200, 0).unwrap_or_default();
    let judged = integration(None, &answered(200, Some("healthy"), None));
    let found = judged.taken(now, 30);
    assert_eq!(found.state_at(now + TimeDelta::seconds(60)), State::Healthy);
    assert_eq!(found.state_at(now + TimeDelta::seconds(61)), State::Unknown);

    let key = "phx_0123456789abcdefghij";
    let told = HealthObservation::NoAnswer(format!("refused with {key}"));
    let judged = integration(None, &told);
    assert!(!format!("{judged:?}").contains(key), "{judged:?}");
}
