//! The JSON of every kind of control, as the platform wants it.

use serde_json::json;

use super::*;

fn named<T>(make: impl FnOnce(String, String) -> T) -> T {
    make("Label".to_owned(), "name".to_owned())
}

fn as_json(control: impl Into<Control>) -> Value {
    let section = Section {
        name: None,
        collapsed_by_default: None,
        content: Content::Controls(vec![control.into()]),
    };
    ParameterControls {
        sections: vec![section],
    }
    .to_json()["sections"][0]["controls"][0]
        .clone()
}

#[test]
fn sections_hold_controls_or_tabs() {
    let controls = ParameterControls {
        sections: vec![
            Section {
                name: Some("First".to_owned()),
                collapsed_by_default: Some(true),
                content: Content::Controls(vec![Field::Divider.into()]),
            },
            Section {
                name: None,
                collapsed_by_default: None,
                content: Content::Tabs(vec![Tab {
                    name: "Tab".to_owned(),
                    controls: vec![Field::Divider.into()],
                }]),
            },
        ],
    };
    assert_eq!(
        controls.to_json(),
        json!({
            "api_version": "2",
            "sections": [
                {"name": "First", "collapsed_by_default": true, "controls": [{"control": "divider"}]},
                {"tabs": [{"name": "Tab", "controls": [{"control": "divider"}]}]},
            ],
        })
    );
}

#[test]
fn text_fields_and_areas_differ_in_their_name_only() {
    let field = named(|label, parameter_name| TextField {
        label,
        parameter_name,
        default_value: Some("a".to_owned()),
        placeholder: Some("b".to_owned()),
        description: Some("c".to_owned()),
    });
    let mut expected = json!({
        "control": "text_field", "label": "Label", "description": "c", "parameter_name": "name",
        "default_value": "a", "placeholder": "b",
    });
    assert_eq!(as_json(field.clone()), expected);
    expected["control"] = json!("text_area");
    assert_eq!(as_json(Field::TextArea(field)), expected);
}

#[test]
fn what_is_none_is_left_out() {
    let plain = json!({"control": "toggle_switch", "label": "Label", "parameter_name": "name"});
    let switch = named(|label, parameter_name| ToggleSwitch {
        label,
        parameter_name,
        ..ToggleSwitch::default()
    });
    assert_eq!(as_json(switch), plain);
}

#[test]
fn drop_downs_name_their_options() {
    let drop_down = named(|label, parameter_name| DropDown {
        label,
        parameter_name,
        default_value: Some("s".to_owned()),
        options: vec![
            ("s".to_owned(), "Small".to_owned()),
            ("l".to_owned(), "Large".to_owned()),
        ],
        description: None,
    });
    assert_eq!(
        as_json(drop_down),
        json!({
            "control": "drop_down", "label": "Label", "parameter_name": "name", "default_value": "s",
            "options": [{"value": "s", "name": "Small"}, {"value": "l", "name": "Large"}],
        })
    );
}

#[test]
fn sliders_and_ratios_are_numbers() {
    let slider = named(|label, parameter_name| Slider {
        label,
        parameter_name,
        default_value: Some(0.5),
        max_value: 1.5,
        step: 0.25,
        ..Slider::default()
    });
    assert_eq!(
        as_json(slider),
        json!({
            "control": "slider", "label": "Label", "parameter_name": "name", "default_value": 0.5,
            "min_value": 0, "max_value": 1.5, "step": 0.25,
        })
    );
    let ratio = named(|label, parameter_name| AspectRatio {
        label,
        parameter_name,
        options: vec![
            Ratio {
                value: None,
                width: 16.0,
                height: 9.0,
            },
            Ratio {
                value: Some("square".to_owned()),
                width: 1.0,
                height: 1.0,
            },
        ],
        ..AspectRatio::default()
    });
    assert_eq!(
        as_json(ratio),
        json!({
            "control": "aspect_ratio", "label": "Label", "parameter_name": "name",
            "options": [{"width": 16, "height": 9}, {"value": "square", "width": 1, "height": 1}],
        })
    );
}

#[test]
fn conditions_use_the_words_of_the_platforms_code() {
    let words = [
        (Comparator::Eq, "eq"),
        (Comparator::Ne, "ne"),
        (Comparator::Gt, "gt"),
        (Comparator::Ge, "ge"),
        (Comparator::Lt, "lt"),
        (Comparator::Le, "le"),
    ];
    for (comparator, word) in words {
        let condition = Condition {
            left: Operand::Parameter("words".to_owned()),
            comparator,
            right: Operand::Literal(100.into()),
            controls: vec![Field::Divider],
        };
        assert_eq!(
            as_json(condition),
            json!({
                "control": "condition",
                "condition": {
                    "comparator": word, "left": {"parameter_name": "words"}, "right": {"literal": 100},
                },
                "controls": [{"control": "divider"}],
            })
        );
    }
}
