"""What ran when for one film, what waited for what, and what decided when it was ready: as data, text and picture."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

LANES = ("recognition", "audio", "renderer", "compositor", "assembler")
"""Processes in the order in which they are shown."""

BAR_COLUMNS = 64

# A call is handed over from one task to the next in less than this; a longer silence in a lane was not a wait for it.
HANDOVER_NS = 1_500_000_000


@dataclass(frozen=True)
class TimedSpan:
    """When something ran or waited, and where."""

    task: str
    name: str
    # `wait` for a slot, `run`, or `part` of a run.
    kind: str
    # The process it ran in.
    lane: str
    start_unix_ns: int
    end_unix_ns: int


@dataclass(frozen=True)
class Link:
    """One piece of the critical path: the film could not be ready sooner because of it."""

    name: str
    # The process it ran in; `input` for the fan, `gateway` for the time between two steps.
    lane: str
    start_unix_ns: int
    end_unix_ns: int
    # Why the next piece waited for this one: `needs` its outcome, or its `slot`.
    why: str

    @property
    def seconds(self) -> float:
        """How long it took."""
        return (self.end_unix_ns - self.start_unix_ns) / 1e9


@dataclass(frozen=True)
class Timeline:
    """One film's times."""

    spans: tuple[TimedSpan, ...]
    # When each input was given, in Unix nanoseconds.
    inputs: Mapping[str, int]
    # From the fan's last deciding input to the film, in order.
    path: tuple[Link, ...]

    @classmethod
    def of(cls, spans: Iterable[TimedSpan], inputs: Mapping[str, int], needs: Mapping[str, Sequence[str]]) -> Timeline:
        """Work out the critical path.

        Args:
            spans: What ran and waited.
            inputs: When each input was given, in Unix nanoseconds.
            needs: Tasks and inputs that each task needs.
        """
        ordered = tuple(sorted(spans, key=lambda span: (span.start_unix_ns, span.kind == "part", span.end_unix_ns)))
        return cls(ordered, dict(inputs), tuple(_critical_path(ordered, inputs, needs)))

    @property
    def begin_unix_ns(self) -> int:
        """The first thing that happened."""
        return min([*self.inputs.values(), *(span.start_unix_ns for span in self.spans)], default=0)

    @property
    def end_unix_ns(self) -> int:
        """The last thing that happened."""
        return max([*self.inputs.values(), *(span.end_unix_ns for span in self.spans)], default=1)

    @property
    def film_unix_ns(self) -> int:
        """When the film was ready; 0 when it is not."""
        return max((span.end_unix_ns for span in self.spans if span.task == "assemble"), default=0)

    @property
    def last_input_unix_ns(self) -> int:
        """When the fan had given everything."""
        return max(self.inputs.values(), default=0)

    @property
    def film_after_last_input_s(self) -> float:
        """From the last input to the finished film; negative when there is no film."""
        return (self.film_unix_ns - self.last_input_unix_ns) / 1e9 if self.film_unix_ns else -1.0

    def to_json(self) -> dict[str, Any]:
        """Everything, with moments in seconds from the first."""
        begin = self.begin_unix_ns
        return {
            "begin_unix_ns": str(begin),
            "film_after_last_input_s": round(self.film_after_last_input_s, 3),
            "inputs": {name: _since(begin, at) for name, at in sorted(self.inputs.items(), key=lambda each: each[1])},
            "spans": [_plain(asdict(span), begin) for span in self.spans],
            "critical_path": [_plain(asdict(link), begin) for link in self.path],
        }

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Timeline:
        """What `to_json` wrote."""
        begin = int(document["begin_unix_ns"])

        def at(seconds: float) -> int:
            return begin + round(seconds * 1e9)

        def times(each: Mapping[str, Any]) -> dict[str, Any]:
            rest = {key: value for key, value in each.items() if key not in {"start_s", "end_s"}}
            return {**rest, "start_unix_ns": at(each["start_s"]), "end_unix_ns": at(each["end_s"])}

        return cls(
            tuple(TimedSpan(**times(span)) for span in document["spans"]),
            {name: at(seconds) for name, seconds in document["inputs"].items()},
            tuple(Link(**times(link)) for link in document["critical_path"]),
        )

    def text(self) -> str:
        """A page for people: the critical path, then every lane with its bars."""
        lines = self._summary()
        begin, end = self.begin_unix_ns, self.end_unix_ns
        scale = BAR_COLUMNS / max(1, end - begin)

        def bar(start_ns: int, end_ns: int, mark: str) -> str:
            first = min(BAR_COLUMNS - 1, round((start_ns - begin) * scale))
            last = max(first + 1, min(BAR_COLUMNS, round((end_ns - begin) * scale)))
            return " " * first + mark * (last - first)

        lines += [
            "",
            f"{'':38}{'start':>8}{'wait':>8}{'run':>8}   0 s{'':{BAR_COLUMNS - 12}}{(end - begin) / 1e9:6.1f} s",
        ]
        for name, at in sorted(self.inputs.items(), key=lambda each: each[1]):
            lines.append(f"  {name + ' given':36}{_since(begin, at):8.2f}{'':16}   {bar(at, at, '▼')}")
        waits = {span.task: span for span in self.spans if span.kind == "wait"}
        for lane in _lanes(self.spans):
            lines.append(lane)
            for span in (span for span in self.spans if span.lane == lane and span.kind != "wait"):
                wait = waits.get(span.task) if span.kind == "run" else None
                waited = (wait.end_unix_ns - wait.start_unix_ns) / 1e9 if wait else 0.0
                drawn = bar(span.start_unix_ns, span.end_unix_ns, "█" if span.kind == "run" else "─")
                if wait:
                    before = bar(wait.start_unix_ns, span.start_unix_ns, "·")
                    drawn = before + drawn[len(before) :]
                name = ("  " if span.kind == "run" else "    · ") + span.name
                took = (span.end_unix_ns - span.start_unix_ns) / 1e9
                shown = f"{waited:8.2f}" if waited else " " * 8
                start = _since(begin, span.start_unix_ns)
                lines.append(f"{name[:37]:38}{start:8.2f}{shown}{took:8.2f}   {drawn}")
        return "\n".join(lines) + "\n"

    def _summary(self) -> list[str]:
        if not self.film_unix_ns:
            return ["The film is not ready yet."]
        begin = self.begin_unix_ns
        lines = [
            f"Last input at {_since(begin, self.last_input_unix_ns):.2f} s, "
            f"film at {_since(begin, self.film_unix_ns):.2f} s: {self.film_after_last_input_s:.2f} s later.",
            "What the film waited for, in order:",
        ]
        for link in self.path:
            why = {"needs": "", "slot": "  (its slot was wanted next)"}.get(link.why, "")
            lines.append(
                f"  {_since(begin, link.start_unix_ns):8.2f}  {link.seconds:7.2f} s  {link.lane:<12} {link.name}{why}"
            )
        shares: dict[str, float] = {}
        for link in self.path:
            if link.lane != "input":
                shares[link.lane] = shares.get(link.lane, 0.0) + link.seconds
        total = sum(shares.values()) or 1.0
        parts = sorted(shares.items(), key=lambda each: -each[1])
        lines.append(
            "Of which " + ", ".join(f"{lane} {took:.2f} s ({100 * took / total:.0f} %)" for lane, took in parts) + "."
        )
        return lines

    def draw(self, path: Path) -> None:
        """Write the picture: a lane per process, waits hatched, the critical path outlined."""
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure

        begin = self.begin_unix_ns
        rows: list[tuple[str, list[TimedSpan]]] = []
        for lane in _lanes(self.spans):
            tasks: dict[str, list[TimedSpan]] = {}
            for span in self.spans:
                if span.lane == lane and span.kind != "part":
                    tasks.setdefault(span.task, []).append(span)
            rows += [(lane, each) for each in tasks.values()]
        figure = Figure(figsize=(13, 1.6 + 0.3 * len(rows)), layout="constrained", facecolor="#14121f")
        FigureCanvasAgg(figure)
        axes = figure.add_subplot(facecolor="#14121f")
        colours = dict(zip(LANES, ("#7fd6c2", "#f6b45c", "#c58bf2", "#6ea8fe", "#ff7b9c"), strict=True))
        critical = {(link.lane, link.start_unix_ns) for link in self.path}
        for row, (lane, spans) in enumerate(rows):
            for span in spans:
                left, width = _since(begin, span.start_unix_ns), (span.end_unix_ns - span.start_unix_ns) / 1e9
                colour = colours.get(lane, "#cccccc")
                if span.kind == "wait":
                    axes.barh(row, width, left=left, height=0.16, color=colour, alpha=0.35)
                    continue
                edge = "#ffffff" if (lane, span.start_unix_ns) in critical else "none"
                axes.barh(row, width, left=left, height=0.72, color=colour, edgecolor=edge, linewidth=1.4)
                axes.text(left + width + 0.1, row, f"{width:.1f} s", va="center", fontsize=7, color="#b9b4cc")
        for at in self.inputs.values():
            axes.axvline(_since(begin, at), color="#ffffff", linewidth=0.8, linestyle=":")
        for moment, names in _together(begin, self.inputs, self.end_unix_ns).items():
            axes.text(moment, -1.25, f"{', '.join(names)} given", fontsize=8, color="#ffffff", va="bottom")
        if self.film_unix_ns:
            axes.axvline(_since(begin, self.film_unix_ns), color="#ffe14d", linewidth=1.2)
            said = f"film, {self.film_after_last_input_s:.1f} s after the last input"
            axes.text(
                _since(begin, self.film_unix_ns),
                len(rows) - 0.2,
                said,
                fontsize=9,
                color="#ffe14d",
                ha="right",
                va="top",
            )
        names = [next((span.name for span in spans if span.kind == "run"), spans[0].name) for _, spans in rows]
        axes.set_yticks(range(len(rows)), names, fontsize=8, color="#e9e6f5")
        for label, (lane, _) in zip(axes.get_yticklabels(), rows, strict=True):
            label.set_color(colours.get(lane, "#cccccc"))
        axes.set_ylim(len(rows) + 0.3, -1.2)
        axes.set_xlabel("seconds · white edge: the film waited for it · thin: waiting for a slot", color="#b9b4cc")
        axes.tick_params(colors="#b9b4cc", axis="x")
        for side in axes.spines.values():
            side.set_color("#3b3654")
        figure.savefig(path, dpi=110)


def _critical_path(
    spans: Sequence[TimedSpan], inputs: Mapping[str, int], needs: Mapping[str, Sequence[str]]
) -> list[Link]:
    """Walk back from the film: every run began when the last of its needs was there, or when a slot came free."""
    runs = {span.task: span for span in spans if span.kind == "run"}
    waited = {span.task for span in spans if span.kind == "wait"}
    path: list[Link] = []
    task, why = "assemble", "needs"
    while task in runs and len(path) <= 2 * len(runs):
        run = runs[task]
        needed = {need: _end_of(need, runs, inputs) for need in needs.get(task, ())}
        last = max(needed, key=lambda need: needed[need], default="")
        before_ns = needed.get(last, run.start_unix_ns)
        holder = _holder(run, runs) if task in waited else None
        path.append(Link(run.name, run.lane, run.start_unix_ns, run.end_unix_ns, why))
        why = "needs"
        if holder is not None and holder.end_unix_ns > before_ns:
            last, before_ns, why = holder.task, holder.end_unix_ns, "slot"
        if run.start_unix_ns - before_ns > 10_000_000:
            path.append(Link(f"on the way to {run.name}", "gateway", before_ns, run.start_unix_ns, ""))
        if last in inputs:
            path.append(Link(f"{last} given", "input", inputs[last], inputs[last], "needs"))
        task = last
    return path[::-1]


def _holder(run: TimedSpan, runs: Mapping[str, TimedSpan]) -> TimedSpan | None:
    """The run in the same process that ended last before this one started."""
    others = (
        other
        for other in runs.values()
        if other.lane == run.lane
        and other.task != run.task
        and 0 <= run.start_unix_ns - other.end_unix_ns < HANDOVER_NS
    )
    return max(others, key=lambda other: other.end_unix_ns, default=None)


def _end_of(need: str, runs: Mapping[str, TimedSpan], inputs: Mapping[str, int]) -> int:
    return runs[need].end_unix_ns if need in runs else inputs.get(need, 0)


def _together(begin: int, inputs: Mapping[str, int], end: int) -> dict[float, list[str]]:
    """Inputs by moment, those too close to be told apart in a picture under one."""
    groups: dict[float, list[str]] = {}
    for name, at in sorted(inputs.items(), key=lambda each: each[1]):
        near = [moment for moment in groups if _since(begin, at) - moment < 0.12e-9 * (end - begin)]
        groups.setdefault(near[-1] if near else _since(begin, at), []).append(name)
    return groups


def _lanes(spans: Iterable[TimedSpan]) -> list[str]:
    present = {span.lane for span in spans}
    return [lane for lane in LANES if lane in present] + sorted(present - set(LANES))


def _since(begin_unix_ns: int, at_unix_ns: int) -> float:
    return round((at_unix_ns - begin_unix_ns) / 1e9, 6)


def _plain(fields: dict[str, Any], begin: int) -> dict[str, Any]:
    start, end = fields.pop("start_unix_ns"), fields.pop("end_unix_ns")
    return {**fields, "start_s": _since(begin, start), "end_s": _since(begin, end)}
