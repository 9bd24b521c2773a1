//! What a cluster puts into every pod, for a panel that runs in the one that it drives.

use std::path::Path;
use std::sync::Arc;

use gantry_local::Spec;
use gantry_sandbox::Sandbox;
use rcgen::CertifiedKey;
use rustls::pki_types::PrivateKeyDer;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;

const TOKEN: &str = "token-of-the-service-account";

/// Where every pod finds its account is not to be chosen. A mount namespace has a place of that name to itself, with all else
/// of `/run` beside it; whoever is not root becomes it there, in the eyes of that namespace alone.
const AS_A_POD: &str = r#"[ "$(id -u)" = 0 ] || as_root=--map-root-user
exec unshare --mount $as_root sh -ec '
    mount --rbind /run /mnt
    mount -t tmpfs tmpfs /run
    for one in /mnt/*; do ln -s "$one" /run/; done
    rm -f /run/secrets
    mkdir -p /run/secrets/kubernetes.io
    cp -r "$1" /run/secrets/kubernetes.io/serviceaccount
    ls /var/run/secrets/kubernetes.io/serviceaccount/token
    shift
    exec "$@"
' pod "$@""#;

/// What a cluster gives a pod: its API over TLS with a certificate of its own authority, and an account to ask with.
pub(crate) struct Pod {
    port: u16,
    account: tempfile::TempDir,
    api: JoinHandle<()>,
}

impl Pod {
    /// Whether there can be one here: a namespace of one's own is not allowed everywhere.
    pub(crate) async fn is_possible() -> bool {
        let mut shell = tokio::process::Command::new("sh");
        let account = tempfile::tempdir().unwrap();
        std::fs::write(account.path().join("token"), TOKEN).unwrap();
        shell.args(["-c", AS_A_POD, "pod"]).arg(account.path()).arg("true");
        let output = shell.kill_on_drop(true).output().await.unwrap();
        let possible = output.status.success();
        if !possible {
            let why = String::from_utf8_lossy(&output.stderr);
            assert!(
                std::env::var_os("CI").is_none(),
                "no mount namespace, and CI must not skip its tests: {why}"
            );
            eprintln!("skipped: no mount namespace can be made here: {why}");
        }
        possible
    }

    /// In the sandbox' cluster.
    pub(crate) async fn of(sandbox: &Sandbox) -> Self {
        let CertifiedKey { cert, signing_key } =
            rcgen::generate_simple_self_signed(vec!["127.0.0.1".to_owned()]).unwrap();
        let account = tempfile::tempdir().unwrap();
        let files = [("ca.crt", cert.pem()), ("token", TOKEN.to_owned()), ("namespace", "gantry".to_owned())];
        for (name, content) in files {
            std::fs::write(account.path().join(name), content).unwrap();
        }
        let key = PrivateKeyDer::try_from(signing_key.serialize_der()).unwrap();
        let tls = rustls::ServerConfig::builder()
            .with_no_client_auth()
            .with_single_cert(vec![cert.der().clone()], key)
            .unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let behind = sandbox.urls().kube.trim_start_matches("http://").to_owned();
        let api = tokio::spawn(serve(listener, TlsAcceptor::from(Arc::new(tls)), behind));
        Self { port, account, api }
    }

    /// The variables that every pod has.
    pub(crate) fn environment(&self) -> [(&'static str, String); 2] {
        [
            ("KUBERNETES_SERVICE_HOST", "127.0.0.1".to_owned()),
            ("KUBERNETES_SERVICE_PORT", self.port.to_string()),
        ]
    }

    /// A program with the account where every pod has it.
    pub(crate) fn running(&self, program: &str, log: &Path) -> Spec {
        let account = self.account.path().display().to_string();
        Spec::new("The panel in its pod", "sh", log).args(["-c", AS_A_POD, "pod", &account, program])
    }
}

impl Drop for Pod {
    fn drop(&mut self) {
        self.api.abort();
    }
}

async fn serve(listener: TcpListener, tls: TlsAcceptor, behind: String) {
    while let Ok((line, _)) = listener.accept().await {
        tokio::spawn(pass(line, tls.clone(), behind.clone()));
    }
}

/// Passes a line on if what comes first on it carries the token; else it is told 401, as a cluster does.
async fn pass(line: TcpStream, tls: TlsAcceptor, behind: String) -> std::io::Result<()> {
    let mut line = tls.accept(line).await?;
    let mut head = Vec::new();
    while !head.windows(4).any(|end| end == b"\r\n\r\n") {
        if line.read_buf(&mut head).await? == 0 {
            return Ok(());
        }
    }
    let said = String::from_utf8_lossy(&head).to_ascii_lowercase();
    if !said.contains(&format!("authorization: bearer {TOKEN}\r\n")) {
        line.write_all(b"HTTP/1.1 401 Unauthorized\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
            .await?;
        return line.shutdown().await;
    }
    let mut behind = TcpStream::connect(behind).await?;
    behind.write_all(&head).await?;
    copy_bidirectional(&mut line, &mut behind).await.map(|_| ())
}
