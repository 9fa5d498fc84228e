"""Pictures and sound stay together through the whole mesh: press, render, compose, sing, splice."""

from __future__ import annotations

import asyncio
from fractions import Fraction
from pathlib import Path

from fancam import client
from fancam.keys import Keys
from tests.loopback import clapper
from tests.loopback.conftest import SECRET, World
from tests.video import measure

TOGETHER_S = Fraction(5, 1000)


async def test_flash_and_beep_meet_within_5_ms_at_every_second(world: World, tmp_path: Path) -> None:
    """Through all six processes, fixed and personal cuts from one frame upward: all frames once, in order, in time."""
    pressed = await client.press(
        clapper.write_campaign(tmp_path / "clapper"),
        artifacts=world.store,
        assembler=world.mesh.settings.assembler,
        told=lambda *_: None,
    )
    await client.register(world.http, "clapper", pressed.pressing, Keys(SECRET.encode()).operator())
    fan = await world.fan("Zoë", campaign="clapper")
    await asyncio.gather(fan.give("selfie", world.selfie), fan.give("take", world.take))
    await fan.until("session", "done")
    film = tmp_path / "film.mp4"
    film.write_bytes((await fan.get("/film")).content)

    flashes, beeps = clapper.flashes(film), clapper.beeps(film)

    assert measure.decode_warnings(film) == ""
    assert clapper.numbers(film) == list(range(clapper.FRAMES))
    assert measure.presented(film) == [number / clapper.RATE for number in range(clapper.FRAMES)]
    assert flashes == [frame / clapper.RATE for frame in range(clapper.FRAMES) if clapper.flashing(frame)]
    assert len(beeps) == len(flashes)
    assert max(abs(flash - beep) for flash, beep in zip(flashes, beeps, strict=True)) <= TOGETHER_S
