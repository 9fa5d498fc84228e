"""Carries every film through its plan, durably: each task is a workflow that survives the death of any process.

A task's workflow does its one call, keeps the outcome, and starts the tasks that can start because of it. Workflows are
named by session, task and version of the inputs, so that two tasks that end at once start a third one only once.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import astuple, replace
from typing import Any, TypeVar

from dbos import DBOS, SetWorkflowID
from google.protobuf.message import Message
from sqlalchemy.exc import OperationalError

from fancam.artifacts import RECIPES, ArtifactStore, session_scope
from fancam.errors import Conflict, FancamError, InvalidRequest, Missing, NotReady
from fancam.timeline import TimedSpan
from fancam.v1.assembler_pb2 import AssembleRequest, FragmentRequest
from fancam.v1.audio_pb2 import (
    CensoredRange,
    Decision,
    ModerateNameRequest,
    ModerateNameResponse,
    SingRequest,
    SingResult,
)
from fancam.v1.campaign_pb2 import PressedCut, Pressing
from fancam.v1.compositor_pb2 import ComposeRequest, ComposeResult
from fancam.v1.media_pb2 import Artifact
from fancam.v1.recognition_pb2 import RecogniseRequest, RecogniseResult
from fancam.v1.renderer_pb2 import Pass, RenderPassRequest, RenderPassResult, RenderStillsRequest, RenderStillsResult
from gateway.calls import Call, Calls, Progressed
from gateway.estimates import LEARNING, film_in_s
from gateway.memory.decisions import Decided
from gateway.memory.memory import Memory
from gateway.memory.session import CANCELLED, DONE, FAILED, RETAKE, REVIEW, RUNNING, WAITING, News, Session
from gateway.plan import Plan, Task, files_of, make_plan, pass_items
from gateway.release import name_may_be_shown, take_may_be_heard
from gateway.reviews import Desk, Held, Why, digest, grounds, held_of

T = TypeVar("T")

log = logging.getLogger(__name__)

# Fixed on purpose: DBOS recovers only workflows of its own version, and by default that is a hash of the source, so a
# deploy would strand every film in flight. Raise it only when the new code could not go on with a running workflow.
APPLICATION_VERSION = "1"

PATIENCE_S = 600.0
"""How long a task goes on asking for a service that cannot be reached."""

BEAT_S = 3.0
SILENT_S = 15.0
"""A replica that has not written its beat for this long is dead, and the first to notice takes up its work."""

EXTRAS_WAIT_S = 60.0
"""Stills and other shapes count as this much less urgent than the passes of the same film."""

# Failures that the fan can mend by giving the input again, by the stage that finds them.
RETAKES = {"recognise": "selfie", "sing": "take", "name": "name"}

_METHODS = {
    "name": "ModerateName",
    "recognise": "Recognise",
    "render": "RenderPass",
    "compose": "Compose",
    "stills": "RenderStills",
    "sing": "Sing",
    "assemble": "Assemble",
}

_PROGRESS_STEP, _PROGRESS_S = 0.04, 0.4

REVIEW_PATIENCE_S = 20.0
"""How long a reviewer waits for the audio service to censor a take."""

AT_THE_DESK = frozenset({"session", "name", "take", "sing"})
"""Stages of which people who review may see something."""

PRUNE_MINUTES = 10
"""How often what was drawn for recipes is held against its limits; every replica does, which is harmless."""


class Orchestra:
    """Every film of this replica."""

    def __init__(self, memory: Memory, calls: Calls, artifacts: ArtifactStore, executor: str) -> None:
        self._memory = memory
        self._sessions = memory.sessions
        self._calls = calls
        self._artifacts = artifacts
        self._executor = executor
        self._pressings: dict[bytes, tuple[Pressing, Plan]] = {}
        self._paces: dict[tuple[str, str], float] = {}
        # What runs here per session: the task of the loop, and which task of the plan in which version it works on.
        self._playing: dict[str, dict[asyncio.Task[Any], tuple[str, str]]] = {}
        self._chores: list[asyncio.Task[None]] = []
        self._ahead: set[asyncio.Task[None]] = set()
        self._name = ""
        self.desk = Desk()
        memory.log.estimate = self._estimate

    # Life

    async def open(self) -> None:
        """Take up unfinished work, and go on looking for that of replicas that died."""
        self._paces = await self._memory.times.paces()
        await self._memory.replicas.beat(self._executor)
        self._chores = [asyncio.create_task(chore()) for chore in (self._beat, self._heed, self._tidy)]
        # A crash between noting an input and starting its task leaves nothing pending in DBOS: look at the plan again.
        for session in await self._sessions.open_sessions():
            await self._quietly(self.advance(session))

    async def close(self) -> None:
        """Stop looking; what runs is left to the next start."""
        self.desk.close()
        leaving = [*self._chores, *self._ahead]
        for chore in leaving:
            chore.cancel()
        await asyncio.gather(*leaving, return_exceptions=True)

    async def _beat(self) -> None:
        while True:
            await self._quietly(self._memory.replicas.beat(self._executor))
            await self._quietly(self._inherit())
            await asyncio.sleep(BEAT_S)

    async def _inherit(self) -> None:
        for dead in await self._memory.replicas.inherit(self._executor, SILENT_S):
            log.warning("%s is silent; %s takes up its work", dead, self._executor)
            # Private, and still the only way in without DBOS's hosted conductor.
            await asyncio.to_thread(DBOS._recover_pending_workflows, [dead])

    async def _heed(self) -> None:
        """Stop what runs here for sessions that were ended anywhere."""
        while True:
            await self._quietly(self._heed_until_failure())
            await asyncio.sleep(1.0)

    async def _heed_until_failure(self) -> None:
        async for session, stage, state in self._memory.log.watch():
            if stage == "session" and state in {CANCELLED, FAILED}:
                self.stop(session)
            if stage in AT_THE_DESK and state != RUNNING:
                self.desk.ring()

    async def _tidy(self) -> None:
        for minute in itertools.count():
            for session in await self._sessions.expired():
                log.info("session %s is past its time", session)
                await self._quietly(self.erase(session))
            if minute % PRUNE_MINUTES == 0:
                await self._quietly(self._prune())
            await asyncio.sleep(60.0)

    async def _prune(self) -> None:
        pruned = await self._artifacts.prune()
        if pruned.objects:
            log.info("pruned %d objects of recipes, %d bytes; %d are left", *astuple(pruned))

    @staticmethod
    async def _quietly(work: Awaitable[None]) -> None:
        try:
            await work
        except Exception:
            log.exception("a chore failed and will be tried again")

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
        with SetWorkflowID(f"sweep:{session}"):
            await DBOS.start_workflow_async(sweep_again, session)

    async def sweep(self, session: str) -> None:
        """Delete a session's artifacts and the records of its workflows."""
        await self._artifacts.erase(session_scope(session))
        await self._memory.scrub()
        await asyncio.to_thread(_forget_workflows, f"film:{session}:")

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
        request = self._request(known, pressing, plan.tasks["sing"])
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
        for playing in list(self._playing.get(session, {})):
            if playing is not asyncio.current_task():
                playing.cancel()

    async def _stopped(self, session: str) -> None:
        self.stop(session)
        playing = list(self._playing.get(session, {}))
        if playing:
            await asyncio.wait(playing, timeout=10.0)

    # What workflows ask for

    async def startable(self, session: str) -> list[tuple[str, str]]:
        """Tasks that can start, with the version of their inputs; ends the session when there is nothing left to do."""
        return await _insist(lambda: self._startable(session))

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
        work = asyncio.create_task(_insist(lambda: self._perform(session, task_id, version)))
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
            call = await self._call(known, pressing, task, self._progress(session, task, version))
            await self._own(session, call.result)
        except FancamError as error:
            return await self._failed(session, task, version, error)
        except Exception as error:
            log.exception("%s of session %s failed", task_id, session)
            return await self._failed(session, task, version, FancamError(f"{type(error).__name__} in the gateway"))
        await self._keep_times(session, task, call, pressing)
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
            pressing=_artifact(known.pressing),
            scope=session_scope(known.id),
            mix=sung.mix,
            mix_start_samples=sung.mix_start_samples,
        )

        async def encode() -> None:
            with contextlib.suppress(FancamError):
                await self._calls.fragment(request)

        ahead = asyncio.create_task(encode())
        self._ahead.add(ahead)
        ahead.add_done_callback(self._ahead.discard)

    async def _call(self, known: Session, pressing: Pressing, task: Task, progressed: Progressed) -> Call:
        return await self._calls.until_done(
            _METHODS[task.stage],
            self._request(known, pressing, task),
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
            if plan.tasks[need].stage == "render" and not await self._artifacts.holds(_pass(results[need].value).clip):
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

    def _request(self, known: Session, pressing: Pressing, task: Task) -> Message:
        address = _artifact(known.pressing)
        request: Message
        match task.stage:
            case "name":
                request = ModerateNameRequest(name=known.name, locale=known.locale, pressing=address)
            case "recognise":
                request = RecogniseRequest(selfie=_artifact(known.inputs["selfie"].artifact), pressing=address)
            case "sing":
                take = _artifact(known.inputs["take"].artifact)
                request = SingRequest(take=take, pressing=address, locale=known.locale)
            case "stills":
                request = RenderStillsRequest(recipe=_seen(known).recipe, pressing=address)
            case "render":
                request = self._pass_request(known, pressing, task, address)
            case "compose":
                request = self._shot_request(known, pressing, task)
            case _:
                request = self._film_request(known, pressing, task, address)
        return request

    @staticmethod
    def _film_request(known: Session, pressing: Pressing, task: Task, address: Artifact) -> AssembleRequest:
        segments = {
            id_.removeprefix("compose:"): _parsed(ComposeResult(), made.value).segment
            for id_, made in known.results.items()
            if id_.startswith("compose:")
        }
        sung = _parsed(SingResult(), known.results["sing"].value)
        return AssembleRequest(
            pressing=address,
            segments=segments,
            mix=sung.mix,
            mix_start_samples=sung.mix_start_samples,
            scope=session_scope(known.id),
            title=f"{pressing.campaign.title} · {_drawn_name(known)}",
            output=task.item,
        )

    @staticmethod
    def _shot_request(known: Session, pressing: Pressing, task: Task) -> ComposeRequest:
        cut = _cut(pressing, task)
        passes = dict(cut.passes)
        for layer, item in pass_items(cut).items():
            passes[layer] = _pass(known.results[f"render:{item}"].value)
        return ComposeRequest(
            shot=cut.shot,
            files={path: pressing.files[path] for path in sorted(files_of(cut.shot)) if path in pressing.files},
            passes=passes,
            name=_drawn_name(known) if "name" in task.roots else "",
            profile=pressing.profile,
            # Without the name a shot shows nothing of the fan but the recipe: the next fan with it needs no drawing.
            scope=session_scope(known.id) if "name" in task.roots else RECIPES,
        )

    @staticmethod
    def _pass_request(known: Session, pressing: Pressing, task: Task, address: Artifact) -> RenderPassRequest:
        cut = _cut(pressing, task)
        layer = next(layer for layer in cut.shot.layers if layer.name == task.layer)
        return RenderPassRequest(
            recipe=_seen(known).recipe,
            staging=layer.avatar.staging,
            film_first_frame=cut.start_frame,
            frames=cut.frames,
            width=pressing.profile.width,
            height=pressing.profile.height,
            pressing=address,
        )

    def _progress(self, session: str, task: Task, version: str) -> Callable[[float, str], Awaitable[None]]:
        told_at, told = 0.0, -1.0

        async def progressed(fraction: float, message: str) -> None:
            nonlocal told_at, told
            now = time.monotonic()
            if told >= 0 and (fraction - told < _PROGRESS_STEP or now - told_at < _PROGRESS_S):
                return
            told_at, told = now, fraction
            await self._tell(session, task, version, RUNNING, fraction=min(fraction, 0.999), message=message)

        return progressed

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
        due_s = max((given.unix_ns for given in known.inputs.values()), default=known.created_ns) / 1e9
        return (due_s + (EXTRAS_WAIT_S if task.extra else 0.0), float(task.rank))

    # Times

    async def _keep_times(self, session: str, task: Task, call: Call, pressing: Pressing) -> None:
        name = f"{task.stage} {task.item}".strip()
        spans = [TimedSpan(task.id, name, "run", call.lane, call.started_ns, call.ended_ns)]
        if call.started_ns - call.queued_ns > 50_000_000:
            spans.append(TimedSpan(task.id, name, "wait", call.lane, call.queued_ns, call.started_ns))
        for part in call.spans:
            spans.append(TimedSpan(task.id, part.name, "part", call.lane, part.start_unix_ns, part.end_unix_ns))
        await self._memory.times.add_spans(session, spans)
        if getattr(call.result, "cached", False) or (task.extra and task.stage == "assemble"):
            return  # nothing was drawn; another shape is encoded anew, at another pace than the splice
        key = (task.stage, f"{pressing.profile.width}x{pressing.profile.height}")
        pace = (call.ended_ns - call.started_ns) / 1e9 / task.units
        before = self._paces.get(key)
        self._paces[key] = pace if before is None else before + LEARNING * (pace - before)
        await self._memory.times.set_pace(*key, self._paces[key])

    def _estimate(self, known: Session) -> float:
        loaded = self._pressings.get(known.pressing)
        if loaded is None:
            return -1.0
        pressing, plan = loaded
        if known.state == DONE:
            return 0.0
        wanted = {stage.stage for stage in known.stages if stage.state == RETAKE}
        given = {name: attempt for name, attempt in known.attempts.items() if name not in wanted}
        size = f"{pressing.profile.width}x{pressing.profile.height}"
        paces = {stage: pace for (stage, at), pace in self._paces.items() if at == size}
        standing = {}
        for stage in known.stages:
            task = plan.tasks.get(f"{stage.stage}:{stage.item}" if stage.item else stage.stage)
            if task is not None and stage.version == task.version(known.attempts):
                standing[task.id] = stage.fraction
        return film_in_s(plan, given, standing, paces)

    async def plan(self, known: Session) -> Plan:
        """The tasks of a session's film.

        Raises:
            Missing: Its pressing is not in the store.
        """
        return (await self._pressing(known))[1]

    async def _pressing(self, known: Session) -> tuple[Pressing, Plan]:
        loaded = self._pressings.get(known.pressing)
        if loaded is None:
            pressing = Pressing()
            await self._artifacts.get_message(_artifact(known.pressing), pressing)
            loaded = self._pressings[known.pressing] = (pressing, make_plan(pressing))
        return loaded


# Workflows. DBOS knows them by name and calls them after a restart, so they are functions of the module; the orchestra
# that plays is put here when the process starts.

_PLAYING: list[Orchestra] = []


def conduct(orchestra: Orchestra | None) -> None:
    """Say which orchestra plays the workflows of this process."""
    _PLAYING[:] = [orchestra] if orchestra else []


@DBOS.step(name="perform")
async def _perform(session: str, task: str, version: str) -> str:
    return await _PLAYING[0].perform(session, task, version)


@DBOS.step(name="startable")
async def _startable(session: str) -> list[tuple[str, str]]:
    return await _PLAYING[0].startable(session)


@DBOS.workflow(name="film")
async def film(session: str, task: str, version: str) -> str:
    """Do one task of a film, then start what became possible."""
    outcome = await _perform(session, task, version)
    if outcome in {"done", "failed"}:
        for next_task, next_version in await _startable(session):
            await start(session, next_task, next_version)
    return outcome


@DBOS.step(name="sweep")
async def _sweep(session: str) -> str:
    await _PLAYING[0].sweep(session)
    return "swept"


@DBOS.workflow(name="sweep")
async def sweep_again(session: str) -> str:
    """Sweep an erased session twice more: a service may still have been writing."""
    for pause_s in (3.0, 30.0):
        await DBOS.sleep_async(pause_s)
        await _sweep(session)
    return "swept"


async def start(session: str, task: str, version: str) -> None:
    """Start a task's workflow; starting it again changes nothing."""
    with SetWorkflowID(f"film:{session}:{task}:{version}"):
        await DBOS.start_workflow_async(film, session, task, version)


async def _insist(work: Callable[[], Awaitable[T]]) -> T:
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


def _forget_workflows(prefix: str) -> None:
    workflows = [status.workflow_id for status in DBOS.list_workflows(workflow_id_prefix=prefix, load_input=False)]
    if workflows:
        DBOS.delete_workflows(workflows)


def _cut(pressing: Pressing, task: Task) -> PressedCut:
    return next(cut for cut in pressing.cuts if cut.id == task.cut)


def _artifact(data: bytes) -> Artifact:
    return Artifact.FromString(data)


def _parsed(message: Any, data: bytes) -> Any:
    message.ParseFromString(data)
    return message


def _pass(data: bytes) -> Pass:
    drawn: Pass = getattr(RenderPassResult.FromString(data), "pass")
    return drawn


async def _unheard(fraction: float, message: str) -> None:
    """Progress of what the fan has been told to be done."""


def _seen(known: Session) -> Any:
    return _parsed(RecogniseResult(), known.results["recognise"].value)


def _drawn_name(known: Session) -> str:
    return str(_parsed(ModerateNameResponse(), known.results["name"].value).name)
