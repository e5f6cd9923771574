//! The comments of the WIT as a page writes them: word for word, and names in them are links.

use wit_parser::{Docs, InterfaceId, TypeDefKind};

use super::pages::{WORLDS, Writer};
use super::types::{home, origin};

impl Writer<'_> {
    /// Where a word of the prose leads that stands between backticks: `reply.text`, `reply`, a
    /// function of this interface, a type that it uses. Types of the same page are not looked for by
    /// their bare names, which also are words of the platform (`user`, a role).
    fn meaning(&self, word: &str, here: Option<InterfaceId>) -> Option<String> {
        if let Some((owner, name)) = word.split_once('.') {
            let named = self.interface_named(owner);
            return match named {
                Some(id) => {
                    let items = self.items(&self.resolve.interfaces[id]);
                    let found = items.iter().any(|item| item.name() == name);
                    found.then(|| self.link(word, here, id, name))
                }
                None => self.member(word, owner, name, here),
            };
        }
        if let Some(id) = self.interface_named(word) {
            let page = self.page_of(id);
            return (here != Some(id)).then(|| format!("[`{word}`]({page})"));
        }
        let Some(here) = here else {
            let package = &self.resolve.packages[self.package];
            return package
                .worlds
                .contains_key(word)
                .then(|| format!("[`{word}`]({WORLDS}#{word})"));
        };
        let interface = &self.resolve.interfaces[here];
        if let Some(id) = interface
            .types
            .get(word)
            .map(|id| origin(self.resolve, *id))
        {
            let home = home(self.resolve, id).filter(|home| *home != here)?;
            let name = self.resolve.types[id].name.as_deref()?;
            return Some(self.link(word, Some(here), home, name));
        }
        let function = interface
            .functions
            .values()
            .find(|f| f.item_name() == word)?;
        Some(self.link(word, Some(here), here, function.item_name()))
    }

    /// Where `query.messages` leads: to the record that has this member.
    fn member(
        &self,
        word: &str,
        owner: &str,
        name: &str,
        here: Option<InterfaceId>,
    ) -> Option<String> {
        self.interfaces().into_iter().find_map(|id| {
            let def = &self.resolve.types[*self.resolve.interfaces[id].types.get(owner)?];
            let TypeDefKind::Record(record) = &def.kind else {
                return None;
            };
            let found = record.fields.iter().any(|field| field.name == name);
            found.then(|| self.link(word, here, id, owner))
        })
    }

    /// A comment of the WIT with links. `own` are words that mean something else there: parameters.
    pub(super) fn prose(&self, docs: &Docs, here: Option<InterfaceId>, own: &[&str]) -> String {
        let text = docs.contents.as_deref().unwrap_or_default().trim_end();
        if text.contains("``") {
            return text.to_owned();
        }
        let mut all = String::new();
        for (at, part) in text.split('`').enumerate() {
            if at % 2 == 0 {
                all += part;
                continue;
            }
            let meaning = if own.contains(&part) {
                None
            } else {
                self.meaning(part, here)
            };
            all += &meaning.unwrap_or_else(|| format!("`{part}`"));
        }
        all
    }

    /// The first sentence of a comment, on one line, for lists.
    pub(super) fn summary(&self, docs: &Docs, here: Option<InterfaceId>) -> String {
        let text = docs.contents.as_deref().unwrap_or_default();
        let paragraph = text
            .split("\n\n")
            .next()
            .unwrap_or_default()
            .replace('\n', " ");
        let end = paragraph.find(". ").map_or(paragraph.len(), |at| at + 1);
        let docs = Docs {
            contents: Some(paragraph[..end].to_owned()),
        };
        self.prose(&docs, here, &["bot"])
    }
}
