"""Many files, judged in batches while the next ones are read; memory does not grow with them."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from typing import TYPE_CHECKING

from core.images import ImageRejected, read_image

if TYPE_CHECKING:
    from core.assessment import Assessment
    from core.classifier import Classifier, Prepared

BATCH = 16  # pictures in a forward pass: more gain nothing on a processor, and answers come later
READERS = 2  # decoding is a small part of the work, but a slow disk should not stop it


def assess_files(
    model: Classifier, files: Iterable[str], batch: int = BATCH
) -> Iterator[tuple[str, Assessment | ImageRejected]]:
    """Each file with what ``Classifier.assess`` makes of it, or why it was refused, in order.

    At most three batches are held, as the network takes them: a picture itself is forgotten as soon
    as it is prepared.
    """

    def read(file: str) -> Prepared | ImageRejected:
        try:
            return model.prepare(read_image(file))
        except ImageRejected as refusal:
            return refusal

    todo = iter(files)
    with ThreadPoolExecutor(READERS) as readers:
        ahead: deque[tuple[str, Future[Prepared | ImageRejected]]] = deque()
        while True:
            wanted = 3 * batch - len(ahead)
            ahead.extend((file, readers.submit(read, file)) for file in islice(todo, wanted))
            if not ahead:
                return
            taken = [ahead.popleft() for _ in range(min(batch, len(ahead)))]
            read_ones = [(file, future.result()) for file, future in taken]
            sound = [one for _, one in read_ones if not isinstance(one, ImageRejected)]
            judged = iter(model.assess_prepared(sound))
            for file, one in read_ones:
                yield file, one if isinstance(one, ImageRejected) else next(judged)
