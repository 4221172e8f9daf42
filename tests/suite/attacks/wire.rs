//! What is said below GraphQL: headers, lengths, encodings, and how slowly.

use std::io::Write as _;
use std::process::{Command, Stdio};
use std::time::Duration;

use harness::server::Server;
use infra::auth::SignIn;
use infra::http::Doors;
use infra::http::listen::Listening;
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const LOG: &str = r#"{"query":"{ log { position } }"}"#;
const HEAD: &str = "POST /graphql HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n";

async fn server() -> Server {
    Server::start("2022-07-15T04:00:00Z".parse().unwrap()).await
}

async fn connect(address: &str) -> TcpStream {
    TcpStream::connect(address.strip_prefix("http://").unwrap()).await.unwrap()
}

/// Everything that comes back until the server closes the connection.
async fn heard(mut stream: TcpStream) -> String {
    let mut heard = Vec::new();
    let read = tokio::time::timeout(Duration::from_secs(60), stream.read_to_end(&mut heard)).await;
    // One that is reset while more was on its way is closed, too.
    let _closed = read.expect("the server closes the connection");
    String::from_utf8_lossy(&heard).into_owned()
}

/// What is answered to these bytes, until the server closes the connection.
async fn raw(address: &str, bytes: &[u8]) -> String {
    let mut stream = connect(address).await;
    // A server that has answered need not read on.
    let _sent = stream.write_all(bytes).await;
    heard(stream).await
}

fn statuses(heard: &str) -> Vec<&str> {
    let lines = heard.split("HTTP/1.1 ").skip(1);
    lines.filter_map(|line| line.split_whitespace().next()).collect()
}

async fn goes_on(address: &str) {
    let told =
        raw(address, format!("{HEAD}Connection: close\r\nContent-Length: {}\r\n\r\n{LOG}", LOG.len()).as_bytes()).await;
    assert_eq!(statuses(&told), ["200"], "{told}");
}

/// A body is JSON by its one content type, in UTF-8, as it is; what a form could send without asking first is refused, and no
/// header makes another method of a request.
#[tokio::test]
async fn no_content_type_or_encoding_smuggles_anything_in() {
    let mut server = server().await;
    let address = server.open(SignIn::Development).await;
    let send = async |headers: &[(&str, &str)], body: Vec<u8>| {
        let request = reqwest::Client::new().post(format!("{address}/graphql")).body(body);
        let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        let response = request.send().await.unwrap();
        let status = response.status().as_u16();
        (status, response.json::<Value>().await.unwrap()["errors"][0]["extensions"]["code"].clone())
    };
    let kind = |kind: &'static str| vec![("content-type", kind)];
    let bomb = gzipped(&vec![b' '; 50_000_000]).await;
    assert!(bomb.len() < 100_000, "it is small on the way");
    for (headers, body) in [
        (kind("text/plain"), LOG.as_bytes().to_vec()),
        (kind("text/plain; application/json"), LOG.as_bytes().to_vec()),
        (kind("text/plain;charset=application/json"), LOG.as_bytes().to_vec()),
        (kind("application/json, text/plain"), LOG.as_bytes().to_vec()),
        (kind("application/jsonp"), LOG.as_bytes().to_vec()),
        (kind("application/json; charset=utf-7"), LOG.as_bytes().to_vec()),
        (kind("application/json; charset=utf-8; charset=utf-16"), LOG.as_bytes().to_vec()),
        (vec![("content-type", "application/json"), ("content-type", "text/plain")], LOG.as_bytes().to_vec()),
        (vec![("content-type", "text/plain"), ("content-type", "application/json")], LOG.as_bytes().to_vec()),
        (kind("application/x-www-form-urlencoded"), b"query=%7Blog%7Bposition%7D%7D".to_vec()),
        (
            kind("multipart/form-data; boundary=b"),
            format!("--b\r\nContent-Disposition: form-data; name=\"operations\"\r\n\r\n{LOG}\r\n--b--\r\n")
                .into_bytes(),
        ),
        (vec![("content-type", "application/json"), ("content-encoding", "gzip")], bomb),
        (vec![("content-type", "application/json"), ("content-encoding", "gzip")], LOG.as_bytes().to_vec()),
        (vec![("content-type", "application/json"), ("content-encoding", "identity, br")], LOG.as_bytes().to_vec()),
    ] {
        let said = send(&headers, body).await;
        assert_eq!(said, (415, "request.unsupported_media_type".into()), "{headers:?}");
    }
    let plain = [("content-type", "application/json"), ("content-encoding", "identity")];
    assert_eq!(send(&plain, LOG.as_bytes().to_vec()).await, (200, Value::Null));
    let mutation = "/graphql?query=mutation%7BcloseBranch(input:%7B%7D)%7Bid%7D%7D";
    for method in ["GET", "HEAD"] {
        let told = raw(
            &address,
            format!("{method} {mutation} HTTP/1.1\r\nHost: localhost\r\nX-HTTP-Method-Override: POST\r\nConnection: close\r\n\r\n").as_bytes(),
        )
        .await;
        assert_eq!(statuses(&told), ["405"], "{method}: {told}");
    }
    server.stop().await;
}

/// Compressed by a program that is everywhere, since the tests have no library for it.
async fn gzipped(text: &[u8]) -> Vec<u8> {
    let mut gzip = Command::new("gzip").arg("-c").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut input = gzip.stdin.take().unwrap();
    let text = text.to_vec();
    let written = std::thread::spawn(move || input.write_all(&text));
    let output = tokio::task::spawn_blocking(move || gzip.wait_with_output()).await.unwrap().unwrap();
    written.join().unwrap().unwrap();
    output.stdout
}

/// Where two parties could differ on where a request ends, it is refused, or is the last on its connection: what hides behind it
/// is not answered.
#[tokio::test]
async fn a_request_hidden_in_another_is_not_answered() {
    let mut server = server().await;
    let address = server.open(SignIn::Development).await;
    let hidden = "GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n";
    let chunk = format!("{:x}\r\n{LOG}\r\n0\r\n\r\n", LOG.len());
    let length = LOG.len();
    for (headers, body, first) in [
        (format!("Content-Length: {}\r\nTransfer-Encoding: chunked\r\n", chunk.len() + hidden.len()), &chunk, "200"),
        (format!("Transfer-Encoding: chunked\r\nContent-Length: {}\r\n", chunk.len()), &chunk, "200"),
        (format!("Content-Length: {length}\r\nContent-Length: 5\r\n"), &LOG.to_owned(), "400"),
        (format!("Content-Length: {length}, 5\r\n"), &LOG.to_owned(), "400"),
        (format!("Content-Length: +{length}\r\n"), &LOG.to_owned(), "400"),
        ("Content-Length: -1\r\n".to_owned(), &LOG.to_owned(), "400"),
        ("Content-Length: 99999999999999999999999\r\n".to_owned(), &LOG.to_owned(), "400"),
        ("Transfer-Encoding: xchunked\r\n".to_owned(), &chunk, "400"),
        ("Transfer-Encoding: chunked, identity\r\n".to_owned(), &chunk, "400"),
        ("Transfer-Encoding : chunked\r\n".to_owned(), &chunk, "400"),
        ("Transfer-Encoding\u{b}: chunked\r\n".to_owned(), &chunk, "400"),
        (format!(" Content-Length: {length}\r\n"), &LOG.to_owned(), "400"),
        ("Transfer-Encoding: chunked\r\n".to_owned(), &format!("{:x}\r\n{LOG}", 1_u64 << 40), "400"),
        ("Transfer-Encoding: chunked\r\n".to_owned(), &"fffffffffffffffff\r\nx".to_owned(), "400"),
    ] {
        let mut stream = connect(&address).await;
        let _sent = stream.write_all(format!("{HEAD}{headers}\r\n{body}{hidden}").as_bytes()).await;
        let _ended = stream.shutdown().await;
        let told = heard(stream).await;
        assert_eq!(statuses(&told), [first], "{headers}{body}: {told}");
        assert!(!told.contains("sanping_"), "{headers}: {told}");
    }
    goes_on(&address).await;
    server.stop().await;
}

/// A head has a size and a number of lines.
#[tokio::test]
async fn headers_beyond_measure_are_refused() {
    let mut server = server().await;
    let address = server.open(SignIn::Development).await;
    let many: String = (0..2_000).map(|number| format!("X-{number}: a\r\n")).collect();
    for (what, more) in [
        ("one line of a megabyte", format!("X-Long: {}\r\n", "a".repeat(1 << 20))),
        ("thousands of lines", many),
        ("a name of a megabyte", format!("{}: a\r\n", "X".repeat(1 << 20))),
    ] {
        let told = raw(&address, format!("{HEAD}{more}Content-Length: {}\r\n\r\n{LOG}", LOG.len()).as_bytes()).await;
        assert_eq!(statuses(&told), ["431"], "{what}: {}", told.chars().take(200).collect::<String>());
        goes_on(&address).await;
    }
    let told =
        raw(&address, format!("GET /{} HTTP/1.1\r\nHost: localhost\r\n\r\n", "a".repeat(1 << 17)).as_bytes()).await;
    assert_eq!(statuses(&told), ["414"]);
    goes_on(&address).await;
    server.stop().await;
}

/// What comes as a request id goes back and into the log only as letters, digits, dots, dashes and underscores.
#[tokio::test]
async fn a_request_id_carries_no_header_of_its_own() {
    let mut server = server().await;
    let address = server.open(SignIn::Development).await;
    let ask = async |id: &[u8]| {
        let head = format!("{HEAD}Connection: close\r\nContent-Length: {}\r\nX-Request-Id: ", LOG.len());
        let bytes = [head.as_bytes(), id, b"\r\n\r\n", LOG.as_bytes()].concat();
        raw(&address, &bytes).await
    };
    for (id, status) in [
        (b"a\rSet-Cookie: x=1".as_slice(), "400"),
        (b"a\0b", "400"),
        (b"a\nSet-Cookie: x=1", "200"),
        (b"a%0d%0aSet-Cookie:%20x=1", "200"),
        ("a\u{2028}b\u{560d}\u{560a}Set-Cookie: x=1".as_bytes(), "200"),
        (b"{{7*7}} ${jndi:ldap://x}", "200"),
        (b"\x1b[31mred", "400"),
        (&[b'a'; 3_000], "200"),
    ] {
        let told = ask(id).await;
        assert_eq!(statuses(&told), [status], "{id:?}: {told}");
        let head = told.split("\r\n\r\n").next().unwrap().to_lowercase();
        assert!(!head.contains("set-cookie") && !head.contains("7*7") && !head.contains('\u{1b}'), "{head}");
        if status == "200" {
            let given = head.lines().find_map(|line| line.strip_prefix("x-request-id: ")).unwrap().trim().to_owned();
            let sane = |one: char| one.is_ascii_alphanumeric() || ".-_".contains(one);
            assert!(given.len() <= 64 && given.chars().all(sane), "{given}");
        }
    }
    server.stop().await;
}

/// Who sends a byte now and then is cut off, whether in the head or in the body; who does so on every connection there may be
/// keeps others waiting no longer than that.
#[tokio::test]
async fn who_sends_slowly_is_cut_off_and_makes_room() {
    let mut server = server().await;
    let listening = Listening { head: Duration::from_millis(400), most: 3 };
    let doors = Doors { listening, latest: Duration::from_millis(800), ..Doors::of(&server.app, SignIn::Development) };
    let address = server.open_as(doors).await;
    let slow = async |first: String| {
        let mut stream = connect(&address).await;
        stream.write_all(first.as_bytes()).await.unwrap();
        // A byte now and then, for as long as the server takes them.
        let (mut from, mut to) = stream.into_split();
        let sends = tokio::spawn(async move {
            while to.write_all(b"a").await.is_ok() {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        });
        let mut told = String::new();
        let _closed = tokio::time::timeout(Duration::from_secs(60), from.read_to_string(&mut told)).await.unwrap();
        sends.abort();
        told
    };
    let told = slow("POST /graphql HTTP/1.1\r\nHost: localhost\r\nX-Slow: ".to_owned()).await;
    assert!(!told.contains(" 200 "), "{told}");
    let told = slow(format!("{HEAD}Connection: close\r\nContent-Length: 100000\r\n\r\n")).await;
    assert!(statuses(&told) == ["503"] && told.contains("request.too_late"), "{told}");
    // Nothing at all is said on as many connections as there may be.
    let mut silent = Vec::new();
    for _ in 0..3 {
        silent.push(connect(&address).await);
    }
    goes_on(&address).await;
    drop(silent);
    server.stop().await;
}
