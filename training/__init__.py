"""What makes checkpoints and figures. Imports core, never the other way round."""

from core.networks import torchvision_import

# Lightning's metrics and our augmentation import torchvision; see there why it needs a hand.
torchvision_import.prepare()
