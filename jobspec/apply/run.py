"""Applying a plan: drives its stages on threads, and yields what happens as it happens."""

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
    """Carry out every change of a plan and yield what happens.

    Nothing is raised for what the platform answers: that is an outcome. Whoever stops reading before the end
    interrupts what is left.
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
    """Walk everything of a stage; yields what is reported, also before it began, until all has ended."""
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
