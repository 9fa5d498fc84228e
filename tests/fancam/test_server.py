"""What every service promises its callers, through a real process and a real socket."""

from __future__ import annotations

import asyncio
import signal
from typing import Any

import grpc
import pytest
from google.rpc import error_details_pb2, status_pb2
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc
from grpc_status import rpc_status

from fancam import channel, server
from fancam.channel import connect
from fancam.errors import Busy, FancamError, InvalidRequest, NotReady, from_call, to_status
from fancam.v1.audio_pb2 import ModerateNameRequest, SingRequest, SingResponse
from fancam.v1.audio_pb2_grpc import AudioServiceStub
from tests.fancam.conftest import ANY, AUDIO, Running, Start, health, sung

SERVING = health_pb2.HealthCheckResponse.SERVING
NOT_SERVING = health_pb2.HealthCheckResponse.NOT_SERVING

KINDS = [kind for kind in FancamError.__subclasses__() if kind.__module__ == FancamError.__module__]
"""What the mesh may answer; other rooms have failures of their own, if they happen to be imported."""


def ask(command: str, key: str = "") -> ModerateNameRequest:
    """A request whose name tells the stand-in what to do."""
    return ModerateNameRequest(name=command, locale=key, pressing=ANY)


def sing(duration: float | str) -> SingRequest:
    """A request that takes so many seconds, or is `held` until the stand-in gets SIGUSR1."""
    return SingRequest(take=ANY, pressing=ANY, locale=str(duration))


async def test_a_call_without_a_deadline_is_refused(audio: AudioServiceStub) -> None:
    """Without a deadline nobody would ever give up, so the server does not begin."""
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await audio.ModerateName(ask("hello"))

    error = from_call(caught.value)
    assert isinstance(error, InvalidRequest)
    assert error.reason == "DEADLINE_MISSING"


async def test_a_stream_without_a_deadline_is_refused(audio: AudioServiceStub) -> None:
    """Streams obey the same rule as single answers."""
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        async for _ in audio.Sing(sing(0)):
            pass

    assert from_call(caught.value).reason == "DEADLINE_MISSING"


async def test_every_broken_rule_is_named_by_its_field(audio: AudioServiceStub) -> None:
    """The rules in the proto are enforced by the interceptor, and each broken one is a field violation."""
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await audio.ModerateName(ModerateNameRequest(name="x" * 70_000, locale="l" * 36), timeout=30)

    error = from_call(caught.value)
    assert isinstance(error, InvalidRequest)
    assert error.reason == "INVALID_REQUEST"
    assert set(error.fields) == {"name", "locale", "pressing"}
    assert all(error.fields.values())


async def test_a_rule_inside_a_message_is_named_by_its_path(audio: AudioServiceStub) -> None:
    """A violation deep inside a request is named as a person would write it."""
    request = ask("hello")
    request.pressing.uri = "shared/../etc/passwd"

    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await audio.ModerateName(request, timeout=30)

    assert set(from_call(caught.value).fields) == {"pressing.uri"}


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
async def test_each_error_reaches_the_caller_as_its_status(audio: AudioServiceStub, kind: type[FancamError]) -> None:
    """Reason, fields and metadata survive the wire, and `from_call` gives back a class of the same status."""
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await audio.ModerateName(ask(f"raise {kind.__name__}", "each"), timeout=30)

    assert caught.value.code() is kind.code
    assert caught.value.details() == f"{kind.__name__} as asked"
    rich = rpc_status.from_call(caught.value)  # type: ignore[arg-type]  # the stubs know only the synchronous call
    assert rich is not None
    infos = [info for detail in rich.details if detail.Unpack(info := error_details_pb2.ErrorInfo())]
    assert [(info.domain, info.reason) for info in infos] == [("fancam", "AS_ASKED")]
    again = from_call(caught.value)
    assert again.code is kind.code
    assert again.metadata == {"asked": kind.__name__}
    assert again.fields == {"name": "names a failure"}


def test_many_violations_fit_into_what_a_call_may_answer() -> None:
    """A campaign with hundreds of faults is refused with the first of them and their number, in any script."""
    for letter in ("x", "界"):
        fields = {f"shots/{letter * 200}{number}.yaml": letter * 300 for number in range(500)}
        status = to_status(InvalidRequest(letter * 9_000, reason="CAMPAIGN_INVALID", fields=fields))
        on_the_wire = 3 * len(status.details.encode()) + sum(
            len(value) * 4 // 3 for _, value in status.trailing_metadata
        )
        assert on_the_wire < 8_192, "gRPC may drop what is more"
        rich = status_pb2.Status.FromString(dict(status.trailing_metadata)["grpc-status-details-bin"])
        bad = error_details_pb2.BadRequest()
        assert rich.details[1].Unpack(bad)
        assert bad.field_violations[0].field.startswith("shots/")
        assert bad.field_violations[-1].description == f"and {501 - len(bad.field_violations)} more"


async def test_an_unforeseen_failure_says_only_that_it_happened(audio: AudioServiceStub) -> None:
    """Nothing of an unmapped exception leaks: no path, no text, no traceback."""
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await audio.ModerateName(ask("crash"), timeout=30)

    assert caught.value.code() is grpc.StatusCode.INTERNAL
    assert "secret" not in str(caught.value)
    assert from_call(caught.value).reason == "INTERNAL"


async def test_a_failure_may_say_when_to_come_back(stand_in: Running) -> None:
    """`retry_after_s` travels as RetryInfo and as gRPC's push-back."""
    async with grpc.aio.insecure_channel(stand_in.address, options=[("grpc.enable_retries", 0)]) as plain:
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await AudioServiceStub(plain).ModerateName(ask("raise NotReady", "push"), timeout=30)

    assert from_call(caught.value).retry_after_s == 1.5
    assert "('grpc-retry-pushback-ms', '1500')" in str(tuple(caught.value.trailing_metadata()))


@pytest.mark.parametrize("command", ["down 2", "cold 2"])
async def test_the_client_tries_again_until_a_server_is_ready(audio: AudioServiceStub, command: str) -> None:
    """Two refusals, with a push-back or by the policy's own clock, then the answer: the caller sees only the answer."""
    reply = await audio.ModerateName(ask(command, command), timeout=30)

    assert reply.name.split()[0] == "3"


@pytest.mark.parametrize(("command", "reason"), [("busy", "BUSY"), ("full", "STORE_FULL")])
async def test_who_goes_next_is_the_callers_to_decide(audio: AudioServiceStub, command: str, reason: str) -> None:
    """A service that is full says so at once and is not hammered: exactly one attempt reaches it."""
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await audio.ModerateName(ask(command, command), timeout=30)

    assert from_call(caught.value).reason == reason
    assert (await audio.ModerateName(ask("count", command), timeout=30)).name == "1"


async def test_exclusive_work_never_queues(stand_in: Running) -> None:
    """A second stream finds the only slot taken and is told so at once, while the first goes on to its result."""
    async with grpc.aio.insecure_channel(stand_in.address, options=[("grpc.enable_retries", 0)]) as plain:
        stub = AudioServiceStub(plain)
        first = stub.Sing(sing("held"), timeout=60)
        assert (await anext(aiter(first))).HasField("progress")

        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await stub.Sing(sing(0), timeout=30).read()

        error = from_call(caught.value)
        assert isinstance(error, Busy)
        assert error.retry_after_s > 0
        stand_in.tell(signal.SIGUSR1)
        events = [event async for event in first]
    assert events[-1].HasField("result")


async def test_a_slot_is_free_again_when_its_caller_leaves(stand_in: Running) -> None:
    """A cancelled stream ends its work and gives its slot back."""
    async with connect(stand_in.address, AUDIO) as mesh:
        stub = AudioServiceStub(mesh)
        call = stub.Sing(sing(60), timeout=60)
        await call.read()
        call.cancel()

        events = await sung(stub, "0")
    assert events[-1].HasField("result")


async def test_health_and_reflection_speak_for_the_service(stand_in: Running) -> None:
    """Overall, per service and `live`; reflection lists what can be called."""
    for name in ["", "live", AUDIO]:
        assert await health(stand_in.address, name) == SERVING

    async with grpc.aio.insecure_channel(stand_in.address) as plain:
        stub = reflection_pb2_grpc.ServerReflectionStub(plain)
        call = stub.ServerReflectionInfo(timeout=30)
        await call.write(reflection_pb2.ServerReflectionRequest(list_services=""))
        await call.done_writing()
        reply = await call.read()
    listed = {service.name for service in reply.list_services_response.service}
    assert listed == {AUDIO, "grpc.health.v1.Health", "grpc.reflection.v1alpha.ServerReflection"}


async def test_a_drain_lets_streams_in_flight_finish(start: Start) -> None:
    """SIGTERM: not ready but live, no new call, and the stream that runs still gets its result; then exit code 0."""
    process = await start()
    async with connect(process.address, AUDIO) as mesh, grpc.aio.insecure_channel(process.address) as plain:
        call = AudioServiceStub(mesh).Sing(sing("held"), timeout=120)
        await anext(aiter(call))
        ready, live = (_watched(plain, service) for service in ("", "live"))
        assert [(await watch.read()).status for watch in (ready, live)] == [SERVING, SERVING]
        process.tell(signal.SIGTERM)

        assert (await ready.read()).status == NOT_SERVING
        changed = asyncio.ensure_future(live.read())
        while await health(process.address, "live") == SERVING:
            await asyncio.sleep(0.05)
        assert not changed.done(), "it lives for as long as it is to be asked"
        for watch in (ready, live):
            watch.cancel()
        with pytest.raises(asyncio.CancelledError):
            await changed
        process.tell(signal.SIGUSR1)

        events: list[SingResponse] = [event async for event in call]

        assert events[-1].HasField("result")
        assert await process.ended() == 0


def _watched(channel: grpc.aio.Channel, service: str) -> Any:
    """What a process says of a service, now and with every change."""
    request = health_pb2.HealthCheckRequest(service=service)
    return health_pb2_grpc.HealthStub(channel).Watch(request, timeout=120)


async def test_a_second_signal_ends_at_once(start: Start) -> None:
    """Whoever is in a hurry signals twice; the stream in flight breaks and the exit code says so."""
    process = await start(FANCAM_SERVER_DRAIN_NOTICE_S="300")
    async with connect(process.address, AUDIO) as mesh:
        call = AudioServiceStub(mesh).Sing(sing(600), timeout=600)
        await anext(aiter(call))
        process.tell(signal.SIGTERM)
        while await health(process.address) == SERVING:
            await asyncio.sleep(0.05)
        process.tell(signal.SIGTERM)

        assert await process.ended() == 1
        with pytest.raises(grpc.aio.AioRpcError):
            async for _ in call:
                pass


async def test_a_killed_server_is_not_ready(start: Start) -> None:
    """SIGKILL in mid-stream reaches the caller as NotReady: the same request is fine again."""
    process = await start()
    async with connect(process.address, AUDIO) as mesh:
        call = AudioServiceStub(mesh).Sing(sing(600), timeout=600)
        await anext(aiter(call))
        process.tell(signal.SIGKILL)

        with pytest.raises(grpc.aio.AioRpcError) as caught:
            async for _ in call:
                pass
    assert isinstance(from_call(caught.value), NotReady)


async def test_traffic_leaves_a_draining_replica_without_an_error(start: Start) -> None:
    """Client-side health check: both replicas answer, one is about to drain, the other takes all, and no call fails."""
    leaving = await start(FANCAM_SERVER_DRAIN_NOTICE_S="300")
    staying = await start()
    target = f"ipv4:{leaving.address},{staying.address}"
    async with connect(target, AUDIO) as mesh:
        stub = AudioServiceStub(mesh)

        async def who() -> str:
            return str((await stub.ModerateName(ask("hello"), timeout=30)).name.split()[1])

        while len({await who() for _ in range(4)}) < 2:
            await asyncio.sleep(0.05)
        leaving.tell(signal.SIGTERM)
        while await health(leaving.address) == SERVING:
            await who()
        while str(leaving.child.pid) in {await who() for _ in range(4)}:
            await asyncio.sleep(0.02)

        assert leaving.child.returncode is None, "it drains: it still listens, but is no longer chosen"
        assert {await who() for _ in range(20)} == {str(staying.child.pid)}


def test_the_two_halves_of_the_connection_agree() -> None:
    """A server allows the pings its clients send, and outlives its longest call by the grace of its connections."""
    theirs, ours = dict(channel.OPTIONS), dict(server.OPTIONS)

    assert int(ours["grpc.http2.min_ping_interval_without_data_ms"]) < int(theirs["grpc.keepalive_time_ms"])
    assert ours["grpc.max_connection_age_grace_ms"] > 1000 * max(channel.DEADLINE_S.values())
    assert ours["grpc.max_connection_age_ms"] >= 10_000, "a connection lives longer than it takes to make"


@pytest.mark.parametrize(
    ("target", "listen"),
    [
        ("127.0.0.1:7101", "127.0.0.1:7101"),
        ("dns:///audio:7102", "[::]:7102"),
        ("dns:///audio.fancam.svc.cluster.local:7102", "[::]:7102"),
    ],
)
def test_a_process_listens_where_others_dial(target: str, listen: str) -> None:
    """Loopback stays loopback; a cluster name means every interface."""
    assert server._local(target) == listen
