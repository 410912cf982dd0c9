"""Imports a library without those of its own imports that it never needs for what is done here.

Some libraries import others, tens of megabytes of them, for one function that nobody here calls.
The smallest host has 690 MB. While the library is imported, modules that have only the names it
asks for stand in for them; afterwards they are gone again, and who imports the real ones gets them.
"""

from __future__ import annotations

import importlib
import sys
import threading
from collections.abc import Mapping
from types import ModuleType

StandIns = Mapping[str, Mapping[str, object]]
"""What stands in, by a module's full name: the names that are asked of it, and their values."""
_lock = threading.Lock()


def without(library: str, stand_ins: StandIns) -> None:
    """Import ``library`` without the modules named in ``stand_ins``, where they are not there yet.

    A version of it that asks more of them is imported as usual when it is next asked for.
    """
    with _lock:
        if library in sys.modules:
            return
        placed = {name: ModuleType(name) for name in stand_ins if name not in sys.modules}
        for name, module in placed.items():
            vars(module).update(stand_ins[name])
        sys.modules.update(placed)
        for name, module in placed.items():  # as an import does
            if parent := sys.modules.get(name.rpartition(".")[0]):
                setattr(parent, name.rpartition(".")[2], module)
        try:
            importlib.import_module(library)
        except (ImportError, AttributeError):  # it asks for more
            for name in [name for name in sys.modules if name.split(".")[0] == library]:
                del sys.modules[name]
        finally:
            for name, module in placed.items():
                if sys.modules.get(name) is module:
                    del sys.modules[name]
                parent = sys.modules.get(name.rpartition(".")[0])
                if parent and vars(parent).get(name.rpartition(".")[2]) is module:
                    delattr(parent, name.rpartition(".")[2])
