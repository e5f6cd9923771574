//! Counts the words of attached texts, hands back a table, and charges for it.

use ravenry_sdk::poe::{self, CostItem, PoeError};
use ravenry_sdk::{Attachment, Bot, Failure, Query, Reply, Result, Settings};

/// Most bytes of a text: as much as a long novel.
const TEXT_BYTES_MAX: u32 = 4_000_000;

/// What a text costs, in US dollars.
const PRICE_USD: f64 = 0.001;

struct Words;

impl Bot for Words {
    fn respond(&self, query: &Query, reply: &mut Reply) -> Result {
        let texts = query.attachments();
        if texts.is_empty() {
            return Err(Failure::new("Attach a text, please.").into());
        }
        let bill: Vec<_> = texts.iter().map(cost).collect::<Result<_, _>>()?;
        poe::authorize(&bill)?;
        let mut table = vec!["name,words".to_owned()];
        for text in texts {
            let bytes = text.read(TEXT_BYTES_MAX)?;
            let words = String::from_utf8_lossy(&bytes).split_whitespace().count();
            writeln!(reply, "- {}: {words} words", text.name)?;
            table.push(format!("{:?},{words}", text.name));
        }
        reply.attach("words.csv", "text/csv", table.join("\n"))?;
        poe::capture(&bill)?;
        Ok(())
    }

    fn settings(&self) -> Settings {
        Settings {
            allow_attachments: Some(true),
            ..Settings::default()
        }
    }

    /// The text itself is read here, and is not for a model.
    fn inserts_attachments(&self) -> bool {
        false
    }
}

fn cost(text: &Attachment) -> Result<CostItem, PoeError> {
    Ok(CostItem::usd(PRICE_USD)?.description(&text.name))
}

ravenry_sdk::export!(Words);

#[cfg(test)]
mod tests {
    use super::*;
    use ravenry_sdk::Message;
    use ravenry_sdk::testing::Scene;

    fn query() -> Vec<Message> {
        let text = Attachment {
            url: "https://files.test/a".to_owned(),
            name: "a.txt".to_owned(),
            ..Attachment::default()
        };
        vec![Message {
            attachments: vec![text],
            ..Message::user("How many?")
        }]
    }

    #[test]
    fn words_are_counted_and_charged() {
        let scene = Scene::default().attachment("https://files.test/a", "one two  three");
        let transcript = scene.ask(&Words, query());
        assert_eq!(transcript.text(), "- a.txt: 3 words\n");
        let table = transcript.uploads[0].bytes.as_deref();
        assert_eq!(table, Some(b"name,words\n\"a.txt\",3".as_slice()));
        assert_eq!(transcript.charges.len(), 2);
    }

    #[test]
    fn who_cannot_pay_gets_no_words() {
        let transcript = Scene::default().budget(99).ask(&Words, query());
        let failure = transcript.failure().and_then(|f| f.error_type.as_deref());
        assert_eq!(failure, Some("insufficient_fund"));
        assert_eq!(transcript.text(), "");
    }
}
