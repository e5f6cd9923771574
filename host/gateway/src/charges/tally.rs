//! The lines of a record, and what they add up to. Pure.

use serde::{Deserialize, Serialize};

use ravenry_protocol::cost::Operation;

/// Charges that one record holds: what bounds its file, at some hundred bytes for each.
pub(super) const CHARGES_MAX: u32 = 1000;

/// One line of a record after its heading.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Line {
    /// Written before it is sent.
    Sent {
        /// What is asked.
        operation: Operation,
        /// Of how much: thousandths of a US cent.
        milli_cents: u64,
    },
    /// The platform did what was sent last.
    Done,
    /// The platform did not do it.
    Refused,
    /// It cannot be known whether it did it.
    Unknown,
}

/// What a reply has asked for, in thousandths of a US cent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    authorized: u64,
    captured: u64,
    unknown_authorized: u64,
    unknown_captured: u64,
    sent: Option<(Operation, u64)>,
    charges: u32,
}

impl Tally {
    /// Adds a line. `None` where it cannot be one of a record, or where the record is full.
    pub(super) fn with(mut self, line: Line) -> Option<Self> {
        let done = match line {
            Line::Sent {
                operation,
                milli_cents,
            } => {
                self.settle(false)?;
                self.charges = self
                    .charges
                    .checked_add(1)
                    .filter(|it| *it <= CHARGES_MAX)?;
                self.sent = Some((operation, milli_cents));
                return Some(self);
            }
            Line::Done => true,
            Line::Refused => {
                self.sent.take()?;
                return Some(self);
            }
            Line::Unknown => false,
        };
        self.sent?;
        self.settle(done)?;
        Some(self)
    }

    /// Books what was sent last, where there is such.
    fn settle(&mut self, done: bool) -> Option<()> {
        let Some((operation, milli_cents)) = self.sent.take() else {
            return Some(());
        };
        let sum = match (operation, done) {
            (Operation::Authorize, true) => &mut self.authorized,
            (Operation::Capture, true) => &mut self.captured,
            (Operation::Authorize, false) => &mut self.unknown_authorized,
            (Operation::Capture, false) => &mut self.unknown_captured,
        };
        *sum = sum.checked_add(milli_cents)?;
        Some(())
    }

    fn sent(&self, wanted: Operation) -> u64 {
        match self.sent {
            Some((operation, milli_cents)) if operation == wanted => milli_cents,
            _ => 0,
        }
    }

    /// What was authorized, and not even asked to be captured.
    pub fn uncaptured(&self) -> u64 {
        let asked = self
            .captured
            .saturating_add(self.unknown(Operation::Capture));
        self.authorized.saturating_sub(asked)
    }

    /// What was sent, and never answered so that it could be known whether it was done.
    pub fn unknown(&self, operation: Operation) -> u64 {
        let booked = match operation {
            Operation::Authorize => self.unknown_authorized,
            Operation::Capture => self.unknown_captured,
        };
        booked.saturating_add(self.sent(operation))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(operation: Operation, milli_cents: u64) -> Line {
        Line::Sent {
            operation,
            milli_cents,
        }
    }

    /// Uncaptured, unknown authorizations, unknown captures.
    fn open(lines: &[Line]) -> Option<[u64; 3]> {
        let added = |tally: Tally, line: &Line| tally.with(*line);
        let tally = lines.iter().try_fold(Tally::default(), added)?;
        let unknown = |operation| tally.unknown(operation);
        Some([
            tally.uncaptured(),
            unknown(Operation::Authorize),
            unknown(Operation::Capture),
        ])
    }

    #[test]
    fn lines_add_up_to_what_is_open() {
        use Line::{Done, Refused, Unknown};
        use Operation::{Authorize, Capture};
        let (reserve, charge) = (sent(Authorize, 300), sent(Capture, 200));
        for (lines, wanted) in [
            (&[][..], [0, 0, 0]),
            (&[reserve], [0, 300, 0]),
            (&[reserve, Done], [300, 0, 0]),
            (&[reserve, Refused], [0, 0, 0]),
            (&[reserve, Unknown], [0, 300, 0]),
            (&[reserve, Done, charge], [100, 0, 200]),
            (&[reserve, Done, charge, Unknown], [100, 0, 200]),
            (&[reserve, Done, charge, Refused], [300, 0, 0]),
            (&[reserve, Done, charge, Done], [100, 0, 0]),
            // The answer could not be written: the next line shows that there was one to come.
            (&[reserve, Done, charge, charge, Done], [0, 0, 200]),
            (&[charge, Done], [0, 0, 0]),
        ] {
            assert_eq!(open(lines), Some(wanted), "{lines:?}");
        }
    }

    #[test]
    fn what_cannot_be_is_no_record() {
        use Line::{Done, Refused, Unknown};
        for lines in [&[Done][..], &[Refused], &[Unknown]] {
            assert_eq!(open(lines), None, "{lines:?}");
        }
        let full = vec![sent(Operation::Capture, 1); CHARGES_MAX as usize];
        assert_eq!(open(&full), Some([0, 0, u64::from(CHARGES_MAX)]));
        let more = [&full[..], &full[..1]].concat();
        assert_eq!(open(&more), None);
        assert_eq!(open(&[sent(Operation::Capture, u64::MAX); 3]), None);
    }
}
