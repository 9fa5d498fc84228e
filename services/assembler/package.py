"""A packed campaign, opened without trusting it: an uncompressed tar of plain files to their bytes by path."""

from __future__ import annotations

import io
import tarfile
import unicodedata
from pathlib import PurePosixPath

MAX_FILES = 5_000
MAX_FILE_BYTES = 512 * 1024**2
MAX_PATH_CHARACTERS = 240
MAX_EXTENSION_BYTES = 64 * 1024
"""Of a header that tells more of the entry behind it: a long name, or pax records."""
MOST_EXTENSIONS = 4
"""Such headers before one entry; ordinary tars have at most two."""
ROOT_FILE = "campaign.yaml"


class BadPackage(Exception):  # noqa: N818  named for what the caller reads
    """The package is no safe tar of a campaign; `entry` is the entry at fault, empty for the whole."""

    def __init__(self, entry: str, why: str) -> None:
        super().__init__(f"{entry}: {why}" if entry else why)
        self.entry = entry
        self.why = why


def unpack(data: bytes) -> dict[str, bytes]:
    """Files of a packed campaign, by path inside its folder.

    The folder itself may be packed or only what is in it. Hidden files are left out.

    Args:
        data: An uncompressed tar. Compressed ones are refused, so a package never grows when opened; so are sparse
            files, which would, and whatever could point outside: links, devices, absolute or climbing paths.

    Raises:
        BadPackage: Says which entry and why.
    """
    files: dict[str, bytes] = {}
    try:
        with tarfile.open(fileobj=io.BytesIO(data), mode="r:", tarinfo=_wary()) as tar:
            for number, member in enumerate(tar):
                if number >= MAX_FILES:
                    raise BadPackage("", f"it has more than {MAX_FILES} entries")
                path = _path(member.name)
                if member.isdir():
                    continue
                _check(member, path, len(data))
                if any(part.startswith(".") for part in PurePosixPath(path).parts):
                    continue
                if path in files:
                    raise BadPackage(path, "is in the package twice")
                file = tar.extractfile(member)
                content = file.read() if file else b""
                if len(content) != member.size:
                    raise BadPackage(path, f"is cut short: {len(content)} of {member.size} bytes")
                files[path] = content
    except (tarfile.TarError, EOFError, OverflowError, ValueError) as error:
        raise BadPackage("", f"not an uncompressed tar file: {error}") from error
    return _inside(files)


EXTENSIONS = {
    tarfile.XHDTYPE,
    tarfile.XGLTYPE,
    tarfile.SOLARIS_XHDTYPE,
    tarfile.GNUTYPE_LONGNAME,
    tarfile.GNUTYPE_LONGLINK,
}


def _wary() -> type[tarfile.TarInfo]:
    """A header that is looked at before `tarfile` goes by it.

    `tarfile` searches pax records in time that grows with their square, and goes one call deeper for each header that
    only tells of the next: 100 MB of digits took it hours, 3,000 long names more stack than there is.
    """
    together = 0

    class Wary(tarfile.TarInfo):
        @classmethod
        def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> Wary:
            nonlocal together
            header = super().frombuf(buf, encoding, errors)
            if header.size < 0:
                raise BadPackage(ascii(header.name[:60]), f"claims {header.size} bytes")
            together = together + 1 if header.type in EXTENSIONS else 0
            if together > MOST_EXTENSIONS:
                raise BadPackage("", f"an entry has more than {MOST_EXTENSIONS} headers")
            if together and header.size > MAX_EXTENSION_BYTES:
                raise BadPackage("", f"a header tells {header.size} bytes of an entry; at most {MAX_EXTENSION_BYTES}")
            return header

    return Wary


def _check(member: tarfile.TarInfo, path: str, package_bytes: int) -> None:
    if not member.isreg() or member.issparse():
        raise BadPackage(path, "is not a plain file")
    if member.size < 0:  # pax records may say another size than the header
        raise BadPackage(path, f"claims {member.size} bytes")
    if member.size > MAX_FILE_BYTES:
        raise BadPackage(path, f"is {member.size} bytes long; the limit is {MAX_FILE_BYTES}")
    if member.size > package_bytes:
        raise BadPackage(path, f"claims {member.size} bytes in a package of {package_bytes}")


def _path(name: str) -> str:
    """The entry's path as the campaign's documents write it: relative, NFC, with single slashes."""
    shown = ascii(name[:60])
    if len(name) > MAX_PATH_CHARACTERS:
        raise BadPackage(shown, f"its name has {len(name)} characters; the limit is {MAX_PATH_CHARACTERS}")
    if not name.isprintable() or "\\" in name:
        raise BadPackage(shown, "its name has a character that no path may have")
    path = PurePosixPath(unicodedata.normalize("NFC", name))
    if path.is_absolute() or ".." in path.parts:
        raise BadPackage(shown, "leads outside the package")
    return path.as_posix()


def _inside(files: dict[str, bytes]) -> dict[str, bytes]:
    """Paths relative to the folder that holds campaign.yaml."""
    if ROOT_FILE in files:
        return files
    folders = {PurePosixPath(path).parts[0] for path in files}
    if len(folders) == 1:
        inner = {PurePosixPath(*PurePosixPath(path).parts[1:]).as_posix(): data for path, data in files.items()}
        if ROOT_FILE in inner:
            return inner
    raise BadPackage(ROOT_FILE, "is not in the package")
