//! Where a request comes from.

use std::convert::Infallible;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::request::Parts;

use super::App;

/// The address of the browser, as far as it can be believed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Address(pub(super) IpAddr);

impl FromRequestParts<App> for Address {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Infallible> {
        let peer = parts
            .extensions
            .get::<ConnectInfo<SocketAddr>>()
            .map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |info| info.0.ip());
        // Each proxy appends whom it heard from; what stands before our own proxies' entries anybody could have written.
        let hops = app.site.trusted_proxies;
        let forwarded = parts
            .headers
            .get_all("x-forwarded-for")
            .iter()
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(','))
            .map(|text| text.trim().parse::<IpAddr>())
            .collect::<Vec<_>>();
        let told =
            hops.checked_sub(1).and_then(|back| forwarded.iter().rev().nth(back)?.as_ref().ok().copied());
        Ok(Self(told.unwrap_or(peer)))
    }
}
