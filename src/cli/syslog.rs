//! Findings as syslog messages (RFC 5424), over UDP (RFC 5426), TCP with octet counting (RFC 6587, §3.4.1) or TLS
//! (RFC 5425).

use std::fmt;
use std::io::{self, BufWriter, Write};
use std::net::{Shutdown, TcpStream, ToSocketAddrs, UdpSocket};
use std::str::FromStr;
use std::time::Duration;

use crate::model::Band;
use crate::report::{Format, Style, View};

/// How long a receiver may take to answer, and to take a message.
const PATIENCE: Duration = Duration::from_secs(5);

/// Log audit (RFC 5424, §6.2.1).
const FACILITY: u8 = 13;

/// Where messages go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Receiver {
    transport: Transport,
    /// The host and the port.
    address: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Transport {
    Tcp,
    Udp,
    #[cfg(feature = "notify")]
    Tls,
}

impl FromStr for Receiver {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let form = || {
            format!("`{text}` is not of the form `tcp://HOST:PORT`, `udp://HOST:PORT` or `tls://HOST:PORT`")
        };
        let (scheme, address) = text.split_once("://").ok_or_else(form)?;
        let transport = match scheme {
            "tcp" => Transport::Tcp,
            "udp" => Transport::Udp,
            #[cfg(feature = "notify")]
            "tls" => Transport::Tls,
            #[cfg(not(feature = "notify"))]
            "tls" => {
                return Err("this build cannot send syslog over TLS; install it with `--features notify`, or send it \
                            with `tcp://` to a relay on this machine that can"
                    .to_owned());
            }
            _ => return Err(form()),
        };
        let (host, port) = address.rsplit_once(':').ok_or_else(form)?;
        let told = port.parse::<u16>().is_ok_and(|port| port > 0);
        if host.is_empty() || !told {
            Err(form())
        } else {
            Ok(Self { transport, address: address.to_owned() })
        }
    }
}

impl fmt::Display for Receiver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = match self.transport {
            Transport::Tcp => "tcp",
            Transport::Udp => "udp",
            #[cfg(feature = "notify")]
            Transport::Tls => "tls",
        };
        write!(f, "{scheme}://{}", self.address)
    }
}

impl Receiver {
    /// Sends a message per finding, each with the line that a format writes of it.
    ///
    /// Over UDP nobody learns whether anything arrives.
    pub(super) fn send(&self, view: &View, format: &dyn Format) -> io::Result<()> {
        let messages = messages(view, format)?;
        if messages.is_empty() {
            return Ok(());
        }
        match self.transport {
            Transport::Udp => self.send_datagrams(&messages),
            Transport::Tcp => {
                let stream = write(self.connect()?, &messages)?;
                stream.shutdown(Shutdown::Write)
            }
            #[cfg(feature = "notify")]
            Transport::Tls => {
                let mut stream = write(tls::over(self.connect()?, self.host())?, &messages)?;
                stream.conn.send_close_notify();
                stream.flush()?;
                drain(&stream.sock)
            }
        }
    }

    fn send_datagrams(&self, messages: &[String]) -> io::Result<()> {
        let mut refused = nowhere();
        for address in self.address.to_socket_addrs()? {
            let any = if address.is_ipv4() { "0.0.0.0:0" } else { "[::]:0" };
            let socket = UdpSocket::bind(any)?;
            match socket.connect(address) {
                Ok(()) => {
                    return messages.iter().try_for_each(|text| socket.send(text.as_bytes()).map(|_| ()));
                }
                Err(error) => refused = error,
            }
        }
        Err(refused)
    }

    fn connect(&self) -> io::Result<TcpStream> {
        let mut refused = nowhere();
        for address in self.address.to_socket_addrs()? {
            match TcpStream::connect_timeout(&address, PATIENCE) {
                Ok(stream) => {
                    stream.set_write_timeout(Some(PATIENCE))?;
                    stream.set_read_timeout(Some(PATIENCE))?;
                    return Ok(stream);
                }
                Err(error) => refused = error,
            }
        }
        Err(refused)
    }

    /// Returns the host as a certificate names it.
    #[cfg(feature = "notify")]
    fn host(&self) -> &str {
        let host = self.address.rsplit_once(':').map_or(self.address.as_str(), |(host, _)| host);
        host.trim_start_matches('[').trim_end_matches(']')
    }
}

/// Waits until the receiver has read all and closes: of a connection that is closed while something that the receiver
/// sent is unread (TLS session tickets), what is still under way is lost.
#[cfg(feature = "notify")]
fn drain(mut stream: &TcpStream) -> io::Result<()> {
    use std::io::Read as _;

    stream.shutdown(Shutdown::Write)?;
    let mut rest = [0; 4096];
    for _ in 0..64 {
        if !stream.read(&mut rest).is_ok_and(|read| read > 0) {
            break;
        }
    }
    Ok(())
}

/// Writes messages with octet counting.
fn write<W: Write>(stream: W, messages: &[String]) -> io::Result<W> {
    let mut out = BufWriter::new(stream);
    messages.iter().try_for_each(|text| write!(out, "{} {text}", text.len()))?;
    out.into_inner().map_err(io::IntoInnerError::into_error)
}

#[cfg(feature = "notify")]
mod tls {
    use std::io;
    use std::net::TcpStream;
    use std::sync::Arc;

    use rustls::crypto::aws_lc_rs;
    use rustls::pki_types::ServerName;
    use rustls::{ClientConfig, ClientConnection, StreamOwned};
    use rustls_platform_verifier::BuilderVerifierExt as _;

    /// Wraps a connection, and holds the receiver's certificate to those that this machine trusts (on Linux also to
    /// those of `SSL_CERT_FILE`).
    pub(super) fn over(
        stream: TcpStream,
        host: &str,
    ) -> io::Result<StreamOwned<ClientConnection, TcpStream>> {
        let config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .and_then(rustls::ConfigBuilder::with_platform_verifier)
            .map_err(io::Error::other)?
            .with_no_client_auth();
        let name = ServerName::try_from(host.to_owned()).map_err(io::Error::other)?;
        let connection = ClientConnection::new(Arc::new(config), name).map_err(io::Error::other)?;
        Ok(StreamOwned::new(connection, stream))
    }
}

fn nowhere() -> io::Error {
    io::Error::new(io::ErrorKind::NotFound, "the name has no address")
}

/// Returns a message per finding, in the order of the view.
fn messages(view: &View, format: &dyn Format) -> io::Result<Vec<String>> {
    let mut report = Vec::new();
    format.render(view, &Style::default(), &mut report)?;
    let report = String::from_utf8(report).map_err(io::Error::other)?;
    let time = view.run.finished_at.strftime("%Y-%m-%dT%H:%M:%S%.3fZ");
    let (host, process) = (host(), std::process::id());
    let message = |(finding, line): (&crate::report::view::Finding, &str)| {
        let priority = FACILITY * 8 + severity(finding.band);
        // No byte order mark: receivers of LEEF and CEF look for these words at the beginning.
        format!("<{priority}>1 {time} {host} driftline {process} {} - {line}", word(&finding.rule, 32))
    };
    Ok(view.findings.iter().zip(report.lines()).map(message).collect())
}

const fn severity(band: Band) -> u8 {
    match band {
        Band::Critical => 2,
        Band::High => 3,
        Band::Medium => 4,
        Band::Low => 5,
        Band::Info => 6,
    }
}

/// Returns this machine's name as Linux tells it, or what stands for one that is not known.
fn host() -> String {
    word(std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default().trim(), 255)
}

/// Returns text as a header field: printable ASCII without spaces.
fn word(text: &str, room: usize) -> String {
    let word: String = text.chars().filter(char::is_ascii_graphic).take(room).collect();
    if word.is_empty() { "-".to_owned() } else { word }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_receiver_is_a_transport_a_host_and_a_port() {
        for text in ["tcp://siem.example:601", "udp://[::1]:514", "udp://192.0.2.7:514"] {
            assert_eq!(text.parse::<Receiver>().unwrap().to_string(), text);
        }
        for text in
            ["siem.example:514", "http://siem.example:514", "tcp://siem.example", "tcp://:514", "udp://h:0"]
        {
            assert!(text.parse::<Receiver>().unwrap_err().contains("is not of the form"), "{text}");
        }
        let tls = "tls://siem.example:6514".parse::<Receiver>();
        if cfg!(feature = "notify") {
            assert_eq!(tls.unwrap().to_string(), "tls://siem.example:6514");
        } else {
            assert!(tls.unwrap_err().contains("cannot send syslog over TLS"));
        }
    }

    #[test]
    fn a_header_field_has_no_space_and_is_never_empty() {
        assert_eq!(
            (word("a b\u{202e}c", 9).as_str(), word("", 9).as_str(), word("abc", 2).as_str()),
            ("abc", "-", "ab")
        );
    }
}
