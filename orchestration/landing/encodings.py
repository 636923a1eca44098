"""Which characters a file's bytes mean: UTF-8 or GB18030, found out on the way, line by line.

A file counts as GB18030 from the first block on that is no UTF-8, if nothing before it was UTF-8 beyond
ASCII and if the characters that come out are mostly everyday Chinese. Both encodings never use the byte of
a line feed, a comma or a quote inside another character, so lines may be cut before they are decoded.
"""

from __future__ import annotations

from dataclasses import dataclass, field

UTF8 = "utf-8"
GB18030 = "gb18030"
_SAMPLE_CHARACTERS = 4096
# Everyday characters (the 6,763 of GB 2312) make up nearly all of real Chinese text, and under a third of
# what comes out when other bytes are read as GB18030.
_EVERYDAY_SHARE = 0.8
NOT_DECODABLE = "the line holds bytes that are neither UTF-8 nor GB18030"


@dataclass
class Decoder:
    """Decides a file's encoding once and turns its lines into UTF-8.

    Attributes:
        encoding: UTF8 or GB18030 once known, None while everything was ASCII or broken.
    """

    encoding: str | None = field(default=None)

    def to_utf8(self, data: bytes) -> tuple[bytes, list[int]]:
        """Turn whole lines into UTF-8.

        Args:
            data: complete lines, each ending with a line feed.

        Returns:
            The same number of lines in UTF-8, and the indexes (from 0) of lines that could not be decoded;
            in those, undecodable bytes became U+FFFD.
        """
        if data.isascii():
            return data, []
        if self.encoding is None:
            self.encoding = detect(data)
        if self.encoding in (UTF8, None):
            try:
                data.decode(UTF8)
            except UnicodeDecodeError:
                return _line_by_line(data, encoding=UTF8)
            return data, []
        try:
            return data.decode(GB18030).encode(UTF8), []
        except UnicodeDecodeError:
            return _line_by_line(data, encoding=GB18030)


def detect(data: bytes) -> str | None:
    """Tell UTF-8 from GB18030 by lines that are not ASCII; None where they are neither."""
    lines = [line for line in data.split(b"\n") if not line.isascii()]
    foreign = [line for line in lines if not _decodes(line, UTF8)]
    if not foreign or len(foreign) * 2 <= len(lines):
        return UTF8
    text = "".join(line.decode(GB18030, errors="replace") for line in foreign[:_SAMPLE_CHARACTERS])
    beyond_ascii = [character for character in text if not character.isascii()][:_SAMPLE_CHARACTERS]
    everyday = sum(_is_everyday(character) for character in beyond_ascii)
    return GB18030 if everyday >= _EVERYDAY_SHARE * len(beyond_ascii) else None


def _decodes(line: bytes, encoding: str) -> bool:
    try:
        line.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def _is_everyday(character: str) -> bool:
    try:
        character.encode("gb2312")
    except UnicodeEncodeError:
        return False
    return True


def _line_by_line(data: bytes, *, encoding: str) -> tuple[bytes, list[int]]:
    """Decode around bad lines; only blocks that hold one come here."""
    lines = data.split(b"\n")
    bad = [index for index, line in enumerate(lines) if not _decodes(line, encoding)]
    decoded = b"\n".join(line.decode(encoding, errors="replace").encode(UTF8) for line in lines)
    return decoded, bad
