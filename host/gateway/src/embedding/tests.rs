//! The front: what is cut, what is refused, what tells models apart.

use super::*;

fn embedder(spec: &EmbeddingsSpec) -> Embedder {
    Embedder::new(spec, &Egress::new(Vec::new()))
}

#[test]
fn texts_are_cut_in_whole_characters() {
    let mut texts = vec!["äää".to_owned(), "abc".to_owned(), String::new()];
    cut(&mut texts, 3);
    assert_eq!(texts, ["ä", "abc", ""]);
}

#[tokio::test]
async fn no_text_takes_no_process_and_too_many_are_refused() {
    let embedder = embedder(&EmbeddingsSpec::Directory("/nowhere".into()));
    let none = embedder.embed(Vec::new()).await.unwrap();
    assert_eq!(none.vectors, Vec::<Vec<f32>>::new());
    let many = vec!["a".to_owned(); TEXTS_MAX + 1];
    assert_eq!(
        embedder.embed(many).await,
        Err(EmbedError::TooMany(TEXTS_MAX + 1))
    );
    // The program of the tests has no workers.
    let error = embedder.embed(vec!["a".to_owned()]).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "the process that makes vectors cannot be started: this program has no workers"
    );
}

#[tokio::test]
async fn a_model_that_was_put_in_the_place_of_another_is_not_started() {
    let folder = tempfile::tempdir().unwrap();
    let embedder = embedder(&EmbeddingsSpec::Directory(folder.path().to_owned()));
    let before = embedder.model().to_vec();
    assert!(before.len() <= 64);
    std::fs::write(folder.path().join("config.json"), "{}").unwrap();
    assert_eq!(embedder.model(), before);
    let error = embedder.embed(vec!["a".to_owned()]).await.unwrap_err();
    assert!(
        error
            .to_string()
            .contains("is another one than at the first call"),
        "{error}"
    );
}
