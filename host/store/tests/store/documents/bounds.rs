//! How long the parts of documents may be: any text of that length is taken, and nothing longer is.

use ravenry_store::{Bucket, DocumentError, DocumentPart, Error, NewDocument, WritePolicy};

use super::{document, ids, put};
use crate::bench::{Bench, bot, forever, over_both, scope};

over_both! {
    any_text_is_an_identifier
    what_is_too_much_is_refused
    the_longest_of_everything
}

async fn any_text_is_an_identifier(bench: &Bench) {
    let store = bench.store().await;
    let here = scope("\0t", "b'\"%", Bucket::User("\0🦉".to_owned()));
    for id in [
        "\0",
        "a\0b",
        "%",
        "_",
        "'; DROP TABLE x",
        "🦉",
        " ",
        "\u{202e}",
    ] {
        put(&store, &here, &[id]).await;
        assert_eq!(ids(&store, &here).await, [id]);
        let stored = store.documents_since(&here, 0, 1_000).await.unwrap();
        assert_eq!(stored[0].text, id);
        assert_eq!(store.remove_documents(&here, &[id]).await.unwrap(), 1);
    }
}

async fn what_is_too_much_is_refused(bench: &Bench) {
    let store = bench.store().await;
    let here = bot("t", "b");
    let long = |bytes: usize| "x".repeat(bytes);
    let too_long = |part, limit| DocumentError::TooLong {
        part,
        limit,
        given: limit + 1,
    };
    let mib = 1024 * 1024;
    let mut title = document("a", "");
    title.title = long(1_025);
    let mut source = document("a", "");
    source.source = long(1_025);
    let mut digest = document("a", "");
    digest.digest = vec![0; 65];
    let many = (0..257).map(|number| document(&number.to_string(), ""));
    let large = ["a", "b", "c"].map(|id| document(id, &long(3 * mib)));
    for (documents, expected) in [
        (vec![document("", "")], DocumentError::NoId { limit: 1_024 }),
        (
            vec![document(&long(1_025), "")],
            too_long(DocumentPart::Id, 1_024),
        ),
        (vec![title], too_long(DocumentPart::Title, 1_024)),
        (vec![source], too_long(DocumentPart::Source, 1_024)),
        (vec![digest], too_long(DocumentPart::Digest, 64)),
        (
            vec![document("a", &long(4 * mib + 1))],
            too_long(DocumentPart::Text, 4 * mib),
        ),
        (
            many.collect(),
            DocumentError::TooMany {
                limit: 256,
                given: 257,
            },
        ),
        (
            large.to_vec(),
            DocumentError::TooManyBytes {
                limit: 8 * mib,
                given: 9 * mib,
            },
        ),
    ] {
        let refused = store.put_documents(&here, documents, &forever()).await;
        let Err(Error::Documents(found)) = refused else {
            panic!("{expected}: {refused:?}");
        };
        assert_eq!(found, expected);
    }
    let text = too_long(DocumentPart::Title, 1_024).to_string();
    assert_eq!(
        text,
        "the title of a document has at most 1024 bytes, and one here has 1025"
    );
    let refused = store.remove_documents(&here, &["a"; 257]).await;
    assert!(matches!(
        refused,
        Err(Error::Documents(DocumentError::TooMany { .. }))
    ));
    let nowhere = bot(&long(129), "b");
    let refused = store.put_documents(&nowhere, Vec::new(), &forever()).await;
    assert!(matches!(refused, Err(Error::IdTooLong { .. })));
    store
        .put_documents(&here, Vec::new(), &forever())
        .await
        .unwrap();
    assert_eq!(ids(&store, &here).await, Vec::<String>::new());
}

/// What cannot be made short: it fits into the indexes of both databases.
async fn the_longest_of_everything(bench: &Bench) {
    let store = bench.store().await;
    // Nothing in it repeats.
    let mut state = 1_u64;
    let mut letter = || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        char::from(b'!' + u8::try_from(state >> 57).unwrap() % 90)
    };
    let mut long = |bytes: usize| (0..bytes).map(|_| letter()).collect::<String>();
    let here = scope(&long(128), &long(128), Bucket::User(long(1_024)));
    let longest = NewDocument {
        id: long(1_024),
        title: long(1_024),
        source: long(1_024),
        text: long(4 * 1024 * 1024),
        digest: vec![9; 64],
        ..document("", "")
    };
    let policy = WritePolicy {
        ttl: Some(std::time::Duration::from_hours(1)),
        ..forever()
    };
    let both = vec![
        longest.clone(),
        NewDocument {
            id: long(1_024),
            ..longest.clone()
        },
    ];
    store.put_documents(&here, both, &policy).await.unwrap();
    let stored = store.documents_since(&here, 0, 1).await.unwrap();
    assert_eq!(stored.len(), 1);
    assert_eq!(stored[0].text, longest.text);
    assert_eq!(store.clear_documents(&here).await.unwrap(), 2);
}
