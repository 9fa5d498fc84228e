"""What each service is asked for a film, from what is known of its session. Knows no database, no network."""

from __future__ import annotations

from typing import Any

from google.protobuf.message import Message

from fancam.artifacts import RECIPES, session_scope
from fancam.v1.assembler_pb2 import AssembleRequest
from fancam.v1.audio_pb2 import ModerateNameRequest, ModerateNameResponse, SingRequest, SingResult
from fancam.v1.campaign_pb2 import PressedCut, Pressing
from fancam.v1.compositor_pb2 import ComposeRequest, ComposeResult
from fancam.v1.media_pb2 import Artifact
from fancam.v1.recognition_pb2 import RecogniseRequest, RecogniseResult
from fancam.v1.renderer_pb2 import Pass, RenderPassRequest, RenderPassResult, RenderStillsRequest
from gateway.memory.session import Session
from gateway.plan import Task, files_of, pass_items

METHODS = {
    "name": "ModerateName",
    "recognise": "Recognise",
    "render": "RenderPass",
    "compose": "Compose",
    "stills": "RenderStills",
    "sing": "Sing",
    "assemble": "Assemble",
}
"""The RPC of each stage."""


def request_of(known: Session, pressing: Pressing, task: Task) -> Message:
    """What the task's service is asked.

    Args:
        known: The session, with the outcomes of everything that the task needs.
        pressing: What its film is made from.
        task: One of its plan.
    """
    address = artifact_of(known.pressing)
    request: Message
    match task.stage:
        case "name":
            request = ModerateNameRequest(name=known.name, locale=known.locale, pressing=address)
        case "recognise":
            request = RecogniseRequest(selfie=artifact_of(known.inputs["selfie"].artifact), pressing=address)
        case "sing":
            take = artifact_of(known.inputs["take"].artifact)
            request = SingRequest(take=take, pressing=address, locale=known.locale)
        case "stills":
            request = RenderStillsRequest(recipe=_seen(known).recipe, pressing=address)
        case "render":
            request = _pass_request(known, pressing, task, address)
        case "compose":
            request = _shot_request(known, pressing, task)
        case _:
            request = _film_request(known, pressing, task, address)
    return request


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


def _shot_request(known: Session, pressing: Pressing, task: Task) -> ComposeRequest:
    cut = _cut(pressing, task)
    passes = dict(cut.passes)
    for layer, item in pass_items(cut).items():
        passes[layer] = pass_of(known.results[f"render:{item}"].value)
    return ComposeRequest(
        shot=cut.shot,
        files={path: pressing.files[path] for path in sorted(files_of(cut.shot)) if path in pressing.files},
        passes=passes,
        name=_drawn_name(known) if "name" in task.roots else "",
        profile=pressing.profile,
        # Without the name a shot shows nothing of the fan but the recipe: the next fan with it needs no drawing.
        scope=session_scope(known.id) if "name" in task.roots else RECIPES,
    )


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


def _cut(pressing: Pressing, task: Task) -> PressedCut:
    return next(cut for cut in pressing.cuts if cut.id == task.cut)


def artifact_of(data: bytes) -> Artifact:
    """An address as the memory keeps it."""
    return Artifact.FromString(data)


def _parsed(message: Any, data: bytes) -> Any:
    message.ParseFromString(data)
    return message


def pass_of(data: bytes) -> Pass:
    """The pass of a task's outcome."""
    drawn: Pass = getattr(RenderPassResult.FromString(data), "pass")
    return drawn


def _seen(known: Session) -> Any:
    return _parsed(RecogniseResult(), known.results["recognise"].value)


def _drawn_name(known: Session) -> str:
    return str(_parsed(ModerateNameResponse(), known.results["name"].value).name)
