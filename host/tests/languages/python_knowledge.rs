//! What a bot in Python knows, through the real gateway.

use serde_json::{Value, json};

use crate::components::sample;
use crate::harness::{Folder, Server, query, wait_until};

/// A bot of `fastapi_poe`, which does with its documents what it is asked to.
const LIBRARIAN: &str = r#"
import json
import fastapi_poe as fp
from ravenry import knowledge
from ravenry.knowledge import Document, KnowledgeError

CATS = "---\ntitle: On cats\n---\n\nCats purr.\n\n## Food\n\nThey eat fish, and mice.\n"

def listed(collection):
    return [[one.id, one.title, one.source, one.bytes] for one in collection.documents()]

def found(collection, question):
    return [[one.citation(1), one.lines, one.text] for one in collection.search(question, 1)]

class Librarian(fp.PoeBot):
    async def get_response(self, request):
        bot, mine = knowledge.bot(), knowledge.user()
        match request.query[-1].content:
            case "put":
                dogs = Document.plain("dogs", "Dogs bark.", title="Of dogs", source="https://dogs.test/")
                bot.put_many([dogs, Document.markdown("cats.md", CATS)])
                mine.put(Document.plain("läuse.txt", "milk"))
                mine.put(Document.plain("läuse.txt", "milk and eggs"))
                told = [listed(bot), listed(mine)]
            case "look":
                told = [found(bot, "Do cats eat fish?"), found(bot, "bark"), found(mine, "milk"), listed(mine)]
            case "remove":
                told = [
                    bot.remove("dogs"), bot.remove("dogs"), bot.remove_many(["never", "dogs"]), found(bot, "bark"),
                    mine.clear(), mine.clear(), found(mine, "milk"), listed(mine), len(listed(bot)),
                ]
            case "wrong":
                told = []
                for call in (
                    lambda: bot.put(Document.plain("", "no identifier")),
                    lambda: bot.put(Document.plain("i" * 1025, "a long identifier")),
                    lambda: bot.put(Document.plain("a", "a long title", title="t" * 1025)),
                    lambda: bot.put_many(Document.plain(str(number), "too many") for number in range(257)),
                    lambda: bot.remove_many(map(str, range(257))),
                    lambda: bot.put_many(Document.plain(str(number), "no room") for number in range(4)),
                    lambda: mine.search("milk"),
                    lambda: mine.put(Document.plain("a", "whose?")),
                    mine.clear,
                    lambda: listed(mine),
                ):
                    try:
                        told.append(call())
                    except KnowledgeError as error:
                        told.append(f"{type(error).__name__}: {error.kind}" if error.text else "no text")
                told.append(listed(bot))
            case "not caught":
                bot.put_many(Document.plain(str(number), "no room") for number in range(4))
        yield fp.PartialResponse(text=json.dumps(told, ensure_ascii=False))

    async def get_settings(self, setting):
        try:
            knowledge.user().search("milk")
        except knowledge.NoSuchCollection as error:
            return fp.SettingsResponse(introduction_message=f"{error.kind}, bot {found(knowledge.bot(), 'fish')}")

fp.run(Librarian(path="/librarian"))
"#;

/// Of the second bot, three documents are kept.
const MANIFEST: &str = "[bot.librarian]\nsource = \"librarian.py\"\n\
    [bot.small]\nsource = \"librarian.py\"\nlimits = { store_keys = 3 }\n";

const MANUAL: &str = "# Manual\n\n## Opening hours\n\nThe museum opens at nine.\n\n## Tickets\n\n\
    A ticket costs five francs.\n";

fn librarian() -> Server {
    let folder = Folder::with_manifest(MANIFEST).file("librarian.py", LIBRARIAN);
    let server = folder.up();
    server.wait_ready();
    server
}

/// What comes of a word that a person says to a bot.
fn told(server: &Server, bot: &str, user: &str, word: &str) -> Value {
    let mut body = query(word);
    body["user_id"] = json!(user);
    let said = server.send(bot, &body, &[]).said();
    serde_json::from_str(&said).unwrap_or_else(|_| json!(said))
}

#[test]
fn a_bot_in_python_puts_finds_lists_and_removes_documents() {
    let server = librarian();
    let settings = server.post("librarian", br#"{"version":"1.2","type":"settings"}"#, &[]);
    assert_eq!(
        settings.json()["introduction_message"],
        "no-such-collection, bot []"
    );
    let cats = json!(["cats.md", "On cats", "cats.md", 70]);
    let dogs = json!(["dogs", "Of dogs", "https://dogs.test/", 10]);
    let mine = json!(["läuse.txt", "läuse.txt", "läuse.txt", 13]);
    assert_eq!(
        told(&server, "librarian", "ann", "put"),
        json!([[cats, dogs], [mine]])
    );

    let fish = json!([
        "[1] On cats › Food (cats.md)",
        "lines 7–9",
        "## Food\n\nThey eat fish, and mice."
    ]);
    let bark = json!(["[1] Of dogs (https://dogs.test/)", "line 1", "Dogs bark."]);
    let milk = json!(["[1] läuse.txt", "line 1", "milk and eggs"]);
    assert_eq!(
        told(&server, "librarian", "ann", "look"),
        json!([[fish], [bark], [milk], [mine]])
    );
    // Another person has what is the bot's, and nothing of hers; another bot has nothing of either.
    assert_eq!(
        told(&server, "librarian", "ben", "look"),
        json!([[fish], [bark], [], []])
    );
    assert_eq!(
        told(&server, "small", "ann", "look"),
        json!([[], [], [], []])
    );

    let removed = |count: u32| json!([true, false, 0, [], count, 0, [], [], 1]);
    assert_eq!(told(&server, "librarian", "ann", "remove"), removed(1));
    told(&server, "librarian", "ann", "put");
    assert_eq!(told(&server, "librarian", "ben", "remove"), removed(0));
    // What he has removed of his own was not hers.
    assert_eq!(
        told(&server, "librarian", "ann", "look"),
        json!([[fish], [], [milk], [mine]])
    );
}

#[test]
fn each_refusal_has_its_kind_and_changes_nothing() {
    let server = librarian();
    let mut refused = vec![json!("KnowledgeError: invalid"); 5];
    refused.push(json!("KnowledgeError: full"));
    refused.extend(vec![json!("NoSuchCollection: no-such-collection"); 4]);
    // What the bot knows then.
    refused.push(json!([]));
    // The query names nobody.
    assert_eq!(told(&server, "small", "", "wrong"), Value::Array(refused));
    // Not caught: one sentence for the person, the cause for the author.
    let mut body = query("not caught");
    body["user_id"] = json!("ann");
    let full = server.send("small", &body, &[]).show();
    assert!(
        full.contains("This bot has no room left for more documents ("),
        "{full}"
    );
    server.wait_text("the reply was given up: the knowledge: ");
}

/// The answer of the guide to a person's message, with a file or without.
fn guided(server: &Server, user: &str, text: &str, file: Option<(&str, &str)>) -> String {
    let mut body = query(text);
    body["user_id"] = json!(user);
    if let Some((name, content)) = file {
        body["query"][0]["attachments"] = json!([{
            "url": format!("https://files.test/{name}"),
            "content_type": "text/plain",
            "name": name,
            "parsed_content": content,
        }]);
    }
    server.send("guide-python", &body, &[]).said()
}

#[test]
fn guide_in_python_answers_from_files_of_its_manifest_and_of_a_person() {
    let entry = sample("guide-python").entry();
    let manifest = format!("{entry}[bot.guide-python.knowledge]\ndocuments = [\"docs/*.md\"]\n");
    let server = Folder::with_manifest(&manifest)
        .file("docs/manual.md", MANUAL)
        .up();
    server.wait_ready();
    let cost = "What does a ticket cost?";
    // The file is read while the bot is served.
    let passage = "**[1]**\n\n> ## Tickets\n> \n> A ticket costs five francs.\n\n";
    wait_until(cost, || {
        guided(&server, "ann", cost, None).starts_with(passage)
    });
    let answer = guided(&server, "ann", cost, None);
    assert!(
        answer.contains("**Sources**\n\n- [1] Manual › Tickets, docs/manual.md lines 7–9\n"),
        "{answer}"
    );

    let rent = "what do my files say about the rent?";
    let lease = ("lease.txt", "The rent is 900 francs.");
    let answer = guided(&server, "ann", rent, Some(lease));
    let said = "I have taken in lease.txt.\n\n**[1]**\n\n> The rent is 900 francs.\n\n";
    assert!(answer.starts_with(said), "{answer}");
    let nothing = "I have no files of yours. Attach one to a message.";
    for (user, text, said) in [
        ("ben", "which files do you have", nothing),
        (
            "ann",
            "which files do you have",
            "- **lease.txt**, 23 bytes\n",
        ),
        ("ann", "forget my files", "I have forgotten your file."),
        ("ann", "which files do you have", nothing),
    ] {
        assert_eq!(guided(&server, user, text, None), said, "{user}: {text}");
    }
}
