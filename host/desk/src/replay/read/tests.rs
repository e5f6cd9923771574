//! Files as people write them, and the mistakes that they make.

use super::*;

fn read(text: &str) -> Script {
    let (script, problems) = script(Path::new("x.toml"), text);
    assert_eq!(problems, []);
    script.unwrap()
}

fn mistakes(text: &str) -> String {
    Problems(script(Path::new("x.toml"), text).1).to_string()
}

#[test]
fn a_question_is_enough() {
    let script = read("[[turn]]\nsay = \"hi\" # said first\n");
    let [turn] = script.turns.as_slice() else {
        panic!("{script:?}");
    };
    assert_eq!(turn.said.say, "hi");
    assert!(turn.answer.is_none());
    assert_eq!(
        script.text.get(..turn.end),
        Some("[[turn]]\nsay = \"hi\" # said first")
    );
}

#[test]
fn everything_has_its_place() {
    let script = read(
        "bot = \"cat\"\nbegan = \"2025-01-01T00:00:01Z\"\n\n[[turn]]\nsay = '''\na\nb'''\nanswer = [\n  { text = \"x\" },\n  { at = \"1s\", text = \"y\" },\n]\n\n[[turn.call]]\nask = \"Other\"\nmessages = [{ role = \"user\", content = \"a\" }]\nanswer = [\"hello\"]\n",
    );
    assert_eq!(script.began, BEGAN + Duration::from_secs(1));
    let turn = &script.turns[0];
    let answer = turn.answer.as_ref().unwrap();
    let at = |range: &Range<usize>| script.text.get(range.clone()).unwrap();
    assert!(at(&answer.span).starts_with("[\n  {") && at(&answer.span).ends_with("},\n]"));
    assert_eq!(answer.events[1].line, 10);
    assert_eq!(turn.place.line, 4, "{:?}", turn.place);
    assert!(script.text[..turn.end].ends_with("},\n]"));
    let call = &turn.calls[0];
    assert!(
        at(&call.span).starts_with("[[turn.call]]\nask"),
        "{:?}",
        at(&call.span)
    );
    assert!(
        at(&call.span).ends_with("[\"hello\"]"),
        "{:?}",
        at(&call.span)
    );
    assert_eq!(
        at(&call.fields["messages"].1),
        "messages = [{ role = \"user\", content = \"a\" }]"
    );
    let outcome = &call.exchange.outcome;
    let said: Vec<_> = outcome
        .chunks
        .iter()
        .flat_map(|(_, chunk)| chunk.to_vec())
        .collect();
    assert_eq!(
        String::from_utf8(said).unwrap(),
        "event: text\ndata: {\"text\":\"hello\"}\n\nevent: done\ndata: {}\n\n"
    );
}

#[test]
fn all_mistakes_show_at_once() {
    insta::assert_snapshot!(mistakes(
        "bott = \"cat\"\nbegan = \"yesterday\"\n[[turn]]\nsay = 1\nanswer = [{ text = 1 }]\n[[turn]]\nanswer = \"x\"\n[[turn.call]]\nanswer = \"x\"\n[[turn.call]]\nask = \"B\"\nstatus = 99\nfails = \"badly\"\n[[turn.call]]\nhttp = \"GET x\"\nanswer = [{ at = \"soon\", body = \"x\" }]\n"
    ), @r#"
    error: unknown key `bott` at the top of the file
      --> x.toml:1:1
    hint: did you mean `bot`?
    error: `began` is no time
      --> x.toml:2:10
    hint: write it as in "2025-01-01T00:00:00Z"
    error: `say` in [turn] must be text in quotes, not a whole number
      --> x.toml:4:7
    error: the data of an event is a text or a table
      --> x.toml:5:11
    hint: write { text = "…" } or { at = "1s", replace_response = "…" }
    error: `answer` must be a list, not text
      --> x.toml:7:11
    hint: write answer = [{ text = "…" }]; without `answer`, `--update` fills it in
    error: a call says what it is
      --> x.toml:8:1
    hint: write ask = "BOT", http = "GET https://…", upload = "FILE", read = "URL" or charge = "authorize"
    error: a call has an `answer`, or it `fails`
      --> x.toml:10:1
    hint: write answer = "…"
    error: `status` is a number from 200 to 599
      --> x.toml:12:10
    error: `fails` is no way to fail
      --> x.toml:13:10
    hint: known here: "no such name", "no connection in time", "connection refused", "unreachable", "no answer in time", "silence", "connection closed", "broken off", "no HTTP"
    error: `at` is no time
      --> x.toml:16:19
    hint: write it as in "1s" or "1s 250ms"
    10 errors
    "#);
}
