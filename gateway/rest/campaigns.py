"""Campaigns over REST: which music videos there are, what to sing to, and what a front end captures for one."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from fancam.v1.media_pb2 import Artifact
from gateway import rehearsal
from gateway.rest.access import DoorOf, Operator
from gateway.rest.files import described, serve
from gateway.rest.problems import RESPONSES
from gateway.rest.schema import CampaignView, NewCampaign
from gateway.rest.views import campaign_view

router = APIRouter(prefix="/v1", responses=RESPONSES)


@router.get("/campaigns", tags=["campaigns"])
async def list_campaigns(door: DoorOf) -> list[CampaignView]:
    """List the music videos that films can be made of."""
    return [await campaign_view(door, address, pressing) for address, pressing in (await door.campaigns()).values()]


@router.get("/campaigns/{campaign}", tags=["campaigns"])
async def get_campaign(door: DoorOf, campaign: str) -> CampaignView:
    """Describe one music video: what a front end needs to capture for it."""
    return await campaign_view(door, *await door.campaign(campaign))


@router.get("/campaigns/{campaign}/{part}", tags=["campaigns"], **described("audio/mp4", "audio/flac"))
@router.head("/campaigns/{campaign}/{part}", tags=["campaigns"], include_in_schema=False)
async def get_rehearsal(request: Request, door: DoorOf, campaign: str, part: rehearsal.Part) -> Response:
    """What a fan sings to, as long as the song: `backing` is the song without the fan, `guide` the line to learn."""
    _, pressing = await door.campaign(campaign)
    artifact = rehearsal.part(pressing, part)
    suffix = ".m4a" if part == "backing" else ".flac"
    return serve(request, door, artifact, f"{campaign}-{part}{suffix}", public=True)


@router.put("/campaigns/{campaign}", tags=["campaigns"], dependencies=[Operator])
async def set_campaign(door: DoorOf, campaign: str, body: NewCampaign) -> CampaignView:
    """Make a pressing what new sessions of its campaign use; sessions under way keep theirs. For operators."""
    address = Artifact(**body.pressing.model_dump())
    return await campaign_view(door, address, await door.set_campaign(campaign, address))
