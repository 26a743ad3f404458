//! A file as bytes, without reading it: the one place that maps memory.

#![expect(
    unsafe_code,
    reason = "mapping a file and lending it to arrow cannot be said in safe code"
)]

use std::{fs::File, io, path::Path, ptr::NonNull, sync::Arc};

use arrow_buffer::Buffer;
use memmap2::Mmap;

/// The bytes of a file. They are read from disk as they are touched and stay valid after the file was removed.
pub(crate) fn map_file(path: &Path) -> io::Result<Buffer> {
    let file = File::open(path)?;
    if file.metadata()?.len() == 0 {
        return Ok(Buffer::from(Vec::<u8>::new()));
    }
    // SAFETY: the files of a bundle are never written again once they bear their final name (ingest writes a new folder
    // and removes the old one as a whole), so the bytes do not change while they are mapped.
    let map = Arc::new(unsafe { Mmap::map(&file)? });
    let (pointer, len) = (NonNull::from(&map[0]), map.len());
    // SAFETY: `pointer` is the begin of `len` mapped bytes, which live as long as their owner, the second-last argument.
    Ok(unsafe { Buffer::from_custom_allocation(pointer, len, map) })
}
