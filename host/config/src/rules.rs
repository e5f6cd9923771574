//! What an operator allows and what an author asks for: defaults, ceilings, and the lower of the two.
//!
//! A bot gets what its author says, and never more than the server allows. Nothing else narrows.

use super::{
    limits::{self, Limits, Value},
    limits_table::Asked,
    store::{self, StoreTtl, TtlAsked},
};
use crate::ids::BotName;
use ravenry_base::report::Problem;

/// What bots get of each limit, and how much they may ask for.
///
/// | the author says | the bot gets |
/// |---|---|
/// | nothing | the default, or the ceiling where that is lower |
/// | no more than the ceiling | what the author says |
/// | more than the ceiling | nothing: an error that names both |
///
/// The ceiling of a limit is, first to last: the value of the flag; what the operator's file says;
/// the default, when there is an operator's file; nothing. The default is the value of the flag,
/// else that of the table of limits. So a flag takes the place of the default, and a manifest may
/// only go below it.
#[derive(Clone, Debug)]
pub(super) struct Rules {
    defaults: Limits,
    ceilings: Limits,
    /// How long what bots keep may stay.
    ttl_caps: StoreTtl,
}

impl Rules {
    /// Where the author runs the server: no ceilings but those of the flags.
    pub(super) fn of_author() -> Self {
        Self {
            defaults: Limits::default(),
            ceilings: Limits::widest(),
            ttl_caps: StoreTtl::default(),
        }
    }

    /// With an operator's file that says `asked`, and `ttls` of what bots keep.
    pub(super) fn of_operator(asked: &[Asked], ttls: &[TtlAsked]) -> Self {
        let mut ceilings = Limits::default();
        for asked in asked {
            (asked.row.set)(&mut ceilings, asked.value);
        }
        Self {
            defaults: Limits::default().at_most(&ceilings),
            ceilings,
            ttl_caps: store::caps(ttls),
        }
    }

    /// Applies `--limit NAME=VALUE`.
    pub(super) fn with_flags(mut self, flags: &[(String, String)]) -> (Self, Vec<Problem>) {
        let mut problems = Vec::new();
        for (name, text) in flags {
            let set = self
                .defaults
                .set(name, text)
                .and_then(|()| self.ceilings.set(name, text));
            if let Err(error) = set {
                let message = format!("a limit for all bots cannot be set: {error}");
                problems.push(Problem {
                    message,
                    ..Problem::default()
                });
            }
        }
        let flag = |name: &str| flags.iter().any(|(flag, _)| flag == name);
        if flag("memory") && self.defaults.memory > self.defaults.live_memory {
            let (memory, live) = (
                Value::Bytes(self.defaults.memory),
                Value::Bytes(self.defaults.live_memory),
            );
            problems.push(Problem {
                message: format!("a limit for all bots cannot be set: `memory` is {memory}, `live_memory` of all instances only {live}"),
                hint: Some(format!("set `live_memory={memory}`, or more, as well")),
                ..Problem::default()
            });
        }
        (self, problems)
    }

    /// The ceilings of all bots.
    pub(super) fn ceilings(&self) -> &Limits {
        &self.ceilings
    }

    /// What all bots get that ask for nothing.
    pub(super) fn defaults(&self) -> &Limits {
        &self.defaults
    }

    /// How long what a bot keeps stays, when it asks for `asked`; and what is wrong with that.
    pub(super) fn store_ttl(&self, bot: &BotName, asked: &[TtlAsked]) -> (StoreTtl, Vec<Problem>) {
        store::effective(bot, asked, self.ttl_caps)
    }

    /// What a bot gets that asks for `asked`, when all instances of its tenant may have
    /// `tenant_memory` bytes, never more than it can have; and what is wrong with it.
    pub(super) fn effective(
        &self,
        bot: &BotName,
        asked: &[Asked],
        tenant_memory: u64,
    ) -> (Limits, Vec<Problem>) {
        let mut limits = self.defaults.at_most(&self.ceilings);
        for asked in asked {
            (asked.row.set)(&mut limits, asked.value);
        }
        let place = |name| {
            asked
                .iter()
                .find(|asked| asked.row.name == name)
                .map(|asked| asked.place.clone())
        };
        let above = |violation: limits::Violation| Problem {
            message: format!(
                "`{}` of bot `{bot}` is {}; at most {} is allowed",
                violation.name, violation.asked, violation.allowed
            ),
            place: place(violation.name),
            hint: Some(
                "lower it; only whoever runs the server can raise what is allowed".to_owned(),
            ),
            ..Problem::default()
        };
        let mut problems: Vec<_> = limits
            .narrow(&self.ceilings)
            .into_iter()
            .map(above)
            .collect();
        limits = limits.at_most(&self.ceilings);
        // One instance must fit into what all may have, or none could ever start.
        let most = limits.live_memory.min(tenant_memory);
        if limits.memory > most {
            if let Some(place) = place("memory").filter(|_| problems.is_empty()) {
                let whose = if most == tenant_memory {
                    "all bots of its tenant"
                } else {
                    "all its instances (`live_memory`)"
                };
                let (memory, most) = (Value::Bytes(limits.memory), Value::Bytes(most));
                problems.push(Problem {
                    message: format!(
                        "`memory` of bot `{bot}` is {memory}; {whose} have only {most}"
                    ),
                    place: Some(place),
                    hint: Some("lower it, or give more to all together".to_owned()),
                    ..Problem::default()
                });
            }
            limits.memory = most;
        }
        (limits, problems)
    }
}
