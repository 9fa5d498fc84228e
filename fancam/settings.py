"""Every setting of every process: a frozen dataclass each, a comment and a unit per field, read from the environment.

This is the only module that reads the environment. `FANCAM_AUDIO_SLOTS=2` sets `AudioSettings.slots`; an unknown name
that starts with a known prefix is refused, so that a misspelt variable in a manifest never goes unnoticed.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import timedelta
from pathlib import Path
from typing import Any, ClassVar, TypeVar, get_type_hints

_ORIGIN = re.compile(r"https?://[a-z0-9.\-\[\]:]*[a-z0-9\]]")

T = TypeVar("T", bound="Settings")


class WrongSetting(ValueError):  # noqa: N818  named for what the caller reads
    """A variable of the environment that no setting can be read from."""


@dataclass(frozen=True)
class Settings:
    """A group of settings with a common prefix."""

    prefix: ClassVar[str] = ""

    @classmethod
    def load(cls: type[T], environment: Mapping[str, str] | None = None) -> T:
        """Read this group from the environment.

        Raises:
            WrongSetting: A variable with this prefix is unknown, or its text is not of the field's type.
        """
        environment = os.environ if environment is None else environment
        kinds = get_type_hints(cls)
        known = {cls.prefix + field.name.upper(): field.name for field in fields(cls)}
        values: dict[str, Any] = {}
        for variable, text in environment.items():
            if not variable.startswith(cls.prefix):
                continue
            if variable not in known:
                raise WrongSetting(f"{variable} is not a setting; known: {', '.join(sorted(known))}")
            values[known[variable]] = _parse(variable, text, kinds[known[variable]])
        return cls(**values)


def inherited() -> dict[str, str]:
    """This process's environment, whole, for the processes that it starts."""
    return dict(os.environ)


def _parse(variable: str, text: str, kind: type) -> object:
    if kind is bool:
        if text.lower() not in {"true", "false", "1", "0"}:
            raise WrongSetting(f"{variable}={text!r} must be true or false")
        return text.lower() in {"true", "1"}
    try:
        return kind(text)
    except ValueError as error:
        raise WrongSetting(f"{variable}={text!r} must be of type {kind.__name__}") from error


@dataclass(frozen=True)
class MeshSettings(Settings):
    """Where the processes find each other."""

    prefix: ClassVar[str] = "FANCAM_MESH_"

    # gRPC targets, `host:port` or `dns:///name:port`; on the cluster these are headless Services.
    recognition: str = "127.0.0.1:7101"
    audio: str = "127.0.0.1:7102"
    renderer: str = "127.0.0.1:7103"
    compositor: str = "127.0.0.1:7104"
    assembler: str = "127.0.0.1:7105"
    gateway: str = "127.0.0.1:7106"
    # Base address of the REST door, for the command line.
    rest: str = "http://127.0.0.1:7100"


@dataclass(frozen=True)
class ServerSettings(Settings):
    """How a process listens, drains and reports."""

    prefix: ClassVar[str] = "FANCAM_SERVER_"

    # Address to listen on; empty means the one `MeshSettings` gives this service.
    listen: str = ""
    # Seconds between "not serving" and the refusal of new calls, so that clients look elsewhere first.
    drain_notice_s: float = 2.0
    # Seconds that calls in flight are given to end.
    drain_grace_s: float = 60.0
    # OTLP endpoint for traces and metrics; empty turns both off.
    otlp_endpoint: str = ""
    # `debug`, `info`, `warning` or `error`.
    log_level: str = "info"


@dataclass(frozen=True)
class ArtifactSettings(Settings):
    """Where bytes are kept."""

    prefix: ClassVar[str] = "FANCAM_ARTIFACTS_"

    # `file:///path`, `s3://bucket/prefix`, `gs://...`, `az://...`; empty: `out/artifacts` in the working directory.
    url: str = ""
    # Folder for local copies of artifacts; empty means `out/cache`.
    cache: str = ""
    # What local copies may take, in GiB; those not asked for longest go first.
    cache_gib: float = 20.0
    # What passes, stills and segments of recipes may take in the store, in GiB; the idlest go first.
    recipes_gib: float = 100.0
    # How long they are kept after they were last asked for, in days.
    recipes_days: float = 30.0

    @property
    def recipes_bytes(self) -> int:
        """`recipes_gib` in bytes."""
        return int(self.recipes_gib * 2**30)

    @property
    def recipes_age(self) -> timedelta:
        """`recipes_days` as a span of time."""
        return timedelta(days=self.recipes_days)

    @property
    def cache_bytes(self) -> int:
        """`cache_gib` in bytes."""
        return int(self.cache_gib * 2**30)

    def location(self) -> str:
        """The store's address, with the default filled in."""
        return self.url or (Path.cwd() / "out" / "artifacts").as_uri()

    def cache_folder(self) -> Path:
        """The folder for local copies, with the default filled in."""
        return Path(self.cache) if self.cache else Path.cwd() / "out" / "cache"


@dataclass(frozen=True)
class RecognitionSettings(Settings):
    """The recognition service."""

    prefix: ClassVar[str] = "FANCAM_RECOGNITION_"

    # Calls worked on at a time.
    slots: int = 2


@dataclass(frozen=True)
class AudioSettings(Settings):
    """The audio service."""

    prefix: ClassVar[str] = "FANCAM_AUDIO_"

    # Calls worked on at a time.
    slots: int = 1
    # `none`, `script` or `nemo`.
    speech_engine: str = "none"
    # Path of the mounted .nemo file (`nemo`), or of a transcript with word times (`script`).
    speech_model: str = ""
    # Interpreter in which NeMo is installed (`make setup-speech` makes .venv-speech/bin/python); empty: this one.
    speech_python: str = ""
    # Folder of further lexicons and public word lists (docs/moderation.md), beside the built-in ones; empty for none.
    lexicons: str = ""


@dataclass(frozen=True)
class RendererSettings(Settings):
    """The renderer service."""

    prefix: ClassVar[str] = "FANCAM_RENDERER_"

    # Pages kept warm, each drawing one pass at a time.
    slots: int = 1
    # `software` or `hardware`; `hardware` refuses to be ready on llvmpipe or SwiftShader. `any` takes what there is.
    gl: str = "any"
    # Path of Chromium.
    chromium: str = "/usr/bin/chromium"


@dataclass(frozen=True)
class CompositorSettings(Settings):
    """The compositor service."""

    prefix: ClassVar[str] = "FANCAM_COMPOSITOR_"

    # Pages kept warm, each composing one shot at a time.
    slots: int = 1
    # As the renderer's: `software`, `hardware` or `any`.
    gl: str = "any"
    # Path of Chromium.
    chromium: str = "/usr/bin/chromium"


@dataclass(frozen=True)
class AssemblerSettings(Settings):
    """The assembler service."""

    prefix: ClassVar[str] = "FANCAM_ASSEMBLER_"

    # Calls worked on at a time.
    slots: int = 2
    # Path of the key (PEM) that films are signed with, by C2PA; empty: films are not signed.
    signing_key: str = ""
    # Path of its certificate chain (PEM), the signer's own first.
    signing_certificates: str = ""


@dataclass(frozen=True)
class GatewaySettings(Settings):
    """The gateway."""

    prefix: ClassVar[str] = "FANCAM_GATEWAY_"

    # REST listens here.
    rest_listen: str = "127.0.0.1:7100"
    # SQLAlchemy address of the job database; empty means SQLite at `out/gateway.sqlite`.
    database: str = ""
    # Stable name of this replica: its unfinished work is taken up under this name.
    executor: str = "gateway-0"
    # Signs links and session tokens; empty means a random one kept beside the SQLite database.
    secret: str = ""
    # Web sites elsewhere that may read REST, separated by commas: `https://band.example, https://fans.example`.
    origins: str = ""
    # Days for which a film may be shown on a page of its own, when its fan shares it; 0: nobody shares.
    share_days: int = 30
    # Where fans reach this gateway, `https://films.band.example`, for links that they send; empty: where each asked.
    public: str = ""
    # A campaign's page, for whoever sees a shared film: `https://band.example/{campaign}`; empty: no link to one.
    make_yours: str = ""
    # How often one session may be asked for in a minute, on each replica; 0 for any number.
    requests_per_minute: int = 1200
    # Sessions that one address may start in a minute, on each replica; 0 for any number. A crowd may share an address.
    sessions_per_minute: int = 0
    # Proxies whose X-Forwarded-For is believed, separated by commas: `10.0.0.0/8`. Behind others they are the address.
    proxies: str = "127.0.0.1"

    def allowed_origins(self) -> tuple[str, ...]:
        """The web sites that browsers let read REST; none by default.

        Raises:
            WrongSetting: One of them is not an origin as browsers send it.
        """
        origins = tuple(origin.strip() for origin in self.origins.split(",") if origin.strip())
        for origin in origins:
            if not _ORIGIN.fullmatch(origin):
                raise WrongSetting(
                    f"{self.prefix}ORIGINS names {origin!r}, which is not an origin such as https://band.example: "
                    "scheme and host in small letters, a port where it is not the scheme's own, no path"
                )
        return origins

    def links(self) -> tuple[str, str]:
        """`public` and `make_yours`, checked.

        Raises:
            WrongSetting: One of them is not an address that a browser opens.
        """
        public, make_yours = self.public.rstrip("/"), self.make_yours
        if public and not _ORIGIN.fullmatch(public):
            raise WrongSetting(f"{self.prefix}PUBLIC={public!r} is not an origin such as https://films.band.example")
        if make_yours and not re.fullmatch(r"https?://[^{}\s]+(\{campaign\}[^{}\s]*)?", make_yours):
            raise WrongSetting(
                f"{self.prefix}MAKE_YOURS={make_yours!r} is not an address such as https://band.example/{{campaign}}"
            )
        return public, make_yours

    def address(self) -> str:
        """The database's address, with the default filled in."""
        return self.database or f"sqlite:///{Path.cwd() / 'out' / 'gateway.sqlite'}"

    def folder(self) -> Path:
        """Where the SQLite database lies; `out` when it is another database."""
        kind, _, path = self.address().partition(":///")
        return Path(path).parent if kind == "sqlite" else Path.cwd() / "out"
