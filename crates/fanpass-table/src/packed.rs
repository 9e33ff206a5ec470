//! Text behind gzip (RFC 1952) or zstd (RFC 8878), unpacked as it is read and within bounds.

use std::{
    fs::File,
    io::{self, BufRead, BufReader, Read},
};

use flate2::bufread::GzDecoder;

use crate::{
    Limits,
    archive::{FREE_BYTES, TOO_DENSE, TOO_LARGE},
    metered::reached,
};

/// How a text is packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Packing {
    Gzip,
    Zstd,
}

const BUFFER_BYTES: usize = 64 << 10;

/// The text of a packed file of `stored` bytes. All members of a gzip and all frames of a zstd are one text; bytes
/// behind the last that are neither end in an error.
pub(crate) fn unpack(
    file: File,
    stored: u64,
    packing: Packing,
    limits: &Limits,
) -> io::Result<Box<dyn Read + Send>> {
    let file = BufReader::with_capacity(BUFFER_BYTES, file);
    let most = stored.saturating_mul(limits.inflation_ratio).saturating_add(FREE_BYTES);
    let (dense, left) = (most < limits.inflated_bytes, most.min(limits.inflated_bytes));
    Ok(match packing {
        Packing::Gzip => {
            Box::new(Unpacked { inner: Members(Some(GzDecoder::new(file))), left, dense, window: 0 })
        }
        Packing::Zstd => {
            let window = limits.zstd_window_bytes;
            let mut inner = zstd::Decoder::with_buffer(file)?;
            // The smallest window that the format knows is 1 KiB.
            inner.window_log_max(window.max(1024).ilog2())?;
            Box::new(Unpacked { inner, left, dense, window })
        }
    })
}

/// The members of a gzip, one behind the other; `None` behind the last.
struct Members<R>(Option<GzDecoder<R>>);

impl<R: BufRead> Read for Members<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while let Some(member) = &mut self.0 {
            let read = member.read(buffer)?;
            if read > 0 || buffer.is_empty() {
                return Ok(read);
            }
            let Some(mut behind) = self.0.take().map(GzDecoder::into_inner) else { break };
            match behind.fill_buf()?.first() {
                None => {}
                Some(0x1F) => self.0 = Some(GzDecoder::new(behind)),
                Some(_) => {
                    return Err(io::Error::new(
                        io::ErrorKind::InvalidData,
                        "bytes that are no gzip follow its end",
                    ));
                }
            }
        }
        Ok(0)
    }
}

struct Unpacked<R> {
    inner: R,
    /// Bytes that may still come out.
    left: u64,
    /// Whether the file's size bounds them, and not the limit for all files.
    dense: bool,
    /// Bytes of text that a zstd may refer back to, which stay in memory.
    window: u32,
}

impl<R: Read> Read for Unpacked<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer).map_err(|error| self.named(error))?;
        let left = self.left.checked_sub(u64::try_from(read).unwrap_or(u64::MAX));
        self.left = left.ok_or_else(|| reached(if self.dense { TOO_DENSE } else { TOO_LARGE }))?;
        Ok(read)
    }
}

impl<R> Unpacked<R> {
    fn named(&self, error: io::Error) -> io::Error {
        // The library hands its codes out as text only.
        if error.to_string().contains("too much memory") {
            return reached(format!(
                "it is packed with a window of more than {} bytes; pack it without `--long` and `--ultra`",
                self.window
            ));
        }
        if error.kind() == io::ErrorKind::UnexpectedEof {
            return io::Error::new(error.kind(), "its packed content ends in the middle");
        }
        error
    }
}
