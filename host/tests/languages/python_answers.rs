//! What goes wrong while a bot in Python answers: one sentence for the person, one record for the author.

use crate::harness::Folder;

/// One word for each thing that goes wrong while a bot answers.
const ODD: &str = r#"
import asyncio
import ravenry

async def fails():
    raise KeyError("nobody awaits this")

class Odd(ravenry.Bot):
    async def respond(self, query, reply):
        match query.last_text:
            case "number":
                yield 7
            case "nothing":
                yield None
            case "late":
                yield "one "
                yield "two"
                raise RuntimeError("after two events")
            case "deadlock":
                await asyncio.get_running_loop().create_future()
            case "lost":
                asyncio.create_task(fails())
                await asyncio.sleep(0)
                yield "said"
            case "left":
                async for text in texts():
                    yield text
                    break
            case "exit":
                raise SystemExit(37)

async def texts():
    try:
        yield "first"
        yield "second"
    finally:
        print("the generator was closed")
"#;

#[test]
fn what_goes_wrong_in_an_answer_is_one_sentence_and_one_record() {
    let folder = Folder::with_manifest("[bot.odd]\nsource = \"odd.py\"\n").file("odd.py", ODD);
    let server = folder.up();
    server.wait_ready();
    let failed = "error {\"allow_retry\":false,\"text\":\"The bot could not answer (reference [REF]).\"}\ndone {}\n";
    for (word, before, record) in [
        ("number", "", "`respond` yielded 7"),
        ("nothing", "", "`respond` yielded None"),
        (
            "deadlock",
            "",
            "waits for something that nothing can bring about",
        ),
    ] {
        assert_eq!(
            server.ask("odd", word).show(),
            format!("{before}{failed}"),
            "{word}"
        );
        server.wait_text(record);
    }
    let late = server.ask("odd", "late").show();
    assert!(
        late.starts_with("text {\"text\":\"one \"}\ntext {\"text\":\"two\"}\nerror {"),
        "{late}"
    );
    server.wait_text("after two events");
    assert_eq!(server.ask("odd", "lost").said(), "said");
    server.wait_text("nobody awaits this");
    assert_eq!(server.ask("odd", "left").said(), "first");
    server.wait_text("the generator was closed");
    assert!(server.ask("odd", "exit").show().starts_with("error {"));
    server.wait_text("SystemExit: 37");
    // What comes after it stands behind all that was said of it.
    assert_eq!(server.ask("odd", "lost").said(), "said");
    let log = server.log().join("\n");
    assert_eq!(log.matches("SystemExit: 37").count(), 1, "{log}");
    assert!(!log.contains("never awaited"), "{log}");
}

/// Texts of the interface hold numbers up to 64 bits.
const LONG: &str = r#"
import ravenry

class Long(ravenry.Bot):
    async def respond(self, query, reply):
        total = query.extra_params["sum"] + query.last_message.parameters["more"][0]
        yield f"{total} {query.tools[0]['max']!r}"
        reply.json({"sum": total})
"#;

#[test]
fn whole_numbers_of_any_size_keep_their_value() {
    let folder = Folder::with_manifest("[bot.long]\nsource = \"long.py\"\n").file("long.py", LONG);
    let server = folder.up();
    server.wait_ready();
    let message =
        r#"{"role":"user","content":"add","parameters":{"more":[100000000000000000000000000001]}}"#;
    let body = format!(
        r#"{{"version":"1.2","type":"query","query":[{message}],"user_id":"u","conversation_id":"c","message_id":"m",
           "extra_params":{{"sum":18446744073709551617}},"tools":[{{"max":1e25}}]}}"#
    );
    let expected = "text {\"text\":\"100000000018446744073709551618 1e+25\"}\n\
                    json {\"sum\":\"100000000018446744073709551618\"}\ndone {}\n";
    assert_eq!(server.post("long", body.as_bytes(), &[]).show(), expected);
}
