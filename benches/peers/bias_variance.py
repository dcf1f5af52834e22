"""Bias and variance of decision trees side by side: ours, and mlxtend over scikit-learn.

Usage: bias_variance.py BINARY [--telco CSV] [--runs N] [--only WORD]

0-1 loss by mlxtend's definition, bootstrap rounds, test = rows with index mod 5 = 0. The first work
is the IBM Telco churn table in 45 encoded columns where its file is given, else simulated customers
of the same shape; the others are simulated customers, more of them and fewer rounds. Both sides
get numbers alone (nothing says which are flags) and draw their own resamples, so figures agree
within the error of sampling, which is checked. The call is timed inside each process, from the
arrays in memory to the three figures; runs are interleaved, ours on 2 threads; mlxtend has no
threads, so the processor time is compared too.
"""
import os
import statistics
import subprocess
import sys
import tempfile
import time

os.environ.setdefault("OMP_NUM_THREADS", "2")
os.environ.setdefault("RAYON_NUM_THREADS", "2")

import numpy as np
import pandas as pd
from mlxtend.evaluate import bias_variance_decomp
from sklearn.tree import DecisionTreeClassifier


def telco(path):
    d = pd.read_csv(path).drop(columns="customerID")
    d["TotalCharges"] = pd.to_numeric(d["TotalCharges"], errors="coerce").fillna(0.0)
    y = (d.pop("Churn") == "Yes").astype(int).to_numpy()
    numbers = d.select_dtypes("number").columns
    rows = pd.get_dummies(d, columns=[c for c in d.columns if c not in numbers]).astype(float)
    return np.ascontiguousarray(rows.to_numpy()), y


def customers(n, seed):
    """Three numbers, of 73, some 1,600 and nearly all distinct values, and 42 flags."""
    rng = np.random.default_rng(seed)
    tenure = rng.integers(0, 73, n).astype(float)
    monthly = np.round(rng.gamma(4.0, 16.0, n) + 18.0, 1)
    total = np.round(tenure * monthly * rng.normal(1.0, 0.03, n), 2)
    flags = (rng.random((n, 42)) < rng.uniform(0.1, 0.9, 42)).astype(float)
    score = -1.2 - 0.04 * (tenure - 32) + 0.015 * (monthly - 65) + flags[:, :8] @ rng.normal(0, 0.8, 8)
    y = (rng.random(n) < 1 / (1 + np.exp(-score))).astype(int)
    return np.ascontiguousarray(np.column_stack([tenure, monthly, total, flags])), y


class Ours:
    """A process that decomposes whenever a line comes in."""

    def __init__(self, *command):
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def __call__(self):
        self.process.stdin.write("1\n")
        self.process.stdin.flush()
        return [float(word) for word in self.process.stdout.readline().split()]

    def cpu(self):
        """Seconds of processor time so far, of all threads."""
        with open(f"/proc/{self.process.pid}/stat") as file:
            fields = file.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def compare(ours, theirs, runs):
    found = {"patronage": [], "mlxtend": []}
    for run in range(runs + 1):
        for name, contestant in (("patronage", ours), ("mlxtend", theirs)):
            time.sleep(0.1)
            spent = ours.cpu if name == "patronage" else time.process_time
            before = spent()
            said = contestant()
            if run > 0 or runs == 0:
                found[name].append((said[0], spent() - before, said[1:]))
    median = statistics.median
    return {
        name: (median(r[0] for r in runs), min(r[0] for r in runs), median(r[1] for r in runs), runs[-1][2])
        for name, runs in found.items()
    }


def work(binary, folder, title, rows, y, depth, rounds, runs):
    test = np.arange(len(y)) % 5 == 0
    train = ~test
    for name, part in (("train", train), ("test", test)):
        rows[part].astype("<f8").tofile(f"{folder}/{name}")
        y[part].astype("<u4").tofile(f"{folder}/{name}_labels")
    files = [f"{folder}/{name}" for name in ("train", "train_labels", "test", "test_labels")]
    ours = Ours(binary, *files, str(rows.shape[1]), str(depth or 0), str(rounds))

    def theirs():
        tree = DecisionTreeClassifier(max_depth=depth, random_state=0)
        start = time.perf_counter()
        loss, bias, variance = bias_variance_decomp(
            tree, rows[train], y[train], rows[test], y[test], loss="0-1_loss", num_rounds=rounds, random_seed=1
        )
        return [time.perf_counter() - start, loss, bias, variance]

    found = compare(ours, theirs, runs)
    ours.close()
    print(f"\n{title}: {train.sum()} + {test.sum()} rows x {rows.shape[1]}, depth {depth}, {rounds} rounds; {os.getloadavg()[0]:.1f} load")
    for name, (wall, least, cpu, said) in found.items():
        figures = "  ".join(f"{figure:.4f}" for figure in said)
        print(f"  {name:10} median {wall:8.4f} s, least {least:8.4f} s, processor {cpu:8.4f} s   loss, bias, variance {figures}")
    ratios = [found["mlxtend"][i] / max(found["patronage"][i], 1e-3) for i in (0, 1, 2)]
    print(f"  mlxtend takes {ratios[0]:.1f} times as long (least against least {ratios[1]:.1f}), {ratios[2]:.1f} times the processor time", flush=True)
    for mine, other in zip(found["patronage"][3], found["mlxtend"][3]):
        if abs(mine - other) > 0.012:
            sys.exit(f"the figures differ: {mine} and {other}")


def main():
    arguments = sys.argv[1:]
    if not arguments:
        sys.exit(__doc__)

    def option(name, default):
        return arguments[arguments.index(name) + 1] if name in arguments else default

    runs, only, file = int(option("--runs", 5)), option("--only", ""), option("--telco", "")
    first = ("Telco churn", *telco(file)) if file else ("simulated, as Telco", *customers(7_043, 7))
    plan = [("small", first, depth, 200) for depth in (5, 2, 10, None)]
    plan += [
        ("medium", ("simulated", *customers(25_000, 8)), 5, 50),
        ("large", ("simulated", *customers(100_000, 9)), 5, 20),
    ]
    with tempfile.TemporaryDirectory() as folder:
        for size, (title, rows, y), depth, rounds in plan:
            if only in size:
                work(arguments[0], folder, f"{size}, {title}", rows, y, depth, rounds, runs)


main()
