//! Each mistake that the platform drops in silence has its sentence; what is right has none.

use serde_json::json;

use super::*;

fn text_field(name: &str, default: Option<&str>) -> Control {
    TextField {
        label: "Label".to_owned(),
        parameter_name: name.to_owned(),
        default_value: default.map(str::to_owned),
        ..TextField::default()
    }
    .into()
}

fn drop_down(default: Option<&str>, options: &[&str]) -> Control {
    DropDown {
        parameter_name: "size".to_owned(),
        default_value: default.map(str::to_owned),
        options: options
            .iter()
            .map(|o| ((*o).to_owned(), (*o).to_owned()))
            .collect(),
        ..DropDown::default()
    }
    .into()
}

fn slider(min_value: f64, max_value: f64, step: f64, default_value: Option<f64>) -> Control {
    Slider {
        parameter_name: "words".to_owned(),
        min_value,
        max_value,
        step,
        default_value,
        ..Slider::default()
    }
    .into()
}

fn ratio(default: Option<&str>, options: &[(Option<&str>, f64, f64)]) -> Control {
    let ratio = |(value, width, height): &(Option<&str>, f64, f64)| Ratio {
        value: value.map(str::to_owned),
        width: *width,
        height: *height,
    };
    AspectRatio {
        parameter_name: "ratio".to_owned(),
        default_value: default.map(str::to_owned),
        options: options.iter().map(ratio).collect(),
        ..AspectRatio::default()
    }
    .into()
}

fn condition(left: Operand, right: Operand, controls: Vec<Field>) -> Control {
    Control::Condition(Condition {
        left,
        comparator: Comparator::Eq,
        right,
        controls,
    })
}

fn section(content: Content) -> Settings {
    Settings {
        parameter_controls: Some(ParameterControls {
            sections: vec![Section {
                name: None,
                collapsed_by_default: None,
                content,
            }],
        }),
        ..Settings::default()
    }
}

fn lint(controls: Vec<Control>) -> Vec<String> {
    section(Content::Controls(controls)).lint()
}

#[test]
fn controls_that_the_platform_takes_have_no_mistakes() {
    let parameter = |name: &str| Operand::Parameter(name.to_owned());
    let controls = vec![
        Field::Divider.into(),
        text_field("a_Z_9", Some("x")),
        text_field("a_Z_9", Some("x")),
        drop_down(Some("s"), &["s", "m"]),
        slider(0.0, 10.0, 0.5, Some(10.0)),
        ratio(Some("16:9"), &[(None, 16.0, 9.0), (None, 1.5, 1.0)]),
        condition(
            parameter("words"),
            Operand::Literal(json!(3)),
            vec![Field::Divider],
        ),
    ];
    let mut mistakes = lint(controls);
    mistakes.extend(lint(vec![ratio(Some("1.5:1"), &[(None, 1.5, 1.0)])]));
    mistakes.extend(lint(vec![ratio(Some("a"), &[(Some("a"), 1.5, 1.0)])]));
    mistakes.extend(Settings::default().lint());
    assert_eq!(mistakes, Vec::<String>::new());
}

#[test]
fn each_mistake_in_a_control_is_named_with_its_place() {
    let literal = |value| Operand::Literal(value);
    let one = || literal(json!(1));
    let name = "parameter_name` should consist of letters, digits and `_`.";
    let cases = [
        (vec![], "` is empty."),
        (vec![text_field("", None)], name),
        (vec![text_field("a-b", None)], name),
        (vec![text_field("é", None)], name),
        (
            vec![text_field("poe_x", None)],
            "parameter_name` starts with `poe_`, which belongs to the platform.",
        ),
        (
            vec![text_field("a", None), text_field("a", Some(""))],
            "parameter_name` stands for a control with another default, too.",
        ),
        (vec![drop_down(None, &[])], "options` is empty."),
        (
            vec![drop_down(Some("x"), &["s"])],
            "default_value` is not the value of an option.",
        ),
        (vec![slider(0.0, 1.0, 0.0, None)], "step` is not above 0."),
        (vec![slider(0.0, 1.0, -1.0, None)], "step` is not above 0."),
        (
            vec![slider(2.0, 1.0, 1.0, None)],
            "min_value` is above `max_value`.",
        ),
        (
            vec![slider(0.0, 1.0, 1.0, Some(1.5))],
            "default_value` is not between `min_value` and `max_value`.",
        ),
        (
            vec![slider(0.0, f64::INFINITY, 1.0, None)],
            "max_value` is missing.",
        ),
        (vec![slider(0.0, 1.0, f64::NAN, None)], "step` is missing."),
        (vec![ratio(None, &[])], "options` is empty."),
        (
            vec![ratio(None, &[(None, 0.0, 1.0)])],
            "width` is not above 0.",
        ),
        (
            vec![ratio(None, &[(None, 1.0, f64::NAN)])],
            "height` is missing.",
        ),
        (
            vec![ratio(Some("16:9"), &[(Some("wide"), 16.0, 9.0)])],
            "default_value` is not the value of an option.",
        ),
        (vec![condition(one(), one(), vec![])], "controls` is empty."),
        (
            vec![condition(literal(json!(null)), one(), vec![Field::Divider])],
            "left.literal` should be a string, a number or a boolean.",
        ),
        (
            vec![condition(one(), literal(json!([])), vec![Field::Divider])],
            "right.literal` should be a string, a number or a boolean.",
        ),
        (
            vec![condition(
                one(),
                Operand::Parameter("x".to_owned()),
                vec![Field::Divider],
            )],
            "right` names the parameter `x`, which no control sets.",
        ),
    ];
    for (controls, expected) in cases {
        let place = "`parameter_controls.sections[0].controls";
        let mistakes = lint(controls);
        let [mistake] = mistakes.as_slice() else {
            panic!("{expected}: {mistakes:?}")
        };
        assert!(
            mistake.starts_with(place) && mistake.ends_with(expected),
            "{mistake}"
        );
    }
}

#[test]
fn nothing_may_be_empty() {
    let none = Settings {
        parameter_controls: Some(ParameterControls::default()),
        ..Settings::default()
    };
    assert_eq!(none.lint(), ["`parameter_controls.sections` is empty."]);
    let tabs = section(Content::Tabs(vec![]));
    assert_eq!(
        tabs.lint(),
        ["`parameter_controls.sections[0].tabs` is empty."]
    );
    let tab = section(Content::Tabs(vec![Tab::default()]));
    let place = "parameter_controls.sections[0].tabs[0].controls";
    assert_eq!(tab.lint(), [format!("`{place}` is empty.")]);
}

#[test]
fn each_mistake_beside_the_controls_is_named() {
    let priced = |text: &str| Settings {
        rate_card: Some(text.to_owned()),
        ..Settings::default()
    };
    let extra = |name: &str, value| Settings {
        extra: Map::from_iter([(name.to_owned(), value)]),
        ..section(Content::Controls(vec![Field::Divider.into()]))
    };
    let cases = [
        (Settings::default().calls("A", 1).calls("B", 100), 0),
        (Settings::default().calls("A", 0).calls("B", 101), 2),
        (Settings::default().calls("", 1), 1),
        (priced("[usd_milli_cents=15] per message"), 0),
        (
            priced("[usd_milli_cents=] [usd_milli_cents=1.5] [usd_milli_cents 3]"),
            3,
        ),
        (extra("response_version", json!(2)), 0),
        (extra("response_version", json!(1)), 1),
        (extra("allow_user_context_clear", json!(true)), 0),
        (extra("new_one", json!(1)), 1),
    ];
    for (settings, count) in cases {
        let mistakes = settings.lint();
        assert_eq!(mistakes.len(), count, "{mistakes:?}");
    }
}
