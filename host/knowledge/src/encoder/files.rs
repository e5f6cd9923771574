//! What the small files of a model say: which modules it has, how large it is, how it pools.

use std::{
    fs::File,
    io::Read as _,
    path::{Component, Path, PathBuf},
};

use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Map, Value};

use super::error::EncoderError;

/// Longest file of settings, in bytes. Those of models have a few hundred, or some thousand with their labels.
const SETTINGS_BYTES_MAX: u64 = 1 << 20;

/// Bounds on what a model may say of its size: twice that of the largest BERT and more.
const WIDTH_MAX: usize = 4_096;
const INNER_MAX: usize = 4 * WIDTH_MAX;
const LAYERS_MAX: usize = 64;
const POSITIONS_MAX: usize = 8_192;

/// How the vectors of tokens become one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pooling {
    /// Their mean.
    Mean,
    /// That of the mark at the beginning.
    First,
}

/// The shape of a BERT model.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sizes {
    pub(super) width: usize,
    pub(super) inner: usize,
    pub(super) layers: usize,
    pub(super) heads: usize,
    pub(super) positions: usize,
    pub(super) epsilon: f32,
}

/// What the files say.
#[derive(Debug)]
pub(super) struct Config {
    pub(super) sizes: Sizes,
    pub(super) pooling: Pooling,
    pub(super) normalise: bool,
    /// Tokens that the model takes at once, with the marks around them.
    pub(super) window_tokens: usize,
    /// Whether texts are to be in small letters before they are tokens, whatever the tokenizer does.
    pub(super) lowercase: bool,
}

impl Config {
    pub(super) fn read(directory: &Path) -> Result<Self, EncoderError> {
        let (pooling, normalise) = read_modules(directory)?;
        let sizes = read_sizes(&directory.join("config.json"))?;
        refuse_prompts(&directory.join("config_sentence_transformers.json"))?;
        let path = directory.join("sentence_bert_config.json");
        let limits: Limits = read_optional(&path)?.unwrap_or_default();
        let window_tokens = limits.max_seq_length.unwrap_or(sizes.positions);
        if !(3..=sizes.positions).contains(&window_tokens) {
            let positions = sizes.positions;
            let detail = format!(
                "`max_seq_length` is {window_tokens}, and the model has {positions} positions"
            );
            return Err(EncoderError::damaged(&path, detail));
        }
        Ok(Self {
            sizes,
            pooling,
            normalise,
            window_tokens,
            lowercase: limits.do_lower_case,
        })
    }
}

#[derive(Deserialize)]
struct Module {
    path: String,
    #[serde(rename = "type")]
    kind: String,
}

#[derive(Default, Deserialize)]
struct Limits {
    max_seq_length: Option<usize>,
    #[serde(default)]
    do_lower_case: bool,
}

#[derive(Deserialize)]
struct BertConfig {
    model_type: String,
    hidden_act: String,
    hidden_size: usize,
    intermediate_size: usize,
    num_hidden_layers: usize,
    num_attention_heads: usize,
    max_position_embeddings: usize,
    #[serde(default = "usual_epsilon")]
    layer_norm_eps: f32,
    #[serde(default)]
    position_embedding_type: Option<String>,
}

/// What BERT has where its file says nothing.
fn usual_epsilon() -> f32 {
    1e-12
}

/// The modules that run one after the other: the model, pooling, and perhaps normalisation.
fn read_modules(directory: &Path) -> Result<(Pooling, bool), EncoderError> {
    let path = directory.join("modules.json");
    let modules: Vec<Module> = read_json(&path)?;
    let mut modules = modules.iter().peekable();
    let mut next = |name: &str| {
        let found = modules.next_if(|module| {
            let ours = module.kind.starts_with("sentence_transformers.");
            ours && module.kind.rsplit('.').next() == Some(name)
        });
        found.map(|module| module.path.clone())
    };
    let model = next("Transformer");
    let pooling = model.as_ref().and_then(|_| next("Pooling"));
    let normalise = pooling
        .as_ref()
        .is_some_and(|_| next("Normalize").is_some());
    if let Some(module) = modules.next() {
        let what = format!("the module `{}` in this place", module.kind.escape_debug());
        return Err(EncoderError::unsupported(&path, what));
    }
    let Some(pooling) = pooling else {
        return Err(EncoderError::unsupported(&path, "a model without pooling"));
    };
    if model.is_some_and(|model| !model.is_empty()) {
        return Err(EncoderError::unsupported(
            &path,
            "a model in a directory below",
        ));
    }
    let inside = |part: Component<'_>| matches!(part, Component::Normal(_));
    if !Path::new(&pooling).components().all(inside) {
        return Err(EncoderError::damaged(
            &path,
            "a module is not in the directory",
        ));
    }
    let pooling = read_pooling(&directory.join(pooling).join("config.json"))?;
    Ok((pooling, normalise))
}

fn read_pooling(path: &Path) -> Result<Pooling, EncoderError> {
    let settings: Map<String, Value> = read_json(path)?;
    // Either a switch for each way, or, in newer files, the name of one.
    let switches = settings
        .iter()
        .filter(|(name, value)| name.starts_with("pooling_mode_") && value.as_bool() == Some(true));
    let mut modes: Vec<&str> = switches.map(|(name, _)| name.as_str()).collect();
    modes.extend(settings.get("pooling_mode").and_then(Value::as_str));
    match modes.as_slice() {
        ["pooling_mode_mean_tokens" | "mean"] => Ok(Pooling::Mean),
        ["pooling_mode_cls_token" | "cls"] => Ok(Pooling::First),
        [] => Err(EncoderError::damaged(
            path,
            "no way of pooling is switched on",
        )),
        others => {
            let what = format!("pooling by `{}`", others.join("`, `").escape_debug());
            Err(EncoderError::unsupported(path, what))
        }
    }
}

fn read_sizes(path: &Path) -> Result<Sizes, EncoderError> {
    let config: BertConfig = read_json(path)?;
    let unsupported = |what: String| Err(EncoderError::unsupported(path, what));
    if config.model_type != "bert" {
        return unsupported(format!(
            "a model of the type `{}`",
            config.model_type.escape_debug()
        ));
    }
    if config.hidden_act != "gelu" {
        return unsupported(format!(
            "the activation `{}`",
            config.hidden_act.escape_debug()
        ));
    }
    if let Some(kind) = config
        .position_embedding_type
        .filter(|kind| kind != "absolute")
    {
        return unsupported(format!("positions of the type `{}`", kind.escape_debug()));
    }
    let bounds = [
        ("hidden_size", config.hidden_size, WIDTH_MAX),
        ("intermediate_size", config.intermediate_size, INNER_MAX),
        ("num_hidden_layers", config.num_hidden_layers, LAYERS_MAX),
        (
            "num_attention_heads",
            config.num_attention_heads,
            config.hidden_size,
        ),
        (
            "max_position_embeddings",
            config.max_position_embeddings,
            POSITIONS_MAX,
        ),
    ];
    for (name, size, most) in bounds {
        if !(1..=most).contains(&size) {
            return Err(EncoderError::damaged(
                path,
                format!("`{name}` is {size}, and may be from 1 to {most}"),
            ));
        }
    }
    if !config
        .hidden_size
        .is_multiple_of(config.num_attention_heads)
    {
        return Err(EncoderError::damaged(
            path,
            "`hidden_size` cannot be divided by `num_attention_heads`",
        ));
    }
    let epsilon = config.layer_norm_eps;
    if !(epsilon.is_finite() && epsilon >= 0.0) {
        return Err(EncoderError::damaged(
            path,
            "`layer_norm_eps` is no small number",
        ));
    }
    Ok(Sizes {
        width: config.hidden_size,
        inner: config.intermediate_size,
        layers: config.num_hidden_layers,
        heads: config.num_attention_heads,
        positions: config.max_position_embeddings,
        epsilon,
    })
}

/// A model that puts words before each text gives other vectors without them.
fn refuse_prompts(path: &Path) -> Result<(), EncoderError> {
    let settings: Map<String, Value> = read_optional(path)?.unwrap_or_default();
    if settings
        .get("default_prompt_name")
        .is_some_and(|name| !name.is_null())
    {
        return Err(EncoderError::unsupported(path, "a prompt before each text"));
    }
    Ok(())
}

fn read_json<T: DeserializeOwned>(path: &Path) -> Result<T, EncoderError> {
    parse(path, &read_bounded(path, SETTINGS_BYTES_MAX)?)
}

/// The same of a file that need not be there.
fn read_optional<T: DeserializeOwned>(path: &Path) -> Result<Option<T>, EncoderError> {
    match read_json(path) {
        Err(EncoderError::File { source, .. }) if source.kind() == std::io::ErrorKind::NotFound => {
            Ok(None)
        }
        read => read.map(Some),
    }
}

pub(super) fn parse<T: DeserializeOwned>(path: &Path, bytes: &[u8]) -> Result<T, EncoderError> {
    serde_json::from_slice(bytes).map_err(|error| EncoderError::damaged(path, error.to_string()))
}

/// A file, which is refused where it is longer than this.
pub(super) fn read_bounded(path: &Path, limit: u64) -> Result<Vec<u8>, EncoderError> {
    let fail = |source| EncoderError::File {
        path: PathBuf::from(path),
        source,
    };
    let file = File::open(path).map_err(fail)?;
    let mut bytes = Vec::new();
    file.take(limit.saturating_add(1))
        .read_to_end(&mut bytes)
        .map_err(fail)?;
    if u64::try_from(bytes.len()).is_ok_and(|length| length <= limit) {
        return Ok(bytes);
    }
    Err(EncoderError::TooLarge {
        path: PathBuf::from(path),
        limit,
    })
}
