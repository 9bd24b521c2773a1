//! What every page needs besides its own content: who is looking, what to listen to, where the assets are.

use chrono::{DateTime, Utc};
use gantry_domain::actor::Actor;
use gantry_domain::readers_zone::ReadersZone;
use gantry_domain::tour::Tour as Stage;

/// The cookie by which a browser says how its clock stands: minutes ahead of universal time.
pub const ZONE_COOKIE: &str = "gantry-zone";

/// Paths of the built browser assets, as the manifest of the build names them (`/assets/…`, content-hashed).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Assets {
    /// The JavaScript glue of the WebAssembly module; empty when the browser part was not built.
    pub js: String,
    /// The WebAssembly module.
    pub wasm: String,
    /// The style sheet.
    pub css: String,
}

/// Where somebody is with the guided tour, and where the world around the demo is changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tour {
    /// Where they are with it.
    pub stage: Stage,
    /// Where the world is changed.
    pub world: String,
}

/// The surroundings of one page, made by the server for one request.
#[derive(Clone, Debug)]
pub struct Frame {
    /// Built assets.
    pub assets: Assets,
    /// The page's own path and query, for links back and for marking where one is.
    pub path: String,
    /// Who is signed in; `None` on pages for everyone.
    pub actor: Option<Actor>,
    /// The server's time at rendering; every age on the page counts from it.
    pub now: DateTime<Utc>,
    /// Topics that this page listens to, such as `golive:<id>`.
    pub topics: Vec<String>,
    /// How far the server had heard of changes before it read what this page shows; `None` where it cannot hear any. The
    /// page hands it back when it begins to listen.
    pub seen: Option<String>,
    /// A fresh idempotency key for the page's forms (a form adds its own name to it).
    pub form_key: String,
    /// How the reader's clocks stand, as far as the browser has said.
    pub zone: ReadersZone,
    /// Whether there is a status page to go to.
    pub status_page: bool,
    /// True where the outside world is the sandbox: the page says so.
    pub demo: bool,
    /// The guided tour, where there is one.
    pub tour: Option<Tour>,
}

impl Frame {
    /// The path alone, without the query.
    pub fn place(&self) -> &str {
        self.path.split(['?', '#']).next().unwrap_or_default()
    }
}
