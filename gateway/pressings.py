"""Pressings and the plans that follow from them, each read once from the store."""

from __future__ import annotations

from collections import OrderedDict

from fancam.artifacts import ArtifactStore
from fancam.v1.campaign_pb2 import Pressing
from fancam.v1.media_pb2 import Artifact
from gateway.plan import Plan, make_plan

REMEMBERED = 64
"""Pressings that are kept in memory: those of today's campaigns, and of sessions that began with an earlier one."""


class Pressings:
    """The pressings of a store."""

    def __init__(self, artifacts: ArtifactStore) -> None:
        self._artifacts = artifacts
        self._read: OrderedDict[str, tuple[Pressing, Plan]] = OrderedDict()

    async def read(self, address: Artifact) -> tuple[Pressing, Plan]:
        """A pressing and its plan.

        Raises:
            Missing: It is not in the store.
            InvalidRequest: Something else lies there.
        """
        if address.uri not in self._read:
            pressing = Pressing()
            await self._artifacts.get_message(address, pressing)
            self._read[address.uri] = (pressing, make_plan(pressing))
            while len(self._read) > REMEMBERED:
                self._read.popitem(last=False)
        self._read.move_to_end(address.uri)
        return self._read[address.uri]

    def at_hand(self, address: Artifact) -> tuple[Pressing, Plan] | None:
        """What was read before, without asking the store."""
        return self._read.get(address.uri)
