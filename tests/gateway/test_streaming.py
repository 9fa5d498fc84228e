"""A film plays before its last cut is made, nothing unreleased is in it, and other shapes come after it."""

from __future__ import annotations

import asyncio
import re
from fractions import Fraction

import pytest

from fancam.errors import FancamError
from fancam.v1.campaign_pb2 import Pressing
from fancam.v1.media_pb2 import Artifact
from gateway import playlists
from gateway.plan import make_plan
from gateway.streaming import timed
from tests.gateway.conftest import JPEG, WAV, Fan, House, comes_true
from tests.gateway.fakes import Script, a_pressing
from tests.video import hls


def addresses(text: str) -> list[str]:
    """What a playlist names, in order."""
    return [line for line in text.splitlines() if line and not line.startswith("#")]


async def given(house: House) -> Fan:
    """A fan who gave everything."""
    fan = await house.create()
    await fan.put("selfie", JPEG)
    await fan.put("take", WAV)
    return fan


async def test_a_film_plays_while_a_later_cut_is_drawn(house: House, script: Script) -> None:
    """Playlists hold what plays from the beginning on, whatever is there behind a gap; they grow, and end."""
    script.held["render 24"], script.pages = asyncio.Event(), 3
    fan = await given(house)
    await fan.until("compose", "done", "hello")
    await fan.until("compose", "done", "bye")
    await fan.until("sing", "done")
    whole = await fan.get("/stream/film.m3u8")
    early = await fan.get("/stream/pictures.m3u8")

    assert (whole.status_code, whole.headers["content-type"]) == (200, playlists.MEDIA_TYPE)
    assert whole.headers["cache-control"] == "no-store"
    assert hls.faults(whole.text) == []
    assert 'CODECS="avc1.64001f,mp4a.40.2",RESOLUTION=64x64,FRAME-RATE=24.000' in whole.text
    assert [address.split("/")[-1].split(".")[0] for address in addresses(early.text)] == ["hello"]
    assert "#EXT-X-ENDLIST" not in early.text
    assert (await fan.get("/stream/pictures/pair.mp4")).json()["reason"] == "STREAM_NOT_READY"

    script.held["render 24"].set()
    await fan.until("session", "done")
    late = await fan.get("/stream/pictures.m3u8")
    before = early.text.splitlines()
    assert [re.sub(r"\?.*", "", line) for line in late.text.splitlines()[: len(before)]] == [
        re.sub(r"\?.*", "", line) for line in before
    ]
    assert late.text.endswith("#EXT-X-ENDLIST\n")
    assert len(addresses(late.text)) == 4
    sound = (await fan.get("/stream/sound.m3u8")).text
    assert [hls.faults(text) for text in (early.text, late.text, sound)] == [[], [], []]
    assert sum(hls.lengths_s(sound)) == pytest.approx(sum(hls.lengths_s(late.text)), abs=1e-5)


async def test_a_player_needs_no_header_to_read_the_stream(house: House) -> None:
    """Every address that a playlist names is signed: the tracks, the header that comes first, and each fragment."""
    fan = await house.create()
    await fan.film()
    link = (await fan.get()).json()["links"]["stream"]
    whole = await house.http.get(link)
    tracks = [re.search(r'URI="([^"]+)"', whole.text)[1], *addresses(whole.text)]  # type: ignore[index]
    for track, media_type in zip(tracks, ("audio/mp4", "video/mp4"), strict=True):
        playlist = await house.http.get(track)
        header = re.search(r'EXT-X-MAP:URI="([^"]+)"', playlist.text)
        assert header
        for part in (header[1], *addresses(playlist.text)):
            reply = await house.http.get(part)
            assert (reply.status_code, reply.headers["content-type"]) == (200, media_type)
        first = addresses(playlist.text)[0]
        ranged = await house.http.get(first, headers={"Range": "bytes=3-9"})
        assert (ranged.status_code, ranged.headers["content-range"][:9]) == (206, "bytes 3-9")
        assert (await house.http.get(first.split("?")[0])).status_code == 401


async def test_nothing_plays_before_the_sound_is_there(house: House, script: Script) -> None:
    """Pictures alone are no film; who asks is told to come back."""
    script.held["sing"] = asyncio.Event()
    fan = await given(house)
    await fan.until("compose", "done", "bye")
    for path in ("film.m3u8", "pictures.m3u8", "sound.m3u8", "pictures/hello.mp4", "sound/header.mp4"):
        reply = await fan.get(f"/stream/{path}")
        assert (reply.status_code, reply.json()["reason"], reply.headers["retry-after"]) == (
            404,
            "STREAM_NOT_READY",
            "2",
        )


async def test_nobody_is_sent_on_waiting_for_a_film_that_will_not_come(house: House) -> None:
    """After a session was cancelled the same answers name no time to come again."""
    fan = await house.create()
    waiting = await fan.get("/stream/film.m3u8"), await fan.get("/film")
    await fan.post("cancel")
    over = await fan.get("/stream/film.m3u8"), await fan.get("/film")
    assert [reply.headers.get("retry-after") for reply in waiting] == ["2", "2"]
    assert [reply.headers.get("retry-after") for reply in over] == [None, None]


async def test_the_sound_is_encoded_while_pictures_are_drawn(house: House, script: Script) -> None:
    """As soon as it is released, and whether or not anybody plays the stream."""
    script.held["render 0"] = asyncio.Event()
    fan = await given(house)
    await fan.until("sing", "done")
    await comes_true(lambda: script.calls["fragment mix"] > 0)
    assert not script.calls["assemble"]
    script.held["render 0"].set()
    await fan.until("session", "done")


async def test_what_is_the_same_for_every_fan_is_asked_for_once(house: House, script: Script) -> None:
    """A second fan's stream asks the assembler for that fan's own cuts and sound alone."""
    asked = []
    for _ in range(2):
        fan = await house.create()
        await fan.film()
        await fan.get("/stream/pictures.m3u8")
        asked.append((script.calls["fragment fixed_cut"], script.calls["fragment personal_cut"]))

    (fixed, personal), (fixed_after, personal_after) = asked
    assert fixed_after == fixed
    assert personal_after == 2 * personal == 6


@pytest.mark.parametrize(("name", "take"), [("doubtful", WAV), ("Ada", WAV + b"REVIEW")], ids=["name", "take"])
async def test_what_waits_for_a_person_is_not_streamed(house: House, script: Script, name: str, take: bytes) -> None:
    """A name or a take in review is in no cut that anybody can play."""
    fan = await house.create(name=name)
    await fan.put("selfie", JPEG)
    await fan.put("take", take)
    await fan.until("name" if name == "doubtful" else "sing", "review")
    await fan.until("render", "done", "hello")
    assert (await fan.get("/stream/film.m3u8")).json()["reason"] == "STREAM_NOT_READY"
    assert (await fan.get("/stream/sound/hello.mp4")).json()["reason"] == "STREAM_NOT_READY"
    if name == "doubtful":
        await comes_true(lambda: script.calls["fragment mix"] == 1)
    else:
        assert script.calls["fragment mix"] == 0


async def test_an_unknown_track_or_part_is_a_problem(house: House) -> None:
    """Not a file of somebody else's, and not a failure of ours."""
    fan = await house.create()
    await fan.film()
    assert (await fan.get("/stream/smell.m3u8")).status_code == 422
    assert (await fan.get("/stream/pictures/ghost.mp4")).status_code == 404


# Other shapes


@pytest.fixture
async def shaped(house: House) -> Fan:
    """A fan of a campaign that wants a square film too."""
    pressing = a_pressing("shapes")
    pressing.campaign.outputs.add(id="square", width=64, height=64)
    pressing.outputs["square"].CopyFrom(pressing.profile)
    address = await house.store.put_message("shared", pressing)
    body = {"pressing": {"uri": address.uri, "size_bytes": address.size_bytes, "media_type": address.media_type}}
    reply = await house.http.put("/v1/campaigns/shapes", json=body, headers=house.operator)
    assert reply.json()["outputs"] == [{"id": "square", "width": 64, "height": 64}]
    return await house.create(campaign="shapes")


async def test_other_shapes_are_made_after_the_film(shaped: Fan, script: Script) -> None:
    """The film does not wait for them; when they are there the session names them."""
    script.held["assemble square"] = asyncio.Event()
    await shaped.put("selfie", JPEG)
    await shaped.put("take", WAV)
    await shaped.until("assemble", "running", "square")
    view = (await shaped.get()).json()
    assert view["links"]["film"]
    assert view["links"]["outputs"] == {}
    assert (await shaped.get("/outputs/square")).json()["reason"] == "OUTPUT_UNKNOWN"
    script.held["assemble square"].set()
    await shaped.until("session", "done")
    links = (await shaped.get()).json()["links"]["outputs"]
    film, square = await shaped.get("/film"), await shaped.house.http.get(links["square"])
    assert square.content == film.content + b"square"
    assert square.headers["content-disposition"] == 'inline; filename="fancam-shapes-square.mp4"'


async def test_a_film_is_a_film_without_its_other_shapes(shaped: Fan, script: Script) -> None:
    """One that cannot be made is told, and the session is done all the same."""
    script.failures["assemble square"] = [FancamError("no encoder", reason="INTERNAL") for _ in range(9)]
    await shaped.film()
    view = (await shaped.get()).json()
    assert view["state"] == "done"
    assert view["links"]["outputs"] == {}
    assert [(stage["state"], stage["item"]) for stage in view["stages"] if stage["stage"] == "assemble"] == [
        ("done", ""),
        ("failed", "square"),
    ]


# Craft


def test_a_flash_without_sound_of_its_own_shortens_no_playlist() -> None:
    """One frame at 60 a second is shorter than a coded frame of sound: its time goes to the next one."""
    flash, long = Fraction(1, 60), Fraction(2)
    cuts = [("a", long), ("b", flash), ("c", long), ("d", flash)]
    held = {name: Artifact(size_bytes=9) for name in "ac"}

    assert [each.seconds for each in timed(cuts[:1], held, {})] == [long]
    assert [each.seconds for each in timed(cuts[:2], held, {})] == [long]
    assert [each.seconds for each in timed(cuts, held, {"c": "c.mp4"})] == [long, flash + long]
    assert timed(cuts, held, {"c": "c.mp4"})[1].url == "c.mp4"


def test_a_playlist_is_exact_and_names_its_longest_cut() -> None:
    """Durations are those of the frames; the target is whole seconds and never too small."""
    parts = [playlists.Fragment("a.mp4", Fraction(1001, 30000), 900), playlists.Fragment("b.mp4", Fraction(5, 2), 10)]
    lines = playlists.track("h.mp4", parts, Fraction(5, 2), complete=True).splitlines()

    assert lines[:2] == ["#EXTM3U", "#EXT-X-VERSION:7"]
    assert "#EXT-X-TARGETDURATION:3" in lines
    assert lines[-5:] == ["#EXTINF:0.033367,", "a.mp4", "#EXTINF:2.500000,", "b.mp4", "#EXT-X-ENDLIST"]


def test_what_a_track_needs_is_told_by_runs_as_long_as_its_longest_cut() -> None:
    """A flash of one frame is one key frame: alone it would claim fifty times what a player has to load."""
    flash, long = playlists.Fragment("", Fraction(1, 24), 9_000), playlists.Fragment("", Fraction(5, 2), 100_000)
    need = playlists.needs([long, flash, long, long], Fraction(5, 2))

    assert need.most == 8 * 109_000 * 24 // 61 + 1
    assert need.mean == 8 * 309_000 * 24 // 181 + 1
    assert playlists.needs([flash], Fraction(5, 2)) == playlists.Rate(8 * 9_000 * 24, 8 * 9_000 * 24)


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        (("VERSION:7", "VERSION:4"), "need version 6"),
        (("#EXT-X-INDEPENDENT-SEGMENTS\n", ""), "can be decoded alone"),
        (("TARGETDURATION:3", "TARGETDURATION:2"), "the target is 2"),
        (("TARGETDURATION:3", "TARGETDURATION:2.7"), "not a whole number"),
        (("2.700000", "3"), "to the millisecond"),
        (("b.mp4\n", ""), "is no address|has no address"),
        (('#EXT-X-MAP:URI="h.mp4"\n', ""), "EXT-X-MAP"),
    ],
)
def test_the_strict_look_at_playlists_sees(wrong: tuple[str, str], named: str) -> None:
    """Each fault that a player would trip over, put into a playlist that has none."""
    parts = [playlists.Fragment("a.mp4", Fraction(1, 24), 900), playlists.Fragment("b.mp4", Fraction(27, 10), 10)]
    good = playlists.track("h.mp4", parts, Fraction(27, 10), complete=True)

    assert hls.faults(good) == []
    assert re.search(named, "; ".join(hls.faults(good.replace(*wrong))))


def test_further_outputs_are_extras_of_the_plan() -> None:
    """They need the film, and a plan without them is the plan as it was."""
    pressing: Pressing = a_pressing()
    before = make_plan(pressing).tasks
    pressing.campaign.outputs.add(id="square", width=64, height=64)
    after = make_plan(pressing).tasks

    assert set(after) - set(before) == {"assemble:square"}
    assert after["assemble:square"].needs == ("assemble",)
    assert after["assemble:square"].extra
    assert not after["assemble"].extra
