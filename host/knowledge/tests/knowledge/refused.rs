//! Models that are none: each is refused with its file and a reason, and nothing worse happens.

use std::{fs, io::Write as _, path::Path};

use proptest::prelude::*;
use ravenry_knowledge::{Encoder, EncoderError, WINDOWS_MAX};
use serde_json::{Value, json};

use crate::model::{self, directory, write};

fn refused(directory: &Path, file: &str) -> String {
    let error = Encoder::open(directory).map(|_| ()).unwrap_err();
    let said = error.to_string();
    assert!(said.contains(file), "{said}");
    assert!(error.hint().len() > 20);
    said.split_once("` ").unwrap().1.to_owned()
}

#[test]
fn each_file_must_be_there_and_be_one() {
    for file in [
        "modules.json",
        "config.json",
        "1_Pooling/config.json",
        "tokenizer.json",
        "model.safetensors",
    ] {
        let folder = directory();
        let path = folder.path().join(file);
        let bytes = fs::read(&path).unwrap();
        fs::write(&path, &bytes[..bytes.len() / 2]).unwrap();
        let said = refused(folder.path(), file);
        assert!(said.starts_with("cannot be used"), "{file}: {said}");
        fs::write(&path, []).unwrap();
        refused(folder.path(), file);
        fs::write(&path, b"null").unwrap();
        refused(folder.path(), file);
        fs::remove_file(&path).unwrap();
        assert_eq!(refused(folder.path(), file), "cannot be read");
        fs::create_dir(&path).unwrap();
        refused(folder.path(), file);
    }
    let nowhere = Encoder::open(Path::new("/nowhere/at/all"))
        .map(|_| ())
        .unwrap_err();
    assert!(matches!(nowhere, EncoderError::File { .. }));
}

#[test]
fn what_is_not_supported_is_named() {
    let pooling = "1_Pooling/config.json";
    let set = |value: Value, pointer: &str, to: Value| {
        let mut value = value;
        *value.pointer_mut(pointer).unwrap() = to;
        value
    };
    let config = |pointer: &str, to: Value| ("config.json", set(model::config(), pointer, to));
    let tokenizer =
        |pointer: &str, to: Value| ("tokenizer.json", set(model::tokenizer(), pointer, to));
    for ((file, value), expected) in [
        (
            config("/model_type", json!("mpnet")),
            "a model of the type `mpnet`",
        ),
        (
            config("/hidden_act", json!("relu")),
            "the activation `relu`",
        ),
        (
            config("/position_embedding_type", json!("relative_key")),
            "positions of the type `relative_key`",
        ),
        (
            config("/hidden_size", json!(1_u64 << 60)),
            "`hidden_size` is 1152921504606846976",
        ),
        (
            config("/num_hidden_layers", json!(0)),
            "`num_hidden_layers` is 0",
        ),
        (
            config("/num_hidden_layers", json!(3)),
            "it has no `encoder.layer.2",
        ),
        (
            config("/num_attention_heads", json!(3)),
            "cannot be divided",
        ),
        (
            config("/hidden_size", json!(16)),
            "has the shape [2, 8] instead of [any, 16]",
        ),
        (config("/layer_norm_eps", json!(-1)), "`layer_norm_eps`"),
        (config("/hidden_size", json!(-8)), "invalid value"),
        (
            tokenizer("/normalizer/type", json!("NFKC")),
            "the normalizer `NFKC`",
        ),
        (
            tokenizer("/normalizer", Value::Null),
            "the normalizer `none`",
        ),
        (
            tokenizer("/pre_tokenizer/type", json!("Metaspace")),
            "the pre_tokenizer `Metaspace`",
        ),
        (tokenizer("/model/type", json!("BPE")), "the model `BPE`"),
        (
            tokenizer("/post_processor/type", json!("RobertaProcessing")),
            "the post_processor `RobertaProcessing`",
        ),
        (
            tokenizer("/post_processor/single", json!([])),
            "a mark before and behind",
        ),
        (
            tokenizer("/model/unk_token", json!("?")),
            "`unk_token` is not in `vocab`",
        ),
        (
            tokenizer("/model/vocab/cat", json!(14)),
            "it has a token 14, and the model knows 14",
        ),
        (
            (pooling, json!({ "pooling_mode_max_tokens": true })),
            "pooling by `pooling_mode_max_tokens`",
        ),
        (
            (
                pooling,
                json!({ "pooling_mode_mean_tokens": true, "pooling_mode_cls_token": true }),
            ),
            "pooling by `pooling_mode_mean_tokens`, `pooling_mode_cls_token`",
        ),
        ((pooling, json!({})), "no way of pooling"),
        (
            ("modules.json", model::modules(&["Dense"])),
            "the module `sentence_transformers.models.Dense`",
        ),
        (
            ("modules.json", model::modules(&["Normalize", "Normalize"])),
            "Normalize` in this place",
        ),
        (("modules.json", json!([])), "without pooling"),
        (
            (
                "modules.json",
                set(model::modules(&[]), "/1/path", json!("../x")),
            ),
            "not in the directory",
        ),
        (
            (
                "modules.json",
                set(model::modules(&[]), "/1/path", json!("/etc")),
            ),
            "not in the directory",
        ),
        (
            (
                "modules.json",
                set(model::modules(&[]), "/0/path", json!("0")),
            ),
            "in a directory below",
        ),
        (
            (
                "modules.json",
                set(model::modules(&[]), "/1/type", json!("os.system")),
            ),
            "the module `os.system`",
        ),
        (
            ("sentence_bert_config.json", json!({ "max_seq_length": 11 })),
            "`max_seq_length` is 11",
        ),
        (
            ("sentence_bert_config.json", json!({ "max_seq_length": 2 })),
            "`max_seq_length` is 2",
        ),
        (
            (
                "config_sentence_transformers.json",
                json!({ "default_prompt_name": "query" }),
            ),
            "a prompt before each text",
        ),
    ] {
        let folder = directory();
        write(folder.path(), file, &value);
        let error = Encoder::open(folder.path())
            .map(|_| ())
            .unwrap_err()
            .to_string();
        assert!(error.contains(expected), "{error}");
    }
}

#[test]
fn tensors_must_be_as_they_should() {
    let folder = directory();
    let path = folder.path().join("model.safetensors");
    let whole = fs::read(&path).unwrap();
    let list_bytes = u64::from_le_bytes(whole[..8].try_into().unwrap()) as usize;
    let list = String::from_utf8(whole[8..8 + list_bytes].to_vec()).unwrap();
    let with_list = |list: &str| {
        let mut file = (list.len() as u64).to_le_bytes().to_vec();
        file.extend(list.as_bytes());
        file.extend(&whole[8 + list_bytes..]);
        file
    };
    let mut huge = whole.clone();
    huge[..8].copy_from_slice(&u64::MAX.to_le_bytes());
    let mut not_a_number = whole.clone();
    let end = not_a_number.len();
    not_a_number[end - 4..].copy_from_slice(&f32::NAN.to_le_bytes());
    for (bytes, expected) in [
        (whole[..whole.len() - 1].to_vec(), "cut off"),
        ([whole.clone(), vec![0]].concat(), "cut off"),
        (whole[..7].to_vec(), "cut off"),
        (huge, "cut off"),
        (not_a_number, "holds what is no number"),
        (with_list(&list.replacen("F32", "F16", 1)), "cannot be used"),
        (
            with_list(&list.replacen("F32", "I32", 1)),
            "numbers of the type I32",
        ),
        (
            with_list(&list.replacen("[14,8]", "[8,14]", 1)),
            "has the shape [8, 14]",
        ),
        (
            with_list(&list.replacen("[14,8]", "[4294967296,4294967296]", 1)),
            "cannot be used",
        ),
        (
            with_list(&list.replacen("[14,8]", "[112]", 1)),
            "has the shape [112]",
        ),
        (
            with_list(&list.replacen("word_embeddings", "world_embeddings", 1)),
            "it has no `embeddings.word",
        ),
        (with_list("{}"), "cut off"),
        (with_list(&"[".repeat(10_000)), "cannot be used"),
    ] {
        fs::write(&path, &bytes).unwrap();
        let error = Encoder::open(folder.path())
            .map(|_| ())
            .unwrap_err()
            .to_string();
        assert!(error.contains(expected), "{expected}: {error}");
    }
    // A file of 3 GB that takes no room, with a list of 3 GB.
    let file = fs::File::create(&path).unwrap();
    (&file).write_all(&3_000_000_000_u64.to_le_bytes()).unwrap();
    file.set_len(3_000_000_010).unwrap();
    assert!(matches!(
        Encoder::open(folder.path()),
        Err(EncoderError::TooLarge { .. })
    ));
    file.set_len(1_000_000_000).unwrap();
    assert!(Encoder::open(folder.path()).is_err());
    (&file).write_all(&[]).unwrap();
    let file = fs::File::create(&path).unwrap();
    (&file).write_all(&900_000_000_u64.to_le_bytes()).unwrap();
    file.set_len(1_000_000_000).unwrap();
    let error = Encoder::open(folder.path())
        .map(|_| ())
        .unwrap_err()
        .to_string();
    assert!(error.contains("list of tensors is too long"), "{error}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// Any byte of any file may be another: it is refused, or it is a model.
    #[test]
    fn damaged_files_do_no_harm(which in 0..6_usize, at: prop::sample::Index, byte: u8, text in "\\PC{0,40}") {
        let folder = directory();
        let files = [
            "modules.json", "config.json", "1_Pooling/config.json", "tokenizer.json", "model.safetensors",
            "sentence_bert_config.json",
        ];
        let path = folder.path().join(files[which]);
        let mut bytes = fs::read(&path).unwrap();
        let place = at.index(bytes.len().min(4_000));
        bytes[place] = byte;
        fs::write(&path, bytes).unwrap();
        if let Ok(encoder) = Encoder::open(folder.path()) {
            let vectors = encoder.embed(&text);
            prop_assert!((1..=WINDOWS_MAX).contains(&vectors.len()));
        }
    }
}
