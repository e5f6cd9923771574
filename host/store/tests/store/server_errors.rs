//! Errors of PostgreSQL as people read them: the words of the server and its code, nothing of our statements, nor of
//! what bots keep.

use ravenry_store::Error;

use crate::bench::{Bench, bot, forever, on_postgres};

/// The detail of a write that the server refuses.
async fn refused(bench: &Bench, because: &str) -> String {
    let store = bench.store().await;
    bench.sql(because).await;
    let secret = b"a secret of somebody".to_vec();
    let refused = store.set(&bot("t", "b"), "k", secret, &forever()).await;
    match refused {
        Err(Error::Unavailable(why)) => why.detail,
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_server_is_quoted_with_its_code_and_without_a_place_in_its_source() {
    on_postgres(|bench| {
        Box::pin(async move {
            let detail = refused(bench, "DROP TABLE ravenry_entries").await;
            let expected = r#"relation "ravenry_entries" does not exist (SQLSTATE 42P01)"#;
            assert_eq!(detail, expected);
        })
    });
}

#[test]
fn what_the_server_explains_and_advises_is_said() {
    on_postgres(|bench| {
        Box::pin(async move {
            let trigger = "
                CREATE FUNCTION no_writes() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
                    RAISE EXCEPTION 'no writes today' USING DETAIL = 'a move', HINT = 'come back';
                END $$;
                CREATE TRIGGER no_writes BEFORE INSERT ON ravenry_entries
                    FOR EACH ROW EXECUTE FUNCTION no_writes()";
            let detail = refused(bench, trigger).await;
            let expected = "no writes today (SQLSTATE P0001); detail: a move; hint: come back";
            assert_eq!(detail, expected);
        })
    });
}

/// Its detail is the row that breaks the rule.
#[test]
fn a_row_that_breaks_a_rule_is_not_quoted() {
    on_postgres(|bench| {
        Box::pin(async move {
            let rule = "ALTER TABLE ravenry_entries ADD CONSTRAINT none CHECK (size < 0) NOT VALID";
            let detail = refused(bench, rule).await;
            assert!(detail.ends_with("(SQLSTATE 23514)"), "{detail}");
            assert!(detail.contains("\"none\""), "{detail}");
        })
    });
}
