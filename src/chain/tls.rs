//! Whom we believe: the authorities built in, and those that the operator adds. Nothing can switch the check off.

use super::ChainError;
use super::error::words;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};
use std::path::Path;
use std::sync::Arc;

/// A client that trusts the built-in authorities and those of a PEM file.
pub(super) fn client(authorities: Option<&Path>) -> Result<ClientConfig, ChainError> {
    let mut roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    if let Some(path) = authorities {
        let shown = words(&path.display());
        let unusable = |reason: &dyn ToString| {
            ChainError::Settings(format!("the certificates in {shown} cannot be used: {}", words(&reason.to_string())))
        };
        let certificates = CertificateDer::pem_file_iter(path).map_err(|error| unusable(&error))?;
        let before = roots.len();
        for certificate in certificates {
            let certificate = certificate.map_err(|error| unusable(&error))?;
            roots.add(certificate).map_err(|error| unusable(&error))?;
        }
        if roots.len() == before {
            return Err(unusable(&"there is no certificate in it"));
        }
    }
    let config = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| ChainError::Settings(format!("TLS cannot be set up: {}", words(&error))))?;
    Ok(config.with_root_certificates(roots).with_no_client_auth())
}

/// What is wrong with a certificate, where an error says that; other errors give none.
pub(super) fn fault(error: &(dyn std::error::Error + 'static)) -> Option<String> {
    let mut inner = Some(error);
    while let Some(error) = inner {
        let io = error.downcast_ref::<std::io::Error>().and_then(|error| error.get_ref());
        let tls = error.downcast_ref::<rustls::Error>().or_else(|| io.and_then(|error| error.downcast_ref()));
        if let Some(rustls::Error::InvalidCertificate(fault)) = tls {
            return Some(words(fault));
        }
        inner = error.source();
    }
    None
}
