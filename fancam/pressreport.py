"""What `fancam press` tells of a press: a table, a file for programs, and a picture of the film as it costs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from google.protobuf.json_format import MessageToDict
from rich.table import Table

from fancam.v1.assembler_pb2 import CutReport, PressReport, PressResult
from fancam.v1.campaign_pb2 import CutKind

FIXED, PERSONAL = "#4f5b8f", "#ffe14d"
GROUND, INK, FAINT = "#14121f", "#e9e6f5", "#b9b4cc"

NAMED = 0.012
"""Share of the film that a cut needs for its name to stand in it."""

STAGES = {"render": "avatar", "compose": "composition", "outputs": "other shapes"}


def is_fixed(cut: CutReport) -> bool:
    """Whether all fans share the cut."""
    return cut.kind == CutKind.CUT_KIND_FIXED


def table(result: PressResult) -> Table:
    """Cut by cut: where it is, what it weighs, what it took, and how much of it was folded."""
    rate = _rate(result)
    # Narrow enough for 80 columns: what a job's log or a small terminal has.
    drawn = Table(box=None, padding=(0, 1))
    for title in ("cut", "from s", "long", "", "layers", "folded", "kB", "took s"):
        left = title in {"cut", ""}
        drawn.add_column(title, justify="left" if left else "right", no_wrap=title != "cut", overflow="fold")
    for cut in result.report.cuts:
        kind = "[dim]fixed[/]" if is_fixed(cut) else "[yellow]personal[/]"
        drawn.add_row(
            cut.id,
            f"{cut.start_frame / rate:.2f}",
            f"{cut.frames / rate:.2f}",
            kind,
            str(cut.layers),
            str(cut.folded_layers) if cut.folded_layers else "",
            f"{(cut.bytes + cut.output_bytes) / 1e3:,.0f}",
            f"{cut.slot_s:.1f}" if cut.slot_s else "[dim]stored[/]",
        )
    return drawn


def summary(result: PressResult) -> list[str]:
    """What all fans share, and what is left for each."""
    report, rate = result.report, _rate(result)
    frames = sum(cut.frames for cut in report.cuts)
    personal = sum(cut.frames for cut in report.cuts if not is_fixed(cut))
    parted = sum(cut.frames for cut in report.cuts if is_fixed(cut) and cut.part_of != cut.id)
    lines = [
        f"{frames / rate:.2f} s of film, {personal / rate:.2f} s of it personal; "
        f"{report.shared_bytes / 1e6:.1f} MB are shared by all fans, {report.new_bytes / 1e6:.1f} MB of them drawn now"
    ]
    if own := [part for _, part in sorted(result.summary.parts.items())]:
        names = ", ".join(f"{part.id} ({part.triangles} triangles)" for part in own)
        before, after = sum(part.plain_bytes for part in own), sum(part.packed.size_bytes for part in own)
        lines.append(f"own parts: {names}; {before / 1e3:,.1f} kB as they came, {after / 1e3:,.1f} kB to fetch")
    if report.song.track_bytes:
        song = report.song
        lines.append(
            f"the song is mastered to {song.integrated_lufs:.1f} LUFS at {song.true_peak_dbtp:.1f} dBTP and is "
            f"{song.track_bytes / 1e6:.1f} MB of every film"
            + (f"; that took {song.slot_s:.1f} s" if song.slot_s else "; it came from the store")
        )
    if parted:
        lines.append(f"{parted / rate:.2f} s of personal cuts show nothing of the fan and were pressed")
    if report.film_slot_s:
        parts = ", ".join(f"{STAGES.get(stage, stage)} {took:.1f} s" for stage, took in _by_stage(report))
        lines += [
            f"drawing one film then keeps slots busy for about {sum(report.film_slot_s.values()):.1f} s ({parts}),",
            "by the pace of what was drawn here at this size; voice, splice and fan-kit come on top",
        ]
    return lines


def as_json(result: PressResult) -> str:
    """The whole report for programs, with the pressing it is of."""
    told: dict[str, Any] = MessageToDict(
        result.report, preserving_proto_field_name=True, always_print_fields_with_no_presence=True
    )
    summary_ = result.summary
    told |= {
        "campaign": summary_.campaign.id,
        "pressing": result.pressing.uri,
        "width": summary_.profile.width,
        "height": summary_.profile.height,
        "frames_per_s": _rate(result),
        "engine": summary_.engine,
        "parts": {
            path: {
                "group": part.group,
                "triangles": part.triangles,
                "plain_bytes": part.plain_bytes,
                "packed_bytes": part.packed.size_bytes,
            }
            for path, part in sorted(summary_.parts.items())
        },
    }
    return json.dumps(told, indent=2, ensure_ascii=False) + "\n"


def draw(result: PressResult, path: Path) -> None:
    """Write the picture: the film's timeline, what each cut weighs and what it took, and what a film costs."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from matplotlib.patches import Patch

    report, rate = result.report, _rate(result)
    figure = Figure(figsize=(13, 7.2), layout="constrained", facecolor=GROUND)
    FigureCanvasAgg(figure)
    film, weight, took = figure.subplots(3, 1, sharex=True, height_ratios=(1.4, 1.5, 1.5))
    for cut in report.cuts:
        left, width = cut.start_frame / rate, cut.frames / rate
        colour = FIXED if is_fixed(cut) else PERSONAL
        edge = {"edgecolor": GROUND, "linewidth": 1.5, "align": "edge"}
        film.barh(0, width, left=left, height=1.0, color=colour, **edge)
        name = cut.id if width > NAMED * _length(report, rate) else ""
        film.text(
            left + width / 2, 0.5, name, rotation=90, ha="center", va="center", fontsize=7,
            color=GROUND if not is_fixed(cut) else INK,
        )  # fmt: skip
        weight.bar(left, (cut.bytes + cut.output_bytes) / 1e3 / width, width=width, color=colour, **edge)
        took.bar(left, cut.slot_s / cut.frames * 1e3, width=width, color=colour, **edge)
    film.set_yticks([])
    weight.set_ylabel("pressed kB\nper second of film", color=FAINT, fontsize=9)
    took.set_ylabel("ms per frame\ndrawn in this press", color=FAINT, fontsize=9)
    took.set_xlabel("seconds of the film", color=FAINT)
    took.set_xlim(0, _length(report, rate))
    for axes in (film, weight, took):
        axes.set_facecolor(GROUND)
        axes.tick_params(colors=FAINT)
        for side in axes.spines.values():
            side.set_color("#3b3654")
    figure.suptitle(
        f"{result.summary.campaign.title}\n" + "\n".join(summary(result)), color=INK, fontsize=10, x=0.01, ha="left"
    )
    film.legend(
        handles=[Patch(color=FIXED, label="the same for all fans"), Patch(color=PERSONAL, label="drawn per fan")],
        loc="lower right", bbox_to_anchor=(1.0, 1.02), ncols=2, frameon=False, labelcolor=INK, fontsize=9,
    )  # fmt: skip
    figure.savefig(path, dpi=110)


def write(result: PressResult, folder: Path) -> list[Path]:
    """Write file and picture under the campaign's name; says where."""
    folder.mkdir(parents=True, exist_ok=True)
    name = f"{result.summary.campaign.id}-{result.summary.profile.width}x{result.summary.profile.height}"
    data, picture = folder / f"{name}.json", folder / f"{name}.png"
    data.write_text(as_json(result))
    draw(result, picture)
    return [data, picture]


def _by_stage(report: PressReport) -> list[tuple[str, float]]:
    return [(stage, report.film_slot_s[stage]) for stage in STAGES if stage in report.film_slot_s]


def _rate(result: PressResult) -> float:
    rate = result.summary.profile.frame_rate
    return float(rate.numerator / rate.denominator)


def _length(report: PressReport, rate: float) -> float:
    return float(sum(cut.frames for cut in report.cuts) / rate)
