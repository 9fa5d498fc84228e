"""The ways in which Chrome may get WebGL, on a card or in software, and the flags that it is started with in any."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Gl = Literal["any", "software", "hardware"]

SOFTWARE_RENDERERS = ("llvmpipe", "softpipe", "swiftshader", "lavapipe", "software")

FLAGS = (
    "--no-sandbox",  # a restricted pod cannot open Chrome's own; only our pages run, and nothing is reachable
    "--disable-quic",
    "--no-first-run",
    "--no-default-browser-check",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-extensions",
    "--disable-dev-shm-usage",
    "--mute-audio",
    "--disable-background-timer-throttling",
    "--disable-renderer-backgrounding",
    "--disable-backgrounding-occluded-windows",
    "--force-color-profile=srgb",
    "--hide-scrollbars",
    "--disk-cache-size=1",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)


@dataclass(frozen=True)
class Way:
    """One way to get WebGL: flags and environment of Chrome."""

    name: str
    flags: tuple[str, ...]
    environment: Mapping[str, str]
    hardware: bool


# llvmpipe draws 4 to 5 times as fast as SwiftShader, which is always there. Lavapipe hangs; it is not tried.
HARDWARE = (
    Way(
        "vulkan",
        (
            "--use-gl=angle",
            "--use-angle=vulkan",
            "--enable-features=Vulkan",
            "--disable-vulkan-surface",
            "--ignore-gpu-blocklist",
        ),
        {},
        hardware=True,
    ),
    Way(
        "egl",
        ("--use-gl=angle", "--use-angle=gl-egl", "--ignore-gpu-blocklist"),
        {"EGL_PLATFORM": "surfaceless"},
        hardware=True,
    ),
)
SOFTWARE = (
    Way(
        "llvmpipe",
        ("--use-gl=angle", "--use-angle=gl-egl", "--ignore-gpu-blocklist"),
        {"EGL_PLATFORM": "surfaceless", "LIBGL_ALWAYS_SOFTWARE": "1", "GALLIUM_DRIVER": "llvmpipe"},
        hardware=False,
    ),
    Way(
        "swiftshader", ("--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"), {}, hardware=False
    ),
)


def is_software(renderer: str) -> bool:
    """Whether WebGL's unmasked renderer string names a processor rather than a card."""
    return any(name in renderer.lower() for name in SOFTWARE_RENDERERS)


def ways(gl: Gl, *, card: bool) -> Sequence[Way]:
    """What to try, in order.

    Args:
        gl: What is wanted.
        card: Whether this machine shows a graphics device.

    Raises:
        ValueError: `gl` is not one of the three words.
    """
    if gl == "hardware":
        return HARDWARE
    if gl == "software":
        return SOFTWARE
    if gl == "any":
        return [*(HARDWARE if card else ()), *SOFTWARE]
    raise ValueError(f"gl {gl!r} must be any, software or hardware")


def has_card() -> bool:
    """Whether a graphics device is visible to this process."""
    return any(Path("/dev/dri").glob("renderD*")) or Path("/dev/nvidiactl").exists()
