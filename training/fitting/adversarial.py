"""Training on pictures that are moved against the network while it learns.

Wong et al. 2020, arXiv:2001.03994: from a random point within epsilon of the picture one signed
step of 1.25 epsilon up the loss, and back to within epsilon. As good as many small steps where
epsilon is small, at their price of one.
"""

from __future__ import annotations

import torch

from core.probes import attacks
from training.fitting.module import LesionModule

STEP = 1.25
# Epochs are compared under a stronger attack than the one they learn from, or one that only fools
# the weak one would be kept.
VALIDATION_STEPS = 3


class AdversarialModule(LesionModule):
    """``LesionModule`` whose pictures are moved against it by up to ``preset.adversarial``.

    Its validation columns are of attacked pictures too.
    """

    def met_in_training(self, x: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        epsilon = self.preset.adversarial
        draw = (2 * torch.rand(x.shape) - 1).to(x)  # on the processor: the same on every device
        near = (x + epsilon * draw).clamp(0, 1)
        # an attacked copy is not what batch norm should remember, nor is it served in batches
        self.network.eval()
        gradient = attacks.input_gradient(self.network, near, labels)
        self.network.train()
        moved = attacks.along(near, gradient, STEP * epsilon)
        return torch.minimum(torch.maximum(moved, x - epsilon), x + epsilon).clamp(0, 1)

    def met_in_validation(self, x: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        epsilon, seeds = self.preset.adversarial, range(len(x))
        return attacks.pgd(self.network, x, labels, epsilon, VALIDATION_STEPS, seeds)
