"""LADSPA plugins: found, described by their own port names, and run by a host of our own or by ffmpeg's filter.

Our host is the default because ffmpeg's `ladspa` filter refuses ports whose range is a multiple of the sample rate
(every filter frequency of the swh plugins) and costs twice as much; where both can run a plugin they give the same
samples (`tests/audio/test_chain.py`).
"""

from __future__ import annotations

import ctypes
import hashlib
import math
import re
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from services.audio.decode import RATE_HZ

Voice: TypeAlias = NDArray[np.float32]
"""Samples of one or two channels, shape (samples,) or (samples, 2)."""

BLOCK = 1024
"""Samples that plugins are given at a time. The lead chain's do not depend on it; a plugin that does (the look-ahead
limiter of swh, from 8192 on) gives the same at every run, since this never changes."""

PLUGIN_FOLDERS = (Path("/usr/lib/ladspa"), Path("/usr/local/lib/ladspa"))

HOSTS = ("own", "ffmpeg")


class ChainRefused(Exception):  # noqa: N818  named for what its author reads
    """The document is not a chain that can be run: the message names the stage, the field and the value."""


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
        host: Who runs it, out of `HOSTS`.
    """

    file: str
    sha256: str
    label: str
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    controls: tuple[Port, ...]
    latency_samples: int
    host: str = HOSTS[0]


# ladspa.h 1.1: what a port is, and what its range means.
_INPUT, _OUTPUT, _CONTROL, _AUDIO = 1, 2, 4, 8
_BELOW, _ABOVE, _TOGGLED, _SAMPLE_RATE, _LOGARITHMIC, _INTEGER = 0x1, 0x2, 0x4, 0x8, 0x10, 0x20
_DEFAULT_MASK = 0x3C0
_MINIMUM, _LOW, _MIDDLE, _HIGH, _MAXIMUM = 0x40, 0x80, 0xC0, 0x100, 0x140
_FIXED = {0x200: 0.0, 0x240: 1.0, 0x280: 100.0, 0x2C0: 440.0}


class _Range(ctypes.Structure):
    _fields_ = (("hint", ctypes.c_int), ("low", ctypes.c_float), ("high", ctypes.c_float))


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
    # Its range is a multiple of the sample rate, which ffmpeg's filter does not understand.
    scaled: bool = False

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
class Description:
    """One plugin of a file: its ports, sorted by what they are for."""

    label: str
    index: int
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    controls: tuple[Control, ...]
    # Control outputs, which must be connected to somewhere; the one called "latency" says what its name says.
    meters: tuple[int, ...]
    latency_port: int | None


class Library:
    """One plugin file, opened."""

    def __init__(self, path: Path) -> None:
        self.sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
        self._file = ctypes.CDLL(str(path))
        entry = self._file.ladspa_descriptor
        entry.argtypes, entry.restype = [ctypes.c_ulong], ctypes.POINTER(_Descriptor)
        self._entry = entry
        self.descriptions: dict[str, Description] = {}
        index = 0
        while found := entry(index):
            described = _describe(found.contents, index)
            self.descriptions[described.label] = described
            index += 1

    def descriptor(self, description: Description) -> _Descriptor:
        """The entry of ladspa.h that a description was made from."""
        found: _Descriptor = self._entry(description.index).contents
        return found


def _describe(found: _Descriptor, index: int) -> Description:
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
    return Description(
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
    return Control(
        port,
        name,
        title,
        low,
        high,
        _default(hint, low, high),
        whole=bool(hint & _INTEGER),
        scaled=bool(hint & _SAMPLE_RATE),
    )


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
def _open(path: Path, changed_ns: int) -> Library:  # noqa: ARG001  a file that changed is another file
    return Library(path)


def find(stem: str, where: str) -> Library:
    """The plugin file of that name, opened.

    Raises:
        ChainRefused: It is in no folder of plugins or does not load; `where` begins the message.
    """
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
    library: Library, description: Description, controls: Sequence[Port], block: int
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


def latency_of(library: Library, description: Description, controls: Sequence[Port]) -> int:
    """Samples at 48 kHz that a plugin with these controls delays, by its own port; 0 where it has none."""
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
        block: Samples per run.

    Returns:
        As long as `voice`, with as many channels as the plugin gives.
    """
    if voice.ndim == 2 and len(plugin.inputs) == 1:
        return np.stack([run_plugin(plugin, np.ascontiguousarray(side), block=block) for side in voice.T], axis=1)
    library = find(plugin.file.removesuffix(".so"), plugin.label)
    if library.sha256 != plugin.sha256:
        raise ChainRefused(f"{plugin.file} has changed since the plan was made")
    if plugin.host == "ffmpeg":
        return _run_in_ffmpeg(plugin, voice)
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


def _run_in_ffmpeg(plugin: Plugin, voice: Voice) -> Voice:
    """Send a voice through ffmpeg's `ladspa` filter; channels as `run_plugin` gives them."""
    path = next(folder / plugin.file for folder in PLUGIN_FOLDERS if (folder / plugin.file).exists())
    sides = np.stack([voice] * len(plugin.inputs), axis=1) if voice.ndim == 1 else voice  # (samples, inputs)
    tail = np.zeros((plugin.latency_samples, sides.shape[1]), np.float32)
    controls = "|".join(f"c{index}={port.value:.9g}" for index, port in enumerate(plugin.controls))
    graph = f"ladspa=file={path}:plugin={plugin.label}" + (f":controls={controls}" if controls else "")
    raw = ["-f", "f32le", "-ar", str(RATE_HZ), "-ac"]
    command = ["ffmpeg", "-v", "error", "-nostdin", "-threads", "1", *raw, str(sides.shape[1]), "-i", "pipe:0"]
    command += ["-af", graph, *raw, str(len(plugin.outputs)), "pipe:1"]
    try:
        sound = np.concatenate([sides, tail]).astype("<f4").tobytes()
        done = subprocess.run(command, input=sound, capture_output=True, timeout=60, check=True)
    except (FileNotFoundError, subprocess.SubprocessError) as error:
        raise ChainRefused(f"ffmpeg could not run {plugin.file} {plugin.label}: {error}") from error
    result = np.frombuffer(done.stdout, "<f4").reshape(-1, len(plugin.outputs))[plugin.latency_samples :]
    if result.shape[0] != voice.shape[0] or not np.isfinite(result).all():
        raise ChainRefused(f"ffmpeg gave {len(result)} of {len(voice)} samples of {plugin.file} {plugin.label}")
    return np.ascontiguousarray(result[:, 0] if result.shape[1] == 1 else result)
