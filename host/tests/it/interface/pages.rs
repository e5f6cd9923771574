//! Writes the pages: one per interface, one of the worlds, and an index. Items stand in the order of
//! the WIT, and its comments are the prose; all that is added are links.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use wit_parser::{
    Docs, Function, Interface, InterfaceId, PackageId, Resolve, Span, Type, TypeDef, TypeDefKind,
    TypeId, World, WorldItem, WorldKey,
};

use super::types::{given, home, is_used, of_definition, of_function, pieces, signature};

const INDEX: &str = "README.md";
pub(super) const WORLDS: &str = "worlds.md";

/// The pages for the WIT package in this directory: file name to text.
pub(super) fn written_from(wit: &Path) -> BTreeMap<String, String> {
    let mut resolve = Resolve::default();
    let (package, _) = resolve.push_dir(wit).unwrap();
    let writer = Writer {
        resolve: &resolve,
        package,
    };
    let mut pages: BTreeMap<String, String> = writer
        .interfaces()
        .into_iter()
        .map(|id| (writer.page_of(id), writer.interface(id)))
        .collect();
    pages.insert(INDEX.to_owned(), writer.index());
    if !resolve.packages[package].worlds.is_empty() {
        pages.insert(WORLDS.to_owned(), writer.worlds());
    }
    pages
}

/// Writes pages about one package.
pub(super) struct Writer<'a> {
    pub(super) resolve: &'a Resolve,
    pub(super) package: PackageId,
}

/// What an interface holds, in the order of its file.
pub(super) enum Item<'a> {
    Type(TypeId, &'a TypeDef),
    Function(&'a Function),
}

impl Item<'_> {
    fn span(&self) -> Span {
        match self {
            Item::Type(_, def) => def.span,
            Item::Function(function) => function.span,
        }
    }

    /// The name, which is also the address on its page.
    pub(super) fn name(&self) -> &str {
        match self {
            Item::Type(_, def) => def.name.as_deref().unwrap(),
            Item::Function(function) => function.item_name(),
        }
    }

    fn docs(&self) -> &Docs {
        match self {
            Item::Type(_, def) => &def.docs,
            Item::Function(function) => &function.docs,
        }
    }

    /// Whether it belongs to the resource before it.
    fn is_inner(&self) -> bool {
        matches!(self, Item::Function(function) if function.kind.resource().is_some())
    }
}

impl Writer<'_> {
    /// What bots export, then what they import, then the rest.
    pub(super) fn interfaces(&self) -> Vec<InterfaceId> {
        let package = &self.resolve.packages[self.package];
        let worlds = || package.worlds.values().map(|id| &self.resolve.worlds[*id]);
        let exports = worlds().flat_map(|world| world.exports.keys());
        let imports = worlds().flat_map(|world| world.imports.keys());
        let named = exports.chain(imports).filter_map(|key| match key {
            WorldKey::Interface(id) => Some(*id),
            WorldKey::Name(_) => None,
        });
        let mut seen = BTreeSet::new();
        named
            .chain(package.interfaces.values().copied())
            .filter(|id| self.resolve.interfaces[*id].package == Some(self.package))
            .filter(|id| seen.insert(*id))
            .collect()
    }

    pub(super) fn items(&self, interface: &Interface) -> Vec<Item<'_>> {
        let types = interface.types.values().filter_map(|id| {
            let def = &self.resolve.types[*id];
            (!is_used(self.resolve, def)).then_some(Item::Type(*id, def))
        });
        let functions = interface.functions.keys().filter_map(|name| {
            let id = self.interface_named(interface.name.as_deref()?)?;
            self.resolve.interfaces[id].functions.get(name)
        });
        let mut items: Vec<_> = types.chain(functions.map(Item::Function)).collect();
        items.sort_by_key(|item| item.span().start());
        items
    }

    pub(super) fn interface_named(&self, name: &str) -> Option<InterfaceId> {
        let package = &self.resolve.packages[self.package];
        package.interfaces.get(name).copied()
    }

    /// The file of an interface's page; of another package, its WIT.
    pub(super) fn page_of(&self, id: InterfaceId) -> String {
        let interface = &self.resolve.interfaces[id];
        let name = interface.name.as_deref().unwrap();
        if interface.package == Some(self.package) {
            return format!("{name}.md");
        }
        let package = &self.resolve.packages[interface.package.unwrap()].name;
        let folder = format!("../deps/{}-{}", package.namespace, package.name);
        // A package may have a file for each interface, or one.
        let pages = Path::new(env!("CARGO_MANIFEST_DIR")).join("../wit/pages");
        let own = format!("{folder}/{name}.wit");
        if pages.join(&own).exists() {
            return own;
        }
        format!("{folder}/{}.wit", package.name)
    }

    /// A link from one page to an item of another, or of the same one.
    pub(super) fn link(
        &self,
        text: &str,
        from: Option<InterfaceId>,
        to: InterfaceId,
        item: &str,
    ) -> String {
        let ours = self.resolve.interfaces[to].package == Some(self.package);
        let page = if from == Some(to) {
            String::new()
        } else {
            self.page_of(to)
        };
        if ours {
            format!("[`{text}`]({page}#{item})")
        } else {
            format!("[`{text}`]({page})")
        }
    }

    /// A type in WIT's notation, in which names are links.
    fn linked(&self, ty: &Type, from: InterfaceId) -> String {
        let (mut all, mut code) = (String::new(), String::new());
        for (text, id) in pieces(self.resolve, ty) {
            match id.and_then(|id| Some((id, home(self.resolve, id)?))) {
                None => code += &text,
                Some((id, home)) => {
                    if !code.is_empty() {
                        all += &format!("`{}`", std::mem::take(&mut code));
                    }
                    let name = self.resolve.types[id].name.as_deref().unwrap();
                    all += &self.link(&text, Some(from), home, name);
                }
            }
        }
        if !code.is_empty() {
            all += &format!("`{code}`");
        }
        all
    }

    /// The names in these types, each once, as links.
    fn names(&self, types: &[Type], from: InterfaceId) -> Vec<String> {
        let mut seen = BTreeSet::new();
        types
            .iter()
            .flat_map(|ty| pieces(self.resolve, ty))
            .filter_map(|(text, id)| Some((text, id?)))
            .filter(|(_, id)| seen.insert(*id))
            .filter_map(|(text, id)| {
                let name = self.resolve.types[id].name.as_deref()?;
                Some(self.link(&text, Some(from), home(self.resolve, id)?, name))
            })
            .collect()
    }

    /// The head of a page: where it comes from, where the others are.
    fn head(&self, title: &str, span: Span) -> String {
        let location = self.resolve.render_location(span);
        let path = location.rsplitn(3, ':').last().unwrap();
        let file = Path::new(path).file_name().unwrap().to_str().unwrap();
        format!(
            "<!-- Written from {file} by the test `interface`: change the WIT, not this page. -->\n\n\
             [All interfaces]({INDEX}) · [{file}](../{file})\n\n# {title}\n"
        )
    }

    fn interface(&self, id: InterfaceId) -> String {
        let interface = &self.resolve.interfaces[id];
        let mut page = self.head(interface.name.as_deref().unwrap(), interface.span);
        page += &format!("\n{}\n", self.prose(&interface.docs, Some(id), &[]));
        let items = self.items(interface);
        let contents: Vec<String> = items
            .iter()
            .map(|item| self.link(item.name(), Some(id), id, item.name()))
            .collect();
        page += &format!("\n{}\n", contents.join(" ·\n"));
        for item in &items {
            let level = if item.is_inner() { "###" } else { "##" };
            page += &format!("\n{level} {}\n", item.name());
            page += &match item {
                Item::Function(function) => self.function(function, id),
                Item::Type(ty, def) => self.definition(*ty, def, id),
            };
        }
        page
    }

    fn function(&self, function: &Function, here: InterfaceId) -> String {
        let mut own: Vec<&str> = given(function).iter().map(|p| p.name.as_str()).collect();
        own.push(function.item_name());
        let prose = self.prose(&function.docs, Some(here), &own);
        let mut text = format!(
            "\n```wit\n{}\n```\n\n{prose}\n",
            signature(self.resolve, function)
        );
        let (types, error) = of_function(self.resolve, function);
        let names = self.names(&types, here);
        let mut tail = Vec::new();
        if !names.is_empty() {
            tail.push(format!("Types: {}.", names.join(", ")));
        }
        if let Some(error) = error {
            tail.push(format!("Errors: {}.", self.linked(&error, here)));
        }
        if !tail.is_empty() {
            text += &format!("\n{}\n", tail.join(" "));
        }
        text
    }

    fn definition(&self, id: TypeId, def: &TypeDef, here: InterfaceId) -> String {
        let mut members: Vec<(String, &Docs)> = Vec::new();
        match &def.kind {
            TypeDefKind::Record(record) => members.extend(record.fields.iter().map(|field| {
                let ty = self.linked(&field.ty, here);
                (format!("`{}`: {ty}", field.name), &field.docs)
            })),
            TypeDefKind::Variant(variant) => members.extend(variant.cases.iter().map(|case| {
                let name = &case.name;
                let text = match case.ty.map(|ty| self.linked(&ty, here)) {
                    None => format!("`{name}`"),
                    // One piece of code, where nothing in it is a link.
                    Some(ty) if !ty.contains('[') => format!("`{name}({})`", ty.trim_matches('`')),
                    Some(ty) => format!("`{name}(`{ty}`)`"),
                };
                (text, &case.docs)
            })),
            TypeDefKind::Enum(cases) => {
                let cases = cases.cases.iter();
                members.extend(cases.map(|case| (format!("`{}`", case.name), &case.docs)));
            }
            TypeDefKind::Flags(flags) => {
                let flags = flags.flags.iter();
                members.extend(flags.map(|flag| (format!("`{}`", flag.name), &flag.docs)));
            }
            _ => {}
        }
        let kind = match &def.kind {
            TypeDefKind::Record(_)
            | TypeDefKind::Variant(_)
            | TypeDefKind::Enum(_)
            | TypeDefKind::Flags(_)
            | TypeDefKind::Resource => format!("*{}*", def.kind.as_str()),
            TypeDefKind::Type(ty) => format!("*type*: {}", self.linked(ty, here)),
            other => panic!("the pages have no words for a named {} yet", other.as_str()),
        };
        let prose = self.prose(&def.docs, Some(here), &[]);
        let mut text = format!("\n{kind}\n\n{prose}\n");
        for (at, (member, docs)) in members.into_iter().enumerate() {
            let prose = self.prose(docs, Some(here), &[]).replace('\n', "\n  ");
            let prose = prose.replace("\n  \n", "\n\n");
            text += if at == 0 { "\n" } else { "" };
            text += &format!("- {member} — {prose}\n");
        }
        let users = self.users(id, here);
        if !users.is_empty() {
            text += &format!("\nUsed by {}.\n", users.join(", "));
        }
        text
    }

    /// Who takes, gives or holds this type, on all pages.
    fn users(&self, id: TypeId, here: InterfaceId) -> Vec<String> {
        let mut users = Vec::new();
        for from in self.interfaces() {
            let interface = &self.resolve.interfaces[from];
            for item in self.items(interface) {
                let types = match item {
                    Item::Type(_, def) => of_definition(def),
                    Item::Function(function) => {
                        let (mut types, error) = of_function(self.resolve, function);
                        types.extend(error);
                        types
                    }
                };
                let mut pieces = types.iter().flat_map(|ty| pieces(self.resolve, ty));
                if pieces.any(|(_, to)| to == Some(id)) {
                    let (page, name) = (interface.name.as_deref().unwrap(), item.name());
                    let text = if from == here {
                        name.to_owned()
                    } else {
                        format!("{page}.{name}")
                    };
                    users.push(self.link(&text, Some(here), from, name));
                }
            }
        }
        users
    }

    fn worlds(&self) -> String {
        let worlds = || self.resolve.packages[self.package].worlds.values();
        let mut page = String::new();
        for world in worlds().map(|id| &self.resolve.worlds[*id]) {
            if page.is_empty() {
                page = self.head("Worlds", world.span);
            }
            let prose = self.prose(&world.docs, None, &[&world.name]);
            page += &format!("\n## {}\n\n{prose}\n\n", world.name);
            page += &format!("- Exports: {}.\n", self.sides(&world.exports, world));
            page += &format!("- Imports: {}.\n", self.sides(&world.imports, world));
        }
        page
    }

    fn sides(&self, items: &wit_parser::IndexMap<WorldKey, WorldItem>, world: &World) -> String {
        let names = items.keys().map(|key| match key {
            WorldKey::Interface(id) => {
                let name = self.resolve.name_world_key(key);
                let name = match self.resolve.interfaces[*id].package {
                    Some(package) if package == self.package => {
                        self.resolve.interfaces[*id].name.clone().unwrap()
                    }
                    _ => name,
                };
                format!("[`{name}`]({})", self.page_of(*id))
            }
            WorldKey::Name(name) => panic!("`{name}` of `{}` is in no interface", world.name),
        });
        names.collect::<Vec<_>>().join(", ")
    }

    fn index(&self) -> String {
        let package = &self.resolve.packages[self.package];
        let mut page = format!(
            "<!-- Written from the WIT by the test `interface`: change the WIT, not this page. -->\n\n\
             # {}\n\n{}\n",
            package.name,
            self.prose(&package.docs, None, &["bot"])
        );
        for (at, (name, id)) in package.worlds.iter().enumerate() {
            page += if at == 0 { "\n## Worlds\n\n" } else { "" };
            let summary = self.summary(&self.resolve.worlds[*id].docs, None);
            page += &format!("- [`{name}`]({WORLDS}#{name}) — {summary}\n");
        }
        for id in self.interfaces() {
            let interface = &self.resolve.interfaces[id];
            let name = interface.name.as_deref().unwrap();
            let summary = self.summary(&interface.docs, None);
            page += &format!("\n## {name}\n\n{summary} [More]({})\n\n", self.page_of(id));
            for item in self.items(interface) {
                let indent = if item.is_inner() { "  " } else { "" };
                let link = self.link(item.name(), None, id, item.name());
                let summary = self.summary(item.docs(), None);
                page += &format!("{indent}- {link} — {summary}\n");
            }
        }
        page
    }
}
