//! `ravenry knowledge search`: the passages that a question finds, as the bot would get them.

use std::fmt::Write as _;

use clap::{Args, value_parser};
use serde_json::json;

use super::collection::CollectionFlags;
use crate::cli::{
    failure::Failure,
    kept::place::PlaceFlags,
    knowledge_model::{self, KnowledgeModelFlag},
};
use ravenry_base::{output, report::Problem};
use ravenry_config::resolve::ServerSpec;
use ravenry_gateway::{
    embedding::Embedder,
    imports::{
        collections::{FoundPassage, WordsAlone},
        knowledge,
    },
};
use ravenry_outbound::Egress;
use ravenry_protocol::shown::{self, Escaped};

/// Characters of a passage that a person sees.
const SHOWN_CHARS_MAX: usize = 300;

/// Descriptors for what makes vectors, if that is a server: one connection, and the lookup of its name.
const DESCRIPTORS: u32 = 64;

/// `ravenry knowledge search`
#[derive(Debug, Args)]
pub(crate) struct Search {
    /// The question, in words as a person writes them
    #[arg(value_name = "QUESTION", required = true)]
    pub question: Vec<String>,
    /// Of which collection.
    #[command(flatten)]
    pub collection: CollectionFlags,
    /// Most passages, up to 100
    #[arg(
        long,
        value_name = "N",
        default_value_t = 5,
        value_parser = value_parser!(u16).range(1..=100)
    )]
    pub limit: u16,
    /// Print all of each passage as JSON, on a line of its own, for programs
    #[arg(long)]
    pub json: bool,
    /// What makes the vector of the question.
    #[command(flatten)]
    pub model: KnowledgeModelFlag,
}

impl Search {
    pub(super) async fn run(&self, place: &PlaceFlags) -> Result<(), Failure> {
        let named = self.model.or(None);
        if let Some(problem) = knowledge_model::problem(named.as_ref()) {
            return Err(Failure::Usage(problem.into()));
        }
        let opened = place.open(self.collection.tenant.tenant.as_ref()).await?;
        let scope = self.collection.scope_of_known(&opened).await?;
        let question = self.question.join(" ");
        let limit = usize::from(self.limit);
        let spec = opened.spec.as_ref();
        let embeddings = self
            .model
            .or(spec.and_then(|spec| spec.embeddings.as_ref()));
        // Of the operator's file: what is wrong with it keeps nobody from looking.
        let unusable = knowledge_model::problem(embeddings.as_ref());
        let unusable = unusable.map(|problem| problem.causes.join(": "));
        let embedder = embeddings.filter(|_| unusable.is_none());
        let embedder = embedder.map(|embeddings| Embedder::new(&embeddings, &egress(spec)));
        let found = knowledge::search_once(&opened.store, &scope, question, limit, embedder).await;
        let (found, words_alone) = found.map_err(|why| {
            Failure::Failed(
                Problem {
                    message: "the documents cannot be searched".to_owned(),
                    causes: vec![why],
                    ..Problem::default()
                }
                .into(),
            )
        })?;
        if let Some(why) = unusable.or_else(|| words_alone.as_ref().map(explained)) {
            output::tell(&format!("Found by words alone: {}", Escaped(&why)));
        }
        if self.json {
            for passage in &found {
                output::print(&json_line(passage));
            }
        } else if found.is_empty() {
            output::tell("Nothing was found");
        } else {
            let passages: Vec<String> = found.iter().map(paragraph).collect();
            output::print(&passages.join("\n"));
        }
        Ok(())
    }
}

/// The way to a server for vectors. Names are asked as the operator's file has it.
fn egress(spec: Option<&ServerSpec>) -> Egress {
    let name_servers = spec.map_or_else(Vec::new, |spec| spec.name_servers.clone());
    Egress::within(DESCRIPTORS, Vec::new(), name_servers)
}

/// Why passages are not those that a bot with a model finds, on a line.
fn explained(why: &WordsAlone) -> String {
    let hint = match why {
        WordsAlone::NoModel => " (--knowledge-model, or --config)",
        WordsAlone::OtherModel | WordsAlone::NoVectors | WordsAlone::NoAnswer(_) => "",
    };
    format!("{why}{hint}")
}

/// A passage for a program.
fn json_line(passage: &FoundPassage) -> String {
    let headings: Vec<&str> = passage.headings.iter().map(AsRef::as_ref).collect();
    let line = json!({
        "document": passage.document, "title": passage.title, "source": passage.source,
        "headings": headings, "first_line": passage.first_line, "last_line": passage.last_line,
        "score": passage.score, "text": passage.text,
    });
    shown::json(&line.to_string()) + "\n"
}

/// A passage for a person: three lines.
fn paragraph(passage: &FoundPassage) -> String {
    let mut text = format!("{:>6.2}  {}", passage.score, Escaped(&passage.title));
    // The first of them is the title, as a rule.
    let headings = match passage.headings.split_first() {
        Some((first, rest)) if **first == *passage.title => rest,
        _ => &passage.headings,
    };
    // Writing into a `String` cannot fail.
    for heading in headings {
        let _ = write!(text, " › {}", Escaped(heading));
    }
    let _ = write!(text, "\n        `{}`, ", Escaped(&passage.document));
    let _ = match (passage.first_line, passage.last_line) {
        (first, last) if first == last => write!(text, "line {first}"),
        (first, last) => write!(text, "lines {first} to {last}"),
    };
    if passage.source != passage.document {
        let _ = write!(text, ", from {}", Escaped(&passage.source));
    }
    let _ = writeln!(text, "\n        {}", Escaped(&beginning(&passage.text)));
    text
}

/// The first words of a text, on one line.
fn beginning(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    let whole = words.join(" ");
    match whole.char_indices().nth(SHOWN_CHARS_MAX) {
        Some((at, _)) => format!("{}…", whole.get(..at).unwrap_or_default().trim_end()),
        None => whole,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn passage() -> FoundPassage {
        FoundPassage {
            document: "cats\u{1b}.md".to_owned(),
            title: "On\ncats".to_owned(),
            source: "https://cats.test/".to_owned(),
            headings: vec!["Food".into(), "\u{202e}Fish".into()],
            first_line: 7,
            last_line: 9,
            text: format!("They  eat\n\u{9b}fish. {}", "word ".repeat(100)),
            score: 3.216,
        }
    }

    #[test]
    fn a_passage_is_three_lines_that_no_terminal_obeys() {
        let text = paragraph(&passage());
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[0], r"  3.22  On\ncats › Food › \u{202e}Fish");
        let place = r"        `cats\u{1b}.md`, lines 7 to 9, from https://cats.test/";
        assert_eq!(lines[1], place);
        assert!(
            lines[2].starts_with(r"        They eat \u{9b}fish. word word"),
            "{text}"
        );
        assert!(lines[2].ends_with("word…") && lines.len() == 3, "{text}");
        let short = FoundPassage {
            source: "a".to_owned(),
            document: "a".to_owned(),
            title: "Food".to_owned(),
            last_line: 7,
            text: "Fish.".to_owned(),
            ..passage()
        };
        let expected = "  3.22  Food › \\u{202e}Fish\n        `a`, line 7\n        Fish.\n";
        assert_eq!(paragraph(&short), expected);
    }

    #[test]
    fn a_program_gets_all_of_it() {
        let line = json_line(&passage());
        assert!(!line.contains(['\u{1b}', '\u{9b}', '\u{202e}']), "{line}");
        let read: serde_json::Value = serde_json::from_str(&line).unwrap();
        assert_eq!(read["text"], passage().text);
        assert_eq!(read["headings"][1], "\u{202e}Fish");
        assert_eq!(read["score"], 3.216);
    }
}
