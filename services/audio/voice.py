"""A voice chain tried on takes: `python -m services.audio.voice CAMPAIGN TAKE.. --out FOLDER`.

For each take it prints the report, writes the tuned voice and the mix, and draws pitch, gain and loudness before and
after.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from pathlib import Path

import yaml

from fancam.errors import FancamError
from services.audio import decode, picture, pitch
from services.audio.plan import unreadable
from services.audio.rehearsal import Rehearsal, rehearse


def text(rehearsal: Rehearsal) -> str:
    """The report for people."""
    report = rehearsal.report

    def number(name: str) -> float:
        return float(report.get(name, 0.0))

    taken = f", {report['leakDb']:.1f} dB of it the band, taken out" if "leakDb" in report else ""
    lines = [
        f"  chain      {rehearsal.made.music.plan.id} {rehearsal.made.music.plan.hash}",
        f"  take       {report['takeSha256']}",
        f"  mix        {report['mixSha256']}",
        f"  placed     {number('offsetSamples') / decode.RATE_HZ * 1000:.1f} ms late by {report['alignmentEvidence']}, "
        f"clock {number('driftPpm'):+.0f} ppm{taken}",
        f"  recording  {number('clipped'):.1%} clipped and rounded off, pauses {number('contrastDb'):.0f} dB lower",
        f"  song       {number('recognised'):.0%} of its notes and syllables recognised, "
        f"{number('notesLeftAlone'):.0f} of {number('notes'):.0f} notes left alone",
        f"  in tune    {number('inTuneBefore'):.1%} before, {number('inTuneAfter'):.1%} after; "
        f"{number('centsBefore'):.0f} and {number('centsAfter'):.0f} cents off",
        f"  in time    {number('lateMsBefore'):.0f} ms off before, {number('lateMsAfter'):.0f} after",
        f"  master     {number('integratedLufs'):.2f} LUFS, {number('truePeakDbtp'):.2f} dBTP, "
        f"limited by {number('limitedDb'):.1f} dB, the fan's part ridden by {number('rideDb'):+.1f} dB",
        f"  words      {report['verdict']}",
        f"  engines    {', '.join(report['engines'])}",
        f"  seconds    {', '.join(f'{name} {spent:.2f}' for name, spent in rehearsal.seconds.items())}",
    ]
    return "\n".join(lines)


def main() -> int:
    """Try the chain of the folder named on the command line; 1 when a take or the campaign is refused."""
    parser = argparse.ArgumentParser(description="Sing takes through a campaign's voice chain.")
    parser.add_argument("campaign", type=Path)
    parser.add_argument("takes", type=Path, nargs="+")
    parser.add_argument("--out", type=Path, required=True)
    given = parser.parse_args()
    folder, out = given.campaign, given.out
    try:
        paths = [path for path in sorted(folder.rglob("*")) if path.is_file()]
        files = {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}
        campaign = yaml.safe_load(files["campaign.yaml"])
        rehearsals = asyncio.run(rehearse(files, campaign, [path.read_bytes() for path in given.takes]))
    except OSError as error:
        sys.stderr.write(f"{unreadable(error)}\n")
        return 1
    except (FancamError, yaml.YAMLError, pitch.EngineFailed) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    except KeyError:
        sys.stderr.write(f"{folder} holds no campaign.yaml\n")
        return 1
    out.mkdir(parents=True, exist_ok=True)
    for number, (path, rehearsal) in enumerate(zip(given.takes, rehearsals, strict=True), start=1):
        name = f"{number}-{path.stem}"
        (out / f"{name}.mix.flac").write_bytes(rehearsal.mix)
        (out / f"{name}.voice.flac").write_bytes(decode.flac(rehearsal.made.voice))
        page = (rehearsal.made, rehearsal.take, rehearsal.words, rehearsal.report)
        picture.draw(*page, path.name, out / f"{name}.png")
        sys.stdout.write(f"{path}\n{text(rehearsal)}\n  drawn      {out / f'{name}.png'}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
