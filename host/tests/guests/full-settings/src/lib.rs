//! Has an opinion on every setting, and one that this version has no field for.

struct Bot;

const CONTROLS: &str = r#"{
    "api_version": "2",
    "sections": [{
        "name": "Mood",
        "controls": [
            { "control": "divider" },
            {
                "control": "slider", "label": "Purr", "parameter_name": "purr",
                "default_value": 3, "min_value": 0, "max_value": 10, "step": 1
            }
        ]
    }]
}"#;

impl raw::Odd for Bot {
    fn respond(_: raw::Query) -> Result<(), raw::Failure> {
        let _ = raw::reply::text("I answer");
        Ok(())
    }

    fn settings() -> raw::Settings {
        raw::Settings {
            server_bot_dependencies: vec![("GPT-4o".into(), 2), ("Claude-3-Haiku".into(), 1)],
            allow_attachments: Some(true),
            expand_text_attachments: Some(false),
            enable_image_comprehension: Some(true),
            introduction_message: Some("Miaow, **you**".into()),
            enforce_author_role_alternation: Some(true),
            enable_multi_entity_prompting: Some(false),
            rate_card: Some("[usd_milli_cents=10] each".into()),
            cost_label: Some("[usd_milli_cents=10]+".into()),
            parameter_controls: Some(CONTROLS.into()),
            extra: Some(r#"{"brand_new": true, "cost_label": "from extra"}"#.into()),
        }
    }
}

raw::export!(Bot);
