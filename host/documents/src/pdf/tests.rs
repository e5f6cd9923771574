//! Good, odd and broken PDFs, read in this process.

use super::{made_up::*, *};

fn refused(bytes: &[u8]) -> String {
    read(bytes).unwrap_err().to_string()
}

#[test]
fn pages_are_separated_by_form_feeds() {
    let info = "/Info<</Title(Frogs \\(and others\\))>>";
    let bytes = pages(
        &[drawn("Frogs croak"), stream("", b""), drawn("at night")],
        info,
    );
    let text = read(&bytes).unwrap();
    assert_eq!(text.text, "Frogs croak\n\u{c}\n\u{c}at night\n");
    assert_eq!(text.title.as_deref(), Some("Frogs (and others)"));
    assert_eq!((text.format, text.is_cut), (Format::Plain, false));
}

/// One page with a font that is not there costs that page only.
#[test]
fn a_page_that_cannot_be_read_is_left_out() {
    let broken = stream("", b"BT /F9 24 Tf (lost) Tj ET");
    let bytes = pages(&[drawn("one"), broken.clone(), drawn("three")], "");
    let text = read(&bytes).unwrap();
    assert_eq!(text.text, "one\n\u{c}\n\u{c}three\n");
    assert!(text.is_cut);
    assert!(refused(&pages(&[broken], "")).starts_with("is broken"));
}

#[test]
fn what_has_no_text_says_why() {
    let picture = stream("", b"q 1 0 0 1 0 0 cm Q");
    assert!(refused(&pages(&[picture], "")).starts_with("has no text"));
    assert!(refused(b"%PDF-1.4 and nothing else").starts_with("is broken"));
    assert!(refused(b"").starts_with("is broken"));
    assert!(refused(&pages(&[], "")).starts_with("has no text"));
    let whole = pages(&[drawn("one")], "");
    assert!(refused(&whole[..whole.len() / 2]).starts_with("is broken"));
}

#[test]
fn what_is_encrypted_says_so() {
    let key = "00".repeat(32);
    let rule = format!("<</Filter/Standard/V 1/R 2/P -4/O<{key}>/U<{key}>>>");
    let objects = [
        b"<</Type/Catalog/Pages 2 0 R>>".to_vec(),
        b"<</Type/Pages/Kids[]/Count 0>>".to_vec(),
        rule.into_bytes(),
    ];
    let bytes = pdf(&objects, "/Encrypt 3 0 R/ID[<00><00>]");
    assert!(refused(&bytes).starts_with("is encrypted"));
}

#[test]
fn a_long_text_is_cut() {
    let words = "Frogs croak at night. ".repeat(10);
    let drawings: Vec<_> = (0..10).map(|_| drawn(&words)).collect();
    let text = read_up_to(&pages(&drawings, ""), 1000).unwrap();
    assert!(text.is_cut);
    assert_eq!(text.text.len(), 1000);
    assert_eq!(text.text.matches('\u{c}').count(), 4);
}
