//! What a reply costs, charged to the budget of the scene.

use super::during_reply;
use crate::{backend::native::scene_state::Charge, cost::CostItem, failure::PoeError};

pub(crate) fn authorize(items: &[CostItem]) -> Result<(), PoeError> {
    during_reply(|state| {
        let authorized = state.authorized_milli_cents.saturating_add(sum(items));
        if authorized > state.budget_milli_cents {
            return Err(PoeError::InsufficientFund);
        }
        state.authorized_milli_cents = authorized;
        state.charges.push(Charge::Authorized(items.to_vec()));
        Ok(())
    })
}

pub(crate) fn capture(items: &[CostItem]) -> Result<(), PoeError> {
    during_reply(|state| {
        let amount = sum(items);
        let Some(authorized) = state.authorized_milli_cents.checked_sub(amount) else {
            return Err(PoeError::InsufficientFund);
        };
        state.authorized_milli_cents = authorized;
        let budget = &mut state.budget_milli_cents;
        *budget = budget.saturating_sub(amount);
        state.charges.push(Charge::Captured(items.to_vec()));
        Ok(())
    })
}

fn sum(items: &[CostItem]) -> u64 {
    let add = |sum: u64, item: &CostItem| sum.saturating_add(item.amount_usd_milli_cents);
    items.iter().fold(0, add)
}
