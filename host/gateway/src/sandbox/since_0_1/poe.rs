//! The interface `poe`: converts and forwards.

use wasmtime::component::Resource;
use wasmtime_wasi::p2::{DynPollable, Pollable, subscribe};

use super::{
    StoreData,
    bindings::ravenry::bot::{poe, types},
};
use crate::imports::poe::{BotAnswer, PoeError, Written, bytes};
use ravenry_outbound::poe::{Body, CostItem};
use ravenry_protocol::{cost::Operation, event::Owned};

/// What a function gives back: the outer error would trap, and is for a broken handle alone.
type PoeResult<T> = wasmtime::Result<Result<T, poe::PoeError>>;

fn no_reply() -> poe::PoeError {
    poe::PoeError::Denied("the platform can be asked only while a query is answered".to_owned())
}

impl poe::Host for StoreData {
    async fn ask(&mut self, bot: String, body: String) -> PoeResult<Resource<BotAnswer>> {
        let Some(poe) = &mut self.call.poe else {
            return Ok(Err(no_reply()));
        };
        match poe.ask(&self.call.received, &bot, body).await {
            Ok(answer) => Ok(Ok(self.table.push(answer)?)),
            Err(error) => Ok(Err(error.into())),
        }
    }

    async fn attach(
        &mut self,
        name: String,
        content_type: Option<String>,
        body: Vec<u8>,
        inline: bool,
    ) -> PoeResult<types::FileEvent> {
        let Some(poe) = &mut self.call.poe else {
            return Ok(Err(no_reply()));
        };
        let attached = poe.attach(bytes(name, content_type, body), inline).await;
        Ok(attached.map(Into::into).map_err(Into::into))
    }

    async fn attach_url(
        &mut self,
        url: String,
        name: Option<String>,
        inline: bool,
    ) -> PoeResult<types::FileEvent> {
        let Some(poe) = &mut self.call.poe else {
            return Ok(Err(no_reply()));
        };
        let attached = poe.attach(Body::Url { url, name }, inline).await;
        Ok(attached.map(Into::into).map_err(Into::into))
    }

    async fn read_attachment(&mut self, url: String, bytes_max: u32) -> PoeResult<Vec<u8>> {
        let Some(poe) = &self.call.poe else {
            return Ok(Err(no_reply()));
        };
        let read = poe
            .read_attachment(&self.call.received, &url, bytes_max)
            .await;
        Ok(read.map_err(Into::into))
    }

    async fn authorize(&mut self, items: Vec<poe::CostItem>) -> PoeResult<()> {
        self.charge(Operation::Authorize, items).await
    }

    async fn capture(&mut self, items: Vec<poe::CostItem>) -> PoeResult<()> {
        self.charge(Operation::Capture, items).await
    }
}

impl StoreData {
    async fn charge(&mut self, operation: Operation, items: Vec<poe::CostItem>) -> PoeResult<()> {
        let Some(poe) = &mut self.call.poe else {
            return Ok(Err(no_reply()));
        };
        let items: Vec<CostItem> = items.into_iter().map(Into::into).collect();
        let charged = poe.cost(&self.call.received, operation, &items).await;
        Ok(charged.map_err(Into::into))
    }
}

impl poe::HostAnswer for StoreData {
    async fn read(&mut self, answer: Resource<BotAnswer>) -> PoeResult<Vec<poe::SaidEvent>> {
        let events = self.table.get_mut(&answer)?.read().await;
        Ok(events
            .map(|events| events.into_iter().map(Into::into).collect())
            .map_err(Into::into))
    }

    async fn subscribe(
        &mut self,
        answer: Resource<BotAnswer>,
    ) -> wasmtime::Result<Resource<DynPollable>> {
        subscribe(&mut self.table, answer)
    }

    async fn relay(&mut self, answer: Resource<BotAnswer>) -> PoeResult<()> {
        let relayed = self.table.get_mut(&answer)?.relay(|_| true).await;
        Ok(relayed.map_err(Into::into))
    }

    async fn relay_text(&mut self, answer: Resource<BotAnswer>) -> PoeResult<()> {
        let text = |event: &Owned| matches!(event, Owned::Text { .. } | Owned::Replace { .. });
        let relayed = self.table.get_mut(&answer)?.relay(text).await;
        Ok(relayed.map_err(Into::into))
    }

    async fn drop(&mut self, answer: Resource<BotAnswer>) -> wasmtime::Result<()> {
        self.table.delete(answer)?;
        Ok(())
    }
}

impl poe::HostFileWriter for StoreData {
    async fn new(
        &mut self,
        name: String,
        content_type: Option<String>,
    ) -> wasmtime::Result<Resource<Written>> {
        Ok(self.table.push(Written::new(name, content_type))?)
    }

    async fn write(&mut self, file: Resource<Written>, bytes: Vec<u8>) -> PoeResult<()> {
        let Some(poe) = &self.call.poe else {
            return Ok(Err(no_reply()));
        };
        let written = self.table.get_mut(&file)?.append(poe, &bytes);
        Ok(written.map_err(Into::into))
    }

    async fn finish(
        &mut self,
        file: Resource<Written>,
        inline: bool,
    ) -> PoeResult<types::FileEvent> {
        let written = self.table.delete(file)?;
        let Some(poe) = &mut self.call.poe else {
            return Ok(Err(no_reply()));
        };
        let attached = poe.attach_written(written, inline).await;
        Ok(attached.map(Into::into).map_err(Into::into))
    }

    async fn drop(&mut self, file: Resource<Written>) -> wasmtime::Result<()> {
        self.table.delete(file)?;
        Ok(())
    }
}

#[wasmtime_wasi::async_trait]
impl Pollable for BotAnswer {
    async fn ready(&mut self) {
        BotAnswer::ready(self).await;
    }
}

impl From<PoeError> for poe::PoeError {
    fn from(error: PoeError) -> Self {
        match error {
            PoeError::Denied(sentence) => Self::Denied(sentence),
            PoeError::Invalid(sentence) => Self::Invalid(sentence),
            PoeError::Said(failure) => Self::Said(failure.into()),
            PoeError::Broken(sentence) => Self::Broken(sentence),
            PoeError::InsufficientFund => Self::InsufficientFund,
            PoeError::TooLarge(sentence) => Self::TooLarge(sentence),
            PoeError::Stopped(refusal) => Self::Stopped(refusal.into()),
        }
    }
}

/// An event whose data is more than a text. What was read from JSON can be written as JSON.
fn with(name: &str, data: &impl serde::Serialize) -> poe::SaidEvent {
    poe::SaidEvent {
        name: name.to_owned(),
        text: String::new(),
        index: None,
        data: serde_json::to_string(data).unwrap_or_else(|_| "{}".to_owned()),
    }
}

impl From<Owned> for poe::SaidEvent {
    fn from(event: Owned) -> Self {
        let said = |name: &str, index, text| Self {
            name: name.to_owned(),
            text,
            index,
            data: "{}".to_owned(),
        };
        match event {
            Owned::Text { index, text } => said("text", index, text),
            Owned::Replace { index, text } => said("replace_response", index, text),
            Owned::Suggest(text) => said("suggested_reply", None, text),
            Owned::Data(metadata) => said("data", None, metadata),
            Owned::Meta(meta) => with("meta", &meta),
            Owned::File(file) => with("file", &file),
            Owned::Json(data) => with("json", &data),
            Owned::Other(name, data) => with(name.as_str(), &data),
            // An error ends the answer and is told as one.
            Owned::Error(_) => said("error", None, String::new()),
        }
    }
}

impl From<poe::CostItem> for CostItem {
    fn from(item: poe::CostItem) -> Self {
        Self {
            amount_usd_milli_cents: item.amount_usd_milli_cents,
            description: item.description,
        }
    }
}
