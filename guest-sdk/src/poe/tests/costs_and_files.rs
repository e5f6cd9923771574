//! Money and files.

use super::*;

#[test]
fn dollars_are_rounded_up_to_the_next_milli_cent() {
    let cases = [
        (0.0, 0),
        (1.0, 100_000),
        (0.07, 7_000),
        (0.29, 29_000),
        (1.1, 110_000),
        (0.000_01, 1),
        (0.000_001, 1),
        (0.000_255, 26),
        (f64::MIN_POSITIVE, 1),
        (-0.0, 0),
        (90_000_000_000.0, 9_000_000_000_000_000),
    ];
    for (usd, milli_cents) in cases {
        assert_eq!(
            CostItem::usd(usd),
            Ok(CostItem::milli_cents(milli_cents)),
            "{usd}"
        );
    }
    for nonsense in [
        -0.000_001,
        -1.0,
        f64::NAN,
        f64::INFINITY,
        f64::NEG_INFINITY,
        1e300,
        1e11,
    ] {
        let refused = CostItem::usd(nonsense);
        assert!(matches!(refused, Err(PoeError::Invalid(_))), "{nonsense}");
    }
}

#[test]
fn costs_are_bound_by_what_was_authorized_and_by_the_budget() {
    let item = |amount| [CostItem::milli_cents(amount).description("words")];
    let scene = Scene::default().budget(100);
    let transcript = play(&scene, |_| {
        authorize(&item(60))?;
        assert_eq!(authorize(&item(41)), Err(PoeError::InsufficientFund));
        assert_eq!(capture(&item(61)), Err(PoeError::InsufficientFund));
        capture(&item(50))?;
        authorize(&item(51))?;
        Ok(())
    });
    let charges = [
        Charge::Authorized(item(60).to_vec()),
        Charge::Captured(item(50).to_vec()),
    ];
    assert_eq!(transcript.charges, charges);
    // The last one was one too many, and the platform says so in its own words.
    let failure = Failure::new("").error_type("insufficient_fund");
    assert_eq!(transcript.failure(), Some(&failure));
}

#[test]
fn files_are_attached_in_their_place() {
    let transcript = play(&Scene::default(), |reply| {
        reply.text("before")?;
        let plain = reply.attach("a.txt", "text/plain", "bytes")?;
        assert_eq!(
            (plain.inline_ref, plain.content_type.as_str()),
            (None, "text/plain")
        );
        let inline = reply.attach_inline("b.png", None, [1, 2, 3])?;
        let label = inline.inline_ref.clone().unwrap();
        assert_eq!(label.len(), 8);
        assert_eq!(inline.markdown(), format!("![b.png][{label}]"));
        reply.text(inline.markdown())?;
        let named = reply.attach_url("https://x.test/d/c.gif?q=/e", None)?;
        assert_eq!(named.name, "c.gif");
        assert_eq!(
            reply.attach_url("https://x.test", None)?.name,
            "downloaded_file"
        );
        assert_eq!(reply.attach_url_inline("http://x.test/y", "z")?.name, "z");
        assert_eq!(reply.attach_url("http://x.test/w", "")?.name, "w");
        assert!(matches!(
            reply.attach("", None, ""),
            Err(PoeError::Invalid(_))
        ));
        assert!(matches!(
            reply.attach_url("ftp://x", None),
            Err(PoeError::Invalid(_))
        ));
        Ok(())
    });
    let names = transcript.events.iter().map(|event| match event {
        Event::File(file) => file.name.as_str(),
        _ => "text",
    });
    let names: Vec<_> = names.collect();
    assert_eq!(
        names,
        [
            "text",
            "a.txt",
            "b.png",
            "text",
            "c.gif",
            "downloaded_file",
            "z",
            "w"
        ]
    );
    assert_eq!(
        transcript.uploads[1].bytes.as_deref(),
        Some([1, 2, 3].as_slice())
    );
    assert_eq!(
        transcript.uploads[4].from_url.as_deref(),
        Some("http://x.test/y")
    );
}

#[test]
fn a_reply_has_twenty_files() {
    let transcript = play(&Scene::default(), |reply| {
        for _ in 0..20 {
            reply.attach("f", None, "")?;
        }
        assert!(matches!(
            reply.attach("f", None, ""),
            Err(PoeError::TooLarge(_))
        ));
        Ok(())
    });
    assert_eq!((transcript.events.len(), transcript.result), (20, Ok(())));
}

#[test]
fn an_attachment_is_read_up_to_a_bound_and_only_from_the_query() {
    let attachment = |url: &str| Attachment {
        url: url.to_owned(),
        ..Attachment::default()
    };
    let query = vec![Message {
        attachments: vec![attachment("here"), attachment("gone")],
        ..Message::user("hi")
    }];
    let scene = Scene::default()
        .attachment("here", "12345")
        .attachment("secret", "x");
    let reads = Does(|query: &Query, _: &mut Reply| {
        let here = &query.attachments()[0];
        assert_eq!(here.read(5), Ok(b"12345".to_vec()));
        assert!(matches!(here.read(4), Err(PoeError::TooLarge(_))));
        assert!(matches!(
            query.attachments()[1].read(5),
            Err(PoeError::Broken(_))
        ));
        let secret = Attachment {
            url: "secret".to_owned(),
            ..Attachment::default()
        };
        assert!(matches!(secret.read(5), Err(PoeError::Denied(_))));
        Ok(())
    });
    assert_eq!(scene.ask(&reads, query).result, Ok(()));
}
