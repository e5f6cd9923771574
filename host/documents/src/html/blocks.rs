//! Writes blocks of Markdown one below the other, within quotes and lists.

/// Deepest nesting of quotes, lists and items that is followed; what is in more of them is written as if it was not.
/// People nest six, and readers of Markdown go through all of them at each line.
const DEPTH_MAX: usize = 16;

/// What blocks are in.
#[derive(Debug)]
enum Container {
    Quote,
    /// With the number that its next item has, if its items have any.
    List(Option<u32>),
    /// With how far what is in it is indented; `None` as long as nothing is. It is directly in a list.
    Item(Option<usize>),
}

/// The text, and what the next block of it is in.
#[derive(Debug)]
pub(super) struct Blocks {
    out: String,
    bytes_max: usize,
    open: Vec<Container>,
    /// How many quotes and lists are open that are not followed.
    over: usize,
    /// How many of the open containers the last block was in, too.
    shared: usize,
    /// Whether the last block is in an item of a list that is still open: its next item follows without a blank line.
    in_list: bool,
}

impl Blocks {
    /// None yet, for so many bytes of text.
    pub(super) fn new(bytes_max: usize) -> Self {
        Self {
            out: String::new(),
            bytes_max,
            open: Vec::new(),
            over: 0,
            shared: 0,
            in_list: false,
        }
    }

    /// How long the text is, in bytes.
    pub(super) fn len(&self) -> usize {
        self.out.len()
    }

    /// The text, and whether some was left out.
    pub(super) fn finish(mut self) -> (String, bool) {
        let is_full = self.out.len() > self.bytes_max;
        let most = self.out.floor_char_boundary(self.bytes_max);
        self.out.truncate(most);
        (self.out, is_full)
    }

    pub(super) fn open_quote(&mut self) {
        self.open_group(Container::Quote);
    }

    pub(super) fn open_list(&mut self, is_numbered: bool) {
        self.open_group(Container::List(is_numbered.then_some(1)));
    }

    fn open_group(&mut self, group: Container) {
        if self.open.len() < DEPTH_MAX {
            self.open.push(group);
        } else {
            self.over = self.over.saturating_add(1);
        }
    }

    /// Opens an item, after the end of the one before it. One that is in no list begins a list.
    pub(super) fn open_item(&mut self) {
        self.close_item();
        if self.over > 0 {
            return;
        }
        if !matches!(self.open.last(), Some(Container::List(_))) {
            self.open_list(false);
        }
        if self.over == 0 && self.open.len() < DEPTH_MAX {
            self.open.push(Container::Item(None));
        }
    }

    pub(super) fn close_quote(&mut self) {
        self.close_group(|container| matches!(container, Container::Quote));
    }

    pub(super) fn close_list(&mut self, is_numbered: bool) {
        self.close_group(|container| {
            matches!(container, Container::List(number) if number.is_some() == is_numbered)
        });
    }

    /// Closes the innermost of its kind, and what is in it; without one, the tag was a mistake.
    fn close_group(&mut self, is_it: impl FnMut(&Container) -> bool) {
        if self.over > 0 {
            self.over = self.over.saturating_sub(1);
        } else if let Some(at) = self.open.iter().rposition(is_it) {
            self.close_from(at);
        }
    }

    /// Closes the item of the innermost list.
    pub(super) fn close_item(&mut self) {
        let mut inner = self.open.iter().enumerate().rev();
        let found = inner.find(|(_, container)| !matches!(container, Container::Quote));
        if self.over == 0
            && let Some((at, Container::Item(_))) = found
        {
            self.close_from(at);
        }
    }

    fn close_from(&mut self, at: usize) {
        self.open.truncate(at);
        self.shared = self.shared.min(at);
        let is_list = |container: &Container| matches!(container, Container::List(_));
        self.in_list = self.in_list && self.open.iter().any(is_list);
    }

    /// Writes a block of one or more lines, below a blank one where Markdown needs it.
    pub(super) fn write(&mut self, block: &str) {
        let begins_item = |container: &Container| matches!(container, Container::Item(None));
        let follows = self.in_list && self.open.iter().any(begins_item);
        if !self.out.is_empty() && !follows {
            let between = self.indent(self.shared);
            self.out.push_str(between.trim_end());
            self.out.push('\n');
        }
        let mut before = self.marks();
        let indent = self.indent(self.open.len());
        for line in block.split('\n') {
            self.out.push_str(&before);
            self.out.push_str(line);
            let length = self.out.trim_end_matches(' ').len();
            self.out.truncate(length);
            self.out.push('\n');
            // A mark before each line can be longer than the line.
            if self.out.len() > self.bytes_max {
                break;
            }
            before.clone_from(&indent);
        }
        self.shared = self.open.len();
        let is_item = |container: &Container| matches!(container, Container::Item(_));
        self.in_list = self.open.iter().any(is_item);
    }

    /// What stands before the first line of a block: the marks of items that begin with it, among others.
    fn marks(&mut self) -> String {
        let mut marks = String::new();
        let mut number = None;
        for container in &mut self.open {
            match container {
                Container::Quote => marks.push_str("> "),
                Container::List(next) => number = Some(next),
                Container::Item(Some(width)) => marks.push_str(&" ".repeat(*width)),
                Container::Item(width) => {
                    let mark = match number.take().and_then(Option::as_mut) {
                        Some(next) => {
                            let mark = format!("{next}. ");
                            *next = next.saturating_add(1);
                            mark
                        }
                        None => "- ".to_owned(),
                    };
                    *width = Some(mark.len());
                    marks.push_str(&mark);
                }
            }
        }
        marks
    }

    /// What stands before the other lines of a block in so many of the open containers.
    fn indent(&self, depth: usize) -> String {
        let mut indent = String::new();
        for container in self.open.iter().take(depth) {
            match container {
                Container::Quote => indent.push_str("> "),
                Container::Item(Some(width)) => indent.push_str(&" ".repeat(*width)),
                Container::List(_) | Container::Item(None) => {}
            }
        }
        indent
    }
}
