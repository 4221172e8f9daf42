//! Who asks, where a proxy stands between: the address that the proxies which are believed say.
//!
//! # Rules
//! - Unless a proxy is named (`--trusted-proxy`), the address is that of whoever connects, whatever any header says.
//! - `X-Forwarded-For` is read from its end: each proxy adds whom it was asked by, so the last one that is no believed proxy is
//!   who asks. What stands before it was said by that one.
//!
//! # Not here
//! `X-Forwarded-Proto`, `X-Forwarded-Host` and `Forwarded`: no answer holds an address of this server's own and no cookie is set, so
//! nothing depends on how the proxy was reached.

use std::net::IpAddr;
use std::sync::Arc;

use axum::http::HeaderMap;
use ipnet::IpNet;

/// The header that proxies write whom they were asked by into.
const HEADER: &str = "x-forwarded-for";

/// The proxies that are believed.
#[derive(Debug, Clone, Default)]
pub struct Proxies(Arc<[IpNet]>);

impl Proxies {
    /// Those within these networks.
    #[must_use]
    pub fn of(networks: &[IpNet]) -> Self {
        Self(networks.into())
    }

    fn has(&self, address: IpAddr) -> bool {
        self.0.iter().any(|network| network.contains(&address.to_canonical()))
    }

    /// Who asks, where a request came from an address with these headers.
    #[must_use]
    pub fn sender(&self, from: IpAddr, headers: &HeaderMap) -> IpAddr {
        if !self.has(from) {
            return from;
        }
        let said: Vec<&str> = headers.get_all(HEADER).iter().filter_map(|value| value.to_str().ok()).collect();
        let mut sender = from;
        for word in said.iter().rev().flat_map(|value| value.rsplit(',')) {
            // What is no address was not written by a proxy that is believed.
            let Some(address) = address(word.trim()) else { break };
            sender = address;
            if !self.has(address) {
                break;
            }
        }
        sender
    }
}

/// An address as proxies write it: some put it into brackets, some give the port too.
fn address(word: &str) -> Option<IpAddr> {
    let bare = word.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(word);
    let plain = bare.parse().ok();
    plain.or_else(|| word.parse::<std::net::SocketAddr>().ok().map(|address| address.ip()))
}

/// A network as it is said: an address is a network of one.
///
/// # Errors
/// It is neither.
pub fn network(text: &str) -> Result<IpNet, String> {
    let one = text.parse::<IpAddr>().map(|address| IpNet::from(address.to_canonical()));
    one.or_else(|_| text.parse::<IpNet>().map(|network| network.trunc()))
        .map_err(|_| "give addresses or networks, such as 127.0.0.1 or 10.0.3.0/24".to_owned())
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderName, HeaderValue};

    use super::*;

    fn sender(believed: &[&str], from: &str, said: &[&str]) -> String {
        let networks: Vec<IpNet> = believed.iter().map(|text| network(text).unwrap()).collect();
        let mut headers = HeaderMap::new();
        for value in said {
            headers.append(HeaderName::from_static(HEADER), HeaderValue::from_str(value).unwrap());
        }
        Proxies::of(&networks).sender(from.parse().unwrap(), &headers).to_string()
    }

    #[test]
    fn a_proxy_that_is_not_believed_is_who_asks() {
        assert_eq!(sender(&[], "127.0.0.1", &["192.0.2.1"]), "127.0.0.1");
        assert_eq!(sender(&["10.0.0.0/8"], "192.0.2.9", &["192.0.2.1"]), "192.0.2.9");
    }

    #[test]
    fn who_asks_is_the_last_that_is_no_believed_proxy() {
        let ours = ["127.0.0.1", "10.0.3.0/24", "2001:db8::/32"];
        for (from, said, asks) in [
            ("127.0.0.1", ["192.0.2.1"].as_slice(), "192.0.2.1"),
            ("127.0.0.1", &["198.51.100.7, 192.0.2.1"], "192.0.2.1"),
            ("127.0.0.1", &["198.51.100.7", "192.0.2.1, 10.0.3.4"], "192.0.2.1"),
            ("127.0.0.1", &["10.0.3.5, 10.0.3.4"], "10.0.3.5"),
            ("127.0.0.1", &["192.0.2.1, unknown, 10.0.3.4"], "10.0.3.4"),
            ("127.0.0.1", &[], "127.0.0.1"),
            ("127.0.0.1", &[""], "127.0.0.1"),
            ("::ffff:127.0.0.1", &["[2001:db9::1]:443"], "2001:db9::1"),
            ("2001:db8::1", &["192.0.2.1:5123"], "192.0.2.1"),
        ] {
            assert_eq!(sender(&ours, from, said), asks, "{from} {said:?}");
        }
    }

    #[test]
    fn an_address_is_a_network_of_one_and_a_name_is_none() {
        assert_eq!(network("192.0.2.1").unwrap().to_string(), "192.0.2.1/32");
        assert_eq!(network("192.0.2.9/24").unwrap().to_string(), "192.0.2.0/24");
        assert!(network("proxy.example").is_err() && network("").is_err());
    }
}
