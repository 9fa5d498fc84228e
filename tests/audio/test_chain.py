"""A voice chain is data: it compiles to one plan, and what cannot be run is refused by name."""

from __future__ import annotations

import dataclasses
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import yaml
from numpy.typing import NDArray

from services.audio import chain, denoise, ladspa
from tests.audio.conftest import CHAIN, OFF_KEY, RATE_HZ, ROOT, Studio

HOST = "ladspa: {plugin: %s, set: {%s}}"


def document(*ladspa: str, **changes: object) -> str:
    """The lead chain with other plugins and other numbers, `stage__field=value`."""
    found = yaml.safe_load(CHAIN)
    if ladspa:
        found["stages"] = [stage for stage in found["stages"] if "ladspa" not in stage]
        place = next(index for index, stage in enumerate(found["stages"]) if "censor" in stage)
        found["stages"][place:place] = [yaml.safe_load(text) for text in ladspa]
    for name, value in changes.items():
        stage, field = name.split("__")
        next(entry[stage] for entry in found["stages"] if stage in entry)[field] = value
    return yaml.safe_dump(found, sort_keys=False)


def noise(samples: int = RATE_HZ) -> NDArray[np.float32]:
    """A second of noise at -20 dBFS."""
    return np.random.default_rng(3).normal(0, 0.1, samples).astype(np.float32)


def test_a_document_has_one_hash() -> None:
    """The hash depends on what is run, not on how it is written: order of keys, comments and spelt-out defaults."""
    shuffled = yaml.safe_load(CHAIN)
    shuffled["stages"] = [dict(reversed(stage.items())) for stage in shuffled["stages"]]
    reordered = yaml.safe_dump(dict(reversed(shuffled.items())))
    spelt_out = document(pitch__engine="rubberband-r3", pitch__strength=0.95)

    plan = chain.compile_chain(CHAIN)

    assert len(plan.hash) == 64
    assert chain.compile_chain(reordered).hash == plan.hash
    assert chain.compile_chain(spelt_out).hash == plan.hash
    assert chain.compile_chain(document(pitch__strength=0.94)).hash != plan.hash


def test_the_plan_is_printed() -> None:
    """The command prints every number that will be run, with the hash, and refuses what does not compile."""
    command = [sys.executable, "-m", "services.audio.plan"]
    path = ROOT / "services/audio/chains/lead.yaml"

    printed = subprocess.run([*command, str(path)], cwd=ROOT, capture_output=True, text=True, check=True).stdout

    plan = chain.compile_chain(path.read_text())
    assert plan.hash in printed
    # What no number of the document says is printed too, and another version of it is another plan.
    assert all(line in printed for line in chain.ALREADY)
    assert dataclasses.replace(plan, version=plan.version + 1).hash != plan.hash
    for plugin in plan.plugins:
        assert plugin.label in printed
        assert all(port.name in printed for port in plugin.controls)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[", "cannot be read"),
        ("hello", "must be a mapping"),
        ("{voice_chain: 2, id: lead, stages: [align: {}]}", "voice_chain: 2"),
        ("{voice_chain: 1, id: Lead, stages: [align: {}]}", "id: 'Lead'"),
        ("{voice_chain: 1, id: lead, stages: []}", "1 to 40"),
        ("{voice_chain: 1, id: lead, stages: [{align: {}}]}", "intake, pitch, mix, loudness missing"),
        (
            "{voice_chain: 1, id: lead, stages: [{align: {}}, {intake: {}}]}",
            r"stages\[1\]\.intake: stages come in the order",
        ),
        ("{voice_chain: 1, id: lead, stages: [{align: {}}, {align: {}}]}", "each but `ladspa` once"),
        (
            document("ladspa: {plugin: gate_1410/gate, host: ffmpeg}"),
            "host: ffmpeg cannot set lf_key_filter_hz, hf_key_filter_hz, a multiple of the sample rate",
        ),
        (document("ladspa: {plugin: gate_1410/gate, host: jack}"), "'jack' is not one of own, ffmpeg"),
        (document(pitch__tracker="ear"), "'ear' is not one of swift-f0, autocorrelation"),
        (document(intake__song_percent=99), "99 must be a number from 0 to 90 %"),
        ("{voice_chain: 1, id: lead, stages: [{reverse: {}}]}", "'reverse' is not a stage"),
        (
            document(align__max_shift_ms=99_999),
            r"stages\[1\]\.align\.max_shift_ms: 99999 must be a number from 0 to 10000 ms",
        ),
        (document(pitch__strength=True), "True must be a number"),
        (document(pitch__strength=".nan"), "must be a number"),
        (document(pitch__speed=1), "unknown speed"),
        (document(pitch__engine="magic"), "'magic' is not one of rubberband-r3"),
        (document(HOST % ("gate_1410/gate", "threshold_db: -100")), "-100 is outside of -70 to 20"),
        (document(HOST % ("gate_1410/gate", "loudness: 1")), "unknown loudness; known: .*threshold_db"),
        (document(HOST % ("gate_1410/door", "")), "has no 'door'; it has gate"),
        (document(HOST % ("nothing/gate", "")), "nothing.so is in none of"),
        (document(HOST % ("../lib/x/gate", "")), "must be `file/label`"),
        (document(HOST % ("highpass_iir_1890/highpass_iir", "cutoff_frequency: 30000")), "outside of 4.8 to 21600"),
        (
            document(HOST % ("highpass_iir_1890/highpass_iir", "stages_2_poles_per_stage: 1.5")),
            "must be a whole number",
        ),
        (document("ladspa: {plugin: gate_1410/gate, sha256: abc}"), "not the approved abc"),
        (document(HOST % ("tap_reverb/tap_reverb", ""), HOST % ("plate_1423/plate", "")), "do not fit"),
    ],
)
def test_what_cannot_be_run_is_refused_by_name(text: str, message: str) -> None:
    """Each refusal names the stage, the field and the value."""
    with pytest.raises(ladspa.ChainRefused, match=message):
        chain.compile_chain(text)


def test_frequencies_are_set_in_hertz() -> None:
    """A port whose range is a multiple of the sample rate is set in hertz, and filters there."""
    plan = chain.compile_chain(
        document(HOST % ("highpass_iir_1890/highpass_iir", "cutoff_frequency: 2000, stages_2_poles_per_stage: 2"))
    )

    filtered = ladspa.run_plugin(plan.plugins[0], noise())

    power = np.square(np.abs(np.fft.rfft(filtered)))
    assert 10 * np.log10(power[100:1000].mean() / power[4000:8000].mean()) < -20


def test_latency_is_taken_out() -> None:
    """A limiter that looks ahead gives its signal back in place."""
    text = document(
        HOST
        % ("fast_lookahead_limiter_1913/fastLookaheadLimiter", "input_gain_db: 0, limit_db: 0, release_time_s: 0.5")
    )
    (plugin,) = chain.compile_chain(text).plugins
    quiet = 0.1 * noise()

    out = ladspa.run_plugin(plugin, quiet)

    assert plugin.latency_samples > 100
    assert out.shape == (len(quiet), 2)
    np.testing.assert_allclose(out[:, 0], quiet, atol=1e-4)


def test_the_result_does_not_depend_on_blocks(studio: Studio) -> None:
    """Every plugin of the lead chain gives the same bytes for blocks of 64, 1000 and 8192 samples."""
    plan = chain.compile_chain(CHAIN)
    take = studio.take(OFF_KEY)[: 3 * RATE_HZ]

    results = [chain.run_plugins(plan, take, block=block) for block in (64, 1000, 8192)]

    assert results[0][1].shape == (len(take), 2)
    assert len({dry.tobytes() for dry, _ in results}) == 1
    assert len({wet.tobytes() for _, wet in results}) == 1


@pytest.mark.parametrize(
    "stage",
    [
        "plugin: sc4m_1916/sc4m, set: {threshold_level_db: -24, ratio_1_n: 3, knee_radius_db: 4}",
        "plugin: tap_deesser/tap_deesser, set: {threshold_level_db: -50, frequency_hz: 6200}",
        "plugin: tap_eqbw/tap_equalizer_bw, set: {band_5_gain_db: 4, band_5_freq_hz: 3200}",
        "plugin: tap_reverb/tap_reverb, set: {decay_ms: 900, wet_level_db: -12}",
        "plugin: fast_lookahead_limiter_1913/fastLookaheadLimiter, set: {limit_db: -20}",
    ],
)
def test_our_host_and_ffmpeg_agree(studio: Studio, stage: str) -> None:
    """Where ffmpeg's own LADSPA filter can run a plugin, it gives what our host gives, in place, to a millionth."""
    take = studio.take(OFF_KEY)[: 2 * RATE_HZ]
    ours, theirs = (
        chain.compile_chain(document(f"ladspa: {{{stage}, host: {host}}}")).plugins[0] for host in ladspa.HOSTS
    )

    mine, other = ladspa.run_plugin(ours, take), ladspa.run_plugin(theirs, take)

    assert mine.shape == other.shape
    np.testing.assert_allclose(mine, other, atol=1e-6)
    assert np.abs(mine - (take if mine.ndim == 1 else take[:, None])).max() > 0.01  # it did something


def test_denoising_keeps_the_place_and_lowers_the_noise(studio: Studio) -> None:
    """The denoiser's own delay is taken out: the voice stays where it was while the noise between phrases falls."""
    rng = np.random.default_rng(8)
    clean = 4 * studio.line_guide
    noisy = (clean + rng.normal(0, 0.004, len(clean))).astype(np.float32)

    result = denoise.denoise(noisy, reduction_db=12, floor_db=-50)

    assert len(result) == len(noisy)
    likeness = np.correlate(result[RATE_HZ : 2 * RATE_HZ], clean[RATE_HZ + 2000 : 2 * RATE_HZ - 2000], "valid")
    assert abs(int(likeness.argmax()) - 2000) <= 2
    rest = slice(int(3.9 * RATE_HZ), int(3.98 * RATE_HZ))
    assert np.std(result[rest]) < 0.6 * np.std(noisy[rest])


def test_a_changed_plugin_file_is_noticed(tmp_path: Path) -> None:
    """A plan made with one build of a plugin does not run with another."""
    (plugin,) = chain.compile_chain(document(HOST % ("gate_1410/gate", "threshold_db: -40"))).plugins
    other = ladspa.Plugin(**{**plugin.__dict__, "sha256": "0" * 64})

    with pytest.raises(ladspa.ChainRefused, match="has changed"):
        ladspa.run_plugin(other, noise(1000))
