"""Cuts the demo: writes `shots/*.yaml` in After Effects' vocabulary, every light on the beat.

    python campaigns/demo/source/edit.py

The YAML is what the services read, and a designer may go on from there by hand or export compositions from After
Effects instead. This program exists because lights that swing on every beat are many equal keyframes.

Frames count from the start of a shot; a beat is 12 frames, and every cut starts on one. `film.py` has the words of the
edit, `sets.py` what stands on the stage; `concert.py`, `road.py` and `fan.py` are the shots.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import concert
import fan
import road
import yaml
from film import Shots

SHOTS: Shots = concert.SHOTS | road.SHOTS | fan.SHOTS
"""Every shot by the name of its file."""


class _Flow(dict[str, Any]):
    """A mapping that is written on one line."""


class _Row(list[Any]):
    """A list that is written on one line."""


class _Dumper(yaml.SafeDumper):
    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: ARG002
        return super().increase_indent(flow, indentless=False)


_Dumper.add_representer(
    _Flow, lambda d, node: d.represent_mapping("tag:yaml.org,2002:map", dict(node), flow_style=True)
)
_Dumper.add_representer(
    _Row, lambda d, node: d.represent_sequence("tag:yaml.org,2002:seq", list(node), flow_style=True)
)


def tidy(node: Any) -> Any:
    """Write whole numbers without a point, and everything small on one line."""
    if isinstance(node, float):
        return int(node) if node.is_integer() else round(node, 3)
    if isinstance(node, dict):
        rows = {key: tidy(value) for key, value in node.items()}
        small = "keyframes" not in rows and len(str(rows)) < 150 and "transform" not in rows and "layers" not in rows
        return _Flow(rows) if small else rows
    if isinstance(node, (list, tuple)):
        rows = [tidy(value) for value in node]
        return _Row(rows) if all(isinstance(v, (int, float)) for v in rows) else rows
    return node


def main() -> None:
    folder = Path(__file__).resolve().parents[1] / "shots"
    folder.mkdir(exist_ok=True)
    for name, make in SHOTS.items():
        about = " ".join((make.__doc__ or "").split())
        body = yaml.dump(tidy(make()), Dumper=_Dumper, sort_keys=False, width=118, allow_unicode=True)
        (folder / f"{name}.yaml").write_text(f"# {about}\n{body}", encoding="utf-8")
        print(f"shots/{name}.yaml")


if __name__ == "__main__":
    main()
