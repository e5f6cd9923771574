//! PDFs for tests, byte by byte.

use std::fmt::Write as _;

/// A PDF of these objects, which are numbered from 1; the first is its catalog. More may stand in its trailer.
pub(crate) fn pdf(objects: &[Vec<u8>], trailer: &str) -> Vec<u8> {
    let mut document = b"%PDF-1.4\n".to_vec();
    let mut table = "0000000000 65535 f \n".to_owned();
    for (index, object) in objects.iter().enumerate() {
        writeln!(table, "{:010} 00000 n ", document.len()).unwrap();
        document.extend(format!("{} 0 obj\n", index + 1).bytes());
        document.extend(object);
        document.extend(b"\nendobj\n");
    }
    let at = document.len();
    let size = objects.len() + 1;
    let end = format!(
        "xref\n0 {size}\n{table}trailer\n<</Size {size}/Root 1 0 R{trailer}>>\nstartxref\n{at}\n%%EOF\n"
    );
    document.extend(end.bytes());
    document
}

/// A stream with this in its dictionary.
pub(crate) fn stream(dictionary: &str, bytes: &[u8]) -> Vec<u8> {
    let begin = format!("<<{dictionary}/Length {}>>\nstream\n", bytes.len());
    [begin.as_bytes(), bytes, b"\nendstream"].concat()
}

/// A PDF whose pages draw what is in these streams, with a font that is called `F1`.
pub(crate) fn pages(streams: &[Vec<u8>], trailer: &str) -> Vec<u8> {
    let count = streams.len();
    let mut kids = String::new();
    for page in 0..count {
        write!(kids, "{} 0 R ", 4 + 2 * page).unwrap();
    }
    let mut objects = vec![
        b"<</Type/Catalog/Pages 2 0 R>>".to_vec(),
        format!("<</Type/Pages/Kids[{kids}]/Count {count}>>").into_bytes(),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>".to_vec(),
    ];
    for (page, stream) in streams.iter().enumerate() {
        let page = format!(
            "<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Contents {} 0 R\
             /Resources<</Font<</F1 3 0 R>>>>>>",
            5 + 2 * page
        );
        objects.extend([page.into_bytes(), stream.clone()]);
    }
    pdf(&objects, trailer)
}

/// What draws these words.
pub(crate) fn drawn(words: &str) -> Vec<u8> {
    let drawn = format!("BT /F1 24 Tf 72 700 Td ({words}) Tj ET");
    stream("", drawn.as_bytes())
}
