"""The command line: `fancam up`, `press`, `film`, `demo`, `check`, `preview`, `script`, `voice`, `library` ..."""

from __future__ import annotations

import asyncio
import contextlib
import subprocess
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.live import Live
from rich.table import Table

import fancam
from fancam.errors import FancamError
from fancam.programs import call, module, program, program_until_told, until_told
from fancam.settings import MeshSettings
from fancam.terminal import OUT, console, room_for, run

app = typer.Typer(
    help="Puts each fan into the music video.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_show_locals=False,
)
library = typer.Typer(help="The avatar library: look at it, check a part, export an avatar.", no_args_is_help=True)
app.add_typer(library, name="library")
kit = typer.Typer(help="A fan's stills and stickers.", no_args_is_help=True)
app.add_typer(kit, name="kit")

MARKS = {"starting": "[yellow]●[/]", "ready": "[green]●[/]", "restarting": "[red]●[/]", "ended": "[dim]●[/]"}


def main() -> None:
    """Run the command line."""
    app()


@app.command()
def up(
    free_ports: Annotated[bool, typer.Option(help="Take free ports in place of the configured ones.")] = False,
) -> None:
    """Run the whole mesh on this machine until Ctrl-C."""
    run(_up(free_ports))


@app.command()
def press(
    campaign: Annotated[Path, typer.Argument(help="The campaign's folder.")],
    size: Annotated[str, typer.Option(help="Another size than the campaign's own, for example 180x320.")] = "",
    encoder: Annotated[str, typer.Option(help="x264, nvenc or pynvvideocodec; the best that works, if empty.")] = "",
    out: Annotated[Path, typer.Option(help="Where the report goes, as JSON and as a picture.")] = OUT / "press",
) -> None:
    """Compile a campaign, make it what new sessions use, and report what it took and what a film will cost."""
    from fancam import filming

    run(filming.press(campaign, _size(size), encoder, out))


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
    from fancam import filming

    run(filming.film(campaign or _demo_campaign(), selfie=selfie, take=take, name=name, out=out, size=_size(size)))


@app.command()
def demo(
    out: Annotated[Path, typer.Option(help="Where the results go.")] = OUT / "demo",
    size: Annotated[str, typer.Option(help="Another size than the campaign's own, for example 180x320.")] = "",
) -> None:
    """Make the demo film: an astronaut's portrait, an amateur's voice, and a contact sheet of what came of them."""
    from fancam import filming

    campaign = _demo_campaign()
    selfie, take, sheet = out / "inputs" / "selfie.jpg", out / "inputs" / "take.wav", out / "contact-sheet.png"
    room_for(selfie.parent)
    with console.status("an astronaut's portrait and an amateur's take"):
        program(campaign / "source" / "selfie.py", selfie)
        program(campaign / "source" / "take.py", take)
    run(filming.film(campaign, selfie=selfie, take=take, name="Eileen", out=out, size=_size(size)))
    program("-m", "media.sheet", out / "film.mp4", sheet)
    console.print(f"  [bold]{sheet.name:16}[/] {sheet}")


@app.command()
def check(
    campaign: Annotated[Path, typer.Argument(help="The campaign's folder.")],
    strict: Annotated[bool, typer.Option(help="What an export lost is a fault too.")] = False,
    sheet: Annotated[bool, typer.Option(help="Draw one frame of every cut when nothing is wrong.")] = True,
) -> None:
    """Say everything that is wrong in a campaign, with file, layer and property; draw a contact sheet if nothing is."""
    checker = [sys.executable, "-m", "services.assembler.check", str(campaign)]
    if status := call([*checker, *(["--strict"] if strict else [])]):
        raise typer.Exit(status)
    # Each service knows what it refuses: the assembler has read the campaign, the compositor looks at every shot, the
    # renderer at parts and recipes.
    timeline = subprocess.run([*checker, "--json"], check=True, stdout=subprocess.PIPE).stdout
    drawer = [sys.executable, "-m", "services.compositor.sheet", str(campaign), str(OUT), "--only-check"]
    fitter = [sys.executable, "-m", "services.renderer.fitting", "--campaign", str(campaign)]
    ends = [call(command, timeline) for command in (drawer, fitter)]
    status = next((end for end in ends if end), 0)
    if status or not sheet:
        raise typer.Exit(status)
    run(_sheet(campaign, OUT / "check" / f"{campaign.resolve().name}.png", timeline))


@app.command()
def preview(
    campaign: Annotated[Path, typer.Argument(help="The campaign's folder.")],
    port: Annotated[int, typer.Option(help="Port of the page here; 0 takes a free one.", min=0, max=65_535)] = 7120,
    fans: Annotated[bool, typer.Option(help="Draw avatars; without, a figure stands in for each.")] = True,
) -> None:
    """Scrub a campaign's shots in a browser, with any fan, and see each change at once."""
    run(_preview(campaign, port, fans))


@app.command()
def script(
    out: Annotated[Path, typer.Argument(help="Where the script goes.")] = Path("fancam-export.jsx"),
) -> None:
    """Write the After Effects script, as one file for "Scripts/ScriptUI Panels"."""
    program("-m", "services.compositor.aftereffects.bundle", out)
    console.print(f"{out}: put it into After Effects' folder Scripts/ScriptUI Panels", highlight=False)


@app.command("import")
def import_(
    file: Annotated[Path, typer.Argument(help="A Lottie file, as the bodymovin plug-in writes it.")],
    into: Annotated[Path, typer.Option(help="The campaign's folder.")],
    strict: Annotated[bool, typer.Option(help="Write nothing that would lose something.")] = False,
) -> None:
    """Make a shot of a Lottie file, and say everything that does not come along."""
    command = [sys.executable, "-m", "services.compositor.lottie", str(file), str(into)]
    raise typer.Exit(call([*command, *(["--strict"] if strict else [])]))


@app.command()
def voice(
    campaign: Annotated[Path, typer.Argument(help="The campaign's folder.")],
    takes: Annotated[list[Path], typer.Argument(help="Sung lines, as a phone records them.")],
    out: Annotated[Path, typer.Option(help="Where voices, mixes and pictures go.")] = OUT / "voice",
) -> None:
    """Sing takes through a campaign's voice chain, and show what it did to them."""
    command = [sys.executable, "-m", "services.audio.voice", str(campaign), *map(str, takes), "--out", str(out)]
    raise typer.Exit(call(command))


@library.command("show")
def library_show(
    port: Annotated[int, typer.Option(help="Port of the page; 0 takes a free one.", min=0, max=65_535)] = 7121,
    part: Annotated[list[Path] | None, typer.Option(help="A part of your own as .glb; may be repeated.")] = None,
) -> None:
    """Try parts, colours, measures and dances on a live avatar in a browser."""
    own = [word for path in part or [] for word in ("--part", str(path))]
    run(program_until_told([sys.executable, "-m", "services.renderer.show", "--port", str(port), *own]))


@library.command("check")
def library_check(
    part: Annotated[Path, typer.Argument(help="A part as glTF binary, from any tool.")],
    group: Annotated[str, typer.Option(help="The group it is for; what its extras say, if not given.")] = "",
) -> None:
    """Say what keeps a part that was made elsewhere from fitting the avatar."""
    module("services.renderer.fitting", part, "--group", group)


@library.command("sheet")
def library_sheet(out: Annotated[Path, typer.Option(help="Where the pictures go.")] = OUT / "library") -> None:
    """Draw every part, every dance and 48 random fans."""
    module("services.renderer.sheet", out)


@library.command("export")
def library_export(
    out: Annotated[Path, typer.Argument(help="The file to write: .vrm, or .glb for the web.")],
    recipe: Annotated[Path | None, typer.Option(help="A recipe as JSON, as a session's recipe.json holds it.")] = None,
    part: Annotated[str, typer.Option(help="A part of the library in place of an avatar: outfit/stage_coat.")] = "",
) -> None:
    """Export an avatar as VRM 1.0 for other programs and worlds, or as packed glTF for the web; or a plain part."""
    wanted = ["--recipe", str(recipe)] if recipe else []
    wanted += ["--part", part] if part else []
    module("services.renderer.vrm", out, *wanted)


@kit.command("check")
def kit_check(
    folder: Annotated[Path, typer.Argument(help="A fan-kit's folder, or an archive of sticker packs.")],
) -> None:
    """Say whether messengers would take a fan-kit's sticker packs."""
    module("services.renderer.kit", folder)


@app.command()
def key() -> None:
    """Print the operator's key, with which campaigns are set and people review."""
    from fancam import filming

    console.print(filming.operators_key(), highlight=False, soft_wrap=True)


@app.command()
def review(
    by: Annotated[str, typer.Argument(help="Who reviews; the record of each decision names them.")],
    campaign: Annotated[str, typer.Option(help="The only campaign that they see; every one, if empty.")] = "",
    days: Annotated[int, typer.Option(help="How long the link opens the page.", min=1, max=366)] = 7,
    at: Annotated[str, typer.Option(help="The gateway's address for people; that of the mesh, if empty.")] = "",
    revoke: Annotated[
        bool, typer.Option("--revoke", help="End every link in this name that was made until now.")
    ] = False,
) -> None:
    """Print a link with which a person decides in a browser about what is held back. It is a key: for them alone."""
    from fancam import filming

    if not by.strip():
        raise typer.BadParameter("the record of a decision needs somebody's name")
    if revoke:
        run(filming.end_reviewer(by, at=at or MeshSettings.load().rest))
        console.print(f"no link in the name of {by.strip()} that was made until now opens anything", highlight=False)
        return
    link = filming.reviewers_link(by, campaign=campaign, days=days, at=at or MeshSettings.load().rest)
    console.print(link, highlight=False, soft_wrap=True)


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
            await until_told()
            console.print("draining ...")


# Looking


async def _preview(folder: Path, port: int, fans: bool) -> None:
    from fancam import filming

    filming.look_at_campaign(folder)
    async with contextlib.AsyncExitStack() as stack:
        command = [sys.executable, "-m", "services.compositor.preview", str(folder), "--port", str(port)]
        if fans:
            command += ["--renderer", await stack.enter_async_context(filming.a_renderer())]
        console.print("Ctrl-C ends the preview", style="dim")
        await program_until_told(command)


async def _sheet(folder: Path, target: Path, timeline: bytes) -> None:
    from fancam import filming

    async with filming.a_renderer() as address:
        command = ("-m", "services.compositor.sheet", str(folder), str(target), "--renderer", address)
        child = await asyncio.create_subprocess_exec(sys.executable, *command, stdin=asyncio.subprocess.PIPE)
        await child.communicate(timeline)
    if child.returncode:
        raise FancamError(f"no contact sheet: services.compositor.sheet ended with status {child.returncode}")
    console.print(f"  [bold]contact sheet[/]  {target}", highlight=False)


def _demo_campaign() -> Path:
    for root in (Path.cwd(), Path(fancam.__file__).resolve().parents[1]):
        if (root / "campaigns" / "demo" / "campaign.yaml").is_file():
            return root / "campaigns" / "demo"
    raise typer.BadParameter("campaigns/demo is not here; run this in the repository")


def _size(text: str) -> tuple[int, int]:
    if not text:
        return 0, 0
    width, _, height = text.partition("x")
    if not (width.isdecimal() and height.isdecimal() and int(width) and int(height)):
        raise typer.BadParameter(f"{text!r} is not a size such as 180x320")
    return int(width), int(height)


if __name__ == "__main__":
    main()
