//! Prints every report that it gets, and its settings are the defaults.

struct Bot;

impl raw::Odd for Bot {
    fn respond(_: raw::Query) -> Result<(), raw::Failure> {
        let _ = raw::reply::text("I answer");
        Ok(())
    }

    fn on_feedback(feedback: raw::Feedback) {
        println!(
            "feedback {} by {} on {} in {}",
            feedback.feedback_type, feedback.user_id, feedback.message_id, feedback.conversation_id
        );
    }

    fn on_reaction(reaction: raw::Reaction) {
        println!(
            "reaction {} by {} on {} in {}",
            reaction.reaction, reaction.user_id, reaction.message_id, reaction.conversation_id
        );
    }

    fn on_error(report: raw::ErrorReport) {
        eprintln!("error report {} with {}", report.message, report.metadata);
    }
}

raw::export!(Bot);
