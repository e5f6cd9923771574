//! Small models, written as the files that a model is, and computed once more in the plainest way.

use std::{fs, path::Path};

use serde_json::{Value, json};
use tempfile::TempDir;

pub const WIDTH: usize = 8;
pub const INNER: usize = 12;
pub const LAYERS: usize = 2;
pub const HEADS: usize = 2;
pub const POSITIONS: usize = 10;

/// The vocabulary; a token is its place.
pub const VOCABULARY: [&str; 14] = [
    "[PAD]", "[UNK]", "[CLS]", "[SEP]", "cat", "dog", "##s", "##fish", "the", ",", "猫", "cafe",
    "a", "##b",
];

/// A tensor: its name, its shape, its numbers.
pub type Tensor = (String, Vec<usize>, Vec<f32>);

/// All tensors of the model, with numbers that are other everywhere and no larger than they should be.
pub fn tensors() -> Vec<Tensor> {
    let mut seed: u32 = 1;
    let mut tensor = |name: &str, shape: &[usize]| {
        let count: usize = shape.iter().product();
        let numbers = (0..count).map(|_| {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (seed >> 8) as f32 / (1 << 23) as f32 - 1.0
        });
        (name.to_owned(), shape.to_vec(), numbers.collect())
    };
    let mut all = vec![
        tensor(
            "embeddings.word_embeddings.weight",
            &[VOCABULARY.len(), WIDTH],
        ),
        tensor("embeddings.position_embeddings.weight", &[POSITIONS, WIDTH]),
        tensor("embeddings.token_type_embeddings.weight", &[2, WIDTH]),
        tensor("embeddings.LayerNorm.weight", &[WIDTH]),
        tensor("embeddings.LayerNorm.bias", &[WIDTH]),
    ];
    for layer in 0..LAYERS {
        for (name, to, from) in [
            ("attention.self.query", WIDTH, WIDTH),
            ("attention.self.key", WIDTH, WIDTH),
            ("attention.self.value", WIDTH, WIDTH),
            ("attention.output.dense", WIDTH, WIDTH),
            ("intermediate.dense", INNER, WIDTH),
            ("output.dense", WIDTH, INNER),
        ] {
            all.push(tensor(
                &format!("encoder.layer.{layer}.{name}.weight"),
                &[to, from],
            ));
            all.push(tensor(&format!("encoder.layer.{layer}.{name}.bias"), &[to]));
        }
        for name in ["attention.output.LayerNorm", "output.LayerNorm"] {
            all.push(tensor(
                &format!("encoder.layer.{layer}.{name}.weight"),
                &[WIDTH],
            ));
            all.push(tensor(
                &format!("encoder.layer.{layer}.{name}.bias"),
                &[WIDTH],
            ));
        }
    }
    all
}

/// A file of tensors.
pub fn safetensors(tensors: &[Tensor]) -> Vec<u8> {
    let mut list = serde_json::Map::new();
    let mut data = Vec::new();
    for (name, shape, numbers) in tensors {
        let start = data.len();
        data.extend(numbers.iter().flat_map(|number| number.to_le_bytes()));
        let entry = json!({ "dtype": "F32", "shape": shape, "data_offsets": [start, data.len()] });
        list.insert(name.clone(), entry);
    }
    let list = serde_json::to_vec(&list).unwrap();
    let mut file = (list.len() as u64).to_le_bytes().to_vec();
    file.extend(list);
    file.extend(data);
    file
}

pub fn config() -> Value {
    json!({
        "model_type": "bert", "hidden_act": "gelu", "hidden_size": WIDTH, "intermediate_size": INNER,
        "num_hidden_layers": LAYERS, "num_attention_heads": HEADS, "max_position_embeddings": POSITIONS,
        "layer_norm_eps": 1e-12, "position_embedding_type": "absolute",
    })
}

pub fn tokenizer() -> Value {
    let vocabulary: serde_json::Map<String, Value> = VOCABULARY
        .iter()
        .enumerate()
        .map(|(token, piece)| ((*piece).to_owned(), json!(token)))
        .collect();
    json!({
        "version": "1.0",
        "truncation": { "max_length": 3 },
        "normalizer": {
            "type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": true, "strip_accents": null,
            "lowercase": true,
        },
        "pre_tokenizer": { "type": "BertPreTokenizer" },
        "post_processor": {
            "type": "TemplateProcessing",
            "single": [
                { "SpecialToken": { "id": "[CLS]", "type_id": 0 } },
                { "Sequence": { "id": "A", "type_id": 0 } },
                { "SpecialToken": { "id": "[SEP]", "type_id": 0 } },
            ],
            "special_tokens": {
                "[CLS]": { "id": "[CLS]", "ids": [2], "tokens": ["[CLS]"] },
                "[SEP]": { "id": "[SEP]", "ids": [3], "tokens": ["[SEP]"] },
            },
        },
        "model": {
            "type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##",
            "max_input_chars_per_word": 100, "vocab": vocabulary,
        },
    })
}

pub fn modules(last: &[&str]) -> Value {
    let kinds = ["Transformer", "Pooling"].iter().chain(last).enumerate();
    kinds
        .map(|(at, kind)| {
            let path = if at == 0 { String::new() } else { format!("{at}_{kind}") };
            json!({ "idx": at, "name": at.to_string(), "path": path, "type": format!("sentence_transformers.models.{kind}") })
        })
        .collect()
}

pub fn write(directory: &Path, file: &str, value: &Value) {
    let path = directory.join(file);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, serde_json::to_vec(value).unwrap()).unwrap();
}

/// A whole model, of the kind that takes the mean.
pub fn directory() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let directory = folder.path();
    write(directory, "modules.json", &modules(&["Normalize"]));
    write(
        directory,
        "1_Pooling/config.json",
        &json!({ "pooling_mode_mean_tokens": true, "pooling_mode_cls_token": false }),
    );
    write(directory, "config.json", &config());
    write(
        directory,
        "sentence_bert_config.json",
        &json!({ "max_seq_length": 6, "do_lower_case": false }),
    );
    write(directory, "tokenizer.json", &tokenizer());
    fs::write(directory.join("model.safetensors"), safetensors(&tensors())).unwrap();
    folder
}

/// A matrix in 64 bits.
type Rows = Vec<Vec<f64>>;

/// What the model makes of tokens, a row for each: the formulas as they are in the paper.
pub fn plainly(tokens: &[usize]) -> Rows {
    let all = tensors();
    let row = |name: &str| -> Vec<f64> {
        let (.., numbers) = all.iter().find(|(found, ..)| found == name).unwrap();
        numbers.iter().map(|number| f64::from(*number)).collect()
    };
    let rows = |name: &str| -> Rows {
        let columns = all.iter().find(|(found, ..)| found == name).unwrap().1[1];
        row(name).chunks(columns).map(<[f64]>::to_vec).collect()
    };
    let dot = |one: &[f64], other: &[f64]| -> f64 {
        one.iter().zip(other).map(|(one, other)| one * other).sum()
    };
    let linear = |states: &Rows, name: &str| -> Rows {
        let (weight, bias) = (
            rows(&format!("{name}.weight")),
            row(&format!("{name}.bias")),
        );
        let out = |state: &Vec<f64>| {
            weight
                .iter()
                .zip(&bias)
                .map(|(row, bias)| dot(row, state) + bias)
                .collect()
        };
        states.iter().map(out).collect()
    };
    let norm = |states: &Rows, name: &str| -> Rows {
        let (weight, bias) = (row(&format!("{name}.weight")), row(&format!("{name}.bias")));
        let one = |state: &Vec<f64>| {
            let mean = state.iter().sum::<f64>() / WIDTH as f64;
            let variance = state
                .iter()
                .map(|number| (number - mean).powi(2))
                .sum::<f64>()
                / WIDTH as f64;
            let scale = 1.0 / (variance + 1e-12).sqrt();
            state
                .iter()
                .zip(weight.iter().zip(&bias))
                .map(|(number, (w, b))| (number - mean) * scale * w + b)
                .collect()
        };
        states.iter().map(one).collect()
    };
    let add = |one: &Rows, other: &Rows| -> Rows {
        let sum = |(one, other): (&Vec<f64>, &Vec<f64>)| {
            one.iter()
                .zip(other)
                .map(|(one, other)| one + other)
                .collect()
        };
        one.iter().zip(other).map(sum).collect()
    };
    let words = rows("embeddings.word_embeddings.weight");
    let start: Rows = tokens.iter().map(|token| words[*token].clone()).collect();
    let kind = rows("embeddings.token_type_embeddings.weight")[0].clone();
    let start = add(&start, &rows("embeddings.position_embeddings.weight"));
    let mut states = norm(
        &add(&start, &vec![kind; tokens.len()]),
        "embeddings.LayerNorm",
    );
    let size = WIDTH / HEADS;
    for layer in 0..LAYERS {
        let name = |part: &str| format!("encoder.layer.{layer}.{part}");
        let [query, key, value] = ["query", "key", "value"]
            .map(|part| linear(&states, &name(&format!("attention.self.{part}"))));
        let mut mixed = vec![vec![0.0; WIDTH]; tokens.len()];
        for head in 0..HEADS {
            let part = head * size..(head + 1) * size;
            for (at, mix) in mixed.iter_mut().enumerate() {
                let score = |key: &Vec<f64>| {
                    dot(&query[at][part.clone()], &key[part.clone()]) / (size as f64).sqrt()
                };
                let weights: Vec<f64> = key.iter().map(|key| score(key).exp()).collect();
                let sum: f64 = weights.iter().sum();
                for (weight, value) in weights.iter().zip(&value) {
                    for place in part.clone() {
                        mix[place] += weight / sum * value[place];
                    }
                }
            }
        }
        let attended = add(&linear(&mixed, &name("attention.output.dense")), &states);
        let attended = norm(&attended, &name("attention.output.LayerNorm"));
        let mut inner = linear(&attended, &name("intermediate.dense"));
        inner
            .iter_mut()
            .flatten()
            .for_each(|number| *number = gelu(*number));
        let outer = add(&linear(&inner, &name("output.dense")), &attended);
        states = norm(&outer, &name("output.LayerNorm"));
    }
    states
}

/// With the error function as the sum of its series.
fn gelu(number: f64) -> f64 {
    let x = number / 2_f64.sqrt();
    let (mut term, mut sum) = (x, x);
    for n in 1..200 {
        term *= -x * x / f64::from(n);
        sum += term / f64::from(2 * n + 1);
    }
    0.5 * number * (1.0 + 2.0 / std::f64::consts::PI.sqrt() * sum)
}
