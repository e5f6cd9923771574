//! Shows files in both directions: an image of a person goes to one bot, and an image made by another
//! comes back within the text.

use ravenry_sdk::{
    Attachment, Bot, Event, Failure, File, Message, Query, Reply, Result, Role, Settings, poe,
};

#[cfg(test)]
mod tests;

/// Who looks at the outfit.
const ADVISER: &str = "Claude-3.5-Sonnet";

/// Who paints.
const PAINTER: &str = "Imagen3-Fast";

/// What the adviser is asked.
const TASK: &str = "The attached image shows what somebody wears at the moment. They want to wear \
                    another top, such as a shirt or a jacket. Suggest one, with its colour and cut, in \
                    a few words.";

/// Recommends a new top for an outfit, and shows it.
pub struct Outfit;

impl Bot for Outfit {
    fn respond(&self, query: &Query, reply: &mut Reply) -> Result {
        let Some(image) = newest_image(query) else {
            return reply.text("Please attach an image of your outfit so I can suggest a new top!");
        };
        let top = advice(image, reply)?;
        reply.text("\n\nGenerating an example image...")?;
        let painting = painting(query, &top)?;
        let file = reply.attach_url_inline(&painting.url, None)?;
        let label = file.inline_ref.unwrap_or_default();
        reply.text(format!(
            "\n\nHere's an image of the recommended top![new_top][{label}]"
        ))
    }

    fn settings(&self) -> Settings {
        Settings {
            allow_attachments: Some(true),
            ..Settings::default()
        }
        .calls(ADVISER, 1)
        .calls(PAINTER, 1)
    }
}

/// The first image of the newest message of a person that has one.
fn newest_image(query: &Query) -> Option<&Attachment> {
    let mut messages = query.messages.iter().rev();
    messages.find_map(|message| {
        let mut files = message.attachments.iter();
        let image = files.find(|file| file.content_type.starts_with("image/"));
        image.filter(|_| message.role == Role::User)
    })
}

/// Which top to wear. The reader sees the answer as it comes.
fn advice(image: &Attachment, reply: &mut Reply) -> Result<String> {
    let question = Message {
        attachments: vec![image.clone()],
        ..Message::user(TASK)
    };
    let mut answer = poe::ask(ADVISER).messages([&question]).start()?;
    let mut top = String::new();
    while let Some(event) = answer.next()? {
        match &event {
            Event::Text { text, .. } => top.push_str(text),
            Event::Replace { text, .. } => top.clone_from(text),
            _ => continue,
        }
        reply.pass_on(event)?;
    }
    match top.trim() {
        "" => {
            Err(Failure::new("I was unable to get a clothing recommendation from Claude.").into())
        }
        top => Ok(top.to_owned()),
    }
}

/// An image of that top: the last one that the painter attaches.
fn painting(query: &Query, top: &str) -> Result<File> {
    let mut messages = query.messages.clone();
    if let Some(last) = messages.last_mut() {
        last.content = format!("Please create an image of a {top} only. White background.");
    }
    let mut answer = poe::ask(PAINTER).messages(&messages).start()?;
    let mut painting = None;
    while let Some(event) = answer.next()? {
        if let Event::File(file) = event {
            painting = Some(file);
        }
    }
    let nothing = || Failure::new("The Imagen3-Fast bot did not return an image of the top.");
    Ok(painting.ok_or_else(nothing)?)
}

ravenry_sdk::export!(Outfit);
