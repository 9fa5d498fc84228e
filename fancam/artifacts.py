"""The artifact store: bytes by content, in a folder or a bucket, and a small index from what was asked to what came."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import hashlib
import os
import re
import shutil
import stat
import tempfile
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import accumulate, pairwise
from pathlib import Path
from urllib.parse import unquote, urlparse

import obstore
from google.protobuf.message import DecodeError, Message
from obstore.exceptions import GenericError
from obstore.store import LocalStore, ObjectStore, from_url

import fancam.farewell  # noqa: F401  the store's own threads call Python
from fancam.errors import InvalidRequest, Missing, NotReady, StoreFull
from fancam.settings import ArtifactSettings
from fancam.v1.media_pb2 import Artifact

SHARED = "shared"
"""The scope of what no fan can be known by and what pressings are made of; it stays until an operator deletes it."""

RECIPES = "recipes"
"""The scope of what is drawn for a recipe, by which no fan can be known; it can be drawn again, so it is bounded."""

SPARED = timedelta(hours=1)
"""What was asked for this recently is never pruned: a film that is being made may still read it."""

CHUNK_BYTES = 256 * 1024

FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
"""What the system says when a disk or a quota is full, or a file is longer than this process may write."""

ADDRESS = re.compile(r"(shared|recipes|sessions/[A-Za-z0-9_-]+)/[0-9a-f]{64}")
"""Where artifacts lie; what is asked for elsewhere is nowhere, and a store may not even take its name."""

STAGED = re.compile(r".*#\d+")
"""Names under which a folder's store writes objects before they get their own; no listing shows them."""

ABANDONED = timedelta(hours=1)
"""An object that nobody has gone on writing for this long is never finished."""


def session_scope(session: str) -> str:
    """The scope of one session's artifacts; erasing the session erases this scope."""
    return f"sessions/{session}"


def protobuf_type(message: type[Message]) -> str:
    """Media type of a serialised message."""
    return f"application/x-protobuf; message={message.DESCRIPTOR.full_name}"


@dataclass(frozen=True)
class Pruned:
    """What `ArtifactStore.prune` did."""

    objects: int
    freed_bytes: int
    left_bytes: int


@dataclass(frozen=True)
class _Found:
    data: obstore.Bytes
    written: datetime


class ArtifactStore:
    """Bytes addressed by scope and sha256. Safe for many writers: an object appears whole or not at all.

    A bucket that does not answer, also after obstore's own tries, is NotReady, whatever was asked of it.
    """

    def __init__(self, settings: ArtifactSettings) -> None:
        location = settings.location()
        self._folder: Path | None = None
        if location.startswith("file://"):
            self._folder = Path(unquote(urlparse(location).path))
            self._folder.mkdir(parents=True, exist_ok=True)
            self._store: ObjectStore = LocalStore(prefix=self._folder)
        else:
            self._store = from_url(location)
        self._cache = settings.cache_folder()
        self._cache.mkdir(parents=True, exist_ok=True)
        self._settings = settings
        self._sound = set[tuple[str, int]]()
        """Local copies that this process has found whole, by address and inode."""

    async def put(self, scope: str, data: bytes | memoryview, media_type: str) -> Artifact:
        """Keep `data` under `scope`; as `put_parts`."""
        return await self.put_parts(scope, [data], media_type)

    async def put_parts(self, scope: str, parts: Sequence[bytes | memoryview], media_type: str) -> Artifact:
        """Keep what lies in several places as one artifact; again changes nothing, or mends what was damaged.

        Nothing is put together in memory: a film of an hour is written out of the files that it is made of. What lies
        there already is read and compared: a step that was done again because its outcome was damaged must not find the
        damage a second time. That costs a read where a write is saved.

        Raises:
            StoreFull: There is no room left.
        """
        uri = f"{scope}/{await asyncio.to_thread(_address, parts)}"
        found = await self._read(uri)
        if found is None or not await asyncio.to_thread(_equal, memoryview(found.data), parts):
            await self._write(uri, parts)
        else:
            await self._touch(uri, found)
        return Artifact(uri=uri, size_bytes=sum(map(len, parts)), media_type=media_type)

    async def put_file(self, scope: str, path: Path, media_type: str) -> Artifact:
        """Keep a file's content under `scope`."""
        return await self.put(scope, await asyncio.to_thread(path.read_bytes), media_type)

    async def put_message(self, scope: str, message: Message) -> Artifact:
        """Keep a message, serialised deterministically."""
        return await self.put(scope, message.SerializeToString(deterministic=True), protobuf_type(type(message)))

    async def get(self, artifact: Artifact) -> bytes:
        """All bytes of an artifact, checked against its address.

        Raises:
            Missing: It is not in the store, or what is there is damaged.
        """
        found = await self._read(artifact.uri) if ADDRESS.fullmatch(artifact.uri) else None
        if found is None:
            raise _missing(artifact)
        # Copying takes about as long as hashing: neither holds the event loop up.
        data, digest = await asyncio.to_thread(lambda: (bytes(found.data), hashlib.sha256(found.data).hexdigest()))
        if not artifact.uri.endswith(digest):
            raise Missing(f"{artifact.uri} is damaged", reason="ARTIFACT_DAMAGED", metadata={"uri": artifact.uri})
        await self._touch(artifact.uri, found)
        return data

    async def holds(self, artifact: Artifact) -> bool:
        """Whether an artifact can be had: it was neither pruned nor damaged since somebody remembered it."""
        try:
            await self.get(artifact)
        except Missing:
            return False
        return True

    async def get_message(self, artifact: Artifact, message: Message) -> None:
        """Parse an artifact into `message`.

        Raises:
            Missing: It is not in the store.
            InvalidRequest: It holds something else.
        """
        expected = protobuf_type(type(message))
        if artifact.media_type != expected:
            raise InvalidRequest(f"{artifact.uri} is {artifact.media_type}, not {expected}", reason="WRONG_MEDIA_TYPE")
        try:
            message.ParseFromString(await self.get(artifact))
        except DecodeError as error:
            raise InvalidRequest(f"{artifact.uri} is no {expected}: {error}", reason="WRONG_MEDIA_TYPE") from error

    async def local(self, artifact: Artifact, suffix: str = "") -> Path:
        """A read-only local copy of a **shared** artifact, made once per machine and kept.

        Personal artifacts never stay on a machine: use `get`, or `fetch` into a folder that you delete. Copies that
        nobody has asked for longest go when all of them are over `ArtifactSettings.cache_gib`. A copy is compared with
        its address when this process first asks for it: what a failing disk made of it would be in every film.

        Raises:
            Missing: It is not in the store.
        """
        if not artifact.uri.startswith((SHARED + "/", RECIPES + "/")):
            raise InvalidRequest(f"{artifact.uri} is personal and stays off this disk", reason="PERSONAL_ARTIFACT")
        digest = artifact.uri.rsplit("/", 1)[1]
        path = self._cache / (digest + suffix)
        try:
            os.utime(path)
            known = artifact.uri, path.stat().st_ino
            if known not in self._sound and await asyncio.to_thread(_digest, path) != digest:
                raise FileNotFoundError(path)
        except FileNotFoundError:
            await self.fetch(artifact, path)
            await asyncio.to_thread(_prune_folder, self._cache, self._settings.cache_bytes)
            known = artifact.uri, path.stat().st_ino
        self._sound.add(known)
        return path

    async def copy(self, artifact: Artifact, scope: str) -> Artifact:
        """The same bytes under another scope, copied by the store itself and out of the reach of `prune`.

        Raises:
            Missing: It is not in the store.
        """
        uri = f"{scope}/{artifact.uri.rsplit('/', 1)[1]}"
        if uri != artifact.uri:
            try:
                with _answering(uri):
                    await obstore.copy_async(self._store, artifact.uri, uri)
            except FileNotFoundError:
                raise _missing(artifact) from None
        return Artifact(uri=uri, size_bytes=artifact.size_bytes, media_type=artifact.media_type)

    async def fetch(self, artifact: Artifact, path: Path) -> None:
        """Copy an artifact to `path`, whole or not at all.

        Raises:
            Missing: It is not in the store.
            StoreFull: There is no room for it on this disk.
        """
        data = await self.get(artifact)

        def write() -> None:
            path.parent.mkdir(parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(dir=path.parent, prefix=path.name)
            try:
                with os.fdopen(handle, "wb") as file:
                    file.write(data)
                Path(name).replace(path)
            except BaseException:
                Path(name).unlink(missing_ok=True)
                raise

        try:
            await asyncio.to_thread(write)
        except OSError as error:
            if error.errno in FULL:
                raise StoreFull(f"no room for {len(data)} bytes at {path}") from error
            raise

    async def stream(self, artifact: Artifact, start: int, end: int) -> AsyncIterator[bytes]:
        """Bytes `start` to `end` (exclusive) of an artifact in chunks.

        Raises:
            Missing: It is not in the store.
        """
        for offset in range(start, end, CHUNK_BYTES):
            try:
                with _answering(artifact.uri):
                    part = await obstore.get_range_async(
                        self._store, artifact.uri, start=offset, end=min(end, offset + CHUNK_BYTES)
                    )
            except FileNotFoundError:
                raise _missing(artifact) from None
            yield bytes(part)

    async def erase(self, scope: str) -> int:
        """Delete everything under `scope`, also what killed writers left unfinished; says how many objects went.

        Raises:
            ValueError: The scope is not one session's.
        """
        if not scope.startswith("sessions/") or scope.count("/") != 1 or scope.endswith("/"):
            raise ValueError(f"{scope!r} is not a session's scope")
        count = 0
        with _answering(scope):
            async for batch in obstore.list(self._store, prefix=scope + "/"):
                for entry in batch:
                    await obstore.delete_async(self._store, entry["path"])
                    count += 1
        if self._folder is not None:
            try:
                await asyncio.to_thread(shutil.rmtree, self._folder / scope)
            except OSError as error:
                if error.errno not in {errno.ENOENT, errno.ENOTEMPTY}:  # somebody writes there still
                    raise
        return count

    async def prune(self) -> Pruned:
        """Delete what was drawn for recipes and not asked for: all past its days, then the least recent over the limit.

        The limits are `ArtifactSettings.recipes_gib` and `recipes_days`. Any number of processes may prune at once,
        beside any number of readers and writers: what was asked for within `SPARED` stays, even over the limit, and a
        step whose outcome went does its work again. What writers who were killed left unfinished goes once it is old.
        """
        now = datetime.now(UTC)
        if self._folder is not None:
            await asyncio.to_thread(_drop_staged, [self._folder / scope for scope in (SHARED, RECIPES)])
        with _answering(RECIPES):
            entries = [entry async for batch in obstore.list(self._store, prefix=RECIPES + "/") for entry in batch]
        entries.sort(key=lambda entry: entry["last_modified"])
        total = sum(entry["size"] for entry in entries)
        gone = Pruned(0, 0, total)
        for entry in entries:
            idle = now - entry["last_modified"]
            if idle < SPARED or (gone.left_bytes <= self._settings.recipes_bytes and idle < self._settings.recipes_age):
                break
            if await self._drop(entry["path"], entry["last_modified"]):
                gone = Pruned(gone.objects + 1, gone.freed_bytes + entry["size"], gone.left_bytes - entry["size"])
        return gone

    async def _drop(self, path: str, unless_after: datetime) -> bool:
        """Delete an object that nobody asked for since; says whether it went."""
        try:
            with _answering(path):
                if (await obstore.head_async(self._store, path))["last_modified"] > unless_after:
                    return False
                await obstore.delete_async(self._store, path)
        except FileNotFoundError:
            return False
        return True

    async def recall(self, scope: str, key: str) -> bytes | None:
        """What `remember` kept for `key`, or None, also when it was damaged. Keys are any text; they are hashed."""
        path = self._index(scope, key)
        found = await self._read(path)
        if found is None:
            return None
        kept = bytes(found.data)
        value = kept[_SEAL_BYTES:]
        if kept[:_SEAL_BYTES] != _seal(key, value):
            return None
        await self._touch(path, found)
        return value

    async def remember(self, scope: str, key: str, value: bytes) -> None:
        """Keep the outcome of a step under the key of its inputs (a step's name, inputs and code version)."""
        await self._write(self._index(scope, key), [_seal(key, value) + value])

    @staticmethod
    def _index(scope: str, key: str) -> str:
        return f"{scope}/index/{hashlib.sha256(key.encode()).hexdigest()}"

    async def _read(self, path: str) -> _Found | None:
        try:
            with _answering(path):
                found = await obstore.get_async(self._store, path)
                return _Found(await found.bytes_async(), found.meta["last_modified"])
        except FileNotFoundError:
            return None

    async def _touch(self, path: str, found: _Found) -> None:
        """Note that an object which may be pruned was asked for; buckets keep no time of reading, so it is written."""
        if path.startswith(RECIPES + "/") and datetime.now(UTC) - found.written > SPARED / 2:
            await self._write(path, [bytes(found.data)])

    async def _write(self, path: str, parts: Sequence[bytes | memoryview]) -> None:
        # What is a fan's goes to a bucket in one request: of several that were cut off, some would stay, and no listing
        # shows them.
        whole = False if path.startswith("sessions/") else None
        data = parts[0] if len(parts) == 1 else parts
        try:
            with _answering(path):
                await obstore.put_async(self._store, path, data, use_multipart=whole)
        except (OSError, NotReady) as error:
            number = error.errno if isinstance(error, OSError) else None
            if number in FULL or any(os.strerror(full) in str(error.__cause__) for full in FULL):
                raise StoreFull(f"no room for {sum(map(len, parts))} bytes at {path}") from error
            raise


@contextlib.contextmanager
def _answering(path: str) -> Iterator[None]:
    """Let whoever asked come back when the store did not answer."""
    try:
        yield
    except GenericError as error:
        raise NotReady(
            f"the store does not answer for {path}", reason="STORE_UNREACHABLE", retry_after_s=2.0
        ) from error


def _address(parts: Sequence[bytes | memoryview]) -> str:
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part)
    return digest.hexdigest()


def _equal(found: memoryview, parts: Sequence[bytes | memoryview]) -> bool:
    """Whether what was found is these parts, one after the other."""
    ends = list(accumulate(map(len, parts), initial=0))
    return len(found) == ends[-1] and all(
        found[begin:end] == part for (begin, end), part in zip(pairwise(ends), parts, strict=True)
    )


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


_SEAL_BYTES = 32


def _seal(key: str, value: bytes) -> bytes:
    """What an entry of the index begins with: it lies at its key's address, and not at its content's."""
    return hashlib.sha256(hashlib.sha256(key.encode()).digest() + value).digest()


def _missing(artifact: Artifact) -> Missing:
    return Missing(f"{artifact.uri} is not in the store", reason="ARTIFACT_MISSING", metadata={"uri": artifact.uri})


def _drop_staged(folders: list[Path]) -> None:
    """Delete objects that were begun and never finished."""
    for path in (path for folder in folders for path in folder.rglob("*#*") if STAGED.fullmatch(path.name)):
        with contextlib.suppress(FileNotFoundError):
            if time.time() - path.stat().st_mtime > ABANDONED.total_seconds():
                path.unlink()


def _prune_folder(folder: Path, limit_bytes: int) -> None:
    """Delete the files that were asked for least recently until the rest are within the limit.

    A file that somebody has open stays readable to them, and what was asked for within `SPARED` stays.
    """
    files = []
    for path in folder.iterdir():
        with contextlib.suppress(FileNotFoundError):  # another process of this machine prunes too
            about = path.stat()
            if stat.S_ISREG(about.st_mode):  # services keep folders of their own beside the copies
                files.append((about.st_mtime, about.st_size, path))
    total = sum(size for _, size, _ in files)
    for used, size, path in sorted(files):
        if total <= limit_bytes or time.time() - used < SPARED.total_seconds():
            return
        path.unlink(missing_ok=True)
        total -= size


def clear_folder(folder: Path) -> None:
    """Delete a working folder that held personal files; absent is fine."""
    shutil.rmtree(folder, ignore_errors=True)
