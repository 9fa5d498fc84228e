"""A whole film by the real mesh: six processes, real pictures, real sound."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from fancam.timeline import Timeline
from tests.loopback import tiny
from tests.loopback.conftest import World
from tests.video import measure

AAC_FRAME_SAMPLES = 1024
"""Sound ends with a whole AAC frame."""


async def test_a_selfie_a_name_and_a_take_become_a_film(world: World, tmp_path: Path) -> None:
    """What comes out plays: every frame, 48 kHz sound as long as the pictures, and no complaint of a decoder."""
    fan = await world.fan("Zoë")
    replies = await asyncio.gather(fan.give("selfie", world.selfie), fan.give("take", world.take))
    assert [reply.status_code for reply in replies] == [200, 200]
    await fan.until("session", "done")

    film = tmp_path / "film.mp4"
    film.write_bytes((await fan.get("/film")).content)

    assert measure.decode_warnings(film) == ""
    pictures = measure.pictures(film)
    assert pictures.shape == (tiny.FRAMES, tiny.HEIGHT, tiny.WIDTH)
    assert 0 <= len(measure.sound(film)) - tiny.SAMPLES < AAC_FRAME_SAMPLES
    # Personal cuts differ from a bare plate: the avatar and the name are really there.
    assert pictures[36].std() > 10
    assert pictures[60].std() > 10


async def test_everything_that_was_promised_can_be_fetched(world: World) -> None:
    """Poster, fan-kit, recipe and timeline belong to the film; signed links open without the token and expire."""
    fan = await world.fan()
    await asyncio.gather(fan.give("selfie", world.selfie), fan.give("take", world.take))
    await fan.until("session", "done")

    session = (await fan.get()).json()
    kit = (await fan.get("/fan-kit")).json()
    recipe = (await fan.get("/recipe")).json()
    timeline = Timeline.from_json((await fan.get("/timeline")).json())

    assert session["state"] == "done"
    assert (await world.http.get(session["links"]["film"])).status_code == 200
    assert (await world.http.get(session["links"]["poster"])).content.startswith(b"\xff\xd8\xff")
    assert [item["id"] for item in kit] == ["portrait"]
    assert (await world.http.get(kit[0]["url"])).content.startswith(b"RIFF")
    assert recipe["recipe"]["parts"]["hair"]
    assert timeline.path[0].lane == "input"
    assert timeline.path[-1].lane == "assembler"
    lanes = {span.lane for span in timeline.spans}
    assert lanes == {"recognition", "audio", "renderer", "compositor", "assembler"}
    assert (await fan.get("/timeline.txt")).text.startswith("Last input at")


async def test_two_fans_at_once_get_their_own_films(world: World) -> None:
    """Names and takes are not mixed up, and one page each is shared."""
    # Long enough that no film holds one of them by chance.
    fans = [await world.fan(name) for name in ("Annabella", "Björn")]
    for fan in fans:
        await asyncio.gather(fan.give("selfie", world.selfie), fan.give("take", world.take))
    await asyncio.gather(*(fan.until("session", "done") for fan in fans))

    films = [(await fan.get("/film")).content for fan in fans]

    assert films[0] != films[1]
    assert [b"Annabella" in film for film in films] == [True, False]
    assert ["Björn".encode() in film for film in films] == [False, True]


async def test_the_command_line_makes_the_same_film(world: World, tmp_path: Path) -> None:
    """`fancam film` uses the mesh that runs and leaves film, fan-kit, recipe and timeline, and says where."""
    (tmp_path / "selfie.jpg").write_bytes(world.selfie)
    (tmp_path / "take.wav").write_bytes(world.take)
    command = ["film", "--selfie", tmp_path / "selfie.jpg", "--take", tmp_path / "take.wav", "--name", "Ada"]
    command += ["--campaign", world.data / "campaign", "--out", tmp_path / "out"]
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "fancam.cli",
        *map(str, command),
        env=world.mesh.environment,
        cwd=tiny.ROOT,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await asyncio.wait_for(process.communicate(), timeout=250)

    assert process.returncode == 0, said.decode()
    made = {path.relative_to(tmp_path / "out").as_posix() for path in (tmp_path / "out").rglob("*") if path.is_file()}
    assert made == {
        "film.mp4",
        "poster.jpg",
        "recipe.json",
        "timeline.txt",
        "timeline.png",
        "fankit/portrait.webp",
    }
    assert measure.decode_warnings(tmp_path / "out" / "film.mp4") == ""
    assert b"later." in said
    for name in ("film.mp4", "fankit", "recipe.json", "timeline.txt", "timeline.png"):
        assert name.encode() in said
