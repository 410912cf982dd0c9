"""Several processes that find each other through a file."""

from __future__ import annotations

from pathlib import Path

from lightning.pytorch.strategies import DDPStrategy
from torch import distributed


class MetInFile(DDPStrategy):
    """Lightning's ``ddp_spawn``, whose processes meet in a file of this machine, not at a port.

    Lightning looks for a free port before it starts them, and they bind it after seconds of
    imports: whatever the machine has opened meanwhile, a browser's connection among it, may have
    been given the same port, and then the run fails.
    """

    def __init__(self, store: Path) -> None:
        super().__init__(start_method="spawn")
        self.store = store

    def setup_distributed(self) -> None:
        self.set_world_ranks()
        device = self.root_device
        distributed.init_process_group(
            distributed.get_default_backend_for_device(device),
            rank=self.global_rank, world_size=self.world_size,
            store=distributed.FileStore(str(self.store), self.world_size),  # type: ignore[attr-defined]
            device_id=None if device.type == "cpu" else device,
        )  # fmt: skip
        super().setup_distributed()  # leaves alone what stands

    def teardown(self) -> None:
        super().teardown()
        # Left standing, its threads may outlive what they work on: a process then ends with
        # 'terminate called without an active exception', after all is done.
        if distributed.is_initialized():
            distributed.destroy_process_group()
