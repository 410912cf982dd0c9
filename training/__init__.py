"""What makes checkpoints and figures. Imports core, never the other way round."""
