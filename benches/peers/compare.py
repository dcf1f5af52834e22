"""Times whole processes side by side: interleaved runs, medians, ratio of medians, peak memory.

Usage: compare.py [--runs N] NAME_A 'COMMAND A' NAME_B 'COMMAND B'

The first run of each is a warm-up and is not counted. Standard library only.
"""
import os
import shlex
import statistics
import sys
import time


def run(command):
    """Seconds and peak resident bytes of one run of the command; stops on failure."""
    start = time.perf_counter()
    pid = os.posix_spawnp(
        command[0],
        command,
        os.environ,
        file_actions=[(os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)],
    )
    _, status, usage = os.wait4(pid, 0)
    seconds = time.perf_counter() - start
    if os.waitstatus_to_exitcode(status) != 0:
        sys.exit(f"failed: {shlex.join(command)}")
    return seconds, usage.ru_maxrss * 1024


def main():
    arguments = sys.argv[1:]
    runs = 9
    if arguments[:1] == ["--runs"]:
        runs, arguments = int(arguments[1]), arguments[2:]
    if len(arguments) != 4:
        sys.exit(__doc__)
    names = arguments[0::2]
    commands = [shlex.split(command) for command in arguments[1::2]]
    for command in commands:
        run(command)
    measured = [[], []]
    for _ in range(runs):
        for which, command in enumerate(commands):
            measured[which].append(run(command))
    medians = []
    for name, figures in zip(names, measured):
        seconds = sorted(second for second, _ in figures)
        medians.append(statistics.median(seconds))
        peak = max(memory for _, memory in figures) / 2**20
        print(f"{name}: median {medians[-1]:.3f} s (min {seconds[0]:.3f}, max {seconds[-1]:.3f}), peak {peak:.0f} MiB, {runs} runs")
    print(f"ratio {names[1]} / {names[0]}: {medians[1] / medians[0]:.2f}")


main()
