//! A connection that waits for its client to read, but not for ever, and counts its bytes.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Sleep, sleep};

use crate::app::App;

/// A socket whose writes fail once the client has taken nothing for `pause`.
#[derive(Debug)]
pub(crate) struct Patient {
    stream: TcpStream,
    pause: Duration,
    patience: Option<Pin<Box<Sleep>>>,
    app: Arc<App>,
}

impl Patient {
    pub(crate) fn new(stream: TcpStream, pause: Duration, app: Arc<App>) -> Self {
        app.metrics.connections.inc();
        Self { stream, pause, patience: None, app }
    }

    fn within<T>(
        &mut self,
        context: &mut Context<'_>,
        write: impl FnOnce(Pin<&mut TcpStream>, &mut Context<'_>) -> Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        let written = write(Pin::new(&mut self.stream), context);
        if written.is_ready() {
            self.patience = None;
            return written;
        }
        let pause = self.pause;
        let patience = self.patience.get_or_insert_with(|| Box::pin(sleep(pause)));
        patience.as_mut().poll(context).map(|()| Err(io::ErrorKind::TimedOut.into()))
    }
}

impl Drop for Patient {
    fn drop(&mut self) {
        self.app.metrics.connections.dec();
    }
}

/// Counts what was written.
fn count(app: &App, written: &Poll<io::Result<usize>>) {
    if let Poll::Ready(Ok(bytes)) = written {
        app.metrics.sent.inc_by(u64::try_from(*bytes).unwrap_or_default());
    }
}

impl AsyncRead for Patient {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let read = Pin::new(&mut self.stream).poll_read(context, buffer);
        let bytes = buffer.filled().len().saturating_sub(before);
        self.app.metrics.received.inc_by(u64::try_from(bytes).unwrap_or_default());
        read
    }
}

impl AsyncWrite for Patient {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = self.within(context, |stream, context| stream.poll_write(context, bytes));
        count(&self.app, &written);
        written
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = self.within(context, |stream, context| stream.poll_write_vectored(context, bytes));
        count(&self.app, &written);
        written
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.within(context, AsyncWrite::poll_flush)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.within(context, AsyncWrite::poll_shutdown)
    }
}
