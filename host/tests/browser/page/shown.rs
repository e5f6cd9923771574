//! Files, controls, colours, narrow screens, and those who use no mouse or see no screen.

use ravenry_desk::simulator::{Answer, BotRequest};
use serde_json::{Value, json};

use super::{up, wait};
use crate::driver::Browser;
use crate::harness::{FakePoe, Script};

/// A picture of one red point, in the smallest PNG.
const RED: &[u8] = &[
    0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 0x0d, 0x49, 0x48, 0x44, 0x52, 0, 0, 0,
    1, 0, 0, 0, 1, 8, 2, 0, 0, 0, 0x90, 0x77, 0x53, 0xde, 0, 0, 0, 0x0c, 0x49, 0x44, 0x41, 0x54,
    0x08, 0xd7, 0x63, 0xf8, 0xcf, 0xc0, 0, 0, 3, 1, 1, 0, 0x18, 0xdd, 0x8d, 0xb0, 0, 0, 0, 0, 0x49,
    0x45, 0x4e, 0x44, 0xae, 0x42, 0x60, 0x82,
];

/// A document of two pages, as far as whoever counts them looks.
const TWO_PAGES: &str = "%PDF-1.4\n1 0 obj\n<</Type/Catalog/Pages 2 0 R>>\nendobj\n\
    2 0 obj\n<</Type/Pages/Count 2/Kids[]>>\nendobj\ntrailer\n<</Root 1 0 R>>\n";

/// A bot that sends the first attachment back: attached, and in its text.
fn mirror(query: &BotRequest) -> Answer {
    let messages = query.body["query"].as_array().unwrap();
    let file = &messages.last().unwrap()["attachments"][0];
    Answer::stream()
        .text("You sent ![it][mine] here.")
        .event(
            "file",
            json!({
                "url": file["url"], "name": file["name"], "content_type": file["content_type"],
                "inline_ref": "mine",
            }),
        )
        .event(
            "file",
            json!({"url": file["url"], "name": file["name"], "content_type": "image/png"}),
        )
        .done()
}

#[test]
fn a_picture_goes_there_and_back() {
    let poe = FakePoe::start().unwrap();
    poe.bot("mirror", Script::computed(mirror));
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("red point.png");
    std::fs::write(&file, RED).unwrap();
    let browser = Browser::open(&poe.url());
    browser.choose("mirror");
    browser.keys("#file", file.to_str().unwrap());
    browser.wait("document.querySelector('#files .icon')");
    browser.say("look");
    browser.wait("document.querySelectorAll('.answer img').length === 2");
    let loaded =
        "[...document.querySelectorAll('#talk img')].every((image) => image.naturalWidth === 1)";
    browser.wait(loaded);
    let query = wait(poe.next_query("mirror")).unwrap().body;
    let sent = &query["query"][0]["attachments"][0];
    assert_eq!(sent["name"], "red point.png");
    assert_eq!(sent["content_type"], "image/png");
    browser.is_well();
}

/// A bot in the sandbox reads what a person has attached on the page, and nothing else of this machine.
#[test]
fn a_bot_of_the_gateway_reads_an_attachment() {
    let (_server, page) = up(&["pdf-counter"]);
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("two.pdf");
    std::fs::write(&file, TWO_PAGES).unwrap();
    let browser = Browser::open(&page);
    browser.choose("pdf-counter");
    browser.keys("#file", file.to_str().unwrap());
    browser.wait("document.querySelector('#files .icon')");
    browser.say("how many?");
    browser.wait_text(".answer .text", "two.pdf has 2 pages.");
    browser.is_well();
}

#[test]
fn controls_are_controls() {
    let (_server, page) = up(&["full-settings"]);
    let browser = Browser::open(&page);
    browser.choose("full-settings");
    browser.wait_text(".intro-card", "Miaow, you");
    browser.click("#tune");
    browser.wait("document.querySelector('#controls input[type=range]')?.value === '3'");
    assert_eq!(browser.text("#controls summary"), "Mood");
    let label =
        "const input = document.querySelector('#controls input'); return input.labels[0].innerText";
    assert!(
        browser
            .script(label, &[])
            .as_str()
            .unwrap()
            .starts_with("Purr")
    );
    browser.say("untouched");
    browser.wait_text(".answer .text", "I answer");
    browser.keys("#controls input[type=range]", "\u{e014}\u{e014}");
    assert_eq!(browser.text("#controls output"), "5");
    browser.say("touched");
    browser.wait("document.querySelectorAll('.answer .acts').length === 2");
    let query: Value = serde_json::from_str(
        browser
            .script("return document.getElementById('body').textContent", &[])
            .as_str()
            .unwrap(),
    )
    .unwrap();
    assert_eq!(query["query"][0]["parameters"], json!({}));
    assert_eq!(query["query"][2]["parameters"], json!({"purr": 5}));
    browser.is_well();
}

/// On a telephone nothing is wider than the screen, and list and panel come when they are asked for.
#[test]
fn a_telephone_is_wide_enough() {
    let poe = FakePoe::start().unwrap();
    let wide = format!(
        "{}\n\n```\n{}\n```\n\n|a|b|\n|-|-|\n|{}|b|",
        "x".repeat(400),
        "y".repeat(400),
        "z".repeat(300)
    );
    poe.bot("wide", Script::text(&wide));
    let browser = Browser::sized(&poe.url(), 500, 800);
    let phone = json!({"cmd": "Emulation.setDeviceMetricsOverride", "params": {"width": 375, "height": 740, "deviceScaleFactor": 2, "mobile": true}});
    browser.devtools(&phone);
    browser.choose("wide");
    browser.say("go");
    browser.wait("document.querySelector('.answer .acts')");
    let over = "return [document.documentElement.scrollWidth, document.getElementById('scroll').scrollWidth <= innerWidth]";
    assert_eq!(browser.script(over, &[]), json!([375, true]));
    assert_eq!(
        browser.script(
            "return document.getElementById('panel').checkVisibility()",
            &[]
        ),
        false
    );
    browser.click("#open-panel");
    browser.wait("document.getElementById('panel').checkVisibility()");
    browser.click("#close-panel");
    browser.click("#open-bots");
    browser.wait("document.activeElement.id === 'find'");
    // It slides in: before it is there, nobody can press anything on it.
    browser.wait("document.getElementById('bots').getBoundingClientRect().left === 0");
    browser.click("#bot-list button");
    browser.wait("!document.getElementById('app').classList.contains('bots')");
    browser.is_well();
}

/// With parameters too, there is room for the button that sends.
#[test]
fn on_a_telephone_one_can_send_with_parameters() {
    let (_server, page) = up(&["full-settings"]);
    let browser = Browser::sized(&page, 500, 800);
    for (width, height) in [(375, 740), (320, 480)] {
        let phone = json!({"cmd": "Emulation.setDeviceMetricsOverride", "params": {"width": width, "height": height, "deviceScaleFactor": 2, "mobile": true}});
        browser.devtools(&phone);
        browser.choose("full-settings");
        browser.wait("!document.getElementById('tune').hidden");
        if browser.script("return document.getElementById('controls').hidden", &[]) == true {
            browser.click("#tune");
        }
        let place = "const {left, right, bottom, width, height} = document.getElementById('send').getBoundingClientRect(); return left >= 0 && right <= innerWidth && bottom <= innerHeight && width === 36 && height === 36";
        assert_eq!(browser.script(place, &[]), true, "{width} x {height}");
        let wide = "return document.documentElement.scrollWidth";
        assert_eq!(browser.script(wide, &[]), width);
    }
    browser.say("hi");
    browser.wait_text(".answer .text", "I answer");
    browser.is_well();
}

/// What a bot wrote as a page is shown as one when somebody asks, and can do nothing.
#[test]
fn a_page_is_previewed_in_a_frame_of_its_own() {
    let poe = FakePoe::start().unwrap();
    let html = "```html\n<p style=\"color: red\">hello</p><script>parent.document.title = 'taken'; document.body.textContent = 'ran'</script>\n```\n\nsee https://en.wikipedia.org/wiki/Rust_(programming_language) and[^1]\n\n[^1]: a note\n";
    poe.bot("page", Script::text(html));
    let browser = Browser::open(&poe.url());
    browser.choose("page");
    browser.say("go");
    browser.wait("document.querySelector('.answer .acts')");
    assert_eq!(
        browser.script("return document.querySelector('iframe')", &[]),
        Value::Null
    );
    browser.click(".code .chip");
    browser.wait("document.querySelector('iframe.preview')");
    let sandbox = "const frame = document.querySelector('iframe.preview'); return [frame.getAttribute('sandbox'), frame.contentDocument]";
    assert_eq!(browser.script(sandbox, &[]), json!(["", null]));
    let link = "return document.querySelector('.answer a').href";
    assert_eq!(
        browser.script(link, &[]),
        "https://en.wikipedia.org/wiki/Rust_(programming_language)"
    );
    assert_eq!(browser.text(".answer .note"), "1");
    assert_eq!(browser.text(".answer .footnote div"), "a note");
    browser.click(".code .chip");
    browser.wait("document.querySelector('iframe.preview') === null");
    assert_ne!(browser.script("return document.title", &[]), "taken");
    browser.is_well();
}

/// Code is in colours, in whatever pieces it comes, and stays the text that it is.
#[test]
fn code_is_in_colours() {
    let poe = FakePoe::start().unwrap();
    let code = "fn main() { // go\n\tlet a = \"<b>\";\n}\n";
    let text = format!("```rust\n{code}```\n\n```klingon\nfn\n```\n");
    let letters = text.chars().map(String::from);
    let answer = letters.fold(Answer::stream(), |answer, letter| answer.text(&letter));
    poe.bot("coder", Script::from(answer.done()));
    let browser = Browser::open(&poe.url());
    browser.choose("coder");
    browser.say("go");
    browser.wait("document.querySelector('.answer .acts')");
    let words = "return [...document.querySelectorAll('.code .word')].map((word) => [word.classList[1], word.textContent])";
    assert_eq!(
        browser.script(words, &[]),
        json!([
            ["keyword", "fn"],
            ["name", "main"],
            ["comment", "// go"],
            ["keyword", "let"],
            ["string", "\"<b>\""]
        ])
    );
    let texts =
        "return [...document.querySelectorAll('.code code')].map((block) => block.textContent)";
    assert_eq!(browser.script(texts, &[]), json!([code, "fn\n"]));
    let colours = "return new Set([...document.querySelectorAll('.word, .code code')].map((word) => getComputedStyle(word).color)).size";
    assert_eq!(browser.script(colours, &[]), 5);
    browser.is_well();
}

/// Every control has a name, text can be read in both colours, and an answer is read out when it is there.
#[test]
fn nobody_is_left_out() {
    let poe = FakePoe::start().unwrap();
    let answer = Answer::stream()
        .text("# Title\n\n`code` and [link](https://a.example)\n\n> quoted\n\n")
        .text("```rust\n#[a]\nfn f(x: u8) { g(1, \"s\") } // c\n```")
        .event("suggested_reply", json!({"text": "more"}))
        .done();
    poe.bot("host", Script::from(answer));
    let browser = Browser::open(&poe.url());
    browser.choose("host");
    browser.say("hello");
    browser.wait_text("#live", "host says: Title");
    let nameless = "return [...document.querySelectorAll('button, input, select, textarea, [role]')]
        .filter((node) => node.checkVisibility() && ['BUTTON', 'INPUT', 'SELECT', 'TEXTAREA'].includes(node.tagName))
        .filter((node) => !(node.getAttribute('aria-label') || node.labels?.length || node.innerText.trim()))
        .map((node) => node.outerHTML)";
    assert_eq!(browser.script(nameless, &[]), json!([]));
    for theme in ["light", "dark"] {
        browser.script(
            "document.documentElement.dataset.theme = arguments[0]",
            &[json!(theme)],
        );
        assert_eq!(browser.script(PALE, &[]), json!([]), "{theme}");
    }
    // From the message to the suggestion and back, without a mouse.
    browser.wait("document.activeElement.id === 'text'");
    browser.script("document.querySelector('#suggestions button').focus()", &[]);
    browser.press(crate::driver::ENTER);
    browser.wait("document.querySelectorAll('.answer .acts').length === 2");
    browser.wait("document.activeElement.id === 'text'");
    browser.is_well();
}

/// Texts whose contrast to what is behind them is below 4.5 (WCAG 2.2, 1.4.3).
const PALE: &str = r"
    const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
    const rgba = (color) => {
        canvas.clearRect(0, 0, 1, 1);
        canvas.fillStyle = color;
        canvas.fillRect(0, 0, 1, 1);
        return [...canvas.getImageData(0, 0, 1, 1).data];
    };
    const light = ([r, g, b]) => [r, g, b]
        .map((part) => part / 255)
        .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4))
        .reduce((sum, part, place) => sum + part * [0.2126, 0.7152, 0.0722][place], 0);
    const behind = (node) => {
        for (let at = node; at; at = at.parentElement) {
            const color = rgba(getComputedStyle(at).backgroundColor);
            if (color[3] > 250) return color;
        }
        return [255, 255, 255];
    };
    return [...document.querySelectorAll('body *')]
        .filter((node) => node.checkVisibility({ opacityProperty: true }) && !node.disabled && !node.closest('.unseen, .skip'))
        .filter((node) => [...node.childNodes].some((child) => child.nodeType === 3 && child.data.trim()))
        .map((node) => {
            const [a, b] = [light(rgba(getComputedStyle(node).color)), light(behind(node))];
            return [(Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05), node.outerHTML.slice(0, 90)];
        })
        .filter(([contrast]) => contrast < 4.5);
";
