"""The whole mesh on one machine: six processes, watched and restarted, with logs and one way to start and stop them."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import os
import shutil
import socket
import sys
import time
from collections.abc import AsyncIterator, Callable, Collection, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

from fancam.errors import NotReady
from fancam.settings import MeshSettings, inherited

MODULES: Mapping[str, str] = {
    "recognition": "services.recognition",
    "audio": "services.audio",
    "renderer": "services.renderer",
    "compositor": "services.compositor",
    "assembler": "services.assembler",
    "gateway": "gateway",
}
"""What is run per process, in the order in which they are shown."""

READY_S = 120.0
"""As long as a process may take to be ready: Chrome is slow to start on a busy machine."""

DRAIN_S = 20.0
"""As long as a process may take to drain before it is killed."""

# Restarts wait 0.2 s, then twice as long each time; a process that lived for LIVED_S starts over.
FIRST_PAUSE_S, LAST_PAUSE_S, LIVED_S = 0.2, 5.0, 20.0

FIRST_PORT, PORTS = 20_000, 12_000
"""Where free ports are looked for, and how many there are."""

# Processes begin far from each other, so that two which look at once do not find the same port.
_candidates = (FIRST_PORT + number % PORTS for number in itertools.count(211 * os.getpid()))

# A supervisor that is killed takes its processes along, instead of leaving them to nobody (Linux only).
_DIES_WITH_PARENT = ("setpriv", "--pdeathsig", "TERM", "--") if shutil.which("setpriv") else ()


@dataclass
class Member:
    """One process of the mesh."""

    name: str
    address: str
    log: Path
    # `starting`, `ready`, `restarting` or `ended`.
    state: str = "starting"
    pid: int = 0
    restarts: int = 0
    # Times in a row that it ended soon after its start.
    failures: int = 0


Changed = Callable[[Member], None]


@dataclass
class Mesh:
    """Six processes that find each other on loopback addresses."""

    settings: MeshSettings
    members: dict[str, Member]
    environment: Mapping[str, str]
    folder: Path
    changed: Changed
    _children: dict[str, asyncio.subprocess.Process] = field(default_factory=dict)
    _recoveries: set[asyncio.Task[None]] = field(default_factory=set)
    _stopping: bool = False

    @property
    def rest(self) -> str:
        """Base address of the REST door."""
        return self.settings.rest

    def kill(self, name: str) -> int:
        """SIGKILL a process, as a crash would; it is restarted. Says the process id that died."""
        child = self._children[name]
        child.kill()
        return child.pid

    async def ready(self) -> None:
        """Wait until every process says that it serves.

        Raises:
            NotReady: One of them does not get there; its log says why.
        """
        await asyncio.gather(*(self._until_ready(member) for member in self.members.values()))

    async def _until_ready(self, member: Member) -> None:
        give_up = time.monotonic() + READY_S
        while await health(member.address) != health_pb2.HealthCheckResponse.SERVING:
            if time.monotonic() > give_up:
                raise NotReady(f"{member.name} is not ready after {READY_S:.0f} s; {member.log}:\n{tail(member.log)}")
            if member.failures >= 3 and member.state != "ready":
                raise NotReady(f"{member.name} ends as soon as it starts; {member.log}:\n{tail(member.log)}")
            await asyncio.sleep(0.1)
        member.state = "ready"
        self.changed(member)

    async def _keep(self, member: Member) -> None:
        """Run one process again and again until the mesh stops."""
        pause_s = FIRST_PAUSE_S
        while not self._stopping:
            began = time.monotonic()
            with member.log.open("ab") as log:
                child = await asyncio.create_subprocess_exec(
                    *_DIES_WITH_PARENT,
                    sys.executable,
                    "-m",
                    MODULES[member.name],
                    env=self.environment,
                    cwd=self.folder,
                    stdin=asyncio.subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    # Ctrl-C reaches the supervisor only, which drains its children in order.
                    start_new_session=True,
                )
            self._children[member.name] = child
            member.pid = child.pid
            self.changed(member)
            code = await child.wait()
            if self._stopping:
                break
            member.state, member.restarts = "restarting", member.restarts + 1
            with member.log.open("a") as log_text:
                log_text.write(f"-- ended with code {code}; restart {member.restarts}\n")
            self.changed(member)
            lived = time.monotonic() - began > LIVED_S
            member.failures = 0 if lived else member.failures + 1
            pause_s = FIRST_PAUSE_S if lived else min(LAST_PAUSE_S, pause_s * 2)
            await asyncio.sleep(pause_s)
            recovery = asyncio.create_task(self._note_recovery(member))
            self._recoveries.add(recovery)
            recovery.add_done_callback(self._recoveries.discard)
        member.state = "ended"
        self.changed(member)

    async def _note_recovery(self, member: Member) -> None:
        with contextlib.suppress(NotReady):
            await self._until_ready(member)

    async def _stop(self) -> None:
        self._stopping = True
        for recovery in self._recoveries:
            recovery.cancel()
        for child in self._children.values():
            if child.returncode is None:
                child.terminate()
        waits = [asyncio.ensure_future(child.wait()) for child in self._children.values()]
        if waits:
            _, late = await asyncio.wait(waits, timeout=DRAIN_S)
            if late:
                for child in self._children.values():
                    if child.returncode is None:
                        child.kill()
                await asyncio.wait(late)


@asynccontextmanager
async def running(
    *,
    folder: Path,
    data: Path,
    settings: MeshSettings | None = None,
    environment: Mapping[str, str] | None = None,
    only: Collection[str] = MODULES,
    changed: Changed = lambda _: None,
) -> AsyncIterator[Mesh]:
    """The mesh for the length of the block: started, ready, and drained at the end.

    Args:
        folder: Working folder of the processes.
        data: Where everything is kept: artifacts, database, cache and logs.
        settings: Addresses; None takes free ports.
        environment: Settings beside those made here; wins over them.
        only: Processes to run, where not all are wanted.
        changed: Told whenever the state of a process changes.

    Raises:
        NotReady: A process does not start.
    """
    settings = settings or free_addresses()
    whole = {**_environment(settings, data), **(environment or {})}
    logs = data / "logs"
    logs.mkdir(parents=True, exist_ok=True)
    members = {name: Member(name, getattr(settings, name), logs / f"{name}.log") for name in MODULES if name in only}
    for member in members.values():
        member.log.write_bytes(b"")
    mesh = Mesh(settings, members, whole, folder, changed)
    keepers = [asyncio.create_task(mesh._keep(member)) for member in members.values()]
    try:
        await mesh.ready()
        yield mesh
    finally:
        await mesh._stop()
        for keeper in keepers:
            keeper.cancel()
        await asyncio.gather(*keepers, return_exceptions=True)


def _environment(settings: MeshSettings, data: Path) -> dict[str, str]:
    """Settings of the processes; what the caller's own environment says of storage wins."""
    data = data.resolve()
    storage = {
        "FANCAM_GATEWAY_DATABASE": f"sqlite:///{data / 'gateway.sqlite'}",
        "FANCAM_ARTIFACTS_URL": (data / "artifacts").as_uri(),
        "FANCAM_ARTIFACTS_CACHE": str(data / "cache"),
        "FANCAM_SERVER_DRAIN_NOTICE_S": "0.1",
        "FANCAM_SERVER_DRAIN_GRACE_S": "10",
    }
    addresses = {
        **{f"FANCAM_MESH_{name.upper()}": getattr(settings, name) for name in MODULES},
        "FANCAM_MESH_REST": settings.rest,
        "FANCAM_GATEWAY_REST_LISTEN": settings.rest.split("://", 1)[1],
        "PYTHONUNBUFFERED": "1",
    }
    return {**storage, **inherited(), **addresses}


async def health(address: str) -> int:
    """What the process at `address` says of itself; UNKNOWN when nobody answers."""
    async with grpc.aio.insecure_channel(address, options=[("grpc.use_local_subchannel_pool", 1)]) as channel:
        try:
            reply = await health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest(), timeout=2)
        except grpc.aio.AioRpcError:
            return int(health_pb2.HealthCheckResponse.UNKNOWN)
    return int(reply.status)


def free_port() -> int:
    """A loopback port for a process that is about to start, another one at each call.

    It was free a moment ago, and lies below the ports that a system gives to outgoing connections and to whoever asks
    for any (from 32768 on Linux, from 49152 elsewhere): nothing slips in before the process listens, or while it is
    started again.
    """
    return next(port for port in _candidates if _is_free(port))


def _is_free(port: int) -> bool:
    with socket.socket() as door:
        try:
            door.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def free_addresses() -> MeshSettings:
    """Loopback addresses that were free a moment ago."""
    *grpc_ports, rest = (free_port() for _ in range(len(MODULES) + 1))
    addresses = {name: f"127.0.0.1:{port}" for name, port in zip(MODULES, grpc_ports, strict=True)}
    return MeshSettings(**addresses, rest=f"http://127.0.0.1:{rest}")


def taken(settings: MeshSettings) -> list[str]:
    """Addresses of `settings` that something listens on already."""
    busy = []
    for address in [*(getattr(settings, name) for name in MODULES), settings.rest.split("://", 1)[1]]:
        host, port = address.rsplit(":", 1)
        with socket.socket() as probe:
            probe.settimeout(0.5)
            if probe.connect_ex((host, int(port))) == 0:
                busy.append(address)
    return busy


def tail(log: Path, lines: int = 12) -> str:
    """The end of a log."""
    return "\n".join(log.read_text(errors="replace").splitlines()[-lines:]) if log.exists() else ""
