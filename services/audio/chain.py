"""The voice chain: a document that a sound engineer writes, compiled to a plan that can be printed, hashed and run.

Stages name LADSPA plugins by file and label and their ports by name, in the port's own unit.
`python -m services.audio.chain FILE` prints the plan. The host is our own because ffmpeg's `ladspa` filter refuses
ports whose range is a multiple of the sample rate (every filter frequency of the swh plugins) and leaves a plugin's
latency in.
"""

from __future__ import annotations

import ctypes
import hashlib
import json
import math
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import yaml
from numpy.typing import NDArray

from services.audio.decode import RATE_HZ, Mono

Voice: TypeAlias = NDArray[np.float32]
"""Samples of one or two channels, shape (samples,) or (samples, 2)."""

BLOCK = 1024
"""Samples that plugins are given at a time; the result does not depend on it."""

PLUGIN_FOLDERS = (Path("/usr/lib/ladspa"), Path("/usr/local/lib/ladspa"))


class ChainRefused(Exception):  # noqa: N818  named for what its author reads
    """The document is not a chain that can be run: the message names the stage, the field and the value."""


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
        "clipped_percent": Bound("%", 0.01, 50, 3),
        "voiced_percent": Bound("%", 0, 90, 15),
    },
    # Where it belongs.
    "align": {"max_shift_ms": Bound("ms", 0, 10_000, 1500)},
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
    "duck": {
        "by_db": Bound("dB", 0, 24, 3),
        "threshold_db": Bound("dBFS", -80, 0, -42),
        "attack_ms": Bound("ms", 1, 500, 15),
        "release_ms": Bound("ms", 10, 3000, 250),
    },
    "mix": {"voice_over_backing_lu": Bound("LU", -20, 20, 0.5)},
    "loudness": {
        "integrated_lufs": Bound("LUFS", -30, -8, -14),
        "tolerance_lu": Bound("LU", 0.05, 1, 0.1),
        "true_peak_dbtp": Bound("dBTP", -9, 0, -1),
    },
}

PITCH_ENGINES = ("rubberband-r3", "tdpsola")
"""The one that costs and the fast one."""

ORDER = ("intake", "align", "debleed", "denoise", "pitch", "ladspa", "mix", "loudness")
"""Stages come in this order; `ladspa` may be repeated, and what is in `OPTIONAL` may be absent."""

OPTIONAL = frozenset({"debleed", "denoise", "ladspa"})


@dataclass(frozen=True)
class Port:
    """One control of a plugin with its value, as it will be run."""

    index: int
    name: str
    value: float


@dataclass(frozen=True)
class Plugin:
    """One LADSPA stage, as it will be run.

    Attributes:
        file: Of the plugin, without folder.
        sha256: Of the file: another build is another plan.
        label: Of the plugin inside its file.
        inputs: Audio ports in.
        outputs: Audio ports out.
        controls: Every control with its value, also those that nobody set.
        latency_samples: What the plugin delays at 48 kHz, and the host takes out.
    """

    file: str
    sha256: str
    label: str
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    controls: tuple[Port, ...]
    latency_samples: int


@dataclass(frozen=True)
class Plan:
    """A compiled chain: nothing is left to a default."""

    id: str
    rate_hz: int
    pitch_engine: str
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
        lines = [f"chain {self.id}", f"hash  {self.hash}", f"rate  {self.rate_hz} Hz"]
        for stage in ("intake", "align", "debleed", "denoise", "pitch"):
            if stage not in self.numbers:
                continue
            lines.append(stage + (f"  {self.pitch_engine}" if stage == "pitch" else ""))
            lines += self._numbers(stage)
        for plugin in self.plugins:
            sides = f"{len(plugin.inputs)} in, {len(plugin.outputs)} out, {plugin.latency_samples} samples late"
            lines.append(f"ladspa  {plugin.file} {plugin.label}  ({sides}, {plugin.sha256[:12]})")
            lines += [f"    {port.index:>3} {port.name:<40} {port.value:g}" for port in plugin.controls]
        for stage in ("mix", "duck", "loudness"):
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
    numbers = dict(sorted(draft.numbers.items()))
    return Plan(name, RATE_HZ, draft.engine, numbers, tuple(draft.plugins))


class _Draft:
    """A plan while its stages are read."""

    def __init__(self) -> None:
        self.numbers: dict[str, dict[str, float]] = {}
        self.plugins: list[Plugin] = []
        self.engine = PITCH_ENGINES[0]
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
            self.plugins.append(_plugin(settings, where))
            return
        if kind == "pitch":
            self.engine = settings.pop("engine", self.engine)
            if self.engine not in PITCH_ENGINES:
                raise ChainRefused(f"{where}.engine: {self.engine!r} is not one of {', '.join(PITCH_ENGINES)}")
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


def _plugin(settings: Mapping[str, Any], where: str) -> Plugin:
    _only(settings, {"plugin", "set", "sha256"}, where)
    name = settings.get("plugin")
    if not isinstance(name, str) or not re.fullmatch(r"[A-Za-z0-9_.+-]+/[A-Za-z0-9_.+ -]+", name):
        raise ChainRefused(f"{where}.plugin: {name!r} must be `file/label`, for example `gate_1410/gate`")
    stem, label = name.split("/")
    library = _library(stem, where)
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
    latency = _latency(library, description, ports)
    return Plugin(stem + ".so", library.sha256, label, description.inputs, description.outputs, ports, latency)


# --- LADSPA ----------------------------------------------------------------------------------------------------------

# ladspa.h 1.1: what a port is, and what its range means.
_INPUT, _OUTPUT, _CONTROL, _AUDIO = 1, 2, 4, 8
_BELOW, _ABOVE, _TOGGLED, _SAMPLE_RATE, _LOGARITHMIC, _INTEGER = 0x1, 0x2, 0x4, 0x8, 0x10, 0x20
_DEFAULT_MASK = 0x3C0
_MINIMUM, _LOW, _MIDDLE, _HIGH, _MAXIMUM = 0x40, 0x80, 0xC0, 0x100, 0x140
_FIXED = {0x200: 0.0, 0x240: 1.0, 0x280: 100.0, 0x2C0: 440.0}


class _Range(ctypes.Structure):
    _fields_ = (("hint", ctypes.c_int), ("low", ctypes.c_float), ("high", ctypes.c_float))


_FLOATS = ctypes.POINTER(ctypes.c_float)
_INSTANTIATE = ctypes.CFUNCTYPE(ctypes.c_void_p, ctypes.c_void_p, ctypes.c_ulong)
_CONNECT = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_ulong, ctypes.c_void_p)
_HANDLE = ctypes.CFUNCTYPE(None, ctypes.c_void_p)
_RUN = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_ulong)
_GAIN = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_float)


class _Descriptor(ctypes.Structure):
    _fields_ = (
        ("id", ctypes.c_ulong),
        ("label", ctypes.c_char_p),
        ("properties", ctypes.c_int),
        ("name", ctypes.c_char_p),
        ("maker", ctypes.c_char_p),
        ("copyright", ctypes.c_char_p),
        ("count", ctypes.c_ulong),
        ("kinds", ctypes.POINTER(ctypes.c_int)),
        ("names", ctypes.POINTER(ctypes.c_char_p)),
        ("ranges", ctypes.POINTER(_Range)),
        ("data", ctypes.c_void_p),
        ("instantiate", _INSTANTIATE),
        ("connect_port", _CONNECT),
        ("activate", _HANDLE),
        ("run", _RUN),
        ("run_adding", _RUN),
        ("set_run_adding_gain", _GAIN),
        ("deactivate", _HANDLE),
        ("cleanup", _HANDLE),
    )


@dataclass(frozen=True)
class Control:
    """An input control of a plugin: its limits in its own unit at 48 kHz, and its default."""

    index: int
    name: str
    title: str
    low: float | None
    high: float | None
    default: float | None
    whole: bool

    def settle(self, value: object, where: str) -> float:
        """The value to run with: the one given, else the plugin's default.

        Raises:
            ChainRefused: It is no number, outside of the port's range, or absent where the plugin has no default.
        """
        if value is None:
            if self.default is None:
                raise ChainRefused(f"{where}: {self.title!r} has no default and must be set")
            return self.default
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
            raise ChainRefused(f"{where}: {value!r} must be a number")
        low = -math.inf if self.low is None else self.low
        high = math.inf if self.high is None else self.high
        # The limits are 32-bit floats: 0.45 of the sample rate may read 21599.9994.
        slack = 1e-6 * max(1.0, abs(value))
        if not low - slack <= value <= high + slack:
            raise ChainRefused(f"{where}: {value:g} is outside of {low:g} to {high:g} ({self.title})")
        if self.whole and value != int(value):
            raise ChainRefused(f"{where}: {value:g} must be a whole number ({self.title})")
        return float(value)


@dataclass(frozen=True)
class _Description:
    label: str
    index: int
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    controls: tuple[Control, ...]
    # Control outputs, which must be connected to somewhere; the one called "latency" says what its name says.
    meters: tuple[int, ...]
    latency_port: int | None


class _Library:
    """One plugin file, opened."""

    def __init__(self, path: Path) -> None:
        self.sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
        self._file = ctypes.CDLL(str(path))
        entry = self._file.ladspa_descriptor
        entry.argtypes, entry.restype = [ctypes.c_ulong], ctypes.POINTER(_Descriptor)
        self._entry = entry
        self.descriptions: dict[str, _Description] = {}
        index = 0
        while found := entry(index):
            described = _describe(found.contents, index)
            self.descriptions[described.label] = described
            index += 1

    def descriptor(self, description: _Description) -> _Descriptor:
        found: _Descriptor = self._entry(description.index).contents
        return found


def _describe(found: _Descriptor, index: int) -> _Description:
    groups: dict[int, list[int]] = {}
    controls: list[Control] = []
    latency = None
    for port in range(found.count):
        kind = found.kinds[port]
        groups.setdefault(kind & 0xF, []).append(port)
        title = found.names[port].decode("latin-1")
        if kind & _CONTROL and kind & _INPUT:
            controls.append(_control(port, title, found.ranges[port], {control.name for control in controls}))
        elif kind & _CONTROL and title.strip().lower() in {"latency", "_latency"}:
            latency = port
    return _Description(
        found.label.decode("latin-1"),
        index,
        tuple(groups.get(_AUDIO | _INPUT, [])),
        tuple(groups.get(_AUDIO | _OUTPUT, [])),
        tuple(controls),
        tuple(groups.get(_CONTROL | _OUTPUT, [])),
        latency,
    )


def _control(port: int, title: str, limits: _Range, taken: set[str]) -> Control:
    """`Attack time (ms)` becomes `attack_time_ms`; a second port of that name gets its number."""
    name = re.sub(r"[^a-z0-9]+", "_", title.lower()).strip("_")
    name = name if name and name not in taken else f"{name}_{port}"
    hint = limits.hint
    if hint & _TOGGLED:
        default = _FIXED.get(hint & _DEFAULT_MASK)
        return Control(port, name, title, 0.0, 1.0, default, whole=True)
    scale = RATE_HZ if hint & _SAMPLE_RATE else 1
    low = limits.low * scale if hint & _BELOW else None
    high = limits.high * scale if hint & _ABOVE else None
    return Control(port, name, title, low, high, _default(hint, low, high), whole=bool(hint & _INTEGER))


def _default(hint: int, low: float | None, high: float | None) -> float | None:
    """The default that ladspa.h describes, in the port's own unit."""
    kind = hint & _DEFAULT_MASK
    value: float | None = None
    if kind in _FIXED:
        value = _FIXED[kind]
    elif kind == _MINIMUM:
        value = low
    elif kind == _MAXIMUM:
        value = high
    elif kind in {_LOW, _MIDDLE, _HIGH} and low is not None and high is not None:
        share = {_LOW: 0.25, _MIDDLE: 0.5, _HIGH: 0.75}[kind]
        if hint & _LOGARITHMIC and low > 0:
            value = math.exp(math.log(low) * (1 - share) + math.log(high) * share)
        else:
            value = low * (1 - share) + high * share
    if value is not None and hint & _INTEGER:
        value = float(round(value))
    return value


@lru_cache(maxsize=64)
def _open(path: Path, changed_ns: int) -> _Library:  # noqa: ARG001  a file that changed is another file
    return _Library(path)


def _library(stem: str, where: str) -> _Library:
    for folder in PLUGIN_FOLDERS:
        path = folder / f"{stem}.so"
        if path.exists():
            try:
                return _open(path, path.stat().st_mtime_ns)
            except (OSError, AttributeError) as error:
                raise ChainRefused(f"{where}.plugin: {path.name} cannot be loaded: {error}") from error
    raise ChainRefused(f"{where}.plugin: {stem}.so is in none of {', '.join(map(str, PLUGIN_FOLDERS))}")


@contextmanager
def _instance(
    library: _Library, description: _Description, controls: Sequence[Port], block: int
) -> Iterator[tuple[_Descriptor, int, NDArray[np.float32], NDArray[np.float32], dict[int, ctypes.c_float]]]:
    """A running plugin with its audio buffers (ports, block) in and out, and its control outputs."""
    plugin = library.descriptor(description)
    handle = plugin.instantiate(ctypes.addressof(plugin), RATE_HZ)
    if not handle:
        raise ChainRefused(f"{description.label} could not be started at {RATE_HZ} Hz")
    values = {port.index: ctypes.c_float(port.value) for port in controls}
    meters = {index: ctypes.c_float(0) for index in description.meters}
    into = np.zeros((len(description.inputs), block), np.float32)
    out = np.zeros((len(description.outputs), block), np.float32)
    for index, cell in {**values, **meters}.items():
        plugin.connect_port(handle, index, ctypes.addressof(cell))
    for rows, indices in ((into, description.inputs), (out, description.outputs)):
        for row, index in zip(rows, indices, strict=True):
            plugin.connect_port(handle, index, row.ctypes.data)
    try:
        if plugin.activate:
            plugin.activate(handle)
        yield plugin, handle, into, out, meters
    finally:
        if plugin.deactivate:
            plugin.deactivate(handle)
        plugin.cleanup(handle)


def _latency(library: _Library, description: _Description, controls: Sequence[Port]) -> int:
    if description.latency_port is None:
        return 0
    with _instance(library, description, controls, BLOCK) as (plugin, handle, _, _, meters):
        plugin.run(handle, BLOCK)
        return round(meters[description.latency_port].value)


def run_plugin(plugin: Plugin, voice: Voice, *, block: int = BLOCK) -> Voice:
    """Send a voice through one plugin, its latency taken out.

    Args:
        plugin: From a compiled plan.
        voice: One or two channels; a mono voice feeds both inputs of a stereo plugin, and a stereo voice goes through a
            mono plugin side by side.
        block: Samples per run; the result does not depend on it.

    Returns:
        As long as `voice`, with as many channels as the plugin gives.
    """
    if voice.ndim == 2 and len(plugin.inputs) == 1:
        return np.stack([run_plugin(plugin, np.ascontiguousarray(side), block=block) for side in voice.T], axis=1)
    library = _library(plugin.file.removesuffix(".so"), plugin.label)
    if library.sha256 != plugin.sha256:
        raise ChainRefused(f"{plugin.file} has changed since the plan was made")
    description = library.descriptions[plugin.label]
    sides = voice.T if voice.ndim == 2 else np.stack([voice] * len(plugin.inputs))  # (inputs, samples)
    count = voice.shape[0] + plugin.latency_samples
    result = np.zeros((len(plugin.outputs), count), np.float32)
    with _instance(library, description, plugin.controls, block) as (entry, handle, into, out, _):
        for start in range(0, count, block):
            length = min(block, count - start)
            here = sides[:, start : start + length]
            into[:, : here.shape[1]] = here
            into[:, here.shape[1] :] = 0
            entry.run(handle, length)
            result[:, start : start + length] = out[:, :length]
    result = result[:, plugin.latency_samples :]
    if not np.isfinite(result).all():
        raise ChainRefused(f"{plugin.file} {plugin.label} gave samples that are no numbers")
    return result[0] if len(result) == 1 else np.ascontiguousarray(result.T)


def run_plugins(plan: Plan, voice: Mono, *, block: int = BLOCK) -> tuple[Mono, Voice]:
    """Send a voice through all plugins of a plan.

    Returns:
        The voice after the last one-channel stage (samples,), and after all of them: (samples,) or (samples, 2).
    """
    dry: Mono = voice
    wet: Voice = voice
    for plugin in plan.plugins:
        wet = run_plugin(plugin, wet, block=block)
        if wet.ndim == 1:
            dry = wet
    return dry, wet


def denoise(take: Mono, *, reduction_db: float, floor_db: float) -> Mono:
    """Ffmpeg's spectral denoiser `afftdn`, its delay taken out; as long as `take`.

    Raises:
        ChainRefused: ffmpeg is missing or failed.
    """
    late = _denoise_delay()
    clean = _afftdn(np.concatenate([take, np.zeros(late, np.float32)]), reduction_db, floor_db)[late:]
    exact = np.zeros(len(take), np.float32)
    exact[: min(len(clean), len(take))] = clean[: len(take)]
    return exact


@cache
def _denoise_delay() -> int:
    """How late `afftdn` is, in samples, read off a known noise: it does not say (5.1: 1200 at 48 kHz)."""
    noise = np.random.default_rng(1).normal(0, 0.1, RATE_HZ).astype(np.float32)
    clean = _afftdn(noise, 0.01, -80.0)
    probe = noise[RATE_HZ // 2 : RATE_HZ // 2 + 8192]
    likeness = np.correlate(clean[RATE_HZ // 2 :], probe, "valid")
    return int(likeness.argmax())


def _afftdn(sound: Mono, reduction_db: float, floor_db: float) -> Mono:
    graph = f"afftdn=noise_reduction={reduction_db:g}:noise_floor={floor_db:g}:track_noise=1"
    command = [
        "ffmpeg",
        "-v",
        "error",
        "-nostdin",
        "-threads",
        "1",
        "-f",
        "f32le",
        "-ar",
        str(RATE_HZ),
        "-ac",
        "1",
        "-i",
        "pipe:0",
    ]
    command += ["-af", graph, "-f", "f32le", "pipe:1"]
    try:
        done = subprocess.run(command, input=sound.tobytes(), capture_output=True, timeout=60, check=True)
    except (FileNotFoundError, subprocess.SubprocessError) as error:
        raise ChainRefused(f"ffmpeg could not denoise: {error}") from error
    return np.frombuffer(done.stdout, dtype="<f4")


def main(arguments: Sequence[str]) -> int:
    """Print the plan of a document; 1 when it is refused."""
    if len(arguments) != 1:
        sys.stderr.write("usage: python -m services.audio.chain FILE\n")
        return 2
    try:
        plan = compile_chain(Path(arguments[0]).read_text(encoding="utf-8"))
    except (ChainRefused, OSError) as error:
        sys.stderr.write(f"{arguments[0]}: {error}\n")
        return 1
    sys.stdout.write(plan.text() + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
