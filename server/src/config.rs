//! The configuration: flags and environment variables, checked before anything starts. What is wrong is one sentence.

pub mod incidents;
pub mod log;
mod values;

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Args;
use secrecy::SecretString;

use self::incidents::{IncidentArgs, IncidentConfig};
use self::values::{address, origin, secret};

/// Why the configuration cannot be used: one sentence.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Bad(String);

/// Where the database is.
#[derive(Clone, Debug, Args)]
pub struct DatabaseArgs {
    /// Address of the Postgres database, such as postgres://user@host/gantry.
    #[arg(long, env = "DATABASE_URL", hide_env_values = true)]
    database_url: Option<String>,
}

impl DatabaseArgs {
    /// The address, if it can be one.
    pub fn url(&self) -> Result<&str, Bad> {
        let url = self.database_url.as_deref().unwrap_or_default().trim();
        if url.is_empty() {
            return Err(Bad(
                "DATABASE_URL is not set; give the address of a Postgres database, such as postgres://user@host/gantry"
                    .to_owned(),
            ));
        }
        if !url.starts_with("postgres://") && !url.starts_with("postgresql://") {
            return Err(Bad("DATABASE_URL has to begin with postgres:// or postgresql://".to_owned()));
        }
        url.parse::<sqlx::postgres::PgConnectOptions>()
            .map_err(|error| Bad(format!("DATABASE_URL cannot be read: {error}")))?;
        Ok(url)
    }
}

/// The flags of `gantry serve`.
#[derive(Clone, Debug, Args)]
pub struct ServeArgs {
    #[command(flatten)]
    database: DatabaseArgs,
    #[command(flatten)]
    incidents: IncidentArgs,
    /// Address and port to listen on.
    #[arg(long, env = "GANTRY_LISTEN", default_value = "127.0.0.1:3000")]
    listen: String,
    /// The address that people type, such as https://gantry.example; http://<listen> when not given.
    #[arg(long, env = "GANTRY_PUBLIC_URL")]
    public_url: Option<String>,
    /// Directory with the built browser files and their manifest.json, or the site-root of cargo leptos watch.
    #[arg(long, env = "GANTRY_ASSETS")]
    assets: Option<PathBuf>,
    /// Directory with further preset files (*.toml).
    #[arg(long, env = "GANTRY_PRESETS")]
    presets: Option<PathBuf>,
    /// Proxies in front of the program that add to X-Forwarded-For.
    #[arg(long, env = "GANTRY_TRUSTED_PROXIES", default_value = "0")]
    trusted_proxies: String,
    /// The most database connections of this process.
    #[arg(long, env = "GANTRY_DATABASE_CONNECTIONS", default_value = "16")]
    database_connections: String,
    /// Do not bring the database's layout up to date at the start.
    #[arg(long, env = "GANTRY_NO_MIGRATE", value_parser = clap::builder::FalseyValueParser::new(), num_args = 0..=1, default_missing_value = "true", default_value = "false")]
    no_migrate: bool,
    /// The outside world is the sandbox: pages say so.
    #[arg(long, env = "GANTRY_DEMO", value_parser = clap::builder::FalseyValueParser::new(), num_args = 0..=1, default_missing_value = "true", default_value = "false")]
    demo: bool,
    /// Address of a page on which the world around a demo can be changed; with it people are offered a guided tour.
    #[arg(long, env = "GANTRY_TOUR")]
    tour: Option<String>,
    /// File that says how to reach the Kubernetes cluster. Without it: the cluster that the program runs in, if any.
    #[arg(long, env = "KUBECONFIG")]
    kubeconfig: Option<PathBuf>,
    /// Address of Prometheus, such as http://prometheus:9090.
    #[arg(long, env = "GANTRY_PROMETHEUS_URL")]
    prometheus_url: Option<String>,
    /// Address of a second Prometheus with the same series: asked where the first one cannot be reached, is too slow or answers
    /// 5xx.
    #[arg(long, env = "GANTRY_PROMETHEUS_BACKUP_URL")]
    prometheus_backup_url: Option<String>,
    /// Base address of the vendor's private API (key scopes), instead of the preset's.
    #[arg(long, env = "GANTRY_POSTHOG_API")]
    posthog_api: Option<String>,
    /// Base address of the vendor's public API (capture, flags), instead of the preset's.
    #[arg(long, env = "GANTRY_POSTHOG_CAPTURE")]
    posthog_capture: Option<String>,
    /// Address of the vendor's status page, instead of the preset's.
    #[arg(long, env = "GANTRY_POSTHOG_STATUS")]
    posthog_status: Option<String>,
    /// The personal key whose scopes are looked at where the workload is given none of its own: @/path/to/file, or $NAME
    /// of an environment variable. Never the key itself.
    #[arg(long, env = "GANTRY_POSTHOG_KEY")]
    posthog_key: Option<String>,
    /// Base address at which the integration's health document is reached, with {namespace} and {deployment} in it.
    #[arg(long, env = "GANTRY_HEALTH_URL")]
    health_url: Option<String>,
    /// Base address of the staging environment's health document, with {namespace} and {deployment} in it.
    #[arg(long, env = "GANTRY_STAGING_HEALTH_URL")]
    staging_health_url: Option<String>,
    /// Issuer of the OpenID Connect identity provider; signing in through it is off without one.
    #[arg(long, env = "GANTRY_OIDC_ISSUER")]
    oidc_issuer: Option<String>,
    /// Our client id at the identity provider.
    #[arg(long, env = "GANTRY_OIDC_CLIENT_ID")]
    oidc_client_id: Option<String>,
    /// Our client secret: @/path/to/file, or $NAME of an environment variable.
    #[arg(long, env = "GANTRY_OIDC_CLIENT_SECRET")]
    oidc_client_secret: Option<String>,
    /// The name shown on the button: "Sign in with …".
    #[arg(long, env = "GANTRY_OIDC_NAME", default_value = "your organisation")]
    oidc_name: String,
    /// The claim that holds a person's groups.
    #[arg(long, env = "GANTRY_OIDC_ROLE_CLAIM", default_value = "groups")]
    oidc_role_claim: String,
    /// Scopes to ask the identity provider for, such as openid profile email groups. When not given: openid, profile, email,
    /// and the one named like the claim of the groups where the provider lists it.
    #[arg(long, env = "GANTRY_OIDC_SCOPES")]
    oidc_scopes: Option<String>,
    /// The group whose members are admins.
    #[arg(long, env = "GANTRY_OIDC_ADMIN_GROUP", default_value = "gantry-admins")]
    oidc_admin_group: String,
    /// The group whose members are release managers.
    #[arg(long, env = "GANTRY_OIDC_RELEASE_GROUP", default_value = "gantry-release-managers")]
    oidc_release_group: String,
    /// The group whose members are stakeholders; everybody who can sign in there when not given.
    #[arg(long, env = "GANTRY_OIDC_STAKEHOLDER_GROUP")]
    oidc_stakeholder_group: Option<String>,
}

/// The checked configuration.
#[derive(Clone, Debug)]
pub struct Config {
    /// The database.
    pub database_url: String,
    /// Whether the layout is brought up to date at the start.
    pub migrate: bool,
    /// The most connections.
    pub database_connections: u32,
    /// Where to listen.
    pub listen: SocketAddr,
    /// Scheme, host and port that browsers use.
    pub origin: String,
    /// The built browser files.
    pub assets: Option<PathBuf>,
    /// Further presets.
    pub presets: Option<PathBuf>,
    /// Proxies in front.
    pub trusted_proxies: usize,
    /// The outside world is the sandbox.
    pub demo: bool,
    /// Where the world around a demo is changed.
    pub tour: Option<String>,
    /// The cluster.
    pub kubeconfig: Option<PathBuf>,
    /// Prometheus.
    pub prometheus_url: Option<String>,
    /// The Prometheus that is asked where that one does not answer.
    pub prometheus_backup_url: Option<String>,
    /// The vendor.
    pub vendor: VendorConfig,
    /// The integration's health document.
    pub health_url: Option<String>,
    /// The same in staging.
    pub staging_health_url: Option<String>,
    /// Incidents and their messages.
    pub incidents: IncidentConfig,
    /// The identity provider.
    pub oidc: Option<OidcConfig>,
}

/// Where the vendor is reached, instead of where the preset says.
#[derive(Clone, Debug, Default)]
pub struct VendorConfig {
    /// Private API.
    pub api: Option<String>,
    /// Public API.
    pub capture: Option<String>,
    /// Status page.
    pub status: Option<String>,
    /// The key whose scopes are looked at.
    pub key: Option<SecretString>,
}

/// The identity provider.
#[derive(Clone, Debug)]
pub struct OidcConfig {
    /// Its issuer address.
    pub issuer: String,
    /// Our client id.
    pub client_id: String,
    /// Our client secret.
    pub client_secret: SecretString,
    /// The name shown.
    pub name: String,
    /// The claim with the groups.
    pub role_claim: String,
    /// The scopes to ask for, separated by spaces; what the provider lists decides when none.
    pub scopes: Option<String>,
    /// Group of admins.
    pub admin_group: String,
    /// Group of release managers.
    pub release_group: String,
    /// Group of stakeholders; everybody when none.
    pub stakeholder_group: Option<String>,
}

impl Config {
    /// Checks everything, and stops at the first thing that is wrong.
    pub fn read(args: ServeArgs) -> Result<Self, Bad> {
        let database_url = args.database.url()?.to_owned();
        let listen: SocketAddr = args.listen.parse().map_err(|_| {
            Bad(format!(
                "GANTRY_LISTEN is “{}”; give an address and a port, such as 127.0.0.1:3000",
                args.listen
            ))
        })?;
        let origin = origin(args.public_url.as_deref(), listen)?;
        let oidc = oidc(&args)?;
        let number = |name: &str, text: &str| {
            text.trim().parse::<u32>().map_err(|_| Bad(format!("{name} is “{text}”; give a number")))
        };
        let connections = number("GANTRY_DATABASE_CONNECTIONS", &args.database_connections)?;
        if connections < 2 {
            return Err(Bad("GANTRY_DATABASE_CONNECTIONS has to be at least 2".to_owned()));
        }
        let kubeconfig = args.kubeconfig.filter(|path| !path.as_os_str().is_empty());
        for (name, path) in [("GANTRY_ASSETS", &args.assets), ("GANTRY_PRESETS", &args.presets)] {
            if let Some(path) = path
                && !path.is_dir()
            {
                return Err(Bad(format!("{name} is “{}”, which is not a directory", path.display())));
            }
        }
        if let Some(path) = &kubeconfig
            && !std::env::split_paths(path).any(|path| path.is_file())
        {
            return Err(Bad(format!("KUBECONFIG is “{}”, which is not a file", path.display())));
        }
        let prometheus_url = address("GANTRY_PROMETHEUS_URL", args.prometheus_url)?;
        let prometheus_backup_url = address("GANTRY_PROMETHEUS_BACKUP_URL", args.prometheus_backup_url)?;
        if prometheus_backup_url.is_some() && prometheus_url.is_none() {
            return Err(Bad(
                "GANTRY_PROMETHEUS_BACKUP_URL is set, but GANTRY_PROMETHEUS_URL is not".to_owned()
            ));
        }
        let incidents = args.incidents.read()?;
        Ok(Self {
            database_url,
            migrate: !args.no_migrate,
            database_connections: connections,
            listen,
            origin,
            assets: args.assets,
            presets: args.presets,
            trusted_proxies: number("GANTRY_TRUSTED_PROXIES", &args.trusted_proxies)? as usize,
            demo: args.demo,
            tour: address("GANTRY_TOUR", args.tour)?,
            kubeconfig,
            prometheus_url,
            prometheus_backup_url,
            vendor: VendorConfig {
                api: address("GANTRY_POSTHOG_API", args.posthog_api)?,
                capture: address("GANTRY_POSTHOG_CAPTURE", args.posthog_capture)?,
                status: address("GANTRY_POSTHOG_STATUS", args.posthog_status)?,
                key: secret("GANTRY_POSTHOG_KEY", args.posthog_key)?,
            },
            health_url: address("GANTRY_HEALTH_URL", args.health_url)?,
            staging_health_url: address("GANTRY_STAGING_HEALTH_URL", args.staging_health_url)?,
            incidents,
            oidc,
        })
    }
}

fn oidc(args: &ServeArgs) -> Result<Option<OidcConfig>, Bad> {
    let Some(issuer) = address("GANTRY_OIDC_ISSUER", args.oidc_issuer.clone())? else {
        return Ok(None);
    };
    let client_id = args
        .oidc_client_id
        .clone()
        .filter(|id| !id.trim().is_empty())
        .ok_or_else(|| Bad("GANTRY_OIDC_ISSUER is set, but GANTRY_OIDC_CLIENT_ID is not".to_owned()))?;
    let client_secret = secret("GANTRY_OIDC_CLIENT_SECRET", args.oidc_client_secret.clone())?
        .ok_or_else(|| Bad("GANTRY_OIDC_ISSUER is set, but GANTRY_OIDC_CLIENT_SECRET is not".to_owned()))?;
    Ok(Some(OidcConfig {
        issuer,
        client_id,
        client_secret,
        name: args.oidc_name.clone(),
        role_claim: args.oidc_role_claim.clone(),
        scopes: args.oidc_scopes.clone().filter(|scopes| !scopes.trim().is_empty()),
        admin_group: args.oidc_admin_group.clone(),
        release_group: args.oidc_release_group.clone(),
        stakeholder_group: args.oidc_stakeholder_group.clone().filter(|group| !group.is_empty()),
    }))
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test ends at the first surprise")]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        args: ServeArgs,
    }

    /// Reads flags alone; a variable of the environment could only take the place of one that is not given.
    fn read(flags: &[&str]) -> Result<Config, Bad> {
        let given = ["gantry", "--database-url", "postgres://localhost/gantry", "--listen", "127.0.0.1:3000"];
        let flags = given.iter().chain(flags);
        Config::read(Line::try_parse_from(flags).unwrap().args)
    }

    #[test]
    fn everything_that_is_wrong_is_named_in_one_sentence() {
        let table: [(&[&str], &str); 14] = [
            (&["--public-url", "gantry.example"], "GANTRY_PUBLIC_URL"),
            (&["--public-url", "ftp://gantry.example"], "https://"),
            (&["--public-url", "http://gantry.example"], "https"),
            (&["--public-url", "https://gantry.example/panel"], "without a path"),
            (&["--assets", "/no/such/directory"], "GANTRY_ASSETS"),
            (&["--kubeconfig", "/no/such/file"], "KUBECONFIG"),
            (&["--prometheus-url", "prometheus:9090"], "GANTRY_PROMETHEUS_URL"),
            (&["--prometheus-backup-url", "prometheus:9090"], "GANTRY_PROMETHEUS_BACKUP_URL"),
            (&["--prometheus-backup-url", "http://b:9090"], "GANTRY_PROMETHEUS_URL is not"),
            (&["--posthog-key", "phx_the_key_itself"], "reference"),
            (&["--posthog-key", "$NO_SUCH_VARIABLE_ANYWHERE"], "NO_SUCH_VARIABLE_ANYWHERE"),
            (&["--posthog-key", "@/no/such/file"], "cannot be read"),
            (&["--oidc-issuer", "https://id.example"], "GANTRY_OIDC_CLIENT_ID"),
            (&["--database-connections", "many"], "GANTRY_DATABASE_CONNECTIONS"),
        ];
        for (flags, names) in table {
            let Err(Bad(sentence)) = read(flags) else { panic!("accepted: {flags:?}") };
            assert!(sentence.contains(names), "{flags:?}: {sentence}");
            assert!(!sentence.contains('\n') && !sentence.contains("phx_the_key"), "{sentence}");
        }
    }

    #[test]
    fn without_a_public_address_it_is_the_one_listened_on() {
        assert_eq!(read(&[]).unwrap().origin, "http://127.0.0.1:3000");
        assert_eq!(
            read(&["--public-url", "https://gantry.example:443/"]).unwrap().origin,
            "https://gantry.example"
        );
        assert_eq!(read(&["--public-url", "http://localhost:8080"]).unwrap().origin, "http://localhost:8080");
    }

    #[test]
    fn the_scopes_for_the_identity_provider_are_what_somebody_set_and_blanks_set_nothing() {
        let provider = ["--oidc-issuer", "https://id.example", "--oidc-client-id", "gantry"];
        let given = [&provider[..], &["--oidc-client-secret", "$PATH"][..]].concat();
        let table: [(&[&str], Option<&str>); 3] = [
            (&[], None),
            (&["--oidc-scopes", " "], None),
            (&["--oidc-scopes", "openid email groups"], Some("openid email groups")),
        ];
        for (more, expected) in table {
            let oidc = read(&[&given[..], more].concat()).unwrap().oidc.unwrap();
            assert_eq!(oidc.scopes.as_deref(), expected, "{more:?}");
        }
    }

    #[test]
    fn a_database_address_of_another_kind_is_refused() {
        for url in ["", "mysql://x", "postgres://["] {
            let args = DatabaseArgs { database_url: Some(url.to_owned()) };
            assert!(args.url().is_err(), "{url}");
        }
    }
}
