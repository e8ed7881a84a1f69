//! Which certificates are trusted, and a verifier that remembers what it was shown.
//!
//! The provider of the cryptography is named explicitly, so nothing here depends on what the process installed. A
//! certificate that is refused is refused; only its expiry is remembered.

use std::path::Path;
use std::sync::{Arc, Mutex};

use jiff::Timestamp;
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, aws_lc_rs, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme};

/// The authorities that this machine trusts; cheap to clone.
#[derive(Clone, Debug)]
pub struct TrustStore {
    provider: Arc<CryptoProvider>,
    roots: Arc<RootCertStore>,
}

/// Why a bundle of certificates could not be used.
#[derive(Debug, thiserror::Error)]
pub enum TrustError {
    /// The file cannot be read, or something in it is not a certificate.
    #[error("the certificates in `{path}` cannot be used: {reason}")]
    BundleUnreadable {
        /// Path of the file.
        path: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The file holds no certificate.
    #[error("`{path}` holds no certificate in PEM form")]
    BundleEmpty {
        /// Path of the file.
        path: String,
    },
}

impl TrustStore {
    /// The authorities of the operating system. As with OpenSSL, `SSL_CERT_FILE` and `SSL_CERT_DIR` take their place
    /// where they are set. A machine without any trusts nobody, and says so when a server shows its certificate.
    pub fn native() -> Self {
        let found = rustls_native_certs::load_native_certs();
        for error in &found.errors {
            tracing::warn!(%error, "a trusted certificate of this machine cannot be read");
        }
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(found.certs);
        Self { provider: Arc::new(aws_lc_rs::default_provider()), roots: Arc::new(roots) }
    }

    /// The same, and the authorities in this PEM file too.
    pub fn with_bundle(mut self, path: &Path) -> Result<Self, TrustError> {
        let unreadable = |reason: String| TrustError::BundleUnreadable { path: path.display().to_string(), reason };
        let found = rustls_native_certs::load_certs_from_paths(Some(path), None);
        if let Some(error) = found.errors.first() {
            return Err(unreadable(error.to_string()));
        }
        if found.certs.is_empty() {
            return Err(TrustError::BundleEmpty { path: path.display().to_string() });
        }
        for certificate in found.certs {
            let added = Arc::make_mut(&mut self.roots).add(certificate);
            added.map_err(|error| unreadable(error.to_string()))?;
        }
        Ok(self)
    }

    /// A configuration for HTTP/1.1, and where the expiry of the server's certificate will be found.
    pub(crate) fn recording_config(&self) -> (ClientConfig, SeenCertificate) {
        let seen = SeenCertificate::default();
        let verifier = RecordingVerifier {
            inner: WebPkiServerVerifier::builder_with_provider(Arc::clone(&self.roots), Arc::clone(&self.provider))
                .build()
                .ok(),
            provider: Arc::clone(&self.provider),
            seen: seen.clone(),
        };
        let mut config = ClientConfig::builder_with_provider(Arc::clone(&self.provider))
            .with_safe_default_protocol_versions()
            .expect("the provider supports TLS 1.2 and 1.3")
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(verifier))
            .with_no_client_auth();
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        // A resumed session shows no certificate, and a probe measures a whole handshake.
        config.resumption = rustls::client::Resumption::disabled();
        (config, seen)
    }

    /// A configuration for databases, whose certificates are often nobody's: looked at only where that is wanted.
    pub(crate) fn database_config(&self, verified: bool) -> ClientConfig {
        let builder = ClientConfig::builder_with_provider(Arc::clone(&self.provider))
            .with_safe_default_protocol_versions()
            .expect("the provider supports TLS 1.2 and 1.3");
        if verified {
            return builder.with_root_certificates(Arc::clone(&self.roots)).with_no_client_auth();
        }
        let verifier = Arc::new(Unverified { provider: Arc::clone(&self.provider) });
        builder.dangerous().with_custom_certificate_verifier(verifier).with_no_client_auth()
    }

    /// An ordinary configuration for HTTP/1.1.
    pub(crate) fn config(&self) -> ClientConfig {
        let mut config = ClientConfig::builder_with_provider(Arc::clone(&self.provider))
            .with_safe_default_protocol_versions()
            .expect("the provider supports TLS 1.2 and 1.3")
            .with_root_certificates(Arc::clone(&self.roots))
            .with_no_client_auth();
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        config
    }
}

/// When the certificate that a server showed expires, once it has shown one.
#[derive(Clone, Debug, Default)]
pub(crate) struct SeenCertificate(Arc<Mutex<Option<Timestamp>>>);

impl SeenCertificate {
    /// The expiry, for any certificate that could be read, trusted or not.
    pub(crate) fn expires_at(&self) -> Option<Timestamp> {
        *self.0.lock().expect("nothing panics while it holds the expiry")
    }

    fn remember(&self, certificate: &CertificateDer<'_>) {
        let Ok((_, certificate)) = x509_parser::parse_x509_certificate(certificate) else { return };
        let expires_at = Timestamp::from_second(certificate.validity().not_after.timestamp()).ok();
        *self.0.lock().expect("nothing panics while it holds the expiry") = expires_at;
    }
}

/// Verifies as usual, and remembers when the certificate expires whatever the verdict is.
#[derive(Debug)]
struct RecordingVerifier {
    /// `None` where this machine trusts nobody.
    inner: Option<Arc<WebPkiServerVerifier>>,
    provider: Arc<CryptoProvider>,
    seen: SeenCertificate,
}

impl ServerCertVerifier for RecordingVerifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        self.seen.remember(end_entity);
        match &self.inner {
            Some(inner) => inner.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now),
            None => Err(Error::InvalidCertificate(CertificateError::UnknownIssuer)),
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, certificate, signature, &self.provider.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signature, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

/// Takes every certificate for what it says: encryption without knowing with whom.
#[derive(Debug)]
struct Unverified {
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for Unverified {
    fn verify_server_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, certificate, signature, &self.provider.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signature, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
