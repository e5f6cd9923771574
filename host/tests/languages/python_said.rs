//! What is said to the author of a bot in Python, besides refusals: of what is not served, and what is not sent.

use std::fs;

use crate::harness::{Folder, wait_until};

/// Two bots in one file; each yields something in vain.
const TWO: &str = r#"
import fastapi_poe as fp

class Late(fp.PoeBot):
    async def get_response(self, request):
        yield fp.PartialResponse(text="first")
        yield fp.MetaResponse(text="")
        yield fp.ErrorResponse(text="e")
        yield fp.PartialResponse(text="in vain")

class Hidden(fp.PoeBot):
    async def get_response(self, request):
        yield fp.DataResponse(metadata="d")

fp.run([Late(path="/late"), Hidden(path="/hidden")])
"#;

#[test]
fn what_is_not_served_and_what_is_not_sent_is_said() {
    let manifest = "[bot.two]\nsource = \"two.py\"\n[bot.hidden]\nsource = \"two.py\"\n\
        config = { FASTAPI_POE_PATH = \"/hidden\" }\n";
    let server = Folder::with_manifest(manifest).file("two.py", TWO).up();
    server.wait_ready();
    let log = || server.log().join("\n");
    // Of the one for which nobody chose.
    let remark = "two.py: this file has 2 bots, and a bot here is one of them: served is Late (path `/late`), not Hidden";
    assert_eq!(log().matches(remark).count(), 1, "{}", log());
    assert!(log().contains("two.py` writes a manifest that serves each of them"));
    assert!(server.ask("two", "?").said().starts_with("first"));
    server.wait_query("two");
    for said in [
        "two.py, line 7: a `MetaResponse` is not sent: it counts only as the first event",
        "two.py, line 9: what is yielded after an error is not sent",
    ] {
        assert!(log().contains(said), "{}", log());
    }
    server.ask("hidden", "?");
    server.wait_query("hidden");
    let said = "two.py, line 13: the reply is a data event alone, which is no text";
    assert!(log().contains(said), "{}", log());
    // What a build writes is no change of the author's.
    for word in ["second", "third"] {
        let changed = TWO.replace("first", word);
        fs::write(server.folder.path().join("two.py"), changed).unwrap();
        wait_until("the change", || {
            server.ask("two", "?").said().starts_with(word)
        });
    }
    assert!(!log().contains("Read the settings again"), "{}", log());
}
