#!/usr/bin/env python3
"""Measures a file of prompts against as many commands of one prompt, with the model in the box.

Half of the commands run before the list and half after it, so that a load that grows or shrinks counts for both. Every picture of the list
must be, byte for byte, the file that its own command wrote. Prints JSON: wall time and CPU time (user + system, children included) of both,
their ratios, and the load of the machine. Asserts no time.

    python3 wurstchen-examples/src/test/measure/list_against_commands.py --pictures 100 [--command "java -jar FILE"]
"""

import argparse
import json
import os
import platform
import resource
import shlex
import subprocess
import tempfile
import time
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[4]
COLOURS = ("red", "green", "blue", "yellow", "purple")
THINGS = ("apple", "car", "star", "cat", "house", "fish", "tree")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pictures", type=int, default=20, help="an even number")
    parser.add_argument("--command", default=str(REPOSITORY / "bin" / "wurstchen"))
    arguments = parser.parse_args()
    command = shlex.split(arguments.command)
    prompts = [f"a {COLOURS[i % len(COLOURS)]} {THINGS[i % len(THINGS)]}" for i in range(arguments.pictures)]
    with tempfile.TemporaryDirectory() as folder:
        print(json.dumps(measure(command, prompts, Path(folder)), indent=1))


def measure(command, prompts, folder):
    run(command, ["a red apple", "--seed", "1", "--out", "warm.png"], folder)  # Class data and the hashes of the model are cached.
    (folder / "prompts.txt").write_text("\n".join(prompts) + "\n", encoding="utf-8")
    load = os.getloadavg()[0]
    half = len(prompts) // 2
    alone = [one(command, prompts, i, folder) for i in range(half)]
    listed = run(command, ["--prompts", "prompts.txt", "--seed", "1", "--out", "list.png"], folder)
    alone += [one(command, prompts, i, folder) for i in range(half, len(prompts))]
    for i in range(len(prompts)):
        if (folder / f"list-{i + 1:04}.png").read_bytes() != (folder / f"alone-{i}.png").read_bytes():
            raise SystemExit(f"picture {i} of the list is not the one of its command")
    wall, cpu = (sum(times) for times in zip(*alone))
    return {
        "pictures": len(prompts),
        "command": shlex.join(Path(word).name if "/" in word else word for word in command),
        "machine": f"{platform.machine()}, {os.cpu_count()} processors, load {load:.1f} before and {os.getloadavg()[0]:.1f} after",
        "commands": {"wall_s": round(wall, 1), "cpu_s": round(cpu, 1)},
        "list": {"wall_s": round(listed[0], 1), "cpu_s": round(listed[1], 1)},
        "ratio": {"wall": round(wall / listed[0], 2), "cpu": round(cpu / listed[1], 2)},
    }


def one(command, prompts, i, folder):
    return run(command, [prompts[i], "--seed", "1", "--out", f"alone-{i}.png"], folder)


def run(command, arguments, folder):
    """Returns wall and CPU seconds."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    subprocess.run([*command, "generate", *arguments], cwd=folder, check=True, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.monotonic() - start, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


if __name__ == "__main__":
    main()
