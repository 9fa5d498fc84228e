"""A packed campaign is opened without trusting it."""

from __future__ import annotations

import gzip
import io
import tarfile

import pytest

from services.assembler import package
from services.assembler.package import BadPackage, unpack
from tests.assembler.conftest import packed


def tar_of(*entries: tarfile.TarInfo, body: bytes = b"id: x") -> bytes:
    """A tar of campaign.yaml and these entries."""
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w:", format=tarfile.PAX_FORMAT) as tar:
        root = tarfile.TarInfo("campaign.yaml")
        root.size = len(body)
        tar.addfile(root, io.BytesIO(body))
        for entry in entries:
            tar.addfile(entry, io.BytesIO(bytes(entry.size)))
    return file.getvalue()


def entry(name: str, kind: bytes = tarfile.REGTYPE, *, link: str = "", size: int = 0) -> tarfile.TarInfo:
    """One entry."""
    info = tarfile.TarInfo(name)
    info.type, info.linkname, info.size = kind, link, size
    return info


@pytest.mark.parametrize("top", ["", "./", "demo/", "./demo/"])
def test_a_folder_or_its_content_may_be_packed(top: str) -> None:
    """Paths are the same either way, and hidden files stay out."""
    files = {"campaign.yaml": b"id: x", "art/côté.png": b"png", ".git/config": b"secret", "art/._x": b"fork"}

    assert unpack(packed(files, top=top)) == {"campaign.yaml": b"id: x", "art/côté.png": b"png"}


@pytest.mark.parametrize(
    ("evil", "named"),
    [
        (entry("../outside"), "leads outside"),
        (entry("art/../../outside"), "leads outside"),
        (entry("/etc/passwd"), "leads outside"),
        (entry("art\\..\\x"), "no path may have"),
        (entry("art/a\x07b"), "no path may have"),
        (entry("a" * 300), "300 characters"),
        (entry("art/link", tarfile.SYMTYPE, link="/etc/passwd"), "not a plain file"),
        (entry("art/link", tarfile.LNKTYPE, link="campaign.yaml"), "not a plain file"),
        (entry("art/pipe", tarfile.FIFOTYPE), "not a plain file"),
        (entry("art/disk", tarfile.BLKTYPE), "not a plain file"),
        (entry("campaign.yaml"), "twice"),
        (entry("./campaign.yaml"), "twice"),
    ],
    ids=lambda value: value.name[:20].encode("ascii", "replace").hex() if isinstance(value, tarfile.TarInfo) else None,
)
def test_what_could_lead_elsewhere_is_refused(evil: tarfile.TarInfo, named: str) -> None:
    """Links, devices, climbing and absolute paths, strange names and doubles are each named."""
    with pytest.raises(BadPackage, match=named):
        unpack(tar_of(evil))


def test_a_sparse_file_is_refused_before_it_grows() -> None:
    """A few bytes that claim a terabyte of holes are not opened."""
    bomb = entry("art/hole.bin")
    bomb.pax_headers = {"GNU.sparse.map": "0,0", "GNU.sparse.size": str(2**40), "GNU.sparse.numblocks": "1"}
    with pytest.raises(BadPackage, match="not a plain file"):
        unpack(tar_of(bomb))


def test_a_size_that_the_package_cannot_hold_is_refused() -> None:
    """A header that lies about its file's length is named, whatever follows."""
    data = bytearray(tar_of(entry("art/a.png", size=512)))
    start = data.index(b"art/a.png")
    header = tarfile.TarInfo("art/a.png")
    header.size = 2**33
    data[start : start + 512] = header.tobuf(tarfile.GNU_FORMAT)
    with pytest.raises(BadPackage, match=r"art/a\.png|unexpected end"):
        unpack(bytes(data))


def header(kind: bytes, claimed: int, body: bytes = b"") -> bytes:
    """A header of that type and size, as 512 bytes, and what follows it."""
    info = tarfile.TarInfo("art/x.png")
    info.type = kind
    block = bytearray(info.tobuf(tarfile.GNU_FORMAT))
    block[124:136] = tarfile.itn(claimed, 12, tarfile.GNU_FORMAT)  # type: ignore[attr-defined]  # not in the stubs
    block[148:156] = b"%06o\0 " % (sum(block[:148]) + 8 * 32 + sum(block[156:]))
    return bytes(block) + body.ljust(-(-len(body) // 512) * 512, b"\0")


PAX_MINUS = b"13 size=-512\n"


@pytest.mark.parametrize(
    ("entries", "named"),
    [
        (header(tarfile.REGTYPE, -512), "claims -512 bytes"),
        (header(tarfile.DIRTYPE, -512), "claims -512 bytes"),
        (header(tarfile.XHDTYPE, len(PAX_MINUS), PAX_MINUS) + header(tarfile.REGTYPE, 5, b"hello"), "claims -512"),
        (header(tarfile.XGLTYPE, 10**7, b"9" * 10**7), "tells 10000000 bytes of an entry"),
        (header(tarfile.GNUTYPE_LONGNAME, 5, b"abcd\0") * 3_000, "more than 4 headers"),
        (header(tarfile.XHDTYPE, 11, b"11 path=ab\n") * 3_000, "more than 4 headers"),
    ],
    ids=["negative", "negative folder", "negative by pax", "endless records", "names on names", "records on records"],
)
def test_headers_that_would_hold_up_their_reader_are_refused(entries: bytes, named: str) -> None:
    """Sizes that lead backwards, records that take hours to search, headers of headers of headers: each at once."""
    with pytest.raises(BadPackage, match=named):
        unpack(tar_of()[:1024] + entries + bytes(1024))


@pytest.mark.parametrize("size", [0, 100, 700, 2_000])
def test_a_truncated_package_is_refused(size: int) -> None:
    """Half an upload is no campaign."""
    with pytest.raises(BadPackage):
        unpack(packed({"a.bin": bytes(4_000), "campaign.yaml": b"id: x"})[:size])


@pytest.mark.parametrize("data", [b"", b"id: demo", gzip.compress(tar_of()), b"PK\x03\x04" + bytes(600)])
def test_what_is_no_plain_tar_is_refused(data: bytes) -> None:
    """Compressed packages, which could grow when opened, and other files."""
    with pytest.raises(BadPackage):
        unpack(data)


def test_too_many_entries_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """A tar of countless empty files ends at the limit."""
    monkeypatch.setattr(package, "MAX_FILES", 50)
    with pytest.raises(BadPackage, match="more than 50 entries"):
        unpack(tar_of(*(entry(f"art/{number}") for number in range(51))))


def test_a_package_without_its_root_document_is_refused() -> None:
    """campaign.yaml is what makes a folder a campaign."""
    with pytest.raises(BadPackage, match=r"campaign\.yaml: is not in the package"):
        unpack(packed({"demo/shots/a.yaml": b"", "other/campaign.yaml": b""}))
