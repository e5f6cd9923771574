//! Answers with what it knows, and takes in the files of a person.

use ravenry_sdk::knowledge::{self, Document};
use ravenry_sdk::{Bot, Query, Reply, Result};

struct Desk;

impl Bot for Desk {
    fn respond(&self, query: &Query, reply: &mut Reply) -> Result {
        for file in query.attachments() {
            if let Some(text) = &file.parsed_content {
                // A file that comes again takes the place of the one that was there.
                knowledge::user().put(Document::plain(&file.name, text))?;
            }
        }
        let mut found = knowledge::bot().search(query.last_text(), 3)?;
        found.extend(knowledge::user().search(query.last_text(), 3)?);
        if found.is_empty() {
            return reply.text("I do not know.");
        }
        for (number, passage) in (1..).zip(&found) {
            writeln!(reply, "{}\n\n{}\n", passage.text, passage.citation(number))?;
        }
        Ok(())
    }

    fn inserts_attachments(&self) -> bool {
        false
    }
}

ravenry_sdk::export!(Desk);

#[cfg(test)]
mod tests {
    use super::*;
    use ravenry_sdk::testing::{Knowledge, Scene, Scope};
    use ravenry_sdk::{Attachment, Message};

    #[test]
    fn what_it_knows_is_said_with_its_place() {
        let hours = "# Manual\n\n## Opening hours\n\nThe museum opens at nine.";
        let hours = Document::markdown("manual.md", hours);
        let scene = Scene::default().knowledge(Knowledge::new().with(Scope::Bot, hours));
        let answer = scene.ask(&Desk, "When does the museum open?").text();
        assert!(answer.contains("at nine."), "{answer}");
        assert!(answer.contains("[1] Manual › Opening hours (manual.md)"));
        assert_eq!(scene.ask(&Desk, "Cats?").text(), "I do not know.");
    }

    #[test]
    fn files_stay_with_their_person() {
        let mut message = Message::user("What is on the list?");
        message.attachments.push(Attachment {
            name: "list.txt".to_owned(),
            parsed_content: Some("The list: milk, eggs.".to_owned()),
            ..Attachment::default()
        });
        let asked = Scene::default().ask(&Desk, vec![message]);
        assert!(asked.text().starts_with("The list: milk, eggs."));
        let anybody = Scope::user("user");
        assert!(asked.knowledge.ids(&anybody).eq(["list.txt"]));
    }
}
