//! Tools with what they do.

use serde_json::{Value, json};

use super::{Tool, ToolCall, ToolResult, Turn};
use crate::{
    Event, Reply, Result,
    poe::{Ask, PoeError},
    tolerant_json::read_json,
};

/// Tools with what they do, used without further ado when a model asks for them.
///
/// A tool that a model calls with arguments that are not JSON, or that does not exist, has the result
/// `{"error": "…"}`: models mend their calls when they are told.
#[derive(Default)]
pub struct Toolbox<'a> {
    tools: Vec<Tool>,
    uses: Vec<Use<'a>>,
}

type Use<'a> = Box<dyn Fn(&Value) -> Value + 'a>;

impl<'a> Toolbox<'a> {
    /// A toolbox without tools.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a tool and what it does: arguments in, result out.
    #[must_use]
    pub fn tool(mut self, tool: Tool, does: impl Fn(&Value) -> Value + 'a) -> Self {
        self.tools.push(tool);
        self.uses.push(Box::new(does));
        self
    }

    /// The tools, for [`Ask::tools`].
    pub fn tools(&self) -> &[Tool] {
        &self.tools
    }

    /// Does what these calls ask, in their order.
    pub fn execute(&self, calls: &[ToolCall]) -> Vec<ToolResult> {
        let execute = |call: &ToolCall| call.result(&self.value(call));
        calls.iter().map(execute).collect()
    }

    fn value(&self, call: &ToolCall) -> Value {
        let place = self.tools.iter().position(|tool| tool.name == call.name);
        let Some(does) = place.and_then(|place| self.uses.get(place)) else {
            return json!({ "error": format!("there is no tool named {:?}", call.name) });
        };
        // Models leave the arguments of a function without parameters empty.
        let arguments = match call.arguments.trim() {
            "" => "{}",
            arguments => arguments,
        };
        match read_json(arguments.as_bytes()) {
            Ok(arguments) => does(&arguments),
            Err(fault) => json!({ "error": format!("the arguments are not JSON: {fault}") }),
        }
    }

    /// Asks with these tools, does once what the model wants done, and asks again with the results.
    ///
    /// Where the model calls no tool there is no second question. Everything but the calls goes to
    /// the reader. Declare two calls of the bot in the settings.
    ///
    /// # Errors
    ///
    /// Those of [`Ask::start`], [`Answer::next`](crate::poe::Answer::next) and of the reply.
    pub fn relay(&self, ask: &Ask, reply: &mut Reply) -> Result<(), PoeError> {
        self.run(ask, |event| {
            reply.hand_on(&event)?;
            Ok(())
        })
    }

    /// The same with each event handed to a function.
    ///
    /// # Errors
    ///
    /// As [`relay`](Self::relay), and the first one of `hear`.
    pub fn run<E: From<PoeError>>(
        &self,
        ask: &Ask,
        mut hear: impl FnMut(Event) -> Result<(), E>,
    ) -> Result<(), E> {
        let ask = ask.clone().tools(&self.tools);
        let turn = Turn::read(&mut ask.clone().start()?, &mut hear)?;
        if turn.calls.is_empty() {
            return Ok(());
        }
        let results = self.execute(&turn.calls);
        let ask = ask.tool_calls(&turn.calls).tool_results(&results);
        Turn::read(&mut ask.start()?, hear)?;
        Ok(())
    }
}

impl std::fmt::Debug for Toolbox<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Toolbox")
            .field("tools", &self.tools)
            .finish_non_exhaustive()
    }
}
