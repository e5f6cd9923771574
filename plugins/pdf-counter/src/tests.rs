//! Conversations with PDFs, PDFs as programs write them, and PDFs as nobody should.

use super::pdf::pages;
use super::{PDF_BYTES_MAX, PdfCounter};
use miniz_oxide::deflate::compress_to_vec_zlib;
use proptest::prelude::*;
use ravenry_sdk::testing::Scene;
use ravenry_sdk::{Attachment, Bot, Message};

/// A PDF 1.4 with so many pages, without its table of offsets, which nobody reads here.
fn plain(pages: u32) -> Vec<u8> {
    let kids: String = (0..pages)
        .map(|page| format!("{} 0 R ", page + 3))
        .collect();
    let page = |page: u32| format!("{} 0 obj\n<</Type/Page/Parent 2 0 R>>\nendobj\n", page + 3);
    let each: String = (0..pages).map(page).collect();
    format!(
        "%PDF-1.4\n%\u{e2}\u{e3}\n\
         1 0 obj\n<< /Type /Catalog /Pages 2 0 R /Lang (en) >>\nendobj\n\
         2 0 obj\n<< /Kids [{kids}] /Count {pages} /Type /Pages >>\nendobj\n{each}\
         trailer\n<< /Size 9 /ID [<00> <01>] /Root 1 0 R /Info 7 0 R >>\nstartxref\n0\n%%EOF\n"
    )
    .into_bytes()
}

/// An object with a stream.
fn stream(head: &str, data: &[u8]) -> Vec<u8> {
    let length = data.len();
    let mut object = format!("{head} /Length {length} >>\nstream\r\n").into_bytes();
    object.extend(data);
    object.extend(b"\nendstream\nendobj\n");
    object
}

/// A PDF 1.5 whose objects are compressed: `objects` by number.
fn packed(objects: &[(u32, &str)]) -> Vec<u8> {
    let (mut pairs, mut text) = (String::new(), String::new());
    for (id, object) in objects {
        pairs += &format!("{id} {} ", text.len());
        text += &format!("{object} ");
    }
    let data = compress_to_vec_zlib(format!("{pairs}{text}").as_bytes(), 6);
    let (count, first) = (objects.len(), pairs.len());
    let head = "<< /Type /ObjStm /Filter [/FlateDecode]";
    let head = format!("9 0 obj {head} /N {count} /First {first}");
    let mut file = b"%PDF-1.5\n".to_vec();
    file.extend(stream(&head, &data));
    file.extend(stream("8 0 obj <</Type/XRef/Root 1 0 R", b"\x01\x02(\\"));
    file
}

fn attached(names: &[(&str, &str)]) -> Message {
    let file = |(name, kind): &(&str, &str)| Attachment {
        url: format!("https://files.test/{name}"),
        content_type: (*kind).to_owned(),
        name: (*name).to_owned(),
        ..Attachment::default()
    };
    Message {
        attachments: names.iter().map(file).collect(),
        ..Message::user("How many?")
    }
}

const PDF: &str = "application/pdf";

#[test]
fn pdfs_are_counted_from_the_newest_to_the_oldest() {
    let scene = Scene::default()
        .attachment("https://files.test/old.pdf", plain(3))
        .attachment("https://files.test/new.pdf", plain(1))
        .attachment("https://files.test/odd.pdf", "no PDF at all");
    let query = vec![
        attached(&[("old.pdf", PDF), ("cat.png", "image/png")]),
        attached(&[]),
        attached(&[("new.pdf", PDF), ("odd.pdf", PDF), ("gone.pdf", PDF)]),
    ];
    assert_eq!(
        scene.ask(&PdfCounter, query).to_string(),
        r#"text {"text":"Iterating over the pdfs uploaded in this conversation ..."}
text {"text":"new.pdf has 1 pages.\n"}
text {"text":"Failed to retrieve the document.\n"}
text {"text":"Failed to retrieve the document.\n"}
text {"text":"old.pdf has 3 pages.\n"}
done {}
"#
    );
}

#[test]
fn what_is_too_large_is_not_read_and_the_next_one_is() {
    let huge = vec![b' '; PDF_BYTES_MAX as usize + 1];
    let scene = Scene::default()
        .attachment("https://files.test/huge.pdf", huge)
        .attachment("https://files.test/a.pdf", plain(2));
    let query = vec![attached(&[("huge.pdf", PDF), ("a.pdf", PDF)])];
    let said = scene.ask(&PdfCounter, query).text();
    assert!(
        said.ends_with("...Failed to retrieve the document.\na.pdf has 2 pages.\n"),
        "{said}"
    );
}

#[test]
fn a_conversation_has_room_for_so_many_bytes_and_no_more() {
    let mut pdf = plain(1);
    pdf.resize(PDF_BYTES_MAX as usize, b' ');
    let names = ["a.pdf", "b.pdf", "c.pdf", "d.pdf", "e.pdf"];
    let scene = names.iter().fold(Scene::default(), |scene, name| {
        scene.attachment(format!("https://files.test/{name}"), pdf.clone())
    });
    let files = names.map(|name| (name, PDF));
    let said = scene.ask(&PdfCounter, vec![attached(&files)]).text();
    assert!(
        said.ends_with("d.pdf has 1 pages.\nFailed to retrieve the document.\n"),
        "{said}"
    );
}

#[test]
fn people_may_attach_files_and_models_need_not_see_them() {
    assert_eq!(PdfCounter.settings().allow_attachments, Some(true));
    assert!(!PdfCounter.inserts_attachments());
}

#[test]
fn pages_are_counted_however_objects_are_kept() {
    for count in [1, 2, 1000] {
        assert_eq!(pages(&plain(count)), Some(count));
    }
    let catalog = "<</Type/Catalog/Pages 2 0 R>>";
    let root = "<</Type/Pages/Count 7/Kids[3 0 R]>>";
    assert_eq!(
        pages(&packed(&[(1, catalog), (4, "[1 2]"), (2, root)])),
        Some(7)
    );
    // Later objects of the same number take the place of earlier ones, in whatever form.
    let mut updated = plain(3);
    updated.extend(packed(&[(2, "<</Type/Pages/Count 4>>")]));
    assert_eq!(pages(&updated), Some(4));
    updated.extend(b"2 0 obj<</Type/Pages/Count 5>>endobj");
    assert_eq!(pages(&updated), Some(5));
}

/// Text that looks like an object, where none can be.
#[test]
fn strings_comments_and_streams_are_not_read_as_objects() {
    let mut file = plain(3);
    file.extend(b"% 2 0 obj<</Type/Pages/Count 9>>\n");
    file.extend(b"5 0 obj (\\) ( ) 2 0 obj<</Type/Pages/Count 9>>) endobj\n");
    file.extend(stream(
        "6 0 obj <</A (<<)",
        b"2 0 obj<</Type/Pages/Count 9>>",
    ));
    file.extend(b"7 0 obj << /B << /Type /Pages /Count 9 >> /C [ /Type /Pages ] >> endobj\n");
    assert_eq!(pages(&file), Some(3));
}

/// What a hostile file may be: never more than a document that cannot be counted.
#[test]
fn hostile_files_are_documents_without_pages() {
    let zeros = vec![b' '; 40 << 20];
    let bomb = compress_to_vec_zlib(&zeros, 1);
    let packed = |head: &str, data: &[u8]| {
        let head = format!("1 0 obj << /Type /ObjStm {head}");
        [b"%PDF-1.5\n".to_vec(), stream(&head, data)].concat()
    };
    let many = |text: &str| {
        [
            b"%PDF-1.4\n",
            text.repeat((4 << 20) / text.len()).as_bytes(),
        ]
        .concat()
    };
    let again = format!("{}({}", "3 0 ".repeat(100_000), "(".repeat(1 << 20));
    let rows: [(&str, Vec<u8>); 15] = [
        ("nothing", Vec::new()),
        ("a head", b"%PDF-1.4".to_vec()),
        (
            "no trailer",
            b"%PDF-1.4 2 0 obj<</Type/Pages/Count 9>>".to_vec(),
        ),
        (
            "itself",
            b"%PDF-1.4 1 0 obj<</Type/Catalog/Pages 1 0 R>> <</Root 1 0 R>>".to_vec(),
        ),
        ("no pages", plain(0)),
        (
            "too many",
            String::from_utf8(plain(1))
                .unwrap()
                .replace("/Count 1", "/Count 4294967296")
                .into_bytes(),
        ),
        (
            "negative",
            String::from_utf8(plain(1))
                .unwrap()
                .replace("/Count 1", "/Count -1")
                .into_bytes(),
        ),
        (
            "a bomb",
            packed("/Filter /FlateDecode /N 1 /First 4", &bomb),
        ),
        (
            "no zlib",
            packed("/Filter /FlateDecode /N 1 /First 4", b"1 0 <<>>"),
        ),
        ("a far object", packed("/N 1 /First 4", b"1 9999999 <<")),
        (
            "the same again",
            packed("/N 4294967295 /First 400000", again.as_bytes()),
        ),
        ("depth", many("<<[")),
        ("elements", many("[/")),
        ("strings", many("((")),
        ("objects", many("1 0 obj<</Type/Pages/A(\\")),
    ];
    for (case, file) in rows {
        assert_eq!(pages(&file), None, "{case}");
    }
}

proptest! {
    /// Bytes are lost, changed and doubled anywhere: it ends, and it does not panic.
    #[test]
    fn no_damaged_file_panics(
        compressed: bool,
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0..3), 1..20),
    ) {
        let objects = [(1, "<</Type/Catalog/Pages 2 0 R>>"), (2, "<</Type/Pages/Count 7>>")];
        let mut file = if compressed { packed(&objects) } else { plain(3) };
        for (place, byte, change) in changes {
            let place = place.index(file.len());
            match change {
                0 => file[place] = byte,
                1 => file.truncate(place.max(1)),
                _ => file.insert(place, byte),
            }
        }
        let _ = pages(&file);
    }
}
