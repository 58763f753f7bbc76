"""Figures of run files by SciPy and NumPy alone: means, intervals over seeds, quantile intervals, batch means, MSER-5.

Reads run files (heps-run/1) and prints JSON. Nothing of heps is used: what happened comes from the decisions, use over time from the series.

    python3 figures.py comparison POLICY=FILE,FILE,… …    files of each policy in order of the seeds; the first is the baseline
    python3 figures.py run FILE                           one long run
"""

import json
import sys

import numpy as np
from scipy import stats

DAY = 86_400
CONFIDENCE = 0.95


class Run:
    """One run file as arrays. Times are seconds from where the run's time begins."""

    def __init__(self, path):
        with open(path, encoding="utf8") as file:
            run = json.load(file)
        self.inputs = run["inputs"]
        self.hosts = self.hosts_of(run["cluster"])
        begin = self.inputs["workload"].get("beginS", 0)
        rows = run["decisions"]
        column = lambda name: np.array([np.nan if x is None else x for x in rows[name]], dtype=float)
        text = lambda name: np.array(rows[name]["texts"] + [""])[rows[name]["rows"]]
        self.first = column("attempt") == 1
        self.submit, self.decided, self.start, self.end = (
            column(name) - begin for name in ("submitS", "decidedS", "startS", "endS")
        )
        self.host = column("host").astype(int)
        self.vcpus, self.ram, self.cards = (column(name) for name in ("vcpus", "ramMib", "cards"))
        self.asked_memory, self.asked_cores = column("cardMemoryMib"), column("cardCores")
        self.models, self.indexes = text("cardModels"), text("cardIndexes")
        self.outcome = text("outcome")
        self.placed = self.host >= 0
        self.series = run["series"]
        days = self.inputs["workload"]["days"]
        self.until = days * DAY
        self.warm_up = self.inputs.get("warmUpS", 0)
        self.served = self.placed & np.array([self.has_asked_cards(row) for row in range(len(self.host))], dtype=bool)

    @staticmethod
    def hosts_of(cluster):
        models = {model["name"]: model for model in cluster["models"]}
        hosts = []
        for host in cluster["hosts"]:
            cards = [models[group["model"]] for group in host.get("cards", []) for _ in range(group["count"])]
            hosts += [{**host, "cards": cards}] * host.get("count", 1)
        return hosts

    def has_asked_cards(self, row):
        if self.cards[row] == 0 or not self.placed[row]:
            return True
        for index in self.indexes[row].split("-"):
            card = self.hosts[self.host[row]]["cards"][int(index)]
            wanted = self.models[row].split("|")
            if card["memoryMib"] < self.asked_memory[row] or card["cores"] < self.asked_cores[row]:
                return False
            if self.models[row] != "" and card["name"] not in wanted:
                return False
        return True

    def overlap(self, begin, end):
        """Seconds that each VM holds a host within a time; 0 where it has none."""
        return np.where(self.placed, np.clip(np.minimum(self.end, end) - np.maximum(self.decided, begin), 0, None), 0)

    def figures(self):
        """By the labels of the comparison, in its units."""
        counted = self.first & (self.submit >= self.warm_up)
        gpu = counted & (self.cards > 0)
        waits = (self.start - self.submit)[counted & self.placed] / 3600
        span = self.until - self.warm_up
        held = self.overlap(self.warm_up, self.until)
        vcpus = sum(host["vcpus"] * host.get("cpuAllocationRatio", 1) for host in self.hosts)
        ram = sum(host["ramMib"] for host in self.hosts)
        cards = sum(len(host["cards"]) for host in self.hosts)
        worked = np.where(self.served & (self.cards > 0), np.clip(np.minimum(self.end, self.until) - self.start, 0, None), 0)
        on_gpu_host = np.array([h >= 0 and len(self.hosts[h]["cards"]) > 0 for h in self.host])
        quantile = lambda share: np.quantile(waits, share, method="inverted_cdf") if waits.size else None
        return {
            "served as asked": 100 * np.mean(self.served[counted]),
            "GPU VMs served as asked": 100 * np.mean(self.served[gpu]) if gpu.any() else None,
            "accepted (given some host)": 100 * np.mean(self.placed[counted]),
            "GPU VMs on a card too small": np.count_nonzero(counted & self.placed & ~self.served),
            "card-hours served as asked": np.dot(worked, self.cards) / 3600,
            "wait, mean": np.mean(waits) if waits.size else None,
            "wait, 95th percentile": quantile(0.95),
            "wait, 99th percentile": quantile(0.99),
            "vCPUs in use": 100 * np.dot(held, self.vcpus) / span / vcpus,
            "RAM in use": 100 * np.dot(held, self.ram) / span / ram,
            "cards in use": 100 * np.dot(held, self.cards) / span / cards,
            "CPU VMs on GPU hosts, mean": np.sum(held[on_gpu_host & (self.cards == 0)]) / span,
            "VMs lost to failures": np.count_nonzero(self.outcome == "lost"),
        }

    def present(self):
        """VMs that run or wait, a mean per interval."""
        return np.array(self.series["vms"]) + np.array(self.series["waiting"])


def student(values):
    """Mean and half width of Student's interval."""
    values = np.asarray(values, dtype=float)
    mean = np.mean(values)
    if values.size < 2:
        return {"mean": mean, "halfWidth": None}
    if np.ptp(values) == 0:
        return {"mean": mean, "halfWidth": 0}
    low, high = stats.ttest_1samp(values, 0).confidence_interval(CONFIDENCE)
    return {"mean": mean, "halfWidth": (high - low) / 2}


def paired(values, baseline):
    difference = np.subtract(values, baseline)
    if np.ptp(difference) < 1e-12:
        return student(difference)
    low, high = stats.ttest_rel(values, baseline).confidence_interval(CONFIDENCE)
    return {"mean": (low + high) / 2, "halfWidth": (high - low) / 2}


def median(values):
    """Nearest rank, and the order statistics between which the median lies with 95 %."""
    ordered = np.sort(values)
    tail = (1 - CONFIDENCE) / 2
    below = stats.binom(len(values), 0.5)
    low, high = int(below.ppf(tail)), int(below.isf(tail)) + 1
    interval = [ordered[low - 1], ordered[high - 1]] if low >= 1 and high <= len(values) else None
    return {"value": np.quantile(values, 0.5, method="inverted_cdf"), "interval": interval}


def batched(parts, wholes):
    """Ratio of sums by batch means, from at most 30 batches of equal length that are not seen to be correlated, down to 10."""
    parts, wholes = np.asarray(parts, dtype=float), np.asarray(wholes, dtype=float)
    length = -(-parts.size // 30)
    while length > 0 and (count := parts.size // length) >= 10:
        y, x = (each[each.size - count * length :].reshape(count, length).sum(axis=1) for each in (parts, wholes))
        if np.all(x > 0):
            ratio = y.sum() / x.sum()
            (yy, xy), (_, xx) = np.cov(y, x, ddof=1)
            left = y - ratio * x
            lags = np.correlate(left, left, mode="full")
            correlation = 0 if lags[count - 1] == 0 else lags[count] / lags[count - 1]
            if correlation <= stats.norm.ppf(0.95) * np.sqrt((count - 2) / (count**2 - 1)):
                # The delta method: the variance of y − R x, whose mean is 0.
                variance = max(0, yy - 2 * ratio * xy + ratio**2 * xx)
                # What correlation is left counts as that of an autoregressive process of order one.
                variance *= (1 + max(0, correlation)) / (1 - max(0, correlation))
                half = stats.t.isf((1 - CONFIDENCE) / 2, count - 1) * np.sqrt(variance / count) / x.mean()
                return {"mean": ratio, "halfWidth": half, "batches": count, "periods": length}
        length *= 2
    return None


def periods_of(run):
    """Whole weeks where there are ten after the warm-up, else whole days where there are ten: length, first, number."""
    for period in (7 * DAY, DAY):
        first = int(np.ceil(run.warm_up / period))
        count = int(run.until // period) - first
        if count >= 10:
            return period, first, count
    return None


def batch_intervals(run):
    """Half widths by label, in the units of the figures."""
    if (found := periods_of(run)) is None:
        return {}
    period, first, count = found
    counted = run.first & (run.submit >= run.warm_up)
    place = np.floor(run.submit / period).astype(int) - first
    within = counted & (place >= 0) & (place < count)
    sums = lambda which, weights=None: np.bincount(
        place[within & which], None if weights is None else weights[within & which], minlength=count
    )
    everyone = np.ones_like(run.placed)
    gpu = run.cards > 0
    shares = {
        "served as asked": (run.served, everyone, None, 100),
        "GPU VMs served as asked": (run.served & gpu, gpu, None, 100),
        "accepted (given some host)": (run.placed, everyone, None, 100),
        "wait, mean": (run.placed, run.placed, run.start - run.submit, 1 / 3600),
    }
    levels = {
        "vCPUs in use": ("vcpuShare", 100),
        "RAM in use": ("ramShare", 100),
        "cards in use": ("cardShare", 100),
        "card memory asked for": ("cardMemoryAskedShare", 100),
        "CPU VMs on GPU hosts, mean": ("cpuVmsOnGpuHosts", 1),
    }
    found = {}
    for label, (part, whole, weights, scale) in shares.items():
        found[label] = (batched(sums(part, weights), sums(whole)), scale)
    rows = int(period // run.series["intervalS"])
    for label, (name, scale) in levels.items():
        values = np.array(run.series[name])
        whole = values[first * rows : (first + count) * rows].reshape(count, rows)
        found[label] = (batched(whole.mean(axis=1), np.ones(count)), scale)
    return {
        label: {
            "halfWidth": scale * each["halfWidth"],
            "batches": each["batches"],
            "batchDays": each["periods"] * period / DAY,
        }
        for label, (each, scale) in found.items()
        if each is not None
    }


def mser5(runs):
    """Seconds to cut, from the mean over runs of daily means; None where no steady state is found."""
    rows = int(DAY // runs[0].series["intervalS"])
    daily = []
    for run in runs:
        present = run.present()[: int(run.until // run.series["intervalS"])]
        days = present.size // rows
        daily.append(present[: days * rows].reshape(days, rows).mean(axis=1))
    means = np.mean(daily, axis=0)
    if means.size < 10:
        return None
    # The squared standard error of the mean of what is left, but for the constant factor of n / (n − 1).
    errors = np.array([np.var(means[cut:]) / means[cut:].size for cut in range(means.size - 4)])
    best = int(np.argmin(errors))
    return None if best >= means.size / 2 else best * DAY


def comparison(arguments):
    runs = {}
    for argument in arguments:
        policy, files = argument.split("=", 1)
        runs[policy] = [Run(path) for path in files.split(",")]
    figures = {policy: [run.figures() for run in each] for policy, each in runs.items()}
    baseline = next(iter(figures.values()))
    measures = {}
    for label in baseline[0]:
        of = {policy: [figure[label] for figure in each] for policy, each in figures.items()}
        known = {policy: values for policy, values in of.items() if None not in values}
        first = [figure[label] for figure in baseline]
        measures[label] = {
            policy: {
                "estimate": student(values),
                "median": median(values),
                "difference": None if None in first else paired(values, first),
            }
            for policy, values in known.items()
        }
    return {"measures": measures, "warmUps": {policy: mser5(each) for policy, each in runs.items()}}


def run(arguments):
    one = Run(arguments[0])
    return {"figures": one.figures(), "intervals": batch_intervals(one), "warmUp": mser5([one])}


def plain(value):
    return value.item() if isinstance(value, np.generic) else float(value)


print(json.dumps({"comparison": comparison, "run": run}[sys.argv[1]](sys.argv[2:]), default=plain))
