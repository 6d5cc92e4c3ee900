"""`tsuide warm`: compile once, so that nothing later waits for it."""

from time import perf_counter

from tsuide.app.warming import warm_up
from tsuide.interfaces.cli.terminal import Json, emit, errors_shown


def warm(as_json: Json = False) -> None:
    """Compile every kernel now; the machine code is kept for later runs. `make install` does this."""
    with errors_shown(as_json=as_json):
        began = perf_counter()
        warm_up()
        result = {"seconds": round(perf_counter() - began, 1)}
        emit(result, lambda: f"Kernels are compiled ({result['seconds']} s).", as_json=as_json)
