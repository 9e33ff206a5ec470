//! A file as the source of a request body, opened afresh for each attempt.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use bytes::Bytes;
use futures_core::Stream;
use futures_util::stream;
use tokio::task::{JoinHandle, spawn_blocking};

use super::content::CHUNK;
use crate::{Sent, TransportError, TransportErrorKind};

/// A file and the state in which its content was first announced.
#[derive(Debug)]
pub(super) struct FileSource {
    path: PathBuf,
    state: State,
}

#[derive(Debug, PartialEq, Eq)]
struct State {
    length: u64,
    modified: Option<SystemTime>,
}

impl State {
    fn of(file: &File) -> io::Result<Self> {
        let metadata = file.metadata()?;
        if !metadata.is_file() {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "not a regular file"));
        }
        Ok(Self { length: metadata.len(), modified: metadata.modified().ok() })
    }
}

/// An open file and how much of it is still to be read.
struct Reader {
    file: File,
    remaining: u64,
}

/// A chunk, and the reader unless that was the last one.
type Step = io::Result<(Bytes, Option<Reader>)>;

impl FileSource {
    /// Opens the file once to learn its state, so that a path which cannot be read fails before anything is
    /// sent.
    pub(super) async fn inspect(path: PathBuf) -> Result<Self, TransportError> {
        let opened = path.clone();
        let state = join(spawn_blocking(move || State::of(&File::open(opened)?))).await;
        match state {
            Ok(state) => Ok(Self { path, state }),
            Err(error) => Err(read_error(&path, Sent::Never, error)),
        }
    }

    pub(super) fn length(&self) -> u64 {
        self.state.length
    }

    /// The content in chunks, one of which is read ahead while another is being sent.
    pub(super) fn open(self: Arc<Self>) -> impl Stream<Item = Result<Bytes, TransportError>> + Send {
        let start = Arc::clone(&self);
        let first = move || start.reopen().and_then(|reader| start.read(reader));
        let begin = Next::Open(first);
        stream::try_unfold(begin, move |next| {
            let source = Arc::clone(&self);
            async move {
                let pending = match next {
                    Next::Open(first) => spawn_blocking(first),
                    Next::Read(pending) => pending,
                    Next::Done => return Ok(None),
                };
                let (chunk, reader) =
                    join(pending).await.map_err(|error| read_error(&source.path, Sent::Unknown, error))?;
                let next = match reader {
                    Some(reader) => Next::Read(spawn_blocking(move || source.read(reader))),
                    None => Next::Done,
                };
                Ok(Some((chunk, next)))
            }
        })
    }

    fn reopen(&self) -> io::Result<Reader> {
        let file = File::open(&self.path)?;
        self.verify(&file)?;
        Ok(Reader { file, remaining: self.state.length })
    }

    /// Reads a chunk. The last one is only given out if the file is still what was announced: an upload
    /// that mixes two states of a file must not end well.
    fn read(&self, mut reader: Reader) -> Step {
        let limit = usize::try_from(reader.remaining).unwrap_or(CHUNK).min(CHUNK);
        let mut chunk = Vec::with_capacity(limit);
        (&reader.file).take(u64::try_from(limit).unwrap_or(u64::MAX)).read_to_end(&mut chunk)?;
        let length = u64::try_from(chunk.len()).unwrap_or(u64::MAX);
        reader.remaining = reader.remaining.saturating_sub(length);
        let last = reader.remaining == 0 || chunk.is_empty();
        if last {
            self.verify(&reader.file)?;
        }
        Ok((Bytes::from(chunk), (!last).then_some(reader)))
    }

    fn verify(&self, file: &File) -> io::Result<()> {
        if State::of(file)? == self.state {
            return Ok(());
        }
        Err(io::Error::other("the file has changed since the upload was prepared"))
    }
}

enum Next<F> {
    Open(F),
    Read(JoinHandle<Step>),
    Done,
}

async fn join<T>(task: JoinHandle<io::Result<T>>) -> io::Result<T> {
    task.await.unwrap_or_else(|error| Err(io::Error::other(error)))
}

fn read_error(path: &Path, sent: Sent, error: io::Error) -> TransportError {
    let message = format!("cannot read {}", path.display());
    TransportError::new(TransportErrorKind::RequestBody, sent, message).with_source(error)
}
