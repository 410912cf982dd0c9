"""A forward pass here against the same network in ONNX Runtime, on one thread each.

python -m tests.bench.onnx

What lies between: torch turns each convolution's weights into oneDNN's layout anew in every pass,
and runs batch norm and ReLU apart. Folding the batch norms alone gains 3 %. With packed weights and
fused activations (``torch.ops.mkldnn._convolution_pointwise``, private to torch's compiler) a
ResNet18 took 28 ms where it took 38 here and 23 in ONNX Runtime. But packed weights have no
gradient: the stress test would need each network a second time, 45 MB of the smallest host's 690,
and so it would beside ONNX Runtime, which takes 20 MB itself. So the house has one path.
"""

from __future__ import annotations

import io
import statistics
import time
import warnings
from collections.abc import Callable

import numpy as np

from core import checkpoints, classifier
from core.pictures.drawn_lesion import draw_lesion

ROUNDS = 40
MOST_APART = 1e-3  # logits of one network, in two libraries


def ratio(name: str) -> dict[str, float]:
    """Our median over ONNX Runtime's, measured in turns."""
    import onnxruntime
    import torch

    model = classifier.load_for_serving(name)
    x = model.network_input(draw_lesion(224, 224))[None]
    exported = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that there is a newer exporter, which needs more packages
        torch.onnx.export(model.network, (x,), exported, dynamo=False, opset_version=17)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(
        exported.getvalue(), options, providers=["CPUExecutionProvider"]
    )
    given = {session.get_inputs()[0].name: x.numpy()}

    def ours() -> np.ndarray:
        with torch.inference_mode():
            return model.network(x).numpy()

    def theirs() -> np.ndarray:
        return np.asarray(session.run(None, given)[0])

    seconds: dict[Callable[[], np.ndarray], list[float]] = {ours: [], theirs: []}
    if np.abs(ours() - theirs()).max() > MOST_APART:
        raise RuntimeError(f"{name} in ONNX Runtime is another network")
    for _ in range(ROUNDS):
        for run, taken in seconds.items():
            start = time.perf_counter()
            run()
            taken.append(time.perf_counter() - start)
    here, there = (statistics.median(taken) for taken in seconds.values())
    return {"forward, of ONNX Runtime's": round(here / there, 3)}


if __name__ == "__main__":
    for model_name in checkpoints.available():
        print(model_name, ratio(model_name))
