//! `sanping serve` and `sanping demo`.

use std::net::{Ipv4Addr, SocketAddr};
use std::num::NonZeroU32;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use graphql::ports::ReadError;
use jiff::Timestamp;
use sqlx::{ConnectOptions, Connection};
use tokio::net::TcpListener;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;

use super::place::{Opened, open};
use super::progress::Told;
use super::{Failure, say};
use crate::app::App;
use crate::auth::issuer::{TrustError, Trusted};
use crate::auth::{SignIn, issued};
use crate::clock::Clock;
use crate::config::{LetIn, Oidc, Place, Serving};
use crate::demo;
use crate::http::documents::Documents;
use crate::http::gate::Rules;
use crate::http::proxy::Proxies;
use crate::http::rate::Rate;
use crate::http::{self, Doors};
use crate::log::reader;
use crate::trace;

/// How many requests a second are let in unless it is said otherwise.
pub const USUAL: NonZeroU32 = NonZeroU32::new(50).expect("fifty is not zero");

/// Serves until it is told to stop.
///
/// # Errors
/// What is missing or wrong, and what to do.
pub async fn serve(place: &Place, serving: &Serving) -> Result<ExitCode, Failure> {
    let Serving { listen, dev_sign_in, oidc, verify_hours, traces, let_in } = serving;
    let (listen, dev_sign_in, verify_hours) = (*listen, *dev_sign_in, *verify_hours);
    believable(listen, dev_sign_in)?;
    let trusted = trusted(oidc)?;
    let sign_in = if dev_sign_in { SignIn::Development } else { SignIn::Closed };
    let rules = rules(let_in, dev_sign_in)?;
    let listener = listen_on(listen).await?;
    let sending = trace::begin(traces)?;
    let opened = open(place, place.allow_owner).await?;
    whole(&opened).await?;
    let latest = Duration::from_secs(let_in.request_seconds);
    let mut app = opened.start_within(Arc::new(Clock::System), latest).await?;
    app.keep_deadlines();
    if verify_hours > 0 {
        app.keep_verifying(Duration::from_secs(3_600) * verify_hours);
    }
    let mut doors = Doors::of(&app, sign_in);
    if let_in.introspection {
        doors = doors.telling_the_schema(&app);
    }
    let asked = Asked::heard()?;
    say(&format!("serving on http://{}", listener.local_addr()?));
    say(&how(&app, sign_in, trusted.as_ref()).await?);
    let auth = app.auth(sign_in, trusted);
    auth.prepare();
    let doors = Doors { auth: Arc::new(auth), ..doors };
    let served = run(opened, app, listener, Doors { rules, ..doors }, asked).await;
    trace::end(sending).await;
    served
}

/// A log that ends elsewhere than its head says is not gone on with: its last events were taken out, or others put in.
async fn whole(opened: &Opened) -> Result<(), Failure> {
    let mut connection = opened.database.connect().await?;
    let (head, last) = reader::ends(&mut connection).await?;
    connection.close().await?;
    match head == last {
        true => Ok(()),
        false => Err(format!(
            "the log ends at {last}, and its head says {head}: it was changed behind the program, or restored in part; \
             `sanping log replay` says more, and a backup that is whole has what is missing"
        )
        .into()),
    }
}

/// Nobody is taken at their word who comes from elsewhere.
///
/// # Errors
/// The address is none of loopback.
pub fn believable(listen: SocketAddr, dev_sign_in: bool) -> Result<(), Failure> {
    match dev_sign_in && !listen.ip().is_loopback() {
        true => {
            Err(format!("--dev-sign-in takes everybody at their word; it needs a loopback address, not {listen}")
                .into())
        }
        false => Ok(()),
    }
}

/// Whose tokens sign people in, where an issuer is named.
///
/// # Errors
/// The issuer cannot be trusted.
pub fn trusted(oidc: &Oidc) -> Result<Option<Trusted>, TrustError> {
    match (&oidc.issuer, &oidc.audience) {
        (Some(issuer), Some(audience)) => Trusted::new(issuer, audience, &oidc.algorithms).map(Some),
        _none => Ok(None),
    }
}

/// What every request passes.
fn rules(let_in: &LetIn, dev_sign_in: bool) -> Result<Rules, Failure> {
    let per_second = let_in.requests_per_second.or((!dev_sign_in).then_some(USUAL));
    let at_once = |per_second: NonZeroU32| {
        let usual = per_second.saturating_mul(NonZeroU32::new(4).expect("four is not zero"));
        let_in.requests_at_once.unwrap_or(usual)
    };
    let rate =
        per_second.map(|per_second| Arc::new(Rate::of(Duration::from_secs(1) / per_second.get(), at_once(per_second))));
    let documents = match &let_in.trusted_documents {
        Some(file) => Documents::read(file)?,
        None => Documents::default(),
    };
    let proxies = Proxies::of(&let_in.trusted_proxy);
    Ok(Rules { rate, documents: Arc::new(documents), trusted_only: let_in.trusted_only, proxies })
}

/// Loads the demo year where it is not loaded yet, and serves it.
///
/// # Errors
/// What is missing or wrong, and what to do.
pub async fn demo(place: &Place, port: u16, load_only: bool) -> Result<ExitCode, Failure> {
    let listener = match load_only {
        true => None,
        false => Some(listen_on(SocketAddr::from((Ipv4Addr::LOCALHOST, port))).await?),
    };
    let opened = open(place, place.allow_owner).await?;
    let clock = Arc::new(Clock::simulated(Timestamp::UNIX_EPOCH));
    let app = opened.start(Arc::clone(&clock)).await?;
    match listener.is_some() && demo::is_loaded(&app).await? {
        true => say("the year 2022 is loaded"),
        false => load(&app, &clock).await?,
    }
    app.stop().await;
    let Some(listener) = listener else {
        opened.close().await?;
        return Ok(ExitCode::SUCCESS);
    };
    let app = opened.start(Arc::new(Clock::System)).await?;
    folded(&app).await?;
    let (asked, address) = (Asked::heard()?, listener.local_addr()?);
    say(&format!(
        "open http://{address}/graphiql and ask: {{ report(year: 2022) {{ figures {{ code value unit }} }} }}"
    ));
    say(&how(&app, SignIn::Development, None).await?);
    let doors = Doors::of(&app, SignIn::Development);
    run(opened, app, listener, doors, asked).await
}

async fn load(app: &App, clock: &Clock) -> Result<(), Failure> {
    let loaded = demo::load(app, clock, &Told::of("demo 2022")).await?;
    say(&format!(
        "the year 2022 is loaded: {} commands, {} of them now, {} before; the log ends at {}",
        loaded.commands, loaded.appended, loaded.replayed, loaded.position
    ));
    Ok(())
}

/// Waits until the figures are those of the whole log: whoever is told to ask asks at once.
pub(super) async fn folded(app: &App) -> Result<(), Failure> {
    let head = app.reads.head().await?.position;
    loop {
        match app.reads.pin(None, Some(head)).await {
            Err(ReadError::Behind { .. }) => {}
            pinned => return Ok(pinned.map(drop)?),
        }
    }
}

async fn listen_on(address: SocketAddr) -> Result<TcpListener, Failure> {
    TcpListener::bind(address)
        .await
        .map_err(|error| format!("{address} cannot be listened on ({error}); choose another port").into())
}

/// How people sign in, in a line.
async fn how(app: &App, sign_in: SignIn, trusted: Option<&Trusted>) -> Result<String, Failure> {
    let keys = issued::any_holds(&app.pool, Clock::System.now()).await?;
    Ok(match (sign_in, trusted) {
        (SignIn::Development, _) => {
            "DEVELOPMENT SIGN-IN: whoever reaches this port is believed to be who they say; without a word, the office"
                .to_owned()
        }
        (SignIn::Closed, Some(trusted)) => format!("sign in with a token of {} or an API key", trusted.issuer()),
        (SignIn::Closed, None) if keys => "sign in with an API key".to_owned(),
        (SignIn::Closed, None) => {
            "nobody can sign in yet: make an API key with `sanping keys create`, or name an issuer with --oidc-issuer"
                .to_owned()
        }
    })
}

/// Whoever tells the program to stop: to be heard before it says that it serves, or it would end at once, unfinished.
#[derive(Debug)]
pub struct Asked {
    terminate: Signal,
    interrupt: Signal,
}

impl Asked {
    /// Hears them from now on.
    ///
    /// # Errors
    /// The system's.
    pub fn heard() -> std::io::Result<Self> {
        Ok(Self { terminate: signal(SignalKind::terminate())?, interrupt: signal(SignalKind::interrupt())? })
    }

    async fn wait(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

/// Serves an opened place until it is told to stop, or a part of the program ends.
///
/// # Errors
/// The listener's; the end of a part that the program should not go on without.
pub async fn run(
    opened: Opened,
    mut app: App,
    listener: TcpListener,
    doors: Doors,
    mut asked: Asked,
) -> Result<ExitCode, Failure> {
    let (stop, stopped) = watch::channel(());
    let gone = async {
        match &opened.cluster {
            Some(cluster) => cluster.exited().await,
            None => std::future::pending().await,
        }
    };
    let shutdown = async move {
        let mut stopped = stopped;
        let _told = stopped.changed().await;
    };
    let serving = http::run(listener, doors, shutdown);
    tokio::pin!(serving);
    tokio::select! {
        ended = &mut serving => ended?,
        how = gone => return Err(format!("the private PostgreSQL has ended ({how}); see its log in the data folder").into()),
        what = app.broken() => return Err(format!("{what} has ended by itself; see the log, then start again").into()),
        () = asked.wait() => {
            tracing::info!("stopping");
            stop.send_replace(());
            // Subscriptions have no end of their own: they get a moment, then the rest is stopped.
            let _late = tokio::time::timeout(Duration::from_secs(5), &mut serving).await;
        }
    }
    app.stop().await;
    opened.close().await?;
    Ok(ExitCode::SUCCESS)
}
