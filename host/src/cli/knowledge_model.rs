//! The model by which documents are found by their meaning: a flag that several verbs have, and a look at what it names.

use std::path::PathBuf;

use clap::Args;

use ravenry_base::report::Problem;
use ravenry_config::embeddings::EmbeddingsSpec;
use ravenry_gateway::embedding::directory;

/// A flag wins over its variable, both win over the operator's file.
#[derive(Clone, Debug, Args)]
pub(super) struct KnowledgeModelFlag {
    /// A model by which bots find documents by their meaning [default: they are found by words alone]
    ///
    /// A directory as the `sentence-transformers` library saves it, with BERT in it, such as that of
    /// all-MiniLM-L6-v2.
    #[arg(long, value_name = "DIR", env = "RAVENRY_KNOWLEDGE_MODEL")]
    pub knowledge_model: Option<PathBuf>,
}

impl KnowledgeModelFlag {
    /// What makes vectors, if anything does: as the flag has it, or else the operator's file.
    pub(super) fn or(&self, of_file: Option<&EmbeddingsSpec>) -> Option<EmbeddingsSpec> {
        let directory = self.knowledge_model.clone();
        let directory = directory.map(EmbeddingsSpec::Directory);
        directory.or_else(|| of_file.cloned())
    }
}

/// What is wrong with a model, as far as that shows before it is loaded. A server is not asked.
pub(super) fn problem(embeddings: Option<&EmbeddingsSpec>) -> Option<Problem> {
    let Some(EmbeddingsSpec::Directory(directory)) = embeddings else {
        return None;
    };
    let error = directory::check(directory).err()?;
    Some(Problem {
        message: "the model for what bots know cannot be used".to_owned(),
        causes: vec![error.to_string()],
        hint: Some(error.hint().to_owned()),
        ..Problem::default()
    })
}
