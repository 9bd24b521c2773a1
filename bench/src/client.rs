//! A browser as far as measuring needs one: one kept connection, a session cookie, forms. Follows no redirect.

use std::{fmt::Write as _, net::SocketAddr, time::Duration};

use http_body_util::{BodyExt as _, Full};
use hyper::{
    Request, StatusCode,
    body::{Bytes, Incoming},
    client::conn::http1::{self, SendRequest},
    header::{self, HeaderMap},
};
use hyper_util::rt::TokioIo;
use tokio::{net::TcpStream, time::timeout};
use uuid::Uuid;

use crate::fail::Fail;

/// How long an answer is waited for.
const PATIENCE: Duration = Duration::from_secs(30);

/// An answer, its body as it travelled.
#[derive(Debug)]
pub(crate) struct Answer {
    /// The status.
    pub(crate) status: StatusCode,
    /// The headers.
    pub(crate) headers: HeaderMap,
    /// The bytes, compressed if they came so.
    pub(crate) body: Bytes,
}

impl Answer {
    /// The body as text.
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// Where a redirect leads.
    pub(crate) fn location(&self) -> &str {
        self.headers.get(header::LOCATION).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// What a refused form says, for a message.
    fn refusal(&self) -> String {
        let text = self.text();
        let start = text.find("class=\"refusal\"").unwrap_or(0);
        text.chars().skip(text[..start].chars().count()).take(300).collect()
    }
}

/// A kept connection with the cookie of a person who signed in.
#[derive(Debug)]
pub(crate) struct Browser {
    address: SocketAddr,
    cookie: Option<String>,
    connection: Option<SendRequest<Full<Bytes>>>,
}

impl Browser {
    /// Nobody yet.
    pub(crate) fn new(address: SocketAddr) -> Self {
        Self { address, cookie: None, connection: None }
    }

    /// The same person on a connection of their own.
    pub(crate) fn again(&self) -> Self {
        Self { address: self.address, cookie: self.cookie.clone(), connection: None }
    }

    /// Where the panel listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// `name=value`.
    pub(crate) fn cookie(&self) -> &str {
        self.cookie.as_deref().unwrap_or_default()
    }

    /// Signs in through the form.
    pub(crate) async fn sign_in(&mut self, login: &str, password: &str) -> Result<(), Fail> {
        let fields = [("name", login), ("password", password), ("next", "/")];
        let answer = self.post_once("/sign-in", &encode(&fields)).await?;
        let cookie = answer.headers.get(header::SET_COOKIE).and_then(|value| value.to_str().ok());
        match cookie.and_then(|cookie| cookie.split(';').next()) {
            Some(cookie) if answer.status == StatusCode::SEE_OTHER => {
                self.cookie = Some(cookie.to_owned());
                Ok(())
            }
            _ => Err(Fail::said(format!("{login} could not sign in: {}", answer.status))),
        }
    }

    /// A page or a file, in the encoding asked for.
    pub(crate) async fn get(&mut self, path: &str, encoding: Option<&str>) -> Result<Answer, Fail> {
        let mut request = self.request("GET", path);
        if let Some(encoding) = encoding {
            request = request.header(header::ACCEPT_ENCODING, encoding);
        }
        self.send(request.body(Full::default()).map_err(|error| Fail::said(error.to_string()))?).await
    }

    /// A page that must be there.
    pub(crate) async fn page(&mut self, path: &str) -> Result<Answer, Fail> {
        let answer = self.get(path, None).await?;
        if answer.status == StatusCode::OK {
            return Ok(answer);
        }
        Err(Fail::said(format!("{path} answers {}", answer.status)))
    }

    /// Posts a form once with a key of its own; anything but a redirect is an error. Returns where it leads.
    pub(crate) async fn form(&mut self, path: &str, fields: &[(&str, &str)]) -> Result<String, Fail> {
        let answer = self.post_once(path, &keyed(fields)).await?;
        if answer.status == StatusCode::SEE_OTHER {
            return Ok(answer.location().to_owned());
        }
        Err(Fail::said(format!("POST {path} answers {}: {}", answer.status, answer.refusal())))
    }

    /// Posts a form body as it stands, whatever the answer.
    pub(crate) async fn post_once(&mut self, path: &str, body: &str) -> Result<Answer, Fail> {
        let request = self
            .request("POST", path)
            .header(header::ORIGIN, format!("http://{}", self.address))
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Full::from(body.to_owned()))
            .map_err(|error| Fail::said(error.to_string()))?;
        self.send(request).await
    }

    fn request(&self, method: &str, path: &str) -> hyper::http::request::Builder {
        let request =
            Request::builder().method(method).uri(path).header(header::HOST, self.address.to_string());
        match &self.cookie {
            Some(cookie) => request.header(header::COOKIE, cookie),
            None => request,
        }
    }

    async fn send(&mut self, request: Request<Full<Bytes>>) -> Result<Answer, Fail> {
        let connection = match &mut self.connection {
            Some(kept) if !kept.is_closed() => kept,
            slot => slot.insert(connect(self.address).await?),
        };
        let answered = async {
            connection.ready().await?;
            let (parts, body) = connection.send_request(request).await?.into_parts();
            let body = body.collect().await?.to_bytes();
            Ok::<_, hyper::Error>(Answer { status: parts.status, headers: parts.headers, body })
        };
        let answered = timeout(PATIENCE, answered).await;
        if !matches!(answered, Ok(Ok(_))) {
            self.connection = None;
        }
        let late = |_| Fail::said(format!("no answer within {} s", PATIENCE.as_secs()));
        Ok(answered.map_err(late)??)
    }
}

/// A new connection.
pub(crate) async fn connect(address: SocketAddr) -> Result<SendRequest<Full<Bytes>>, Fail> {
    let stream = TcpStream::connect(address).await.map_err(Fail::io(format!("connect to {address}")))?;
    let _best_effort = stream.set_nodelay(true);
    let (sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    tokio::spawn(async move {
        let _closed = connection.await;
    });
    Ok(sender)
}

/// A request whose answer is read piece by piece, such as a watch.
pub(crate) async fn open(address: SocketAddr, path: &str) -> Result<Incoming, Fail> {
    let request = Request::get(path)
        .header(header::HOST, address.to_string())
        .body(Full::default())
        .map_err(|error| Fail::said(error.to_string()))?;
    let mut connection = connect(address).await?;
    let response = connection.send_request(request).await?;
    if response.status() == StatusCode::OK {
        return Ok(response.into_body());
    }
    Err(Fail::said(format!("{path} answers {}", response.status())))
}

/// A form's body with an idempotency key of its own.
pub(crate) fn keyed(fields: &[(&str, &str)]) -> String {
    let key = Uuid::new_v4().to_string();
    encode(&[&[("key", key.as_str())], fields].concat())
}

/// Fields as a form's body.
pub(crate) fn encode(fields: &[(&str, &str)]) -> String {
    let pairs = fields.iter().map(|(name, value)| format!("{}={}", escape(name), escape(value)));
    pairs.collect::<Vec<_>>().join("&")
}

fn escape(text: &str) -> String {
    let mut out = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.') {
            out.push(char::from(byte));
        } else {
            // Writing to a String cannot fail.
            let _infallible = write!(out, "%{byte:02X}");
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_cannot_end_its_value() {
        assert_eq!(encode(&[("note", "a&b=c d\né")]), "note=a%26b%3Dc%20d%0A%C3%A9");
    }
}
