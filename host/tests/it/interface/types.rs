//! Types of the WIT as a page writes them: in WIT's own notation, with links to where they stand.

use wit_parser::{
    Function, Handle, InterfaceId, Resolve, Type, TypeDef, TypeDefKind, TypeId, TypeOwner,
};

/// A part of a type in WIT's notation, and the named type that it is.
pub(super) type Piece = (String, Option<TypeId>);

/// The type that a name of a `use` stands for; every other one stands for itself.
pub(super) fn origin(resolve: &Resolve, id: TypeId) -> TypeId {
    match resolve.types[id].kind {
        TypeDefKind::Type(Type::Id(to)) if is_used(resolve, &resolve.types[id]) => {
            origin(resolve, to)
        }
        _ => id,
    }
}

/// Whether this is a name that a `use` brought, not a type of its own.
pub(super) fn is_used(resolve: &Resolve, def: &TypeDef) -> bool {
    matches!(def.kind, TypeDefKind::Type(Type::Id(to)) if resolve.types[to].owner != def.owner)
}

/// The interface in which a type is defined.
pub(super) fn home(resolve: &Resolve, id: TypeId) -> Option<InterfaceId> {
    match resolve.types[id].owner {
        TypeOwner::Interface(interface) => Some(interface),
        _ => None,
    }
}

/// A type in WIT's notation, in parts.
pub(super) fn pieces(resolve: &Resolve, ty: &Type) -> Vec<Piece> {
    let id = match ty {
        Type::Id(id) => *id,
        other => return vec![(primitive(other).to_owned(), None)],
    };
    let def = &resolve.types[id];
    if let Some(name) = &def.name {
        return vec![(name.clone(), Some(origin(resolve, id)))];
    }
    let generic = |name: &str, inner: &[Option<Type>]| {
        let mut all = vec![(format!("{name}<"), None)];
        for (at, ty) in inner.iter().enumerate() {
            if at > 0 {
                all.push((", ".to_owned(), None));
            }
            match ty {
                Some(ty) => all.extend(pieces(resolve, ty)),
                None => all.push(("_".to_owned(), None)),
            }
        }
        all.push((">".to_owned(), None));
        all
    };
    let plain = |name: &str| vec![(name.to_owned(), None)];
    match &def.kind {
        TypeDefKind::Option(inner) => generic("option", &[Some(*inner)]),
        TypeDefKind::List(inner) => generic("list", &[Some(*inner)]),
        TypeDefKind::Tuple(tuple) => {
            let types: Vec<_> = tuple.types.iter().copied().map(Some).collect();
            generic("tuple", &types)
        }
        TypeDefKind::Result(result) => match (result.ok, result.err) {
            (None, None) => plain("result"),
            (ok, None) => generic("result", &[ok]),
            both => generic("result", &[both.0, both.1]),
        },
        TypeDefKind::Future(None) => plain("future"),
        TypeDefKind::Future(inner) => generic("future", &[*inner]),
        TypeDefKind::Stream(None) => plain("stream"),
        TypeDefKind::Stream(inner) => generic("stream", &[*inner]),
        TypeDefKind::Handle(Handle::Own(to)) => pieces(resolve, &Type::Id(*to)),
        TypeDefKind::Handle(Handle::Borrow(to)) => generic("borrow", &[Some(Type::Id(*to))]),
        TypeDefKind::Type(to) => pieces(resolve, to),
        other => panic!("the pages have no words for a {} yet", other.as_str()),
    }
}

fn primitive(ty: &Type) -> &'static str {
    match ty {
        Type::Bool => "bool",
        Type::U8 => "u8",
        Type::U16 => "u16",
        Type::U32 => "u32",
        Type::U64 => "u64",
        Type::S8 => "s8",
        Type::S16 => "s16",
        Type::S32 => "s32",
        Type::S64 => "s64",
        Type::F32 => "f32",
        Type::F64 => "f64",
        Type::Char => "char",
        Type::String => "string",
        other => panic!("the pages have no words for {other:?} yet"),
    }
}

/// A type in WIT's notation.
pub(super) fn plain(resolve: &Resolve, ty: &Type) -> String {
    pieces(resolve, ty)
        .into_iter()
        .map(|(text, _)| text)
        .collect()
}

/// The parameters that a caller gives: not the resource of a method, which is before the dot.
pub(super) fn given(function: &Function) -> &[wit_parser::Param] {
    let skip = usize::from(function.params.first().is_some_and(|p| p.name == "self"));
    &function.params[skip..]
}

/// A function in WIT's notation; a long one has a line for each parameter.
pub(super) fn signature(resolve: &Resolve, function: &Function) -> String {
    let params: Vec<String> = given(function)
        .iter()
        .map(|param| format!("{}: {}", param.name, plain(resolve, &param.ty)))
        .collect();
    let kind = if function.kind.is_async() {
        "async func"
    } else {
        "func"
    };
    let result = function
        .result
        .map(|ty| format!(" -> {}", plain(resolve, &ty)))
        .unwrap_or_default();
    let name = function.item_name();
    let line = format!("{name}: {kind}({}){result};", params.join(", "));
    if line.len() <= 100 {
        return line;
    }
    let params: String = params.iter().map(|p| format!("    {p},\n")).collect();
    format!("{name}: {kind}(\n{params}){result};")
}

/// The types of a function as two lists: what it takes and gives, and what it fails with.
pub(super) fn of_function(resolve: &Resolve, function: &Function) -> (Vec<Type>, Option<Type>) {
    let mut types: Vec<Type> = given(function).iter().map(|param| param.ty).collect();
    let result = function.result.and_then(|ty| match ty {
        Type::Id(id) => match &resolve.types[id].kind {
            TypeDefKind::Result(result) => Some(result),
            _ => None,
        },
        _ => None,
    });
    match result {
        Some(result) => types.extend(result.ok),
        None => types.extend(function.result),
    }
    (types, result.and_then(|result| result.err))
}

/// The types that stand in the definition of a type.
pub(super) fn of_definition(def: &TypeDef) -> Vec<Type> {
    match &def.kind {
        TypeDefKind::Record(record) => record.fields.iter().map(|field| field.ty).collect(),
        TypeDefKind::Variant(variant) => variant.cases.iter().filter_map(|case| case.ty).collect(),
        TypeDefKind::Type(ty) => vec![*ty],
        _ => Vec::new(),
    }
}
