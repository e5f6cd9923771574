//! What a bot in Python remembers, through the real gateway.

use std::thread;

use rustix::process::Signal;
use serde_json::{Value, json};

use crate::components::sample;
use crate::harness::{Folder, Server, query};
use crate::sample_tests::notes;

/// A bot of `fastapi_poe`, which does with its store what it is asked to.
const KEEPER: &str = r#"
import json
import fastapi_poe as fp
from ravenry import store

def add(old):
    return {**old, "n": old["n"] + 1}

class Keeper(fp.PoeBot):
    async def get_response(self, request):
        bucket = store.user()
        match request.query[-1].content:
            case "count":
                store.bot().increment("asked")
                told = store.conversation().update("count", add, default={"n": 0})
            case "counted":
                told = [store.bot()["asked"], store.conversation()["count"], store.conversation().keys().__next__()]
            case "all":
                bucket.set_many({f"k{number}": {"ä": number} for number in range(200)})
                bucket["bytes"], bucket["none"] = "to go", None
                bucket.set_bytes("bytes", bytes(range(256)))
                bucket.set_many({f"m{number}": number for number in range(200)})
                for part in range(0, 1000, 250):
                    bucket.set_many({f"p{number:04}": 0 for number in range(part, part + 250)})
                del bucket["k7"]
                bucket.delete_many(["k8", "never"])
                keys = list(bucket)
                told = [
                    len(keys), keys == sorted(keys), bucket["k9"], "k7" in bucket, bucket.get("k8", "gone"),
                    bucket["none"], bucket.get_many(["m2", "never", "none"]), bucket.increment("n", -5), bucket["n"],
                    bucket.get_bytes("bytes") == bytes(range(256)),
                ]
            case "wrong":
                told = []
                for call in (
                    lambda: bucket["never"],
                    lambda: bucket.__delitem__("never"),
                    lambda: bucket.get("bytes"),
                    lambda: bucket.increment("bytes"),
                    lambda: bucket.set("k" * 1025, 1),
                    lambda: bucket.set_bytes("large", bytes(2**20 + 1)),
                    lambda: bucket.get_many(map(str, range(257))),
                    lambda: bucket.set("object", object()),
                    lambda: bucket.update("k9", lambda old: old["none"]),
                ):
                    try:
                        call()
                    except (store.StoreError, KeyError, TypeError) as error:
                        told.append(f"{type(error).__name__}: {getattr(error, 'kind', '')}")
            case "always late":
                def late(old):
                    store.user().increment("late")
                    return 0
                bucket.update("late", late)
        yield fp.PartialResponse(text=json.dumps(told, ensure_ascii=False))

    async def get_settings(self, setting):
        try:
            store.user().get("k")
        except store.NoSuchStore:
            return fp.SettingsResponse(introduction_message=f"{store.bot().get('asked', 0)} asked")

fp.run(Keeper(path="/keeper"))
"#;

fn keeper() -> Folder {
    Folder::with_manifest("[bot.keeper]\nsource = \"keeper.py\"\n").file("keeper.py", KEEPER)
}

fn told(server: &Server, user: &str, text: &str) -> Value {
    let mut body = query(text);
    body["user_id"] = json!(user);
    body["conversation_id"] = json!("c-1");
    let said = server.send("keeper", &body, &[]).said();
    serde_json::from_str(&said).unwrap_or_else(|_| json!(said))
}

#[test]
fn a_bot_in_python_uses_all_of_its_store() {
    let server = keeper().up();
    server.wait_ready();
    let all = json!([
        1400,
        true,
        { "ä": 9 },
        false,
        "gone",
        null,
        { "m2": 2, "none": null },
        -5,
        -5,
        true
    ]);
    assert_eq!(told(&server, "ann", "all"), all);
    let wrong = json!([
        "KeyError: ",
        "KeyError: ",
        "StoreError: not-json",
        "StoreError: other",
        "StoreError: other",
        "StoreError: other",
        "StoreError: other",
        "TypeError: ",
        "KeyError: "
    ]);
    assert_eq!(told(&server, "ann", "wrong"), wrong);
    // Not caught: one sentence for the person, the cause for the author.
    let late = server.ask("keeper", "always late").show();
    assert!(
        late.contains("This bot cannot get at what it remembers right now."),
        "{late}"
    );
    server.wait_text("the store: \\\"late\\\" was changed by others during each of 16 attempts");
    let settings = server.post("keeper", br#"{"version":"1.2","type":"settings"}"#, &[]);
    assert_eq!(settings.json()["introduction_message"], "0 asked");
}

#[test]
fn many_that_update_at_once_lose_nothing_and_a_kill_neither() {
    let state = tempfile::tempdir().unwrap();
    let mut server = keeper().state_dir(state.path()).up();
    server.wait_ready();
    thread::scope(|scope| {
        for client in 0..16 {
            let server = &server;
            scope.spawn(move || {
                for _ in 0..8 {
                    let counted = told(server, &format!("u-{client}"), "count");
                    assert!(counted["n"].is_number(), "{counted}");
                }
            });
        }
    });
    let counted = json!([128, { "n": 128 }, "count"]);
    assert_eq!(told(&server, "ann", "counted"), counted);
    server.signal(Signal::KILL);
    server.wait();
    let again = keeper().state_dir(state.path()).up();
    again.wait_ready();
    assert_eq!(told(&again, "ben", "counted"), counted);
}

#[test]
fn notes_in_python_are_kept_for_each_person() {
    let notes = sample("notes-python");
    notes::keeps_what_each_person_says(&notes);
    notes::loses_no_note(&notes);
}
