//! What becomes of Markdown, and of those who would rather have HTML or a script.

use super::{builder::DEPTH_MAX, *};

/// A tree as it is easy to read: `p(text em(more))`, with what is about an element in brackets.
fn shown(text: &str) -> String {
    let (blocks, _) = blocks(text, &mut Labels::default());
    let shown: Vec<String> = blocks.iter().map(|block| line(&block.node)).collect();
    shown.join(" ")
}

fn line(node: &Node) -> String {
    match node {
        Node::Text(text) => format!("{text:?}"),
        Node::Element(Element {
            tag,
            about,
            children,
            ..
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
        (
            "```rust x\nfn\n  a\n```",
            r#"pre[rust](word[keyword]("fn") "\n  a\n")"#,
        ),
        (
            "```py\na = f(1) # <b>\n```",
            r##"pre[py]("a = " word[name]("f") "(" word[number]("1") ") " word[comment]("# <b>") "\n")"##,
        ),
        ("```klingon\nfn a\n```", r#"pre[klingon]("fn a\n")"#),
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
            "see https://ab.cd/e(f), or (http://gh.ij).",
            r#"p("see " a[https://ab.cd/e(f)]("https://ab.cd/e(f)") ", or (" a[http://gh.ij/]("http://gh.ij") ").")"#,
        ),
        ("`https://a.b`", r#"p(code("https://a.b"))"#),
    ] {
        assert_eq!(shown(text), tree, "{text}");
    }
}

/// Addresses are those that were written, whatever their characters mean in Markdown.
#[test]
fn bare_addresses_lead_where_they_say() {
    for (text, address) in [
        (
            "see https://en.wikipedia.org/wiki/Rust_(programming_language).",
            "https://en.wikipedia.org/wiki/Rust_(programming_language)",
        ),
        ("http://ab.cd/~user, and", "http://ab.cd/~user"),
        ("http://localhost:3000/a_b_c", "http://localhost:3000/a_b_c"),
        (
            "http://127.0.0.1:8080/__x__/y",
            "http://127.0.0.1:8080/__x__/y",
        ),
        ("https://ab.cd/_next/x_y_z", "https://ab.cd/_next/x_y_z"),
        ("https://ab.cd/__init__.py", "https://ab.cd/__init__.py"),
        ("**https://ab.cd/c**", "https://ab.cd/c"),
        ("_https://ab.cd/c_", "https://ab.cd/c"),
        ("(https://ab.cd/c)", "https://ab.cd/c"),
        ("https://ab.cd/c*d*e", "https://ab.cd/c*d*e"),
        ("- https://ab.cd/?a=1&b=2", "https://ab.cd/?a=1&b=2"),
        ("> https://ab.cd/c!", "https://ab.cd/c"),
        ("|x|\n|-|\n|https://ab.cd/c_d_|", "https://ab.cd/c_d"),
        ("https://ab.cd/caf\u{e9}", "https://ab.cd/caf%C3%A9"),
    ] {
        let tree = shown(text);
        assert!(tree.contains(&format!("a[{address}](")), "{text}: {tree}");
        assert_eq!(tree.matches("a[").count(), 1, "{text}: {tree}");
    }
    for text in [
        "`https://ab.cd/c`",
        "```\nhttps://ab.cd/c\n```",
        "    https://ab.cd/c",
        "<b title=https://ab.cd/c>",
        "file://ab.cd/c",
    ] {
        let tree = shown(text);
        assert!(!tree.contains("a["), "{text}: {tree}");
    }
    let linked = shown("[https://ab.cd/c](https://de.fg/) and <https://hi.jk/>");
    assert_eq!(linked.matches("a[").count(), 2, "{linked}");
}

/// Formulas are as they were written, whatever is in them.
#[test]
fn formulas_are_left_alone() {
    for (text, tree) in [
        (r"so \(a^2\) is", r#"p("so \\(a^2\\) is")"#),
        (r"\(a_1 + b_1 * c*d\)", r#"p("\\(a_1 + b_1 * c*d\\)")"#),
        ("\\[\n- x\n= `y`\n\\]", r#"p("\\[\n- x\n= `y`\n\\]")"#),
        ("$$\\frac{a}{b_1}$$", r#"p("$$\\frac{a}{b_1}$$")"#),
        (r"not \\(*a*\\)", r#"p("not \\(" em("a") "\\)")"#),
        (r"`\(a\)` and \(b", r#"p(code("\\(a\\)") " and (b")"#),
        ("$$ *a*\n\nb $$", r#"p("$$ " em("a")) p("b $$")"#),
    ] {
        assert_eq!(shown(text), tree, "{text}");
    }
}

/// A mark is one where there is a note; else it is what it was.
#[test]
fn notes_have_marks() {
    let text = "a[^1] and [^a-z]\n\n[^1]: The *note*.\n";
    let mut labels = Labels::default();
    let (_, learned) = blocks(text, &mut labels);
    assert!(learned);
    let (drawn, learned) = blocks(text, &mut labels);
    assert!(!learned);
    let drawn: Vec<String> = drawn.iter().map(|block| line(&block.node)).collect();
    assert_eq!(
        drawn,
        [
            r#"p("a" note("1") " and [^a-z]")"#,
            r#"footnote[1](p("The " em("note") "."))"#
        ]
    );
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
    let begin: Vec<usize> = blocks.iter().map(|block| block.start).collect();
    assert_eq!(begin, [0]);
}
