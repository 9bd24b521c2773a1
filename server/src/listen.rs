//! The HTTP server: like the framework's own, with a limit on how long a client may take for its headers, and an
//! orderly end.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum::extract::{ConnectInfo, Request};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt as _;

/// How long a client may take to send the headers of a request. It bounds the rest between two requests as well.
const HEADERS: Duration = Duration::from_secs(20);
/// How long answers under way may take when the program ends.
const FAREWELL: Duration = Duration::from_secs(5);
/// The first size of a connection's buffers. Most connections are event streams that never need more.
const BUFFER: usize = 8 * 1024;

/// Serves until `stop`, then lets what is under way come to its end.
pub(crate) async fn serve(listener: TcpListener, router: Router, stop: CancellationToken) {
    let graceful = GracefulShutdown::new();
    loop {
        let accepted = tokio::select! {
            () = stop.cancelled() => break,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, peer)) => connection(stream, peer, &router, &graceful),
            Err(error) => {
                // Out of file descriptors: some will be given back.
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
    }
    drop(listener);
    if tokio::time::timeout(FAREWELL, graceful.shutdown()).await.is_err() {
        tracing::warn!("some answers were still under way");
    }
}

fn connection(stream: TcpStream, peer: SocketAddr, router: &Router, graceful: &GracefulShutdown) {
    // Small answers should not wait for more to send.
    let _best_effort = stream.set_nodelay(true);
    let router = router.clone();
    let service = hyper::service::service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(ConnectInfo(peer));
        let router = router.clone();
        async move {
            let answer = router.oneshot(request.map(axum::body::Body::new)).await;
            Ok::<_, Infallible>(match answer {
                Ok(response) => response,
                Err(never) => match never {},
            })
        }
    });
    // HTTP/1.1 alone: browsers speak HTTP/2 only over TLS, and what ends that in front of the program speaks either. A
    // look at each connection's first bytes would double the room that its buffer takes.
    let served = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADERS)
        .max_buf_size(BUFFER * 8)
        .serve_connection(TokioIo::new(stream), service);
    let watched = graceful.watch(served);
    tokio::spawn(async move {
        if let Err(error) = watched.await {
            tracing::debug!(%error, "a connection broke");
        }
    });
}
