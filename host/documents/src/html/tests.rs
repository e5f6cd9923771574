//! Pages and what is written of them: usual ones, odd ones, and those that are made to do harm.

use std::fmt::Write as _;

use super::*;

/// The Markdown of a page that fits.
#[track_caller]
fn markdown(html: &str) -> String {
    let text = html_to_markdown(html.as_bytes(), 100_000).unwrap();
    assert!(!text.is_cut);
    assert_eq!(text.format, Format::Markdown);
    text.text
}

#[test]
fn structure_is_kept() {
    let page = "<!DOCTYPE html><html><head><title>All\n about &amp; cats</title>\
                <style>p { }</style></head><body><h1>Cats</h1>\
                <p>They  <b>sleep</b> &amp;\n<a href='x'>eat</a>.<p>Twice<br>a day.\
                <h3>Food <br> and &lt;drink&gt; &#x1F638;</h3>\
                <blockquote><p>Meow.</p><p>Purr.</p></blockquote>\
                <pre>\nx  y\n\n  z ```\n</pre><hr><div>The <code>end</code></div></body></html>";
    assert_eq!(
        markdown(page),
        "# Cats\n\nThey sleep & eat.\n\nTwice\na day.\n\n### Food and <drink> 😸\n\n> Meow.\n>\n> Purr.\n\n\
         ````\nx  y\n\n  z ```\n````\n\nThe end\n"
    );
    let text = html_to_markdown(page.as_bytes(), 1000).unwrap();
    assert_eq!(text.title.as_deref(), Some("All about & cats"));
}

#[test]
fn lists_are_in_lists() {
    let page = "<p>Two:</p><ul><li>one<li><p>two</p><p>more</p><ol><li>a</li><li></li><li>b\
                <pre>x\ny</pre></ol></li><li>three</ul><p>After</p><ol><li>again</ol>";
    assert_eq!(
        markdown(page),
        "Two:\n\n- one\n- two\n\n  more\n  1. a\n  2. b\n\n     ```\n     x\n     y\n     ```\n- three\n\n\
         After\n\n1. again\n"
    );
    // In each other without words between them, within a quote, without a list, and closed by the wrong tag.
    assert_eq!(
        markdown("<ul><li><ul><li>deep</li></ul></li></ul>"),
        "- - deep\n"
    );
    assert_eq!(
        markdown("<blockquote><ol><li>a<li>b</ol></blockquote><blockquote>c"),
        "> 1. a\n> 2. b\n\n> c\n"
    );
    assert_eq!(markdown("<li>a</li><li>b</ul>c"), "- a\n- b\n\nc\n");
    assert_eq!(
        markdown("<ul><li>a</ol></blockquote></li></ul></ul>b"),
        "- a\n\nb\n"
    );
}

#[test]
fn tables_have_rows() {
    assert_eq!(
        markdown(
            "<table><caption>Sizes</caption><thead><tr><th>Cat<th>kg</thead>\
             <tr><td><p>A | B</p></td><td>4<br>5</td></tr><tr></tr></table>After"
        ),
        "Sizes\n\n| Cat | kg |\n| --- | --- |\n| A \\| B | 4 5 |\n\nAfter\n"
    );
    assert_eq!(
        markdown("<table><tr><td>open<td><ul><li>a<li>b</ul>"),
        "| open | a b |\n| --- | --- |\n"
    );
    // A frame around a page.
    assert_eq!(
        markdown("<table><tr><td>menu</td><td><h1>Cats</h1><p>sleep</p></td><td>foot</td></table>"),
        "menu\n\n# Cats\n\nsleep\n\nfoot\n"
    );
    let long = "a word ".repeat(200);
    let framed = markdown(&format!("<table><tr><td><p>{long}</p><p>more</table>"));
    assert_eq!(framed, format!("{}\n\nmore\n", long.trim_end()));
    assert_eq!(
        markdown("<table><tr><td><table><tr><td>1<td>2</table>3</table>"),
        "| 1 | 2 |\n| --- | --- |\n\n3\n"
    );
}

#[test]
fn what_nobody_sees_is_left_out() {
    let page = "a<script>if (1 < 2) '<p>no</p>'</script><style>no</style><noscript><p>no</noscript>\
                <template><template>no</template><script>'</template>'</script>no</template>\
                <iframe>no</iframe><textarea>no</textarea><!-- no -->\
                <svg><title>no</title><g><text>no</text></g></svg>b";
    assert_eq!(markdown(page), "ab\n");
    // A picture that is not closed does not hide the rest.
    assert_eq!(markdown("<svg><path><text>no<p>yes"), "yes\n");
    assert_eq!(markdown("<svg/>yes<noscript/>no</noscript>"), "yes\n");
    let xhtml = "<?xml version='1.0'?><html><script src='x'/><title/><p>yes</p></html>";
    assert_eq!(markdown(xhtml), "yes\n");
    assert_eq!(markdown("<script>no <p>no"), "");
}

/// The way to other pages is on each of them, and what has the attribute is not shown.
#[test]
fn navigation_and_what_the_author_hides_are_left_out() {
    let page = "<body hidden><header><h1>Cats</h1></header>They<nav><ul><li>no<li><nav>no</nav>no</ul></nav>sleep\
                <div hidden><div>no</div><script>'</div>'</script>no</div>. <span hidden=''>no</span>Long.\
                <p hidden=until-found>Found.<img hidden> <input hidden>Too.<footer>2026</footer>";
    assert_eq!(
        markdown(page),
        "# Cats\n\nThey\n\nsleep\n\n. Long.\n\nFound. Too.\n\n2026\n"
    );
    // Closed by nothing but what comes next.
    assert_eq!(markdown("<p hidden>no<br>no<p>yes"), "yes\n");
    assert_eq!(markdown("<div><p hidden>no</div>yes"), "yes\n");
    assert_eq!(markdown("<p hidden>no<p hidden>no</p>yes"), "yes\n");
    assert_eq!(
        markdown("<ul><li>a<li hidden>no<ul><li>no<li>no</ul>no<li>b</ul>c"),
        "- a\n- b\n\nc\n"
    );
    assert_eq!(markdown("<ul><li>a<li hidden>no</ul>b"), "- a\n\nb\n");
    assert_eq!(
        markdown("<table><tr><td>a<td hidden>no<td>b<tr hidden><td>no<tr><td>c<td>d</table>"),
        "| a | b |\n| --- | --- |\n| c | d |\n"
    );
    assert_eq!(markdown("<dl><dt>a<dd hidden>no<dt>b</dl>"), "a\n\nb\n");
    assert_eq!(markdown("<nav>no<main>yes</main>"), "yes\n");
    assert_eq!(
        markdown("<pre>a\n<b hidden>no</b>b</pre>"),
        "```\na\nb\n```\n"
    );
    assert_eq!(markdown("</nav>a</div hidden>b"), "a\n\nb\n");
    assert_eq!(markdown("<script hidden>'<p>no'</script>yes"), "yes\n");
    let xhtml = "<?xml version='1.0'?><div hidden='hidden'/><nav/><p>yes</p>";
    assert_eq!(markdown(xhtml), "yes\n");
}

/// A page says itself how it is encoded; one that does not is UTF-8, or as old as that.
#[test]
fn pages_are_read_in_their_encodings() {
    let read = |page: &[u8]| html_to_markdown(page, 1000).unwrap().text;
    assert_eq!(
        read(b"<meta charset=iso-8859-1><p>Gr\xfc\xdfe \x80"),
        "Grüße €\n"
    );
    assert_eq!(read(b"<meta charset=koi8-r><p>\xcb\xcf\xd4"), "кот\n");
    let japanese = b"<meta http-equiv=content-type content='text/html; charset=Shift_JIS'><p>\x94L";
    assert_eq!(read(japanese), "猫\n");
    assert_eq!(read(b"<p>Gr\xfc\xdfe"), "Grüße\n");
    assert_eq!(read("<p>Grüße".as_bytes()), "Grüße\n");
    // The mark is right where the rest is not.
    let marked = "\u{feff}<meta charset=koi8-r><p>Grüße";
    assert_eq!(read(marked.as_bytes()), "Grüße\n");
}

#[test]
fn words_are_no_marks() {
    assert_eq!(
        markdown("<p># a<p>1. b<br>--- c<br>===<p>&lt;!-- d<ul><li>- e</ul><table><td>> f</table>"),
        "\\# a\n\n1\\. b\n\\--- c\n\\===\n\n\\<!-- d\n\n- \\- e\n\n\\> f\n"
    );
    assert_eq!(markdown("<h2>#1 in C #</h2><h2></h2>"), "## #1 in C \\#\n");
}

#[test]
fn broken_pages_are_read() {
    assert_eq!(
        markdown("<h1><div>Cats</div></h1>sleep"),
        "# Cats\n\nsleep\n"
    );
    assert_eq!(
        markdown("<h1>Cats<p>sleep</h1>long"),
        "# Cats\n\nsleep\n\nlong\n"
    );
    assert_eq!(markdown("</p></h1></td></table></pre>a</li>b"), "a\n\nb\n");
    assert_eq!(markdown("<pre>a<div>b</div><br>c"), "```\na\nb\n\nc\n```\n");
    assert_eq!(markdown("a<br><br>b<br>"), "a\n\nb\n");
    assert_eq!(markdown("<a <b <!-- <p title=\"never closed"), "");
    assert_eq!(
        markdown("&#0; &bogus; &#xD800;").trim(),
        "\u{fffd} &bogus; \u{fffd}"
    );
    let utf16: Vec<u8> = "\u{feff}<p>é"
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    assert_eq!(html_to_markdown(&utf16, 100).unwrap().text, "é\n");
    assert!(matches!(
        html_to_markdown(b"a\0", 100),
        Err(ReadError::Binary)
    ));
}

#[test]
fn a_text_is_cut_where_there_is_no_room() {
    for (page, most) in [
        ("é".repeat(1000), 101),
        ("<p>a".repeat(1000), 10),
        ("<td>a".repeat(1000), 10),
        (format!("<table>{}", "<tr><td><td>a".repeat(1000)), 50),
        (
            format!("{}<pre>{}", "<blockquote>".repeat(16), "a\n".repeat(400)),
            1000,
        ),
    ] {
        let text = html_to_markdown(page.as_bytes(), most).unwrap();
        assert!(text.is_cut);
        assert!(
            text.text.len() <= most && text.text.len() >= most - 3,
            "{}",
            text.text
        );
    }
}

/// No page makes its reader stand still, or fill its memory.
#[test]
fn a_page_that_is_all_tags_comes_to_an_end() {
    for tags in [
        "<div><b x>",
        "<ul><li>",
        "<blockquote>",
        "<table><td>",
        "<svg>",
        "<template>",
        "<h1><pre>",
        "<tr>",
    ] {
        let page = tags.repeat(if tags == "<div><b x>" {
            500_000
        } else {
            50_000
        });
        let text = html_to_markdown(page.as_bytes(), 1 << 20).unwrap();
        assert_eq!(text.text, "", "{tags}");
    }
    // Sixteen are followed, and all of them are closed.
    let depth = 100_000;
    let page = format!(
        "{}a{}b",
        "<ul><li>".repeat(depth),
        "</li></ul>".repeat(depth)
    );
    assert_eq!(markdown(&page), format!("{}a\n\nb\n", "- ".repeat(8)));
}

/// Their time grows with the square of their number.
#[test]
fn a_tag_with_many_attributes_comes_to_an_end() {
    let mut page = "<p>first<p".to_owned();
    for number in 0..500_000 {
        write!(page, " a{number}").unwrap();
    }
    page.push_str(">second");
    let text = html_to_markdown(page.as_bytes(), 1 << 20).unwrap();
    assert!(text.text.starts_with("first"));
}
