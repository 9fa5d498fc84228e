"""The report of a press says what is shared, what is personal and what a film will cost."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
from PIL import Image
from rich.console import Console

from fancam import pressreport
from fancam.v1.assembler_pb2 import CutReport, PressReport, PressResult, SongReport
from fancam.v1.avatar_pb2 import OwnPart
from fancam.v1.campaign_pb2 import CUT_KIND_FIXED, CUT_KIND_PERSONAL, Campaign, Pressing
from fancam.v1.media_pb2 import Artifact, Rational, StreamProfile


@pytest.fixture
def result() -> PressResult:
    """Of a film of four seconds: a fixed cut, and a personal one whose first half second shows nobody."""
    fixed = {"kind": CUT_KIND_FIXED}
    report = PressReport(
        cuts=[
            CutReport(id="intro", frames=48, bytes=2_000_000, slot_s=9.5, layers=8, part_of="intro", **fixed),
            CutReport(
                id="close-lead-in", start_frame=48, frames=12, bytes=90_000, layers=5, part_of="close", **fixed
            ),
            CutReport(
                id="close", kind=CUT_KIND_PERSONAL, start_frame=60, frames=36, bytes=700_000, output_bytes=0,
                slot_s=3.0, layers=5, folded_layers=2, part_of="close",
            ),
        ],
        shared_bytes=4_000_000,
        new_bytes=2_700_000,
        seconds=12.5,
        film_slot_s={"render": 3.6, "compose": 5.4},
        song=SongReport(
            bed_bytes=900_000, track_bytes=120_000, slot_s=2.5, integrated_lufs=-14.0, true_peak_dbtp=-1.2
        ),
    )  # fmt: skip
    profile = StreamProfile(width=720, height=1280, frame_rate=Rational(numerator=24, denominator=1))
    summary = Pressing(id="f" * 64, profile=profile, campaign=Campaign(id="demo", title="Demo"), engine="test")
    pressing = Artifact(uri="shared/" + "a" * 64, size_bytes=1, media_type="application/x-protobuf")
    return PressResult(pressing=pressing, summary=summary, report=report)


def test_the_table_has_a_line_per_cut(result: PressResult) -> None:
    """With what came from the store told from what was drawn, also where there are only 80 columns."""
    console = Console(file=io.StringIO(), width=80)
    console.print(pressreport.table(result))
    assert isinstance(console.file, io.StringIO)
    lines = [line.split() for line in console.file.getvalue().splitlines()]

    assert lines[1] == ["intro", "0.00", "2.00", "fixed", "8", "2,000", "9.5"]
    assert lines[2] == ["close-lead-in", "2.00", "0.50", "fixed", "5", "90", "stored"]
    assert lines[3] == ["close", "2.50", "1.50", "personal", "5", "2", "700", "3.0"]


def test_the_summary_says_what_is_left_for_a_film(result: PressResult) -> None:
    """Seconds, megabytes, what was parted off, and the estimate with where it comes from."""
    assert pressreport.summary(result) == [
        "4.00 s of film, 1.50 s of it personal; 4.0 MB are shared by all fans, 2.7 MB of them drawn now",
        "the song is mastered to -14.0 LUFS at -1.2 dBTP and is 0.1 MB of every film; that took 2.5 s",
        "0.50 s of personal cuts show nothing of the fan and were pressed",
        "drawing one film then keeps slots busy for about 9.0 s (avatar 3.6 s, composition 5.4 s),",
        "by the pace of what was drawn here at this size; voice, splice and fan-kit come on top",
    ]


def test_own_parts_are_told_with_their_sizes(result: PressResult) -> None:
    """Bytes as they came and as a phone fetches them, in words and for programs."""
    part = OwnPart(id="cap", group="headwear", plain_bytes=78_000, triangles=2_900)
    part.packed.CopyFrom(Artifact(uri="shared/" + "c" * 64, size_bytes=31_400, media_type="model/gltf-binary"))
    result.summary.parts["parts/cap.glb"].CopyFrom(part)

    assert "own parts: cap (2900 triangles); 78.0 kB as they came, 31.4 kB to fetch" in pressreport.summary(result)
    told = json.loads(pressreport.as_json(result))["parts"]
    assert told == {
        "parts/cap.glb": {"group": "headwear", "triangles": 2900, "plain_bytes": 78_000, "packed_bytes": 31_400}
    }


def test_programs_read_the_same(result: PressResult, tmp_path: Path) -> None:
    """Every number of the report is in the file, named as in the contract, with the pressing it is of."""
    data, picture = pressreport.write(result, tmp_path / "press")
    told = json.loads(data.read_text())

    assert (data.name, told["campaign"], told["width"], told["frames_per_s"]) == ("demo-720x1280.json", "demo", 720, 24)
    assert told["pressing"] == result.pressing.uri
    assert told["film_slot_s"] == {"render": 3.6, "compose": 5.4}
    assert (told["song"]["track_bytes"], told["song"]["slot_s"]) == ("120000", 2.5)
    assert [cut["slot_s"] for cut in told["cuts"]] == [9.5, 0.0, 3.0]
    with Image.open(picture) as drawn:
        colours = {colour for _, colour in drawn.convert("RGB").getcolors(1 << 24) or []}
    for wanted in (pressreport.FIXED, pressreport.PERSONAL):
        assert tuple(bytes.fromhex(wanted[1:])) in colours
