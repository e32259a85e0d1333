"""Signs a pack: Ed25519 over the exact bytes of `pack.json`."""

from __future__ import annotations

import base64
import json
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

SIGNATURE_FILE = "pack.sig"


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def make_key(file: Path) -> str:
    """Writes a new private key (PKCS #8, PEM, readable by its owner only); returns the public key, base64url.

    Refuses to write over a file.
    """
    key = Ed25519PrivateKey.generate()
    data = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    with file.open("xb") as stream:
        file.chmod(0o600)
        stream.write(data)
    return public_key(key)


def read_key(file: Path) -> Ed25519PrivateKey:
    """A private key in PEM."""
    key = serialization.load_pem_private_key(file.read_bytes(), password=None)
    if not isinstance(key, Ed25519PrivateKey):
        raise TypeError(f"{file} is not an Ed25519 key")
    return key


def public_key(key: Ed25519PrivateKey) -> str:
    """The public half as 32 raw bytes, base64url, which applications pin by its id."""
    raw = key.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
    return _base64url(raw)


def sign_pack(folder: Path, key: Ed25519PrivateKey, key_id: str) -> None:
    """Writes `pack.sig` beside `pack.json`."""
    value = _base64url(key.sign((folder / "pack.json").read_bytes()))
    signature = {"algorithm": "ed25519", "keyId": key_id, "value": value}
    (folder / SIGNATURE_FILE).write_text(json.dumps(signature) + "\n", "utf-8")


def check_pack(folder: Path, public: str) -> None:
    """Raises `InvalidSignature` unless `pack.sig` is the owner's of `public` (base64url) over `pack.json`."""
    signature = json.loads((folder / SIGNATURE_FILE).read_text("utf-8"))
    raw, value = (base64.urlsafe_b64decode(text + "==") for text in (public, signature["value"]))
    Ed25519PublicKey.from_public_bytes(raw).verify(value, (folder / "pack.json").read_bytes())
