"""The command line: `fancam up`, `press`, `film`, `demo`, `check`, `preview`, `script`, `voice`, `library` ..."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.live import Live
from rich.markup import escape
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table

import fancam
from fancam.errors import FancamError
from fancam.settings import ArtifactSettings, GatewaySettings, MeshSettings, WrongSetting

if TYPE_CHECKING:
    from fancam.v1.assembler_pb2 import PressResult

app = typer.Typer(
    help="Puts each fan into the music video.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_show_locals=False,
)
console = Console()
library = typer.Typer(help="The avatar library: look at it, check a part, export an avatar.", no_args_is_help=True)
app.add_typer(library, name="library")
kit = typer.Typer(help="A fan's stills and stickers.", no_args_is_help=True)
app.add_typer(kit, name="kit")

OUT = Path("out")
QUIET_S = 10.0
"""Where there is no terminal, a stage that goes on says so this often."""

STAGES = ("name", "recognise", "render", "compose", "stills", "sing", "assemble")
MARKS = {"starting": "[yellow]●[/]", "ready": "[green]●[/]", "restarting": "[red]●[/]", "ended": "[dim]●[/]"}


def main() -> None:
    """Run the command line."""
    app()


@app.command()
def up(
    free_ports: Annotated[bool, typer.Option(help="Take free ports in place of the configured ones.")] = False,
) -> None:
    """Run the whole mesh on this machine until Ctrl-C."""
    _run(_up(free_ports))


@app.command()
def press(
    campaign: Annotated[Path, typer.Argument(help="The campaign's folder.")],
    size: Annotated[str, typer.Option(help="Another size than the campaign's own, for example 180x320.")] = "",
    encoder: Annotated[str, typer.Option(help="x264, nvenc or pynvvideocodec; the best that works, if empty.")] = "",
    out: Annotated[Path, typer.Option(help="Where the report goes, as JSON and as a picture.")] = OUT / "press",
) -> None:
    """Compile a campaign, make it what new sessions use, and report what it took and what a film will cost."""
    _run(_press(campaign, _size(size), encoder, out))


@app.command()
def film(
    *,
    selfie: Annotated[Path, typer.Option(help="A photo of one face.")],
    take: Annotated[Path, typer.Option(help="The sung line, as a phone records it.")],
    name: Annotated[str, typer.Option(help="What is written on the screen.")],
    out: Annotated[Path, typer.Option(help="Where the results go.")],
    campaign: Annotated[Path | None, typer.Option(help="The campaign's folder; the demo's, if not given.")] = None,
    size: Annotated[str, typer.Option(help="Another size than the campaign's own, for example 180x320.")] = "",
) -> None:
    """Make one film from a selfie, a sung take and a name."""
    _run(_film(campaign or _demo_campaign(), selfie=selfie, take=take, name=name, out=out, size=_size(size)))


@app.command()
def demo(
    out: Annotated[Path, typer.Option(help="Where the results go.")] = OUT / "demo",
    size: Annotated[str, typer.Option(help="Another size than the campaign's own, for example 180x320.")] = "",
) -> None:
    """Make the demo film: an astronaut's portrait, an amateur's voice, and a contact sheet of what came of them."""
    campaign = _demo_campaign()
    selfie, take, sheet = out / "inputs" / "selfie.jpg", out / "inputs" / "take.wav", out / "contact-sheet.png"
    _room_for(selfie.parent)
    with console.status("an astronaut's portrait and an amateur's take"):
        _program(campaign / "source" / "selfie.py", selfie)
        _program(campaign / "source" / "take.py", take)
    _run(_film(campaign, selfie=selfie, take=take, name="Eileen", out=out, size=_size(size)))
    _program("-m", "media.sheet", out / "film.mp4", sheet)
    console.print(f"  [bold]{sheet.name:16}[/] {sheet}")


@app.command()
def check(
    campaign: Annotated[Path, typer.Argument(help="The campaign's folder.")],
    strict: Annotated[bool, typer.Option(help="What an export lost is a fault too.")] = False,
    sheet: Annotated[bool, typer.Option(help="Draw one frame of every cut when nothing is wrong.")] = True,
) -> None:
    """Say everything that is wrong in a campaign, with file, layer and property; draw a contact sheet if nothing is."""
    checker = [sys.executable, "-m", "services.assembler.check", str(campaign)]
    if status := _call([*checker, *(["--strict"] if strict else [])]):
        raise typer.Exit(status)
    # Each service knows what it refuses: the assembler has read the campaign, the compositor looks at every shot, the
    # renderer at parts and recipes.
    timeline = subprocess.run([*checker, "--json"], check=True, stdout=subprocess.PIPE).stdout
    drawer = [sys.executable, "-m", "services.compositor.sheet", str(campaign), str(OUT), "--only-check"]
    fitter = [sys.executable, "-m", "services.renderer.fitting", "--campaign", str(campaign)]
    ends = [_call(command, timeline) for command in (drawer, fitter)]
    status = next((end for end in ends if end), 0)
    if status or not sheet:
        raise typer.Exit(status)
    _run(_sheet(campaign, OUT / "check" / f"{campaign.resolve().name}.png", timeline))


@app.command()
def preview(
    campaign: Annotated[Path, typer.Argument(help="The campaign's folder.")],
    port: Annotated[int, typer.Option(help="Port of the page here; 0 takes a free one.", min=0, max=65_535)] = 7120,
    fans: Annotated[bool, typer.Option(help="Draw avatars; without, a figure stands in for each.")] = True,
) -> None:
    """Scrub a campaign's shots in a browser, with any fan, and see each change at once."""
    _run(_preview(campaign, port, fans))


@app.command()
def script(
    out: Annotated[Path, typer.Argument(help="Where the script goes.")] = Path("fancam-export.jsx"),
) -> None:
    """Write the After Effects script, as one file for "Scripts/ScriptUI Panels"."""
    _program("-m", "services.compositor.aftereffects.bundle", out)
    console.print(f"{out}: put it into After Effects' folder Scripts/ScriptUI Panels", highlight=False)


@app.command("import")
def import_(
    file: Annotated[Path, typer.Argument(help="A Lottie file, as the bodymovin plug-in writes it.")],
    into: Annotated[Path, typer.Option(help="The campaign's folder.")],
    strict: Annotated[bool, typer.Option(help="Write nothing that would lose something.")] = False,
) -> None:
    """Make a shot of a Lottie file, and say everything that does not come along."""
    command = [sys.executable, "-m", "services.compositor.lottie", str(file), str(into)]
    raise typer.Exit(_call([*command, *(["--strict"] if strict else [])]))


@app.command()
def voice(
    campaign: Annotated[Path, typer.Argument(help="The campaign's folder.")],
    takes: Annotated[list[Path], typer.Argument(help="Sung lines, as a phone records them.")],
    out: Annotated[Path, typer.Option(help="Where voices, mixes and pictures go.")] = OUT / "voice",
) -> None:
    """Sing takes through a campaign's voice chain, and show what it did to them."""
    command = [sys.executable, "-m", "services.audio.voice", str(campaign), *map(str, takes), "--out", str(out)]
    raise typer.Exit(_call(command))


@library.command("show")
def library_show(
    port: Annotated[int, typer.Option(help="Port of the page; 0 takes a free one.", min=0, max=65_535)] = 7121,
    part: Annotated[list[Path] | None, typer.Option(help="A part of your own as .glb; may be repeated.")] = None,
) -> None:
    """Try parts, colours, measures and dances on a live avatar in a browser."""
    own = [word for path in part or [] for word in ("--part", str(path))]
    _run(_program_until_told([sys.executable, "-m", "services.renderer.show", "--port", str(port), *own]))


@library.command("check")
def library_check(
    part: Annotated[Path, typer.Argument(help="A part as glTF binary, from any tool.")],
    group: Annotated[str, typer.Option(help="The group it is for; what its extras say, if not given.")] = "",
) -> None:
    """Say what keeps a part that was made elsewhere from fitting the avatar."""
    _module("services.renderer.fitting", part, "--group", group)


@library.command("sheet")
def library_sheet(out: Annotated[Path, typer.Option(help="Where the pictures go.")] = OUT / "library") -> None:
    """Draw every part, every dance and 48 random fans."""
    _module("services.renderer.sheet", out)


@library.command("export")
def library_export(
    out: Annotated[Path, typer.Argument(help="The file to write: .vrm, or .glb for the web.")],
    recipe: Annotated[Path | None, typer.Option(help="A recipe as JSON, as a session's recipe.json holds it.")] = None,
    part: Annotated[str, typer.Option(help="A part of the library in place of an avatar: outfit/stage_coat.")] = "",
) -> None:
    """Export an avatar as VRM 1.0 for other programs and worlds, or as packed glTF for the web; or a plain part."""
    wanted = ["--recipe", str(recipe)] if recipe else []
    wanted += ["--part", part] if part else []
    _module("services.renderer.vrm", out, *wanted)


@kit.command("check")
def kit_check(
    folder: Annotated[Path, typer.Argument(help="A fan-kit's folder, or an archive of sticker packs.")],
) -> None:
    """Say whether messengers would take a fan-kit's sticker packs."""
    _module("services.renderer.kit", folder)


@app.command()
def key() -> None:
    """Print the operator's key, with which campaigns are set and people review."""
    console.print(_operators_key(), highlight=False, soft_wrap=True)


@app.command()
def doctor() -> None:
    """Say what runs on this machine, and what runs instead where the best is missing."""
    from fancam.doctor import examine

    marks = {"good": "[green]✓[/]", "instead": "[yellow]~[/]", "missing": "[red]✗[/]"}
    worst = 0
    for finding in examine():
        console.print(f"{marks[finding.verdict]} {finding.what:24} {finding.found}", highlight=False)
        worst = max(worst, int(finding.verdict == "missing"))
    console.print("[dim]✓ as it should be   ~ something else does the job   ✗ missing[/]")
    raise typer.Exit(worst)


# The mesh


async def _up(free_ports: bool) -> None:
    from fancam import mesh

    settings = mesh.free_addresses() if free_ports else MeshSettings.load()
    busy = mesh.taken(settings)
    if busy:
        raise FancamError(f"something listens on {', '.join(busy)} already; stop it, or use --free-ports")
    table_of: dict[str, mesh.Member] = {}

    def table() -> Table:
        drawn = Table(box=None, padding=(0, 2))
        for title in ("", "process", "address", "pid", "restarts", "log"):
            drawn.add_column(title, style="dim" if title == "log" else "")
        for member in table_of.values():
            cells = (member.name, member.address, str(member.pid), str(member.restarts or ""), str(member.log))
            drawn.add_row(MARKS[member.state], *cells)
        return drawn

    with Live(console=console, auto_refresh=False, transient=not console.is_terminal) as live:

        def changed(member: mesh.Member) -> None:
            table_of[member.name] = member
            live.update(table(), refresh=console.is_terminal)

        async with mesh.running(folder=Path.cwd(), data=OUT, settings=settings, changed=changed):
            live.update(table(), refresh=console.is_terminal)
            console.print(f"[green]ready[/]  REST {settings.rest}/v1/docs   Ctrl-C drains and ends")
            if free_ports:
                found = f"FANCAM_MESH_REST={settings.rest} FANCAM_MESH_ASSEMBLER={settings.assembler}"
                console.print(f"elsewhere: {found} fancam film ...", highlight=False, soft_wrap=True)
            await _until_told()
            console.print("draining ...")


async def _until_told() -> None:
    told = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, told.set)
    await told.wait()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.remove_signal_handler(number)


@asynccontextmanager
async def _some_mesh() -> AsyncIterator[MeshSettings]:
    """The mesh that runs already, or one of our own for the length of the block."""
    import httpx

    from fancam import mesh

    settings = MeshSettings.load()
    with contextlib.suppress(httpx.HTTPError):
        async with httpx.AsyncClient(base_url=settings.rest, timeout=2) as http:
            if (await http.get("/v1/health")).status_code == 200:
                console.print(f"using the mesh at {settings.rest}")
                yield settings
                return
    if "//127.0.0.1" not in settings.rest and "//localhost" not in settings.rest:
        raise FancamError(f"no gateway answers at {settings.rest}")
    states: dict[str, str] = {}
    with console.status("starting the mesh") as status:

        def changed(member: mesh.Member) -> None:
            states[member.name] = member.state
            waiting = [name for name, state in states.items() if state != "ready"]
            status.update(f"starting the mesh: {', '.join(waiting)}" if waiting else "the mesh is ready")

        began = time.monotonic()
        async with contextlib.AsyncExitStack() as stack:
            own = await stack.enter_async_context(mesh.running(folder=Path.cwd(), data=OUT, changed=changed))
            status.stop()
            console.print(f"the mesh is ready after {time.monotonic() - began:.1f} s; logs are in {OUT / 'logs'}")
            yield own.settings


# Looking


async def _preview(folder: Path, port: int, fans: bool) -> None:
    _look_at_campaign(folder)
    async with contextlib.AsyncExitStack() as stack:
        command = [sys.executable, "-m", "services.compositor.preview", str(folder), "--port", str(port)]
        if fans:
            command += ["--renderer", await stack.enter_async_context(_renderer())]
        console.print("Ctrl-C ends the preview", style="dim")
        await _program_until_told(command)


@asynccontextmanager
async def _renderer() -> AsyncIterator[str]:
    """The address of the renderer that runs already, or of one of our own for the length of the block."""
    from grpc_health.v1.health_pb2 import HealthCheckResponse

    from fancam import mesh

    settings = MeshSettings.load()
    if await mesh.health(settings.renderer) == HealthCheckResponse.SERVING:
        yield settings.renderer
        return
    with console.status("starting the renderer"):
        async with contextlib.AsyncExitStack() as stack:
            own = await stack.enter_async_context(mesh.running(folder=Path.cwd(), data=OUT, only=("renderer",)))
            yield own.settings.renderer


async def _sheet(folder: Path, target: Path, timeline: bytes) -> None:
    async with _renderer() as address:
        command = ("-m", "services.compositor.sheet", str(folder), str(target), "--renderer", address)
        child = await asyncio.create_subprocess_exec(sys.executable, *command, stdin=asyncio.subprocess.PIPE)
        await child.communicate(timeline)
    if child.returncode:
        raise FancamError(f"no contact sheet: services.compositor.sheet ended with status {child.returncode}")
    console.print(f"  [bold]contact sheet[/]  {target}", highlight=False)


async def _program_until_told(command: list[str]) -> None:
    """Run a program of ours until it ends or somebody ends us."""
    child = await asyncio.create_subprocess_exec(*command)
    ended = asyncio.ensure_future(child.wait())
    told = asyncio.ensure_future(_until_told())
    await asyncio.wait({ended, told}, return_when=asyncio.FIRST_COMPLETED)
    told.cancel()
    if not ended.done():
        child.terminate()
    if await ended > 0:
        raise typer.Exit(await ended)  # it has said why


# Pressing and filming


async def _press(folder: Path, size: tuple[int, int], encoder: str, out: Path) -> None:
    from fancam import pressreport

    _look_at_campaign(folder)
    async with _some_mesh() as settings:
        result = await _pressed(settings, folder, *size, encoder)
    console.print(pressreport.table(result))
    console.print("\n".join(["", *pressreport.summary(result)]), highlight=False)
    for path in await asyncio.to_thread(pressreport.write, result, out):
        console.print(f"  {path}", highlight=False)


async def _pressed(settings: MeshSettings, folder: Path, width: int, height: int, encoder: str = "") -> PressResult:
    """Press a campaign and register it."""
    import httpx

    from fancam import client
    from fancam.artifacts import ArtifactStore

    began = time.monotonic()
    with _Board() as board:
        result = await client.press(
            folder,
            artifacts=ArtifactStore(ArtifactSettings.load()),
            assembler=settings.assembler,
            told=lambda fraction, message: board.tell("press", min(fraction, 0.99), message),
            width=width,
            height=height,
            encoder=encoder,
        )
        board.tell("press", 1.0, f"{len(result.summary.cuts)} cuts in {time.monotonic() - began:.1f} s")
    campaign = str(result.summary.campaign.id)
    async with httpx.AsyncClient(base_url=settings.rest, timeout=30) as http:
        await client.register(http, campaign, result.pressing, _operators_key())
    return result


def _operators_key() -> str:
    from fancam.keys import Keys, secret_of

    gateway = GatewaySettings.load()
    return Keys(secret_of(gateway.secret, gateway.folder())).operator()


async def _film(folder: Path, *, selfie: Path, take: Path, name: str, out: Path, size: tuple[int, int]) -> None:
    import httpx

    from fancam import client

    # Before the work, not after it: what the gateway will not take, and a film that cannot be kept.
    _look_at_campaign(folder)
    for path in (selfie, take):
        if not path.is_file():
            raise FancamError(f"there is no file {path}")
        if path.stat().st_size == 0:
            raise FancamError(f"{path} is empty")
    await asyncio.to_thread(out.mkdir, parents=True, exist_ok=True)
    looker = await asyncio.create_subprocess_exec(sys.executable, "-m", "gateway.uploads", str(selfie), str(take))
    if await looker.wait():
        raise typer.Exit(1)
    async with _some_mesh() as settings:
        campaign = (await _pressed(settings, folder, *size)).summary.campaign.id
        async with httpx.AsyncClient(base_url=settings.rest, timeout=60) as http:
            visit = await client.visit(http, campaign, name)
            try:
                await asyncio.gather(visit.give("selfie", selfie), visit.give("take", take))
                await _watched(visit)
            except BaseException:
                with contextlib.suppress(httpx.HTTPError):
                    await asyncio.shield(visit.cancel())
                raise
            made = await visit.collect(out)
    console.print()
    for what, path in made.items():
        console.print(f"  [bold]{what:16}[/] {path}")
    first = made["timeline.txt"].read_text().splitlines()[0]
    console.print(f"\n[green]{first}[/]")


async def _watched(visit: Any) -> None:
    """Show a session's progress until it ends.

    Raises:
        Refused: An input has to be given again, or the session failed.
    """
    from fancam.client import Refused

    fractions: dict[str, dict[str, float]] = {}
    with _Board() as board:
        async for event in visit.events():
            stage = event["stage"]
            if event["state"] in {"retake", "failed", "cancelled", "review"} and stage != "stills":
                raise Refused({"detail": f"{stage}: {event['message']}", "reason": event["reason"]})
            if stage not in STAGES:
                continue
            items = fractions.setdefault(stage, {})
            items[event["item"]] = event["fraction"]
            message = " ".join(part for part in (event["item"], event["message"]) if part)
            if event["state"] == "done":
                message = f"{event['item']} done".strip()
            left = f"  · film in {event['estimate_s']:.0f} s" if event["estimate_s"] > 0 else ""
            board.tell(stage, sum(items.values()) / len(items), message + left)


class _Board:
    """Bars per stage on a terminal; elsewhere a line whenever something is done, and one now and then."""

    def __init__(self) -> None:
        self._bars = Progress(
            TextColumn("{task.description:>10}"),
            BarColumn(bar_width=32),
            TextColumn("{task.percentage:>3.0f} %"),
            TimeElapsedColumn(),
            TextColumn("{task.fields[message]}", style="dim"),
            console=console,
            refresh_per_second=8,
            disable=not console.is_terminal,
        )
        self._shown: dict[str, TaskID] = {}
        self._said: dict[str, float] = {}
        self._began = time.monotonic()

    def __enter__(self) -> _Board:
        self._bars.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bars.stop()

    def tell(self, stage: str, fraction: float, message: str) -> None:
        """Show how far a stage is."""
        if stage not in self._shown:
            self._shown[stage] = self._bars.add_task(stage, total=1.0, message="")
        self._bars.update(self._shown[stage], completed=fraction, message=message)
        now = time.monotonic()
        if not console.is_terminal and (fraction >= 1 or now - self._said.get(stage, 0.0) > QUIET_S):
            self._said[stage] = now
            line = f"{now - self._began:6.1f} s  {stage:>10} {100 * fraction:3.0f} %  {message}"
            console.print(line, highlight=False, soft_wrap=True)


def _demo_campaign() -> Path:
    for root in (Path.cwd(), Path(fancam.__file__).resolve().parents[1]):
        if (root / "campaigns" / "demo" / "campaign.yaml").is_file():
            return root / "campaigns" / "demo"
    raise typer.BadParameter("campaigns/demo is not here; run this in the repository")


def _look_at_campaign(folder: Path) -> None:
    if not (folder / "campaign.yaml").is_file():
        raise FancamError(f"{folder} holds no campaign.yaml")


def _module(name: str, *arguments: str | Path) -> None:
    """Run a module of ours in this terminal, and end as it ends."""
    raise typer.Exit(_call([sys.executable, "-m", name, *map(str, arguments)]))


def _program(*arguments: str | Path) -> None:
    """Run a Python program to its end, without what it prints; why it failed stands on standard error."""
    if status := _call([sys.executable, *map(str, arguments)], stdout=subprocess.DEVNULL):
        raise typer.Exit(status)


def _call(command: list[str], given: bytes | None = None, *, stdout: int | None = None) -> int:
    """Run a program of ours in this terminal; gives its status.

    It stands in a process group of its own, so that Ctrl-C reaches us alone: it is told to end, and says nothing more.
    """
    told = False
    child: subprocess.Popen[bytes] | None = None

    def end(*_: object) -> None:
        nonlocal told
        told = True
        if child is not None:
            child.terminate()

    # An exception could come while the program is being started, and leave it alone.
    before = signal.signal(signal.SIGINT, end)
    try:
        child = subprocess.Popen(
            command, stdin=None if given is None else subprocess.PIPE, stdout=stdout, process_group=0
        )
        if told:
            child.terminate()
        child.communicate(given)
    finally:
        signal.signal(signal.SIGINT, before)
    if told:
        raise typer.Exit(130)
    return child.returncode


def _room_for(folder: Path) -> None:
    """Make a folder for results, or say why there can be none."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        console.print(f"[red]{escape(str(error.filename))}: {escape(error.strerror or '')}[/]", highlight=False)
        raise typer.Exit(1) from None


def _size(text: str) -> tuple[int, int]:
    if not text:
        return 0, 0
    width, _, height = text.partition("x")
    if not (width.isdecimal() and height.isdecimal() and int(width) and int(height)):
        raise typer.BadParameter(f"{text!r} is not a size such as 180x320")
    return int(width), int(height)


def _run(work: Coroutine[Any, Any, None]) -> None:
    """Run a command; failures of the mesh are told in a few words, not as a traceback."""
    from fancam.client import Refused

    try:
        asyncio.run(work)
    except (FancamError, Refused, WrongSetting, OSError) as error:
        said = f"{error.filename}: {error.strerror}" if isinstance(error, OSError) and error.filename else str(error)
        console.print(f"[red]{escape(said)}[/]", highlight=False)
        for field, detail in getattr(error, "fields", {}).items():
            # What is wrong with the only field is the message itself.
            if detail != str(error):
                console.print(f"  [bold]{escape(field)}[/]: {escape(detail)}", highlight=False)
        raise typer.Exit(1) from error
    except KeyboardInterrupt:
        raise typer.Exit(130) from None


if __name__ == "__main__":
    main()
