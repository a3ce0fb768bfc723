"""Applies a plan: drives its stages on threads, and yields events as they happen."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from queue import SimpleQueue
from typing import TYPE_CHECKING

from jobspec.reconcile.protocol.stages import Event, Pause, Together, stages

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jobspec.apply.driver import Driver
    from jobspec.reconcile.planning.plan import Plan
    from jobspec.reconcile.protocol.submit import Assumptions

PARALLEL = 8


def apply(plan: Plan, driver: Driver, assumptions: Assumptions) -> Iterator[Event]:
    """Carry out every change of a plan and yield the events.

    An error answer of the platform is an outcome, not an exception. Closing the iterator early interrupts the
    rest.
    """
    pool = ThreadPoolExecutor(PARALLEL, thread_name_prefix="jobspec-apply")
    events: SimpleQueue[Event | None] = SimpleQueue()
    try:
        for stage in stages(plan, assumptions, events.put):
            match stage:
                case Pause():
                    driver.clock.sleep(stage.seconds)
                case Together():
                    yield from _at_once(stage, pool, driver, events)
    except BaseException:
        driver.clock.interrupt()
        raise
    finally:
        pool.shutdown(cancel_futures=True)


def _at_once(
    stage: Together, pool: ThreadPoolExecutor, driver: Driver, events: SimpleQueue[Event | None]
) -> Iterator[Event]:
    """Drive every walk of a stage; yield events, including earlier ones, until all walks have ended."""
    futures = [pool.submit(driver.run, walk.protocol) for walk in stage.walks]
    for future in futures:
        future.add_done_callback(lambda _: events.put(None))
    left = len(futures)
    while left or not events.empty():
        event = events.get()
        if event is None:
            left -= 1
        else:
            yield event
    for future in futures:
        future.result()
