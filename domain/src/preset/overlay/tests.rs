#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use super::*;
use crate::fixtures::{ada, ana};
use crate::preset::builtin;

fn posthog() -> Preset {
    builtin().unwrap().into_iter().find(|preset| preset.key.as_str() == "posthog").unwrap()
}

fn said(lines: &[(Setting, &str)]) -> Overrides {
    lines.iter().map(|(setting, line)| (*setting, (*line).to_owned())).collect()
}

#[test]
fn every_line_that_a_shipped_preset_says_reads_back_as_itself() {
    for preset in builtin().unwrap() {
        for setting in Setting::ALL {
            let Some(line) = setting.of(&preset).filter(|line| !line.is_empty()) else { continue };
            assert_eq!(setting.read(&line).as_deref(), Ok(line.as_str()), "{}: {setting}", preset.key);
        }
        assert_eq!(overlaid(&preset, &Overrides::new()), preset);
    }
}

#[test]
fn what_is_said_of_an_integration_takes_the_place_of_the_presets_value_and_of_nothing_else() {
    let table = [
        (Setting::VendorApi, "https://eu.posthog.com"),
        (Setting::VendorCapture, "https://eu.i.posthog.com"),
        (Setting::StatusPage, "https://status.example"),
        (Setting::Scopes, "project:read"),
        (Setting::KeyNames, "PH_KEY, PH_PERSONAL"),
        (Setting::WebhookNames, "HOOK"),
        (Setting::HealthPath, "/healthz"),
        (Setting::Namespace, "analytics"),
        (Setting::Deployment, "ph"),
        (Setting::Container, "main"),
        (Setting::RateLimit, "MODE=slow"),
        (Setting::Fallback, "PH_OFF=1"),
        (Setting::Steps, "20% 90 s, 100%"),
        (Setting::Respond, "P1 5 min, P2 1 h, P3 4 h, P4 24 h"),
        (Setting::UpdateEvery, "P1 10 min, P2 1 h, P3 next business day, P4 next business day"),
    ];
    let preset = posthog();
    for (setting, line) in table {
        let laid = overlaid(&preset, &said(&[(setting, line)]));
        assert_eq!(setting.of(&laid).as_deref(), Some(line), "{setting}");
        for other in Setting::ALL.into_iter().filter(|other| *other != setting) {
            assert_eq!(other.of(&laid), other.of(&preset), "{setting} changed {other}");
        }
        assert_eq!((&laid.sections, &laid.thresholds), (&preset.sections, &preset.thresholds));
    }
    assert_eq!(table.len(), Setting::ALL.len());
    let steps = overlaid(&preset, &said(&[(Setting::Steps, "20% 90 s, 100%")])).steps;
    assert_eq!((steps[0].percent, steps[0].soak_seconds, steps.len()), (20, 90, 2));
}

#[test]
fn what_cannot_be_meant_is_refused_with_what_would_be_right() {
    let table = [
        (Setting::VendorApi, "http://eu.posthog.com"),
        (Setting::VendorApi, "eu.posthog.com"),
        (Setting::VendorCapture, "https://user:secret@evil.example"),
        (Setting::StatusPage, "javascript:alert(1)"),
        (Setting::Scopes, "project read"),
        (Setting::KeyNames, "posthog-key"),
        (Setting::WebhookNames, "1HOOK"),
        (Setting::HealthPath, "health"),
        (Setting::HealthPath, "//evil.example/health"),
        (Setting::Namespace, "Integrations"),
        (Setting::Deployment, "a.b/c"),
        (Setting::Container, ""),
        (Setting::RateLimit, "RATE_LIMIT_MODE"),
        (Setting::Fallback, "lower=1"),
        (Setting::Fallback, "NAME="),
        (Setting::Steps, "50% 5 min"),
        (Setting::Steps, "50% 5 min, 40%, 100%"),
        (Setting::Steps, "everything"),
        (Setting::Respond, "P1 5 min"),
        (Setting::Respond, "P1 0 min, P2 1 h, P3 4 h, P4 1 h"),
        (Setting::UpdateEvery, "P1 soon, P2 1 h, P3 4 h, P4 1 h"),
        (Setting::UpdateEvery, "P1 5 min, P2 1 h, P3 4 h, P4 1 h, P1 6 min"),
    ];
    for (setting, typed) in table {
        // Words between spaces are a list of scopes.
        if setting == Setting::Scopes {
            assert_eq!(setting.read(typed).as_deref(), Ok("project, read"));
            continue;
        }
        let wrong = setting.read(typed).unwrap_err();
        assert!(wrong.what.ends_with('.') && !wrong.next_step.is_empty(), "{setting} {typed}: {wrong:?}");
    }
}

#[test]
fn lines_are_kept_in_one_way_of_writing_them() {
    let table = [
        (Setting::VendorApi, " https://eu.posthog.com/ ", "https://eu.posthog.com"),
        (Setting::KeyNames, "A,  B,A\nC", "A, B, C"),
        (Setting::RateLimit, " MODE = slow=er ", "MODE=slow=er"),
        (Setting::Steps, "10 %10min,50% 1h , 100% 0 s", "10% 10 min, 50% 1 h, 100%"),
        (
            Setting::Respond,
            "p4 Next business day,P1 5min , P2 60 min, P3 4h",
            "P1 5 min, P2 1 h, P3 4 h, P4 next business day",
        ),
    ];
    for (setting, typed, kept) in table {
        assert_eq!(setting.read(typed).as_deref(), Ok(kept), "{typed}");
    }
}

fn change(lines: &[(Setting, &str)], why: &str) -> Command {
    Command::Change { typed: said(lines), why: why.to_owned() }
}

#[test]
fn an_admin_says_something_else_and_the_presets_own_value_is_nothing_said() {
    let (preset, nothing) = (posthog(), Standing::default());
    let usual = Setting::HealthPath.of(&preset).unwrap();
    let lines = [(Setting::HealthPath, "/healthz"), (Setting::Container, "app"), (Setting::Fallback, "")];
    let next = decide(&preset, &nothing, change(&lines, " moved "), &ada(), 0).unwrap();
    assert_eq!((next.version, next.why.as_str()), (1, "moved"));
    assert_eq!(next.overrides, said(&[(Setting::HealthPath, "/healthz")]));
    let changed = Difference { setting: Setting::HealthPath, from: usual.clone(), to: "/healthz".into() };
    assert_eq!(next.changes, [changed]);

    let standing = Standing { version: 1, overrides: next.overrides.clone() };
    for back in [Command::Clear(Setting::HealthPath), change(&[(Setting::HealthPath, "")], "back")] {
        let back = decide(&preset, &standing, back, &ada(), 1).unwrap();
        assert_eq!((back.version, back.overrides.len()), (2, 0));
        assert_eq!((back.changes[0].from.as_str(), &back.changes[0].to), ("/healthz", &usual));
    }
    let cleared = Standing { version: 2, overrides: Overrides::new() };
    let restore = Command::Restore { version: 1, overrides: next.overrides.clone() };
    let restored = decide(&preset, &cleared, restore, &ada(), 2).unwrap();
    assert_eq!((restored.version, &restored.overrides), (3, &next.overrides));
    assert_eq!(restored.why, "Restored as in version 1");
}

#[test]
fn each_refusal_says_what_it_is_about() {
    let preset = posthog();
    let standing = Standing { version: 3, overrides: said(&[(Setting::HealthPath, "/healthz")]) };
    let path = |line| change(&[(Setting::HealthPath, line)], "why");
    let refused = |command, seen| decide(&preset, &standing, command, &ada(), seen).unwrap_err();
    assert_eq!(decide(&preset, &standing, path("/x"), &ana(), 3), Err(Refused::NotAdmin));
    assert_eq!(refused(path("/x"), 2), Refused::ChangedMeanwhile);
    assert!(matches!(refused(path("x"), 3), Refused::Wrong { setting: Setting::HealthPath, .. }));
    assert_eq!(refused(change(&[(Setting::HealthPath, "/x")], " \n"), 3), Refused::WhyNeeded);
    assert_eq!(refused(change(&[(Setting::HealthPath, "/x")], &"y".repeat(401)), 3), Refused::WhyTooLong);
    assert_eq!(refused(path("/healthz"), 3), Refused::Nothing);
    assert_eq!(refused(Command::Clear(Setting::Steps), 3), Refused::Nothing);
    let platform = builtin().unwrap().into_iter().find(|one| one.vendor.is_none()).unwrap();
    let vendor = change(&[(Setting::VendorApi, "https://x.example")], "why");
    assert_eq!(
        decide(&platform, &Standing::default(), vendor, &ada(), 0),
        Err(Refused::NotHere(Setting::VendorApi))
    );
}

#[test]
fn keys_are_sent_to_the_vendor_and_nowhere_else() {
    let preset = posthog();
    let standing = Standing::default();
    let typed = |setting, line: &str| Command::Change {
        typed: [(setting, line.to_owned())].into(),
        why: "Moved".to_owned(),
    };
    for setting in [Setting::VendorApi, Setting::VendorCapture] {
        for (line, taken) in [
            ("https://eu.posthog.com", true),
            ("https://EU.posthog.com:8443/base", true),
            ("https://posthog.com.evil.example", false),
            ("https://notposthog.com", false),
            ("https://evil.example/.posthog.com", false),
            ("https://evil.example?posthog.com", false),
            ("https://127.0.0.1", false),
        ] {
            let decided = decide(&preset, &standing, typed(setting, line), &ada(), 0);
            assert_eq!(decided.is_ok(), taken, "{setting} {line}: {decided:?}");
            let laid = overlaid(&preset, &said(&[(setting, line)]));
            assert_eq!(laid != preset, taken, "{setting} {line}, once it is stored");
        }
    }
    // What people read is sent nothing.
    assert!(decide(&preset, &standing, typed(Setting::StatusPage, "https://a.example"), &ada(), 0).is_ok());
    let mut nameless = posthog();
    if let Some(vendor) = &mut nameless.vendor {
        vendor.domains.clear();
    }
    let moved = typed(Setting::VendorApi, "https://us.i.posthog.com/api");
    assert!(decide(&nameless, &standing, moved, &ada(), 0).is_ok(), "a host that the file names");
    let moved = typed(Setting::VendorApi, "https://eu.posthog.com");
    assert!(decide(&nameless, &standing, moved, &ada(), 0).is_err());
}
