//! What a file may cost: this program starts itself to read, as the command line does.
//!
//! Without the harness, whose arguments are not those of the verb.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::indexing_slicing,
    reason = "tests fall over when something is wrong: that is how they fail"
)]

use std::{fmt::Write as _, process::ExitCode};

use ravenry_base::worker;
use ravenry_documents::{Format, Kind, ReadError, VERB, read, run};

#[path = "../../src/pdf/made_up.rs"]
mod made_up;

use self::made_up::{drawn, pages, stream};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [verb, flag, kind] = arguments.as_slice()
        && (verb.as_str(), flag.as_str()) == (VERB, "--kind")
    {
        let done = run(kind.parse().unwrap());
        if let Err(words) = &done {
            eprintln!("{words}");
        }
        return if done.is_ok() {
            ExitCode::SUCCESS
        } else {
            ExitCode::FAILURE
        };
    }
    // Of a harness: what tests are there?
    if arguments.iter().any(|argument| argument == "--list") {
        return ExitCode::SUCCESS;
    }
    worker::enable();
    good_files_are_read();
    files_without_text_say_why();
    a_pdf_that_unfolds_is_stopped();
    a_pdf_in_itself_is_stopped();
    a_page_with_many_attributes_comes_to_an_end();
    println!("a process for each file: ok");
    ExitCode::SUCCESS
}

fn good_files_are_read() {
    let info = "/Info<</Title(All about frogs)>>";
    let text = read(Kind::Pdf, &pages(&[drawn("Frogs"), drawn("croak")], info)).unwrap();
    assert_eq!(text.text, "Frogs\n\u{c}croak\n");
    assert_eq!(text.title.as_deref(), Some("All about frogs"));
    assert_eq!((text.format, text.is_cut), (Format::Plain, false));
    let text = read(Kind::Html, b"<title>T</title><h1>Frogs</h1><p>They croak").unwrap();
    assert_eq!(text.text, "# Frogs\n\nThey croak\n");
    assert_eq!(text.title.as_deref(), Some("T"));
    assert_eq!((text.format, text.is_cut), (Format::Markdown, false));
    let long = "<p>a paragraph".repeat(1_000_000);
    let text = read(Kind::Html, long.as_bytes()).unwrap();
    assert_eq!(text.text.len(), ravenry_documents::TEXT_BYTES_MAX);
    assert!(text.is_cut);
}

fn files_without_text_say_why() {
    let error = |kind, bytes: &[u8]| read(kind, bytes).unwrap_err();
    assert!(matches!(error(Kind::Pdf, b"%PDF-1.4"), ReadError::Broken));
    let empty = pages(&[stream("", b"")], "");
    assert!(matches!(error(Kind::Pdf, &empty), ReadError::NoText));
    assert!(matches!(error(Kind::Html, b"<p>a\0b"), ReadError::Binary));
    assert!(matches!(error(Kind::Html, b"<script>a"), ReadError::NoText));
}

/// Spaces, packed: more than a process may hold come of some megabytes.
fn a_pdf_that_unfolds_is_stopped() {
    let bomb = stream("/Filter/FlateDecode", &spaces(2 * 1024 * 1024 * 1024));
    let error = read(Kind::Pdf, &pages(&[bomb], "")).unwrap_err();
    assert!(matches!(error, ReadError::TooMuchMemory), "{error}");
}

/// As many spaces or a few more, in the format of zlib: one, and that repeated by the longest copies that there are.
fn spaces(count: usize) -> Vec<u8> {
    let mut bytes = vec![0x78, 0x01];
    let (mut held, mut bits) = (0_u32, 0);
    let mut put = |value: u32, width: u32| {
        held |= value << bits;
        bits += width;
        while bits >= 8 {
            bytes.push(held.to_le_bytes()[0]);
            held >>= 8;
            bits -= 8;
        }
    };
    // The last block, with the fixed code; then a space.
    put(0b011, 3);
    put(u32::from(0x30_u8 + b' ').reverse_bits() >> 24, 8);
    for _ in 0..count / 258 {
        // 258 bytes, from one byte before.
        put(0b1100_0101_u32.reverse_bits() >> 24, 8);
        put(0, 5);
    }
    // The end of the block.
    put(0, 7);
    put(0, 7);
    bytes
}

/// A drawing that draws itself, for ever.
fn a_pdf_in_itself_is_stopped() {
    let form = "/Type/XObject/Subtype/Form/BBox[0 0 9 9]/Resources<</XObject<</A 6 0 R>>>>";
    let objects = [
        b"<</Type/Catalog/Pages 2 0 R>>".to_vec(),
        b"<</Type/Pages/Kids[4 0 R]/Count 1>>".to_vec(),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>".to_vec(),
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Contents 5 0 R\
          /Resources<</XObject<</A 6 0 R>>>>>>"
            .to_vec(),
        stream("", b"/A Do"),
        stream(form, b"/A Do /A Do"),
    ];
    let error = read(Kind::Pdf, &made_up::pdf(&objects, "")).unwrap_err();
    assert!(
        matches!(error, ReadError::Broken | ReadError::TooLong),
        "{error}"
    );
}

/// Their time grows with the square of their number; what stands before them is read.
fn a_page_with_many_attributes_comes_to_an_end() {
    let mut page = "<p>first<p".to_owned();
    for number in 0..2_000_000 {
        write!(page, " a{number}").unwrap();
    }
    page.push_str(">second");
    let text = read(Kind::Html, page.as_bytes()).unwrap();
    assert_eq!(text.text, "first\n");
    assert!(text.is_cut);
}
