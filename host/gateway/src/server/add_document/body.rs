//! The body of a request that brings documents: read into them, or what is wrong with it and where.

use ravenry_protocol::{json, shown};
use ravenry_store::{
    DOCUMENT_ID_BYTES_MAX, DOCUMENT_SOURCE_BYTES_MAX, DOCUMENT_TEXT_BYTES_MAX,
    DOCUMENT_TITLE_BYTES_MAX, DocumentFormat, DocumentOrigin, NewDocument,
};
use serde_json::{Map, Value};

/// How much of an unknown format is repeated, in characters.
const FORMAT_CHARS_MAX: usize = 40;

/// Why a body is none. Of its values none is repeated, but the beginning of a format.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum BodyError {
    /// It is no JSON.
    #[error("the body is not JSON: {0}")]
    Syntax(
        /// What the parser says, with line and column.
        String,
    ),
    /// Something is of another type than it should be.
    #[error("{place} should be {expected}, but is {found}")]
    Type {
        /// Where it is.
        place: String,
        /// What belongs there, with an article.
        expected: &'static str,
        /// What is there, with an article.
        found: &'static str,
    },
    /// A member is not there.
    #[error("`{0}` is missing")]
    Missing(
        /// Where it should be.
        String,
    ),
    /// An identifier without anything in it.
    #[error("`{0}` is empty")]
    Empty(
        /// Where it is.
        String,
    ),
    /// A text is longer than it may be.
    #[error("`{place}` has {given} bytes, and may have {limit}")]
    TooLong {
        /// Where it is.
        place: String,
        /// In bytes.
        given: usize,
        /// In bytes.
        limit: usize,
    },
    /// A format that there is not.
    #[error("`{place}` may be `markdown` or `plain`, but is {found}")]
    Format {
        /// Where it is.
        place: String,
        /// Its beginning, as it may be shown.
        found: String,
    },
}

/// The documents in a body: in `documents`, or one that is all of it. Members of other names are passed over, and `null`
/// means the same as absent.
///
/// # Errors
/// The first that is wrong with it.
pub(super) fn read(body: &[u8]) -> Result<Vec<NewDocument>, BodyError> {
    let body: Value =
        serde_json::from_slice(body).map_err(|error| BodyError::Syntax(error.to_string()))?;
    let mut members = object(body, || "the body".to_owned())?;
    match members.remove("documents") {
        None | Some(Value::Null) => {
            // Whoever sends nothing of a document means several, as a rule.
            let is_one = ["doc_id", "text"]
                .iter()
                .any(|name| members.contains_key(*name));
            if !is_one {
                return Err(BodyError::Missing("documents".to_owned()));
            }
            Ok(vec![document(members, "")?])
        }
        Some(Value::Array(items)) => {
            let each = items.into_iter().enumerate();
            each.map(|(index, item)| {
                let members = object(item, || format!("`documents[{index}]`"))?;
                document(members, &format!("documents[{index}]."))
            })
            .collect()
        }
        Some(other) => Err(wrong("`documents`".to_owned(), "an array", &other)),
    }
}

/// A document of these members, of which each is named with this before it.
fn document(mut members: Map<String, Value>, within: &str) -> Result<NewDocument, BodyError> {
    let mut text = |name: &str, limit: usize| {
        let place = || format!("{within}{name}");
        match members.remove(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) if text.len() > limit => Err(BodyError::TooLong {
                place: place(),
                given: text.len(),
                limit,
            }),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(other) => Err(wrong(format!("`{}`", place()), "a string", &other)),
        }
    };
    let missing = |name: &str| BodyError::Missing(format!("{within}{name}"));
    let id = text("doc_id", DOCUMENT_ID_BYTES_MAX)?.ok_or_else(|| missing("doc_id"))?;
    if id.is_empty() {
        return Err(BodyError::Empty(format!("{within}doc_id")));
    }
    let said = text("text", DOCUMENT_TEXT_BYTES_MAX)?.ok_or_else(|| missing("text"))?;
    let title = text("title", DOCUMENT_TITLE_BYTES_MAX)?;
    let source = text("source", DOCUMENT_SOURCE_BYTES_MAX)?;
    let format = match text("format", usize::MAX)?.as_deref() {
        None | Some("plain") => DocumentFormat::Plain,
        Some("markdown") => DocumentFormat::Markdown,
        Some(other) => {
            return Err(BodyError::Format {
                place: format!("{within}format"),
                found: shown::name(other, FORMAT_CHARS_MAX),
            });
        }
    };
    Ok(NewDocument {
        id,
        title: title.unwrap_or_default(),
        source: source.unwrap_or_default(),
        text: said,
        format,
        origin: DocumentOrigin::Added,
        digest: Vec::new(),
    })
}

fn object(value: Value, place: impl Fn() -> String) -> Result<Map<String, Value>, BodyError> {
    match value {
        Value::Object(members) => Ok(members),
        other => Err(wrong(place(), "an object", &other)),
    }
}

fn wrong(place: String, expected: &'static str, found: &Value) -> BodyError {
    BodyError::Type {
        place,
        expected,
        found: json::kind(found),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_is_said_with_its_place() {
        let long = format!(r#"{{"doc_id": "{}", "text": ""}}"#, "i".repeat(2_000));
        let odd = format!(
            r#"{{"doc_id": "a", "text": "", "format": "{}"}}"#,
            "x\\n".repeat(50)
        );
        for (body, said) in [
            (
                "{\"documents\": [\n{]}",
                "the body is not JSON: key must be a string at line 2 column 2",
            ),
            (
                "",
                "the body is not JSON: EOF while parsing a value at line 1 column 0",
            ),
            ("[]", "the body should be an object, but is an array"),
            ("{}", "`documents` is missing"),
            (r#"{"docs": []}"#, "`documents` is missing"),
            (
                r#"{"documents": "a"}"#,
                "`documents` should be an array, but is a string",
            ),
            (
                r#"{"documents": [{"doc_id": "a", "text": ""}, 7]}"#,
                "`documents[1]` should be an object, but is a number",
            ),
            (
                r#"{"documents": [{"doc_id": "a"}]}"#,
                "`documents[0].text` is missing",
            ),
            (
                r#"{"documents": [{"text": "a", "doc_id": null}]}"#,
                "`documents[0].doc_id` is missing",
            ),
            (
                r#"{"documents": [{"doc_id": 1, "text": "a"}]}"#,
                "`documents[0].doc_id` should be a string, but is a number",
            ),
            (r#"{"doc_id": "", "text": "a"}"#, "`doc_id` is empty"),
            (
                r#"{"doc_id": "a", "text": "b", "title": []}"#,
                "`title` should be a string, but is an array",
            ),
            (r#"{"text": "a"}"#, "`doc_id` is missing"),
            (long.as_str(), "`doc_id` has 2000 bytes, and may have 1024"),
            (
                odd.as_str(),
                r#"`format` may be `markdown` or `plain`, but is "x\nx\nx\nx\nx\nx\nx\nx\nx\nx\nx\nx\nx\nx\nx\nx\nx\nx\nx\nx\n"…"#,
            ),
        ] {
            assert_eq!(
                read(body.as_bytes()).unwrap_err().to_string(),
                said,
                "{body}"
            );
        }
    }

    #[test]
    fn one_document_and_several_are_read() {
        let several = r#"{"documents": [{"doc_id": "a", "text": "b", "format": "markdown", "more": {}}], "text": 1}"#;
        let [document] = read(several.as_bytes()).unwrap().try_into().unwrap();
        assert_eq!((document.id.as_str(), document.text.as_str()), ("a", "b"));
        assert_eq!(document.format, DocumentFormat::Markdown);
        let one = r#"{"doc_id": "a", "text": "b", "title": "T", "source": "s", "format": null}"#;
        let [document] = read(one.as_bytes()).unwrap().try_into().unwrap();
        assert_eq!(
            (document.title.as_str(), document.source.as_str()),
            ("T", "s")
        );
        assert_eq!(document.format, DocumentFormat::Plain);
        assert_eq!(read(br#"{"documents": []}"#), Ok(Vec::new()));
    }
}
