"""Which short Indonesian texts say alike, and by which shared words. Pure, local, explainable.

Light stemming, stop words, TF-IDF and cosine, nothing learnt and nothing sent anywhere. A help for
an officer who reads; nothing is ever merged by it alone.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

STOP = frozenset(
    [
        "ada",
        "adalah",
        "agar",
        "akan",
        "anda",
        "atas",
        "atau",
        "bagi",
        "bahwa",
        "banyak",
        "beberapa",
        "belum",
        "biar",
        "bisa",
        "buat",
        "dalam",
        "dan",
        "dapat",
        "dari",
        "dengan",
        "di",
        "hanya",
        "harus",
        "hal",
        "ini",
        "itu",
        "jadi",
        "jangan",
        "juga",
        "kalau",
        "kami",
        "kami",
        "karena",
        "kasih",
        "ke",
        "kepada",
        "kurang",
        "lagi",
        "lah",
        "lebih",
        "maka",
        "masih",
        "mohon",
        "nya",
        "oleh",
        "pada",
        "para",
        "perlu",
        "pun",
        "saat",
        "saja",
        "sampai",
        "sangat",
        "saya",
        "sebagai",
        "sebaiknya",
        "secara",
        "sekali",
        "semoga",
        "seperti",
        "serta",
        "setiap",
        "sudah",
        "supaya",
        "tapi",
        "telah",
        "tentang",
        "terima",
        "terlalu",
        "tetap",
        "tidak",
        "tolong",
        "untuk",
        "yaitu",
        "yang",
        "pak",
        "bu",
        "ibu",
        "bapak",
    ]
)
PREFIXES = ("meng", "meny", "mem", "men", "me", "peng", "peny", "pem", "pen", "ber", "ter", "di", "ke", "se", "pe")  # fmt: skip
SUFFIXES = ("nya", "kan", "lah", "kah", "an", "i")
# At least this cosine for two texts to be called alike.
ALIKE = 0.3
Vector = dict[str, float]


@dataclass(frozen=True)
class Group:
    """Texts that say alike: their places in the list given, and the words they share."""

    places: tuple[int, ...]
    words: tuple[str, ...]


def stem(word: str) -> str:
    """A word without its usual endings and beginnings; never shorter than four letters."""
    for suffix in SUFFIXES:
        if word.endswith(suffix) and len(word) - len(suffix) >= 4:
            word = word.removesuffix(suffix)
            break
    for prefix in PREFIXES:
        if word.startswith(prefix) and len(word) - len(prefix) >= 4:
            return word.removeprefix(prefix)
    return word


def plain(text: str) -> list[str]:
    found = re.findall(r"[^\W\d_]{3,}", text.casefold())
    return [word for word in found if word not in STOP]


def terms(text: str) -> list[str]:
    return [stem(word) for word in plain(text)]


def spellings(texts: Sequence[str]) -> dict[str, str]:
    """How each stem is shown: the shortest word it was seen in."""
    found: dict[str, str] = {}
    for text in texts:
        for word in plain(text):
            key = stem(word)
            if key not in found or len(word) < len(found[key]):
                found[key] = word
    return found


def vectors(texts: Sequence[str]) -> list[Vector]:
    """One unit vector per text: frequent in the text and rare among the texts weighs most."""
    counts = [Counter(terms(text)) for text in texts]
    spread = Counter(word for count in counts for word in count)
    found = []
    for count in counts:
        weights = {
            word: (1 + math.log(n)) * math.log(1 + len(texts) / spread[word])
            for word, n in count.items()
        }
        length = math.sqrt(sum(weight * weight for weight in weights.values())) or 1.0
        found.append({word: weight / length for word, weight in weights.items()})
    return found


def shared(one: Vector, other: Vector) -> tuple[float, list[str]]:
    """Cosine of two vectors and their shared words, the weightiest first."""
    both = {word: one[word] * other[word] for word in one.keys() & other.keys()}
    return sum(both.values()), sorted(both, key=lambda word: (-both[word], word))


def nearest(text: str, others: Sequence[str], most: int = 5) -> list[tuple[int, list[str]]]:
    """Places of the most similar among `others`, with the shared words; nearest first."""
    first, *rest = vectors([text, *others])
    found = [(place, *shared(first, vector)) for place, vector in enumerate(rest)]
    close = sorted((row for row in found if row[1] >= ALIKE), key=lambda row: (-row[1], row[0]))
    shown = spellings([text, *(others[place] for place, _cosine, _words in close[:most])])
    return [(place, [shown[word] for word in words[:5]]) for place, _cosine, words in close[:most]]


def groups(texts: Sequence[str]) -> list[Group]:
    """Groups of two and more; each text joins the first text it is like. Largest first."""
    rows = vectors(texts)
    by_word: dict[str, list[int]] = {}
    members: dict[int, list[int]] = {}
    for place, row in enumerate(rows):
        seen = {head for word in row for head in by_word.get(word, ())}
        best = max(((shared(row, rows[head])[0], -head) for head in seen), default=(0.0, 0))
        if best[0] >= ALIKE:
            members[-best[1]].append(place)
            continue
        members[place] = [place]
        for word in row:
            by_word.setdefault(word, []).append(place)
    found = []
    for head, places in members.items():
        if len(places) > 1:
            common = Counter(
                word for place in places[1:] for word in shared(rows[head], rows[place])[1]
            )
            shown = spellings([texts[place] for place in places])
            words = tuple(shown[word] for word, _n in common.most_common(5))
            found.append(Group(tuple(places), words))
    return sorted(found, key=lambda group: (-len(group.places), group.places))
