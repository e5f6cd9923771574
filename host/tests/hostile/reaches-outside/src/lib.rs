//! Tries the file system, sockets and outbound HTTP; says how each attempt ended.

use raw::wasip2::http::{outgoing_handler, types};
use std::net::{TcpListener, TcpStream, UdpSocket};

struct Bot;

fn http() -> String {
    let request = types::OutgoingRequest::new(types::Fields::new());
    let _ = request.set_scheme(Some(&types::Scheme::Http));
    let _ = request.set_authority(Some("127.0.0.1:80"));
    let _ = request.set_path_with_query(Some("/"));
    match outgoing_handler::handle(request, None) {
        Err(code) => format!("refused at once: {code:?}"),
        Ok(future) => {
            future.subscribe().block();
            match future.get() {
                Some(Ok(Err(code))) => format!("refused later: {code:?}"),
                other => format!("answered: {}", other.is_some()),
            }
        }
    }
}

fn outcome<T>(result: std::io::Result<T>) -> &'static str {
    if result.is_ok() { "allowed" } else { "refused" }
}

impl raw::Odd for Bot {
    fn respond(query: raw::Query) -> Result<(), raw::Failure> {
        let port = raw::last_text(&query).to_owned();
        let mut lines = vec![
            format!("list /: {}", outcome(std::fs::read_dir("/"))),
            format!("list .: {}", outcome(std::fs::read_dir("."))),
            format!("read: {}", outcome(std::fs::read("/etc/passwd"))),
            format!("write: {}", outcome(std::fs::write("/tmp/x", "x"))),
            format!(
                "connect: {}",
                outcome(TcpStream::connect(format!("127.0.0.1:{port}")))
            ),
            format!(
                "resolve: {}",
                outcome(TcpStream::connect(format!("localhost:{port}")))
            ),
            format!("listen: {}", outcome(TcpListener::bind("127.0.0.1:0"))),
            format!("datagram: {}", outcome(UdpSocket::bind("127.0.0.1:0"))),
            format!("http: {}", http()),
        ];
        lines.push(String::new());
        let _ = raw::reply::text(&lines.join("\n"));
        Ok(())
    }
}

raw::export!(Bot);
