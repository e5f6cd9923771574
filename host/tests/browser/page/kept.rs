//! Conversations that go on while nobody looks, and after the page was loaded again.

use ravenry_desk::simulator::{Answer, BotRequest, Step, Wait};
use serde_json::{Value, json};

use super::wait;
use crate::driver::Browser;
use crate::harness::{FakePoe, Script};

/// Says how many messages it was told.
fn counting(query: &BotRequest) -> Answer {
    let messages = query.body["query"].as_array().unwrap().len();
    let file = json!({"url": "https://example.com/notes.txt", "name": "notes.txt", "content_type": "text/plain"});
    Answer::stream()
        .event("file", file)
        .text(&format!("**{messages}** messages"))
        .event("suggested_reply", json!({"text": "and now?"}))
        .done()
}

fn said(browser: &Browser) -> Vec<String> {
    let texts = "return [...document.querySelectorAll('#talk .bubble, #talk .answer .text')].map((node) => node.innerText)";
    let texts: Value = browser.script(texts, &[]);
    let texts = texts.as_array().unwrap().iter();
    texts
        .map(|text| text.as_str().unwrap().to_owned())
        .collect()
}

/// While one bot answers, another is spoken to; and each goes on where it was.
#[test]
fn conversations_go_on_while_another_bot_is_looked_at() {
    let poe = FakePoe::start().unwrap();
    let slow = Answer::stream()
        .text("wait ")
        .step(Step::Wait(Wait::Gate("go on".to_owned())))
        .text("there it is")
        .done();
    poe.bot("slow", Script::in_turn([slow]));
    poe.bot("quick", Script::computed(counting));
    let browser = Browser::open(&poe.url());
    browser.choose("slow");
    browser.say("how long?");
    browser.wait_text(".answer .text", "wait");
    browser.choose("quick");
    assert_eq!(said(&browser), [""; 0]);
    browser.say("one");
    browser.wait_text(".answer .text", "1 messages");
    poe.release("go on");
    browser.choose("slow");
    browser.wait_text(".answer .text", "wait there it is");
    assert_eq!(said(&browser)[0], "how long?");
    browser.choose("quick");
    assert_eq!(said(&browser), ["one", "1 messages"]);
    browser.wait_text("#suggestions", "and now?");
    browser.say("two");
    browser.wait_text(".answer .text", "3 messages");
    // And a new one begins when it is asked for.
    browser.click("#new");
    browser.wait("document.querySelectorAll('#talk > li').length === 0");
    browser.wait("document.querySelector('.intro-card h2')");
    browser.say("anew");
    browser.wait_text(".answer .text", "1 messages");
    browser.is_well();
}

#[test]
fn a_conversation_is_there_when_the_page_is_loaded_again() {
    let poe = FakePoe::start().unwrap();
    poe.bot("counting", Script::computed(counting));
    let browser = Browser::open(&poe.url());
    browser.choose("counting");
    browser.say("one");
    browser.wait_text(".answer .text", "1 messages");
    browser.wait("document.querySelector('.answer .acts')");
    browser.script("location.reload()", &[]);
    browser.wait("document.querySelectorAll('.answer .acts').length === 1");
    assert_eq!(said(&browser), ["one", "1 messages"]);
    assert_eq!(browser.text(".answer .text strong"), "1");
    assert_eq!(browser.text(".answer .file"), "notes.txt");
    browser.say("two");
    browser.wait_text(".answer .text", "3 messages");
    let queries = poe.queries("counting");
    let ids: Vec<&Value> = queries
        .iter()
        .map(|query| &query.body["conversation_id"])
        .collect();
    assert_eq!(ids[0], ids[1]);
    // The last answer can be asked for again, and the first cannot.
    browser.wait("document.querySelectorAll('.answer [aria-label=\"Ask again\"]').length === 1");
    browser.click(".answer [aria-label='Ask again']");
    wait(poe.next_query("counting")).unwrap();
    browser.is_well();
}
