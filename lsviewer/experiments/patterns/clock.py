"""CPU seconds of what is compared, without what others take from the machine and without pauses."""

import time

import torch


def cpu_seconds() -> float:
    """Return CPU seconds: of this thread where torch has one, of the process where it has several.

    A GPU works beside the CPU: there, wall time is the honest one.
    """
    if torch.cuda.is_available() and torch.cuda.is_initialized():
        torch.cuda.synchronize()
        return time.perf_counter()
    return time.thread_time() if torch.get_num_threads() == 1 else time.process_time()


class Clock:
    """Adds up the seconds spent inside ``with clock:`` blocks."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self._since = 0.0

    def __enter__(self) -> "Clock":
        self._since = cpu_seconds()
        return self

    def __exit__(self, *_: object) -> None:
        self.seconds += cpu_seconds() - self._since
