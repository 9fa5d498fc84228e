"""Settings come from the environment by name, and a misspelt name never goes unnoticed."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import pytest

from fancam.settings import (
    ArtifactSettings,
    AudioSettings,
    GatewaySettings,
    MeshSettings,
    ServerSettings,
    Settings,
    WrongSetting,
)

GROUPS = Settings.__subclasses__()


def test_a_variable_sets_its_field() -> None:
    """Numbers and texts are read as their field's type; other prefixes are none of this group's business."""
    audio = AudioSettings.load({"FANCAM_AUDIO_SLOTS": "3", "FANCAM_AUDIO_SPEECH_ENGINE": "nemo", "PATH": "/bin"})

    assert audio == AudioSettings(slots=3, speech_engine="nemo")
    assert ServerSettings.load({"FANCAM_SERVER_DRAIN_GRACE_S": "1.5"}).drain_grace_s == 1.5


@pytest.mark.parametrize("group", GROUPS, ids=lambda group: group.__name__)
def test_a_misspelt_variable_is_refused_with_what_is_known(group: type[Settings]) -> None:
    """The error names the variable and lists the ones that exist."""
    with pytest.raises(ValueError, match=f"{group.prefix}SLOTZ is not a setting; known: {group.prefix}"):
        group.load({f"{group.prefix}SLOTZ": "3"})


def test_a_value_of_the_wrong_type_is_refused() -> None:
    """The error names variable, value and type."""
    with pytest.raises(ValueError, match="FANCAM_AUDIO_SLOTS='many' must be of type int"):
        AudioSettings.load({"FANCAM_AUDIO_SLOTS": "many"})


def test_no_prefix_hides_another() -> None:
    """Every group has a prefix of its own that ends in an underscore and begins no other's."""
    prefixes = [group.prefix for group in GROUPS]

    assert all(prefix.startswith("FANCAM_") and prefix.endswith("_") for prefix in prefixes)
    assert not [(a, b) for a in prefixes for b in prefixes if a != b and b.startswith(a)]


def test_every_default_mesh_address_is_loopback_and_its_own() -> None:
    """On one machine nothing listens to the outside, and no two processes want one port."""
    mesh = MeshSettings()
    addresses = [getattr(mesh, field.name).removeprefix("http://") for field in fields(mesh)]

    assert all(address.startswith("127.0.0.1:") for address in addresses)
    assert len(set(addresses)) == len(addresses)
    assert GatewaySettings().rest_listen == mesh.rest.removeprefix("http://")


def test_a_store_has_a_place_without_any_setting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a setting, artifacts lie under `out/` of where the process was started; with one, where it says."""
    monkeypatch.chdir(tmp_path)

    assert ArtifactSettings().location() == (tmp_path / "out" / "artifacts").as_uri()
    assert ArtifactSettings().cache_folder() == tmp_path / "out" / "cache"
    assert ArtifactSettings(url="s3://films/a").location() == "s3://films/a"


def test_no_web_site_elsewhere_is_allowed_without_being_named() -> None:
    """And several are named with commas."""
    assert GatewaySettings().allowed_origins() == ()
    named = GatewaySettings(origins="https://band.example, http://localhost:5173,")
    assert named.allowed_origins() == ("https://band.example", "http://localhost:5173")


@pytest.mark.parametrize("origin", ["*", "band.example", "https://band.example/", "https://Band.example", "null"])
def test_what_no_browser_sends_as_an_origin_is_refused(origin: str) -> None:
    """It would never match, and nobody would know why."""
    with pytest.raises(WrongSetting, match="is not an origin such as"):
        GatewaySettings(origins=origin).allowed_origins()
