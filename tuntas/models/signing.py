"""The installation's own key, and how a key is shown so that two people can compare it by telephone.

Ed25519 (RFC 8032). The private key is made when it is first needed and never leaves the data folder.
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.conf import settings

# Signed together with the content, so that a signature made for something else is worth nothing.
PURPOSE = b"tuntas-aggregate 1\n"
CONSONANTS, VOWELS = "bdfghjklmnprstvz", "aiou"
WORDS = 8  # of 16 bits each


class KeyUnreadable(Exception):
    """The key file is there but is no key; the message says what to do."""


def key_path() -> Path:
    return Path(settings.DATA) / "aggregate-key"


def own_key() -> Ed25519PrivateKey:
    """The installation's key, made at first use with mode 0600. Raises KeyUnreadable."""
    path = key_path()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            write_once(path, Ed25519PrivateKey.generate().private_bytes_raw().hex())
        return Ed25519PrivateKey.from_private_bytes(bytes.fromhex(path.read_text().strip()))
    except (OSError, ValueError) as error:
        raise KeyUnreadable(
            f"Kunci penanda {path} tidak dapat dibaca atau rusak. Pulihkan dari cadangan; bila "
            "hilang, pindahkan berkas itu, lalu minta setiap penerima memeriksa kunci yang baru."
        ) from error


def write_once(path: Path, text: str) -> None:
    """Write a whole file that is not there yet; of two writers at once the first one wins."""
    draft = path.with_name(f"{path.name}.{os.getpid()}.{os.urandom(4).hex()}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w") as file:
        file.write(text + "\n")
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()


def public_key() -> str:
    """The public half as 64 hexadecimal digits."""
    return own_key().public_key().public_bytes(Encoding.Raw, PublicFormat.Raw).hex()


def sign(content: bytes) -> str:
    """The signature of `content` as 128 hexadecimal digits."""
    return own_key().sign(PURPOSE + content).hex()


def is_signed(content: bytes, key: str, signature: str) -> bool:
    """Whether `signature` was made over exactly these bytes with this key, all written in lower case."""
    try:
        raw_key, raw_signature = bytes.fromhex(key), bytes.fromhex(signature)
        if raw_key.hex() != key or raw_signature.hex() != signature:
            return False
        Ed25519PublicKey.from_public_bytes(raw_key).verify(raw_signature, PURPOSE + content)
    except (ValueError, InvalidSignature):
        return False
    return True


def fingerprint_words(key: str) -> str:
    """128 bits of the key's SHA-256 as eight words to read aloud: `bafiz-kodun-…`."""
    digest = hashlib.sha256(bytes.fromhex(key)).digest()
    return "-".join(word(digest[at : at + 2]) for at in range(0, 2 * WORDS, 2))


def word(pair: bytes) -> str:
    """16 bits as consonant, vowel, consonant, vowel, consonant."""
    number, letters = int.from_bytes(pair, "big"), []
    for place in range(5):
        alphabet = VOWELS if place % 2 else CONSONANTS
        number, rest = divmod(number, len(alphabet))
        letters.append(alphabet[rest])
    return "".join(reversed(letters))
