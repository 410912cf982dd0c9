"""The mean of the weights of several networks."""

from __future__ import annotations

import torch

from training.data.labelled_set import DataRejected

State = dict[str, torch.Tensor]


def average(states: list[State]) -> State:
    """The mean of each tensor, of running statistics too; counters are the first's.

    Raises ``DataRejected`` for states of different networks.
    """
    first = states[0]
    shapes = {key: value.shape for key, value in first.items()}
    if any({k: v.shape for k, v in state.items()} != shapes for state in states):
        raise DataRejected("The networks to average are not of one architecture.")
    return {
        key: torch.stack([state[key] for state in states]).mean(dim=0)
        if value.is_floating_point() else value
        for key, value in first.items()
    }  # fmt: skip
