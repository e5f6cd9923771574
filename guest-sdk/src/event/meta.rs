//! How a reply is to be shown.

/// How a reply is to be shown. What is `None` is left out of the event, and the platform's own
/// default holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Meta {
    /// `text/markdown` (the platform's default) or `text/plain`.
    pub content_type: Option<String>,
    /// Whether the platform may invent suggested replies.
    pub suggested_replies: Option<bool>,
    /// Whether URLs become links. Old; the platform may ignore it.
    pub linkify: Option<bool>,
    /// Whether the platform should ask for the settings again. Old; it may ignore it.
    pub refetch_settings: Option<bool>,
}
