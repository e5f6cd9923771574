//! What a person may type: the commands as data, and what a line means.

/// What a command does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Action {
    /// Lists the commands.
    Help,
    /// Forgets the conversation.
    Clear,
    /// Asks once more.
    Retry,
    /// Shows requests and events, or no longer.
    Debug,
    /// Asks the bot for its settings.
    Settings,
    /// Reports that the person likes the answer.
    Like,
    /// Reports that the person dislikes it.
    Dislike,
    /// Adds a file to the next message.
    Attach,
    /// Sets a parameter for all messages from now on.
    Param,
    /// Keeps a file of the answer.
    Save,
    /// Keeps the conversation as a file.
    Record,
    /// Ends the chat.
    Quit,
}

/// One command.
pub(super) struct Command {
    /// What is typed; the others are short or old forms.
    pub(super) names: &'static [&'static str],
    /// What may follow.
    pub(super) argument: &'static str,
    /// One line for `/help`.
    pub(super) help: &'static str,
    deed: Action,
}

/// All commands, in the order of `/help`. The names with `!` are those of the historical simulator.
pub(super) static COMMANDS: &[Command] = &[
    Command {
        names: &["/retry"],
        argument: "",
        help: "ask the same once more",
        deed: Action::Retry,
    },
    Command {
        names: &["/clear", "!c"],
        argument: "",
        help: "forget what was said",
        deed: Action::Clear,
    },
    Command {
        names: &["/attach"],
        argument: "FILE",
        help: "attach a file to the next message; alone: take all back",
        deed: Action::Attach,
    },
    Command {
        names: &["/param"],
        argument: "NAME=VALUE",
        help: "set a parameter; without a value: unset it; alone: show all",
        deed: Action::Param,
    },
    Command {
        names: &["/save"],
        argument: "N [PATH]",
        help: "keep a file of the answer; nothing is overwritten",
        deed: Action::Save,
    },
    Command {
        names: &["/record"],
        argument: "PATH",
        help: "keep the conversation as a file for `ravenry test`",
        deed: Action::Record,
    },
    Command {
        names: &["/like"],
        argument: "",
        help: "tell the bot that you like the answer",
        deed: Action::Like,
    },
    Command {
        names: &["/dislike"],
        argument: "",
        help: "tell it that you do not",
        deed: Action::Dislike,
    },
    Command {
        names: &["/settings"],
        argument: "",
        help: "ask the bot for its settings",
        deed: Action::Settings,
    },
    Command {
        names: &["/debug", "!d"],
        argument: "",
        help: "show requests and events as they are, or no longer",
        deed: Action::Debug,
    },
    Command {
        names: &["/help", "/?"],
        argument: "",
        help: "show this",
        deed: Action::Help,
    },
    Command {
        names: &["/quit", "/exit", "!q"],
        argument: "",
        help: "end; Ctrl-D does it too",
        deed: Action::Quit,
    },
];

/// What a line means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Typed<'a> {
    /// Nothing at all.
    Nothing,
    /// Something to say to the bot.
    Say(&'a str),
    /// The suggestion at this place, from 0.
    Pick(usize),
    /// A command and what follows it.
    Do(Action, &'a str),
    /// Looks like a command, but is none.
    Unknown(&'a str),
}

/// What this line means, while so many suggestions are there to pick.
///
/// Two slashes say one to the bot, and a space before a number says that number.
pub(super) fn read(line: &str, suggestions: usize) -> Typed<'_> {
    let text = line.trim();
    if text.is_empty() {
        return Typed::Nothing;
    }
    let picked = text
        .parse::<usize>()
        .ok()
        .filter(|_| !line.starts_with(' '));
    if let Some(place) = picked.and_then(|number| number.checked_sub(1))
        && place < suggestions
    {
        return Typed::Pick(place);
    }
    if let Some(said) = text.strip_prefix('/').filter(|rest| rest.starts_with('/')) {
        return Typed::Say(said);
    }
    let (name, argument) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
    let known = COMMANDS
        .iter()
        .find(|command| command.names.contains(&name));
    match known {
        Some(command) => Typed::Do(command.deed, argument.trim()),
        None if name.starts_with('/') => Typed::Unknown(name),
        None => Typed::Say(text),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn a_line_is_a_command_a_number_or_something_to_say() {
        for (line, typed) in [
            ("", Typed::Nothing),
            ("  \n", Typed::Nothing),
            ("hi there ", Typed::Say("hi there")),
            ("/clear", Typed::Do(Action::Clear, "")),
            ("!c", Typed::Do(Action::Clear, "")),
            ("!q", Typed::Do(Action::Quit, "")),
            ("!d", Typed::Do(Action::Debug, "")),
            ("!x", Typed::Say("!x")),
            (
                "/attach  my file.txt ",
                Typed::Do(Action::Attach, "my file.txt"),
            ),
            ("/nonsense x", Typed::Unknown("/nonsense")),
            ("//etc/hosts", Typed::Say("/etc/hosts")),
            ("/etc/hosts", Typed::Unknown("/etc/hosts")),
            ("2", Typed::Pick(1)),
            ("3", Typed::Say("3")),
            ("0", Typed::Say("0")),
            (" 2", Typed::Say("2")),
            ("2 cats", Typed::Say("2 cats")),
        ] {
            assert_eq!(read(line, 2), typed, "{line:?}");
        }
    }

    #[test]
    fn every_name_is_there_once() {
        let names: Vec<_> = COMMANDS.iter().flat_map(|command| command.names).collect();
        let different: HashSet<_> = names.iter().collect();
        assert_eq!(different.len(), names.len());
    }
}
