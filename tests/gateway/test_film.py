"""From inputs to a film, with stand-ins for the services."""

from __future__ import annotations

from tests.gateway.conftest import House


async def test_a_film_is_made_of_a_selfie_a_name_and_a_take(house: House) -> None:
    """Every service is asked exactly once for each part, and the film holds all of them."""
    fan = await house.create("Ada")

    film = await fan.film()

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
        "assemble": 1,
    }
