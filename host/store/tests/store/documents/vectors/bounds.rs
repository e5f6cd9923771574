//! How much there may be of vectors: what is too much is refused, and the rest goes in pieces.

use ravenry_store::{DocumentError, DocumentPart, Error};

use super::{held, holds, stored, vectors};
use crate::{
    bench::{Bench, bot, forever, over_both},
    documents::{document, put, recount::recount},
};

over_both! {
    what_is_too_much_is_refused
    pages_are_bounded_by_them
    they_go_with_their_documents
}

const MIB: usize = 1024 * 1024;

async fn what_is_too_much_is_refused(bench: &Bench) {
    let store = bench.store().await;
    let here = bot("t", "b");
    put(&store, &here, &["a", "b"]).await;
    let all = stored(&store, &here).await;
    let longest = vec![7; 16 * MIB];
    for (given, expected) in [
        (
            vec![vectors(&all[0], &[0; 65], b"")],
            DocumentError::TooLong {
                part: DocumentPart::Model,
                limit: 64,
                given: 65,
            },
        ),
        (
            vec![
                vectors(&all[0], b"m", &longest),
                vectors(&all[1], b"m", b"v"),
            ],
            DocumentError::TooManyVectors {
                limit: 16 * MIB,
                given: 16 * MIB + 1,
            },
        ),
        (
            vec![vectors(&all[0], b"m", b""); 257],
            DocumentError::TooMany {
                limit: 256,
                given: 257,
            },
        ),
    ] {
        let refused = store.set_vectors(&here, &given).await;
        let Err(Error::Documents(found)) = refused else {
            panic!("{expected}: {refused:?}");
        };
        assert_eq!(found, expected);
    }
    assert_eq!(
        held(&store, &here).await,
        [holds("a", b"", b""), holds("b", b"", b"")]
    );
    let one = [vectors(&all[0], &[9; 64], &longest)];
    assert_eq!(store.set_vectors(&here, &one).await.unwrap(), 1);
    let found = held(&store, &here).await;
    assert!(found == [holds("a", &[9; 64], &longest), holds("b", b"", b"")]);
    // As many as one call takes, and more than one statement writes.
    for part in 0..2 {
        let some = (0..127).map(|number| document(&format!("{part}-{number}"), ""));
        store
            .put_documents(&here, some.collect(), &forever())
            .await
            .unwrap();
    }
    let all = stored(&store, &here).await;
    let given: Vec<_> = all
        .iter()
        .map(|one| vectors(one, b"m", &vec![3; 60_000]))
        .collect();
    assert_eq!(given.len(), 256);
    assert_eq!(store.set_vectors(&here, &given).await.unwrap(), 256);
    assert_eq!(store.documents_without(&here, b"m", 9).await.unwrap(), []);
    let found = stored(&store, &here).await;
    assert!(found.iter().all(|one| one.vectors.len() == 60_000));
}

async fn pages_are_bounded_by_them(bench: &Bench) {
    let store = bench.store().await;
    let here = bot("t", "b");
    put(&store, &here, &["a", "b", "c"]).await;
    let all = stored(&store, &here).await;
    let given: Vec<_> = all
        .iter()
        .map(|one| vectors(one, b"mm", &[1; 98]))
        .collect();
    store.set_vectors(&here, &given).await.unwrap();
    for (bytes_max, length) in [(0, 1), (2 * 358 - 1, 1), (2 * 358, 2), (3 * 358, 3)] {
        let page = store.documents_since(&here, 0, bytes_max).await.unwrap();
        assert_eq!(page.len(), length, "of {bytes_max} bytes");
    }
}

/// No more of them go at once than of texts; all go in the end.
async fn they_go_with_their_documents(bench: &Bench) {
    let store = bench.store().await;
    let here = bot("t", "b");
    put(&store, &here, &["a", "b", "c"]).await;
    for one in stored(&store, &here).await {
        let given = [vectors(&one, b"m", &vec![1; 10 * MIB])];
        store.set_vectors(&here, &given).await.unwrap();
    }
    assert_eq!(store.clear_documents(&here).await.unwrap(), 3);
    assert_eq!(store.usage("t").await.unwrap().keys, 0);
    recount(bench).await;
}
