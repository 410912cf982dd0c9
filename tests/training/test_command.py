"""What every command does with its options, with what goes wrong, and with an interrupt."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from training import command
from training.data.labelled_set import DataRejected


@dataclass(frozen=True)
class Options:
    data: Path
    often: int


def parser() -> argparse.ArgumentParser:
    p = command.new_parser("training.anything", "Does anything.\n\nAt length.")
    p.add_argument("--data", type=Path, required=True)
    p.add_argument("--often", type=command.positive, default=1)
    return p


def run(work: Callable[[Options, str], int | None], *arguments: str) -> int:
    return command.run(parser(), Options, work, list(arguments), after_stop="It goes on.")


def fails_with(error: BaseException) -> Callable[[Options, str], None]:
    def work(options: Options, recorded: str) -> None:
        raise error

    return work


def test_work_gets_a_frozen_data_class_and_the_command_without_folders(tmp_path: Path) -> None:
    seen: list[tuple[Options, str]] = []
    status = run(lambda *given: seen.append(given), "--data", str(tmp_path), "--often", "3")
    assert status == 0
    assert seen == [
        (Options(tmp_path, 3), f"python -m training.anything --data {tmp_path.name} --often 3")
    ]


def test_help_begins_with_the_first_line_of_the_docstring(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(SystemExit) as end:
        run(lambda *_: None, "--help")
    said = capsys.readouterr().out
    assert end.value.code == 0
    assert said.startswith("usage: python -m training.anything")
    assert "Does anything." in said
    assert "At length." not in said


@pytest.mark.parametrize(
    ("error", "status", "sentence"),
    [
        (DataRejected("No pictures."), 2, "No pictures.\n"),
        (
            PermissionError(13, "Permission denied", "card.json"), 2,
            "card.json cannot be read or written: Permission denied. It goes on.\n",
        ),
        (OSError("disk"), 2, "A file cannot be read or written: disk. It goes on.\n"),
        (KeyboardInterrupt(), 130, "Stopped. It goes on.\n"),
        (KeyboardInterrupt(143), 143, "Stopped. It goes on.\n"),
    ],
)  # fmt: skip
def test_what_ends_a_command_is_one_sentence_and_a_status(
    error: BaseException, status: int, sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(fails_with(error), "--data", "x") == status
    assert capsys.readouterr().err == sentence


def test_a_status_of_the_work_is_the_command_s() -> None:
    assert run(lambda *_: command.FAILED, "--data", "x") == 1


def test_a_fault_of_the_program_is_not_told_as_one_of_the_user_s() -> None:
    with pytest.raises(KeyError):
        run(fails_with(KeyError("y")), "--data", "x")


def test_an_empty_list_of_arguments_is_no_command_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["pytest", "--data", "x"])
    with pytest.raises(SystemExit):
        run(lambda *_: None)
    assert "--data" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("read", "given", "said"),
    [
        (command.device_list, "zwei", "auto, -1, 2 or 0,1 is needed, not zwei"),
        (command.device_list, "0", "auto, -1, 2 or 0,1 is needed, not 0"),
        (command.device_list, "0,x", "auto, -1, 2 or 0,1 is needed, not 0,x"),
        (command.accelerator, "abacus", "auto, cpu or gpu is needed, not abacus"),
        (command.strategy, "foo", "auto or ddp is needed, not foo"),
    ],
)
def test_a_machine_that_is_not_there_is_refused_in_a_sentence(
    read: Callable[[str], str], given: str, said: str
) -> None:
    with pytest.raises(argparse.ArgumentTypeError, match=said):
        read(given)


@pytest.mark.parametrize(
    ("read", "given"),
    [(command.device_list, one) for one in ("auto", "-1", "1", "2", "0,1")]
    + [(command.accelerator, "cpu"), (command.strategy, "ddp_spawn")],
)
def test_what_lightning_takes_passes_as_it_is(read: Callable[[str], str], given: str) -> None:
    assert read(given) == given


def test_a_gpu_is_asked_for_only_where_one_is(monkeypatch: pytest.MonkeyPatch) -> None:
    import torch

    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert command.accelerator("gpu") == "gpu"
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(argparse.ArgumentTypeError, match="no gpu is found on this machine"):
        command.accelerator("gpu")
