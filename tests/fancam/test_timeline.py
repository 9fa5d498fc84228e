"""What decided when a film was ready."""

from __future__ import annotations

import itertools
from pathlib import Path

from PIL import Image

from fancam.timeline import TimedSpan, Timeline

BEGIN = 1_700_000_000_000_000_000
NEEDS = {
    "recognise": ["selfie"],
    "sing": ["take"],
    "render:a": ["recognise"],
    "render:b": ["recognise"],
    "compose:a": ["render:a", "name"],
    "compose:b": ["render:b"],
    "assemble": ["compose:a", "compose:b", "sing"],
}


def span(task: str, lane: str, start_s: float, end_s: float, kind: str = "run") -> TimedSpan:
    return TimedSpan(task, task.replace(":", " "), kind, lane, BEGIN + round(start_s * 1e9), BEGIN + round(end_s * 1e9))


def film(take_at_s: float = 0.1) -> Timeline:
    """Two passes on one page, two shots, and a voice that takes five seconds."""
    spans = [
        span("recognise", "recognition", 0.2, 0.6),
        span("sing", "audio", take_at_s + 0.1, take_at_s + 5.1),
        span("render:a", "renderer", 0.7, 5.0),
        span("render:b", "renderer", 0.7, 5.1, "wait"),
        span("render:b", "renderer", 5.1, 9.5),
        span("compose:a", "compositor", 5.05, 6.0),
        span("compose:b", "compositor", 9.6, 10.4),
        span("assemble", "assembler", max(10.5, take_at_s + 5.2), max(12.5, take_at_s + 7.2)),
    ]
    inputs = {"name": BEGIN, "selfie": BEGIN + 100_000_000, "take": BEGIN + round(take_at_s * 1e9)}
    return Timeline.of(spans, inputs, NEEDS)


def test_the_path_leads_through_the_slot_that_was_waited_for() -> None:
    """The second pass needed only the recipe, but the page was taken by the first one."""
    names = [link.name for link in film().path if link.lane != "gateway"]
    assert names == ["selfie given", "recognise", "render a", "render b", "compose b", "assemble"]
    assert next(link for link in film().path if link.name == "render a").why == "slot"


def test_a_late_voice_is_what_the_film_waits_for() -> None:
    """Then pictures cost nothing, however long they took."""
    late = film(take_at_s=30.0)
    assert [link.name for link in late.path if link.lane != "gateway"] == ["take given", "sing", "assemble"]
    assert late.film_after_last_input_s == 7.2


def test_the_path_explains_the_whole_time() -> None:
    """Its pieces touch: nothing between the deciding input and the film is left unexplained."""
    path = film().path
    for earlier, later in itertools.pairwise(path):
        assert later.start_unix_ns - earlier.end_unix_ns <= 10_000_000
    assert path[-1].end_unix_ns == film().film_unix_ns


def test_a_timeline_travels_as_json() -> None:
    """What the gateway sends is what the command line draws."""
    assert Timeline.from_json(film().to_json()) == film()


def test_the_page_says_it_in_words() -> None:
    """When, how long after the last input, and of which what."""
    text = film().text()
    assert text.startswith("Last input at 0.10 s, film at 12.50 s: 12.40 s later.")
    assert "Of which renderer 8.70 s" in text
    row = next(line for line in text.splitlines() if line.startswith("  render b") and "█" in line)
    assert row.split()[2:5] == ["5.10", "4.40", "4.40"], "start, wait, run"


def test_a_film_that_is_not_ready_has_a_timeline_too() -> None:
    """Somebody who waits wants to know what for."""
    unfinished = Timeline.of([span("recognise", "recognition", 0.2, 0.6)], {"selfie": BEGIN}, NEEDS)
    assert unfinished.path == ()
    assert unfinished.text().startswith("The film is not ready yet.")
    assert Timeline.of([], {}, NEEDS).text().startswith("The film is not ready yet.")


def test_the_picture_shows_every_process(tmp_path: Path) -> None:
    """A lane per call, in the colours of the processes."""
    film().draw(tmp_path / "timeline.png")
    with Image.open(tmp_path / "timeline.png") as picture:
        colours = {pixel for _, pixel in picture.convert("RGB").getcolors(1 << 24) or []}
    for lane in ((0x7F, 0xD6, 0xC2), (0xF6, 0xB4, 0x5C), (0xC5, 0x8B, 0xF2), (0x6E, 0xA8, 0xFE), (0xFF, 0x7B, 0x9C)):
        assert lane in colours
