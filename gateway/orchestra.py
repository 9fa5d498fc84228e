"""Carries every film through its plan, durably: each task is a workflow that survives the death of any process."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import Any, TypeVar

from google.protobuf.message import Message
from sqlalchemy.exc import OperationalError

from fancam.artifacts import RECIPES, ArtifactStore, session_scope
from fancam.errors import Conflict, FancamError, InvalidRequest, Missing, NotReady
from fancam.v1.assembler_pb2 import FragmentRequest
from fancam.v1.audio_pb2 import (
    CensoredRange,
    Decision,
    SingRequest,
    SingResult,
)
from fancam.v1.campaign_pb2 import Pressing
from fancam.v1.compositor_pb2 import ComposeResult
from fancam.v1.media_pb2 import Artifact
from fancam.v1.renderer_pb2 import RenderStillsResult
from gateway import parts
from gateway.calls import Call, Calls, Progressed
from gateway.forecast import Forecast, due_s
from gateway.memory.decisions import Decided
from gateway.memory.memory import Memory
from gateway.memory.session import CANCELLED, DONE, FAILED, RETAKE, REVIEW, WAITING, News, Session
from gateway.plan import Plan, Task
from gateway.pressings import Pressings
from gateway.progress import Progress
from gateway.release import name_may_be_shown, take_may_be_heard
from gateway.requests import METHODS, artifact_of, pass_of, request_of
from gateway.reviews import Desk, Held, Why, digest, grounds, held_of
from gateway.workflows import forget, start, start_sweep

T = TypeVar("T")

log = logging.getLogger(__name__)

PATIENCE_S = 600.0
"""How long a task goes on asking for a service that cannot be reached."""

EXTRAS_WAIT_S = 60.0
"""Stills and other shapes count as this much less urgent than the passes of the same film."""

# Failures that the fan can mend by giving the input again, by the stage that finds them.
RETAKES = {"recognise": "selfie", "sing": "take", "name": "name"}

REVIEW_PATIENCE_S = 20.0
"""How long a reviewer waits for the audio service to censor a take."""


class Orchestra:
    """Every film of this replica."""

    def __init__(self, memory: Memory, calls: Calls, artifacts: ArtifactStore, pressings: Pressings) -> None:
        self._memory = memory
        self._sessions = memory.sessions
        self._calls = calls
        self._artifacts = artifacts
        self._pressings = pressings
        # What runs here per session: the task of the loop, and which task of the plan in which version it works on.
        self._playing: dict[str, dict[asyncio.Task[Any], tuple[str, str]]] = {}
        # What is encoded ahead of its film, and of which session.
        self._ahead: dict[asyncio.Task[None], str] = {}
        self.desk = Desk()
        self.progress = Progress(memory.sessions)
        self.forecast = Forecast(memory.times, pressings, calls.slots)
        memory.log.estimate = self.forecast.estimate

    async def close(self) -> None:
        """Send reviewers home; what runs is left to the next start."""
        self.desk.close()
        for ahead in self._ahead:
            ahead.cancel()
        await asyncio.gather(*self._ahead, return_exceptions=True)

    # What front ends ask for

    async def advance(self, session: str) -> None:
        """Start every task of a session that can start, and stop what a new input has made stale."""
        known = await self._sessions.load(session)
        _, plan = await self._pressing(known)
        for playing, (task, version) in list(self._playing.get(session, {}).items()):
            if plan.tasks[task].version(known.attempts) != version:
                playing.cancel()
        for task, version in await self.startable(session):
            await start(session, task, version)

    async def cancel(self, session: str) -> None:
        """End a session without a film; what runs for it is stopped."""
        if not await self._sessions.end(session, CANCELLED, message="cancelled", reason="CANCELLED"):
            known = await self._sessions.load(session)
            if known.state != CANCELLED:
                raise Conflict("the session has ended already", reason="SESSION_ENDED")
        self.stop(session)

    async def erase(self, session: str) -> None:
        """Delete every byte of a session, here and in the store.

        A service that was still writing gets a second sweep from a durable workflow.

        Raises:
            Missing: There is no such session.
        """
        await self._sessions.load(session)
        await self._sessions.end(session, CANCELLED, message="erased", reason="ERASED")
        await self._stopped(session)
        await self._sessions.erase(session)
        self.desk.ring()
        await self.sweep(session)
        await start_sweep(session)

    async def sweep(self, session: str) -> None:
        """Delete a session's artifacts and the records of its workflows."""
        for scope in (session_scope(session), *parts.scopes(session)):
            await self._artifacts.erase(scope)
        await self._memory.scrub()
        await forget(session)

    async def held(self, campaign: str = "", session: str = "") -> list[Held]:
        """Everything that waits for a person, the longest waiting first; of a campaign alone, or of a session."""
        found = []
        for each in [session] if session else await self._memory.decisions.held(campaign):
            with contextlib.suppress(Missing):
                known = await self._sessions.load(each)
                pressing, _ = await self._pressing(known)
                found += held_of(known, pressing.campaign.song.take_start_samples)
        return [one for one in found if campaign in {"", one.campaign}]

    async def review(
        self,
        session: str,
        stage: str,
        version: str,
        *,
        approved: bool,
        by: str = "",
        why: Why = "",
        censored: Sequence[CensoredRange] = (),
    ) -> Decided:
        """Let a held name or take through, or ask for another one.

        Args:
            session: Its id.
            stage: `name` or `sing`.
            version: Of what was looked at, so that a take that came since is not let through unheard.
            approved: A person's yes or no.
            by: Who, for the record.
            why: The ground of a no, for the record.
            censored: Words that are not to be heard of a take that is let through.

        Returns:
            The record.

        Raises:
            Conflict: Nothing of this stage waits for a person, or it is not what was looked at.
            FancamError: The take could not be censored; it goes on waiting.
        """
        known = await self._sessions.load(session)
        held = next((one for one in held_of(known) if one.stage == stage), None)
        if held is None:
            raise Conflict(f"nothing of the stage {stage} waits for a review", reason="NOTHING_TO_REVIEW")
        instead = await self._censored(known, censored) if held.version == version and censored else None
        if approved:
            news = [News(stage, DONE, version=version, fraction=1.0, message="a person had a look")]
        else:
            asks = {"name": "please choose another name", "sing": "please sing it again, with the words of the song"}
            news = [
                News(each, RETAKE, version=version, fraction=1.0, message=asks[stage], reason="REFUSED_IN_REVIEW")
                for each in dict.fromkeys((stage, RETAKES[stage]))
            ]
        decided = Decided(
            campaign=held.campaign,
            stage=stage,
            session_sha256=digest(session),
            approved=approved,
            by=by,
            held_ns=held.since_ns,
            unix_ns=time.time_ns(),
            grounds=grounds(held.verdict, why, len(censored)),
        )
        if not await self._memory.decisions.decide(session, stage, version, decided, news, instead=instead):
            message = f"{stage} {version} is not what waits for a review: look again"
            raise Conflict(message, reason="REVIEW_OUTDATED")
        if approved:
            await self.advance(session)
        return decided

    async def _censored(self, known: Session, censored: Sequence[CensoredRange]) -> bytes:
        """The mix once more, without some of the take's words; nothing is kept of it unless the decision is."""
        pressing, plan = await self._pressing(known)
        request = request_of(known, pressing, plan.tasks["sing"])
        assert isinstance(request, SingRequest)
        request.censored.extend(censored)
        call = await self._calls.until_done(
            "Sing",
            request,
            urgency=self._urgency(known, plan.tasks["sing"]),
            give_up_ns=time.time_ns() + round(REVIEW_PATIENCE_S * 1e9),
            progressed=_unheard,
        )
        if not call.result.HasField("mix"):
            message = "the audio service judges this take otherwise by now, and makes no mix of it"
            raise Conflict(message, reason="REVIEW_OUTDATED")
        call.result.ClearField("spans")
        return bytes(call.result.SerializeToString())

    def stop(self, session: str) -> None:
        """Stop what runs here for a session, except the task that asks."""
        for work in self._working(session):
            if work is not asyncio.current_task():
                work.cancel()

    async def _stopped(self, session: str) -> None:
        self.stop(session)
        if working := self._working(session):
            await asyncio.wait(working, timeout=10.0)

    def _working(self, session: str) -> list[asyncio.Task[Any]]:
        ahead = [task for task, whose in self._ahead.items() if whose == session]
        return [*self._playing.get(session, {}), *ahead]

    # What workflows ask for

    async def startable(self, session: str) -> list[tuple[str, str]]:
        """Tasks that can start, with the version of their inputs; ends the session when there is nothing left to do."""
        return await insist(lambda: self._startable(session))

    async def _startable(self, session: str) -> list[tuple[str, str]]:
        try:
            known = await self._sessions.load(session)
            if known.ended:
                return []
            _, plan = await self._pressing(known)
        except Missing as error:
            log.warning("session %s cannot go on: %s", session, error)
            return []
        if plan.finished(known.attempts, {**known.done, **self._given_up(known, plan)}):
            await self._sessions.end(session, DONE, message="your film is ready")
            return []
        begun = {(stage.stage, stage.item, stage.version) for stage in known.stages}
        ready = [(task, task.version(known.attempts)) for task in plan.ready(known.attempts, known.done)]
        return [(task.id, version) for task, version in ready if (task.stage, task.item, version) not in begun]

    @staticmethod
    def _given_up(known: Session, plan: Plan) -> dict[str, str]:
        """A film is a film without its stills and its other shapes."""
        failed = {(stage.stage, stage.item): stage.version for stage in known.stages if stage.state == FAILED}
        extras = [task for task in plan.tasks.values() if task.extra]
        return {task.id: failed[task.stage, task.item] for task in extras if (task.stage, task.item) in failed}

    async def perform(self, session: str, task_id: str, version: str) -> str:
        """Do one task; says how it ended: `done`, `held`, `retake`, `failed`, `stale` or `gone`.

        Repeating it after a crash is harmless: outputs are addressed by content, and events are told once.
        """
        work = asyncio.create_task(insist(lambda: self._perform(session, task_id, version)))
        playing = self._playing.setdefault(session, {})
        playing[work] = (task_id, version)
        try:
            return await asyncio.shield(work)
        except asyncio.CancelledError:
            if work.cancelled():
                return "gone"
            work.cancel()
            raise
        except Missing as error:
            if error.reason == "SESSION_UNKNOWN":
                return "gone"
            # The pressing or an input has left the store: no repetition brings it back.
            log.exception("%s of session %s cannot be done", task_id, session)
            await self._sessions.end(session, FAILED, message=str(error), reason=error.reason)
            return "failed"
        finally:
            del playing[work]
            if not playing:
                self._playing.pop(session, None)

    async def _perform(self, session: str, task_id: str, version: str) -> str:
        known = await self._sessions.load(session)
        if known.ended:
            return "gone"
        pressing, plan = await self._pressing(known)
        task = plan.tasks[task_id]
        if task.version(known.attempts) != version:
            return "stale"
        made = known.results.get(task_id)
        if made is not None and made.version == version:
            return "done" if made.released else "held"
        await self._tell(session, task, version, WAITING)
        try:
            if task.stage == "compose":
                known = await self._with_passes(known, pressing, plan, task)
            call = await self._call(known, pressing, task, self.progress.of(session, task.stage, task.item, version))
            await self._own(session, call.result)
        except FancamError as error:
            return await self._failed(session, task, version, error)
        except Exception as error:
            log.exception("%s of session %s failed", task_id, session)
            return await self._failed(session, task, version, FancamError(f"{type(error).__name__} in the gateway"))
        await self.forecast.learn(session, task, call, pressing)
        outcome = await self._keep(session, task, version, call.result, pressing)
        if task.stage == "sing" and outcome == "done":
            self._encode_ahead(known, call.result)
        return outcome

    # Parts of a task

    def _encode_ahead(self, known: Session, sung: SingResult) -> None:
        """Have the sound encoded while pictures are still drawn: the film, and whoever plays its stream, find it done.

        Should it fail, or this replica end, the film encodes it itself.
        """
        request = FragmentRequest(
            pressing=artifact_of(known.pressing),
            scope=session_scope(known.id),
            mix=sung.mix,
            mix_start_samples=sung.mix_start_samples,
        )

        async def encode() -> None:
            with contextlib.suppress(FancamError):
                await self._calls.fragment(request)

        ahead = asyncio.create_task(encode())
        self._ahead[ahead] = known.id
        ahead.add_done_callback(self._ahead.pop)

    async def _call(self, known: Session, pressing: Pressing, task: Task, progressed: Progressed) -> Call:
        return await self._calls.until_done(
            METHODS[task.stage],
            request_of(known, pressing, task),
            urgency=self._urgency(known, task),
            give_up_ns=time.time_ns() + round(PATIENCE_S * 1e9),
            progressed=progressed,
        )

    async def _with_passes(self, known: Session, pressing: Pressing, plan: Plan, task: Task) -> Session:
        """The session with every pass that a shot needs.

        A pass may be pruned while a name waits for a person's review; it is drawn again.
        """
        results = dict(known.results)
        for need in task.needs:
            if plan.tasks[need].stage == "render" and not await self._artifacts.holds(
                pass_of(results[need].value).clip
            ):
                drawn = await self._call(known, pressing, plan.tasks[need], _unheard)
                results[need] = replace(results[need], value=drawn.result.SerializeToString())
        return replace(known, results=results)

    async def _own(self, session: str, result: Message) -> None:
        """Give the session its own copies of what was found or kept for its recipe: those may be pruned."""
        kept: list[Artifact] = []
        if isinstance(result, ComposeResult):
            kept = [result.segment]
        elif isinstance(result, RenderStillsResult):
            kept = list(result.stills.values())
        for artifact in kept:
            if artifact.uri.startswith(RECIPES + "/"):
                artifact.CopyFrom(await self._artifacts.copy(artifact, session_scope(session)))

    async def _keep(self, session: str, task: Task, version: str, result: Any, pressing: Pressing) -> str:
        verdict = result.verdict if task.stage in {"name", "sing"} else None
        news = [News(task.stage, DONE, task.item, version, 1.0)]
        released = True
        if verdict is not None and verdict.decision == Decision.DECISION_REJECT:
            message = "please choose another name" if task.stage == "name" else "please sing the words of the song"
            reason = "NAME_REFUSED" if task.stage == "name" else "SING_REFUSED"
            return await self._retake(session, task, version, reason, message)
        if task.stage == "name":
            released = name_may_be_shown(result.verdict)
        elif task.stage == "sing":
            released = take_may_be_heard(result.verdict, pressing.campaign.policy)
            if not result.verdict.transcribed:
                # That nobody has listened is said, whatever follows from it.
                news = [News(task.stage, DONE, task.item, version, 1.0, result.verdict.reason)]
        if not released:
            news = [News(task.stage, REVIEW, task.item, version, 1.0, "a person has a look first", "IN_REVIEW")]
        if hasattr(result, "spans"):
            result.ClearField("spans")
        await self._sessions.finish(session, task.id, version, result.SerializeToString(), news, released=released)
        return "done" if released else "held"

    async def _failed(self, session: str, task: Task, version: str, error: FancamError) -> str:
        if task.stage in RETAKES and isinstance(error, InvalidRequest):
            return await self._retake(session, task, version, error.reason, str(error))
        if isinstance(error, Missing) and (await self._sessions.load(session)).ended:
            return "gone"
        reason = "SERVICE_UNREACHABLE" if isinstance(error, NotReady) else error.reason
        log.error("%s of session %s failed: %s (%s)", task.id, session, error, reason)
        await self._tell(session, task, version, FAILED, message=str(error), reason=reason)
        if not task.extra:
            await self._sessions.end(session, FAILED, message=str(error), reason=reason)
            self.stop(session)
        return "failed"

    async def _retake(self, session: str, task: Task, version: str, reason: str, message: str) -> str:
        field = RETAKES[task.stage]
        await self._tell(session, task, version, RETAKE, message=message, reason=reason)
        if field != task.stage:
            await self._sessions.tell(session, News(field, RETAKE, "", version, 0.0, message, reason))
        return "retake"

    async def _tell(
        self,
        session: str,
        task: Task,
        version: str,
        state: int,
        *,
        fraction: float = 0.0,
        message: str = "",
        reason: str = "",
    ) -> None:
        await self._sessions.tell(session, News(task.stage, state, task.item, version, fraction, message, reason))

    @staticmethod
    def _urgency(known: Session, task: Task) -> tuple[float, ...]:
        """Earliest deadline first: a film is due the same time after its last input, whoever asks."""
        return (due_s(known) + (EXTRAS_WAIT_S if task.extra else 0.0), float(task.rank))

    async def plan(self, known: Session) -> Plan:
        """The tasks of a session's film.

        Raises:
            Missing: Its pressing is not in the store.
        """
        return (await self._pressing(known))[1]

    async def _pressing(self, known: Session) -> tuple[Pressing, Plan]:
        return await self._pressings.read(artifact_of(known.pressing))


async def insist(work: Callable[[], Awaitable[T]]) -> T:
    """Do it again while the database does not answer (a full disk, a failover), as long as a service is waited for."""
    give_up = time.monotonic() + PATIENCE_S
    while True:
        try:
            return await work()
        except OperationalError:
            log.exception("the database does not answer")
            if time.monotonic() > give_up:
                raise
        await asyncio.sleep(1.0)


async def _unheard(fraction: float, message: str) -> None:
    """Progress of what the fan has been told to be done."""
