//! Medians and percentiles.

/// The middle one.
pub(crate) fn median(mut values: Vec<f64>) -> f64 {
    percentile(&mut values, 0.5)
}

/// The value that this part of all does not pass; sorts them. 0 where there is none.
pub(crate) fn percentile(values: &mut [f64], part: f64) -> f64 {
    values.sort_by(f64::total_cmp);
    let rank = (values.len() as f64 * part).ceil().max(1.0) as usize;
    values.get(rank - 1).copied().unwrap_or_default()
}
