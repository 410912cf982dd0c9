"""Photos and zips sent to 'Many photos'."""

from __future__ import annotations

import io
import zipfile

from streamlit.testing.v1 import AppTest


def zipped(members: dict[str, bytes]) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return data.getvalue()


def upload(page: AppTest, **files: bytes) -> AppTest:
    chosen = [(name.replace("_", "."), data, "") for name, data in files.items()]
    return page.file_uploader(key="many-files").set_value(chosen).run()
