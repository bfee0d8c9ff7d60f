"""How well bytes read as text in each encoding: whether they decode at all, and whether people write so.

Strict decoding tells UTF-8 from everything else. GB18030, Big5 and the others accept much of one another's
bytes; there the characters tell: those of GB 2312's first level (3,755 characters in common use), of Big5's
first level (5,401), kana, Hangul, letters inside words. Scores are shares from 0 to 1.
"""

import codecs
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

UTF8, GB18030, BIG5 = "UTF-8", "GB18030", "Big5"
OTHERS = ("Shift_JIS", "EUC-KR", "CP1252", "CP1251", "CP866")
"""Encodings that a city's files are rarely in; never concluded with confidence."""
TRIED = (UTF8, GB18030, BIG5, *OTHERS)

LEAST_SCORE = 0.5
"""An encoding that reads worse is not proposed."""
FEW = 10
"""Characters; fewer of them are weak evidence."""
VARIED = 20
"""Different characters: 店 and 便利 over and over are no evidence of Korean."""

Codes = NDArray[np.uint32]
_FREQUENT = "的一是不了在有人市区县街道路镇乡村社公园大中小学校东西南北城山水河湖新华民生院医心所号站厂场局会"
_FREQUENT += (
    "号工业商住房安平建设管理服务文化体育停车线段名称面积长度年月日历下天桥槐荫济章丘长清平阴商河莱芜钢"
)
_SIGNS = [ord(each) for each in "\u00a0°²³·×÷±"]


@dataclass(frozen=True)
class Decoding:
    """How a sample reads in one encoding: its score, how many characters are beyond ASCII, and the share of
    them that is in common use."""

    encoding: str
    score: float
    characters: int
    common: float


def readings(sample: Sequence[bytes]) -> list[Decoding]:
    """The encodings in which every text of a sample decodes and reads well enough, the best first."""
    found = (read_as(name, sample) for name in TRIED)
    return sorted(
        (each for each in found if each and each.score >= LEAST_SCORE), key=lambda each: -each.score
    )


def read_as(encoding: str, sample: Sequence[bytes]) -> Decoding | None:
    """How a sample reads; None if it does not decode. A character cut off at the end of a text is none."""
    decoder = codecs.getincrementaldecoder(encoding)
    try:
        text = "\n".join(decoder().decode(each, final=False) for each in sample)
    except UnicodeDecodeError:
        return None
    codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
    high = codes[codes >= 0x80]
    if not len(high):
        return Decoding(encoding, 1.0, 0, 1.0)
    score, common = _SCORES.get(encoding, _like_any)(codes, high)
    return Decoding(encoding, float(score), len(high), float(common))


@cache
def _level(encoding: str) -> NDArray[np.bool_]:
    """Which characters of the first plane are in an encoding's first level or its punctuation."""
    leads = {"gb2312": (*range(0xB0, 0xD8), 0xA1, 0xA3), "big5": (*range(0xA4, 0xC7), 0xA1, 0xA2)}[encoding]
    trails = range(0xA1, 0xFF) if encoding == "gb2312" else (*range(0x40, 0x7F), *range(0xA1, 0xFF))
    pairs = bytes(byte for lead in leads for trail in trails for byte in (lead, trail))
    known = np.zeros(0x10000, dtype=np.bool_)
    known[[ord(each) for each in pairs.decode(encoding, errors="ignore")]] = True
    return known


def _share(codes: Codes, known: NDArray[np.bool_]) -> float:
    return float(known[codes[codes < 0x10000]].sum() / len(codes))


def _between(codes: Codes, *ranges: tuple[int, int]) -> NDArray[np.bool_]:
    inside = np.zeros(len(codes), dtype=np.bool_)
    for low, high in ranges:
        inside |= (codes >= low) & (codes <= high)
    return inside


def _like_utf8(codes: Codes, high: Codes) -> tuple[float, float]:
    """Chance hardly makes valid UTF-8 of three bytes. Of two it may: C8 AA is a spring in GBK and a rare
    letter in UTF-8; such letters count half unless they are accents inside words, signs or Cyrillic."""
    common = _share(high, _level("gb2312") | _level("big5"))
    odd = _between(high, (0x80, 0x9F), (0xE000, 0xF8FF), (0xFFF0, 0xFFFF))
    rare = _between(high, (0xA0, 0x7FF)) & ~np.isin(high, _SIGNS)
    rare &= ~_accents(codes)[codes >= 0x80]
    rare &= ~_between(high, (0x400, 0x45F))
    return 1.1 * (1 - float(odd.mean()) - 0.5 * float(rare.mean())), common


def _like_chinese(codes: Codes, high: Codes) -> tuple[float, float]:
    common = _share(high, _level("gb2312"))
    ideographs = _between(high, (0x3400, 0x9FFF), (0x20000, 0x3FFFF)).mean()
    return common + 0.3 * max(0.0, ideographs - common), common


def _like_big5(codes: Codes, high: Codes) -> tuple[float, float]:
    common = _share(high, _level("big5"))
    return 0.95 * common, common


def _like_japanese(codes: Codes, high: Codes) -> tuple[float, float]:
    kana = _between(high, (0x3041, 0x30FF)).mean()
    common = kana + _between(high, (0x4E00, 0x9FFF), (0x3000, 0x303F)).mean()
    return (0.9 * common if kana > 0.15 else 0.0), common


def _like_korean(codes: Codes, high: Codes) -> tuple[float, float]:
    """Hangul's bytes are Chinese characters in common use too, only none of the frequent ones."""
    hangul = float(_between(high, (0xAC00, 0xD7A3)).mean())
    chinese = np.array([ord(each) for each in _decoded_again(high)], dtype=np.uint32)
    frequent = np.isin(chinese, [ord(each) for each in _FREQUENT]).mean() if len(chinese) else 1.0
    varied = len(np.unique(high)) >= VARIED
    sure = len(high) >= FEW and varied and hangul > 0.9 and frequent < 0.1
    return (1.05 * hangul if sure else 0.0), hangul


def _decoded_again(high: Codes) -> str:
    text = high.astype("<u4").tobytes().decode("utf-32-le")
    return text.encode("euc_kr", errors="ignore").decode("gb18030", errors="ignore")


def _like_latin(codes: Codes, high: Codes) -> tuple[float, float]:
    """Accented letters stand inside words of plain ones."""
    inside = float(_accents(codes).sum() / len(high))
    return 0.8 * inside, inside


def _accents(codes: Codes) -> NDArray[np.bool_]:
    """Accented letters of the first two Latin blocks beside a plain one."""
    letters = _between(codes, (0x41, 0x5A), (0x61, 0x7A))
    beside = np.zeros(len(codes), dtype=np.bool_)
    beside[1:] |= letters[:-1]
    beside[:-1] |= letters[1:]
    return beside & _between(codes, (0xC0, 0xD6), (0xD8, 0xF6), (0xF8, 0x17F))


def _like_russian(codes: Codes, high: Codes) -> tuple[float, float]:
    """Cyrillic letters of several kinds, small ones after small ones."""
    cyrillic = _between(codes, (0x410, 0x44F), (0x401, 0x401), (0x451, 0x451))
    small = _between(codes, (0x430, 0x44F), (0x451, 0x451))
    wrong = (~small & cyrillic)[1:] & small[:-1]
    common = float((cyrillic.sum() - wrong.sum()) / len(high))
    varied = len(np.unique(high)) >= 4
    small_share = float(small.sum() / len(high))
    return (0.8 * common if varied and small_share > 0.3 else 0.0), common


def _like_any(codes: Codes, high: Codes) -> tuple[float, float]:
    """For labels that are not tried on their own: letters count, whatever their script."""
    text = high.astype("<u4").tobytes().decode("utf-32-le", errors="replace")
    common = sum(each.isalnum() for each in text) / len(text)
    return 0.6 * common, common


_SCORES: dict[str, Callable[[Codes, Codes], tuple[float, float]]] = {
    UTF8: _like_utf8,
    GB18030: _like_chinese,
    BIG5: _like_big5,
    "Shift_JIS": _like_japanese,
    "EUC-KR": _like_korean,
    "CP1252": _like_latin,
    "CP1251": _like_russian,
    "CP866": _like_russian,
}
