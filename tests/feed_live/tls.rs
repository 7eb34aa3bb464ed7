//! Servers that cannot prove who they are are refused by name, and nothing is sent to them.

use crate::venue::{Hasty, Heard, close, listener, quick, settings};
use exchequer::feed::{Connection, LinkError, LinkEvent, Settings, SettingsError};
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, date_time_ymd};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use std::io::Write;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio_tungstenite::tungstenite;

/// An authority of our own, its certificate in a file.
struct Authority {
    issuer: Issuer<'static, KeyPair>,
    folder: tempfile::TempDir,
}

impl Authority {
    fn new(name: &str) -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("authority.pem"), params.self_signed(&key).unwrap().pem()).unwrap();
        Self { issuer: Issuer::new(params, key), folder }
    }

    fn file(&self) -> PathBuf {
        self.folder.path().join("authority.pem")
    }

    fn sign(&self, params: &CertificateParams) -> Identity {
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap().der().clone();
        (certificate, PrivateKeyDer::try_from(key.serialize_der()).unwrap())
    }
}

type Identity = (CertificateDer<'static>, PrivateKeyDer<'static>);

fn named(name: &str) -> CertificateParams {
    CertificateParams::new(vec![name.to_owned()]).unwrap()
}

/// A server that greets whoever trusts it, and its address. It serves until the test's process ends.
fn serve((certificate, key): Identity) -> String {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let config = Arc::new(config.with_no_client_auth().with_single_cert(vec![certificate], key).unwrap());
    let socket = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = socket.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in socket.incoming().flatten() {
            let session = rustls::ServerConnection::new(Arc::clone(&config)).unwrap();
            if let Ok(mut peer) = tungstenite::accept(rustls::StreamOwned::new(session, stream)) {
                while peer.read().is_ok() {}
            }
        }
    });
    format!("wss://{address}/v2")
}

/// Connects, and gives why that failed, if it did.
async fn connect(url: &str, authorities: Option<&Path>) -> Option<LinkError> {
    let (ear, mut heard) = listener();
    let authorities = authorities.map(Path::to_owned);
    let settings = Settings { authorities, backoff: quick(), ..settings(url) };
    let handle = Connection::spawn(settings, Box::new(Hasty::new()), [], ear).unwrap();
    let outcome = heard
        .until(|heard| match heard {
            Heard::Link(LinkEvent::Up) => Some(None),
            Heard::Link(LinkEvent::Waiting { reason, .. }) => Some(Some(reason.clone())),
            _ => None,
        })
        .await;
    close(handle).await;
    outcome
}

#[tokio::test]
async fn an_authority_that_the_operator_added_is_trusted() {
    let authority = Authority::new("ours");
    let url = serve(authority.sign(&named("127.0.0.1")));
    assert_eq!(connect(&url, Some(&authority.file())).await, None);
}

#[tokio::test]
async fn a_bad_certificate_is_named_with_its_host_and_fault() {
    let authority = Authority::new("ours");
    let mut expired = named("127.0.0.1");
    (expired.not_before, expired.not_after) = (date_time_ymd(2001, 1, 1), date_time_ymd(2002, 1, 1));
    let mut early = named("127.0.0.1");
    (early.not_before, early.not_after) = (date_time_ymd(4000, 1, 1), date_time_ymd(4001, 1, 1));
    let key = KeyPair::generate().unwrap();
    let alone = named("127.0.0.1").self_signed(&key).unwrap().der().clone();
    let cases = [
        (authority.sign(&expired), "it has expired"),
        (authority.sign(&early), "it is not valid yet; is this machine's clock right?"),
        (authority.sign(&named("bank.example")), "it belongs to another name"),
        (Authority::new("stranger").sign(&named("127.0.0.1")), "it is self-signed, or nobody we trust has signed it"),
        (Authority::new("ours").sign(&named("127.0.0.1")), "whom it names has not signed it"),
        (
            (alone, PrivateKeyDer::try_from(key.serialize_der()).unwrap()),
            "it is self-signed, or nobody we trust has signed it",
        ),
    ];
    for (identity, fault) in cases {
        let url = serve(identity);
        let outcome = connect(&url, Some(&authority.file())).await;
        let host = url.trim_start_matches("wss://").trim_end_matches("/v2").to_owned();
        let expected = LinkError::Certificate { host: host.clone(), reason: fault.into() };
        assert_eq!(outcome.as_ref(), Some(&expected));
        assert_eq!(expected.to_string(), format!("the certificate of {host} cannot be trusted: {fault}"));
    }
}

#[tokio::test]
async fn without_the_operators_word_an_unknown_authority_is_refused() {
    let url = serve(Authority::new("stranger").sign(&named("127.0.0.1")));
    assert!(matches!(connect(&url, None).await, Some(LinkError::Certificate { .. })));
}

#[tokio::test]
async fn a_server_without_tls_is_no_certificate_fault() {
    let socket = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("wss://{}", socket.local_addr().unwrap());
    std::thread::spawn(move || {
        for mut stream in socket.incoming().flatten() {
            let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n");
        }
    });
    let outcome = connect(&url, None).await;
    assert!(matches!(outcome, Some(LinkError::Tls { .. })), "{outcome:?}");
}

#[tokio::test]
async fn certificates_that_cannot_be_read_are_named_before_anything_is_tried() {
    let folder = tempfile::tempdir().unwrap();
    for (name, content) in
        [("missing.pem", None), ("empty.pem", Some("")), ("noise.pem", Some("-----BEGIN CERTIFICATE-----\n"))]
    {
        let path = folder.path().join(name);
        if let Some(content) = content {
            std::fs::write(&path, content).unwrap();
        }
        let settings = Settings { authorities: Some(path.clone()), ..settings("wss://127.0.0.1") };
        let (ear, _heard) = listener();
        let error = Connection::spawn(settings, Box::new(Hasty::new()), [], ear).unwrap_err();
        assert!(matches!(&error, SettingsError::Authorities { .. }));
        assert!(error.to_string().contains(name), "{error}");
    }
}
