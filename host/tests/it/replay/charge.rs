//! Money in a conversation: what a bot charges is answered from the file.

use super::Bots;

/// A bill is never sent, and whoever cannot pay is told so.
#[test]
fn a_charge_is_answered_from_the_file() {
    let call = |operation: &str, status: &str| {
        format!(
            "\n[[turn.call]]\ncharge = \"{operation}\"\nanswer = [{{ result = {{ status = \"{status}\" }} }}]\n"
        )
    };
    let paid = format!(
        "[[turn]]\nsay = \"authorize 300\\ncapture 200\\nthanks\"\nanswer = [{{ text = \"thanks\" }}]\n{}{}",
        call("authorize", "success"),
        call("capture", "success"),
    );
    let poor = format!(
        "[[turn]]\nsay = \"authorize 300\\nnever\"\nanswer = [{{ error = {{ allow_retry = true, text = \"\", error_type = \"insufficient_fund\" }} }}]\n{}",
        call("authorize", "failure"),
    );
    let key = "poe = { access_key = { env = \"NOWHERE\" } }\n";
    let bots = Bots::with("asker", key, &[("paid", &paid), ("poor", &poor)]);
    bots.test(&["."]).code(0);
}
