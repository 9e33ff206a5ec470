//! A transport that sends nothing: it keeps each request in normal form and answers from a queue or a closure.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex};

use fanpass_transport::{Request, Response, Sent, Transport, TransportError, TransportErrorKind};

use crate::record::CapturedRequest;

type Answer = dyn FnMut(&CapturedRequest) -> Result<Response, TransportError> + Send;

/// Keeps what is sent through it. Clones share what they keep.
#[derive(Clone)]
pub struct CaptureTransport {
    state: Arc<Mutex<State>>,
}

struct State {
    requests: Vec<CapturedRequest>,
    answer: Box<Answer>,
}

impl CaptureTransport {
    /// Answers each request as `answer` says.
    pub fn new(
        answer: impl FnMut(&CapturedRequest) -> Result<Response, TransportError> + Send + 'static,
    ) -> Self {
        let state = State { requests: Vec::new(), answer: Box::new(answer) };
        Self { state: Arc::new(Mutex::new(state)) }
    }

    /// Gives these answers in turn, then errors.
    pub fn queue(answers: impl IntoIterator<Item = Response>) -> Self {
        let mut answers: VecDeque<_> = answers.into_iter().collect();
        Self::new(move |request| {
            answers.pop_front().ok_or_else(|| {
                let message = format!("no answer is left for {} {}", request.method, request.target);
                TransportError::new(TransportErrorKind::Other, Sent::Never, message)
            })
        })
    }

    /// The requests sent so far.
    ///
    /// # Panics
    /// If an answer's closure has panicked.
    pub fn requests(&self) -> Vec<CapturedRequest> {
        self.state.lock().expect("no answer has panicked").requests.clone()
    }
}

impl Transport for CaptureTransport {
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        let request = CapturedRequest::read(request).await?;
        let mut state = self.state.lock().expect("no answer has panicked");
        state.requests.push(request.clone());
        (state.answer)(&request)
    }
}

impl fmt::Debug for CaptureTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CaptureTransport").finish_non_exhaustive()
    }
}
