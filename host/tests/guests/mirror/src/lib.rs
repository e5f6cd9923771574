//! Answers with the query as it arrived: every typed field, the raw request, the headers.

use raw::serde_json::{Value, json};
use raw::{request, types};

struct Bot;

fn text_of_json(text: &Option<String>) -> Value {
    text.as_ref()
        .map_or(Value::Null, |text| raw::serde_json::from_str(text).unwrap())
}

fn message(message: &types::Message) -> Value {
    json!({
        "role": message.role,
        "content": message.content,
        "message-type": message.message_type,
        "content-type": message.content_type,
        "timestamp": message.timestamp,
        "message-id": message.message_id,
        "sender": message.sender.as_ref().map(|sender| json!({ "id": sender.id, "name": sender.name })),
        "feedback": message.feedback.iter()
            .map(|one| json!({ "feedback-type": one.feedback_type, "reason": one.reason }))
            .collect::<Vec<_>>(),
        "attachments": message.attachments.iter()
            .map(|one| json!({
                "url": one.url,
                "content-type": one.content_type,
                "name": one.name,
                "inline-ref": one.inline_ref,
                "parsed-content": one.parsed_content,
            }))
            .collect::<Vec<_>>(),
        "parameters": text_of_json(&Some(message.parameters.clone())),
        "metadata": message.metadata,
        "referenced-message": message.referenced_message,
        "reactions": message.reactions.iter()
            .map(|one| json!({ "user-id": one.user_id, "reaction": one.reaction }))
            .collect::<Vec<_>>(),
    })
}

fn mirror(query: &raw::Query) -> Value {
    json!({
        "version": query.version,
        "messages": query.messages.iter().map(message).collect::<Vec<_>>(),
        "referenced-messages": query.referenced_messages.iter().map(message).collect::<Vec<_>>(),
        "user-id": query.user_id,
        "conversation-id": query.conversation_id,
        "message-id": query.message_id,
        "metadata": query.metadata,
        "temperature": query.temperature,
        "skip-system-prompt": query.skip_system_prompt,
        "logit-bias": query.logit_bias,
        "stop-sequences": query.stop_sequences,
        "language-code": query.language_code,
        "adopt-current-bot-name": query.adopt_current_bot_name,
        "bot-query-id": query.bot_query_id,
        "users": query.users.iter()
            .map(|user| json!({ "id": user.id, "name": user.name }))
            .collect::<Vec<_>>(),
        "tools": text_of_json(&query.tools),
        "tool-calls": text_of_json(&query.tool_calls),
        "tool-results": text_of_json(&query.tool_results),
        "query-creation-time": query.query_creation_time,
        "extra-params": text_of_json(&query.extra_params),
    })
}

impl raw::Odd for Bot {
    fn respond(query: raw::Query) -> Result<(), raw::Failure> {
        let seen = json!({
            "query": mirror(&query),
            "raw": raw::serde_json::from_str::<Value>(&request::raw()).unwrap(),
            "headers": request::headers(),
            "authorization": request::header("Authorization"),
            "x-test": request::header("X-TEST"),
            "missing": request::header("x-missing"),
            "reference": request::reference(),
        });
        let _ = raw::reply::json(&seen.to_string());
        let _ = raw::reply::text("mirrored");
        Ok(())
    }
}

raw::export!(Bot);
