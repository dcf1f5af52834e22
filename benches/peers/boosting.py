"""Boosting, forests, logistic regression and TreeSHAP side by side: ours, LightGBM and scikit-learn.

Usage: boosting.py BINARY [--runs N] [--only WORD] [--growth] [--memory]

Data: normal, lognormal and whole-numbered columns (and categories of skewed frequencies), labels
drawn from a score with interactions. Rows are written as raw little-endian f64 and labels as
bytes to a temporary folder, and are the same for all. 2 threads each. LightGBM: learning rate 0.1,
31 leaves, 255 bins, 20 rows a leaf; the time of a fit is from the array in memory to the trees,
binning included. The log loss is on rows held out. Runs are interleaved; times are medians.
`--memory` gives the peak of a process that does nothing but load the rows and boost.
"""
import os
import statistics
import subprocess
import sys
import tempfile
import time

os.environ.setdefault("OMP_NUM_THREADS", "2")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "2")
os.environ.setdefault("RAYON_NUM_THREADS", "2")

import lightgbm
import numpy as np

PARAMETERS = dict(
    objective="binary", learning_rate=0.1, num_leaves=31, max_bin=255, min_data_in_leaf=20, num_threads=2, verbose=-1
)


def customers(n, d, n_categories, seed):
    """Rows, labels, and for each column how many levels it has (0 for numbers)."""
    rng = np.random.default_rng(seed)
    rows = rng.normal(size=(n, d))
    rows[:, ::3] = np.exp(rows[:, ::3])
    rows[:, 1::5] = np.round(5 * rows[:, 1::5])
    levels = np.zeros(d, int)
    score = np.zeros(n)
    for column in range(d - n_categories, d):
        levels[column] = rng.integers(3, 60)
        rows[:, column] = rng.choice(levels[column], n, p=rng.dirichlet(np.full(levels[column], 0.7)))
        score += 0.25 * rng.normal(size=levels[column])[rows[:, column].astype(int)]
    score += rows[:, :8] @ rng.normal(size=8) * 0.25 + np.sin(2 * rows[:, 1])
    score += 0.8 * (rows[:, 2] > 0.3) * (rows[:, 4] < 0) - 0.5 * np.abs(rows[:, 7]) + 0.4 * rows[:, 3] * rows[:, 5]
    labels = rng.random(n) < 1 / (1 + np.exp(np.median(score) - score))
    return np.ascontiguousarray(rows), labels.astype(np.uint8), levels


def log_loss(labels, probabilities):
    probabilities = np.clip(probabilities, 1e-15, 1 - 1e-15)
    return -np.mean(np.where(labels == 1, np.log(probabilities), np.log1p(-probabilities)))


class Ours:
    """A process that works whenever a line comes in."""

    def __init__(self, binary, folder, n_training, levels):
        command = [binary, f"{folder}/rows", f"{folder}/labels", str(n_training), ",".join(map(str, levels))]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def __call__(self, *words):
        self.process.stdin.write(" ".join(map(str, words)) + "\n")
        self.process.stdin.flush()
        return [float(word) for word in self.process.stdout.readline().split()]

    def peak(self):
        """The most memory so far, in bytes."""
        with open(f"/proc/{self.process.pid}/status") as file:
            return 1024 * int(next(line for line in file if line.startswith("VmHWM")).split()[1])

    def close(self):
        self.process.stdin.close()
        self.process.wait()


class Work:
    """Data on disk and in memory, and our process on them."""

    def __init__(self, binary, folder, n, n_training, d, n_categories=0, seed=7):
        self.rows, self.labels, self.levels = customers(n, d, n_categories, seed)
        self.rows.astype("<f8").tofile(f"{folder}/rows")
        self.labels.tofile(f"{folder}/labels")
        self.n_training = n_training
        self.ours = Ours(binary, folder, n_training, self.levels)
        self.model = None

    def training(self):
        return self.rows[: self.n_training], self.labels[: self.n_training]

    def held_out(self, probabilities):
        return log_loss(self.labels[self.n_training :], probabilities)

    def lightgbm(self, rounds, parameters=PARAMETERS):
        rows, labels = self.training()
        categories = [int(column) for column in np.flatnonzero(self.levels)]
        start = time.perf_counter()
        data = lightgbm.Dataset(rows, labels, categorical_feature=categories or "auto", params=parameters)
        self.model = lightgbm.train(parameters, data, rounds)
        seconds = time.perf_counter() - start
        return [seconds, self.held_out(self.model.predict(self.rows[self.n_training :], num_threads=2))]

    def close(self):
        self.ours.close()


def timed(work):
    start = time.perf_counter()
    found = work()
    return [time.perf_counter() - start, float(found)]


def compare(contestants, runs):
    """Median seconds of interleaved runs, and what each said last; the first run is not counted."""
    seconds = {name: [] for name in contestants}
    said = {}
    for run in range(runs + 1):
        for name, contestant in contestants.items():
            time.sleep(0.1)
            found = contestant()
            if run > 0:
                seconds[name].append(found[0])
            said[name] = found[1:]
    return {name: (statistics.median(times), said[name]) for name, times in seconds.items()}


def report(title, found, goal, equal_or_better=True):
    ours = found["patronage"]
    print(f"\n{title}; load {os.getloadavg()[0]:.1f}")
    for name, (seconds, said) in found.items():
        figures = " ".join(f"{figure:.8g}" for figure in said)
        print(f"  {name:16} {seconds:9.4f} s {seconds / ours[0]:6.2f}x  {figures}")
    peers = [figures for name, figures in found.items() if name != "patronage"]
    print(f"  the peer takes {min(peer[0] for peer in peers) / ours[0]:.2f} times as long (goal {goal})", flush=True)
    if equal_or_better and any(ours[1][0] > 1.001 * peer[1][0] for peer in peers):
        print("  MISSED: the log loss of the peer is less")


def boosting(binary, folder, runs):
    work = Work(binary, folder, 1_000_000, 500_000, 30)
    found = compare({"patronage": lambda: work.ours("boost", 200, 31), "LightGBM": lambda: work.lightgbm(200)}, runs)
    report("boosting 500,000 x 30, 200 trees of 31 leaves (log loss held out)", found, 1)
    predict = lambda: timed(lambda: work.model.predict(work.rows, num_threads=2).mean())
    found = compare({"patronage": lambda: work.ours("predict"), "LightGBM": predict}, runs)
    report("prediction of 1,000,000 rows by these trees (mean)", found, 2, equal_or_better=False)
    rows = work.rows[500_000:510_000]
    explain = lambda: timed(lambda: work.model.predict(rows, pred_contrib=True, num_threads=2).sum())
    found = compare({"patronage": lambda: work.ours("explain", 10_000), "LightGBM": explain}, runs)
    report("TreeSHAP of 10,000 rows by these trees (sum)", found, 1, equal_or_better=False)
    work.close()


def categories(binary, folder, runs):
    """Timed on three data sets; losses of two sound learners differ by about one in a thousand on each, so they
    are compared on fourteen."""
    differences = []
    for seed in range(7, 21):
        work = Work(binary, folder, 100_000, 50_000, 100, 20, seed)
        contestants = {"patronage": lambda: work.ours("boost", 200, 31), "LightGBM": lambda: work.lightgbm(200)}
        if seed < 10:
            found = compare(contestants, runs)
            title = f"boosting 50,000 x 100, 20 of them categories, data {seed} (log loss held out)"
            report(title, found, 1, equal_or_better=False)
            losses = [said[0] for _, said in found.values()]
        else:
            losses = [contestant()[1] for contestant in contestants.values()]
        differences.append(100 * (losses[0] / losses[1] - 1))
        work.close()
    error = statistics.stdev(differences) / len(differences) ** 0.5
    print("  log loss against LightGBM's, %:", " ".join(f"{difference:+.3f}" for difference in differences))
    print(f"  on average {statistics.mean(differences):+.4f} %, standard error {error:.4f} %", flush=True)
    if statistics.mean(differences) > 2 * error:
        print("  MISSED: the log loss of the peer is less")


def forest(binary, folder, runs):
    """One seed a run: the losses of single forests differ by chance, so their means are compared."""
    from sklearn.ensemble import RandomForestClassifier

    work = Work(binary, folder, 150_000, 100_000, 20)

    def theirs(seed):
        start = time.perf_counter()
        model = RandomForestClassifier(300, min_samples_leaf=5, n_jobs=2, random_state=seed).fit(*work.training())
        seconds = time.perf_counter() - start
        return [seconds, work.held_out(model.predict_proba(work.rows[work.n_training :])[:, 1])]

    contestants = {"patronage": lambda seed: work.ours("forest", 300, 5, seed), "scikit-learn": theirs}
    found = {name: [] for name in contestants}
    for seed in range(runs):
        for name, contestant in contestants.items():
            time.sleep(0.1)
            found[name].append(contestant(seed))
    summary = {
        name: (statistics.median(seconds for seconds, _ in runs), [statistics.mean(loss for _, loss in runs)])
        for name, runs in found.items()
    }
    title = f"random forest 100,000 x 20, 300 trees, 5 rows a leaf (mean log loss held out of {runs} seeds)"
    report(title, summary, 3, equal_or_better=False)
    losses = {name: [loss for _, loss in runs] for name, runs in found.items()}
    for name, each in losses.items():
        print(f"  {name:16} seed by seed:", " ".join(f"{loss:.6f}" for loss in each))
    ours, theirs = losses.values()
    error = (sum(statistics.variance(each) for each in losses.values()) / runs) ** 0.5 if runs > 1 else float("inf")
    difference = statistics.mean(ours) - statistics.mean(theirs)
    print(f"  log loss, ours less theirs: {difference:+.6f}, standard error {error:.6f}", flush=True)
    if difference > 2 * error:
        print("  MISSED: the log loss of the peer is less")
    work.close()


def logistic(binary, folder, runs):
    from sklearn.linear_model import LogisticRegression

    work = Work(binary, folder, 550_000, 500_000, 30)
    rows, labels = work.training()

    def theirs(solver, tolerance):
        start = time.perf_counter()
        model = LogisticRegression(C=1.0, solver=solver, tol=tolerance, max_iter=10_000).fit(rows, labels)
        seconds = time.perf_counter() - start
        residuals = model.predict_proba(rows)[:, 1] - labels
        gradient = np.append(rows.T @ residuals + model.coef_[0], residuals.sum()) / len(rows)
        return [seconds, work.held_out(model.predict_proba(work.rows[work.n_training :])[:, 1]), np.abs(gradient).max()]

    found = compare(
        {
            "patronage": lambda: work.ours("logistic", 1.0, 1e-8),
            "lbfgs": lambda: theirs("lbfgs", 1e-6),
            "newton-cholesky": lambda: theirs("newton-cholesky", 1e-8),
        },
        runs,
    )
    report("logistic regression 500,000 x 30 (log loss held out, greatest gradient a row)", found, 3)
    work.close()


def growth(binary, folder):
    print("\ngrowth of boosting, 100 trees of 31 leaves: seconds (patronage, LightGBM)")
    base = dict(n=100_000, d=30, bins=255, rounds=100)
    for name, sizes in [("n", (100_000, 200_000, 400_000)), ("d", (15, 30, 60)), ("rounds", (50, 100, 200))]:
        for size in sizes:
            point = {**base, name: size}
            work = Work(binary, folder, point["n"] + 1000, point["n"], point["d"])
            ours = statistics.median(work.ours("boost", point["rounds"], 31)[0] for _ in range(3))
            theirs = statistics.median(work.lightgbm(point["rounds"])[0] for _ in range(3))
            print(f"  {name} {size}: {ours:.3f} {theirs:.3f}", flush=True)
            work.close()
    work = Work(binary, folder, 101_000, 100_000, 30)
    for bins in (15, 63, 255):
        ours = statistics.median(work.ours("boost", 100, 31, bins)[0] for _ in range(3))
        theirs = statistics.median(work.lightgbm(100, {**PARAMETERS, "max_bin": bins})[0] for _ in range(3))
        print(f"  bins {bins}: {ours:.3f} {theirs:.3f}", flush=True)
    work.close()


def memory(binary, folder):
    """Each in a process of its own that loads the training rows alone."""
    for n, d, n_categories in [(500_000, 30, 0), (50_000, 100, 20)]:
        work = Work(binary, folder, n, n, d, n_categories)
        work.ours("boost", 50, 31)
        ours = work.ours.peak()
        levels = [int(column) for column in np.flatnonzero(work.levels)]
        script = f"""
import lightgbm, numpy as np
rows = np.fromfile("{folder}/rows", "<f8").reshape({n}, {d})
labels = np.fromfile("{folder}/labels", np.uint8)
parameters = {PARAMETERS}
lightgbm.train(parameters, lightgbm.Dataset(rows, labels, categorical_feature={levels} or "auto", params=parameters), 50)
print(next(line for line in open("/proc/self/status") if line.startswith("VmHWM")).split()[1])
"""
        theirs = 1024 * int(subprocess.run([sys.executable, "-c", script], capture_output=True, text=True).stdout)
        print(f"\npeak memory of the process, {n} x {d}: {ours / 1e6:.0f} MB, LightGBM {theirs / 1e6:.0f} MB", flush=True)
        work.close()


def main():
    arguments = sys.argv[1:]
    if not arguments:
        sys.exit(__doc__)

    def option(name, default):
        return arguments[arguments.index(name) + 1] if name in arguments else default

    runs, only = int(option("--runs", 5)), option("--only", "")
    with tempfile.TemporaryDirectory() as folder:
        for name, part in dict(boosting=boosting, categories=categories, forest=forest, logistic=logistic).items():
            if only in name:
                part(arguments[0], folder, runs)
        if "--growth" in arguments:
            growth(arguments[0], folder)
        if "--memory" in arguments:
            memory(arguments[0], folder)


main()
