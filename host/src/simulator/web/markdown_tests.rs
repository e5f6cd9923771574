//! What becomes of Markdown, and of those who would rather have HTML or a script.

use super::*;

/// A tree as it is easy to read: `p(text em(more))`, with what is about an element in brackets.
fn shown(text: &str) -> String {
    let (blocks, _) = blocks(text, &mut Labels::default());
    let shown: Vec<String> = blocks.iter().map(|(_, node)| line(node)).collect();
    shown.join(" ")
}

fn line(node: &Node) -> String {
    match node {
        Node::Text(text) => format!("{text:?}"),
        Node::Element(Element {
            tag,
            about,
            children,
        }) => {
            let about = about
                .as_ref()
                .map_or(String::new(), |about| format!("[{about}]"));
            let children: Vec<String> = children.iter().map(line).collect();
            format!("{tag}{about}({})", children.join(" "))
        }
    }
}

#[test]
fn markdown_becomes_elements() {
    for (text, tree) in [
        ("# Hi\n\nyou", r#"h1("Hi") p("you")"#),
        (
            "a *b* **c** ~~d~~ `e`",
            r#"p("a " em("b") " " strong("c") " " del("d") " " code("e"))"#,
        ),
        ("a\nb  \nc", r#"p("a\nb" br() "c")"#),
        ("```rust x\nfn\n  a\n```", r#"pre[rust]("fn\n  a\n")"#),
        ("3. a\n4. b", r#"ol[3](li("a") li("b"))"#),
        (
            "- [x] a\n- [ ] b",
            r#"ul(li(tick[x]() "a") li(tick[]() "b"))"#,
        ),
        ("> a\n\n---", r#"blockquote(p("a")) hr()"#),
        (
            "|a|b|\n|-|-:|\n|1|2|",
            r#"table(thead(th("a") th[right]("b")) tr(td("1") td[right]("2")))"#,
        ),
        ("[a](https://b.c/d)", r#"p(a[https://b.c/d]("a"))"#),
        (
            "![a](https://b.c/d.png)",
            r#"p(img[https://b.c/d.png]("a"))"#,
        ),
        ("[a][L]\n\n[l]: https://b.c/", r#"p(a[https://b.c/]("a"))"#),
        (
            "see https://a.b/c(d), or (http://e.f).",
            r#"p("see " a[https://a.b/c(d)]("https://a.b/c(d)") ", or (" a[http://e.f/]("http://e.f") ").")"#,
        ),
        ("`https://a.b`", r#"p(code("https://a.b"))"#),
    ] {
        assert_eq!(shown(text), tree, "{text}");
    }
}

/// HTML stays text, and an address that is none of the three kinds is left out.
#[test]
fn nothing_leads_out_of_the_tree() {
    for (text, tree) in [
        (
            "<script>alert(1)</script>",
            r#"p("<script>alert(1)</script>")"#,
        ),
        (
            "a <img src=x onerror=alert(1)>",
            r#"p("a <img src=x onerror=alert(1)>")"#,
        ),
        ("[a](javascript:alert(1))", r#"p(a("a"))"#),
        ("[a](JaVaScRiPt:alert(1))", r#"p(a("a"))"#),
        (
            "[a](java\tscript:alert(1))",
            r#"p("[a](java\tscript:alert(1))")"#,
        ),
        ("[a](&#106;avascript:alert(1))", r#"p(a("a"))"#),
        ("[a](data:text/html,<b>)", r#"p(a("a"))"#),
        ("[a](vbscript:x)", r#"p(a("a"))"#),
        ("[a](/bot/cat)", r#"p(a("a"))"#),
        ("[a](//evil.example)", r#"p(a("a"))"#),
        ("![a](javascript:alert(1))", r#"p(img("a"))"#),
        (
            "![a](data:image/svg+xml,<svg/onload=alert(1)>)",
            r#"p(img("a"))"#,
        ),
        ("[a][b]\n\n[b]: javascript:alert(1)", r#"p(a("a"))"#),
        ("<javascript:alert(1)>", r#"p(a("javascript:alert(1)"))"#),
        (
            "<https://a.b/\"onclick=alert(1)>",
            r#"p(a[https://a.b/%22onclick=alert(1)]("https://a.b/\"onclick=alert(1)"))"#,
        ),
        ("```\"><script>\nx\n```", r#"pre["><script>]("x\n")"#),
    ] {
        assert_eq!(shown(text), tree, "{text}");
    }
}

#[test]
fn what_lies_too_deep_is_shown_all_the_same() {
    let quoted = |times: usize| shown(&format!("{} bottom", ">".repeat(times)));
    let deep = quoted(60);
    assert_eq!(deep.matches("blockquote(").count(), DEPTH_MAX);
    assert!(deep.contains("bottom"));
    // A parser would take minutes.
    let deepest = quoted(240_000);
    assert!(deepest.starts_with("plain(") && deepest.contains("bottom"));
}

#[test]
fn a_rule_in_a_quote_is_in_the_quote() {
    let (blocks, _) = blocks("> # a\n> ---\n", &mut Labels::default());
    let begin: Vec<usize> = blocks.iter().map(|(start, _)| *start).collect();
    assert_eq!(begin, [0]);
}
