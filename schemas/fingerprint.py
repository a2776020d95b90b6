"""Recognises near-duplicate texts: MinHash of word 4-grams (Broder 1997), 32 values of 32 bits.

`similarity` estimates the Jaccard coefficient of the two texts' 4-gram sets with a standard error of at most
0.5 / sqrt(32) = .09. The hash is our own mixture of integer arithmetic, so that a fingerprint stored today means the
same in every later release and on every machine.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from typing import Final

import numpy as np

HASHES: Final = 32
SHINGLE: Final = 4
_WORDS: Final = re.compile(r"\w+")
_MASK: Final = (1 << 32) - 1


def _permutations() -> tuple[np.ndarray, np.ndarray]:
    """Multipliers (odd) and offsets of the hash family, drawn from SHA-256 of their number."""
    numbers = [hashlib.sha256(f"detente/fingerprint/{i}".encode()).digest() for i in range(HASHES)]
    multipliers = [int.from_bytes(n[:8], "big") | 1 for n in numbers]
    offsets = [int.from_bytes(n[8:16], "big") for n in numbers]
    return np.array(multipliers, dtype=np.uint64), np.array(offsets, dtype=np.uint64)


_MULTIPLIERS, _OFFSETS = _permutations()


def _words(text: str) -> list[str]:
    return _WORDS.findall(unicodedata.normalize("NFKC", text).casefold())


def _shingles(text: str) -> set[bytes]:
    words = _words(text)
    if not words:
        return set()
    width = min(SHINGLE, len(words))
    return {" ".join(words[i : i + width]).encode() for i in range(len(words) - width + 1)}


def fingerprint(text: str) -> str:
    """32 x 8 hex digits; "" for a text without words. Case, white space and punctuation do not matter."""
    shingles = _shingles(text)
    if not shingles:
        return ""
    raw = b"".join(hashlib.blake2b(s, digest_size=8).digest() for s in sorted(shingles))
    keys = np.frombuffer(raw, dtype=">u8").astype(np.uint64)
    # Multiply-shift hashing (Dietzfelbinger 1997): the upper half of a product modulo 2^64 is the hash.
    values = (keys[:, None] * _MULTIPLIERS[None, :] + _OFFSETS[None, :]) >> np.uint64(32)
    return "".join(f"{int(v) & _MASK:08x}" for v in values.min(axis=0))


def similarity(a: str, b: str) -> float:
    """Share of equal values, an estimate of the Jaccard coefficient, 0..1; 0 where a fingerprint is empty.

    ValueError when one of them is not of `fingerprint`'s making.
    """
    if not a or not b:
        return 0.0
    if len(a) != 8 * HASHES or len(b) != 8 * HASHES:
        raise ValueError("a fingerprint has 256 hex digits: make it with schemas.fingerprint.fingerprint")
    return sum(a[i : i + 8] == b[i : i + 8] for i in range(0, len(a), 8)) / HASHES
