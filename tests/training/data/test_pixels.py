from __future__ import annotations

from pathlib import Path

import pytest
import torch

from training.data import pixels
from training.data.folders import read_folder
from training.data.labelled_set import DataRejected, LabelledSet
from training.data.pixels import in_file, in_memory, slices


@pytest.fixture
def data(training_set: Path) -> LabelledSet:
    whole = read_folder(training_set)
    return whole.only(whole.table.index < 20)


def test_a_file_gives_the_pixels_that_memory_does(data: LabelledSet, tmp_path: Path) -> None:
    cached, kept = in_file(data, tmp_path, side=16), in_memory(data, side=16)
    assert len(cached) == 20
    assert torch.equal(cached[[7, 3, 3]], kept[[7, 3, 3]])
    assert torch.equal(torch.cat(list(slices(cached, 6))), kept)
    with pytest.raises(IndexError, match="20 of 20"):
        cached[[20]]


def test_decoding_that_was_stopped_goes_on_after_the_last_whole_chunk(
    data: LabelledSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pixels, "CHUNK", 4)
    read, opened = pixels.read_picture, []

    def stopping(path: Path) -> object:
        opened.append(path)
        if path == data.table["path"][9]:
            raise KeyboardInterrupt
        return read(path)

    monkeypatch.setattr(pixels, "read_picture", stopping)
    with pytest.raises(KeyboardInterrupt):
        in_file(data, tmp_path, side=16)
    # a chunk that was being written when the machine went down
    (file,) = tmp_path.glob("*.uint8")
    with file.open("ab") as end:
        end.write(b"half of a picture")
    opened.clear()
    monkeypatch.setattr(pixels, "read_picture", lambda path: opened.append(path) or read(path))
    cached = in_file(data, tmp_path, side=16)
    assert sorted(opened) == sorted(data.table["path"][8:])
    assert torch.equal(cached[list(range(20))], in_memory(data, side=16))
    opened.clear()
    in_file(data, tmp_path, side=16)
    assert opened == []


def test_other_pictures_or_another_size_have_a_file_of_their_own(
    data: LabelledSet, tmp_path: Path
) -> None:
    in_file(data, tmp_path, side=16)
    in_file(data, tmp_path, side=8)
    in_file(data.only(data.table.index < 10), tmp_path, side=8)
    assert sorted(f.stat().st_size for f in tmp_path.glob("*.uint8")) == [
        10 * 3 * 64, 20 * 3 * 64, 20 * 3 * 256,
    ]  # fmt: skip


def test_a_file_that_was_cut_short_later_is_told(data: LabelledSet, tmp_path: Path) -> None:
    cached = in_file(data, tmp_path, side=16)
    with cached.path.open("r+b") as file:
        file.truncate(3 * 256 * 5)
    assert cached[[4]].shape == (1, 3, 16, 16)
    with pytest.raises(DataRejected, match="cut short"):
        cached[[5]]
    assert torch.equal(in_file(data, tmp_path, side=16)[[5]], in_memory(data, side=16)[[5]])
