//! One row for each mistake in parameter controls.

use proptest::prelude::*;
use serde_json::{Value, json};

use crate::settings::{Settings, lint};

fn lints(controls: &Value) -> Vec<String> {
    lint(&Settings {
        parameter_controls: Some(controls.to_string()),
        ..Settings::default()
    })
}

/// The controls with these in their only section.
fn section(controls: &Value) -> Value {
    json!({"api_version": "2", "sections": [{"controls": controls}]})
}

/// Every control, as the documentation has it.
fn every_control() -> Value {
    let compare =
        json!({"comparator": "ge", "left": {"parameter_name": "size"}, "right": {"literal": 2}});
    json!([
        {"control": "divider"},
        {"control": "text_field", "label": "Name", "parameter_name": "name", "default_value": "Ann", "placeholder": "Who?"},
        {"control": "text_area", "label": "Story", "description": null, "parameter_name": "story"},
        {"control": "drop_down", "label": "Style", "parameter_name": "style", "default_value": "b",
         "options": [{"value": "a", "name": "A"}, {"value": "b", "name": "B"}]},
        {"control": "toggle_switch", "label": "Loud", "parameter_name": "loud", "default_value": false},
        {"control": "slider", "label": "Size", "parameter_name": "size", "default_value": 3,
         "min_value": 1, "max_value": 9.5, "step": 0.5},
        {"control": "aspect_ratio", "label": "Shape", "parameter_name": "shape", "default_value": "16:9",
         "options": [{"width": 16, "height": 9}, {"value": "square", "width": 1, "height": 1}]},
        {"control": "condition", "condition": compare, "controls": [{"control": "divider"}]},
    ])
}

#[test]
fn documented_controls_are_fine() {
    assert_eq!(lints(&section(&every_control())), [""; 0]);
    let tabs = json!({"api_version": "2", "sections": [{
        "name": "All", "collapsed_by_default": true,
        "tabs": [{"name": "One", "controls": every_control()}],
    }]});
    assert_eq!(lints(&tabs), [""; 0]);
}

#[test]
fn mistakes_in_the_frame_are_said() {
    #[rustfmt::skip]
    let rows = [
        (json!({}), vec!["`parameter_controls.api_version` is missing.", "`parameter_controls.sections` is missing."]),
        (json!({"api_version": 2, "sections": [], "title": ""}), vec![
            "`parameter_controls.title` is not known to the platform.",
            "`parameter_controls.api_version` should be a string, but is a number.",
            "`parameter_controls.sections` is empty.",
        ]),
        (json!({"api_version": "2", "sections": [7, {}]}), vec![
            "`parameter_controls.sections[0]` should be an object, but is a number.",
            "`parameter_controls.sections[1]` has neither `controls` nor `tabs`.",
        ]),
        (json!({"api_version": "2", "sections": [{"controls": [], "tabs": [{"controls": {}}]}]}), vec![
            "`parameter_controls.sections[0]` has both `controls` and `tabs`.",
            "`parameter_controls.sections[0].controls` is empty.",
            "`parameter_controls.sections[0].tabs[0].name` is missing.",
            "`parameter_controls.sections[0].tabs[0].controls` should be an array, but is an object.",
        ]),
    ];
    for (controls, sentences) in rows {
        assert_eq!(lints(&controls), sentences, "{controls}");
    }
}

/// The sentences about one control, without the place that all share.
fn about(control: &Value) -> Vec<String> {
    lints(&section(&json!([control])))
        .into_iter()
        .map(|sentence| sentence.replace("parameter_controls.sections[0].controls[0]", "_"))
        .collect()
}

/// A control of a kind with its needed members, and these on top.
fn control(kind: &str, members: &Value) -> Value {
    let mut control = json!({"control": kind, "label": "L", "parameter_name": "p"});
    let all = control.as_object_mut().unwrap();
    all.extend(members.as_object().unwrap().clone());
    control
}

#[test]
fn mistakes_in_controls_are_said() {
    let slider = |members: Value| {
        let mut slider = control(
            "slider",
            &json!({"min_value": 0, "max_value": 9, "step": 1}),
        );
        slider
            .as_object_mut()
            .unwrap()
            .extend(members.as_object().unwrap().clone());
        slider
    };
    #[rustfmt::skip]
    let rows = [
        (json!("divider"), vec!["`_` should be an object, but is a string."]),
        (json!({"control": "knob\n"}), vec!["`_` is of the unknown kind `knob\\n`."]),
        (json!({"label": "L"}), vec!["`_.label` is not known to the platform.", "`_.control` is missing."]),
        (json!({"control": "divider", "label": "L"}), vec!["`_.label` is not known to the platform."]),
        (json!({"control": "text_field"}), vec!["`_.label` is missing.", "`_.parameter_name` is missing."]),
        (control("text_field", &json!({"parameter_name": "my-name"})), vec!["`_.parameter_name` should consist of letters, digits and `_`."]),
        (control("text_field", &json!({"parameter_name": ""})), vec!["`_.parameter_name` should consist of letters, digits and `_`."]),
        (control("text_field", &json!({"parameter_name": "poe_x"})), vec!["`_.parameter_name` starts with `poe_`, which belongs to the platform."]),
        (control("toggle_switch", &json!({"default_value": "no"})), vec!["`_.default_value` should be a boolean, but is a string."]),
        (slider(json!({"step": 0})), vec!["`_.step` is not above 0."]),
        (slider(json!({"step": -1})), vec!["`_.step` is not above 0."]),
        (slider(json!({"step": null})), vec!["`_.step` is missing."]),
        (slider(json!({"min_value": 10})), vec!["`_.min_value` is above `max_value`."]),
        (slider(json!({"default_value": 10})), vec!["`_.default_value` is not between `min_value` and `max_value`."]),
        (control("drop_down", &json!({"options": []})), vec!["`_.options` is empty."]),
        (control("drop_down", &json!({"options": [{"value": "a", "name": "A"}], "default_value": "A"})), vec!["`_.default_value` is not the value of an option."]),
        (control("drop_down", &json!({"options": [{"value": "a"}, null]})), vec!["`_.options[0].name` is missing.", "`_.options[1]` should be an object, but is null."]),
        (control("aspect_ratio", &json!({"options": [{"width": 0, "height": 1}], "default_value": "1:1"})), vec!["`_.options[0].width` is not above 0.", "`_.default_value` is not the value of an option."]),
    ];
    for (control, sentences) in rows {
        assert_eq!(about(&control), sentences, "{control}");
    }
}

#[test]
fn mistakes_in_conditions_are_said() {
    let condition = |comparator: &str, left: Value, inner: Value| {
        json!({"control": "condition", "controls": [inner],
               "condition": {"comparator": comparator, "left": left, "right": {"literal": true}}})
    };
    let divider = || json!({"control": "divider"});
    let literal = || json!({"literal": 1});
    let nested = condition("eq", literal(), divider());
    #[rustfmt::skip]
    let rows = [
        (condition("equals", literal(), divider()), vec!["`_.condition.comparator` is not one of `eq`, `ne`, `gt`, `ge`, `lt`, `le`."]),
        (condition("eq", literal(), nested), vec!["`_.controls[0]` is a condition within a condition."]),
        (condition("eq", json!({"literal": []}), divider()), vec!["`_.condition.left.literal` should be a string, a number or a boolean."]),
        (condition("eq", json!({"literal": 1, "parameter_name": "a"}), divider()), vec!["`_.condition.left` should have one member: `literal`, or `parameter_name` with a string."]),
        (condition("eq", json!({}), divider()), vec!["`_.condition.left` should have one member: `literal`, or `parameter_name` with a string."]),
        (condition("eq", json!({"parameter_name": "a"}), divider()), vec!["`_.condition.left` names the parameter `a`, which no control sets."]),
        (json!({"control": "condition", "condition": 1, "controls": []}), vec!["`_.condition` should be an object, but is a number.", "`_.controls` is empty."]),
    ];
    for (control, sentences) in rows {
        assert_eq!(about(&control), sentences, "{control}");
    }
}

/// Two controls may set one parameter, if they start from the same value.
#[test]
fn controls_of_one_parameter_share_their_default() {
    let pair = |first: Value, second: Value| {
        lints(&section(&json!([
            control("text_field", &json!({ "default_value": first })),
            control("text_area", &json!({ "default_value": second })),
        ])))
    };
    assert_eq!(pair(json!("a"), json!("a")), [""; 0]);
    assert_eq!(
        pair(json!("a"), json!(null)),
        [
            "`parameter_controls.sections[0].controls[1].parameter_name` stands for a control with another default, too."
        ]
    );
}

/// Every place of a value, as JSON pointers.
fn places(value: &Value, at: &str, places: &mut Vec<String>) {
    places.push(at.to_owned());
    match value {
        Value::Object(members) => {
            for (name, value) in members {
                self::places(value, &format!("{at}/{name}"), places);
            }
        }
        Value::Array(items) => {
            for (index, value) in items.iter().enumerate() {
                self::places(value, &format!("{at}/{index}"), places);
            }
        }
        _ => {}
    }
}

proptest! {
    /// Anything in any place is linted without a fall, and every sentence stays on one line.
    #[test]
    fn any_controls_are_linted(
        place: prop::sample::Index,
        value in prop_oneof![
            Just(Value::Null), any::<f64>().prop_map(Value::from), any::<String>().prop_map(Value::from),
            any::<String>().prop_map(|name| json!({ name: every_control() })),
            Just(every_control()), Just(json!([]))
        ],
    ) {
        let mut controls = section(&every_control());
        let mut all = Vec::new();
        places(&controls, "", &mut all);
        *controls.pointer_mut(&all[place.index(all.len())]).unwrap() = value;
        for sentence in lints(&controls) {
            prop_assert!(sentence.ends_with('.') && sentence.len() < 512, "{}", sentence);
            let is_hidden = crate::shown::seen(&sentence).any(|(_, is_escaped)| is_escaped);
            prop_assert!(!is_hidden, "{}", sentence);
        }
    }
}
