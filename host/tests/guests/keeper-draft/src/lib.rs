//! A bot as it was written against the first draft of `wasi:keyvalue`, and knows nothing of ours: counts in the
//! store `default`, lists its keys page by page, and says what came of it.

use raw::reply;

#[allow(missing_docs, clippy::all, reason = "generated from the WIT")]
mod bindings {
    wit_bindgen::generate!({
        path: "../../../../wit/wasi-keyvalue-draft",
        world: "imports",
        generate_all,
    });
}

use bindings::wasi::keyvalue::{atomics, batch, store};

struct Bot;

fn word<T: std::fmt::Debug>(result: Result<T, store::Error>) -> String {
    match result {
        Ok(value) => format!("{value:?}"),
        Err(store::Error::NoSuchStore) => "no-such-store".to_owned(),
        Err(store::Error::AccessDenied) => "access-denied".to_owned(),
        Err(store::Error::Other(why)) => why,
    }
}

/// How many keys come in how many pages.
fn pages(bucket: &store::Bucket) -> Result<(usize, usize), store::Error> {
    let (mut keys, mut pages, mut cursor) = (0, 0, None);
    loop {
        let page = bucket.list_keys(cursor)?;
        keys += page.keys.len();
        pages += 1;
        cursor = page.cursor;
        if cursor.is_none() {
            return Ok((keys, pages));
        }
    }
}

fn act(bucket: &store::Bucket) -> Vec<String> {
    let many: Vec<(String, Vec<u8>)> = (0..250)
        .map(|number| (format!("k{number}"), b"v".to_vec()))
        .collect();
    let mut said = vec![
        word(atomics::increment(bucket, "n", 2)),
        word(atomics::increment(bucket, "n", u64::MAX)),
        word(bucket.set("text", b"text")),
        word(bucket.exists("text")),
        word(batch::get_many(
            bucket,
            &["text".to_owned(), "none".to_owned()],
        )),
        word(batch::delete_many(bucket, &["text".to_owned()])),
        word(bucket.get("text")),
    ];
    for part in 0..5 {
        let renamed: Vec<_> = many
            .iter()
            .map(|(key, value)| (format!("{part}{key}"), value.clone()))
            .collect();
        said.push(word(batch::set_many(bucket, &renamed)));
    }
    said.push(word(pages(bucket)));
    said.push(word(bucket.list_keys(Some(77)).map(|page| page.keys)));
    said
}

impl raw::Odd for Bot {
    fn respond(_: raw::Query) -> Result<(), raw::Failure> {
        let said = match store::open("default") {
            Ok(bucket) => act(&bucket),
            Err(error) => vec![word::<()>(Err(error))],
        };
        let _ = reply::text(&said.join("\n"));
        Ok(())
    }
}

raw::export!(Bot);
