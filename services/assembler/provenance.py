"""Where a film comes from, written into it and signed (C2PA): made by Fancam, of these parts, and not changed since.

`python -m services.assembler.provenance FOLDER` makes a key to try it with. Nobody trusts that key: a public campaign
mounts one that an authority on the C2PA trust list has certified.
"""

from __future__ import annotations

import datetime
import io
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import c2pa
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from media.boxes import Buffer

COMPOSITE = "http://cv.iptc.org/newscodes/digitalsourcetype/composite"
"""IPTC's word for a picture put together from several elements, which may or may not be drawn by a machine."""

UNMINED = ("cawg.ai_generative_training", "cawg.ai_inference", "cawg.ai_training", "cawg.data_mining")
"""What nobody may do with a film that shows a fan."""

CERTIFICATES, KEY = "certificates.pem", "key.pem"
TEST_DAYS = 365


class BadKey(Exception):  # noqa: N818  named for what the caller reads
    """The certificates or the key cannot be used; says why."""


@dataclass(frozen=True)
class Signer:
    """A certificate chain and its key."""

    certificates: bytes
    """PEM, the signer's own first."""
    key: bytes
    """PEM, not encrypted."""
    algorithm: str
    """C2PA's name of the signature, such as `es256`."""
    subject: str
    """Whom the certificate names."""

    @classmethod
    def load(cls, certificates: Path, key: Path) -> Signer:
        """Read both files, and sign something small, so that a wrong pair is found now and not over a film.

        Raises:
            BadKey: They cannot be read, do not belong together, or are over.
        """
        try:
            chain, secret = certificates.read_bytes(), key.read_bytes()
            leaf = x509.load_pem_x509_certificates(chain)[0]
            private = serialization.load_pem_private_key(secret, None)
        except (OSError, ValueError, TypeError) as error:
            raise BadKey(f"{certificates} with {key}: {error}") from error
        form = serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        if private.public_key().public_bytes(*form) != leaf.public_key().public_bytes(*form):
            raise BadKey(f"{key} is not the key of {certificates}")
        if leaf.not_valid_after_utc < datetime.datetime.now(datetime.UTC):
            raise BadKey(f"{certificates} is valid only until {leaf.not_valid_after_utc:%Y-%m-%d}")
        named = leaf.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
        return cls(chain, secret, _algorithm(private), str(named[0].value) if named else leaf.subject.rfc4514_string())


def _algorithm(key: PrivateKeyTypes) -> str:
    if isinstance(key, ec.EllipticCurvePrivateKey):
        known = {256: "es256", 384: "es384", 521: "es512"}
        if key.curve.key_size in known:
            return known[key.curve.key_size]
    if isinstance(key, ed25519.Ed25519PrivateKey):
        return "ed25519"
    if isinstance(key, rsa.RSAPrivateKey):
        return "ps256"
    raise BadKey(f"C2PA knows no signature by a {type(key).__name__}")


def sign(film: Sequence[Buffer], signer: Signer, *, title: str, made_of: Mapping[str, object]) -> memoryview:
    """The film with a signed manifest in a box of its own before its index; every packet stays as it was.

    Args:
        film: MP4, in parts that follow each other.
        signer: Who vouches for it.
        title: Of the campaign; a fan's name has no place in a manifest that travels with every copy.
        made_of: What it was put together from, as plain values.

    Raises:
        BadKey: C2PA does not take this certificate.
    """
    mined = {"entries": {use: {"use": "notAllowed"} for use in UNMINED}}
    manifest = {
        "claim_generator_info": [{"name": "Fancam", "version": "1"}],
        "title": title,
        "assertions": [
            {
                "label": "c2pa.actions.v2",
                "data": {"actions": [{"action": "c2pa.created", "digitalSourceType": COMPOSITE}]},
            },
            {"label": "cawg.training-mining", "data": mined},
            {"label": "org.fancam.film", "data": dict(made_of)},
        ],
    }
    signed = io.BytesIO()
    try:
        info = c2pa.C2paSignerInfo(signer.algorithm.encode(), signer.certificates, signer.key, None)
        with c2pa.Signer.from_info(info) as hand, c2pa.Builder(json.dumps(manifest)) as builder:
            builder.sign(hand, "video/mp4", io.BytesIO(b"".join(film)), signed)
    except c2pa.C2paError as error:
        raise BadKey(f"C2PA does not sign with the certificate of {signer.subject}: {error}") from error
    return signed.getbuffer().toreadonly()


def make_test_key(folder: Path) -> None:
    """Write a certificate chain and a key that nobody trusts: an authority of our own, and a signer under it."""
    root, leaf = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    authority = _certificate("Fancam test authority", root, None, root)
    signer = _certificate("Fancam test signer", leaf, authority, root)
    folder.mkdir(parents=True, exist_ok=True)
    pem = serialization.Encoding.PEM
    (folder / CERTIFICATES).write_bytes(signer.public_bytes(pem) + authority.public_bytes(pem))
    secret = leaf.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (folder / KEY).touch(mode=0o600)
    (folder / KEY).write_bytes(secret)


def _certificate(
    subject: str,
    key: ec.EllipticCurvePrivateKey,
    issuer: x509.Certificate | None,
    issuing: ec.EllipticCurvePrivateKey,
) -> x509.Certificate:
    """An authority's certificate, or with an issuer one that may sign claims (C2PA 14.5)."""
    name = x509.Name(
        [x509.NameAttribute(NameOID.COMMON_NAME, subject), x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Fancam test")]
    )
    now = datetime.datetime.now(datetime.UTC)
    usage = dict.fromkeys(
        (
            "content_commitment",
            "key_encipherment",
            "data_encipherment",
            "key_agreement",
            "encipher_only",
            "decipher_only",
        ),
        False,
    )
    signs = issuer is not None
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(issuer.subject if issuer else name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(minutes=5))
        .not_valid_after(now + datetime.timedelta(days=TEST_DAYS))
        .add_extension(x509.BasicConstraints(ca=not signs, path_length=None), critical=True)
        .add_extension(
            x509.KeyUsage(digital_signature=signs, key_cert_sign=not signs, crl_sign=not signs, **usage), critical=True
        )
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuing.public_key()), critical=False)
    )
    if signs:
        made = made.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION]), critical=True)
    return made.sign(issuing, hashes.SHA256())


if __name__ == "__main__":
    make_test_key(Path(sys.argv[1]))
