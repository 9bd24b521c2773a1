//! The floor: the least that axum needs for the same bytes. Runs as a process of its own, as the panel does.

use std::{convert::Infallible, fs, net::Ipv4Addr, path::PathBuf, time::Duration};

use axum::{
    Router,
    body::{Body, Bytes},
    extract::State,
    http::header,
    response::{IntoResponse, Response},
    routing::{get, post},
};
use gantry_local::{Child, Spec};
use tokio::{net::TcpListener, sync::broadcast};
use tokio_stream::{StreamExt as _, wrappers::BroadcastStream};

use crate::{fail::Fail, world::World};

/// What the panel writes for one change.
const CHANGE: &[u8] = b"event: change\ndata: golive:00000000-0000-0000-0000-000000000000\n\n";

#[derive(Debug, Clone)]
struct Bare {
    page: Bytes,
    changes: broadcast::Sender<()>,
}

/// Serves the bytes of `page` at `/page`, and a stream at `/events` that says something after each post to `/change`.
pub(crate) async fn serve(port: u16, page: PathBuf) -> Result<(), Fail> {
    let page = fs::read(&page).map_err(Fail::io(format!("read {}", page.display())))?;
    let bare = Bare { page: page.into(), changes: broadcast::channel(16).0 };
    let router = Router::new()
        .route("/page", get(show))
        .route("/events", get(stream))
        .route(
            "/change",
            post(|State(bare): State<Bare>| async move { bare.changes.send(()).unwrap_or(0).to_string() }),
        )
        .with_state(bare);
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await.map_err(Fail::io("listen"))?;
    axum::serve(listener, router).await.map_err(Fail::io("serve"))
}

async fn show(State(bare): State<Bare>) -> Response {
    ([(header::CONTENT_TYPE, "text/html; charset=utf-8")], bare.page).into_response()
}

async fn stream(State(bare): State<Bare>) -> Response {
    let first = tokio_stream::once(Bytes::from_static(b": listening\n\n"));
    let changes = BroadcastStream::new(bare.changes.subscribe()).map(|_| Bytes::from_static(CHANGE));
    let body = Body::from_stream(first.chain(changes).map(Ok::<_, Infallible>));
    ([(header::CONTENT_TYPE, "text/event-stream")], body).into_response()
}

/// Starts it as a child, serving this page.
pub(crate) async fn start(world: &World, page: &[u8]) -> Result<(Child, u16), Fail> {
    let file = world.dir().join("page.html");
    std::fs::write(&file, page).map_err(Fail::io(format!("write {}", file.display())))?;
    let program = std::env::current_exe().map_err(Fail::io("find this program"))?;
    let port = gantry_local::free_port().map_err(Fail::io("find a free port"))?;
    let spec = Spec::new("The bare server", program, world.dir().join("bare.log"));
    let child = Child::spawn(&spec.args(["bare", &port.to_string()]).arg(file))?;
    let answers = || async { gantry_local::get(port, "/page").await == Some(200) };
    child.wait_until(Duration::from_secs(10), answers).await?;
    Ok((child, port))
}
