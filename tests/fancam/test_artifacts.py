"""The artifact store: what is put comes back, damage and absence are said, erasing takes all, pruning the idle."""

from __future__ import annotations

import asyncio
import hashlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from fancam.artifacts import RECIPES, SHARED, STAGED, ArtifactStore, Pruned, clear_folder, session_scope
from fancam.errors import InvalidRequest, Missing, NotReady, StoreFull
from fancam.settings import ArtifactSettings
from fancam.v1.media_pb2 import Artifact, Progress, Span

FAN = session_scope("fan-12345678")
OTHER = session_scope("fan-123456789")
"""Another session whose name begins with the first one's: a careless prefix would erase it too."""


def folder_bytes(tmp_path: Path) -> bytes:
    """Everything that lies on the disk under the store and its cache."""
    return b"".join(path.read_bytes() for path in sorted(tmp_path.rglob("*")) if path.is_file())


async def test_equal_bytes_have_an_equal_address(store: ArtifactStore) -> None:
    """Putting the same bytes twice gives one address, named by the scope and the sha256."""
    first = await store.put(SHARED, b"la la la", "audio/flac")
    second = await store.put(SHARED, b"la la la", "audio/flac")

    assert first == second
    assert first.uri == "shared/" + hashlib.sha256(b"la la la").hexdigest()
    assert first.size_bytes == 8
    assert await store.get(first) == b"la la la"


async def test_many_writers_of_one_object_do_not_disturb_each_other(store: ArtifactStore) -> None:
    """Twenty steps that make the same megabyte at once leave it whole."""
    data = bytes(range(256)) * 4096

    kept = await asyncio.gather(*(store.put(SHARED, data, "video/mp4") for _ in range(20)))

    assert len({artifact.uri for artifact in kept}) == 1
    assert await store.get(kept[0]) == data


async def test_what_is_not_there_is_missing(store: ArtifactStore) -> None:
    """Reading, copying and streaming an address without bytes all say so, with the address for programs."""
    nothing = Artifact(uri="shared/" + "0" * 64, size_bytes=1, media_type="audio/flac")

    with pytest.raises(Missing, match="not in the store") as caught:
        await store.get(nothing)
    assert not await store.holds(nothing)
    assert caught.value.reason == "ARTIFACT_MISSING"
    assert caught.value.metadata == {"uri": nothing.uri}
    with pytest.raises(Missing):
        await store.local(nothing)
    with pytest.raises(Missing):
        async for _ in store.stream(nothing, 0, 1):
            pass


@pytest.mark.parametrize("name", ["\x13" + "0" * 63, "../" + "0" * 64, "0" * 63, ""])
async def test_what_is_no_address_is_missing(name: str, store: ArtifactStore) -> None:
    """A store may not even take such a name: nobody is told to come back for it."""
    with pytest.raises(Missing, match="not in the store"):
        await store.get(Artifact(uri=f"shared/{name}"))


async def test_damage_is_not_handed_on(store: ArtifactStore, tmp_path: Path) -> None:
    """One flipped bit on the disk is noticed when the bytes are read."""
    artifact = await store.put(SHARED, b"la la la", "audio/flac")
    assert await store.holds(artifact)
    (tmp_path / "artifacts" / artifact.uri).write_bytes(b"la lb la")

    with pytest.raises(Missing, match="damaged") as caught:
        await store.get(artifact)
    assert not await store.holds(artifact)
    assert caught.value.reason == "ARTIFACT_DAMAGED"


@pytest.mark.parametrize("damage", [b"la lb la", b"", b"la la la la"], ids=["flipped", "empty", "longer"])
async def test_putting_again_mends_what_was_damaged(damage: bytes, store: ArtifactStore, tmp_path: Path) -> None:
    """A step that is done again because its outcome was damaged leaves it whole."""
    artifact = await store.put(SHARED, b"la la la", "audio/flac")
    (tmp_path / "artifacts" / artifact.uri).write_bytes(damage)

    assert await store.put(SHARED, b"la la la", "audio/flac") == artifact
    assert await store.get(artifact) == b"la la la"


async def test_parts_are_kept_as_what_they_are_together(store: ArtifactStore, tmp_path: Path) -> None:
    """Equal bytes in other pieces have the same address; kept again they change nothing, or mend what was damaged."""
    whole = await store.put(SHARED, b"la la la", "video/mp4")
    path = tmp_path / "artifacts" / whole.uri
    before = path.stat().st_ino

    assert await store.put_parts(SHARED, [b"la ", memoryview(b"la"), b" la"], "video/mp4") == whole
    assert path.stat().st_ino == before
    path.write_bytes(b"la la lb")
    assert await store.put_parts(SHARED, [b"la la ", b"", b"la"], "video/mp4") == whole
    assert await store.get(whole) == b"la la la"


async def test_a_message_comes_back_as_it_was(store: ArtifactStore) -> None:
    """Messages are kept under their own media type, and asking for another type is refused."""
    artifact = await store.put_message(SHARED, Span(name="align", start_unix_ns=1, end_unix_ns=2))

    span = Span()
    await store.get_message(artifact, span)
    assert span == Span(name="align", start_unix_ns=1, end_unix_ns=2)
    with pytest.raises(InvalidRequest) as caught:
        await store.get_message(artifact, Progress())
    assert caught.value.reason == "WRONG_MEDIA_TYPE"
    rubbish = await store.put(SHARED, b"la la la", artifact.media_type)
    with pytest.raises(InvalidRequest, match=r"is no application/x-protobuf; message=fancam\.v1\.Span"):
        await store.get_message(rubbish, span)


async def test_streamed_ranges_are_the_bytes(store: ArtifactStore) -> None:
    """Any range comes in chunks that add up to exactly it, as a player that seeks needs."""
    data = bytes(range(256)) * 4000
    artifact = await store.put(SHARED, data, "video/mp4")

    for start, end in [(0, len(data)), (1, 2), (300_000, 900_001), (len(data) - 1, len(data))]:
        assert b"".join([part async for part in store.stream(artifact, start, end)]) == data[start:end]


async def test_only_shared_bytes_are_kept_on_the_machine(store: ArtifactStore, tmp_path: Path) -> None:
    """A shared artifact is copied once and kept; a fan's is refused, so that erasing never misses a copy."""
    stem = await store.put(SHARED, b"a stem", "audio/flac")
    take = await store.put(FAN, b"a take", "audio/flac")

    path = await store.local(stem, ".flac")

    assert path.read_bytes() == b"a stem"
    assert await store.local(stem, ".flac") == path
    with pytest.raises(InvalidRequest) as caught:
        await store.local(take)
    assert caught.value.reason == "PERSONAL_ARTIFACT"
    assert b"a take" not in b"".join(file.read_bytes() for file in (tmp_path / "cache").iterdir())


async def test_erasing_a_session_leaves_no_byte_of_it(store: ArtifactStore, tmp_path: Path) -> None:
    """Artifacts and index of the session go, its neighbour's and the shared ones stay."""
    await store.put(FAN, b"a face", "image/jpeg")
    await store.remember(FAN, "recognise", b"a nose of mine")
    neighbour = await store.put(OTHER, b"another face", "image/jpeg")
    stem = await store.put(SHARED, b"a stem", "audio/flac")

    assert await store.erase(FAN) == 2

    left = folder_bytes(tmp_path)
    assert b"a face" not in left
    assert b"a nose of mine" not in left
    assert await store.get(neighbour) == b"another face"
    assert await store.get(stem) == b"a stem"
    assert await store.erase(FAN) == 0


@pytest.mark.parametrize("scope", ["shared", "sessions", "sessions/", "", "sessions/a/b", "shared/sessions/x"])
async def test_only_a_session_can_be_erased(store: ArtifactStore, scope: str) -> None:
    """A slip of the caller never deletes a campaign."""
    with pytest.raises(ValueError, match="not a session"):
        await store.erase(scope)


async def test_an_outcome_is_recalled_by_its_inputs(store: ArtifactStore) -> None:
    """The index knows each scope's own keys, whatever their characters, and says None for the rest."""
    key = "compose " + "ключ/../" * 100
    await store.remember(FAN, key, b"segment")

    assert await store.recall(FAN, key) == b"segment"
    assert await store.recall(OTHER, key) is None
    assert await store.recall(FAN, "compose") is None


async def test_a_damaged_entry_of_the_index_is_forgotten(store: ArtifactStore, tmp_path: Path) -> None:
    """Any bit of it: the step is then done again, in place of going by what the damage says."""
    await store.remember(SHARED, "compose", b"segment")
    entry = next((tmp_path / "artifacts" / SHARED / "index").iterdir())
    whole = entry.read_bytes()
    for number in range(len(whole)):
        entry.write_bytes(whole[:number] + bytes([whole[number] ^ 4]) + whole[number + 1 :])
        assert await store.recall(SHARED, "compose") is None
    entry.write_bytes(whole[:-1])
    assert await store.recall(SHARED, "compose") is None
    await store.remember(SHARED, "compose", b"segment")
    assert await store.recall(SHARED, "compose") == b"segment"


def staged(folder: Path, scope: str) -> Path:
    """An object of a scope that somebody began to write, as a folder's store names it, and was killed over."""
    path = folder / scope / ("0" * 64 + "#1")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"a voice")
    return path


async def test_what_a_killed_writer_left_is_erased_and_pruned(store: ArtifactStore, tmp_path: Path) -> None:
    """No listing shows it, and yet nothing of a fan is left when they are erased, and elsewhere nothing that is old."""
    folder = tmp_path / "artifacts"
    await store.put(FAN, b"a face", "image/jpeg")
    fans, others = staged(folder, FAN), staged(folder, OTHER)
    old, young = aged(staged(folder, SHARED), 2), staged(folder, RECIPES)

    assert await store.erase(FAN) == 1
    await store.prune()

    assert not fans.parent.exists()
    assert [path.exists() for path in (others, old, young)] == [True, False, True]


async def test_a_writer_is_killed_where_the_test_above_says(tmp_path: Path) -> None:
    """The name of an unfinished object is obstore's own: a writer that is stopped in the middle of one has it."""
    folder = tmp_path / "artifacts"
    limit = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, -1)); "
    write = f"""
import asyncio, signal, sys
signal.signal(signal.SIGXFSZ, signal.SIG_DFL)  # the system kills whoever writes more than a megabyte
from fancam.artifacts import ArtifactStore
from fancam.settings import ArtifactSettings
store = ArtifactStore(ArtifactSettings(url={folder.as_uri()!r}, cache={str(tmp_path / "cache")!r}))
asyncio.run(store.put({FAN!r}, bytes(3_000_000), "audio/wav"))
"""
    writer = await asyncio.create_subprocess_exec(sys.executable, "-c", limit + write)

    assert await writer.wait() == -signal.SIGXFSZ
    assert [bool(STAGED.fullmatch(path.name)) for path in (folder / FAN).iterdir()] == [True]


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system with room for 64 KiB."""
    folder = tmp_path / "small"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", folder], check=False, capture_output=True
    )
    if mounted.returncode != 0:
        pytest.skip("this test mounts a small file system, which is not allowed here")
    yield folder
    subprocess.run(["umount", folder], check=True)


async def test_a_full_disk_is_said_and_leaves_nothing_half_written(small_disk: Path, tmp_path: Path) -> None:
    """Store and cache both answer StoreFull, no partial object is visible, and room makes the same call work."""
    store = ArtifactStore(ArtifactSettings(url=(small_disk / "a").as_uri(), cache=str(small_disk / "c")))
    small = await store.put(SHARED, b"s" * 30_000, "video/mp4")
    with pytest.raises(StoreFull, match="no room for 100000 bytes"):
        await store.put(SHARED, b"x" * 100_000, "video/mp4")
    elsewhere = ArtifactStore(ArtifactSettings(url=(tmp_path / "a").as_uri(), cache=str(small_disk / "c")))
    large = await elsewhere.put(SHARED, b"x" * 100_000, "video/mp4")
    with pytest.raises(StoreFull):
        await elsewhere.local(large)

    assert [path.stat().st_size for path in small_disk.rglob("*") if path.is_file()] == [30_000]
    assert await store.get(small) == b"s" * 30_000
    assert (await store.put(SHARED, b"y" * 10_000, "video/mp4")).size_bytes == 10_000


def aged(path: Path, hours: float) -> Path:
    """The file, as if it had been written that long ago."""
    then = time.time() - hours * 3600
    os.utime(path, (then, then))
    return path


@pytest.fixture
async def passes(store: ArtifactStore, tmp_path: Path) -> list[Artifact]:
    """Five passes of 1,000 bytes each that were asked for 5, 4, 3, 2 hours and half an hour ago."""
    made = [await store.put(RECIPES, bytes([number]) * 1000, "video/mp4") for number in range(5)]
    for artifact, hours in zip(made, (5, 4, 3, 2, 0.5), strict=True):
        aged(tmp_path / "artifacts" / artifact.uri, hours)
    return made


def bounded(tmp_path: Path, limit_bytes: int, age_hours: float) -> ArtifactStore:
    """The same store as another process sees it, whose recipes may take no more than that."""
    address = (tmp_path / "artifacts").as_uri()
    limits = {"recipes_gib": limit_bytes / 2**30, "recipes_days": age_hours / 24}
    return ArtifactStore(ArtifactSettings(url=address, cache=str(tmp_path / "cache"), **limits))


async def held(store: ArtifactStore, artifacts: list[Artifact]) -> list[int]:
    """Which of them are there."""
    return [number for number, artifact in enumerate(artifacts) if await store.holds(artifact)]


@pytest.mark.parametrize(
    ("limits", "left"),
    [((9000, 9), [0, 1, 2, 3, 4]), ((3000, 9), [2, 3, 4]), ((9000, 3.5), [2, 3, 4]), ((0, 9), [4]), ((0, 0), [4])],
    ids=["within", "size", "age", "nothing allowed", "no age allowed"],
)
async def test_what_was_asked_for_least_recently_is_pruned(
    limits: tuple[int, float], left: list[int], store: ArtifactStore, passes: list[Artifact], tmp_path: Path
) -> None:
    """Too old goes, then the oldest until the rest is within the limit; what a film may be reading stays."""
    stem = await store.put(SHARED, b"s" * 5000, "audio/flac")
    selfie = await store.put(FAN, b"f" * 5000, "image/jpeg")

    pruned = await bounded(tmp_path, *limits).prune()

    assert await held(store, passes) == left
    assert pruned == Pruned(5 - len(left), 1000 * (5 - len(left)), 1000 * len(left))
    assert await store.holds(stem)
    assert await store.holds(selfie)


async def test_asking_for_a_pass_keeps_it(store: ArtifactStore, passes: list[Artifact], tmp_path: Path) -> None:
    """A pass that was found, read or made again a moment ago outlives those that nobody wanted, and so does its key."""
    await store.remember(RECIPES, "pass of a recipe", b"where it is")
    index = next((tmp_path / "artifacts" / RECIPES / "index").iterdir())
    aged(index, 6)

    assert await store.recall(RECIPES, "pass of a recipe") == b"where it is"
    await store.get(passes[0])
    await store.put(RECIPES, bytes([1]) * 1000, "video/mp4")
    await bounded(tmp_path, 0, 24).prune()

    assert await held(store, passes) == [0, 1, 4]
    assert await store.recall(RECIPES, "pass of a recipe") == b"where it is"


async def test_a_copy_under_another_scope_lives_by_its_own(
    store: ArtifactStore, passes: list[Artifact], tmp_path: Path
) -> None:
    """It stays when the pass itself is pruned; copying to where it lies changes nothing, copying what went is said."""
    copied = await store.copy(passes[0], SHARED)
    await bounded(tmp_path, 0, 0).prune()

    assert copied.uri.startswith(SHARED + "/")
    assert await store.get(copied) == bytes(1000)
    assert await store.copy(copied, SHARED) == copied
    with pytest.raises(Missing):
        await store.copy(passes[1], FAN)


WORKER = """
import asyncio, sys
from datetime import timedelta
from fancam import artifacts
from fancam.errors import Missing
from fancam.settings import ArtifactSettings

artifacts.SPARED = timedelta(0)  # nothing is spared: every reader may find that its object went

async def main(url, cache, seed):
    store = artifacts.ArtifactStore(ArtifactSettings(url=url, cache=cache, recipes_gib=40_000 / 2**30))
    read = 0
    for turn in range(60):
        data = bytes([(turn + seed) % 7]) * 20_000
        artifact = await store.put(artifacts.RECIPES, data, "video/mp4")
        try:
            assert await store.get(artifact) == data
            read += 1
        except Missing as error:
            assert error.reason == "ARTIFACT_MISSING", error.reason
        await store.prune()
    print(read)

asyncio.run(main(*sys.argv[1:3], int(sys.argv[3])))
"""


async def test_processes_that_write_read_and_prune_at_once_see_whole_objects_or_none(tmp_path: Path) -> None:
    """Three processes on one store, with nothing spared: an object is whole or missing, never anything between."""
    url, cache = (tmp_path / "artifacts").as_uri(), str(tmp_path / "cache")
    workers = [
        await asyncio.create_subprocess_exec(
            sys.executable, "-c", WORKER, url, cache, str(seed), stdout=asyncio.subprocess.PIPE
        )
        for seed in range(3)
    ]
    said = [await worker.communicate() for worker in workers]

    assert [worker.returncode for worker in workers] == [0, 0, 0]
    assert sum(int(out) for out, _ in said) > 0


ENDING = """
import asyncio, sys, threading, time
from fancam.artifacts import SHARED, ArtifactStore
from fancam.settings import ArtifactSettings

wake = asyncio.SelectorEventLoop._write_to_self

def wake_and_linger(loop):
    wake(loop)
    if threading.get_ident() not in {thread.ident for thread in threading.enumerate()}:
        for _ in range(500):
            time.sleep(0.001)  # as one of the store's threads that is given no processor for a while

asyncio.SelectorEventLoop._write_to_self = wake_and_linger
store = ArtifactStore(ArtifactSettings(url=sys.argv[1], cache=sys.argv[2]))
asyncio.run(store.put(SHARED, b"la la la", "audio/flac"))
"""


async def test_a_process_that_ends_with_the_stores_last_answer_ends_well(tmp_path: Path) -> None:
    """A thread of the store's that has not come back from handing it over is waited for, or it would abort."""
    where = (tmp_path / "artifacts").as_uri(), str(tmp_path / "cache")
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", ENDING, *where)

    assert await process.wait() == 0


async def test_copies_on_the_machine_are_bounded(tmp_path: Path) -> None:
    """The copy that was asked for least recently goes; what was asked for within the hour stays, as do folders."""
    settings = ArtifactSettings(url=(tmp_path / "artifacts").as_uri(), cache=str(tmp_path / "cache"), cache_gib=3e-6)
    store = ArtifactStore(settings)
    stems = [await store.put(SHARED, bytes([number]) * 1000, "audio/flac") for number in range(5)]
    for stem, hours in zip(stems[:4], (4, 3, 2, 5), strict=True):
        aged(await store.local(stem), hours)
    await store.local(stems[3])
    uploads = tmp_path / "cache" / "uploads"
    uploads.mkdir()
    aged(uploads, 6)

    await store.local(stems[4])

    left = sorted(path.read_bytes()[0] for path in (tmp_path / "cache").iterdir() if path != uploads)
    assert left == [2, 3, 4]
    assert uploads.is_dir()


async def test_a_copy_that_a_disk_damaged_is_fetched_again(store: ArtifactStore, tmp_path: Path) -> None:
    """One flipped bit in a machine's copy is found by the next process that asks for it, which then has it whole."""
    stem = await store.put(SHARED, b"la la la", "audio/flac")
    (await store.local(stem)).write_bytes(b"la lb la")
    settings = ArtifactSettings(url=(tmp_path / "artifacts").as_uri(), cache=str(tmp_path / "cache"))

    assert (await ArtifactStore(settings).local(stem)).read_bytes() == b"la la la"


def bucket_settings(monkeypatch: pytest.MonkeyPatch, port: int) -> None:
    """Let buckets be asked for at this port."""
    for name, value in {
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
        "AWS_ALLOW_HTTP": "true",
        "AWS_ACCESS_KEY_ID": "x",
        "AWS_SECRET_ACCESS_KEY": "x",
    }.items():
        monkeypatch.setenv(name, value)


@pytest.mark.parametrize(("refusals", "answers"), [(2, True), (10**6, False)], ids=["hiccup", "outage"])
async def test_a_bucket_that_does_not_answer_is_asked_again_later(
    refusals: int, answers: bool, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Two refusals in a row go unnoticed; a longer outage is one that the caller is told to wait out."""
    data, told = b"la la la", list[int]()

    async def bucket(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while await reader.readuntil(b"\r\n\r\n"):
            told.append(503 if len(told) < refusals else 200)
            body = data if told[-1] == 200 else b"<Error><Code>SlowDown</Code></Error>"
            dated = "Last-Modified: Mon, 23 Nov 2026 01:00:00 GMT\r\nETag: x"
            writer.write(f"HTTP/1.1 {told[-1]} -\r\nContent-Length: {len(body)}\r\n{dated}\r\n\r\n".encode() + body)

    async with await asyncio.start_server(bucket, "127.0.0.1", 0) as server:
        bucket_settings(monkeypatch, server.sockets[0].getsockname()[1])
        store = ArtifactStore(ArtifactSettings(url="s3://bucket/films", cache=str(tmp_path)))
        stem = Artifact(uri="shared/" + hashlib.sha256(data).hexdigest(), size_bytes=8)
        if answers:
            assert await store.get(stem) == data
        else:
            with pytest.raises(NotReady, match="does not answer for shared/") as caught:
                await store.get(stem)
            assert caught.value.retry_after_s > 0
        server.close()


async def test_a_film_in_parts_comes_to_a_bucket_in_one_request(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Its length is said first, so that a bucket has all of it or nothing, however many pieces it was made of."""
    told = list[tuple[str, bytes]]()

    async def bucket(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while head := (await reader.readuntil(b"\r\n\r\n")).decode():
            lengths = [line.split(":")[1] for line in head.lower().splitlines() if line.startswith("content-length:")]
            told.append((head.split(" ")[0], await reader.readexactly(int(lengths[0]) if lengths else 0)))
            status = "200" if told[-1][0] == "PUT" else "404"
            writer.write(f"HTTP/1.1 {status} -\r\nETag: x\r\nContent-Length: 0\r\n\r\n".encode())

    async with await asyncio.start_server(bucket, "127.0.0.1", 0) as server:
        bucket_settings(monkeypatch, server.sockets[0].getsockname()[1])
        store = ArtifactStore(ArtifactSettings(url="s3://bucket/films", cache=str(tmp_path)))
        parts = [bytes([number % 256]) * 30_000 for number in range(400)]
        await store.put_parts(FAN, parts, "video/mp4")
        server.close()

    assert told == [("GET", b""), ("PUT", b"".join(parts))]


def test_clearing_a_folder_that_is_gone_is_fine(tmp_path: Path) -> None:
    """Cleaning up twice is not a failure."""
    (tmp_path / "work").mkdir()
    (tmp_path / "work" / "selfie.jpg").write_bytes(b"a face")

    clear_folder(tmp_path / "work")
    clear_folder(tmp_path / "work")

    assert list(tmp_path.iterdir()) == []
