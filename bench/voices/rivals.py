"""Other pitch correctors, for comparison only: autotalent (LADSPA) and x42's fat1 (LV2), each told the song's scale.

Neither knows the melody. Both are looked for on this machine (Debian packages `autotalent` and `x42-plugins`) and left
out, with the reason, where they are not there or do not run.
"""

from __future__ import annotations

import ctypes
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from services.audio import chain, ladspa

RATE_HZ = 48_000
Corrector = Callable[[NDArray[np.float32]], NDArray[np.float32]]

FAT1 = "http://gareus.org/oss/lv2/fat1"
# What it delays in samples, measured: ffmpeg's host does not take it out.
FAT1_LATE = 1027


class Missing(Exception):  # noqa: N818  named for what the table says
    """The rival cannot be had here; the message says why."""


def fat1(classes: Iterable[int]) -> Corrector:
    """x42's fat1 in ffmpeg's LV2 host, allowed the pitch classes 0 (C) to 11.

    Raises:
        Missing: It is not installed.
    """
    if not Path("/usr/lib/lv2/fat1.lv2").exists():
        raise Missing("the package x42-plugins is not installed")
    allowed = set(classes)
    controls = "|".join(f"m{note:02}={int(note in allowed)}" for note in range(12))

    def corrected(voice: NDArray[np.float32]) -> NDArray[np.float32]:
        raw = ["-f", "f32le", "-ar", str(RATE_HZ), "-ac", "1"]
        graph = f"lv2=plugin='{FAT1.replace(':', chr(92) + ':')}':controls={controls}"
        command = ["ffmpeg", "-v", "error", *raw, "-i", "pipe:0", "-af", graph, *raw, "pipe:1"]
        padded = np.concatenate([voice, np.zeros(FAT1_LATE, np.float32)])
        done = subprocess.run(command, input=padded.tobytes(), capture_output=True, check=False)
        if done.returncode != 0:
            raise Missing(done.stderr.decode()[-200:].strip())
        return np.frombuffer(done.stdout, "<f4")[FAT1_LATE:][: len(voice)].copy()

    corrected(np.zeros(RATE_HZ, np.float32))
    return corrected


def autotalent(classes: Iterable[int]) -> Corrector:
    """Autotalent in our LADSPA host, allowed the pitch classes 0 (C) to 11.

    Debian 12's build asks for functions of an old C library and does not load; with a compiler at hand, a few lines
    give it these.

    Raises:
        Missing: It is not installed, or does not load and there is no compiler.
    """
    path = ladspa.PLUGIN_FOLDERS[0] / "autotalent.so"
    if not path.exists():
        raise Missing("the package autotalent is not installed")
    try:
        ladspa.find("autotalent", "bench")
    except ladspa.ChainRefused as error:
        if shutil.which("cc") is None:
            raise Missing(f"it does not load: {error}") from error
        _lend_old_functions(path)
    allowed = set(classes)
    library = ladspa.find("autotalent", "bench")
    keys = [control.name for control in next(iter(library.descriptions.values())).controls]
    # Twelve ports in a row, from A to A flat: 1 to allow, -1 to forbid.
    first = keys.index("a")
    notes = {keys[first + step]: (1 if (9 + step) % 12 in allowed else -1) for step in range(12)}
    document = {
        "plugin": "autotalent/autotalent",
        "set": notes | {"correction_strength": 1, "correction_smoothness": 0},
    }
    plugin = chain.plugin(document, "bench")

    def corrected(voice: NDArray[np.float32]) -> NDArray[np.float32]:
        return ladspa.run_plugin(plugin, voice)

    return corrected


def _lend_old_functions(path: Path) -> None:
    """Give a plugin the `__exp_finite` and the like that glibc 2.31 dropped."""
    wanted = set(re.findall(rb"__([a-z0-9]+)_finite", path.read_bytes()))
    lines = ["#include <math.h>"]
    for name in sorted(name.decode() for name in wanted):
        kind = "float" if name.endswith("f") else "double"
        two = name.removesuffix("f") in {"pow", "atan2", "fmod", "hypot"}
        takes, gives = (f"{kind} x, {kind} y", "x, y") if two else (f"{kind} x", "x")
        lines.append(f"{kind} __{name}_finite({takes}) {{ return {name}({gives}); }}")
    with tempfile.TemporaryDirectory() as folder:
        source, library = Path(folder) / "finite.c", Path(folder) / "finite.so"
        source.write_text("\n".join(lines) + "\n")
        command = ["cc", "-shared", "-fPIC", "-fno-builtin", "-o", str(library), str(source), "-lm"]
        if subprocess.run(command, capture_output=True, check=False).returncode != 0:
            raise Missing("the functions it needs could not be compiled")
        ctypes.CDLL(str(library), ctypes.RTLD_GLOBAL)
