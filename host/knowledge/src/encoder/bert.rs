//! BERT (Devlin and others 2018): what its layers compute, from the numbers of tokens to a vector for each of them.

use ndarray::{Array1, Array2, Axis, linalg::general_mat_mul, s};

use super::{error::EncoderError, files::Sizes, weights::Tensors};

/// A model.
pub(super) struct Bert {
    words: Array2<f32>,
    positions: Array2<f32>,
    /// What is added to each token: the first of the two kinds that BERT tells apart, in a text alone.
    kind: Array1<f32>,
    norm: Norm,
    layers: Vec<Layer>,
    heads: usize,
}

struct Layer {
    query: Linear,
    key: Linear,
    value: Linear,
    joined: Linear,
    attention_norm: Norm,
    inner: Linear,
    outer: Linear,
    norm: Norm,
}

/// A matrix, with a row for each number that comes out, and what is added.
struct Linear {
    weight: Array2<f32>,
    bias: Array1<f32>,
}

struct Norm {
    weight: Array1<f32>,
    bias: Array1<f32>,
    epsilon: f32,
}

impl Bert {
    /// Reads all tensors that the sizes ask for; others are left.
    pub(super) fn read(tensors: &mut Tensors, sizes: &Sizes) -> Result<Self, EncoderError> {
        let width = sizes.width;
        let kinds = tensors.matrix("embeddings.token_type_embeddings.weight", None, width)?;
        let kind = kinds.outer_iter().next().map(|row| row.to_owned());
        let layers = (0..sizes.layers).map(|number| Layer::read(tensors, number, sizes));
        let layers = layers.collect::<Result<_, _>>()?;
        let positions = Some(sizes.positions);
        Ok(Self {
            words: tensors.matrix("embeddings.word_embeddings.weight", None, width)?,
            positions: tensors.matrix("embeddings.position_embeddings.weight", positions, width)?,
            kind: kind.unwrap_or_else(|| Array1::zeros(width)),
            norm: Norm::read(tensors, "embeddings.LayerNorm", sizes)?,
            layers,
            heads: sizes.heads,
        })
    }

    /// How many tokens it knows.
    pub(super) fn vocabulary(&self) -> usize {
        self.words.nrows()
    }

    /// How many numbers a vector has.
    pub(super) fn width(&self) -> usize {
        self.words.ncols()
    }

    /// A row for each token. There are no more than positions, and all are known.
    pub(super) fn run(&self, tokens: &[u32]) -> Array2<f32> {
        let mut states = Array2::zeros((tokens.len(), self.width()));
        let rows = states
            .outer_iter_mut()
            .zip(tokens)
            .zip(self.positions.outer_iter());
        for ((mut row, token), position) in rows {
            let word = usize::try_from(*token)
                .ok()
                .filter(|word| *word < self.vocabulary());
            if let Some(word) = word {
                row += &self.words.row(word);
            }
            row += &position;
            row += &self.kind;
        }
        self.norm.apply(&mut states);
        for layer in &self.layers {
            states = layer.run(&states, self.heads);
        }
        states
    }
}

impl Layer {
    fn read(tensors: &mut Tensors, number: usize, sizes: &Sizes) -> Result<Self, EncoderError> {
        let (width, inner) = (sizes.width, sizes.inner);
        let mut linear = |name: &str, to, from| {
            let name = format!("encoder.layer.{number}.{name}");
            Ok(Linear {
                weight: tensors.matrix(&format!("{name}.weight"), Some(to), from)?,
                bias: tensors.row(&format!("{name}.bias"), to)?,
            })
        };
        Ok(Self {
            query: linear("attention.self.query", width, width)?,
            key: linear("attention.self.key", width, width)?,
            value: linear("attention.self.value", width, width)?,
            joined: linear("attention.output.dense", width, width)?,
            inner: linear("intermediate.dense", inner, width)?,
            outer: linear("output.dense", width, inner)?,
            attention_norm: Norm::read(
                tensors,
                &format!("encoder.layer.{number}.attention.output.LayerNorm"),
                sizes,
            )?,
            norm: Norm::read(
                tensors,
                &format!("encoder.layer.{number}.output.LayerNorm"),
                sizes,
            )?,
        })
    }

    fn run(&self, states: &Array2<f32>, heads: usize) -> Array2<f32> {
        let mut attended = self.joined.apply(&self.attend(states, heads));
        attended += states;
        self.attention_norm.apply(&mut attended);
        let mut inner = self.inner.apply(&attended);
        inner.mapv_inplace(gelu);
        let mut outer = self.outer.apply(&inner);
        outer += &attended;
        self.norm.apply(&mut outer);
        outer
    }

    /// Each head mixes the values of all tokens, by how well its keys answer its queries.
    fn attend(&self, states: &Array2<f32>, heads: usize) -> Array2<f32> {
        let (query, key, value) = (
            self.query.apply(states),
            self.key.apply(states),
            self.value.apply(states),
        );
        let (tokens, width) = states.dim();
        let size = width / heads.max(1);
        #[expect(
            clippy::cast_precision_loss,
            reason = "a head has some tens of numbers"
        )]
        let scale = 1.0 / (size as f32).sqrt();
        let mut mixed = Array2::zeros((tokens, width));
        let mut scores = Array2::zeros((tokens, tokens));
        for head in 0..heads {
            let start = head.saturating_mul(size);
            let part = s![.., start..start.saturating_add(size)];
            general_mat_mul(
                scale,
                &query.slice(part),
                &key.slice(part).t(),
                0.0,
                &mut scores,
            );
            for mut row in scores.outer_iter_mut() {
                let most = row.fold(f32::MIN, |most, score| most.max(*score));
                row.mapv_inplace(|score| (score - most).exp());
                let sum = row.sum();
                row /= sum;
            }
            general_mat_mul(
                1.0,
                &scores,
                &value.slice(part),
                0.0,
                &mut mixed.slice_mut(part),
            );
        }
        mixed
    }
}

impl Linear {
    fn apply(&self, states: &Array2<f32>) -> Array2<f32> {
        let mut out = Array2::zeros((states.nrows(), self.weight.nrows()));
        for mut row in out.outer_iter_mut() {
            row.assign(&self.bias);
        }
        general_mat_mul(1.0, states, &self.weight.t(), 1.0, &mut out);
        out
    }
}

impl Norm {
    fn read(tensors: &mut Tensors, name: &str, sizes: &Sizes) -> Result<Self, EncoderError> {
        Ok(Self {
            weight: tensors.row(&format!("{name}.weight"), sizes.width)?,
            bias: tensors.row(&format!("{name}.bias"), sizes.width)?,
            epsilon: sizes.epsilon,
        })
    }

    /// Brings each row to mean 0 and variance 1, then scales and shifts it.
    fn apply(&self, states: &mut Array2<f32>) {
        for mut row in states.axis_iter_mut(Axis(0)) {
            let mean = row.mean().unwrap_or_default();
            row -= mean;
            let variance = row
                .mapv(|number| number * number)
                .mean()
                .unwrap_or_default();
            // Numbers that are all the same have none, and an epsilon of 0 is allowed.
            let scale = 1.0 / (variance + self.epsilon).sqrt().max(f32::MIN_POSITIVE);
            row *= scale;
            row *= &self.weight;
            row += &self.bias;
        }
    }
}

/// The Gaussian error linear unit, with the error function itself.
fn gelu(number: f32) -> f32 {
    0.5 * number * (1.0 + erf(number * std::f32::consts::FRAC_1_SQRT_2))
}

/// The error function, by formula 7.1.26 of Abramowitz and Stegun: off by 1.5e-7 at most, which is what 32 bits hold.
#[expect(
    clippy::excessive_precision,
    reason = "the numbers as they stand in the book"
)]
fn erf(number: f32) -> f32 {
    let t = 1.0 / (1.0 + 0.327_591_1 * number.abs());
    let sum = ((((1.061_405_429 * t - 1.453_152_027) * t + 1.421_413_741) * t - 0.284_496_736) * t
        + 0.254_829_592)
        * t;
    (1.0 - sum * (-number * number).exp()).copysign(number)
}

#[cfg(test)]
mod tests {
    use super::{erf, gelu};

    #[test]
    fn the_error_function_is_near_enough() {
        for (number, expected) in [
            (0.0, 0.0),
            (0.5, 0.520_499_9),
            (1.0, 0.842_700_8),
            (-2.0, -0.995_322_3),
            (9.0, 1.0),
        ] {
            assert!((erf(number) - expected).abs() < 1e-6, "{number}");
        }
        assert!((gelu(1.0) - 0.841_344_7).abs() < 1e-6);
        assert!((gelu(-1.0) + 0.158_655_3).abs() < 1e-6);
    }
}
