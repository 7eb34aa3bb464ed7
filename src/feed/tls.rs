//! Whom we believe: the authorities built in, and those that the operator adds. Nothing can switch the check off.

use super::error::{LinkError, SettingsError, words};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{CertificateError, ClientConfig, RootCertStore};
use std::io;
use std::path::Path;
use std::sync::Arc;

/// A client that trusts the built-in authorities and those of a PEM file.
pub(super) fn client(authorities: Option<&Path>) -> Result<Arc<ClientConfig>, SettingsError> {
    let mut roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    if let Some(path) = authorities {
        let unusable = |reason: &dyn ToString| SettingsError::Authorities {
            path: path.to_owned(),
            reason: words(&reason.to_string()),
        };
        let certificates = CertificateDer::pem_file_iter(path).map_err(|error| unusable(&error))?;
        let mut added = 0;
        for certificate in certificates {
            let certificate = certificate.map_err(|error| unusable(&error))?;
            roots.add(certificate).map_err(|error| unusable(&error))?;
            added += 1;
        }
        if added == 0 {
            return Err(unusable(&"there is no certificate in it"));
        }
    }
    let ring = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(ring)
        .with_safe_default_protocol_versions()
        .map_err(|error| SettingsError::Tls(words(&error)))?;
    Ok(Arc::new(config.with_root_certificates(roots).with_no_client_auth()))
}

/// What an input or output error on the way to `host` means.
pub(super) fn explain(host: &str, error: &io::Error) -> LinkError {
    let host = host.to_owned();
    match error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()) {
        Some(rustls::Error::InvalidCertificate(why)) => LinkError::Certificate { host, reason: fault(why) },
        Some(other) => LinkError::Tls { host, reason: words(other) },
        None => LinkError::Unreachable { host, reason: words(error) },
    }
}

fn fault(why: &CertificateError) -> String {
    match why {
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => "it has expired".into(),
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            "it is not valid yet; is this machine's clock right?".into()
        }
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            "it belongs to another name".into()
        }
        CertificateError::UnknownIssuer => "it is self-signed, or nobody we trust has signed it".into(),
        CertificateError::BadSignature => "whom it names has not signed it".into(),
        CertificateError::Revoked => "it was revoked".into(),
        other => words(other),
    }
}
