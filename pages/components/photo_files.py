"""Several photos at once, or one zip of them, asked for and handed on one at a time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePath
from typing import TYPE_CHECKING

import streamlit as st

from core import images
from core.pictures import archive, file_kinds
from core.pictures.archive import ArchiveLimits, ArchiveRejected, PhotoArchive, PhotoFile
from core.pictures.display_names import named_apart
from pages.components.uploader import PROMISE, accepted

if TYPE_CHECKING:
    from streamlit.runtime.uploaded_file_manager import UploadedFile

LIMITS = ArchiveLimits()
_MEGABYTE = 2**20
_ZIP = b"PK\x03\x04"


@dataclass(frozen=True)
class PhotoFiles:
    """What was chosen: ``len`` and iteration are over its files; ``ids`` tell it from others."""

    ids: tuple[str, ...]
    archive: PhotoArchive | None
    uploads: tuple[UploadedFile, ...]

    def __len__(self) -> int:
        return len(self.uploads if self.archive is None else self.archive)

    def __iter__(self) -> Iterator[PhotoFile]:
        if self.archive is not None:
            yield from self.archive
            return
        names = named_apart([upload.name for upload in self.uploads])
        for upload, name in zip(self.uploads, names, strict=True):
            yield PhotoFile(name, upload.getvalue())


def choose() -> PhotoFiles | None:
    """Ask for photos; ``None`` until there are some. A refusal is told in its own sentence."""
    uploads = st.file_uploader(
        f"Photos of one skin lesion each, or a zip of up to {LIMITS.pictures}",
        type=accepted("zip"), accept_multiple_files=True,
        max_upload_size=archive.MAX_BYTES // _MEGABYTE, key="many-files",
    )  # fmt: skip
    st.caption(
        f"A photo may have {images.MAX_BYTES // _MEGABYTE} MB; a zip "
        f"{archive.MAX_BYTES // _MEGABYTE} MB, and {LIMITS.unpacked // _MEGABYTE} MB "
        "once unpacked. Folders in a zip are fine, a zip in it is not."
    )
    st.caption(PROMISE.format("The photos are"))
    if not uploads:
        return None
    try:
        return _checked(tuple(uploads))
    except ArchiveRejected as refusal:
        st.error(str(refusal), icon=":material/folder_off:")
        return None


def _checked(uploads: tuple[UploadedFile, ...]) -> PhotoFiles:
    ids = tuple(upload.file_id for upload in uploads)
    zips = [upload for upload in uploads if _is_zip(upload)]
    if not zips:
        kinds = [file_kinds.is_picture_by_name(PurePath(upload.name)) for upload in uploads]
        photos = tuple(u for u, kind in zip(uploads, kinds, strict=True) if kind is not False)
        if not photos:
            raise ArchiveRejected("No picture is among these files.")
        if len(photos) > LIMITS.pictures:
            raise ArchiveRejected(
                f"These are {len(photos)} photos; the limit is {LIMITS.pictures} at a time."
            )
        if others := file_kinds.left_out(len(uploads) - len(photos)):
            st.caption(others)
        return PhotoFiles(ids, None, photos)
    if len(uploads) > 1:
        raise ArchiveRejected("Please choose either photos or one zip, not both at a time.")
    opened = archive.open_archive(zips[0].getvalue(), LIMITS)
    others = file_kinds.left_out(opened.left_out + len(opened.table_paths()))
    if others:
        st.caption(others)
    return PhotoFiles(ids, opened, ())


def _is_zip(upload: UploadedFile) -> bool:
    """By name, or by content where it has no name that says what it is."""
    if upload.name.lower().endswith(".zip"):
        return True
    return not PurePath(upload.name).suffix and bytes(upload.getbuffer()[:4]) == _ZIP
