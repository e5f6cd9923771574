//! What a bot says and asks to generated types, and the answers back.
//!
//! The gateway has checked every JSON text before it gets here. Where one is not what the interface
//! promises, it counts as left out: a bot should not fail over a field that it may never read.

use serde_json::{Map, Value};

use super::{
    bindings::ravenry::bot::{knowledge, poe, reply, types},
    keyvalue::store,
};
use crate::{
    cost::CostItem,
    document::{Document, DocumentInfo, Passage},
    event::{Event, File, Meta},
    failure::{Failure, KnowledgeError, PoeError, Stopped, StoreError},
};

/// The members of a JSON object; none where the text is no object.
pub(crate) fn object(json: &str) -> Map<String, Value> {
    serde_json::from_str(json).unwrap_or_default()
}

impl From<Meta> for types::MetaEvent {
    fn from(meta: Meta) -> Self {
        Self {
            content_type: meta.content_type,
            suggested_replies: meta.suggested_replies,
            linkify: meta.linkify,
            refetch_settings: meta.refetch_settings,
        }
    }
}

impl From<File> for types::FileEvent {
    fn from(file: File) -> Self {
        Self {
            url: file.url,
            content_type: file.content_type,
            name: file.name,
            inline_ref: file.inline_ref,
        }
    }
}

impl From<Failure> for types::Failure {
    fn from(failure: Failure) -> Self {
        Self {
            text: failure.text,
            allow_retry: failure.allow_retry,
            error_type: failure.error_type,
        }
    }
}

impl From<reply::Stopped> for Stopped {
    fn from(stopped: reply::Stopped) -> Self {
        match stopped {
            reply::Stopped::TooLong => Self::TooLong,
            reply::Stopped::Ended => Self::Ended,
            reply::Stopped::Gone => Self::Gone,
            reply::Stopped::Invalid(what) => Self::Invalid(what),
            reply::Stopped::Other(what) => Self::Other(what),
        }
    }
}

impl From<types::FileEvent> for File {
    fn from(file: types::FileEvent) -> Self {
        Self {
            url: file.url,
            content_type: file.content_type,
            name: file.name,
            inline_ref: file.inline_ref,
        }
    }
}

impl From<types::Failure> for Failure {
    fn from(failure: types::Failure) -> Self {
        Self {
            text: failure.text,
            allow_retry: failure.allow_retry,
            error_type: failure.error_type,
        }
    }
}

impl From<poe::SaidEvent> for Event {
    /// Whatever the typed form cannot hold stays as it was said.
    fn from(said: poe::SaidEvent) -> Self {
        let poe::SaidEvent {
            name, text, index, ..
        } = said;
        match name.as_str() {
            "text" => Self::Text { index, text },
            "replace_response" => Self::Replace { index, text },
            "suggested_reply" => Self::Suggest(text),
            "data" => Self::Data(text),
            _ => Self::named(&name, &said.data).unwrap_or_else(|_| Self::Other {
                name,
                data: Value::Object(object(&said.data)),
            }),
        }
    }
}

impl From<poe::PoeError> for PoeError {
    fn from(error: poe::PoeError) -> Self {
        match error {
            poe::PoeError::Denied(why) => Self::Denied(why),
            poe::PoeError::Invalid(why) => Self::Invalid(why),
            poe::PoeError::Said(failure) => Self::Said(failure.into()),
            poe::PoeError::Broken(how) => Self::Broken(how),
            poe::PoeError::InsufficientFund => Self::InsufficientFund,
            poe::PoeError::TooLarge(what) => Self::TooLarge(what),
            poe::PoeError::Stopped(stopped) => Self::Stopped(stopped.into()),
            poe::PoeError::Other(what) => Self::Other(what),
        }
    }
}

impl From<store::Error> for StoreError {
    fn from(error: store::Error) -> Self {
        match error {
            store::Error::NoSuchStore => Self::NoSuchStore,
            store::Error::AccessDenied => Self::AccessDenied,
            store::Error::Other(what) => Self::said(what),
        }
    }
}

impl From<CostItem> for poe::CostItem {
    fn from(item: CostItem) -> Self {
        Self {
            amount_usd_milli_cents: item.amount_usd_milli_cents,
            description: item.description,
        }
    }
}

impl From<knowledge::KnowledgeError> for KnowledgeError {
    fn from(error: knowledge::KnowledgeError) -> Self {
        match error {
            knowledge::KnowledgeError::NoSuchCollection => Self::NoSuchCollection,
            knowledge::KnowledgeError::Invalid(why) => Self::Invalid(why),
            knowledge::KnowledgeError::Full(what) => Self::Full(what),
            knowledge::KnowledgeError::Unavailable(why) => Self::Unavailable(why),
            knowledge::KnowledgeError::Other(what) => Self::Other(what),
        }
    }
}

impl From<Document> for knowledge::Document {
    fn from(document: Document) -> Self {
        Self {
            id: document.id,
            title: document.title,
            source: document.source,
            text: document.text,
            format: document.format.as_str().to_owned(),
        }
    }
}

impl From<knowledge::DocumentInfo> for DocumentInfo {
    fn from(document: knowledge::DocumentInfo) -> Self {
        Self {
            id: document.id,
            title: document.title,
            source: document.source,
            bytes: document.bytes,
        }
    }
}

impl From<knowledge::Passage> for Passage {
    fn from(passage: knowledge::Passage) -> Self {
        Self {
            document: passage.document,
            title: passage.title,
            source: passage.source,
            headings: passage.headings,
            first_line: passage.first_line,
            last_line: passage.last_line,
            text: passage.text,
            score: passage.score,
        }
    }
}
