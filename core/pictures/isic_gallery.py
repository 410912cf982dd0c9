"""A few dermoscopic pictures with a known diagnosis, from the ISIC Archive's public API.

Nothing here is shipped: the pictures are fetched when a server runs, and kept in its memory. What
the archive answers is as untrusted as an upload.
"""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from http.client import HTTPException, HTTPMessage
from typing import IO, Any
from urllib.parse import urlsplit

from core.images import MAX_BYTES, ImageRejected, open_image

API = "https://api.isic-archive.com/api/v2"
# Where the archive keeps its files, besides the API's own host.
FILE_HOSTS = ("content.isic-archive.com", "isic-archive.s3.amazonaws.com")
# From the archive's oldest public collection, the training set of the challenges of 2016 and 2017:
# three nevi, three melanomas by that challenge's labels. Label and licence are not taken from this
# list but from what the archive says when it is asked: a picture that isn't CC-0 then is left out.
IDS = (
    "ISIC_0000000", "ISIC_0000002", "ISIC_0000001",
    "ISIC_0000004", "ISIC_0000003", "ISIC_0000013",
)  # fmt: skip
LICENCE = "CC-0"

WAIT = 5.0  # seconds for one answer to begin or go on
PATIENCE = 30.0  # seconds for all of them
_MAX_JSON = 2**16  # bytes; an answer has about 2,000
_MAX_TEXT = 200  # characters of a diagnosis or attribution
_MAX_PICTURE = MAX_BYTES // 5  # 2 MB, so six take 12: these pictures have a few hundred kB


class _Refused(Exception):
    """An answer that is not what was asked for."""


@dataclass(frozen=True)
class Specimen:
    """A picture as the file that was fetched, readable by ``open_image``, and what is known."""

    isic_id: str
    diagnosis: str
    attribution: str
    data: bytes


def fetch(clock: Callable[[], float] = time.monotonic) -> tuple[Specimen, ...]:
    """Ask the archive for every id; what is missing, slow or odd is left out without a word.

    Never raises for what the network or the archive does. After ``PATIENCE`` seconds nothing more
    is asked for, and no answer that still comes in is read on.
    """
    end = clock() + PATIENCE
    found = []
    for isic_id in IDS:
        if clock() > end:
            break
        try:
            found.append(_specimen(isic_id, lambda: clock() > end))
        # ValueError: JSON, its encoding, an address that is none; RecursionError: too deep a JSON
        except (_Refused, ImageRejected, OSError, HTTPException, ValueError, RecursionError):
            continue
    return tuple(found)


def _specimen(isic_id: str, late: Callable[[], bool]) -> Specimen:
    answer = json.loads(_get(f"{API}/images/{isic_id}/", "application/json", _MAX_JSON, late))
    if _text(answer, "isic_id") != isic_id or _text(answer, "copyright_license") != LICENCE:
        raise _Refused
    attribution, diagnosis = _text(answer, "attribution"), _diagnosis(answer)
    data = _get(_text(answer, "files", "full", "url"), "image/", _MAX_PICTURE, late)
    open_image(data)
    return Specimen(isic_id, diagnosis, attribution, data)


def _diagnosis(answer: Any) -> str:
    """The class and the finest name of it that is given, such as 'Malignant: Melanoma, NOS'."""
    clinical = _at(answer, "metadata", "clinical")
    if not isinstance(clinical, dict):
        raise _Refused
    names = [clinical.get(key) for key in ("diagnosis_1", "diagnosis_2", "diagnosis_3")]
    given = [_clean(name) for name in names if isinstance(name, str) and name.strip()]
    if not given:
        raise _Refused
    return given[0] if len(given) == 1 else f"{given[0]}: {given[-1]}"


def _at(answer: Any, *keys: str) -> Any:
    for key in keys:
        answer = answer.get(key) if isinstance(answer, dict) else None
    return answer


def _text(answer: Any, *keys: str) -> str:
    value = _at(answer, *keys)
    if not isinstance(value, str) or not value.strip():
        raise _Refused
    return value if keys[-1] == "url" else _clean(value)


def _clean(text: str) -> str:
    """One line of letters that can be shown: no line breaks, no marks that turn the writing."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())[:_MAX_TEXT]


def _get(url: str, kind: str, most: int, late: Callable[[], bool]) -> bytes:
    _check(url)
    opener = urllib.request.build_opener(_SameHosts)
    with opener.open(url, timeout=WAIT) as response:
        if not response.headers.get_content_type().startswith(kind):
            raise _Refused
        data = bytearray()
        while part := response.read1(2**16):
            data += part
            if len(data) > most or late():
                raise _Refused
        return bytes(data)


def _check(url: str) -> None:
    """Only the archive's hosts are asked, and as safely as the API itself."""
    api, asked = urlsplit(API), urlsplit(url)
    if asked.scheme != api.scheme or asked.netloc not in (api.netloc, *FILE_HOSTS):
        raise _Refused


class _SameHosts(urllib.request.HTTPRedirectHandler):
    def redirect_request(
        self,
        req: urllib.request.Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: HTTPMessage,
        newurl: str,
    ) -> urllib.request.Request | None:
        _check(newurl)
        return super().redirect_request(req, fp, code, msg, headers, newurl)
