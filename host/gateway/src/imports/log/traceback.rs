//! Tracebacks among the lines that a bot prints, as the runtimes of its language write them.

/// How those of Python begin; what is nested in a group of exceptions is indented.
const PYTHON: &str = "Traceback (most recent call last):";

/// Lines that stand between tracebacks of Python that belong together.
const PYTHON_LINKS: [&str; 2] = [
    "During handling of the above exception, another exception occurred:",
    "The above exception was the direct cause of the following exception:",
];

/// The first traceback, with the lines before and after it. Empty lines are none.
pub(super) fn find(lines: &[String]) -> Option<(&[String], &[String], &[String])> {
    let begins = |(at, line): (usize, &String)| {
        let length = length(line, lines.get(at.saturating_add(1)..)?)?;
        Some((at, at.saturating_add(length)))
    };
    let (start, end) = lines.iter().enumerate().find_map(begins)?;
    Some((
        lines.get(..start)?,
        lines.get(start..end)?,
        lines.get(end..).unwrap_or_default(),
    ))
}

/// How many lines a traceback has that begins with this one, if one does.
fn length(first: &str, rest: &[String]) -> Option<usize> {
    if first.starts_with(PYTHON) {
        return Some(python(rest));
    }
    // `TypeError: x is not a function`, and below it the frames of JavaScript.
    let frames = rest.iter().take_while(|line| is_frame(line)).count();
    (frames > 0 && !is_frame(first)).then(|| frames.saturating_add(1))
}

fn is_frame(line: &str) -> bool {
    line.starts_with([' ', '\t']) && line.trim_start().starts_with("at ")
}

/// The frames, which are indented, and the line that says what happened; and all that it came from.
fn python(rest: &[String]) -> usize {
    let mut length = 1_usize;
    for line in rest {
        let inside = line.starts_with(' ');
        length = length.saturating_add(1);
        if !inside {
            break;
        }
    }
    let after = rest.get(length.saturating_sub(1)..).unwrap_or_default();
    match after {
        [link, next, more @ ..]
            if PYTHON_LINKS.contains(&link.as_str()) && next.starts_with(PYTHON) =>
        {
            length.saturating_add(1).saturating_add(python(more))
        }
        _ => length,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Option<[Vec<String>; 3]> {
        let lines: Vec<String> = text.lines().map(str::to_owned).collect();
        let (before, trace, after) = find(&lines)?;
        Some([before, trace, after].map(<[String]>::to_vec))
    }

    #[test]
    fn a_traceback_is_found_among_other_lines() {
        let python = "Traceback (most recent call last):\n  File \"bot.py\", line 7, in respond\n    \
                      1 / 0\nZeroDivisionError: division by zero";
        let chained = format!("{python}\n{}\n{python}", PYTHON_LINKS[0]);
        let javascript =
            "TypeError: x is not a function\n    at f (bot.js:3)\n    at respond (bot.js:9)";
        for trace in [python, chained.as_str(), javascript] {
            for (before, after) in [("", ""), ("loading\n", "\ngoing on\nand on")] {
                let text = format!("{before}{trace}{after}");
                let [head, middle, tail] = found(&text).unwrap();
                assert_eq!(head.join("\n"), before.trim_end(), "{text}");
                assert_eq!(middle.join("\n"), trace, "{text}");
                assert_eq!(tail.join("\n"), after.trim_start(), "{text}");
            }
        }
    }

    #[test]
    fn other_lines_are_none() {
        for text in [
            "",
            "a\nb",
            "  at the door",
            "look:\n  indented",
            "at noon\nat ten",
        ] {
            assert_eq!(found(text), None, "{text}");
        }
    }

    /// Whatever comes, it ends, and no line is lost.
    #[test]
    fn a_long_chain_is_one_traceback() {
        let one = "Traceback (most recent call last):\n  x\nE: y\n";
        let links = format!("{}\n", PYTHON_LINKS[1]);
        let text = [one; 500].join(&links);
        let [_, trace, after] = found(&text).unwrap();
        assert_eq!((trace.len(), after.len()), (1999, 0));
    }
}
