"""From inputs to a film, with stand-ins for the services."""

from __future__ import annotations

import asyncio
from itertools import pairwise

from fancam.errors import Busy, FancamError, InvalidRequest, Missing, NotReady, StoreFull
from fancam.v1.assembler_pb2 import AssembleRequest, FragmentRequest
from tests.gateway.conftest import JPEG, WAV, House, comes_true
from tests.gateway.fakes import MIX_START
from tests.traces import contents


async def test_a_film_is_made_of_a_selfie_a_name_and_a_take(house: House) -> None:
    """Every service is asked exactly once for each part, and the film holds all of them."""
    fan = await house.create("Ada")

    film = await fan.film()
    # The sound is encoded ahead for whoever plays the stream; the film waits for nobody's answer to that.
    await comes_true(lambda: house.script.calls["fragment mix"] > 0)

    assert b"segment hello Ada ['fan']" in film
    assert b"segment pair  ['fan', 'twin']" in film
    assert b"segment bye Ada []" in film
    assert b"mix of RIFF" in film
    assert "Tiny · Ada".encode() in film
    assert house.script.calls == {
        "name": 1,
        "recognise": 1,
        "render 0": 1,
        "render 24": 2,
        "stills": 1,
        "compose hello": 1,
        "compose pair": 1,
        "compose bye": 1,
        "sing": 1,
        "fragment mix": 1,
        "assemble": 1,
    }


async def test_the_film_is_told_where_the_mix_begins(house: House) -> None:
    """Whoever lays the mix into the song needs it: for the sound ahead of the film, and for the film."""
    fan = await house.create("Ada")
    await fan.film()
    await comes_true(lambda: house.script.calls["fragment mix"] > 0)
    assemblers = [ask for ask in house.script.requests if isinstance(ask, AssembleRequest | FragmentRequest)]
    asked = [ask for ask in assemblers if ask.HasField("mix")]

    assert {type(ask) for ask in asked} == {AssembleRequest, FragmentRequest}
    assert {ask.mix_start_samples for ask in asked} == {MIX_START}


async def test_what_can_start_starts(house: House) -> None:
    """The name's own shot before a selfie is there, the voice before the face, the next passes beside a first shot."""
    fan = await house.create()
    await fan.until("compose", "done", "bye")
    await fan.put("take", WAV)
    await fan.until("sing", "done")
    house.script.held["compose hello"] = asyncio.Event()

    await fan.put("selfie", JPEG)
    await comes_true(lambda: house.script.calls["compose hello"] == 1)
    for item in ("pair/fan", "pair/twin"):
        await fan.until("render", "done", item)

    assert house.script.running["compose"] == 1, "the first shot was under way all the while"
    house.script.held["compose hello"].set()
    await fan.until("session", "done")


async def test_busy_services_are_never_asked_for_two_things_at_once(house: House) -> None:
    """Four films at once: one page each for passes and shots, and every film is made."""
    fans = [await house.create(f"Fan {number}") for number in range(4)]
    films = await asyncio.gather(*(fan.film() for fan in fans))

    assert house.script.most["render"] == 1
    assert house.script.most["compose"] == 1
    assert [f"Fan {number}".encode() in film for number, film in enumerate(films)] == [True] * 4
    assert house.script.calls["assemble"] == 4


async def test_the_log_has_no_gap_and_never_goes_back(house: House) -> None:
    """Events count 1, 2, 3; every stage's fraction rises; the last event ends the session."""
    fan = await house.create()
    await fan.film()

    events = [event async for event in fan.events()]

    assert [event["number"] for event in events] == list(range(1, len(events) + 1))
    for stage, item in {(event["stage"], event["item"]) for event in events}:
        fractions = [event["fraction"] for event in events if (event["stage"], event["item"]) == (stage, item)]
        assert all(earlier <= later for earlier, later in pairwise(fractions)), (stage, item, fractions)
    assert (events[-1]["stage"], events[-1]["state"]) == ("session", "done")


async def test_an_estimate_is_given_as_soon_as_every_input_is_there(house: House) -> None:
    """Negative before the take, positive after it, zero at the end."""
    fan = await house.create()
    await fan.put("selfie", JPEG)
    await fan.until("recognise", "done")
    await fan.put("take", WAV)
    await fan.until("session", "done")

    events = [event async for event in fan.events()]

    given = next(index for index, event in enumerate(events) if event["stage"] == "take")
    assert all(event["estimate_s"] < 0 for event in events[:given])
    assert events[given]["estimate_s"] > 0
    assert events[-1]["estimate_s"] == 0


async def test_a_selfie_without_a_face_is_asked_for_again(house: House) -> None:
    """The session says which input, why and what to do, and goes on with the next one."""
    fan = await house.create()
    await fan.put("take", WAV)
    await fan.put("selfie", JPEG + b"NO_FACE")
    event = await fan.until("selfie", "retake")

    assert (event["reason"], event["message"]) == ("NO_FACE", "no face was found: look into the camera")
    problem = (await fan.get()).json()["problems"][0]
    assert problem["type"] == "urn:fancam:problem:NO_FACE"
    assert problem["errors"][0]["field"] == "selfie"
    reply = await fan.put("selfie", JPEG)
    assert reply.json()["attempt"] == 2
    await fan.until("session", "done")
    assert (await fan.get()).json()["problems"] == []


async def test_the_same_refused_selfie_may_be_given_again(house: House) -> None:
    """Giving a file twice changes nothing, unless it was refused: then it is looked at again."""
    fan = await house.create()
    seen = 0
    for _ in range(2):
        await fan.put("selfie", JPEG + b"NO_FACE")
        seen = (await fan.until("selfie", "retake", after=seen))["number"]
    assert house.script.calls["recognise"] == 2
    assert [(await fan.put("selfie", JPEG)).json()["attempt"] for _ in range(2)] == [3, 3]


async def test_another_selfie_takes_the_place_of_the_first(house: House) -> None:
    """What runs for the old one is stopped, the voice is not sung again, and the film is of the new one only."""
    house.script.held["render 24"], house.script.pages = asyncio.Event(), 3
    fan = await house.create()
    await fan.put("take", WAV)
    await fan.put("selfie", JPEG)
    await fan.until("compose", "done", "hello")
    await comes_true(lambda: house.script.calls["render 24"] == 2)

    assert (await fan.put("selfie", JPEG + b"smiling")).json()["attempt"] == 2
    await comes_true(lambda: house.script.calls["recognise"] == 2)
    await comes_true(lambda: house.script.calls["render 24"] == 4 and house.script.running["render"] == 2)
    house.script.held["render 24"].set()
    await fan.until("session", "done")

    assert house.script.calls["sing"] == 1
    assert house.script.calls["assemble"] == 1
    assert house.script.calls["compose hello"] == 2
    events = [event async for event in fan.events()]
    assert [event["number"] for event in events] == list(range(1, len(events) + 1))
    assert [event["state"] for event in events if event["stage"] == "recognise"].count("done") == 2


async def test_a_take_that_moderation_rejects_is_asked_for_again(house: House) -> None:
    """No mix of it reaches a film."""
    fan = await house.create()
    await fan.put("selfie", JPEG)
    await fan.put("take", WAV + b"REJECT")
    event = await fan.until("take", "retake")

    assert event["reason"] == "SING_REFUSED"
    await fan.put("take", WAV)
    await fan.until("session", "done")
    assert b"REJECT" not in (await fan.get("/film")).content


async def test_a_take_without_a_decision_reaches_no_film(house: House) -> None:
    """A verdict that says nothing is no yes: the take waits for a person."""
    fan = await house.create()
    await fan.put("selfie", JPEG)
    await fan.put("take", WAV + b"UNSAID")

    await fan.until("sing", "review")
    for cut in ("hello", "pair", "bye"):
        await fan.until("compose", "done", cut)
    assert house.script.calls["assemble"] == 0


async def test_a_held_take_waits_for_a_persons_yes(house: House) -> None:
    """The film is not assembled before the review, and is right after it."""
    fan = await house.create()
    await fan.put("selfie", JPEG)
    await fan.put("take", WAV + b"REVIEW")
    await fan.until("sing", "review")
    for cut in ("hello", "pair", "bye"):
        await fan.until("compose", "done", cut)
    assert house.script.calls["assemble"] == 0

    body = {"stage": "sing", "version": "take1", "approved": True}
    refused = await house.http.post(f"/v1/sessions/{fan.id}/review", json=body, headers=fan.headers)
    assert refused.status_code == 401, "a fan cannot approve their own take"
    reply = await house.http.post(f"/v1/sessions/{fan.id}/review", json=body, headers=house.operator)

    assert reply.status_code == 200, reply.text
    await fan.until("session", "done")
    assert b"REVIEW" in (await fan.get("/film")).content


async def test_a_held_take_can_be_refused(house: House) -> None:
    """After a person's no the fan sings again."""
    fan = await house.create()
    await fan.put("selfie", JPEG)
    await fan.put("take", WAV + b"REVIEW")
    await fan.until("sing", "review")

    body = {"stage": "sing", "version": "take1", "approved": False}
    await house.http.post(f"/v1/sessions/{fan.id}/review", json=body, headers=house.operator)

    await fan.until("take", "retake")
    await fan.put("take", WAV)
    await fan.until("session", "done")
    assert b"REVIEW" not in (await fan.get("/film")).content
    again = await house.http.post(f"/v1/sessions/{fan.id}/review", json=body, headers=house.operator)
    assert again.json()["reason"] == "NOTHING_TO_REVIEW"


async def test_a_doubtful_name_is_not_drawn_before_a_persons_yes(house: House) -> None:
    """Shots without the name go on; shots with it wait."""
    fan = await house.create("doubtful Dan")
    await fan.put("selfie", JPEG)
    await fan.until("compose", "done", "pair")
    assert house.script.calls["compose bye"] == 0

    body = {"stage": "name", "version": "name1", "approved": True}
    await house.http.post(f"/v1/sessions/{fan.id}/review", json=body, headers=house.operator)
    await fan.put("take", WAV)
    await fan.until("session", "done")
    assert b"doubtful Dan" in (await fan.get("/film")).content


async def test_a_name_is_moderated_later_when_nobody_can_do_it_now(house: House) -> None:
    """A fan is not turned away because the audio service restarts; a refused name is asked for again."""
    # As often as gRPC asks for the door; the durable call after it is refused for real.
    house.script.failures["name"] = [NotReady("restarting")] * 4
    fan = await house.create("rude Rudi")
    event = await fan.until("name", "retake")
    assert event["reason"] == "NAME_REFUSED"

    reply = await house.http.put(f"/v1/sessions/{fan.id}/name", json={"name": "Rudi"}, headers=fan.headers)

    assert reply.status_code == 200, reply.text
    assert b"segment bye Rudi" in await fan.film()


async def test_a_service_that_comes_back_is_waited_for(house: House) -> None:
    """UNAVAILABLE and a full disk cost time, not the film."""
    house.script.failures |= {
        "recognise": [NotReady("restarting")] * 6,
        "compose hello": [NotReady("Chrome died")] * 6,
        "sing": [StoreFull("no room")] * 2,
    }
    assert b"segment hello" in await (await house.create()).film()


async def test_a_step_that_always_fails_ends_the_session_with_a_reason(house: House) -> None:
    """Three tries, then an answer; nobody waits for ever, and nothing of the inside is told."""
    house.script.failures["compose pair"] = [FancamError("a secret path", reason="BROKEN")] * 3
    fan = await house.create()
    await fan.put("selfie", JPEG)
    await fan.put("take", WAV)

    event = await fan.until("session", "failed")

    assert event["reason"] == "BROKEN"
    assert house.script.calls["compose pair"] == 3
    assert (await fan.get()).json()["state"] == "failed"
    assert (await fan.put("selfie", JPEG)).json()["reason"] == "SESSION_ENDED"


async def test_a_request_that_is_wrong_is_not_repeated(house: House) -> None:
    """A fault of the campaign's is told at once."""
    house.script.failures["render 0"] = [InvalidRequest("no such dance", reason="UNKNOWN_DANCE")]
    fan = await house.create()
    await fan.put("selfie", JPEG)

    assert (await fan.until("session", "failed"))["reason"] == "UNKNOWN_DANCE"
    assert house.script.calls["render 0"] == 1


async def test_a_pressing_that_was_lost_is_told(house: House) -> None:
    """A store that lost it fails the film with a reason, instead of leaving the fan to wait."""
    house.script.failures["recognise"] = [Missing("the pressing is not in the store", reason="ARTIFACT_MISSING")]
    fan = await house.create()

    await fan.put("selfie", JPEG)

    assert (await fan.until("session", "failed"))["reason"] == "ARTIFACT_MISSING"


async def test_a_film_is_a_film_without_its_stills(house: House) -> None:
    """A fan-kit that cannot be drawn does not take the film along."""
    house.script.failures["stills"] = [InvalidRequest("no such pose", reason="UNKNOWN_DANCE")]
    fan = await house.create()

    assert b"segment hello" in await fan.film()
    assert (await fan.get("/fan-kit")).json() == []


async def test_cancelling_stops_what_runs(house: House) -> None:
    """The call under way ends, nothing else starts, and the session says so."""
    house.script.held["compose hello"] = asyncio.Event()
    fan = await house.create()
    await fan.put("selfie", JPEG)
    await fan.put("take", WAV)
    await fan.until("compose", "running", "hello")

    assert (await fan.post("cancel")).json()["state"] == "cancelled"

    await comes_true(lambda: house.script.running["compose"] == 0)
    assert (await fan.post("cancel")).status_code == 200, "cancelling twice is the same as once"
    assert house.script.calls["assemble"] == 0
    events = [event async for event in fan.events()]
    assert (events[-1]["stage"], events[-1]["state"]) == ("session", "cancelled")


async def test_erasing_leaves_no_byte(house: House) -> None:
    """Neither the store nor the database holds the selfie, the take, the name, or anything made of them."""
    name = "Zvezdoslava"
    fan = await house.create(name)
    await fan.put("selfie", JPEG + b"this very face")
    await fan.put("take", WAV + b"this very voice")
    await fan.until("session", "done")
    assert _found(house, name.encode()), "or this test would prove nothing"

    reply = await house.http.delete(f"/v1/sessions/{fan.id}", headers=fan.headers)

    assert reply.status_code == 204
    assert (await fan.get()).json()["reason"] == "SESSION_GONE"
    assert (await fan.get("/events")).status_code == 410
    for trace in (name.encode(), b"this very face", b"this very voice", f"sessions/{fan.id}".encode()):
        assert _found(house, trace) == [], trace


async def test_erasing_in_the_middle_stops_and_sweeps(house: House) -> None:
    """What a service was still writing is gone too."""
    house.script.held["sing"] = asyncio.Event()
    fan = await house.create("Quetzalcoatl")
    await fan.put("take", WAV)
    await fan.put("selfie", JPEG)
    # Whatever writes the name has: of what is still written while the session goes, a later sweep takes care.
    for cut in ("hello", "bye"):
        await fan.until("compose", "done", cut)

    assert (await house.http.delete(f"/v1/sessions/{fan.id}", headers=fan.headers)).status_code == 204

    await comes_true(lambda: house.script.running["sing"] == 0)
    assert _found(house, b"Quetzalcoatl") == []
    assert list((house.folder / "artifacts" / "sessions").glob(f"{fan.id}/**/*.?")) == []


async def test_erasing_stops_what_is_encoded_ahead(house: House) -> None:
    """The sound of a film that nobody will see is not encoded to its end."""
    house.script.held["fragment mix"] = asyncio.Event()
    fan = await house.create()
    await fan.until("compose", "done", "bye")
    await fan.put("take", WAV)
    await comes_true(lambda: house.script.running["fragment"] == 1)

    assert (await house.http.delete(f"/v1/sessions/{fan.id}", headers=fan.headers)).status_code == 204

    await comes_true(lambda: house.script.running["fragment"] == 0)
    assert list(contents(house.folder / "artifacts" / "sessions" / fan.id)) == []


def _found(house: House, trace: bytes) -> list[str]:
    return [str(path) for path, data in contents(house.folder) if trace in data]


async def test_a_slot_that_is_taken_after_all_is_waited_for(house: House) -> None:
    """A service may read before it looks for a slot: then the push-back comes after a first sign of life."""
    house.script.late_failures["compose hello"] = [Busy("every page is taken", retry_after_s=0.1)]
    fan = await house.create()
    assert b"Ada" in await fan.film()
    assert house.script.calls["compose hello"] == 2
