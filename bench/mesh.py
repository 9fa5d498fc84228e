"""What being a process of this mesh costs and gives, against plain gRPC as tutorials write it.

`python bench/mesh.py` prints a table and appends JSON lines to out/bench/mesh.jsonl. Both ways run the same handler in
processes of their own, in the same run. Plain: a server that stops on SIGTERM as `grpc.aio` does by itself, a channel
without options. Ours: `fancam.server.run` and `fancam.channel.connect`.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import grpc

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from fancam.artifacts import SHARED, ArtifactStore  # noqa: E402  after the path to it
from fancam.channel import connect  # noqa: E402
from fancam.mesh import free_port  # noqa: E402
from fancam.server import Process, run  # noqa: E402
from fancam.settings import ArtifactSettings, inherited  # noqa: E402
from fancam.v1.audio_pb2 import ModerateNameRequest, ModerateNameResponse  # noqa: E402
from fancam.v1.audio_pb2_grpc import (  # noqa: E402
    AudioServiceServicer,
    AudioServiceStub,
    add_AudioServiceServicer_to_server,
)
from fancam.v1.media_pb2 import Artifact  # noqa: E402

OUT = ROOT / "out" / "bench" / "mesh.jsonl"
SERVICE = "fancam.v1.AudioService"
REQUEST = ModerateNameRequest(
    name="Zoë", pressing=Artifact(uri="shared/" + "0" * 64, size_bytes=1, media_type="application/x-protobuf")
)
WORK_S = 0.02
"""How long the handler takes while replicas are replaced, so that calls are in flight all the time."""
CALLS = 4_000
AT_ONCE = 100
KILLS = 5
ROUNDS = 3
SOUND_BYTES = 32 * 1024 * 1024


class Echo(AudioServiceServicer):
    """Answers with the name."""

    async def ModerateName(  # noqa: N802  gRPC's name
        self,
        request: ModerateNameRequest,
        context: Any,  # noqa: ARG002
    ) -> ModerateNameResponse:
        """Locale `wait`: after WORK_S."""
        if request.locale == "wait":
            await asyncio.sleep(WORK_S)
        return ModerateNameResponse(name=request.name)


@asynccontextmanager
async def echo(server: grpc.aio.Server, process: Process) -> AsyncIterator[None]:
    """Serve it as a member of the mesh."""
    add_AudioServiceServicer_to_server(Echo(), server)
    process.services.append(SERVICE)
    yield


async def plain(address: str) -> None:
    """Serve it as tutorials do."""
    server = grpc.aio.server()
    add_AudioServiceServicer_to_server(Echo(), server)
    server.add_insecure_port(address)
    await server.start()
    await server.wait_for_termination()


def channel(kind: str, *addresses: str) -> grpc.aio.Channel:
    """A channel to all addresses, ours or a plain one."""
    target = f"ipv4:{','.join(addresses)}"
    return connect(target, SERVICE) if kind == "ours" else grpc.aio.insecure_channel(target)


async def start(kind: str, address: str, folder: Path) -> asyncio.subprocess.Process:
    """One replica, ready to answer."""
    environment = {name: text for name, text in inherited().items() if not name.startswith("FANCAM_")}
    environment |= {
        "FANCAM_SERVER_LISTEN": address,
        "FANCAM_SERVER_DRAIN_NOTICE_S": "0.5",
        "FANCAM_SERVER_LOG_LEVEL": "warning",
        "FANCAM_ARTIFACTS_URL": folder.as_uri(),
        "FANCAM_ARTIFACTS_CACHE": str(folder / "cache"),
    }
    child = await asyncio.create_subprocess_exec(sys.executable, __file__, kind, address, env=environment)
    async with grpc.aio.insecure_channel(address) as probe:
        await AudioServiceStub(probe).ModerateName(REQUEST, timeout=60, wait_for_ready=True)
    return child


async def speed(kind: str, folder: Path) -> float:
    """Calls per second, AT_ONCE in flight."""
    address = f"127.0.0.1:{free_port()}"
    child = await start(kind, address, folder)
    async with channel(kind, address) as opened:
        stub = AudioServiceStub(opened)

        async def some(count: int) -> None:
            for _ in range(count):
                await stub.ModerateName(REQUEST, timeout=60)

        await some(50)
        begun = time.perf_counter()
        await asyncio.gather(*(some(CALLS // AT_ONCE) for _ in range(AT_ONCE)))
        rate = CALLS / (time.perf_counter() - begun)
    child.kill()
    await child.wait()
    return rate


async def roll(kind: str, folder: Path) -> tuple[int, int]:
    """Replace two replicas in turn under load; says how many calls there were and how many failed."""
    addresses = [f"127.0.0.1:{free_port()}", f"127.0.0.1:{free_port()}"]
    children = [await start(kind, address, folder) for address in addresses]
    outcomes: Counter[bool] = Counter()
    done = asyncio.Event()
    request = ModerateNameRequest(name=REQUEST.name, pressing=REQUEST.pressing, locale="wait")
    async with channel(kind, *addresses) as opened:
        stub = AudioServiceStub(opened)

        async def load() -> None:
            while not done.is_set():
                try:
                    await stub.ModerateName(request, timeout=10)
                    outcomes[True] += 1
                except grpc.aio.AioRpcError:
                    outcomes[False] += 1
                    await asyncio.sleep(WORK_S)

        callers = [asyncio.create_task(load()) for _ in range(8)]
        await asyncio.sleep(1)
        for number, address in enumerate(addresses):
            children[number].send_signal(signal.SIGTERM)
            await children[number].wait()
            children[number] = await start(kind, address, folder)
            await asyncio.sleep(2)
        done.set()
        await asyncio.gather(*callers)
    for child in children:
        child.kill()
        await child.wait()
    return outcomes.total(), outcomes[False]


async def killed(folder: Path) -> float:
    """Milliseconds that a caller waits longer because the replica it had was killed, the median of KILLS.

    The other replica answers at once; the call is tried again there by the channel itself.
    """
    times = []
    for _ in range(KILLS):
        addresses = [f"127.0.0.1:{free_port()}", f"127.0.0.1:{free_port()}"]
        children = [await start("ours", address, folder) for address in addresses]
        async with channel("ours", *addresses) as opened:
            stub = AudioServiceStub(opened)
            for _ in range(20):
                await stub.ModerateName(REQUEST, timeout=10)
            begun = time.perf_counter()
            children[0].kill()
            for _ in range(4):
                await stub.ModerateName(REQUEST, timeout=10)
            times.append(1000 * (time.perf_counter() - begun))
        for child in children:
            if child.returncode is None:
                child.kill()
            await child.wait()
    return sorted(times)[KILLS // 2]


async def storing(folder: Path) -> dict[str, float]:
    """MB per second of the artifact store and of a bare file with its sha256, writing and reading, best of three."""
    store = ArtifactStore(ArtifactSettings(url=(folder / "store").as_uri(), cache=str(folder / "cache")))

    async def bare_write(data: bytes, digest: str) -> None:
        assert hashlib.sha256(data).hexdigest() == digest
        (folder / digest).write_bytes(data)

    async def bare_read(_: bytes, digest: str) -> None:
        assert hashlib.sha256((folder / digest).read_bytes()).hexdigest() == digest

    async def put(data: bytes, _: str) -> None:
        await store.put(SHARED, data, "audio/flac")

    async def get(data: bytes, digest: str) -> None:
        await store.get(Artifact(uri=f"{SHARED}/{digest}", size_bytes=len(data), media_type="audio/flac"))

    ways: dict[str, Callable[[bytes, str], Awaitable[None]]] = {
        "bare write": bare_write,
        "put": put,
        "bare read": bare_read,
        "get": get,
    }
    best = dict.fromkeys(ways, 0.0)
    for _ in range(3):
        data = os.urandom(SOUND_BYTES)
        digest = hashlib.sha256(data).hexdigest()
        for name, way in ways.items():
            begun = time.perf_counter()
            await way(data, digest)
            best[name] = max(best[name], len(data) / 1e6 / (time.perf_counter() - begun))
    return best


def row(name: str, value: float, unit: str, against: str, ratio: float) -> None:
    """Print one figure and keep it."""
    print(f"  {name:42} {value:10.1f} {unit:9} {ratio:8.2f} x  {against}")
    with OUT.open("a") as file:
        line = {"name": name, "value": value, "unit": unit, "against": against, "ratio": ratio}
        file.write(json.dumps(line) + "\n")


async def main() -> None:
    """Measure and tell."""
    OUT.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        rates = {"plain": 0.0, "ours": 0.0}
        for kind in [*rates] * ROUNDS:
            rates[kind] = max(rates[kind], await speed(kind, folder))
        row(
            "calls, each checked and with a deadline",
            rates["ours"],
            "1/s",
            "plain gRPC",
            rates["ours"] / rates["plain"],
        )
        for kind in ("plain", "ours"):
            total, failed = await roll(kind, folder)
            row(f"calls lost while replicas roll, {kind}", failed, "calls", f"of {total}", failed / max(1, total))
        row("four calls right after a replica is killed", await killed(folder), "ms", "", 1.0)
        best = await storing(folder)
        row("artifact put", best["put"], "MB/s", "a file and its sha256", best["put"] / best["bare write"])
        row("artifact get, checked", best["get"], "MB/s", "a file and its sha256", best["get"] / best["bare read"])


if __name__ == "__main__":
    if len(sys.argv) == 3:
        if sys.argv[1] == "ours":
            run("audio", echo)
        else:
            asyncio.run(plain(sys.argv[2]))
    else:
        asyncio.run(main())
