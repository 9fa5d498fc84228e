"""Messages of the contract to what the craft knows, and its faults to failures of a call."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction

from fancam.errors import InvalidRequest
from fancam.v1.campaign_pb2 import Output
from fancam.v1.media_pb2 import EncoderFamily, StreamProfile, VideoCodec
from media.profile import SMALLEST_HEVC, BadProfile, Codec, Family, Profile
from services.assembler.campaign import Fault

FAMILIES = {EncoderFamily.Value(f"ENCODER_FAMILY_{family.name}"): family for family in Family}
CODECS = {VideoCodec.Value(f"VIDEO_CODEC_{codec.name}"): codec for codec in Codec}


def invalid_campaign(faults: list[Fault]) -> InvalidRequest:
    """The failure that names every fault."""
    fields: dict[str, str] = {}
    for fault in faults:
        place = f"{fault.file}: {fault.where}" if fault.where else fault.file
        fields[place] = f"{fields[place]}; {fault.why}" if place in fields else fault.why
    more = f" and {len(faults) - 1} more" if len(faults) > 1 else ""
    return InvalidRequest(f"{faults[0]}{more}", reason="CAMPAIGN_INVALID", fields=fields)


def plain_profile(profile: StreamProfile) -> Profile:
    """A stream profile as `media` knows it; the encoder must have been decided.

    Raises:
        InvalidRequest: No encoder can obey it.
    """
    rate = profile.frame_rate
    try:
        if profile.encoder not in FAMILIES or not rate.denominator:
            raise BadProfile(f"encoder {profile.encoder}, {rate.numerator}/{rate.denominator} frames per second")
        return Profile(
            width=profile.width,
            height=profile.height,
            frame_rate=Fraction(rate.numerator, rate.denominator),
            family=FAMILIES[profile.encoder],
            quality=profile.quality,
            preset=profile.preset,
            codec=CODECS.get(profile.codec, Codec.H264),
        )
    except BadProfile as error:
        raise InvalidRequest(str(error), reason="CAMPAIGN_INVALID", fields={"profile": str(error)}) from error


def output_profile(output: Output, film: StreamProfile) -> StreamProfile:
    """The profile of a further output: its own size, quality and codec, the film's rate and encoder family."""
    return StreamProfile(
        width=output.width,
        height=output.height,
        frame_rate=film.frame_rate,
        encoder=film.encoder,
        quality=output.quality,
        codec=output.codec,
    )


def scale_outputs(outputs: Iterable[Output], factor: Fraction) -> None:
    """Make further outputs smaller (or larger) with the film, as a preview wants them."""
    for output in outputs:
        output.width, output.height = (
            max(SMALLEST_HEVC, round(pixels * factor / 2) * 2) for pixels in (output.width, output.height)
        )


def focus(output: Output) -> tuple[float, float]:
    """The point of the picture that stays in view."""
    return (
        output.focus_x if output.HasField("focus_x") else 0.5,
        output.focus_y if output.HasField("focus_y") else 0.5,
    )
