//! `cargo xtask clean` and `release`.

use std::{fs, io, time::Instant};

use crate::{assets, fail::Fail, place::Place, progress};

/// The optimised program and the browser's files.
pub(crate) fn release(place: &Place) -> Result<(), Fail> {
    let start = Instant::now();
    let built = assets::build(place, assets::Make::Small)?;
    let mut cargo = place.cargo();
    cargo.args([
        "build",
        "--release",
        "--package",
        "gantry-server",
        "--package",
        "gantry-sandbox",
        "--bins",
        "--locked",
    ]);
    progress::run("The optimised programs", &mut cargo)?;
    println!("{built}\n\n{}\n{}", place.program("release", "gantry").display(), place.site().display());
    progress::say(&format!("Built in {}", progress::elapsed(start)));
    Ok(())
}

/// Removes what was built and the demo's data, also where the database had to be kept elsewhere.
pub(crate) fn clean(place: &Place) -> Result<(), Fail> {
    let data = place.root.join(".data");
    if let Ok(elsewhere) = fs::read_link(data.join("postgres/cluster")) {
        remove(&elsewhere)?;
    }
    for dir in [
        data,
        place.root.join("end2end/node_modules"),
        place.root.join("end2end/test-results"),
        place.target.clone(),
    ] {
        remove(&dir)?;
    }
    Ok(())
}

fn remove(dir: &std::path::Path) -> Result<(), Fail> {
    match fs::remove_dir_all(dir) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(Fail::file("remove", dir)(error)),
        _ => Ok(()),
    }
}
