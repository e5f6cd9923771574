//! A conversation as the platform keeps it: what was said so far, and the next query made of it.

use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Map, Value, json};

use super::{
    VERSION,
    message::{Attachment, Message, Person},
    transcript::Transcript,
};
use ravenry_protocol::Reference;

/// Messages that are sent at most; older ones are left out (specification of 2024 to 2026).
pub const MESSAGES_MAX: usize = 1000;

/// What a person sends off.
#[derive(Clone, Debug, Default)]
pub struct Say {
    /// The text.
    pub text: String,
    /// Files.
    pub attachments: Vec<Attachment>,
    /// Values of controls.
    pub parameters: Map<String, Value>,
}

/// One conversation with one bot.
#[derive(Clone, Debug)]
pub struct Conversation {
    id: String,
    people: Vec<Person>,
    messages: Vec<Message>,
    /// The message that the next answer becomes.
    answer_id: String,
}

impl Conversation {
    /// A conversation of these people, who may be several. Of none is as of one without a name.
    pub fn new(mut people: Vec<Person>) -> Self {
        if people.is_empty() {
            people.push(Person {
                id: id('u'),
                name: None,
            });
        }
        Self {
            id: id('c'),
            people,
            messages: Vec::new(),
            answer_id: id('m'),
        }
    }

    /// A person with an identifier of his own.
    pub fn person(name: &str) -> Person {
        Person {
            id: id('u'),
            name: Some(name.to_owned()),
        }
    }

    /// Its identifier.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// What was said so far.
    pub fn messages(&self) -> &[Message] {
        &self.messages
    }

    /// The same, to add what a person does with a message: feedback, reactions.
    pub fn messages_mut(&mut self) -> &mut Vec<Message> {
        &mut self.messages
    }

    /// Those who take part.
    pub fn people(&self) -> &[Person] {
        &self.people
    }

    /// One more takes part from now on.
    pub fn join(&mut self, person: Person) {
        self.people.push(person);
    }

    /// Adds what the person with this number says.
    pub fn say(&mut self, person: usize, say: Say) {
        let sender = self.people.get(person).or(self.people.first()).cloned();
        let message = Message {
            sender,
            attachments: say.attachments,
            parameters: say.parameters,
            ..message("user", say.text, id('m'))
        };
        self.messages.push(message);
    }

    /// Adds what the bot has answered to the last query.
    pub fn answered(&mut self, shown: &Transcript) {
        let attachments = shown.files.iter().map(|file| Attachment {
            url: file.url.clone(),
            content_type: file.content_type.clone(),
            name: file.name.clone(),
            inline_ref: file.inline_ref.clone(),
            parsed_content: None,
        });
        let answer = Message {
            attachments: attachments.collect(),
            metadata: shown.metadata.clone(),
            content_type: shown.content_type().to_owned(),
            ..message("bot", shown.text(), self.answer_id.clone())
        };
        self.messages.push(answer);
        self.answer_id = id('m');
    }

    /// Takes back what came after the last thing that a person said, to ask once more.
    pub fn take_back_answer(&mut self) {
        let last = self.messages.iter().rposition(|said| said.role == "user");
        self.messages
            .truncate(last.map_or(0, |last| last.saturating_add(1)));
        self.answer_id = id('m');
    }

    /// Forgets what was said. It goes on under the same identifier, as on the platform.
    pub fn clear(&mut self) {
        self.messages.clear();
    }

    /// The query that asks for the next answer.
    pub fn query(&self) -> Value {
        let old = self.messages.len().saturating_sub(MESSAGES_MAX);
        let messages = self.messages.get(old..).unwrap_or_default();
        let asking = messages.last().and_then(|last| last.sender.as_ref());
        let asking = asking.or(self.people.first());
        json!({
            "version": VERSION,
            "type": "query",
            "query": messages,
            "user_id": asking.map(|person| &person.id),
            "conversation_id": self.id,
            "message_id": self.answer_id,
            "metadata": "",
            "bot_query_id": self.answer_id,
            "language_code": "en",
            "temperature": null,
            "skip_system_prompt": false,
            "logit_bias": {},
            "stop_sequences": [],
            "adopt_current_bot_name": null,
            "users": self.people,
            "tools": null,
            "tool_calls": null,
            "tool_results": null,
            "query_creation_time": now(),
            "extra_params": null,
        })
    }

    /// The report that a person likes or dislikes a message of the bot.
    pub fn feedback(&self, message_id: &str, kind: &str) -> Value {
        json!({
            "version": VERSION,
            "type": "report_feedback",
            "message_id": message_id,
            "user_id": self.people.first().map(|person| &person.id),
            "conversation_id": self.id,
            "feedback_type": kind,
        })
    }

    /// The report that the person with this number reacts to a message of the bot.
    pub fn reaction(&self, person: usize, message_id: &str, reaction: &str) -> Value {
        json!({
            "version": VERSION,
            "type": "report_reaction",
            "message_id": message_id,
            "user_id": self.people.get(person).map(|person| &person.id),
            "conversation_id": self.id,
            "reaction": reaction,
        })
    }
}

fn message(role: &str, content: String, message_id: String) -> Message {
    Message {
        role: role.to_owned(),
        content,
        content_type: "text/markdown".to_owned(),
        timestamp: now(),
        message_id,
        sender: None,
        feedback: Vec::new(),
        attachments: Vec::new(),
        parameters: Map::new(),
        metadata: None,
        referenced_message: None,
        reactions: Vec::new(),
    }
}

/// An identifier in the platform's form: a letter, `-`, and 32 of `a`-`z` and `0`-`9` (specification of
/// 2024).
fn id(kind: char) -> String {
    let random: String = (0..4).map(|_| Reference::random().to_string()).collect();
    format!("{kind}-{}", random.to_ascii_lowercase())
}

/// Microseconds since 1970.
fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| {
        u64::try_from(since.as_micros()).unwrap_or(u64::MAX)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use ravenry_protocol::{Request, decode::decode, event::Owned};

    fn say(text: &str) -> Say {
        Say {
            text: text.to_owned(),
            ..Say::default()
        }
    }

    /// What we send is what we understand ourselves, to the last member.
    #[test]
    fn a_query_has_what_was_said_and_by_whom() {
        let people = vec![Conversation::person("Ada"), Conversation::person("Ben")];
        let mut talk = Conversation::new(people.clone());
        talk.say(0, say("hi"));
        let mut shown = Transcript::default();
        shown.hear(Owned::Text {
            index: None,
            text: "hello".to_owned(),
        });
        shown.hear(Owned::Data("state".to_owned()));
        let first_answer = talk.query()["message_id"].clone();
        talk.answered(&shown);
        talk.say(1, say("and me?"));
        let body = talk.query().to_string();
        let Request::Query(query) = decode(body.clone().into_bytes()).unwrap().request else {
            panic!("not a query: {body}");
        };
        let said: Vec<_> = query
            .messages
            .iter()
            .map(|message| (message.role.as_str(), message.content.as_str()))
            .collect();
        assert_eq!(
            said,
            [("user", "hi"), ("bot", "hello"), ("user", "and me?")]
        );
        assert_eq!(query.messages[1].metadata.as_deref(), Some("state"));
        assert_eq!(query.messages[1].message_id, first_answer);
        assert_ne!(query.message_id, first_answer);
        assert_eq!(query.user_id, people[1].id);
        assert_eq!(query.users.len(), 2);
        let id = query.conversation_id.strip_prefix("c-").unwrap();
        assert_eq!(id.len(), 32);
    }

    #[test]
    fn asking_once_more_forgets_the_answer() {
        let mut talk = Conversation::new(Vec::new());
        talk.say(0, say("hi"));
        talk.answered(&Transcript::default());
        talk.take_back_answer();
        assert_eq!(talk.messages().len(), 1);
        talk.clear();
        talk.take_back_answer();
        assert!(talk.messages().is_empty());
    }

    #[test]
    fn a_long_history_is_cut_at_its_beginning() {
        let mut talk = Conversation::new(Vec::new());
        for number in 0..=MESSAGES_MAX {
            talk.say(0, say(&number.to_string()));
        }
        let query = talk.query();
        let messages = query["query"].as_array().unwrap();
        assert_eq!(
            (messages.len(), &messages[0]["content"]),
            (MESSAGES_MAX, &json!("1"))
        );
    }
}
