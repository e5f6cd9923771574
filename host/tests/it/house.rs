//! The rules of the house, held by reading the sources: who may know whom, which library belongs
//! where, how long things may be, and what must be documented. `host/README.md` says why.

mod circles;
mod dependencies;
mod map;
mod planted;
mod reader;
mod rules;
mod tables;

use std::fs;
use std::path::PathBuf;

use self::reader::{Source, below_checkout, checkout, files, sources};
use self::rules::Broken;

/// Fails with all places where a rule is broken.
#[track_caller]
fn hold(rule: &str, broken: &[String]) {
    assert!(broken.is_empty(), "{rule}\n  {}", broken.join("\n  "));
}

/// Holds all sources against a rule.
#[track_caller]
fn hold_sources(rule: &str, broken: impl Fn(&Source) -> Broken) {
    let broken: Vec<String> = sources().iter().flat_map(broken).collect();
    hold(rule, &broken);
}

#[test]
fn knowledge_points_downwards() {
    hold_sources(
        "A module may use those of lower levels only.",
        rules::points_downwards,
    );
}

#[test]
fn verbs_know_no_verbs() {
    hold_sources(
        "A verb uses what is shared, and knows no other verb; what is shared knows none.",
        rules::verbs_stand_alone,
    );
}

#[test]
fn parts_of_a_module_point_downwards() {
    hold_sources(
        "A part of a module may use those of lower levels only.",
        rules::parts_point_downwards,
    );
}

#[test]
fn edges_are_written_from_the_crate() {
    hold_sources(
        "Other modules are named from `crate::`.",
        rules::names_from_the_crate,
    );
}

#[test]
fn libraries_stay_behind_their_borders() {
    hold_sources(
        "A library is named in its own place only.",
        rules::keeps_borders,
    );
}

#[test]
fn nothing_is_waited_for_by_the_wall_clock() {
    hold_sources(
        "Only named files read the wall clock.",
        rules::waits_by_no_wall_clock,
    );
}

#[test]
fn files_are_short_documented_and_well_named() {
    hold_sources("A file is short.", rules::is_short);
    hold_sources("A file says what it is.", rules::says_what_it_is);
    hold_sources("A file is named after what is in it.", rules::has_a_name);
}

#[test]
fn functions_are_short() {
    hold_sources("A function is short.", rules::functions_are_short);
}

#[test]
fn every_item_of_the_interface_is_documented() {
    let ours = |path: &PathBuf| below_checkout(path).starts_with("wit/");
    let pages: Vec<_> = files(&["wit"]).into_iter().filter(ours).collect();
    assert!(pages.len() > 3, "the interface was not found");
    let broken: Vec<String> = pages
        .iter()
        .flat_map(|path| {
            let text = fs::read_to_string(path).unwrap();
            rules::items_are_documented(&below_checkout(path), &text)
        })
        .collect();
    hold(
        "Every item of the WIT has a `///` right before it.",
        &broken,
    );
}

#[test]
fn causes_are_told_once() {
    hold_sources(
        "An error has a cause in its sentence or as its source, not both.",
        rules::causes_are_told_once,
    );
}

#[test]
fn exceptions_have_reasons() {
    hold_sources(
        "An exception from a lint is `#[expect(lint, reason = \"…\")]`.",
        rules::exceptions_have_reasons,
    );
}

#[test]
fn nothing_banned_is_in_the_tree() {
    hold_sources("What is banned is not in code.", rules::has_no_banned_code);
    let here = checkout().to_str().unwrap().to_owned();
    let pages = files(&["rs", "md", "toml", "wit", "json", "csv", "tsv"]);
    let broken: Vec<String> = pages
        .iter()
        .flat_map(|path| {
            let text = fs::read_to_string(path).unwrap();
            rules::has_no_banned_words(&below_checkout(path), &text, &here)
        })
        .collect();
    hold("What is banned is not in the tree.", &broken);
}
