"""A file as memory that is read when it is looked at, without the file staying open.

Python's own `mmap` keeps a file open for as long as its memory is looked at: a film may have 2,000 cuts, and a process
often no more than 1,024 open files.
"""

from __future__ import annotations

import ctypes
import mmap
import os
import weakref
from pathlib import Path

_libc = ctypes.CDLL(None, use_errno=True)
_libc.mmap.restype = ctypes.c_void_p
_libc.mmap.argtypes = [
    ctypes.c_void_p,
    ctypes.c_size_t,
    ctypes.c_int,
    ctypes.c_int,
    ctypes.c_int,
    ctypes.c_int64,
]
_libc.munmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t]
_FAILED = ctypes.c_void_p(-1).value


def mapped(path: Path) -> memoryview:
    """The bytes of a file, to be read only; they stay while anything looks at them, also when the file is deleted.

    Nobody may shorten the file meanwhile: whoever looked at what is gone would be killed (SIGBUS).

    Raises:
        OSError: The file cannot be read.
    """
    with path.open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        if not size:
            return memoryview(b"")
        address = _libc.mmap(None, size, mmap.PROT_READ, mmap.MAP_SHARED, file.fileno(), 0)
    if address == _FAILED:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()), str(path))
    held = (ctypes.c_ubyte * size).from_address(address)
    weakref.finalize(held, _libc.munmap, address, size).atexit = False
    return memoryview(held).cast("B").toreadonly()
