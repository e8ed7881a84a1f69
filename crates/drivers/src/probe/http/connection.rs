//! Reaching the server: its name, then a connection, then TLS, each phase with its own time and its own sentence.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;

use allclear_core::RequestSample;
use jiff::Timestamp;
use rustls::pki_types::ServerName;
use rustls::{CertificateError, Error};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::exchange::{elapsed_ms, within};
use super::question::Question;
use crate::trust::TrustStore;

/// A TCP connection, with the time of its phases.
pub(super) async fn connect(
    question: &Question<'_>,
    deadline: Instant,
    sample: &mut RequestSample,
) -> Result<TcpStream, String> {
    let limit_ms = question.connect_timeout.as_millis();
    let began = Instant::now();
    let lookup = within(deadline, tokio::net::lookup_host((question.host.as_str(), question.port)));
    let addresses: Vec<SocketAddr> = match lookup.await {
        Some(Ok(addresses)) => addresses.collect(),
        Some(Err(error)) => return Err(format!("the name `{}` cannot be resolved: {error}", question.host)),
        None => return Err(format!("the name `{}` was not resolved within {limit_ms} ms", question.host)),
    };
    sample.dns_ms = Some(elapsed_ms(began));
    let began = Instant::now();
    let stream = connect_any(&addresses, deadline, limit_ms, question).await?;
    sample.connect_ms = Some(elapsed_ms(began));
    let _ = stream.set_nodelay(true);
    Ok(stream)
}

/// The first address that answers. One that is silent gets only its share of the time, so that the others are tried.
async fn connect_any(
    addresses: &[SocketAddr],
    deadline: Instant,
    limit_ms: u128,
    question: &Question<'_>,
) -> Result<TcpStream, String> {
    let mut failure = format!("the name `{}` has no address", question.host);
    for (index, address) in addresses.iter().enumerate() {
        let left = deadline.saturating_duration_since(Instant::now());
        let untried = u32::try_from(addresses.len() - index).unwrap_or(u32::MAX);
        failure = match within(Instant::now() + left / untried, TcpStream::connect(address)).await {
            Some(Ok(stream)) => return Ok(stream),
            Some(Err(error)) => refused(*address, &error),
            None => format!("connect to {} was not answered within {limit_ms} ms", question.place()),
        };
    }
    Err(failure)
}

fn refused(address: SocketAddr, error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::ConnectionRefused => format!("connect to {address} was refused"),
        io::ErrorKind::HostUnreachable | io::ErrorKind::NetworkUnreachable => {
            format!("connect to {address} found no route to it")
        }
        _ => format!("connect to {address} failed: {error}"),
    }
}

/// TLS over the connection. The certificate's expiry is kept also where the certificate is refused.
pub(super) async fn secure(
    stream: TcpStream,
    question: &Question<'_>,
    trust: &TrustStore,
    deadline: Instant,
    sample: &mut RequestSample,
    expires_at: &mut Option<Timestamp>,
) -> Result<TlsStream<TcpStream>, String> {
    let name = ServerName::try_from(question.host.clone())
        .map_err(|_| format!("`{}` is not a name that a certificate can be for", question.host))?;
    let (config, seen) = trust.recording_config();
    let began = Instant::now();
    let handshake = within(deadline, TlsConnector::from(Arc::new(config)).connect(name, stream)).await;
    *expires_at = seen.expires_at();
    match handshake {
        Some(Ok(stream)) => {
            sample.tls_ms = Some(elapsed_ms(began));
            Ok(stream)
        }
        Some(Err(error)) => Err(insecure(question, &error, *expires_at)),
        None => Err(format!(
            "the TLS handshake with {} was not finished within {} ms",
            question.place(),
            question.connect_timeout.as_millis()
        )),
    }
}

fn insecure(question: &Question<'_>, error: &io::Error, expires_at: Option<Timestamp>) -> String {
    let place = question.place();
    match error.get_ref().and_then(|source| source.downcast_ref::<Error>()) {
        Some(Error::InvalidCertificate(refusal)) => bad_certificate(question, refusal, expires_at),
        Some(other) => format!("the TLS handshake with {place} failed: {other}"),
        None if error.kind() == io::ErrorKind::UnexpectedEof => {
            format!("{place} closed the connection during the TLS handshake")
        }
        None => format!("the TLS handshake with {place} failed: {error}"),
    }
}

fn bad_certificate(question: &Question<'_>, refusal: &CertificateError, expires_at: Option<Timestamp>) -> String {
    let place = question.place();
    match (refusal, expires_at) {
        (CertificateError::Expired | CertificateError::ExpiredContext { .. }, Some(expires_at)) => {
            format!("the certificate of {place} expired at {expires_at}")
        }
        (CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. }, _) => {
            format!("the certificate of {place} is not for the name `{}`", question.host)
        }
        (CertificateError::UnknownIssuer, _) => {
            format!("the certificate of {place} is not signed by an authority that this machine trusts")
        }
        (CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. }, _) => {
            format!("the certificate of {place} is not valid yet: is the clock right?")
        }
        (other, _) => format!("the certificate of {place} was refused: {other}"),
    }
}
