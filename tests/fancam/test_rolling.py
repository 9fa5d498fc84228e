"""A roll-out under load: every replica is replaced, and nobody who called noticed."""

from __future__ import annotations

import asyncio
import signal
from collections import Counter
from pathlib import Path

import grpc

from fancam.channel import connect
from fancam.v1.audio_pb2 import ModerateNameRequest, SingRequest
from fancam.v1.audio_pb2_grpc import AudioServiceStub
from tests.fancam.conftest import ANY, AUDIO, running

STREAM_S = 0.5
"""Longer than the notice of a drain, so that streams are cut unless they are waited for."""


async def test_replacing_every_replica_loses_no_call(tmp_path: Path) -> None:
    """Two replicas are drained and started again in turn, while calls and streams go on; all of them succeed."""
    outcomes: Counter[str] = Counter()
    seen: set[str] = set()
    rolled = asyncio.Event()

    async def calls(stub: AudioServiceStub) -> None:
        while not rolled.is_set():
            try:
                reply = await stub.ModerateName(ModerateNameRequest(name="hello", pressing=ANY), timeout=60)
                outcomes["call"] += 1
                seen.add(reply.name.split()[1])
            except grpc.aio.AioRpcError as error:
                outcomes[f"call failed: {error.code().name} {error.details()}"] += 1
            await asyncio.sleep(0.005)

    async def streams(stub: AudioServiceStub) -> None:
        request = SingRequest(take=ANY, pressing=ANY, locale=f"+{STREAM_S}")
        while not rolled.is_set():
            try:
                events = [event async for event in stub.Sing(request, timeout=60)]
                outcomes["stream" if events[-1].HasField("result") else "stream without a result"] += 1
            except grpc.aio.AioRpcError as error:
                outcomes[f"stream failed: {error.code().name} {error.details()}"] += 1

    async with running(tmp_path) as first, running(tmp_path) as second:
        addresses = [first.address, second.address]
        async with connect(f"ipv4:{','.join(addresses)}", AUDIO) as channel:
            stub = AudioServiceStub(channel)
            load = [asyncio.create_task(work(stub)) for work in (calls, calls, streams, streams)]
            old = {str(first.child.pid), str(second.child.pid)}
            while not old <= seen:
                await asyncio.sleep(0.05)

            first.tell(signal.SIGTERM)
            assert await first.ended() == 0, "clients that watch its health do not hold it back"
            async with running(tmp_path, FANCAM_SERVER_LISTEN=addresses[0]) as third:
                while str(third.child.pid) not in seen:
                    await asyncio.sleep(0.05)
                second.tell(signal.SIGTERM)
                assert await second.ended() == 0
                async with running(tmp_path, FANCAM_SERVER_LISTEN=addresses[1]) as fourth:
                    while str(fourth.child.pid) not in seen:
                        await asyncio.sleep(0.05)
                    rolled.set()
                    await asyncio.gather(*load)

    assert set(outcomes) == {"call", "stream"}, outcomes
    assert outcomes["call"] > 100
    assert outcomes["stream"] >= 2, "each of the two ended at least once"
