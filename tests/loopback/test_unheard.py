"""Without a speech model no take reaches a film silently: the whole mesh does what each campaign has put in writing."""

from __future__ import annotations

import asyncio
import uuid
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from fancam.artifacts import SHARED
from fancam.keys import Keys
from fancam.v1.campaign_pb2 import Pressing, UntranscribedPolicy
from tests.loopback import tiny
from tests.loopback.conftest import SECRET, Fan, World
from tests.video import measure

RATE_HZ, BLEEP_HZ = 48_000, 1_000

OPERATOR = {"Authorization": f"Bearer {Keys(SECRET.encode()).operator()}"}


async def sung(world: World, policy: UntranscribedPolicy, take: bytes) -> Fan:
    """A fan of the tiny campaign under another policy, who has given everything."""
    pressing = Pressing()
    await world.store.get_message(world.pressed.pressing, pressing)
    pressing.campaign.policy.untranscribed = policy
    stored = await world.store.put_message(SHARED, pressing)
    address = {"uri": stored.uri, "size_bytes": stored.size_bytes, "media_type": stored.media_type}
    body = {"pressing": address, "name": "Zoë", "consent": True}
    headers = OPERATOR | {"Idempotency-Key": str(uuid.uuid4())}
    reply = await world.http.post("/v1/sessions", json=body, headers=headers)
    assert reply.status_code == 201, reply.text
    fan = Fan(world, reply.json()["id"], reply.json()["token"])
    await asyncio.gather(fan.give("selfie", world.selfie), fan.give("take", take))
    return fan


def tone(sound: NDArray[np.float32], at_s: float) -> float:
    """Share of the loudness of 0.1 s around a moment that is the censor's tone."""
    heard = sound[round((at_s - 0.05) * RATE_HZ) : round((at_s + 0.05) * RATE_HZ)]
    wave = np.exp(-2j * np.pi * BLEEP_HZ * np.arange(len(heard)) / RATE_HZ)
    return float(2 * np.abs(heard @ wave) ** 2 / len(heard) / (heard @ heard))


async def test_a_take_that_nobody_heard_waits_for_a_person(world: World, tmp_path: Path) -> None:
    """Its sound is in no film and no stream; a person hears it, lets it through without a word: a tone is there."""
    fan = await sung(world, UntranscribedPolicy.UNTRANSCRIBED_POLICY_REVIEW, world.take)
    await fan.until("sing", "review")
    (held,) = [
        one for one in (await world.http.get("/v1/reviews", headers=OPERATOR)).json() if one["session"] == fan.id
    ]

    assert (held["stage"], held["engine"], held["transcribed"]) == ("sing", "none", False)
    assert held["reason"] == "not transcribed: a person must listen first"
    assert (await world.http.get(held["links"]["take"])).content == world.take
    assert (await world.http.get(held["links"]["mix"])).content.startswith(b"fLaC")
    assert (await fan.get("/review/mix")).status_code == 401
    assert (await fan.get("/film")).json()["reason"] == "FILM_NOT_READY"
    assert (await fan.get("/stream/film.m3u8")).json()["reason"] == "STREAM_NOT_READY"

    words = held["line"]
    assert [(word["heard"], word["expected"]) for word in words] == [("", "la")] * len(words)
    censored = [{"start_s": words[1]["start_s"], "end_s": words[1]["end_s"], "action": "bleep"}]
    body = {"stage": "sing", "version": held["version"], "approved": True, "by": "Mo", "censored": censored}
    reply = await world.http.post(f"/v1/sessions/{fan.id}/review", json=body, headers=OPERATOR)
    assert reply.status_code == 200, reply.text
    await fan.until("session", "done")

    assert [event["state"] for event in fan.seen if event["stage"] == "sing"][-2:] == ["review", "done"]
    url = f"/v1/reviews/decided?session={fan.id}"
    (record,) = (await world.http.get(url, headers=OPERATOR)).json()
    assert (record["approved"], record["by"], record["censored"]) == (True, "Mo", 1)
    assert record["grounds"]["transcribed"] is False
    film = tmp_path / "film.mp4"
    film.write_bytes((await fan.get("/film")).content)
    heard, line_s = measure.sound(film), tiny.LINE[0] / RATE_HZ + held["begins"]["voice"]
    middles = [line_s + (word["start_s"] + word["end_s"]) / 2 for word in words]
    tones = [tone(heard, middle) for middle in middles]
    assert tones[1] > 0.1 > 5 * max(tones[0], tones[2])


async def test_the_guide_sings_in_its_place(world: World, tmp_path: Path) -> None:
    """Where the campaign says so, two takes make films of one sound, in which neither is heard; both are told why."""
    policy = UntranscribedPolicy.UNTRANSCRIBED_POLICY_REPLACE_WITH_GUIDE
    sounds = []
    for index, take in enumerate((world.take, tiny.take(seed=5))):
        fan = await sung(world, policy, take)
        await fan.until("session", "done")
        told = [event["message"] for event in fan.seen if (event["stage"], event["state"]) == ("sing", "done")]
        assert told == ["not transcribed: the guide vocal is used in place of the take"]
        film = tmp_path / f"{index}.mp4"
        film.write_bytes((await fan.get("/film")).content)
        sounds.append(measure.sound(film))

    first, second = sounds
    np.testing.assert_array_equal(first, second)


async def test_a_campaign_publishes_unheard_takes_in_writing_alone(world: World) -> None:
    """The film is made, and the session's log says that nobody has listened."""
    fan = await sung(world, UntranscribedPolicy.UNTRANSCRIBED_POLICY_PUBLISH, world.take)
    await fan.until("session", "done")

    told = [event["message"] for event in fan.seen if (event["stage"], event["state"]) == ("sing", "done")]
    assert told == ["not transcribed: published unheard, as the campaign's policy says"]
