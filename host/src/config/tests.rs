//! Loading from files as users write them; errors are compared whole.

mod author;
mod directory;
mod hostile;
mod operator;
mod scene;
