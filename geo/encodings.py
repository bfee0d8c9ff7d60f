"""Which encoding a text is in: the uploader's word, a label that the bytes bear out, else what they read as.

GB18030 holds all of GBK and GB2312, so one name serves the three. A label is the .cpg file beside a .dbf or
the language byte inside it; it loses where the bytes contradict it. Runs in the reading process, without
pandas.
"""

import codecs
import re
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from geo.dbf_texts import DbfTexts, dbf_texts, row_texts
from geo.detected import Candidate, Detected
from geo.encoding_guess import FEW, GB18030, LEAST_SCORE, OTHERS, UTF8, Decoding, read_as, readings
from geo.read_problems import problem

SAMPLE = 4000
"""Texts beyond ASCII that the encodings are compared on; the chosen one is checked on all."""
CONTRADICTED_BY = 0.2
"""A label loses when another encoding scores this much better."""
LANGUAGES = {
    **dict.fromkeys((0x4D, 0x7A), "cp936"),
    **dict.fromkeys((0x4F, 0x78), "cp950"),
    **dict.fromkeys((0x4E, 0x79), "cp949"),
    **dict.fromkeys((0x13, 0x7B), "cp932"),
    **dict.fromkeys((0x26, 0x65), "cp866"),
    0xC9: "cp1251",
}
"""Code pages by dBASE's language byte. 0x03 and 0x57 are left out: programs write them whatever the texts."""

BY_FORMAT = Detected("encoding", UTF8, 1.0, "encoding_by_format")
"""For formats whose texts are UTF-8 by their definition."""

_LEADS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_NAMES = {
    **dict.fromkeys(("gbk", "gb2312", "gb18030"), GB18030),
    "utf-8": UTF8,
    **dict.fromkeys(("big5", "cp950", "big5hkscs"), "Big5"),
    **dict.fromkeys(("shift_jis", "cp932"), "Shift_JIS"),
    **dict.fromkeys(("euc_kr", "cp949"), "EUC-KR"),
    **dict.fromkeys(("cp1252", "cp1251", "cp866")),
}
_NOT_OF_FILES = frozenset({"idna", "punycode", "unicode-escape", "raw-unicode-escape", "utf-7", "charmap"})
"""What Python calls encodings too: forms of names, of source code and of mail."""

_BLOCKS, _FROM_BLOCK = 8, 64
"""How many blocks of rows of a large file are sampled, and how many texts of each column in a block."""
_HIGH = re.compile(rb"[\x80-\xff]")
_WINDOWS, _WINDOW_BYTES = 64, 65536
_SURE, _FAIR, _WEAK = 0.97, 0.85, 0.5
_WORD = 3  # characters of Chinese bytes that are hardly all common by chance
_CLEAR = 0.3  # how much better an encoding of few characters reads than the next, to be sure of it


def decode(file: str, content: bytes, declared: str | None) -> tuple[str, Detected]:
    """The text of a whole file, and the encoding it was in.

    Raises a ReadError where a declared encoding does not fit, or none does.
    """
    led = next((name for mark, name in _LEADS if content.startswith(mark)), None)
    if led:
        name = UTF8 if led == "utf-8-sig" else "UTF-16"
        return _strictly(file, content, led, name), Detected(
            "encoding", name, 1.0, "encoding_mark", {"encoding": name}
        )
    if declared:
        name = _known(file, declared)
        return _strictly(file, content, name, declared), _said(name)
    if content.isascii():
        return content.decode("ascii"), _ascii()
    sample = _thinned([line for line in _some_lines(content) if not line.isascii()])
    sample = sample or [line for line in _first_high(content) if not line.isascii()]
    for found in _concluded(readings(sample), None):
        try:
            return content.decode(found.value), found
        except UnicodeDecodeError:
            continue
    return _strictly(file, content, UTF8, "UTF-8 or GB18030"), _ascii()


def of_dbf(
    path: Path,
    file: str,
    declared: str | None,
    stated: str | None,
    *,
    fits: Callable[[str], bool] | None = None,
) -> Detected:
    """The encoding of the texts in a .dbf.

    `declared` is the uploader's word: a ReadError where the bytes contradict it. `stated` is what the .cpg
    says (`of_cpg`); it may lose, and so may the file's own language byte. `fits` tells whether all
    texts decode in an encoding, where the caller decodes them anyway.
    """
    texts = dbf_texts(path)
    sample = _sampled(texts)

    def all_fit(name: str) -> bool:
        if fits is None:
            return _fits(texts, name)
        return _one_by_one(texts.high_names, name) and fits(name)

    if declared:
        name = _known(file, declared)
        if not all_fit(name):
            raise problem("texts_unfit", file, encoding=declared)
        return _said(name)
    label = stated or LANGUAGES.get(texts.language)
    if not sample:
        return _ascii()
    for found in _concluded(readings(sample), label, _labelled(label, sample)):
        if all_fit(found.value):
            return found
    raise problem("texts_unknown", file)


def of_cpg(path: Path) -> str | None:
    """What a .cpg file states, in Python's words; None without one."""
    if not path.exists():
        return None
    words = path.read_bytes()[:64].decode("ascii", errors="replace").strip()
    words = words.removeprefix("OEM ").removeprefix("ANSI ")
    if words.isdecimal():
        return f"iso8859-{words[4:]}" if words.startswith("8859") else f"cp{words}"
    return words or None


def _known(file: str, name: str) -> str:
    known = _canonical(name)
    if known is None:
        raise problem("no_encoding", file, encoding=name)
    return known


def _canonical(name: str) -> str | None:
    """One name for an encoding of many; None if it names none that tables are written in."""
    try:
        codec = codecs.lookup(name).name
        "".encode(codec)
    except (LookupError, ValueError):  # ValueError: a NUL in the name, or the codec that always fails
        return None
    if codec in _NOT_OF_FILES:
        return None
    return _NAMES.get(codec) or (codec.upper() if codec in _NAMES else name)


def _strictly(file: str, content: bytes, name: str, told: str) -> str:
    try:
        return content.decode(name)
    except UnicodeDecodeError as error:
        raise problem("bytes_unfit", file, byte=error.start + 1, encoding=told) from error


def _said(name: str) -> Detected:
    return Detected("encoding", name, 1.0, "encoding_said")


def _ascii() -> Detected:
    return Detected("encoding", UTF8, 1.0, "encoding_ascii")


def _labelled(label: str | None, sample: Sequence[bytes]) -> Decoding | None:
    """How the sample reads under its label; None if it does not, or the label names no encoding."""
    name = None if label is None else _canonical(label)
    return None if name is None else read_as(name, sample)


def _concluded(found: list[Decoding], label: str | None, labelled: Decoding | None = None) -> list[Detected]:
    """What to try in turn: the label where it holds, else the encodings that read well, the best first."""
    best = found[0].score if found else LEAST_SCORE
    if labelled is not None and labelled.score >= best - CONTRADICTED_BY:
        believed = Detected("encoding", labelled.encoding, 1.0, "encoding_label", {"label": label})
        return [believed, *_concluded([each for each in found if each.encoding != labelled.encoding], label)]
    why = "encoding_bytes" if label is None else "encoding_label_wrong"
    return [
        Detected(
            "encoding",
            each.encoding,
            _confidence(each, found),
            why,
            {
                "encoding": each.encoding,
                "percent": round(100 * each.common),
                "characters": each.characters,
            }
            | ({} if label is None else {"label": label}),
            tuple(
                Candidate(other.encoding, _WEAK * other.score, {"percent": round(100 * other.common)})
                for other in found
                if other is not each
            ),
        )
        for each in found
    ]


def _confidence(reading: Decoding, found: list[Decoding]) -> float:
    """Sure of UTF-8 and of common characters, if there are some; never of what files here rarely are."""
    if reading.encoding in OTHERS:
        return _WEAK
    rival = max((each.score for each in found if each.encoding != reading.encoding), default=0.0)
    told_apart = reading.score - rival >= _CLEAR and (reading.encoding == UTF8 or reading.characters >= _WORD)
    if reading.characters < FEW and not told_apart:
        return _FAIR
    return (
        _SURE if reading.encoding == UTF8 or reading.common >= _FAIR else _FAIR * max(reading.common, _WEAK)
    )


def _sampled(texts: DbfTexts) -> list[bytes]:
    """Texts beyond ASCII, evenly from the whole file; names of fields first."""
    every = max(1, texts.blocks // _BLOCKS)
    taken = _taken(texts.high(every))
    if every > 1 and sum(map(len, taken)) < SAMPLE // 2:
        taken = _taken(texts.high())  # few are beyond ASCII: look for them in all of the file
    thinned = taken[:: max(1, sum(map(len, taken)) // SAMPLE)]
    values = [text for block in thinned for text in row_texts(block) if not text.isascii()]
    return [*texts.high_names, *_thinned(values)]


def _taken(blocks: Iterable[NDArray[np.uint8]]) -> list[NDArray[np.uint8]]:
    return [block[:: max(1, len(block) // _FROM_BLOCK)].copy() for block in blocks]


def _some_lines(content: bytes) -> list[bytes]:
    """All lines of a text, or those of windows spread evenly over a long one."""
    if len(content) <= _WINDOWS * _WINDOW_BYTES:
        return content.splitlines()
    starts = range(0, len(content) - _WINDOW_BYTES, (len(content) - _WINDOW_BYTES) // (_WINDOWS - 1))
    windows = (content[start : start + _WINDOW_BYTES] for start in starts)
    return [line for window in windows for line in window.splitlines()[1:-1]]


def _first_high(content: bytes) -> list[bytes]:
    """The lines around the first byte beyond ASCII."""
    at = _HIGH.search(content)
    where = at.start() if at else 0
    start = max(0, content.rfind(b"\n", 0, where))
    stop = where + _WINDOW_BYTES
    lines = content[start:stop].splitlines()
    return lines[:-1] if stop < len(content) and len(lines) > 1 else lines


def _thinned(items: list[bytes]) -> list[bytes]:
    return items[:: max(1, len(items) // SAMPLE)]


def _fits(texts: DbfTexts, name: str) -> bool:
    """Whether all texts decode; a character cut by the width of its field does not count against it."""
    return _one_by_one(texts.high_names, name) and all(_block_fits(block, name) for block in texts.high())


def _block_fits(block: NDArray[np.uint8], name: str) -> bool:
    lines = np.full((len(block), block.shape[1] + 1), ord("\n"), dtype=np.uint8)
    lines[:, :-1] = block
    try:
        lines.tobytes().decode(name)
    except UnicodeDecodeError:
        return _one_by_one(row_texts(block), name)
    return True


def _one_by_one(texts: Iterable[bytes], name: str) -> bool:
    decoder = codecs.getincrementaldecoder(name)
    try:
        for text in texts:
            decoder().decode(text, final=False)
    except UnicodeDecodeError:
        return False
    return True
