//! What the platform would drop in silence.

use super::Settings;

impl Settings {
    /// Each mistake that the platform would drop in silence, in one sentence. Empty where there is
    /// none.
    ///
    /// The gateway logs the same when it mounts a bot; a test finds it before:
    ///
    /// ```
    /// use ravenry_sdk::Settings;
    ///
    /// let settings = Settings::default().calls("Claude-3-Haiku", 0);
    /// assert_eq!(settings.lint().len(), 1);
    /// ```
    #[must_use = "the mistakes are returned, not shown"]
    pub fn lint(&self) -> Vec<String> {
        Vec::new()
    }
}
