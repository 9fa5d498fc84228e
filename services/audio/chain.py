"""The voice chain: a document that a sound engineer writes, compiled to a plan that can be printed, hashed and run.

Stages name LADSPA plugins by file and label and their ports by name, in the port's own unit.
`python -m services.audio.plan FILE` prints the plan.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import yaml

from services.audio import bed, ladspa
from services.audio.decode import RATE_HZ, Mono
from services.audio.ladspa import ChainRefused, Plugin, Port, Voice

VERSION = 9
"""Of what the service does by a plan: raise it when the same take would sound otherwise. It is part of every plan's
hash, so that nobody's voice goes through another program under an approval that was given to this one."""

# --- the document -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Bound:
    """A number that a stage takes: its unit, its limits and what it is when nobody says."""

    unit: str
    low: float
    high: float
    default: float


SCHEMA: dict[str, dict[str, Bound]] = {
    # What a take must be, and the level it is brought to.
    "intake": {
        "level_lufs": Bound("LUFS", -40, -10, -20),
        "clipped_percent": Bound("%", 0.01, 50, 8),
        "voiced_percent": Bound("%", 0, 90, 15),
        "song_percent": Bound("%", 0, 90, 65),
    },
    # Where it belongs. A drift of the recorder's clock below `drift_ppm` is left in.
    "align": {"max_shift_ms": Bound("ms", 0, 10_000, 1500), "drift_ppm": Bound("ppm", 5, 1000, 30)},
    # What the phone heard of the band, taken out: one tap is 21 ms of the room's echo.
    "debleed": {"taps": Bound("taps", 3, 24, 8), "max_db": Bound("dB", 0, 40, 20)},
    # ffmpeg's spectral denoiser.
    "denoise": {"reduction_db": Bound("dB", 0.01, 40, 10), "floor_db": Bound("dB", -80, -20, -50)},
    "pitch": {
        "strength": Bound("", 0, 1, 0.95),
        "keep_vibrato": Bound("", 0, 1, 0.5),
        "attack_ms": Bound("ms", 0, 500, 30),
        "max_shift_cents": Bound("cents", 0, 1200, 600),
        "boundary_ms": Bound("ms", 0, 300, 120),
        "fold_octaves": Bound("octaves", 0, 4, 3),
    },
    # Notes that begin early or late, moved towards where they are written. 0: the fan's own time.
    "timing": {"strength": Bound("", 0, 1, 0.7), "max_shift_ms": Bound("ms", 0, 150, 80)},
    # Swallowed notes raised and shouted ones lowered, before the plugins: an engineer's hand on the fader.
    "fader": {
        "strength": Bound("", 0, 1, 0.8),
        "window_ms": Bound("ms", 100, 3000, 300),
        "most_db": Bound("dB", 0, 12, 6),
    },
    # What is heard where moderation lets nothing be heard; it decides where, and whether by tone, silence or guide.
    "censor": {
        "fade_ms": Bound("ms", 1, 100, 8),
        "bleep_hz": Bound("Hz", 200, 4000, 1000),
        "bleep_db": Bound("dB", -30, 6, -6),
    },
    "duck": {
        "by_db": Bound("dB", 0, 24, 3),
        "threshold_db": Bound("dBFS", -80, 0, -42),
        "attack_ms": Bound("ms", 1, 500, 15),
        "release_ms": Bound("ms", 10, 3000, 250),
    },
    "mix": {"voice_over_backing_lu": Bound("LU", -20, 20, 1.5)},
    "loudness": {
        "integrated_lufs": Bound("LUFS", -30, -8, -14),
        "tolerance_lu": Bound("LU", 0.05, 1, 0.1),
        "true_peak_dbtp": Bound("dBTP", -9, 0, -1),
    },
}

PITCH_ENGINES = ("rubberband-r3", "tdpsola")
"""The one that costs and the fast one."""

TRACKERS = ("swift-f0", "autocorrelation")
"""How pitch is heard: by a small network, or with no weights at all."""

ORDER = ("intake", "align", "debleed", "denoise", "timing", "pitch", "fader", "ladspa", "censor", "mix", "loudness")
"""Stages come in this order; `ladspa` may be repeated, and what is in `OPTIONAL` may be absent."""

OPTIONAL = frozenset({"debleed", "denoise", "timing", "fader", "ladspa", "censor"})

ALWAYS = frozenset({"censor"})
"""Stages that run with their defaults where nobody names them."""


ALREADY = (
    "repair  always: of two channels one, lost packets as silence, holes faded, clipped tops rounded off",
    "check   always: the tuned voice is heard again and reported; nothing is changed by it",
    f"ride    always: the fan's part raised or lowered by {bed.RIDE_DB:g} dB at most, for the whole song's loudness",
)
"""What happens to every take by no number of its chain."""


@dataclass(frozen=True)
class Plan:
    """A compiled chain: nothing is left to a default."""

    id: str
    version: int
    rate_hz: int
    pitch_engine: str
    tracker: str
    numbers: dict[str, dict[str, float]]
    plugins: tuple[Plugin, ...]

    def canonical(self) -> str:
        """The one JSON text of this plan."""
        return json.dumps(asdict(self), sort_keys=True, separators=(",", ":"))

    @property
    def hash(self) -> str:
        """sha256 of the canonical form, in hexadecimal."""
        return hashlib.sha256(self.canonical().encode()).hexdigest()

    def text(self) -> str:
        """The plan for people: a line per number, with units."""
        lines = [f"chain {self.id}", f"hash  {self.hash}", f"made  by version {self.version} of the voice's program"]
        lines += [f"rate  {self.rate_hz} Hz", *ALREADY]
        for stage in ("intake", "align", "debleed", "denoise", "timing", "pitch", "fader"):
            if stage not in self.numbers:
                continue
            lines.append(stage + (f"  {self.pitch_engine}, heard by {self.tracker}" if stage == "pitch" else ""))
            lines += self._numbers(stage)
        for plugin in self.plugins:
            sides = f"{len(plugin.inputs)} in, {len(plugin.outputs)} out, {plugin.latency_samples} samples late"
            lines.append(f"ladspa  {plugin.file} {plugin.label}  ({sides}, {plugin.host} host, {plugin.sha256[:12]})")
            lines += [f"    {port.index:>3} {port.name:<40} {port.value:g}" for port in plugin.controls]
        for stage in ("censor", "mix", "duck", "loudness"):
            lines.append(stage)
            lines += self._numbers(stage)
        return "\n".join(lines)

    def _numbers(self, stage: str) -> list[str]:
        return [f"    {name:<24} {value:g} {SCHEMA[stage][name].unit}" for name, value in self.numbers[stage].items()]


def compile_chain(text: str) -> Plan:
    """Turn a voice chain document (YAML or JSON) into the plan that will be run.

    Raises:
        ChainRefused: It is no document of this form, a stage or field is unknown or out of order, a value is out of
            bounds, a plugin or port does not exist here, or a plugin's file is not the one the document names.
    """
    try:
        document = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ChainRefused(f"the voice chain cannot be read: {error}") from error
    if not isinstance(document, dict):
        raise ChainRefused("the voice chain must be a mapping with `voice_chain`, `id` and `stages`")
    _only(document, {"voice_chain", "id", "stages"}, "the voice chain")
    if document.get("voice_chain") != 1:
        raise ChainRefused(f"voice_chain: {document.get('voice_chain')!r} is not a version this service knows (1)")
    name = document.get("id")
    if not isinstance(name, str) or not re.fullmatch(r"[a-z][a-z0-9-]{0,60}", name):
        raise ChainRefused(f"id: {name!r} must be lower-case letters, digits and hyphens")
    stages = document.get("stages")
    if not isinstance(stages, list) or not 1 <= len(stages) <= 40:
        raise ChainRefused("stages: a list of 1 to 40 stages is needed")

    draft = _Draft()
    for index, entry in enumerate(stages):
        draft.add(entry, f"stages[{index}]")
    missing = [kind for kind in ORDER if kind not in draft.numbers and kind not in OPTIONAL]
    if missing:
        raise ChainRefused(f"stages: {', '.join(missing)} missing")
    _fits(draft.plugins)
    for kind in ALWAYS - set(draft.numbers):
        draft.numbers[kind] = _numbers(kind, {}, kind)
    numbers = dict(sorted(draft.numbers.items()))
    return Plan(name, VERSION, RATE_HZ, draft.engine, draft.tracker, numbers, tuple(draft.plugins))


class _Draft:
    """A plan while its stages are read."""

    def __init__(self) -> None:
        self.numbers: dict[str, dict[str, float]] = {}
        self.plugins: list[Plugin] = []
        self.engine = PITCH_ENGINES[0]
        self.tracker = TRACKERS[0]
        self._reached = 0

    def add(self, entry: object, where: str) -> None:
        """Take the next stage in, or refuse it."""
        if not isinstance(entry, dict) or len(entry) != 1:
            raise ChainRefused(f"{where}: a stage is one name with its settings")
        ((kind, settings),) = entry.items()
        if kind not in ORDER:
            raise ChainRefused(f"{where}: {kind!r} is not a stage; known: {', '.join(ORDER)}")
        where += f".{kind}"
        if ORDER.index(kind) < self._reached or kind in self.numbers:
            raise ChainRefused(f"{where}: stages come in the order {', '.join(ORDER)}, each but `ladspa` once")
        self._reached = ORDER.index(kind)
        settings = dict(_mapping(settings, where))
        if kind == "ladspa":
            self.plugins.append(plugin(settings, where))
            return
        if kind == "pitch":
            self.engine = settings.pop("engine", self.engine)
            if self.engine not in PITCH_ENGINES:
                raise ChainRefused(f"{where}.engine: {self.engine!r} is not one of {', '.join(PITCH_ENGINES)}")
            self.tracker = settings.pop("tracker", self.tracker)
            if self.tracker not in TRACKERS:
                raise ChainRefused(f"{where}.tracker: {self.tracker!r} is not one of {', '.join(TRACKERS)}")
        if kind == "mix":
            duck = _mapping(settings.pop("duck", None), f"{where}.duck")
            self.numbers["duck"] = _numbers("duck", duck, f"{where}.duck")
        self.numbers[kind] = _numbers(kind, settings, where)


def _mapping(found: object, where: str) -> Mapping[str, Any]:
    if found is None:
        return {}
    if not isinstance(found, dict):
        raise ChainRefused(f"{where}: settings are a mapping, not {found!r}")
    return found


def _only(found: Mapping[Any, Any], known: set[str], where: str) -> None:
    unknown = sorted(str(key) for key in found if key not in known)
    if unknown:
        raise ChainRefused(f"{where}: unknown {', '.join(unknown)}; known: {', '.join(sorted(known))}")


def _numbers(kind: str, settings: Mapping[str, Any], where: str) -> dict[str, float]:
    bounds = SCHEMA[kind]
    _only(settings, set(bounds), where)
    values = {}
    for name, bound in bounds.items():
        value = settings.get(name, bound.default)
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not bound.low <= value <= bound.high:
            raise ChainRefused(
                f"{where}.{name}: {value!r} must be a number from {bound.low:g} to {bound.high:g} {bound.unit}"
            )
        values[name] = float(value)
    return values


def _fits(plugins: Sequence[Plugin]) -> None:
    sides = 1
    for plugin in plugins:
        into, out = len(plugin.inputs), len(plugin.outputs)
        if (into, out) not in {(1, 1), (1, 2), (2, 2)} or (sides, into, out) == (2, 1, 2):
            raise ChainRefused(
                f"{plugin.file} {plugin.label}: {into} in and {out} out do not fit a voice of {sides} channel(s)"
            )
        sides = max(sides, out)


def plugin(settings: Mapping[str, Any], where: str) -> Plugin:
    """A LADSPA stage as it will be run.

    Args:
        settings: `plugin`, and where given `set`, `sha256` and `host`.
        where: Place in the document, for the message.

    Raises:
        ChainRefused: A field, the plugin, a port or a value is unknown, missing or out of range.
    """
    _only(settings, {"plugin", "set", "sha256", "host"}, where)
    name = settings.get("plugin")
    if not isinstance(name, str) or not re.fullmatch(r"[A-Za-z0-9_.+-]+/[A-Za-z0-9_.+ -]+", name):
        raise ChainRefused(f"{where}.plugin: {name!r} must be `file/label`, for example `gate_1410/gate`")
    stem, label = name.split("/")
    library = ladspa.find(stem, where)
    if settings.get("sha256", library.sha256) != library.sha256:
        raise ChainRefused(f"{where}.sha256: {stem}.so is {library.sha256}, not the approved {settings['sha256']}")
    description = library.descriptions.get(label)
    if description is None:
        raise ChainRefused(f"{where}.plugin: {stem}.so has no {label!r}; it has {', '.join(library.descriptions)}")
    given = _mapping(settings.get("set"), f"{where}.set")
    _only(given, {control.name for control in description.controls}, f"{where}.set")
    ports = tuple(
        Port(control.index, control.name, control.settle(given.get(control.name), f"{where}.set.{control.name}"))
        for control in description.controls
    )
    latency = ladspa.latency_of(library, description, ports)
    host = settings.get("host", ladspa.HOSTS[0])
    if host not in ladspa.HOSTS:
        raise ChainRefused(f"{where}.host: {host!r} is not one of {', '.join(ladspa.HOSTS)}")
    scaled = [control.name for control in description.controls if control.scaled]
    if host == "ffmpeg" and scaled:
        raise ChainRefused(f"{where}.host: ffmpeg cannot set {', '.join(scaled)}, a multiple of the sample rate")
    return Plugin(stem + ".so", library.sha256, label, description.inputs, description.outputs, ports, latency, host)


def run_plugins(plan: Plan, voice: Mono, *, block: int = ladspa.BLOCK) -> tuple[Mono, Voice]:
    """Send a voice through all plugins of a plan.

    Returns:
        The voice after the last one-channel stage (samples,), and after all of them: (samples,) or (samples, 2).
    """
    dry: Mono = voice
    wet: Voice = voice
    for plugin in plan.plugins:
        wet = ladspa.run_plugin(plugin, wet, block=block)
        if wet.ndim == 1:
            dry = wet
    return dry, wet
