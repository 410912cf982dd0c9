"""What the pages and the training scripts both know about lesion pictures and networks.

Nothing here imports streamlit, and nothing heavy is imported until it is used:
``import core.checkpoints`` costs milliseconds, ``core.checkpoints.load_network`` imports torch.
"""
