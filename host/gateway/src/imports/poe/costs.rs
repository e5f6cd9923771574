//! Charges of a reply: noted on disk, sent, and noted again.

use super::{COST_ITEMS_MAX, Poe, PoeError, question};
use crate::{
    charges::{Heading, JournalError, Line},
    imports::request::Received,
};
use ravenry_outbound::poe::{CostFault, CostItem};
use ravenry_protocol::cost::Operation;

/// Longest `bot_query_id` that can be charged for, in bytes. The platform's have about forty.
const ID_BYTES_MAX: usize = 512;

/// Longest description of a position, in characters: that of a sentence for the person.
const DESCRIPTION_CHARACTERS_MAX: usize = 4_096;

impl Poe {
    /// Reserves or charges an amount.
    pub async fn cost(
        &mut self,
        received: &Received,
        operation: Operation,
        items: &[CostItem],
    ) -> Result<(), PoeError> {
        let done = self.charge(received, operation, items).await;
        self.count(operation.label(), done)
    }

    async fn charge(
        &mut self,
        received: &Received,
        operation: Operation,
        items: &[CostItem],
    ) -> Result<(), PoeError> {
        let milli_cents = sum(items)?;
        // Up to 1.6 MB, here and as it is sent, until the platform has answered.
        let described = items.iter().filter_map(|item| item.description.as_ref());
        let bytes = described.map(String::len).fold(0, usize::saturating_add);
        let _held = self.hold(bytes.saturating_mul(2))?;
        if !self.platform.client.has_key() {
            return Err(PoeError::Denied(
                "charging needs the access key of the bot: give it one in its manifest, `poe = \
                 { access_key = … }`"
                    .to_owned(),
            ));
        }
        let id = question::bot_query_id(received.raw())
            .filter(|id| id.len() <= ID_BYTES_MAX)
            .ok_or_else(|| {
                PoeError::Denied(
                    "the query has no `bot_query_id`, so no person can be charged".to_owned(),
                )
            })?;
        let platform = &self.platform;
        let heading = || Heading {
            tenant: platform.owner.0.to_string(),
            bot: platform.owner.1.to_string(),
            reference: received.reference().to_string(),
            bot_query_id: id.clone(),
        };
        let record = self.ledger.begin(&platform.journal, heading)?;
        let sent = Line::Sent {
            operation,
            milli_cents,
        };
        record.note(sent).await?;
        let answer = self.client().cost(&id, operation, items).await;
        let news = match &answer {
            Ok(()) => Line::Done,
            Err(CostFault::InsufficientFund | CostFault::Refused(_)) => Line::Refused,
            Err(CostFault::Unknown(_)) => Line::Unknown,
        };
        // It is done or not, whether the disk takes it or not; the journal has logged that.
        let _ = record.note(news).await;
        answer.map_err(|fault| match fault {
            CostFault::InsufficientFund => PoeError::InsufficientFund,
            CostFault::Refused(words) | CostFault::Unknown(words) => PoeError::Broken(words),
        })
    }
}

impl From<JournalError> for PoeError {
    fn from(error: JournalError) -> Self {
        Self::Broken(format!("the charge was not sent: {error}"))
    }
}

/// What a bill comes to.
fn sum(items: &[CostItem]) -> Result<u64, PoeError> {
    if items.is_empty() || items.len() > COST_ITEMS_MAX {
        return Err(PoeError::Invalid(format!(
            "a bill has 1 to {COST_ITEMS_MAX} positions"
        )));
    }
    let long = |item: &CostItem| {
        let words = item.description.as_deref().unwrap_or_default();
        words.chars().nth(DESCRIPTION_CHARACTERS_MAX).is_some()
    };
    if items.iter().any(long) {
        return Err(PoeError::Invalid(format!(
            "a position of a bill is described in at most {DESCRIPTION_CHARACTERS_MAX} characters"
        )));
    }
    items
        .iter()
        .try_fold(0_u64, |sum, item| {
            sum.checked_add(item.amount_usd_milli_cents)
        })
        .filter(|sum| i64::try_from(*sum).is_ok())
        .ok_or_else(|| PoeError::Invalid("the amounts are too large".to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_described_at_length_is_no_bill() {
        let bill = |characters: usize| {
            let description = Some("ü".repeat(characters));
            sum(&[CostItem {
                amount_usd_milli_cents: 7,
                description,
            }])
        };
        assert_eq!(bill(DESCRIPTION_CHARACTERS_MAX), Ok(7));
        assert!(bill(DESCRIPTION_CHARACTERS_MAX + 1).is_err());
    }
}
