"""The artifact store: bytes by content, in a folder or a bucket, and a small index from what was asked to what came."""

from __future__ import annotations

import asyncio
import errno
import hashlib
import os
import shutil
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import unquote, urlparse

import obstore
from google.protobuf.message import Message
from obstore.store import LocalStore, ObjectStore, from_url

from fancam.errors import InvalidRequest, Missing, StoreFull
from fancam.settings import ArtifactSettings
from fancam.v1.media_pb2 import Artifact

SHARED = "shared"
"""The scope of what no fan can be known by."""

CHUNK_BYTES = 256 * 1024

FULL = {errno.ENOSPC, errno.EDQUOT}
"""What the system says when a disk or a quota is full."""


def session_scope(session: str) -> str:
    """The scope of one session's artifacts; erasing the session erases this scope."""
    return f"sessions/{session}"


def protobuf_type(message: type[Message]) -> str:
    """Media type of a serialised message."""
    return f"application/x-protobuf; message={message.DESCRIPTOR.full_name}"


class ArtifactStore:
    """Bytes addressed by scope and sha256. Safe for many writers: an object appears whole or not at all."""

    def __init__(self, settings: ArtifactSettings) -> None:
        location = settings.location()
        if location.startswith("file://"):
            folder = Path(unquote(urlparse(location).path))
            folder.mkdir(parents=True, exist_ok=True)
            self._store: ObjectStore = LocalStore(prefix=folder)
        else:
            self._store = from_url(location)
        self._cache = settings.cache_folder()
        self._cache.mkdir(parents=True, exist_ok=True)

    async def put(self, scope: str, data: bytes, media_type: str) -> Artifact:
        """Keep `data` under `scope`; keeping it again changes nothing, or mends what was damaged.

        What lies there already is read and compared: a step that was done again because its outcome was damaged must
        not find the damage a second time. That costs a read where a write is saved.

        Raises:
            StoreFull: There is no room left.
        """
        digest = await asyncio.to_thread(lambda: hashlib.sha256(data).hexdigest())
        uri = f"{scope}/{digest}"
        found = await self._read(uri)
        if found is None or not await asyncio.to_thread(lambda: memoryview(found) == memoryview(data)):
            await self._write(uri, data)
        return Artifact(uri=uri, size_bytes=len(data), media_type=media_type)

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
        found = await self._read(artifact.uri)
        if found is None:
            raise _missing(artifact)
        # Copying takes about as long as hashing: neither holds the event loop up.
        data, digest = await asyncio.to_thread(lambda: (bytes(found), hashlib.sha256(found).hexdigest()))
        if not artifact.uri.endswith(digest):
            raise Missing(f"{artifact.uri} is damaged", reason="ARTIFACT_DAMAGED", metadata={"uri": artifact.uri})
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
        message.ParseFromString(await self.get(artifact))

    async def local(self, artifact: Artifact, suffix: str = "") -> Path:
        """A read-only local copy of a **shared** artifact, made once per machine and kept.

        Personal artifacts never stay on a machine: use `get`, or `fetch` into a folder that you delete.

        Raises:
            Missing: It is not in the store.
        """
        if not artifact.uri.startswith(SHARED + "/"):
            raise InvalidRequest(f"{artifact.uri} is personal and stays off this disk", reason="PERSONAL_ARTIFACT")
        path = self._cache / (artifact.uri.rsplit("/", 1)[1] + suffix)
        if not path.exists():
            await self.fetch(artifact, path)
        return path

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
                part = await obstore.get_range_async(
                    self._store, artifact.uri, start=offset, end=min(end, offset + CHUNK_BYTES)
                )
            except FileNotFoundError:
                raise _missing(artifact) from None
            yield bytes(part)

    async def erase(self, scope: str) -> int:
        """Delete everything under `scope`; says how many objects went.

        Raises:
            ValueError: The scope is not one session's.
        """
        if not scope.startswith("sessions/") or scope.count("/") != 1 or scope.endswith("/"):
            raise ValueError(f"{scope!r} is not a session's scope")
        count = 0
        async for batch in obstore.list(self._store, prefix=scope + "/"):
            for entry in batch:
                await obstore.delete_async(self._store, entry["path"])
                count += 1
        return count

    async def recall(self, scope: str, key: str) -> bytes | None:
        """What `remember` kept for `key`, or None. Keys are any text; they are hashed."""
        found = await self._read(self._index(scope, key))
        return None if found is None else bytes(found)

    async def remember(self, scope: str, key: str, value: bytes) -> None:
        """Keep the outcome of a step under the key of its inputs (a step's name, inputs and code version)."""
        await self._write(self._index(scope, key), value)

    @staticmethod
    def _index(scope: str, key: str) -> str:
        return f"{scope}/index/{hashlib.sha256(key.encode()).hexdigest()}"

    async def _read(self, path: str) -> obstore.Bytes | None:
        try:
            found = await obstore.get_async(self._store, path)
        except FileNotFoundError:
            return None
        return await found.bytes_async()

    async def _write(self, path: str, data: bytes) -> None:
        try:
            await obstore.put_async(self._store, path, data)
        except OSError as error:
            if error.errno in FULL:
                raise StoreFull(f"no room for {len(data)} bytes at {path}") from error
            raise
        except Exception as error:
            if "No space left" in str(error):
                raise StoreFull(f"no room for {len(data)} bytes at {path}") from error
            raise


def _missing(artifact: Artifact) -> Missing:
    return Missing(f"{artifact.uri} is not in the store", reason="ARTIFACT_MISSING", metadata={"uri": artifact.uri})


def clear_folder(folder: Path) -> None:
    """Delete a working folder that held personal files; absent is fine."""
    shutil.rmtree(folder, ignore_errors=True)
