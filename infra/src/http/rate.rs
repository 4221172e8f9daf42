//! How often somebody may ask: a request each time, and some more at once.
//!
//! # Rules
//! - Who signed in is counted by who that is, whatever address they come from; everybody else by their address (of an
//!   IPv6 network its first 64 bits, since one host has all of the rest).
//! - It is counted in this process alone: behind several, each counts for itself.
//!
//! # Not here
//! Whose address it is behind a proxy ([`super::proxy`]).

use std::net::{IpAddr, Ipv6Addr};
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use async_graphql::Data;
use governor::clock::{Clock, DefaultClock};
use governor::middleware::NoOpMiddleware;
use governor::state::keyed::HashMapStateStore;
use governor::{Quota, RateLimiter};
use graphql::sessions::found;
use graphql::viewer::{Principal, Viewer};

/// After how many requests whoever has not asked for long is forgotten.
const FORGET: u32 = 10_000;

/// Who asks, as far as counting goes.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Who {
    /// Somebody who signed in.
    Principal(String),
    /// Whoever comes from there.
    Address(IpAddr),
}

impl Who {
    /// Who asks: found in a request's data, else the address.
    #[must_use]
    pub fn of(data: &Data, address: IpAddr) -> Self {
        let id = found::<Principal>(data).map(|it| &it.id).or_else(|| found::<Viewer>(data).map(|it| &it.id));
        id.map_or_else(|| Self::Address(network(address)), |id| Self::Principal(id.0.clone()))
    }
}

fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() >> 64 << 64).into(),
        four @ IpAddr::V4(_) => four,
    }
}

/// How often everybody may ask.
pub struct Rate<C: Clock = DefaultClock> {
    limiter: RateLimiter<Who, HashMapStateStore<Who>, C, NoOpMiddleware<C::Instant>>,
    clock: C,
    asked: AtomicU32,
}

impl Rate {
    /// A request each time, and so many at once.
    #[must_use]
    pub fn of(each: Duration, at_once: NonZeroU32) -> Self {
        Self::by(each, at_once, DefaultClock::default())
    }
}

impl<C: Clock + Clone> Rate<C> {
    fn by(each: Duration, at_once: NonZeroU32, clock: C) -> Self {
        let quota = Quota::with_period(each).unwrap_or(Quota::per_second(NonZeroU32::MAX)).allow_burst(at_once);
        let limiter = RateLimiter::new(quota, HashMapStateStore::default(), clock.clone());
        Self { limiter, clock, asked: AtomicU32::new(0) }
    }

    /// Counts a request.
    ///
    /// # Errors
    /// How long to wait for the next one.
    pub fn take(&self, who: &Who) -> Result<(), Duration> {
        if self.asked.fetch_add(1, Ordering::Relaxed) % FORGET == FORGET - 1 {
            self.limiter.retain_recent();
        }
        self.limiter.check_key(who).map_err(|early| early.wait_time_from(self.clock.now()))
    }
}

#[cfg(test)]
mod tests {
    use domain::id::ActorId;
    use governor::clock::FakeRelativeClock;

    use super::*;

    fn rate(clock: &FakeRelativeClock) -> Rate<FakeRelativeClock> {
        Rate::by(Duration::from_millis(500), NonZeroU32::new(3).unwrap(), clock.clone())
    }

    fn from(address: &str) -> Who {
        Who::of(&Data::default(), address.parse().unwrap())
    }

    #[test]
    fn so_many_at_once_then_so_many_a_second_and_each_for_themselves() {
        let clock = FakeRelativeClock::default();
        let rate = rate(&clock);
        let (one, other) = (from("192.0.2.1"), from("192.0.2.2"));
        for _ in 0..3 {
            assert_eq!(rate.take(&one), Ok(()));
        }
        assert_eq!(rate.take(&one), Err(Duration::from_millis(500)));
        assert_eq!(rate.take(&other), Ok(()));
        clock.advance(Duration::from_millis(500));
        assert_eq!(rate.take(&one), Ok(()));
        assert!(rate.take(&one).is_err());
    }

    #[test]
    fn who_has_not_asked_for_long_is_forgotten() {
        let clock = FakeRelativeClock::default();
        let rate = rate(&clock);
        for number in 1..FORGET {
            assert_eq!(rate.take(&from(&IpAddr::from(number.to_be_bytes()).to_string())), Ok(()));
        }
        assert_eq!(rate.limiter.len(), 9_999);
        clock.advance(Duration::from_secs(60));
        assert_eq!(rate.take(&from("192.0.2.1")), Ok(()));
        assert_eq!(rate.limiter.len(), 1);
    }

    #[test]
    fn who_signed_in_is_counted_as_that_and_everybody_else_by_their_network() {
        let mut data = Data::default();
        data.insert(Principal { id: ActorId("o-x".to_owned()), until: None });
        let address = |text: &str| text.parse::<IpAddr>().unwrap();
        assert_eq!(Who::of(&data, address("192.0.2.1")), Who::Principal("o-x".to_owned()));
        assert_eq!(Who::of(&data, address("192.0.2.2")), Who::Principal("o-x".to_owned()));
        assert_eq!(from("2001:db8:1:2:3:4:5:6"), from("2001:db8:1:2::9"));
        assert_ne!(from("2001:db8:1:2::9"), from("2001:db8:1:3::9"));
        assert_eq!(from("::ffff:192.0.2.1"), from("192.0.2.1"));
    }
}
