"""Which files of a folder or an archive are pictures, by name or, where that says nothing, content.

Systems, cameras and websites put files of their own beside people's pictures. Those are neither
read nor counted; a file that is named as a picture counts as one, whatever is in it.
"""

from __future__ import annotations

from pathlib import PurePath

from core.decoding import heif_structure, jpeg_structure, png_structure, webp_structure

HEAD = 64  # bytes from which a file's kind is known

# Kinds that are read here, then those that people send in their place and that get a sentence.
_PICTURES = frozenset((
    "jpg", "jpeg", "jpe", "jfif", "jif", "pjpeg", "png", "apng", "webp", "heic", "heif",
    "heics", "heifs", "hif", "gif", "tif", "tiff", "bmp", "dib", "avif", "jxl", "jp2", "j2k",
    "jpx", "psd", "tga", "dcm", "dicom", "svg", "dng", "cr2", "cr3", "crw", "nef", "nrw",
    "arw", "srf", "sr2", "raf", "orf", "rw2", "pef", "srw", "raw",
))  # fmt: skip
# Films, texts, tables and lists: a Live Photo's MOV and AAE, Takeout's JSON, an ISIC download's
# attribution and licences.
_OTHERS = frozenset((
    "mov", "mp4", "m4v", "avi", "3gp", "3g2", "mkv", "mpg", "mpeg", "webm", "mp3", "m4a",
    "wav", "aac", "aae", "xmp", "xml", "json", "jsonl", "txt", "text", "md", "rst", "rtf",
    "html", "htm", "css", "js", "csv", "tsv", "tab", "xls", "xlsx", "ods", "doc", "docx",
    "odt", "ppt", "pptx", "pdf", "ps", "log", "ini", "cfg", "db", "sqlite", "lnk", "url",
    "webloc", "thm", "lrv", "ds_store", "py", "ipynb", "r", "m", "mat", "npy", "npz", "h5",
    "hdf5", "pkl", "yaml", "yml", "toml", "bib", "exe", "dll", "bat", "sh", "tmp", "bak",
    "part", "crdownload", "download",
))  # fmt: skip
# What macOS, Windows, Synology, QNAP and Jupyter leave behind; what begins with a dot goes with it.
_LITTER = frozenset((
    "__macosx", "thumbs.db", "ehthumbs.db", "ehthumbs_vista.db", "desktop.ini", "icon\r", "@eadir",
    "@__thumb", "#recycle", "@recycle", "@recently-snapshot", "$recycle.bin",
    "system volume information", "lost+found", "__pycache__",
))  # fmt: skip


def is_litter(path: PurePath) -> bool:
    """Whether a path, or a folder on its way, is a system's own."""
    return any(part.startswith(".") or part.casefold() in _LITTER for part in path.parts)


def is_picture_by_name(path: PurePath) -> bool | None:
    """Whether a file counts as a picture; ``None`` where only its content can tell.

    ``path`` is relative to what somebody chose: folders above it are nobody's business here.
    """
    if is_litter(path):
        return False
    ending = path.suffix.casefold().strip(". ")
    if ending in _PICTURES:
        return True
    return False if ending in _OTHERS else None


def begins_as_picture(head: bytes) -> bool:
    """Whether a file's first ``HEAD`` bytes are those of a kind that is read here."""
    kinds = (jpeg_structure, png_structure, webp_structure, heif_structure)
    return any(kind.begins(head) for kind in kinds)


def left_out(count: int) -> str:
    """The sentence for files that are no pictures; empty for none."""
    if not count:
        return ""
    if count == 1:
        return "1 file that is no picture was left out."
    return f"{count:,} files that are no pictures were left out."
