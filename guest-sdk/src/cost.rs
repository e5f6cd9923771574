//! A position of a bill: what part of a reply costs the person who asked.

use crate::failure::PoeError;

/// One position of a bill.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CostItem {
    /// Thousandths of a US cent.
    pub amount_usd_milli_cents: u64,
    /// What it is for, as the person reads it.
    pub description: Option<String>,
}

/// Milli-cents in a US dollar.
const MILLI_CENTS_PER_USD: f64 = 100_000.0;

/// Up to here every whole number is a number of its own in floating point: 2⁵³.
const EXACT_MAX: f64 = 9_007_199_254_740_992.0;

impl CostItem {
    /// This many thousandths of a US cent: 100,000 make a dollar.
    pub fn milli_cents(amount: u64) -> Self {
        Self {
            amount_usd_milli_cents: amount,
            description: None,
        }
    }

    /// This many US dollars, rounded up to the next thousandth of a cent.
    ///
    /// An amount that is a whole number of milli-cents but for the rounding of floating point is
    /// that number: `usd(0.07)` is 7,000, not 7,001.
    ///
    /// # Errors
    ///
    /// [`PoeError::Invalid`] where the amount is negative, infinite or not a number, or beyond
    /// ninety billion dollars.
    pub fn usd(amount: f64) -> Result<Self, PoeError> {
        let scaled = amount * MILLI_CENTS_PER_USD;
        if !(0.0..=EXACT_MAX).contains(&scaled) {
            return Err(PoeError::Invalid(format!(
                "a cost is a number of US dollars of at least 0, not {amount}"
            )));
        }
        let nearest = scaled.round();
        // Four steps of floating point: what a product of two rounded numbers can be off, doubled.
        let is_whole = (scaled - nearest).abs() <= nearest * 4.0 * f64::EPSILON;
        let rounded = if is_whole { nearest } else { scaled.ceil() };
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a whole number from 0 to 2⁵³, checked above"
        )]
        let milli_cents = rounded as u64;
        Ok(Self::milli_cents(milli_cents))
    }

    /// Says what it is for.
    #[must_use]
    pub fn description(mut self, description: impl Into<String>) -> Self {
        self.description = Some(description.into());
        self
    }
}
