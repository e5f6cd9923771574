//! A name server that the tests play: it knows one name, and is silent about all others.

use std::{net::UdpSocket, thread};

/// The name that is known; its address is 127.0.0.1.
pub const KNOWN: &str = "known.test";

/// Starts the server; where it listens.
pub fn start() -> String {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    let address = socket.local_addr().unwrap();
    thread::spawn(move || {
        let mut buffer = [0; 512];
        while let Ok((length, peer)) = socket.recv_from(&mut buffer) {
            if let Some(answer) = answer(&buffer[..length]) {
                socket.send_to(&answer, peer).unwrap();
            }
        }
    });
    address.to_string()
}

/// The answer to a question about [`KNOWN`] (RFC 1035, 4.1).
fn answer(question: &[u8]) -> Option<Vec<u8>> {
    let name: Vec<u8> = KNOWN
        .split('.')
        .flat_map(|label| [&[u8::try_from(label.len()).unwrap()], label.as_bytes()].concat())
        .chain([0])
        .collect();
    let rest = question.get(12..)?.strip_prefix(&name[..])?;
    let asks_for_ipv4 = rest.starts_with(&[0, 1]);
    let mut answer = question.get(..2)?.to_vec();
    // An answer, with recursion; one question, and what is found; neither authorities nor more.
    answer.extend([0x81, 0x80, 0, 1, 0, u8::from(asks_for_ipv4), 0, 0, 0, 0]);
    answer.extend(&name);
    answer.extend(rest.get(..4)?);
    if asks_for_ipv4 {
        // The name above, an address of the internet, for a minute, four bytes.
        answer.extend([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 127, 0, 0, 1]);
    }
    Some(answer)
}
