//! Knows the person again, and counts all visits.

use ravenry_sdk::{Bot, Query, Reply, Result, store};

struct Doorman;

impl Bot for Doorman {
    fn respond(&self, query: &Query, reply: &mut Reply) -> Result {
        // Two people may come at once: an increment loses neither, a `get` with a `set` behind it does.
        let visits = store::bot().increment("visits", 1)?;
        let person = store::user();
        if let Some(name) = person.get::<String>("name")? {
            return write!(reply, "Welcome back, {name}! You are visitor {visits}.");
        }
        person.set("name", query.last_text())?;
        reply.text("Pleased to meet you.")
    }
}

ravenry_sdk::export!(Doorman);

#[cfg(test)]
mod tests {
    use super::*;
    use ravenry_sdk::serde_json::json;
    use ravenry_sdk::testing::{Scene, Scope};

    #[test]
    fn who_has_a_name_is_known_again() {
        let first = Scene::default().ask(&Doorman, "Anna");
        assert_eq!(first.text(), "Pleased to meet you.");
        let name = first.store.value(&Scope::user("user"), "name");
        assert_eq!(name, Some(json!("Anna")));

        let scene = Scene::default().store(first.store);
        let second = scene.ask(&Doorman, "hi");
        assert_eq!(second.text(), "Welcome back, Anna! You are visitor 2.");

        let stranger = Query {
            user_id: "bert".to_owned(),
            ..Query::from("Bert")
        };
        assert_eq!(scene.ask(&Doorman, stranger).text(), "Pleased to meet you.");
    }
}
