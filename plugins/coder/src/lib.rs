//! Shows bots in a chain: one writes a program, another runs it, and what it says decides what is asked
//! next.

use ravenry_sdk::{Bot, Message, Query, Reply, Result, Settings, poe};

mod page;
#[cfg(test)]
mod tests;

use page::Page;

/// Who writes, mends and explains programs.
const WRITER: &str = "Claude-3.5-Sonnet";

/// Who runs them.
const RUNNER: &str = "Python";

/// What gives away that a program failed.
const FAULTS: [&str; 2] = ["Traceback (most recent call last):", "Error:"];

/// How the writer is to answer when a program is wanted.
const CODE_ONLY: &str = "Answer with the Python code alone: no Markdown fences, no comments, no \
                         explanation, and no offer of one.";

/// Has a program written for a wish, runs it, and has it mended once where it fails.
pub struct Coder;

/// A program, and what it printed.
struct Run {
    code: String,
    output: String,
}

impl Bot for Coder {
    fn respond(&self, query: &Query, reply: &mut Reply) -> Result {
        let wish = query.last_text().trim();
        if wish.is_empty() {
            return reply.text("Please provide a prompt describing the code you want generated.");
        }
        let mut page = Page::new(reply);
        page.say(&format!("Generating code with {WRITER}...\n"))?;
        let code = write(&mut page, &format!("Write a program for this:\n\n{wish}"))?;
        page.say("\nRunning the code in Python...\n")?;
        let first = run(code)?;
        page.say(&format!("Output of code:\n{}", first.output))?;
        if !first.failed() {
            page.say("\nThe code ran successfully on the first try.\n")?;
            page.say(&format!(
                "Asking {WRITER} for a brief summary of the output...\n"
            ))?;
            return explain(&mut page, &format!("Somebody wished:\n{wish}\n\n{first}"));
        }
        page.say(&format!(
            "\nWe got an error when running the code. Asking {WRITER} to debug...\n"
        ))?;
        let code = write(&mut page, &format!("Mend this program.\n\n{first}"))?;
        page.say("\nRe-running the updated code in Python...\n")?;
        let second = run(code)?;
        page.say(&format!("Output of debugged code:\n{}", second.output))?;
        if second.failed() {
            return page.say(&format!(
                "It seems we have another error even after debugging:\n\n{}\n\nYou can try \
                 refining your request or debugging further.",
                second.output
            ));
        }
        page.say("\nDebugged code ran successfully. Summarizing the final output...\n")?;
        let story = format!("Somebody wished:\n{wish}\n\nAt first: {first}\n\nMended: {second}");
        explain(&mut page, &story)
    }

    fn settings(&self) -> Settings {
        Settings::default().calls(WRITER, 3).calls(RUNNER, 3)
    }
}

/// Has a program written, as the reader watches.
fn write(page: &mut Page<'_>, task: &str) -> Result<String> {
    page.say("```python\n")?;
    let prompt = Message::user(format!("{task}\n\n{CODE_ONLY}"));
    let code = page.relay(poe::ask(WRITER).messages([&prompt]))?;
    page.say("\n```")?;
    Ok(without_fences(&code))
}

/// Writers fence their programs all the same.
fn without_fences(code: &str) -> String {
    let lines = code
        .lines()
        .filter(|line| !line.trim_start().starts_with("```"));
    lines.collect::<Vec<_>>().join("\n").trim().to_owned()
}

fn run(code: String) -> Result<Run> {
    let output = poe::ask(RUNNER).messages([&Message::user(&code)]).text()?;
    Ok(Run { code, output })
}

/// Has told what came of it all, as the reader watches.
fn explain(page: &mut Page<'_>, story: &str) -> Result {
    let prompt = Message::user(format!(
        "{story}\n\nSum up what the program printed, and say whether it did what was wished."
    ));
    page.relay(poe::ask(WRITER).messages([&prompt]))?;
    Ok(())
}

impl Run {
    fn failed(&self) -> bool {
        FAULTS.iter().any(|fault| self.output.contains(fault))
    }
}

/// For the writer.
impl std::fmt::Display for Run {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { code, output } = self;
        write!(f, "This program:\n{code}\n\nprinted this:\n{output}")
    }
}

ravenry_sdk::export!(Coder);
