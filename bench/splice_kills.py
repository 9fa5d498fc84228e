"""A film is spliced, and streamed, while its assembler is killed at random: are its bytes those of one left alone?

`python bench/splice_kills.py [--kills 20] [--seconds 120] [--seed N]` runs an assembler as it runs everywhere, on a
store of its own. One fan's film and the parts of its stream are made undisturbed. Then other fans of the same voice
and face ask for theirs, and at a random moment of each call the assembler is killed (SIGKILL) and comes back; the call
is made again, as the gateway does. After every kill each object in the store is read: what its name does not say is
counted as damage. At the end the fan is erased, with what killed writers left. Ends with status 1 when a byte differs,
an object is damaged, or anything of a fan stays.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import grpc
import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from bench.assembler import House, stage  # noqa: E402  after the path to it
from bench.kills import OUT, damage  # noqa: E402
from fancam import mesh  # noqa: E402
from fancam.artifacts import SHARED  # noqa: E402
from fancam.channel import connect  # noqa: E402
from fancam.v1.assembler_pb2 import AssembleRequest, FragmentRequest  # noqa: E402
from fancam.v1.assembler_pb2_grpc import AssemblerServiceStub  # noqa: E402
from fancam.v1.campaign_pb2 import CUT_KIND_FIXED, Pressing  # noqa: E402
from fancam.v1.media_pb2 import Artifact  # noqa: E402

DEADLINE_S = 120.0
KINDS = ("damaged", "different", "stayed")
"""What is counted, after a kill and after the call that is made again."""
LATEST = 1.1
"""A kill comes at most so many times later than a call took that was left alone."""

Ask = Callable[[AssemblerServiceStub, AssembleRequest], Awaitable[list[Artifact]]]
"""A call, or several, and what they leave in the store."""


@dataclass
class Told:
    """What became of the calls under which the assembler died."""

    seconds: float = 0.0
    """That the call took when nobody was killed."""
    killed: list[float] = field(default_factory=list)
    """How far into the call each kill came, in seconds."""
    late: int = 0
    """Calls that were answered before their kill came; nobody was killed then."""
    damaged: int = 0
    begun: set[str] = field(default_factory=set)
    """Objects that a killed writer had begun, which nobody can ask for."""
    different: int = 0
    stayed: int = 0
    """Files of an erased fan."""


async def film(stub: AssemblerServiceStub, request: AssembleRequest) -> list[Artifact]:
    """The spliced film and its poster."""
    events = [event async for event in stub.Assemble(request, timeout=DEADLINE_S)]
    return [events[-1].result.film, events[-1].result.poster]


def stream(pressing: Pressing) -> Ask:
    """All parts of a film's stream, asked for at once."""

    async def ask(stub: AssemblerServiceStub, request: AssembleRequest) -> list[Artifact]:
        def part() -> FragmentRequest:
            return FragmentRequest(
                pressing=request.pressing, scope=request.scope, mix_start_samples=request.mix_start_samples
            )

        asked = [part()]
        asked[0].mix.CopyFrom(request.mix)
        for cut in pressing.cuts:
            asked.append(part())
            if cut.kind == CUT_KIND_FIXED:
                asked[-1].fixed_cut = cut.id
            else:
                asked[-1].personal_cut.cut = cut.id
                asked[-1].personal_cut.segment.CopyFrom(request.segments[cut.id])
        replies = await asyncio.gather(*(stub.Fragment(each, timeout=DEADLINE_S) for each in asked))
        return [each for reply in replies for each in (reply.header, *reply.fragments.values())]

    return ask


def contents(made: list[Artifact]) -> Counter[str]:
    """What was made, whoever it was made for."""
    return Counter(artifact.uri.rsplit("/", 1)[1] for artifact in made)


def forgotten(store: Path, made: list[Artifact]) -> None:
    """Delete what all fans share of the outcome, so that the next one's is made again."""
    for artifact in made:
        if artifact.uri.startswith(SHARED + "/"):
            (store / artifact.uri).unlink(missing_ok=True)


class Trials:
    """An assembler that is killed, and fans who ask it for the same film."""

    def __init__(
        self, house: House, own: mesh.Mesh, fan: Callable[[], Awaitable[AssembleRequest]], store: Path
    ) -> None:
        self._house = house
        self._own = own
        self._fan = fan
        self._store = store

    async def run(self, ask: Ask, kills: int, chance: np.random.Generator) -> Told:
        """Make it undisturbed, then so many times with a kill."""
        told = Told()
        async with connect(self._own.settings.assembler, "fancam.v1.AssemblerService") as channel:
            stub = AssemblerServiceStub(channel)
            made = await ask(stub, await self._fan())
            whole = contents(made)
            forgotten(self._store, made)
            request, began = await self._fan(), time.monotonic()
            await ask(stub, request)
            told.seconds = time.monotonic() - began
            while len(told.killed) < kills:
                forgotten(self._store, made)
                request, began = await self._fan(), time.monotonic()
                work = asyncio.ensure_future(ask(stub, request))
                await asyncio.wait({work}, timeout=chance.uniform(0, LATEST * told.seconds))
                if work.done():
                    told.late += 1
                else:
                    told.killed.append(round(time.monotonic() - began, 3))
                    self._own.kill("assembler")
                    self._look(told)
                made = await self._again(work, partial(ask, stub, request))
                told.different += contents(made) != whole
                self._look(told)
                await self._house.store.erase(request.scope)
                told.stayed += self._files(request.scope)
        return told

    def _look(self, told: Told) -> None:
        told.damaged += damage(self._store)
        told.begun |= {str(path) for path in self._store.rglob("*#*")}

    def _files(self, scope: str) -> int:
        return sum(path.is_file() for path in (self._store / scope).rglob("*"))

    async def _again(
        self, work: asyncio.Future[list[Artifact]], call: Callable[[], Awaitable[list[Artifact]]]
    ) -> list[Artifact]:
        """What a call leaves, made again for as long as nobody is there."""
        while True:
            try:
                return await work
            except grpc.aio.AioRpcError as error:
                if error.code() != grpc.StatusCode.UNAVAILABLE:
                    raise
                await asyncio.sleep(0.5)  # until it is started again
                work = asyncio.ensure_future(call())


async def main() -> int:
    """Film and stream, one after the other."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--kills", type=int, default=20)
    asked.add_argument("--seconds", type=int, default=120, help="length of the film")
    asked.add_argument("--seed", type=int, default=int(time.time()))
    given = asked.parse_args()
    chance = np.random.default_rng(given.seed)
    segments = [await asyncio.to_thread(stage, number) for number in range(4)]
    rows = {}
    with tempfile.TemporaryDirectory(prefix="fancam-kills-") as name:
        folder = Path(name)
        house = House(folder, segments)
        pressing, song = await house.press(given.seconds)
        place = {"FANCAM_ARTIFACTS_URL": (folder / "store").as_uri(), "FANCAM_ARTIFACTS_CACHE": str(folder / "cache")}
        async with mesh.running(folder=ROOT, data=folder, environment=place, only={"assembler"}) as own:
            trials = Trials(house, own, lambda: house.ask(pressing, song), folder / "store")
            for what, ask in (("film", film), ("stream", stream(pressing))):
                rows[what] = await trials.run(ask, given.kills, chance)
    columns = "".join(f"{name:>12}" for name in ("alone, s", "kills", "too late", "unfinished", *KINDS))
    print(f"{'what':8}{columns}")
    OUT.parent.mkdir(parents=True, exist_ok=True)
    with OUT.open("a") as lines:
        for what, told in rows.items():
            counted = (len(told.killed), told.late, len(told.begun), *(getattr(told, kind) for kind in KINDS))
            print(f"{what:8}{told.seconds:12.2f}" + "".join(f"{number:12}" for number in counted))
            lines.write(
                json.dumps({"name": f"killed {what}", **vars(told), "begun": len(told.begun), "seed": given.seed})
                + "\n"
            )
    good = not any(told.damaged or told.different or told.stayed for told in rows.values())
    print("the same bytes, and nothing damaged" if good else "NOT the same, or damaged")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
