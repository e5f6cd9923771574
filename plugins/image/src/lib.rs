//! Shows two things at once: a slow request runs while the reader sees the seconds go by; then the
//! image that came is shown within the text.

use ravenry_sdk::http::{self, HttpError};
use ravenry_sdk::poe::PoeError;
use ravenry_sdk::serde_json::json;
use ravenry_sdk::{AsyncBot, Error, Failure, Meta, Query, Reply, Result, Settings, task, time};
use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

#[cfg(test)]
mod tests;

/// Where images are made, unless the manifest names another place in `FIREWORKS_BASE_URL`.
const FIREWORKS: &str = "https://api.fireworks.ai/inference/v1";

/// The painter, below that.
const MODEL: &str = "image_generation/accounts/fireworks/models/stable-diffusion-xl-1024-v1-0";

/// Rounds of painting; more make a better image, and a later one.
const STEPS: u32 = 50;

/// Most bytes of an image; of 1024 by 1024 points they have about a tenth.
const IMAGE_BYTES_MAX: usize = 8 * 1024 * 1024;

/// Longest that an image may take.
const PAINTING_MAX: Duration = Duration::from_secs(300);

/// How the image is called, there and here.
const NAME: &str = "image.jpg";
const KIND: &str = "image/jpeg";

/// Paints what it is told.
pub struct Image {
    base_url: String,
    /// In the gateway, the placeholder of a secret.
    key: Option<String>,
}

impl Image {
    /// As the manifest says.
    pub fn from_env() -> Self {
        Self::new(|name| std::env::var(name).ok())
    }

    fn new(variable: impl Fn(&str) -> Option<String>) -> Self {
        Self {
            base_url: variable("FIREWORKS_BASE_URL").unwrap_or_else(|| FIREWORKS.to_owned()),
            key: variable("FIREWORKS_API_KEY"),
        }
    }

    async fn paint(&self, key: &str, prompt: &str) -> Result<Vec<u8>, HttpError> {
        let base_url = self.base_url.trim_end_matches('/');
        let request = http::post(format!("{base_url}/{MODEL}"))
            .bearer(key)
            .header("accept", KIND)
            .json(&json!({
                "prompt": prompt,
                "steps": STEPS,
                "seed": seed(),
                "aspect_ratio": "1:1",
            }))
            .first_byte_timeout(PAINTING_MAX)
            .between_bytes_timeout(PAINTING_MAX);
        let response = request.send_async().await?.ok_async().await?;
        let kind = response.header("content-type").unwrap_or_default();
        if !kind.starts_with(KIND) {
            return Err(HttpError::Malformed(format!("{kind:?} is no image")));
        }
        response.bytes_async(IMAGE_BYTES_MAX).await
    }
}

impl AsyncBot for Image {
    async fn respond(&self, query: &Query, reply: &mut Reply) -> Result {
        reply.meta(Meta {
            suggested_replies: Some(false),
            ..Meta::default()
        })?;
        let Some(key) = &self.key else {
            let why = "This bot has no key for its painter: whoever runs the server must set \
                       FIREWORKS_API_KEY.";
            return Err(Failure::new(why).no_retry().into());
        };
        // The seconds never end by themselves: either the image comes, or the reader leaves.
        let painting = async { Ok(self.paint(key, query.last_text()).await) };
        let image = task::race(painting, seconds(reply)).await?;
        let image = image.map_err(|error| unpainted(&error))?;
        let file = reply.attach_inline(NAME, KIND, image).map_err(unattached)?;
        reply.replace(file.markdown())
    }

    fn settings(&self) -> Settings {
        Settings {
            enable_multi_entity_prompting: Some(true),
            ..Settings::default()
        }
    }
}

/// Shows how long it takes, second by second.
async fn seconds<T>(reply: &mut Reply) -> Result<T> {
    for second in 0_u64.. {
        reply.replace(format!("Generating image... ({second} seconds)"))?;
        time::sleep_async(Duration::from_secs(1)).await;
    }
    std::future::pending().await
}

/// Another image for the same words. Hash maps are seeded with chance, and so is this.
fn seed() -> u64 {
    RandomState::new().hash_one(0) % (1 << 32)
}

fn unpainted(error: &HttpError) -> Failure {
    log(&format!("no image: {error}"));
    Failure::new(match error {
        HttpError::Status { .. } | HttpError::Malformed(_) | HttpError::TooLarge(_) => {
            "Error generating image."
        }
        _ => "The bot ran into an unexpected error.",
    })
}

fn unattached(error: PoeError) -> Error {
    match error {
        PoeError::Stopped(stopped) => stopped.into(),
        error => {
            log(&format!("the image was not taken: {error}"));
            Failure::new("Error uploading image to Poe.").into()
        }
    }
}

#[expect(clippy::print_stdout, reason = "what a bot prints is its log")]
fn log(line: &str) {
    println!("{line}");
}

ravenry_sdk::export!(Image::from_env());
