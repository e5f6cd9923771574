//! Modules beside each other know each other in one direction: whoever reads one need not have read the other.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    hold,
    reader::{Source, edges, sources},
};

/// Circles that there are: in which module, and who is in them.
const KNOWN: &[(&str, &[&str])] = &[
    // Work holds the queue that it goes back to, and the queue holds work.
    ("gateway/compute", &["task", "threads"]),
];

/// Who names whom, among the modules of one directory.
type Graph<'s> = BTreeMap<&'s str, BTreeSet<String>>;

/// The same for each directory, as `Source::place` begins there.
fn graphs<'s>(all: &'s [(String, &Source)]) -> BTreeMap<String, Graph<'s>> {
    let mut graphs: BTreeMap<String, Graph<'s>> = BTreeMap::new();
    for (place, source) in all {
        let parts: Vec<&str> = place.trim_end_matches(".rs").split('/').collect();
        let is_ours = source.path.strip_prefix("host/src/").is_some();
        // What stands at its end, for itself alone.
        let code = source.code.split("#[cfg(test)]\nmod tests {").next();
        let code = code.unwrap_or_default();
        if parts.iter().any(|part| part.ends_with("tests")) {
            continue;
        }
        for depth in 1..parts.len() {
            let (above, from) = (parts[depth - 1], parts[depth]);
            if from == "lib" {
                continue;
            }
            let above = if depth == 1 && !is_ours {
                "crate"
            } else {
                above
            };
            let mut named = edges(code, above);
            if parts.len() == depth + 1 {
                named.extend(edges(code, "super"));
            }
            let graph = graphs.entry(parts[..depth].join("/")).or_default();
            let known = graph.entry(from).or_default();
            known.extend(named.into_iter().map(|(_, to)| to).filter(|to| to != from));
        }
    }
    graphs
}

/// All that a module knows, and all that those know.
fn reach<'g>(graph: &'g Graph<'_>, from: &'g str) -> BTreeSet<&'g str> {
    let (mut reached, mut next) = (BTreeSet::new(), vec![from]);
    while let Some(known) = next.pop().and_then(|module| graph.get(module)) {
        for module in known.iter().map(String::as_str) {
            if graph.contains_key(module) && reached.insert(module) {
                next.push(module);
            }
        }
    }
    reached
}

/// Those of a directory that know each other in a circle.
fn circle<'g>(graph: &'g Graph<'_>) -> Vec<&'g str> {
    let modules = graph.keys().copied();
    modules
        .filter(|module| reach(graph, module).contains(module))
        .collect()
}

/// Where it is in a crate of ours, the SDK among them.
fn place(source: &Source) -> Option<String> {
    let in_sdk = source.path.strip_prefix("guest-sdk/src/");
    let in_sdk = in_sdk.map(|below| format!("guest-sdk/{below}"));
    source.place().or(in_sdk)
}

fn circles(sources: &[Source]) -> Vec<String> {
    let placed = |source| Some((place(source)?, source));
    let all: Vec<(String, &Source)> = sources.iter().filter_map(placed).collect();
    let found = graphs(&all).into_iter().filter_map(|(directory, graph)| {
        let circle = circle(&graph);
        let known = KNOWN.contains(&(directory.as_str(), circle.as_slice()));
        (!circle.is_empty() && !known).then(|| format!("{directory}: {}", circle.join(", ")))
    });
    found.collect()
}

#[test]
fn modules_beside_each_other_know_each_other_in_one_direction() {
    hold("No module knows one that knows it.", &circles(&sources()));
}

#[test]
fn a_circle_is_found() {
    let file = |path: &str, text: &str| Source::new(path.to_owned(), text.to_owned());
    let sources = [
        file("host/base/src/a.rs", "use super::b::{self, X};"),
        file("host/base/src/b.rs", "use crate::{d::Y, c::Z};"),
        file("host/base/src/c/deep.rs", "use crate::a;"),
        file(
            "host/base/src/d.rs",
            "// use super::b;\n#[cfg(test)]\nmod tests {\nuse crate::b; }",
        ),
        file("host/base/src/d_tests.rs", "use super::a;"),
        file("host/base/src/d/tests/one.rs", "use crate::b;"),
        file("host/src/cli/one.rs", "use super::two::X;"),
        file("host/src/cli/two/part.rs", "use crate::cli::{load, one};"),
        file("host/src/cli/load.rs", ""),
    ];
    assert_eq!(circles(&sources), ["base: a, b, c", "cli: one, two"]);
}
