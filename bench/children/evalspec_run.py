"""evalspec, as `evalspec run SPEC` would do it: compile, run, publish where the second argument says so.

Measured is `evalspec.run`, from its call to the last acknowledgement of the server, or to its end where
nothing is published. The compilation before it, and the reading back after it, are told separately. Imports
count for no runner: those that evalspec puts off until they are needed are made before.
"""

import gc
import sys
from typing import Any

import anyio

import evalspec
import evalspec.langfuse_io.capture
import evalspec.langfuse_io.preflight
import evalspec.langfuse_io.publisher
from bench.children.measuring import Moment, tell, warm_up


def main(spec: str, backend: str) -> None:
    warm_up()
    run = evalspec.run
    start = Moment.now()
    plan = evalspec.compile(spec)
    gc.freeze()  # as the command line does
    began = Moment.now()
    acknowledged: list[Moment] = []
    if backend == "langfuse":
        _note_acknowledgements(acknowledged)
    # Beyond the last acknowledgement patience is for reading back, which the sink is slow at.
    patience = 300 if len(plan.dataset.items) <= 10_000 else 60
    options = evalspec.RunOptions(start=spec, backend=backend, publish_timeout=patience)  # type: ignore[arg-type]
    result = anyio.run(run, plan, options)
    ended = Moment.now()
    publication = result.summary.publication
    if result.exit_code or publication.pending or publication.refused:
        raise SystemExit(f"not a clean run: {result.summary.reasons} {publication}")
    last = acknowledged[-1] if acknowledged else ended
    tell(
        began,
        last,
        len(plan.dataset.items),
        compiling=began.wall - start.wall,
        with_reading_back=ended.wall - began.wall,
        cpu_with_reading_back=ended.cpu - began.cpu,
        working=result.summary.run.duration_seconds or 0.0,
        confirmed=publication.confirmed,
    )


def _note_acknowledgements(moments: list[Moment]) -> None:
    """Note when each write was answered."""
    from evalspec.langfuse_io.delivery import Delivery

    original = Delivery._persist

    async def noted(*arguments: Any, **keywords: Any) -> Any:
        answer = await original(*arguments, **keywords)
        moments[:] = [Moment.now()]
        return answer

    Delivery._persist = noted  # type: ignore[method-assign]


if __name__ == "__main__":
    main(*sys.argv[1:])
