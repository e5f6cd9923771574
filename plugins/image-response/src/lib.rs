//! Shows an image within a text: Markdown with the address of the image, and nothing else.

use ravenry_sdk::{Bot, Query, Reply, Result};

/// A leopard.
const IMAGE: &str =
    "https://images.pexels.com/photos/46254/leopard-wildcat-big-cat-botswana-46254.jpeg";

/// Shows a leopard.
pub struct ImageResponse;

impl Bot for ImageResponse {
    fn respond(&self, _: &Query, reply: &mut Reply) -> Result {
        write!(reply, "This is a test image. ![leopard]({IMAGE})")
    }
}

ravenry_sdk::export!(ImageResponse);

#[cfg(test)]
mod tests {
    use super::*;
    use ravenry_sdk::testing;

    #[test]
    fn every_message_is_answered_with_the_leopard() {
        let expected =
            format!("text {{\"text\":\"This is a test image. ![leopard]({IMAGE})\"}}\ndone {{}}\n");
        for text in ["", "hi", "a dog, please"] {
            assert_eq!(testing::ask(&ImageResponse, text).to_string(), expected);
        }
    }
}
