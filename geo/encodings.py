"""Which encoding a text is in: the declared one, checked, or else UTF-8 or GB18030 if the bytes fit.

GB18030 holds all of GBK and GB2312, so one name serves the three.
"""

import codecs
import struct
from collections.abc import Iterable
from pathlib import Path

from geo.read_problems import problem

UTF8 = "UTF-8"
CHINESE = "GB18030"

_LEADS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))


def decode(file: str, content: bytes, declared: str | None) -> tuple[str, str]:
    """The text of a whole file, and the encoding it was in."""
    led = next((name for mark, name in _LEADS if content.startswith(mark)), None)
    if led:
        return content.decode(led), UTF8 if led == "utf-8-sig" else "UTF-16"
    for name in (_known(file, declared),) if declared else (UTF8, CHINESE):
        try:
            return content.decode(name), name
        except UnicodeDecodeError as error:
            where = error.start
    raise problem("bytes_unfit", file, byte=where + 1, encoding=declared or "UTF-8 or GB18030")


def of_dbf(path: Path, file: str, declared: str | None, stated: str | None) -> str:
    """The encoding of the texts in a .dbf: the caller's, else that of the .cpg, else the one that fits.

    A declared or stated encoding that the bytes contradict is an error, since its text would be nonsense.
    """
    texts = _texts(path)
    name = declared or stated
    if name:
        known = _known(file, name)
        if not _fits(texts, known):
            raise problem("texts_unfit" if declared else "cpg_unfit", file, encoding=name)
        return known
    fitting = next((each for each in (UTF8, CHINESE) if _fits(texts, each)), None)
    if fitting is None:
        raise problem("texts_unknown", file)
    return fitting


def of_cpg(path: Path) -> str | None:
    """What a .cpg file states, in Python's words; None without one."""
    if not path.exists():
        return None
    words = path.read_bytes()[:64].decode("ascii", errors="replace").strip()
    words = words.removeprefix("OEM ").removeprefix("ANSI ")
    return f"cp{words}" if words.isdecimal() else words or None


def _known(file: str, name: str) -> str:
    try:
        codec = codecs.lookup(name).name
    except LookupError as error:
        raise problem("no_encoding", file, encoding=name) from error
    return CHINESE if codec in ("gbk", "gb2312", "gb18030") else UTF8 if codec == "utf-8" else name


def _texts(path: Path) -> list[bytes]:
    """Field names and text values of a .dbf that have bytes beyond ASCII."""
    content = path.read_bytes()
    records, header, width = struct.unpack("<IHH", content[4:12])
    fields = [content[at : at + 32] for at in range(32, header - 1, 32) if content[at] != 0x0D]
    found = {field[:11].split(b"\x00")[0] for field in fields}
    body = content[header : header + records * width]
    if body.isascii():
        return [text for text in found if not text.isascii()]
    start = 1
    for field in fields:
        length = field[16]
        if field[11:12] == b"C":
            found.update(body[at + start : at + start + length] for at in range(0, len(body), width))
        start += length
    return [text for text in found if not text.isascii()]


def _fits(texts: Iterable[bytes], name: str) -> bool:
    """Whether all texts decode; a character cut by the width of its field does not count against it."""
    for text in texts:
        try:
            codecs.getincrementaldecoder(name)().decode(text.rstrip(b" \x00"), final=False)
        except UnicodeDecodeError:
            return False
    return True
