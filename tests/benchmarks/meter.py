"""Run a command, and print its exit code, seconds of the clock and of the processor, and peak memory in KiB.

It is a program of its own, because Linux counts into the peak of a process the memory of the one that
started it: this one imports next to nothing.
"""

import os
import sys
import time

began = time.perf_counter()
child = os.posix_spawnp(sys.argv[1], sys.argv[1:], os.environ, file_actions=[(os.POSIX_SPAWN_DUP2, 2, 1)])
_, status, used = os.wait4(child, 0)
wall = time.perf_counter() - began
sys.stdout.write(
    f"{os.waitstatus_to_exitcode(status)} {wall} {used.ru_utime + used.ru_stime} {used.ru_maxrss}\n"
)
