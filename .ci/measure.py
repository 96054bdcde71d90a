"""Runs a command, passes its exit code on, and says how long it took and how much memory it held.

usage: measure.py COMMAND…
"""

import pathlib
import subprocess
import sys
import threading
import time


def parents():
    """The parent of every process that runs."""
    for entry in pathlib.Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                # The name in brackets may hold anything, also brackets and blanks.
                rest = (entry / "stat").read_text().rpartition(")")[2]
                yield int(entry.name), int(rest.split()[1])
            except OSError:
                pass


def memory(root):
    """Kilobytes held by a process and its descendants; shared pages are counted once."""
    children = {}
    for pid, parent in parents():
        children.setdefault(parent, []).append(pid)
    total, queue = 0, [root]
    while queue:
        pid = queue.pop()
        queue += children.get(pid, [])
        try:
            for line in pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
                if line.startswith("Pss:"):
                    total += int(line.split()[1])
        except OSError:
            pass
    return total


def main():
    start, peak = time.monotonic(), 0
    command = subprocess.Popen(sys.argv[1:])
    done = threading.Event()

    def watch():
        nonlocal peak
        while not done.wait(1):
            peak = max(peak, memory(command.pid))

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        code = command.wait()
    except KeyboardInterrupt:
        code = command.wait()
    done.set()
    watcher.join()
    minutes, seconds = divmod(round(time.monotonic() - start), 60)
    print(f"{' '.join(sys.argv[1:])}: {minutes} min {seconds} s, peak memory {peak / 1024 / 1024:.1f} GB", flush=True)
    sys.exit(code if code >= 0 else 128 - code)


main()
