"""A page learns from REST alone what to play and to show while a fan sings."""

from __future__ import annotations

from google.protobuf.json_format import MessageToJson

from fancam.artifacts import SHARED
from fancam.v1.campaign_pb2 import Melody, Note
from tests.gateway.conftest import House
from tests.gateway.fakes import a_pressing


async def test_a_page_hears_the_song_and_reads_the_line_before_it_has_a_session(house: House) -> None:
    """Syllables with their seconds, and addresses that anybody opens in parts; a pressing without a song has none."""
    pressing, bed = a_pressing("sung"), bytes(range(200))
    song = pressing.campaign.song
    song.guide, song.melody = "song/guide.flac", "song/melody.json"
    melody = Melody(notes=[Note(start_samples=24_000, end_samples=36_000, midi=64, syllable="We", visemes="wi")])
    pressing.files[song.melody].CopyFrom(
        await house.store.put(SHARED, MessageToJson(melody).encode(), "application/json")
    )
    pressing.files[song.guide].CopyFrom(await house.store.put(SHARED, b"fLaC guide", "audio/flac"))
    pressing.bed_track.CopyFrom(await house.store.put(SHARED, bed, "video/mp4"))
    address = await house.store.put_message(SHARED, pressing)
    body = {"pressing": {"uri": address.uri, "size_bytes": address.size_bytes, "media_type": address.media_type}}
    assert (await house.http.put("/v1/campaigns/sung", json=body, headers=house.operator)).status_code == 200

    view = (await house.http.get("/v1/campaigns/sung")).json()
    assert view["syllables"] == [{"text": "We", "start_s": 0.5, "end_s": 0.75, "midi": 64.0}]
    for name, content, kind in (("backing", bed, "audio/mp4"), ("guide", b"fLaC guide", "audio/flac")):
        link = view["links"][name]
        part = await house.http.get(link, headers={"Range": "bytes=2-5"})
        assert (part.status_code, part.content, part.headers["content-type"]) == (206, content[2:6], kind)
        assert part.headers["cache-control"].startswith("public")
        head = await house.http.head(link)
        assert (head.status_code, head.headers["content-length"]) == (200, str(len(content)))

    without = (await house.http.get("/v1/campaigns/tiny")).json()
    assert (without["syllables"], without["links"]) == ([], {"backing": None, "guide": None})
    missing = await house.http.get("/v1/campaigns/tiny/backing")
    assert (missing.status_code, missing.json()["reason"]) == (404, "FILE_MISSING")
