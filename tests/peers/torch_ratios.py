#!/usr/bin/env python3
"""Ours and PyTorch's in turns, `--rounds` times; prints medians over the rounds, and how many times faster ours is.

    python3 tests/peers/torch_ratios.py ./msach [--rounds 3] [--seconds 3] [--threads 2]
"""
import argparse
import importlib.util
import json
import os
import statistics
import subprocess
import sys

# field, words, True where less is better
ROWS = [("stage1_pairs_per_s", "stage 1, pairs/s", False), ("stage2_pairs_per_s", "stage 2, pairs/s", False),
        ("encode_image_per_s", "images, a second", False), ("encode_one_image_ms", "one image alone, ms", True),
        ("encode_text_per_s", "texts, a second", False), ("stage1_peak_mb", "stage 1, peak memory, MB", True),
        ("sgemm_gflops", "sgemm 2048, GFLOP/s", False)]


def run(command, prefix):
    done = subprocess.run(prefix + command, stdout=subprocess.PIPE, text=True)
    if done.returncode:
        sys.exit("failed: " + " ".join(command))
    return json.loads(done.stdout)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("msach")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--prefix", default="", help="put before both commands, for example 'chrt -f 10'")
    a = parser.parse_args()
    if importlib.util.find_spec("torch") is None:
        print("peers: skipped the comparison with PyTorch: python3-torch is missing (apt install python3-torch)")
        return
    script = os.path.join(os.path.dirname(os.path.abspath(__file__)), "torch_steps.py")
    common, prefix = ["--threads", str(a.threads), "--seconds", str(a.seconds)], a.prefix.split()
    ours, theirs = {}, {}
    for _ in range(a.rounds):
        for what in ("train", "encode"):
            for into, command in ((ours, [a.msach, "bench", what, "--json"]), (theirs, [sys.executable, script, what])):
                result = run(command + common, prefix)
                for field, _, _ in ROWS:
                    if field in result:
                        into.setdefault(field, []).append(result[field])
    print(f"{a.threads} threads, {a.rounds} rounds; ratio: how many times better ours is, of medians\n")
    print(f"{'':28} {'msach':>10} {'PyTorch':>10} {'ratio':>7}")
    for field, words, less in ROWS:
        own, peer = statistics.median(ours[field]), statistics.median(theirs[field])
        print(f"{words:28} {own:10.1f} {peer:10.1f} {peer / own if less else own / peer:7.2f}")


if __name__ == "__main__":
    main()
