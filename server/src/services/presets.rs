//! The one place where it is found out what preset an integration goes by: the file's, with what an admin says of that
//! integration instead.

use gantry_domain::golive::GoLive;
use gantry_domain::id::PresetKey;
use gantry_domain::preset::Preset;
use gantry_domain::preset::overlay::{Overrides, overlaid};

use crate::store::integrations::Integration;
use crate::store::{Db, StoreError, overrides};

/// The preset of this key with these overrides; none where it ships no more.
pub fn with(presets: &[Preset], key: &PresetKey, overrides: &Overrides) -> Option<Preset> {
    presets.iter().find(|preset| preset.key == *key).map(|preset| overlaid(preset, overrides))
}

/// The one that an integration goes by.
pub async fn of(
    db: &Db,
    presets: &[Preset],
    integration: &Integration,
) -> Result<Option<Preset>, StoreError> {
    let standing = db.read(overrides::standing(db.pool(), integration.id)).await?;
    Ok(with(presets, &integration.preset, &standing.overrides))
}

/// The one that a go-live goes by; none for a checklist of its own.
pub async fn of_go_live(db: &Db, presets: &[Preset], go_live: &GoLive) -> Result<Option<Preset>, StoreError> {
    let Some(key) = &go_live.preset else { return Ok(None) };
    let overrides = db.read(overrides::of_go_live(db.pool(), go_live.id)).await?;
    Ok(with(presets, key, &overrides))
}

/// The one that a go-live with these overrides goes by; none for a checklist of its own.
pub fn of_go_live_with(presets: &[Preset], go_live: &GoLive, overrides: &Overrides) -> Option<Preset> {
    with(presets, go_live.preset.as_ref()?, overrides)
}

/// All presets as they are in one environment each: `environment`, or each one's usual one where that is empty.
pub async fn in_environment(
    db: &Db,
    presets: &[Preset],
    environment: &str,
) -> Result<Vec<Preset>, StoreError> {
    let place = |preset: &Preset| match environment {
        "" => preset.workload.environments.last().cloned().unwrap_or_default(),
        environment => environment.to_owned(),
    };
    let places: Vec<(&PresetKey, String)> =
        presets.iter().map(|preset| (&preset.key, place(preset))).collect();
    let said = db.read(overrides::in_places(db.pool(), &places)).await?;
    let nothing = Overrides::new();
    let with = |preset: &Preset| overlaid(preset, said.get(preset.key.as_str()).unwrap_or(&nothing));
    Ok(presets.iter().map(with).collect())
}
