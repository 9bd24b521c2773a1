//! Signing in through an identity provider with OpenID Connect: authorization code, PKCE, nonce. The provider says who
//! somebody is and in which groups; which group has which role is configuration.

use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::future::BoxFuture;
use gantry_domain::actor::Role;
use gantry_domain::text::inert_line;
use openidconnect::core::{
    CoreAuthDisplay, CoreAuthPrompt, CoreAuthenticationFlow, CoreErrorResponseType, CoreGenderClaim,
    CoreJsonWebKey, CoreJweContentEncryptionAlgorithm, CoreJwsSigningAlgorithm, CoreProviderMetadata,
    CoreRevocableToken, CoreRevocationErrorResponse, CoreTokenIntrospectionResponse, CoreTokenType,
};
use openidconnect::{
    AdditionalClaims, AuthorizationCode, ClaimsVerificationError, Client, ClientId, ClientSecret, CsrfToken,
    EmptyExtraTokenFields, EndpointMaybeSet, EndpointNotSet, EndpointSet, HttpRequest, HttpResponse,
    IdTokenFields, IssuerUrl, Nonce, OAuth2TokenResponse as _, PkceCodeChallenge, PkceCodeVerifier,
    RedirectUrl, Scope, StandardErrorResponse, StandardTokenResponse, TokenResponse as _, UserInfoClaims,
};
use secrecy::ExposeSecret as _;
use serde::{Deserialize, Serialize};

use super::known::Known;
use super::scopes;
use crate::config::OidcConfig;
use crate::outside::breaker::Breaker;

/// How long one request to the provider may take.
const PATIENCE: Duration = Duration::from_secs(5);
/// Requests without an answer, one after another, after which nobody is kept waiting for the next one.
const FAILURES: u32 = 5;
/// How long it is left alone then.
const REST: Duration = Duration::from_secs(5);
/// Where the provider sends people back to. Who arrives there is signed in, although it is only looked up.
pub(crate) const BACK: &str = "/sign-in/oidc/back";
/// The most characters of what it says that the log repeats.
const LONGEST: usize = 300;
/// The largest answer that is read, in bytes.
const LARGEST: usize = 512 * 1024;

/// Everything that a provider says beyond the standard claims.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
struct Extra(serde_json::Map<String, serde_json::Value>);

impl AdditionalClaims for Extra {}

type Fields = IdTokenFields<
    Extra,
    EmptyExtraTokenFields,
    CoreGenderClaim,
    CoreJweContentEncryptionAlgorithm,
    CoreJwsSigningAlgorithm,
>;
type Provider = Client<
    Extra,
    CoreAuthDisplay,
    CoreGenderClaim,
    CoreJweContentEncryptionAlgorithm,
    CoreJsonWebKey,
    CoreAuthPrompt,
    StandardErrorResponse<CoreErrorResponseType>,
    StandardTokenResponse<Fields, CoreTokenType>,
    CoreTokenIntrospectionResponse,
    CoreRevocableToken,
    CoreRevocationErrorResponse,
    // Which addresses are known, in the library's order.
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointMaybeSet,
    EndpointMaybeSet,
>;

/// Why nobody was signed in. Shown to people in general words, logged in full.
#[derive(Debug, thiserror::Error)]
pub enum OidcError {
    /// The provider does not answer, or not as one.
    #[error("the identity provider cannot be used: {0}")]
    Provider(String),
    /// What came back does not belong to what was begun here.
    #[error("the answer does not belong to a sign-in that was begun in this browser")]
    Foreign,
    /// The provider's statement cannot be believed.
    #[error("the identity provider's statement cannot be believed: {0}")]
    Unbelievable(String),
    /// Signed in there, but in none of the groups.
    #[error("{0} is in none of the groups that may use Gantry")]
    NoRole(String),
}

/// What has to be remembered between leaving for the provider and coming back; kept in the session.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Begun {
    state: String,
    nonce: String,
    verifier: String,
    /// Where to go afterwards.
    pub next: String,
}

/// Who came back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// Issuer and subject: names them for ever.
    pub subject: String,
    /// What is shown as their sign-in name.
    pub login: String,
    /// Their name.
    pub name: String,
    /// What they may do, by their groups.
    pub role: Role,
}

/// The identity provider.
#[derive(Debug)]
pub struct Oidc {
    config: OidcConfig,
    back: String,
    http: reqwest::Client,
    breaker: Arc<Breaker>,
    known: Known<CoreProviderMetadata>,
}

impl Oidc {
    /// Of this configuration; people come back to `origin`. Asks nobody yet: the provider may start later than we do.
    pub fn new(config: OidcConfig, origin: &str) -> Result<Self, OidcError> {
        let http = reqwest::Client::builder()
            .timeout(PATIENCE)
            // A redirect could lead the client's secret elsewhere.
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .map_err(|error| OidcError::Provider(error.to_string()))?;
        let breaker = Arc::new(Breaker::new(FAILURES, REST));
        Ok(Self { config, back: format!("{origin}{BACK}"), http, breaker, known: Known::default() })
    }

    /// The name on the button.
    pub fn name(&self) -> &str {
        &self.config.name
    }

    /// Where to send the browser, and what to remember until it comes back.
    pub async fn begin(&self, next: String) -> Result<(String, Begun), OidcError> {
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let metadata = self.metadata().await?;
        let listed: Vec<&str> =
            metadata.scopes_supported().into_iter().flatten().map(AsRef::as_ref).collect();
        let asked = scopes::asked(self.config.scopes.as_deref(), &self.config.role_claim, &listed);
        let provider = self.provider(metadata)?;
        let (url, state, nonce) = provider
            .authorize_url(
                CoreAuthenticationFlow::AuthorizationCode,
                CsrfToken::new_random,
                Nonce::new_random,
            )
            .add_scopes(asked.into_iter().map(|name| Scope::new(name.to_owned())))
            .set_pkce_challenge(challenge)
            .url();
        let begun = Begun {
            state: state.into_secret(),
            nonce: nonce.secret().clone(),
            verifier: verifier.into_secret(),
            next,
        };
        Ok((url.into(), begun))
    }

    /// Believes, or not, who came back.
    pub async fn finish(&self, begun: &Begun, state: &str, code: String) -> Result<Identity, OidcError> {
        use subtle::ConstantTimeEq as _;

        if !bool::from(begun.state.as_bytes().ct_eq(state.as_bytes())) {
            return Err(OidcError::Foreign);
        }
        let mut provider = self.provider(self.metadata().await?)?;
        let http = self.sender();
        let token = provider
            .exchange_code(AuthorizationCode::new(code))
            .map_err(unusable)?
            .set_pkce_verifier(PkceCodeVerifier::new(begun.verifier.clone()))
            .request_async(&http)
            .await
            .map_err(unusable)?;
        let statement =
            token.id_token().ok_or_else(|| OidcError::Unbelievable("there is none".to_owned()))?;
        let nonce = Nonce::new(begun.nonce.clone());
        let mut believed = statement.claims(&provider.id_token_verifier(), &nonce);
        if let Err(ClaimsVerificationError::SignatureVerification(_)) = believed {
            // Its keys may be others than those that are known: providers change them when they like.
            provider = self.provider(self.metadata_now().await?)?;
            believed = statement.claims(&provider.id_token_verifier(), &nonce);
        }
        let unbelievable = |error: ClaimsVerificationError| inert_line(&error.to_string(), LONGEST);
        let claims = believed.map_err(|error| OidcError::Unbelievable(unbelievable(error)))?;
        let mut groups = self.groups(claims.additional_claims());
        let mut name = claims.name().and_then(|name| name.get(None)).map(|name| name.to_string());
        let mut email = claims.email().map(|email| email.to_string());
        // Providers may keep all but the subject for this request.
        if groups.is_none() || name.is_none() {
            let asked = provider
                .user_info(token.access_token().clone(), Some(claims.subject().clone()))
                .map_err(unusable)?;
            let info: UserInfoClaims<Extra, CoreGenderClaim> =
                asked.request_async(&http).await.map_err(unusable)?;
            groups = groups.or_else(|| self.groups(info.additional_claims()));
            name = name.or_else(|| info.name().and_then(|name| name.get(None)).map(|name| name.to_string()));
            email = email.or_else(|| info.email().map(|email| email.to_string()));
        }
        let subject = format!("{} {}", claims.issuer().as_str(), claims.subject().as_str());
        let login = email.unwrap_or_else(|| claims.subject().to_string());
        let name = name.unwrap_or_else(|| login.clone());
        let no_role = || OidcError::NoRole(inert_line(&login, 200));
        let role = self.role(&groups.unwrap_or_default()).ok_or_else(no_role)?;
        Ok(Identity { subject, login, name, role })
    }

    fn groups(&self, claims: &Extra) -> Option<Vec<String>> {
        match claims.0.get(&self.config.role_claim)? {
            serde_json::Value::String(one) => Some(vec![one.clone()]),
            serde_json::Value::Array(many) => {
                Some(many.iter().filter_map(|one| one.as_str().map(str::to_owned)).collect())
            }
            _ => None,
        }
    }

    /// The highest role that one of the groups gives.
    fn role(&self, groups: &[String]) -> Option<Role> {
        let is_in = |group: &str| groups.iter().any(|one| one == group);
        if is_in(&self.config.admin_group) {
            Some(Role::Admin)
        } else if is_in(&self.config.release_group) {
            Some(Role::ReleaseManager)
        } else {
            self.config.stakeholder_group.as_deref().is_none_or(is_in).then_some(Role::Stakeholder)
        }
    }

    async fn metadata(&self) -> Result<CoreProviderMetadata, OidcError> {
        self.known.get(self.discover()).await
    }

    /// With the keys that it has now.
    async fn metadata_now(&self) -> Result<CoreProviderMetadata, OidcError> {
        self.known.anew(Instant::now(), self.discover()).await
    }

    fn discover(&self) -> BoxFuture<'_, Result<CoreProviderMetadata, OidcError>> {
        Box::pin(async move {
            let issuer = IssuerUrl::new(self.config.issuer.clone()).map_err(unusable)?;
            CoreProviderMetadata::discover_async(issuer, &self.sender()).await.map_err(unusable)
        })
    }

    fn provider(&self, metadata: CoreProviderMetadata) -> Result<Provider, OidcError> {
        let back = RedirectUrl::new(self.back.clone()).map_err(unusable)?;
        let secret = ClientSecret::new(self.config.client_secret.expose_secret().to_owned());
        let id = ClientId::new(self.config.client_id.clone());
        Ok(Client::from_provider_metadata(metadata, id, Some(secret)).set_redirect_uri(back))
    }

    /// How the library reaches the provider.
    fn sender(&self) -> impl Fn(HttpRequest) -> BoxFuture<'static, Result<HttpResponse, Unanswered>> + use<> {
        let (http, breaker) = (self.http.clone(), Arc::clone(&self.breaker));
        move |request| Box::pin(ask(http.clone(), Arc::clone(&breaker), request))
    }
}

/// Sends a request, unless several in a row had no answer. Whatever it answers in full, it is there.
async fn ask(
    http: reqwest::Client,
    breaker: Arc<Breaker>,
    request: HttpRequest,
) -> Result<HttpResponse, Unanswered> {
    let request = reqwest::Request::try_from(request)?;
    if !breaker.may_call(Instant::now()) {
        let why = "it did not answer several times in a row; trying again in a moment";
        return Err(Unanswered(why.to_owned()));
    }
    let answer = send(http, request).await;
    let now = Instant::now();
    if answer.is_ok() {
        breaker.answered(now);
    } else {
        breaker.failed(now);
    }
    answer
}

async fn send(http: reqwest::Client, request: reqwest::Request) -> Result<HttpResponse, Unanswered> {
    let mut response = http.execute(request).await?;
    let mut answer = axum::http::Response::builder().status(response.status());
    for (name, value) in response.headers() {
        answer = answer.header(name, value);
    }
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await? {
        if body.len() + chunk.len() > LARGEST {
            return Err(Unanswered("the answer is too large".to_owned()));
        }
        body.extend_from_slice(&chunk);
    }
    answer.body(body).map_err(|error| Unanswered(error.to_string()))
}

/// The provider did not answer.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Unanswered(String);

impl From<reqwest::Error> for Unanswered {
    fn from(error: reqwest::Error) -> Self {
        Self(error.without_url().to_string())
    }
}

fn unusable(error: impl std::error::Error) -> OidcError {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    OidcError::Provider(inert_line(&text, LONGEST))
}
