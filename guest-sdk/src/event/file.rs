//! A file that a reply attaches.

/// A file that a reply attaches.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct File {
    /// Where its bytes are.
    pub url: String,
    /// Its media type.
    pub content_type: String,
    /// Its name, as shown.
    pub name: String,
    /// The label under which the text of the reply refers to it.
    pub inline_ref: Option<String>,
}

impl File {
    /// What shows an inline file in the text: `![name][label]`. Empty where it has no label.
    pub fn markdown(&self) -> String {
        match &self.inline_ref {
            Some(label) => format!("![{}][{label}]", self.name),
            None => String::new(),
        }
    }
}
