//! Loading from files as users write them; errors are compared whole.

mod author;
mod database;
mod directory;
mod embeddings;
mod hostile;
mod mistakes;
mod operated;
mod operator;
mod outside;
mod scene;
mod store;
