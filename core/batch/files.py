"""Many files, judged in batches by several threads; memory does not grow with them."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from typing import TYPE_CHECKING

from core.images import ImageRejected, read_image
from core.runtime.cores import cores

if TYPE_CHECKING:
    from core.assessment.assess import Assessment
    from core.classifier import Classifier, Prepared

    Found = list[tuple[str, Assessment | ImageRejected]]

BATCH = 4  # pictures in a forward pass: more gain nothing on a processor, and answers come later
# Each holds a batch and what the network makes of it: 75 MiB of the largest.
MOST_WORKERS = 4


def assess_files(
    model: Classifier, files: Iterable[str], batch: int = BATCH, workers: int | None = None
) -> Iterator[tuple[str, Assessment | ImageRejected]]:
    """Each file with what ``Classifier.assess`` makes of it, or why it was refused, in order.

    Each of ``workers`` threads reads a batch and judges it: as many as there are cores, up to
    four, if ``None``. Load the model for threads: with torch's own beside these, each forward pass
    waits for a processor that is busy reading. One batch more than there are workers
    is under way at most, and a picture is forgotten as soon as it is prepared.
    """
    workers = workers or min(MOST_WORKERS, cores())
    todo = iter(files)
    with ThreadPoolExecutor(workers) as pool:
        ahead: deque[Future[Found]] = deque()
        while True:
            while len(ahead) <= workers and (some := list(islice(todo, batch))):
                ahead.append(pool.submit(_assess, model, some))
            if not ahead:
                return
            yield from ahead.popleft().result()


def _assess(model: Classifier, files: list[str]) -> Found:
    ready: list[Prepared | ImageRejected] = []
    for file in files:
        try:
            ready.append(model.prepare(read_image(file)))
        except ImageRejected as refusal:
            ready.append(refusal)
    sound = [one for one in ready if not isinstance(one, ImageRejected)]
    judged = iter(model.assess_prepared(sound))
    return [
        (file, one if isinstance(one, ImageRejected) else next(judged))
        for file, one in zip(files, ready, strict=True)
    ]
