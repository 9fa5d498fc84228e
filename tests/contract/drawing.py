"""Draws who calls whom, as network policies are held to it: `python -m tests.contract.drawing` writes docs/mesh.svg."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from tests.contract.policy import CALLS, REST, SERVICES

FILE = Path(__file__).resolve().parents[2] / "docs" / "mesh.svg"

WIDTH, HEIGHT = 1000, 470
DOES = {
    "recognition": "selfie → recipe",
    "audio": "take → mix",
    "renderer": "recipe → avatar",
    "compositor": "shot → frames",
    "assembler": "cuts → film",
}
"""What goes into a service and what comes out, in the order in which they stand."""

LEFT, STEP, BOX_WIDTH, BOX_HEIGHT = 40, 188, 168, 74
DOOR_TOP, DOOR_HEIGHT, ROW_TOP, STORE_TOP, STORE_HEIGHT = 104, 62, 226, 396, 56
GROUND, PANE, LINE, INK, QUIET, ROSE, CYAN = "#14121f", "#231e3a", "#4b4470", "#f2f0fb", "#a9a2c8", "#ff5fa8", "#54d8f0"
HEADS = {"rose": ROSE, "cyan": CYAN, "line": LINE}
"""Heads of arrows, by colour."""


def middle(name: str) -> float:
    """Where a service's box has its middle, in pixels from the left."""
    return LEFT + STEP * list(DOES).index(name) + BOX_WIDTH / 2


def box(left: float, top: float, width: float, height: float, *, title: str, words: str, edge: str) -> str:
    """A box with a title over what it does."""
    x, y = left + width / 2, top + height / 2
    return (
        f'<rect x="{left}" y="{top}" width="{width}" height="{height}" rx="12" fill="{PANE}" stroke="{edge}"/>'
        f'<text x="{x}" y="{y - 5}" font-weight="700" font-size="17" fill="{INK}">{title}</text>'
        f'<text x="{x}" y="{y + 18}" font-size="14" fill="{QUIET}">{words}</text>'
    )


def arrow(path: str, colour: str, *, both: bool = False) -> str:
    """A line with a head at its end, or at both."""
    head = f"url(#{next(name for name, ink in HEADS.items() if ink == colour)})"
    start = f' marker-start="{head}"' if both else ""
    return f'<path d="{path}" fill="none" stroke="{colour}" stroke-width="2" marker-end="{head}"{start}/>'


def call(caller: str, callee: str) -> str:
    """A call: the gateway's and the press's come from above, the assembler's from below."""
    door, row = DOOR_TOP + DOOR_HEIGHT, ROW_TOP + BOX_HEIGHT
    if caller == "assembler":
        return arrow(f"M{middle(caller) - 60} {row}V{row + 34}H{middle(callee) + 30}V{row + 3}", CYAN)
    if (caller, callee) == ("gateway", "assembler"):  # around the press, which stands above the assembler
        corner = middle("compositor") + BOX_WIDTH / 2 - 20
        return arrow(f"M{corner} {door}V{door + 26}H{middle(callee) - 50}V{ROW_TOP - 3}", ROSE)
    return arrow(f"M{middle(callee)} {door}V{ROW_TOP - 3}", ROSE if caller == "gateway" else CYAN)


def words(x: float, y: float, text: str, *, size: int = 17, ink: str = INK, anchor: str = "middle") -> str:
    """Words without a box."""
    return f'<text x="{x}" y="{y}" font-size="{size}" fill="{ink}" text-anchor="{anchor}">{text}</text>'


def drawn() -> Iterator[str]:
    """The picture, a line for each thing in it."""
    yield f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif"'
    yield ' text-anchor="middle">'
    yield f'<rect width="{WIDTH}" height="{HEIGHT}" rx="18" fill="{GROUND}"/>'
    for name, colour in HEADS.items():
        yield (
            f'<marker id="{name}" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" '
            f'orient="auto-start-reverse"><path d="M0 0L8 4L0 8z" fill="{colour}"/></marker>'
        )
    fans, designers = (middle("recognition") + middle("compositor")) / 2, middle("assembler")
    yield words(fans, 40, "fans, web sites, reviewers")
    yield words(fans + 8, 78, f"REST, events :{REST}", size=13, ink=QUIET, anchor="start")
    yield arrow(f"M{fans} 52V{DOOR_TOP - 3}", ROSE)
    yield words(designers, 40, "designers")
    yield arrow(f"M{designers} 52V{DOOR_TOP - 3}", CYAN)
    door = middle("compositor") + BOX_WIDTH / 2 - LEFT
    does = "sessions, moderation, what is made when; carried on after a crash"
    yield box(LEFT, DOOR_TOP, door, DOOR_HEIGHT, title="gateway", words=does, edge=ROSE)
    press = designers - BOX_WIDTH / 2
    yield box(press, DOOR_TOP, BOX_WIDTH, DOOR_HEIGHT, title="fancam press", words="a campaign, once", edge=CYAN)
    for caller, callee in sorted(CALLS):
        yield call(caller, callee)
    for name, what in DOES.items():
        left, title = middle(name) - BOX_WIDTH / 2, f"{name} :{SERVICES[name]}"
        yield box(left, ROW_TOP, BOX_WIDTH, BOX_HEIGHT, title=title, words=what, edge=LINE)
        yield arrow(f"M{middle(name) - 30} {ROW_TOP + BOX_HEIGHT + 3}V{STORE_TOP - 3}", LINE, both=True)
    holds = "bytes by their content, in a folder or a bucket"
    yield box(LEFT, STORE_TOP, WIDTH - 2 * LEFT, STORE_HEIGHT, title="artifact store", words=holds, edge=LINE)
    yield "</svg>"


def picture() -> str:
    """The whole file."""
    return "\n".join(drawn()) + "\n"


if __name__ == "__main__":
    FILE.write_text(picture(), encoding="utf-8")
