//! A way over TCP to a database, which can be cut as when a host vanishes: nothing is closed, nothing comes through.

use std::path::{Path, PathBuf};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream, UnixStream};
use tokio::sync::watch;

/// The way. It ends with the test's runtime.
pub struct Way {
    /// Its port on 127.0.0.1.
    pub port: u16,
    state: watch::Sender<State>,
}

#[derive(Clone, Copy)]
struct State {
    /// How often the way was cut: what was connected before the last time stays silent for ever.
    cuts: u32,
    open: bool,
}

impl Way {
    /// A way to the server whose socket lies in a folder.
    pub async fn to(socket_dir: &Path) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
        let port = listener.local_addr().expect("it listens").port();
        let state = watch::Sender::new(State { cuts: 0, open: true });
        tokio::spawn(accept(listener, socket_dir.join(".s.PGSQL.5432"), state.subscribe()));
        Self { port, state }
    }

    /// The host vanishes.
    pub fn cut(&self) {
        self.state.send_modify(|state| *state = State { cuts: state.cuts + 1, open: false });
    }

    /// The host is back, and knows nothing of the connections it had.
    pub fn restore(&self) {
        self.state.send_modify(|state| state.open = true);
    }
}

async fn accept(listener: TcpListener, socket: PathBuf, state: watch::Receiver<State>) {
    while let Ok((client, _)) = listener.accept().await {
        let cuts = state.borrow().cuts;
        tokio::spawn(connect(client, socket.clone(), cuts, state.clone()));
    }
}

async fn connect(client: TcpStream, socket: PathBuf, cuts: u32, mut state: watch::Receiver<State>) {
    open(&mut state, cuts).await;
    let Ok(server) = UnixStream::connect(socket).await else { return };
    let ((from_client, to_client), (from_server, to_server)) = (client.into_split(), server.into_split());
    tokio::join!(forward(from_client, to_server, cuts, state.clone()), forward(from_server, to_client, cuts, state));
}

/// Waits until a connection made after so many cuts gets through.
async fn open(state: &mut watch::Receiver<State>, cuts: u32) {
    let opened = state.wait_for(|state| state.open && state.cuts == cuts).await.is_ok();
    if !opened {
        std::future::pending::<()>().await;
    }
}

async fn forward(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    cuts: u32,
    mut state: watch::Receiver<State>,
) {
    let mut bytes = vec![0; 64 * 1024];
    while let Ok(read) = from.read(&mut bytes).await {
        open(&mut state, cuts).await;
        let sent = if read == 0 { to.shutdown().await } else { to.write_all(&bytes[..read]).await };
        if read == 0 || sent.is_err() {
            return;
        }
    }
}
