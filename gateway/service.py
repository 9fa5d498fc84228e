"""The gateway as a process: both faces, the memory behind them, and the workflows, opened and closed in order."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

import grpc
import uvicorn

from fancam.artifacts import clear_folder
from fancam.errors import NotReady
from fancam.keys import Keys, secret_of
from fancam.server import Process
from fancam.settings import ArtifactSettings, GatewaySettings
from fancam.v1 import gateway_pb2, gateway_pb2_grpc
from gateway.calls import Calls
from gateway.door import Door
from gateway.housekeeping import Housekeeping
from gateway.memory.memory import Memory
from gateway.orchestra import Orchestra
from gateway.pressings import Pressings
from gateway.rest.app import create_app, readable_from
from gateway.rest.shares import Pages
from gateway.sharing import Sharing
from gateway.workflows import performed

log = logging.getLogger(__name__)


class GatewayService(gateway_pb2_grpc.GatewayServiceServicer):
    """The gateway as other services and the scaler see it."""

    def __init__(self, memory: Memory) -> None:
        self._memory = memory

    async def WatchSession(
        self, request: gateway_pb2.WatchSessionRequest, context: grpc.aio.ServicerContext[Any, Any]
    ) -> AsyncIterator[gateway_pb2.WatchSessionResponse]:
        """Follow one session from a given event on."""
        del context
        async with contextlib.aclosing(self._memory.log.follow(request.session, request.after, 15.0)) as events:
            async for event in events:
                if event is not None:
                    yield gateway_pb2.WatchSessionResponse(event=event)

    async def GetDemand(
        self, request: gateway_pb2.GetDemandRequest, context: grpc.aio.ServicerContext[Any, Any]
    ) -> gateway_pb2.GetDemandResponse:
        """Count sessions by what they wait for."""
        del context
        funnel = await self._memory.sessions.demand(request.campaign)
        response = gateway_pb2.GetDemandResponse()
        for state, count in funnel.items():
            response.funnel.add(state=state, sessions=count)
        return response


@asynccontextmanager
async def gateway(server: grpc.aio.Server, process: Process) -> AsyncIterator[None]:
    """Serve both faces for the length of the block; films under way are taken up at the start and left at the end."""
    settings = GatewaySettings.load()
    database = settings.address()
    settings.folder().mkdir(parents=True, exist_ok=True)
    memory = Memory(database)
    await memory.open()
    calls = Calls(process.mesh)
    pressings = Pressings(process.artifacts)
    orchestra = Orchestra(memory, calls, process.artifacts, pressings)
    sharing = Sharing(memory, process.artifacts, settings.share_days)
    chores = Housekeeping(memory, orchestra, process.artifacts, sharing, settings.executor)
    uploads = ArtifactSettings.load().cache_folder() / "uploads" / settings.executor
    clear_folder(uploads)
    uploads.mkdir(parents=True)
    keys = Keys(secret_of(settings.secret, settings.folder()))
    door = Door(memory, orchestra, calls, process.artifacts, pressings, keys, uploads, sharing)

    gateway_pb2_grpc.add_GatewayServiceServicer_to_server(GatewayService(memory), server)
    process.services.append(gateway_pb2.DESCRIPTOR.services_by_name["GatewayService"].full_name)
    try:
        async with performed(database, settings.executor, orchestra), _rest(door, settings):
            try:
                async with chores.done():
                    yield
            finally:
                await orchestra.close()
                await door.ears.close()
                # Streams of events end here, so that REST has nothing left to wait for.
                await memory.close()
    finally:
        await calls.close()
        clear_folder(uploads)


class _Quiet(uvicorn.Server):
    """Leaves signals to the process, which drains both faces together."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture none."""
        yield


@asynccontextmanager
async def _rest(door: Door, settings: GatewaySettings) -> AsyncIterator[None]:
    listen = settings.rest_listen
    host, port = listen.rsplit(":", 1)
    app = create_app(
        door,
        pages=Pages(*settings.links()),
        requests_per_minute=settings.requests_per_minute,
        sessions_per_minute=settings.sessions_per_minute,
    )
    config = uvicorn.Config(
        readable_from(settings.allowed_origins(), app),
        host=host,
        port=int(port),
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=10,
        server_header=False,
        forwarded_allow_ips=settings.proxies,
    )
    server = _Quiet(config)
    serving = asyncio.create_task(server.serve())
    try:
        while not server.started:
            if serving.done():
                raise NotReady(f"REST cannot listen on {listen}") from serving.exception()
            await asyncio.sleep(0.02)
        log.info("REST is served on %s", listen)
        yield
    finally:
        server.should_exit = True
        await serving
