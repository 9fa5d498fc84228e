"""A signed film says where it comes from, notices every change, and plays as before; without a key it says nothing."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import c2pa
import pytest

from media import strict
from media.boxes import first, walk
from services.assembler.provenance import CERTIFICATES, KEY, BadKey, Signer, make_test_key, sign
from tests.assembler.conftest import mix_for, pieces
from tests.assembler.test_splice import film
from tests.video import measure


@pytest.fixture(scope="module")
def signer(tmp_path_factory: pytest.TempPathFactory) -> Signer:
    """Of a key that nobody trusts."""
    folder = tmp_path_factory.mktemp("key")
    make_test_key(folder)
    return Signer.load(folder / CERTIFICATES, folder / KEY)


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A film of two cuts."""
    return film(tmp_path_factory.mktemp("film") / "film.mp4", pieces([9, 14]), mix_for(23)).read_bytes()


@pytest.fixture(scope="module")
def signed(signer: Signer, plain: bytes) -> bytes:
    """The same film, signed."""
    return bytes(sign([plain], signer, title="Light the Night", made_of={"campaign": "demo", "frames": 23}))


def read(data: bytes) -> tuple[str, dict[str, Any]]:
    """What a reader of C2PA says of a film: its state, and the manifest."""
    with c2pa.Reader("video/mp4", io.BytesIO(data)) as reader:
        found = json.loads(reader.json())
        return str(reader.get_validation_state()), found["manifests"][found["active_manifest"]]


def test_the_manifest_says_what_the_film_was_made_of(signed: bytes) -> None:
    """Claim, signature and every hash hold; what it says is the campaign, and that nobody may train on it."""
    state, manifest = read(signed)
    said = {assertion["label"]: assertion["data"] for assertion in manifest["assertions"]}

    assert state == "Valid"
    assert manifest["title"] == "Light the Night"
    assert said["org.fancam.film"] == {"campaign": "demo", "frames": 23}
    assert said["c2pa.actions.v2"]["actions"][0]["action"] == "c2pa.created"
    assert {use["use"] for use in said["cawg.training-mining"]["entries"].values()} == {"notAllowed"}
    assert manifest["signature_info"]["common_name"] == "Fancam test signer"


def test_a_signed_film_is_the_same_film(signed: bytes, plain: bytes, tmp_path: Path) -> None:
    """Every packet is as it was, the index still comes first, and a strict decoder is silent."""
    one, other = tmp_path / "signed.mp4", tmp_path / "plain.mp4"
    one.write_bytes(signed)
    other.write_bytes(plain)

    assert measure.packet_hashes(one) == measure.packet_hashes(other)
    assert measure.packet_hashes(one, "a") == measure.packet_hashes(other, "a")
    assert measure.decode_warnings(one) == ""
    assert strict.faults(signed) == []
    assert [box.kind for box in walk(signed)][:3] == ["ftyp", "uuid", "moov"]
    assert signed[first(signed, "uuid").body :][:16].hex() == "d8fec3d61b0e483c92975828877ec481"
    assert measure.boxes(one).edits == measure.boxes(other).edits


@pytest.mark.parametrize("at", [0.3, 0.7, 0.99], ids=["early", "late", "last frames"])
def test_any_change_is_noticed(at: float, signed: bytes) -> None:
    """One bit of a picture or of the sound, and the signature no longer holds."""
    media = first(signed, "mdat")
    changed = bytearray(signed)
    changed[media.body + round(at * (media.end - media.body))] ^= 1

    assert read(bytes(changed))[0] == "Invalid"


TABLES = ("stsd", "stts", "stss", "stsc", "stsz", "stco")


@pytest.mark.parametrize(
    "path",
    [
        ("uuid",),
        ("moov", "mvhd"),
        ("moov", "udta", "meta"),
        ("moov", "trak", "edts", "elst"),
        *(("moov", "trak", "mdia", "minf", "stbl", table) for table in TABLES),
    ],
    ids=lambda path: path[-1],
)
def test_a_change_of_any_box_is_noticed(path: tuple[str, ...], signed: bytes) -> None:
    """One bit of its last byte: in the index, in what a player shows as the title, in the manifest itself."""
    changed = bytearray(signed)
    changed[first(signed, *path).end - 1] ^= 1

    try:
        assert read(bytes(changed))[0] == "Invalid"
    except c2pa.C2paError:
        assert path == ("uuid",)  # it cannot even be read


def test_a_film_without_a_key_is_plainly_unsigned(plain: bytes) -> None:
    """No manifest, rather than one that means nothing."""
    with pytest.raises(c2pa.C2paError, match="ManifestNotFound"):
        read(plain)


def test_a_key_that_cannot_be_used_is_named_at_once(signer: Signer, tmp_path: Path) -> None:
    """A missing file, rubbish, and the key of another certificate."""
    make_test_key(tmp_path / "one")
    make_test_key(tmp_path / "two")
    with pytest.raises(BadKey, match="is not the key of"):
        Signer.load(tmp_path / "one" / CERTIFICATES, tmp_path / "two" / KEY)
    with pytest.raises(BadKey, match="No such file"):
        Signer.load(tmp_path / "nothing.pem", tmp_path / "one" / KEY)
    (tmp_path / "rubbish.pem").write_text("no key")
    with pytest.raises(BadKey, match=r"rubbish\.pem"):
        Signer.load(tmp_path / "one" / CERTIFICATES, tmp_path / "rubbish.pem")
    assert (tmp_path / "one" / KEY).stat().st_mode & 0o077 == 0
