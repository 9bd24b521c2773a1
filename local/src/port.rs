//! Loopback ports and the smallest HTTP question. Not a client for anything else.

use std::{io, net::TcpListener, time::Duration};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::timeout,
};

/// A port on 127.0.0.1 that nobody listens on at this moment.
pub fn free_port() -> io::Result<u16> {
    Ok(TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port())
}

/// Asks `http://127.0.0.1:{port}{path}` and returns the status, or nothing if nobody answers within two seconds.
pub async fn get(port: u16, path: &str) -> Option<u16> {
    request(port, path).await.map(|(status, _)| status)
}

/// The body of `http://127.0.0.1:{port}{path}` when it is answered with 200 within two seconds.
pub async fn get_json_text(port: u16, path: &str) -> Option<String> {
    request(port, path).await.and_then(|(status, body)| (status == 200).then_some(body))
}

async fn request(port: u16, path: &str) -> Option<(u16, String)> {
    let ask = async {
        let mut stream = TcpStream::connect(("127.0.0.1", port)).await?;
        // HTTP/1.0: the server closes at the end and sends no chunks.
        let question = format!("GET {path} HTTP/1.0\r\nHost: 127.0.0.1:{port}\r\nAccept: */*\r\n\r\n");
        stream.write_all(question.as_bytes()).await?;
        let mut answer = Vec::new();
        stream.take(1 << 20).read_to_end(&mut answer).await?;
        io::Result::Ok(answer)
    };
    let answer = timeout(Duration::from_secs(2), ask).await.ok()?.ok()?;
    let answer = String::from_utf8_lossy(&answer).into_owned();
    let (head, body) = answer.split_once("\r\n\r\n")?;
    let status = head.split(' ').nth(1)?.parse().ok()?;
    Some((status, body.to_owned()))
}
