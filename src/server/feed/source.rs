//! Reads bytes as received: counts and hashes them, unpacks them, and keeps to limits.

use super::stop::{Stop, refuse};
use super::zip;
use crate::domain::contract::checks::file;
use flate2::bufread::MultiGzDecoder;
use sha2::{Digest, Sha256};
use std::fmt::Write;
use std::io::{self, BufReader, Read};
use std::sync::{Arc, Mutex, PoisonError};

/// How much one file may demand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of the whole file, unpacked.
    pub unpacked: u64,
    /// Bytes of one record.
    pub record: usize,
    /// Fields of one record.
    pub fields: usize,
    /// Levels of nested elements.
    pub depth: usize,
    /// Unpacked bytes per packed byte.
    pub ratio: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            unpacked: 4 << 30,
            record: 4 << 20,
            fields: 10_000,
            depth: 64,
            ratio: 1000,
        }
    }
}

struct Inner {
    source: Box<dyn Read + Send>,
    hash: Sha256,
    bytes: u64,
    ended: bool,
}

/// The bytes as they came, shared between the layers that read them and the reader that says
/// at the end how many there were.
#[derive(Clone)]
pub struct Received(Arc<Mutex<Inner>>);

impl Received {
    /// Takes the source of a file.
    pub fn new(source: Box<dyn Read + Send>) -> Self {
        Self(Arc::new(Mutex::new(Inner {
            source,
            hash: Sha256::new(),
            bytes: 0,
            ended: false,
        })))
    }

    fn read_some(&self, buffer: &mut [u8]) -> Result<usize, Stop> {
        let mut inner = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if inner.ended {
            return Ok(0);
        }
        loop {
            match inner.source.read(buffer) {
                Ok(read) => {
                    inner.hash.update(&buffer[..read]);
                    inner.bytes += read as u64;
                    inner.ended = read == 0;
                    return Ok(read);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(Stop::Failed(error)),
            }
        }
    }

    /// How many bytes came so far.
    pub fn count(&self) -> u64 {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).bytes
    }

    /// Reads what is left, and gives the number of bytes and their SHA-256 in hex.
    pub fn finish(&self) -> Result<(u64, String), Stop> {
        let mut buffer = vec![0; 64 << 10];
        while self.read_some(&mut buffer)? > 0 {}
        let inner = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut hex = String::with_capacity(64);
        for byte in inner.hash.clone().finalize() {
            // Writing to a String cannot fail.
            let _ = write!(hex, "{byte:02x}");
        }
        Ok((inner.bytes, hex))
    }
}

impl Read for Received {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        Ok(self.read_some(buffer)?)
    }
}

/// The bytes as received, with the first few, which tell whether they are packed, put back.
type Packed = BufReader<io::Chain<io::Cursor<Vec<u8>>, Received>>;

enum Layer {
    Plain(Packed),
    Gzip(Box<MultiGzDecoder<Packed>>),
    Zip(Box<zip::Unzipped>),
}

/// The bytes of the file itself, unpacked if they came packed.
pub struct Unpacked {
    received: Received,
    layer: Layer,
    /// The first bytes, looked at and to be read again.
    head: Vec<u8>,
    head_read: usize,
    bytes: u64,
    limits: Limits,
}

/// As much as fits the second cache; the system call is then worth its while.
const BUFFER: usize = 64 << 10;

impl Unpacked {
    /// Tells by the first bytes whether the file is packed.
    pub fn open(received: Received, limits: Limits) -> Result<Self, Stop> {
        let mut first = Vec::with_capacity(4);
        received.clone().take(4).read_to_end(&mut first)?;
        let layer = if matches!(first[..], [b'P', b'K', 3, 4] | [b'P', b'K', 5, 6]) {
            Layer::Zip(Box::new(zip::open(&first, received.clone(), limits)?))
        } else {
            let is_gzip = first.starts_with(&[0x1f, 0x8b]);
            let whole = io::Cursor::new(first).chain(received.clone());
            let buffered = BufReader::with_capacity(BUFFER, whole);
            if is_gzip {
                Layer::Gzip(Box::new(MultiGzDecoder::new(buffered)))
            } else {
                Layer::Plain(buffered)
            }
        };
        Ok(Self {
            received,
            layer,
            head: Vec::new(),
            head_read: 0,
            bytes: 0,
            limits,
        })
    }

    /// Looks at up to `length` of the first bytes without taking them.
    pub fn peek(&mut self, length: usize) -> Result<&[u8], Stop> {
        let mut buffer = vec![0; length];
        while self.head.len() < length {
            let missing = length - self.head.len();
            let read = self.read_layer(&mut buffer[..missing])?;
            if read == 0 {
                break;
            }
            self.head.extend_from_slice(&buffer[..read]);
        }
        Ok(&self.head)
    }

    fn read_layer(&mut self, buffer: &mut [u8]) -> Result<usize, Stop> {
        let read = match &mut self.layer {
            Layer::Plain(plain) => plain.read(buffer)?,
            Layer::Gzip(gzip) => match gzip.read(buffer) {
                Ok(read) => read,
                Err(error) => return Err(self.unpacking_failed(error, "gzip")),
            },
            Layer::Zip(zip) => match zip.read(buffer) {
                Ok(read) => read,
                Err(error) => return Err(self.unpacking_failed(error, "zip")),
            },
        };
        self.bytes += read as u64;
        if self.bytes > self.limits.unpacked {
            let limit = self.limits.unpacked;
            let message = format!("The file is larger than {limit} bytes unpacked; split the feed.");
            return Err(refuse(&file::FILE_SIZE, Some(limit), message));
        }
        if !matches!(self.layer, Layer::Plain(_)) {
            // A small file may well unpack to a thousand times its size.
            let fair = self
                .received
                .count()
                .saturating_mul(self.limits.ratio)
                .saturating_add(1 << 20);
            if self.bytes > fair {
                let message = format!(
                    "The packed file unpacks to more than {} times its size, which no feed does.",
                    self.limits.ratio
                );
                return Err(refuse(&file::FILE_COMPRESSION, Some(self.bytes), message));
            }
        }
        Ok(read)
    }

    fn unpacking_failed(&self, error: io::Error, packing: &str) -> Stop {
        match error.downcast::<Stop>() {
            Ok(stop) => stop,
            Err(error) => {
                let what = match error.kind() {
                    io::ErrorKind::UnexpectedEof => "ends before its trailer: it was cut short on its way",
                    _ => "is damaged: its checksum or its structure does not fit",
                };
                let message = format!(
                    "The {packing} file {what} (after {} unpacked bytes); send it again whole.",
                    self.bytes
                );
                refuse(&file::FILE_COMPRESSION, Some(self.bytes), message)
            }
        }
    }
}

impl Read for Unpacked {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.head_read < self.head.len() {
            let read = (&self.head[self.head_read..]).read(buffer)?;
            self.head_read += read;
            return Ok(read);
        }
        Ok(self.read_layer(buffer)?)
    }
}
