//! Every state by every name, names within names, and questions as people type them.

use crate::countries::{self, Country, Row};
use crate::{Capitals, HELP, find};
use ravenry_sdk::testing::{Event, ask};
use ravenry_sdk::{Bot, Message, Query};
use std::collections::{HashMap, HashSet};

fn states() -> Vec<Country> {
    countries::rows().filter_map(Row::country).collect()
}

/// Asserts that these states, and no others, are found in a question.
#[track_caller]
fn check(question: &str, names: &[&str]) {
    let found: Vec<_> = find::countries(question)
        .iter()
        .map(|country| country.name)
        .collect();
    assert_eq!(found, names, "{question:?}");
}

/// The conversation of the README, event by event.
#[test]
fn nepal_is_answered_in_three_texts() {
    assert_eq!(
        ask(&Capitals, "What is the capital of Nepal?").to_string(),
        r#"meta {"content_type":"text/markdown","linkify":true}
text {"text":"The"}
text {"text":" capital of Nepal is"}
text {"text":" Kathmandu."}
done {}
"#
    );
}

#[test]
fn the_table_is_whole_and_in_its_form() {
    assert_eq!(states().len(), 193 + 2 + 2);
    assert_eq!(countries::rows().count(), states().len() + 1);
    let names: HashSet<_> = states().iter().map(|country| country.name).collect();
    assert_eq!(names.len(), states().len());
    for key in countries::rows().flat_map(Row::keys) {
        assert_eq!(find::normal(key), format!(" {key} "));
    }
    for Country {
        name,
        capital,
        note,
    } in states()
    {
        assert_eq!([name, capital, note].map(str::trim), [name, capital, note]);
        assert!(note.is_empty() || note.ends_with('.'), "{name}: {note}");
    }
}

/// Only `Congo` and `Korea` alone name two states; every other name leads to one.
#[test]
fn names_belong_to_one_state() {
    let mut owners: HashMap<_, usize> = HashMap::new();
    for key in countries::rows().flat_map(Row::keys) {
        *owners.entry(key).or_default() += 1;
    }
    let shared: Vec<_> = owners
        .into_iter()
        .filter(|(_, owners)| *owners > 1)
        .collect();
    assert_eq!(
        HashMap::from_iter(shared),
        HashMap::from([("congo", 2), ("korea", 2)])
    );
}

/// Everybody is found by the name that the answer uses, however it is put.
#[test]
fn every_state_is_found_by_its_name() {
    for Country {
        name,
        capital,
        note,
    } in states()
    {
        let questions = [
            format!("capital of {name}"),
            format!("What is the capital city of {name}?"),
            format!("{name}'s capital?"),
            format!("WHAT IS THE CAPITAL OF {}?!", name.to_uppercase()),
            format!("what’s {}’s capital", name.to_lowercase()),
        ];
        for question in questions {
            let text = ask(&Capitals, question.as_str()).text();
            assert!(
                text.starts_with(&format!("The capital of {name} is {capital}")),
                "{question}"
            );
            assert!(
                text.ends_with(if note.is_empty() { "." } else { note }),
                "{question}: {text}"
            );
            assert_eq!(
                text.matches("The capital of ").count(),
                1,
                "{question}: {text}"
            );
        }
    }
}

#[test]
fn every_state_is_found_by_its_other_names() {
    for row in countries::rows() {
        let Some(country) = row.country() else {
            continue;
        };
        for key in row.keys() {
            let found = find::countries(&format!("tell me the capital of {key} please"));
            assert!(found.contains(&country), "{key}: {found:?}");
            let shared = ["congo", "korea"].contains(&key);
            assert_eq!(found.len(), if shared { 2 } else { 1 }, "{key}: {found:?}");
        }
    }
}

#[test]
fn of_names_within_names_the_longest_wins() {
    check("capital of Guinea", &["Guinea"]);
    check("capital of Equatorial Guinea", &["Equatorial Guinea"]);
    check("capital of Papua New Guinea", &["Papua New Guinea"]);
    check("capital of Guinea-Bissau", &["Guinea-Bissau"]);
    check("capital of Niger", &["Niger"]);
    check("capital of Nigeria", &["Nigeria"]);
    check("capital of Sudan", &["Sudan"]);
    check("capital of South Sudan", &["South Sudan"]);
    check("capital of Dominica", &["Dominica"]);
    check(
        "capital of the Dominican Republic",
        &["the Dominican Republic"],
    );
    check("the People's Republic of China", &["China"]);
    check("the Republic of China", &["Taiwan"]);
    check(
        "the Democratic People’s Republic of Korea",
        &["North Korea"],
    );
    check("the Republic of Korea", &["South Korea"]);
    check("capital of Northern Ireland", &[]);
    check("capital of New Mexico", &[]);
    check("capital of American Samoa, or of Samoa", &["Samoa"]);
}

#[test]
fn there_are_two_congos_and_two_koreas() {
    let (democratic, republic) = (
        "the Democratic Republic of the Congo",
        "the Republic of the Congo",
    );
    check(
        "capital of the Democratic Republic of the Congo",
        &[democratic],
    );
    check("capital of the Democratic Republic of Congo", &[democratic]);
    check("capital of DR Congo", &[democratic]);
    check("capital of the DRC", &[democratic]);
    check("capital of the Republic of the Congo", &[republic]);
    check("capital of Congo-Brazzaville", &[republic]);
    check("capital of the Congo", &[democratic, republic]);
    check("capital of Korea", &["North Korea", "South Korea"]);
}

#[test]
fn people_type_as_they_like() {
    check("  nepal  ", &["Nepal"]);
    check("NEPAL!!!", &["Nepal"]);
    check("the captial of nepal pls", &["Nepal"]);
    check("Do you know **Nepal**'s capital?", &["Nepal"]);
    check("cote d'ivoire", &["Ivory Coast"]);
    check("Côte d’Ivoire", &["Ivory Coast"]);
    check("Co\u{302}te d'Ivoire", &["Ivory Coast"]);
    check("sao tome & principe", &["São Tomé and Príncipe"]);
    check("turkiye / Turkey / TÜRKİYE", &["Türkiye"]);
    check("St. Kitts & Nevis", &["Saint Kitts and Nevis"]);
    check("st lucia", &["Saint Lucia"]);
    check("St Vincent", &["Saint Vincent and the Grenadines"]);
    check("Netherlands' capital", &["the Netherlands"]);
    check("Holland", &["the Netherlands"]);
    check("timor leste", &["Timor-Leste"]);
    check("Tchad", &["Chad"]);
    check("capital of Georgia?", &["Georgia"]);
    check("capital of the Gambia", &["the Gambia"]);
    check("the Holy See", &["Vatican City"]);
    check("capital city of the UK?", &["the United Kingdom"]);
    check("u.a.e.", &["the United Arab Emirates"]);
}

/// "us" is a country only where it cannot be the pronoun.
#[test]
fn the_us_is_not_us() {
    for question in [
        "the US?",
        "US capital",
        "the us",
        "capital of us",
        "The U.S.",
        "USA",
        "america",
    ] {
        check(question, &["the United States"]);
    }
    check("the US's capital", &["the United States"]);
    check("tell us the capital of Nepal", &["Nepal"]);
    check("TELL US THE CAPITAL OF NEPAL", &["Nepal"]);
    check("which of us is right?", &[]);
}

#[test]
fn words_are_whole_words() {
    check("Omani, Malian, Chadwick, Indiana, Nigerians", &[]);
    check("romania", &["Romania"]);
    check("Bali", &[]);
}

#[test]
fn several_states_are_answered_in_their_order_and_once() {
    check("Nepal, Peru and nepal", &["Nepal", "Peru"]);
    assert_eq!(
        ask(&Capitals, "Capitals of Peru and Nepal?").text(),
        "The capital of Peru is Lima.\n\nThe capital of Nepal is Kathmandu."
    );
}

#[test]
fn a_capital_leads_to_its_state() {
    check("Which country has Kathmandu as its capital?", &["Nepal"]);
    check("N’Djamena is the capital of?", &["Chad"]);
    check("Asuncion is the capital of which country", &["Paraguay"]);
    check("I have been to Kathmandu", &[]);
}

#[test]
fn several_seats_are_told() {
    let text = |question| ask(&Capitals, question).text();
    let seats = [
        ("Bolivia", "Sucre", "La Paz"),
        ("South Africa", "Pretoria", "Cape Town"),
        ("the Netherlands", "Amsterdam", "The Hague"),
        ("Eswatini", "Mbabane", "Lobamba"),
        ("Sri Lanka", "Sri Jayawardenepura Kotte", "Colombo"),
        ("Malaysia", "Kuala Lumpur", "Putrajaya"),
        ("Benin", "Porto-Novo", "Cotonou"),
        ("Ivory Coast", "Yamoussoukro", "Abidjan"),
    ];
    for (name, capital, other) in seats {
        let text = text(name);
        assert!(
            text.starts_with(&format!("The capital of {name} is {capital}. ")),
            "{text}"
        );
        assert!(text.contains(other), "{text}");
    }
    assert_eq!(
        text("USA"),
        "The capital of the United States is Washington, D.C."
    );
}

/// Whatever else is said gets one sentence on what the bot can do.
#[test]
fn nothing_found_is_one_sentence() {
    for question in [
        "",
        "hi",
        "What is the capital?",
        "capital of Atlantis",
        "🏔️",
        "\0",
        "us",
    ] {
        let transcript = ask(&Capitals, question);
        assert_eq!(transcript.events[1..], [Event::text(HELP)], "{question:?}");
    }
    assert_eq!(ask(&Capitals, Query::default()).text(), HELP);
    assert_eq!(HELP.matches(['.', '?', '!']).count(), 1);
}

#[test]
fn only_the_last_message_is_the_question() {
    let conversation = vec![
        Message::user("Peru?"),
        Message::bot("Lima."),
        Message::user("And Nepal?"),
    ];
    assert_eq!(
        ask(&Capitals, conversation).text(),
        "The capital of Nepal is Kathmandu."
    );
}

/// A pasted book costs no more than its first page.
#[test]
fn a_long_message_is_read_to_a_bound() {
    let inside = format!("{}Nepal", "é ".repeat(990));
    let outside = format!("{}Nepal", "é ".repeat(1_000));
    check(&inside, &["Nepal"]);
    check(&outside, &[]);
    check(&"Niger ".repeat(1_000_000), &["Niger"]);
}

#[test]
fn the_introduction_says_what_the_bot_can_do() {
    assert_eq!(
        Capitals.settings().introduction_message.as_deref(),
        Some(HELP)
    );
}
