//! The reply, and the file taken apart: every box ends where it says, and every picture is where the
//! table says.

use super::{Video, film};
use ravenry_sdk::testing;
use std::collections::BTreeMap;

/// All boxes of a file by their path, each with where its content starts.
fn boxes(bytes: &[u8], start: usize, path: &str, found: &mut BTreeMap<String, (usize, Vec<u8>)>) {
    let mut at = 0;
    while at < bytes.len() {
        let length = u32::from_be_bytes(bytes[at..at + 4].try_into().unwrap()) as usize;
        let name = std::str::from_utf8(&bytes[at + 4..at + 8]).unwrap();
        let content = &bytes[at + 8..at + length];
        let path = format!("{path}/{name}");
        if ["moov", "trak", "mdia", "minf", "dinf", "stbl"].contains(&name) {
            boxes(content, start + at + 8, &path, found);
        }
        assert!(
            found
                .insert(path, (start + at + 8, content.to_vec()))
                .is_none()
        );
        at += length;
    }
    assert_eq!(at, bytes.len(), "{path}");
}

fn numbers(bytes: &[u8]) -> Vec<usize> {
    let number = |bytes: &[u8]| u32::from_be_bytes(bytes.try_into().unwrap()) as usize;
    bytes.chunks(4).map(number).collect()
}

#[test]
fn a_video_is_attached_and_then_announced() {
    let transcript = testing::ask(&Video, "hi");
    assert_eq!(
        transcript.to_string(),
        r#"file {"url":"https://files.test/1","content_type":"video/mp4","name":"tiger.mp4"}
text {"text":"Attached a video."}
done {}
"#
    );
    assert_eq!(
        transcript.uploads[0].bytes.as_deref(),
        Some(&film::tiger()[..])
    );
}

#[test]
fn every_picture_is_where_the_table_says() {
    let film = film::tiger();
    let mut found = BTreeMap::new();
    boxes(&film, 0, "", &mut found);
    let table = |name: &str| numbers(&found[&format!("/moov/trak/mdia/minf/stbl/{name}")].1);
    let (sizes, places) = (table("stsz"), table("stco"));
    let mut at = places[2];
    assert_eq!(at, found["/mdat"].0);
    assert_eq!(sizes[2], sizes[3..].len());
    for size in &sizes[3..] {
        let unit = &film[at..at + size];
        assert_eq!(numbers(&unit[..4]), [size - 4]);
        // A picture that stands alone, without anything that looks like the start of another.
        assert_eq!(unit[4], 0x65);
        assert!(
            !unit[4..]
                .windows(3)
                .any(|three| three[..2] == [0, 0] && three[2] < 4)
        );
        at += size;
    }
    assert_eq!(at, found["/mdat"].0 + found["/mdat"].1.len());
}

#[test]
fn the_tiger_moves() {
    let film = film::tiger();
    let mut found = BTreeMap::new();
    boxes(&film, 0, "", &mut found);
    let pictures = &found["/mdat"].1;
    let size = numbers(&pictures[..4])[0] + 4;
    let mut seen: Vec<&[u8]> = pictures.chunks(size).collect();
    let count = seen.len();
    seen.dedup();
    assert_eq!((count, seen.len()), (24, 24));
}
