//! A server on this machine that answers what it is told to.

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
    sync::mpsc,
};

use super::*;

/// Answers each request with the same bytes, and closes the connection. Says what was asked.
async fn server(answer: impl Into<Vec<u8>>) -> (Url, mpsc::Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/v1/embeddings", listener.local_addr().unwrap());
    let (sender, asked) = mpsc::channel(64);
    let answer = answer.into();
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut request = vec![0; 64 * 1024];
            let mut length = 0;
            // To the end of the JSON: nothing else is sent.
            while !request[..length].ends_with(b"}") {
                length += stream.read(&mut request[length..]).await.unwrap();
            }
            let request = String::from_utf8_lossy(&request[..length]).into_owned();
            let _ = sender.try_send(request);
            // Whoever has read enough closes the connection.
            let _ = stream.write_all(&answer).await;
            let _ = stream.shutdown().await;
        }
    });
    (Url::parse(&url).unwrap(), asked)
}

fn response(status: &str, body: &str) -> String {
    format!(
        "HTTP/1.1 {status}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    )
}

fn remote(url: Url) -> Remote {
    let key = Some(Secret::new("planted-key".to_owned()));
    Remote::new(url, "small".to_owned(), key, &Egress::new(Vec::new()))
}

async fn ask(remote: &Remote, texts: &[&str]) -> Result<Vec<Vec<f32>>, String> {
    let texts: Vec<String> = texts.iter().map(|&text| text.to_owned()).collect();
    let asked = remote.ask(&texts).await;
    asked
        .map(|it| it.vectors)
        .map_err(|error| error.to_string())
}

/// What becomes of an answer to two texts.
async fn asked(answer: String) -> Result<Vec<Vec<f32>>, String> {
    let (url, _asked) = server(answer).await;
    ask(&remote(url), &["a", "b"]).await
}

#[tokio::test]
async fn texts_are_sent_with_model_and_key_and_vectors_come_in_their_order() {
    let body = r#"{"object":"list","data":[{"index":1,"embedding":[0.5,-1e-3]},{"index":0,"embedding":[1,2]}],"model":"x"}"#;
    let (url, mut asked) = server(response("200 OK", body)).await;
    let vectors = ask(&remote(url), &["a", "ä\n"]).await;
    assert_eq!(vectors.unwrap(), [[1.0, 2.0], [0.5, -0.001]]);
    let request = asked.recv().await.unwrap();
    let (head, body) = request.split_once("\r\n\r\n").unwrap();
    let head = head.to_ascii_lowercase();
    assert!(
        head.starts_with("post /v1/embeddings http/1.1\r\n"),
        "{head}"
    );
    assert!(
        head.contains("\r\nauthorization: bearer planted-key"),
        "{head}"
    );
    assert!(
        head.contains("\r\ncontent-type: application/json"),
        "{head}"
    );
    assert_eq!(body, r#"{"model":"small","input":["a","ä\n"]}"#);
}

#[tokio::test]
async fn vectors_of_another_length_than_before_are_refused() {
    let (url, _asked) = server(response("200 OK", "")).await;
    let remote = remote(url);
    let two = || vec![vec![1.0, 2.0]];
    assert_eq!(remote.as_long_as_before(two()), Ok(two()));
    let why = remote.as_long_as_before(vec![vec![1.0]]).unwrap_err();
    assert_eq!(why, "its vectors have 1 numbers, and had 2 before");
    assert_eq!(remote.as_long_as_before(two()), Ok(two()));
}

#[tokio::test]
async fn what_is_no_answer_is_said_without_the_key() {
    let ok = |body: &str| response("200 OK", body);
    for (answer, why) in [
        (
            response("401 Unauthorized", "wrong key: planted-key"),
            "has answered 401 Unauthorized (wrong key: ***)",
        ),
        (
            response("500 Oops", ""),
            "has answered 500 Internal Server Error",
        ),
        (
            "HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\n\r\n"
                .to_owned(),
            "302 Found (redirects are not followed)",
        ),
        (
            ok("planted"),
            "is of no use: it is not the JSON that was expected, at line 1",
        ),
        (ok(r#"{"data": []}"#), "0 vectors came for 2 texts"),
        (
            ok(r#"{"data": [{"embedding": [1]}]}"#),
            "1 vectors came for 2 texts",
        ),
        (
            ok(r#"{"data": [{"index":0,"embedding":[1]},{"index":0,"embedding":[1]}]}"#),
            "more than one vector",
        ),
        (
            ok(r#"{"data": [{"index":0,"embedding":[1]},{"index":7,"embedding":[1]}]}"#),
            "more than one vector",
        ),
        (
            ok(r#"{"data": [{"embedding":[1]},{"embedding":[1,2]}]}"#),
            "not the same length",
        ),
        (
            ok(r#"{"data": [{"embedding":[0,0]},{"embedding":[1,2]}]}"#),
            "nothing but zeros",
        ),
        (
            ok(r#"{"data": [{"embedding":[]},{"embedding":[]}]}"#),
            "have 0 numbers",
        ),
        (
            ok(r#"{"data": [{"embedding":[1e39]},{"embedding":[1]}]}"#),
            "it is not the JSON that was expected",
        ),
        (
            "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{".to_owned(),
            "ended in the middle",
        ),
        ("nonsense".to_owned(), "is not HTTP"),
        (
            ok(&" ".repeat((16 << 20) + 1)),
            "longer than 16777216 bytes",
        ),
    ] {
        let said = asked(answer).await.unwrap_err();
        assert!(said.contains(why), "{why}: {said}");
        assert!(!said.contains("planted"), "{said}");
    }
}

#[tokio::test]
async fn a_server_that_is_away_is_left_alone_for_a_while() {
    let (url, mut asked) = server(response("503 Service Unavailable", "")).await;
    let remote = remote(url);
    let said = ask(&remote, &["a"]).await.unwrap_err();
    assert_eq!(ask(&remote, &["a"]).await, Err(said));
    asked.try_recv().unwrap();
    asked.try_recv().unwrap_err();
    tokio::time::sleep(Duration::from_millis(1100)).await;
    ask(&remote, &["a"]).await.unwrap_err();
    asked.try_recv().unwrap();

    let closed = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", closed.local_addr().unwrap());
    drop(closed);
    let said = ask(&self::remote(Url::parse(&url).unwrap()), &["a"]).await;
    let said = said.unwrap_err();
    assert!(
        said.ends_with("`127.0.0.1` cannot be asked: the connection was refused"),
        "{said}"
    );
}
