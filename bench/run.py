#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Measures us beside ns-3 and SimPy: bench/run.py DIRECTORY [hold|web|crowd|connections|explore...]

DIRECTORY holds the programs that `make bench` builds and takes a CSV file for each table, one row a measurement. Engines run in
turn, round by round, since only runs of the same minutes compare; tables show medians. Times are CPU seconds of the simulating
process. ROUNDS=n changes the number of rounds (3), LIMIT=s what a single run may take (60 s).
"""
import csv
import os
import platform
import statistics
import subprocess
import sys

ROUNDS = int(os.environ.get("ROUNDS", "3"))
LIMIT = float(os.environ.get("LIMIT", "60"))
PYTHON = "/usr/bin/python3"


# --- running and keeping ---------------------------------------------------------------------------------------------


class Sheet:
    """The measurements of one table: rows by (case, engine), the fields of what a program printed."""

    def __init__(self, directory, name, fields):
        self.directory, self.name, self.fields = directory, name, fields
        self.rows = []
        self.given_up = set()

    def measure(self, case, engine, command, stdin=None):
        """Runs a program that prints one line of numbers. One that took too long is not run again."""
        if (case, engine) in self.given_up:
            return
        try:
            done = subprocess.run(command, input=stdin, timeout=LIMIT, stdout=subprocess.PIPE, text=True, check=True)
            self.rows.append((case, engine, [float(word) for word in done.stdout.split()]))
        except subprocess.TimeoutExpired:
            self.given_up.add((case, engine))
        print(".", end="", file=sys.stderr, flush=True)

    def median(self, case, engine, what):
        """The median of a field, or of a function of all fields; None for a program that was given up."""
        if (case, engine) in self.given_up:
            return None
        get = what if callable(what) else lambda run: run[what]
        return statistics.median(
            get(dict(zip(self.fields, values))) for *key, values in self.rows if key == [case, engine])

    def keep(self):
        with open(f"{self.directory}/{self.name}.csv", "w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(["case", "engine", *self.fields])
            writer.writerows([case, engine, *values] for case, engine, values in self.rows)
            writer.writerows(sorted(self.given_up))


def rounds(name):
    print(f"{name} ", end="", file=sys.stderr, flush=True)
    yield from range(ROUNDS)
    print(file=sys.stderr)


def table(title, heads, rows):
    """A title, column heads and rows of texts: the first column to the left, numbers to the right."""
    widths = [max(len(row[i]) for row in [heads, *rows]) for i in range(len(heads))]
    lines = ["", title]
    for row in [heads, *rows]:
        cells = [row[0].ljust(widths[0])] + [cell.rjust(width) for cell, width in zip(row[1:], widths[1:])]
        lines.append("  " + "  ".join(cells).rstrip())
    return "\n".join(lines)


def number(value):
    if value is None:
        return "-"
    return f"{value:,.0f}" if value >= 1000 else f"{value:.4g}"


def times(ours, theirs):
    return "-" if ours is None or theirs is None else f"{ours / theirs:.1f} x"


# --- the hold model --------------------------------------------------------------------------------------------------

PENDING = {"100": 100, "10 thousand": 10_000, "1 million": 1_000_000}
SCHEDULERS = ["PriorityQueueScheduler", "MapScheduler", "CalendarScheduler", "HeapScheduler"]


def hold(directory):
    engines = {"understudy": ([f"{directory}/bench_hold"], 8_000_000),
               "plain 4-ary heap": ([f"{directory}/bench_heap"], 8_000_000)}
    for scheduler in SCHEDULERS:
        engines[f"ns-3 {scheduler}"] = ([f"{directory}/hold_ns3", scheduler], 1_500_000)
    engines["SimPy"] = ([PYTHON, "bench/hold_simpy.py"], 200_000)
    sheet = Sheet(directory, "hold", ["rate", "resident_mib"])
    for _ in rounds("hold"):
        for case, pending in PENDING.items():
            for engine, (command, events) in engines.items():
                sheet.measure(case, engine, [*command, str(pending), str(events)])
    sheet.keep()
    rows = []
    for engine in engines:
        row = [engine]
        for case in PENDING:
            rate = sheet.median(case, engine, "rate")
            row += [f"> {LIMIT:.0f} s" if rate is None else f"{rate / 1e6:.2f}",
                    times(sheet.median(case, "understudy", "rate"), rate)]
        rows.append(row + [number(sheet.median("1 million", engine, "resident_mib"))])
    heads = ["pending events"] + [head for case in PENDING for head in (case, "we are")] + ["MiB"]
    return table("Hold model, exponential(1) increments: million events per CPU-second; MiB resident at 1 million", heads, rows)


# --- web traffic -----------------------------------------------------------------------------------------------------

RUN = ["latency_s", "throughput", "requests", "packets", "events", "cpu_s", "resident_mib", "own_mib"]
KB_1, KB_10, KB_50 = "clients.reply=774B", "clients.reply=9990B", "clients.reply=50950B"  # with 250 B of headers
MANY, EACH = "clients.count=100", "clients.connection=per-request"
STAR = ["network.direct=no", "network.client_machines=100"]
WEB = {  # case: simulated seconds in ns-3, in ours, parameters
    "keep-alive, 1 client, 1 KB": (4, 60, [KB_1]),
    "keep-alive, 1 client, 10 KB": (6, 60, [KB_10]),
    "keep-alive, 1 client, 50 KB": (6, 60, [KB_50]),
    "a connection per request, 1 KB": (1.6, 30, [KB_1, EACH]),
    "a connection per request, 10 KB": (4, 40, [KB_10, EACH]),
    "keep-alive, 100 clients, 1 KB": (2, 30, [KB_1, MANY]),
    "keep-alive, 100 clients, 10 KB": (4, 60, [KB_10, MANY]),
    "100 clients behind a switch, 10 KB": (2, 40, [KB_10, MANY, *STAR]),
}


def ours(directory, scenario, sets, seconds):
    return [f"{directory}/bench_web", scenario, *sets, f"run.duration={seconds * 1000:.0f}ms"]


def parameters(directory, scenario, sets, seconds):
    """What web_ns3 reads: the parameters of our run, but for its length."""
    command = [f"{directory}/bench_web", "--parameters", *ours(directory, scenario, sets, seconds)[1:]]
    return subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout


def measure_ns3(sheet, directory, case, sets, seconds):
    text = parameters(directory, "bench/web.yaml", sets, seconds)
    sheet.measure(case, "ns-3", [f"{directory}/web_ns3", "--queue=default"], text)
    fastest = "--scheduler=ns3::PriorityQueueScheduler"
    sheet.measure(case, "ns-3 fastest", [f"{directory}/web_ns3", "--queue=fifo", fastest], text)


def requests_per_s(run):
    return run["requests"] / run["cpu_s"]


def packets_per_s(run):
    return run["packets"] / run["cpu_s"]


def latency_us(run):
    return run["latency_s"] * 1e6


def web(directory):
    sheet = Sheet(directory, "web", RUN)
    for _ in rounds("web"):
        for case, (theirs, seconds, sets) in WEB.items():
            sheet.measure(case, "understudy", ours(directory, "bench/web.yaml", sets, seconds))
            measure_ns3(sheet, directory, case, sets, theirs)
    sheet.keep()
    rows = []
    for case in WEB:
        def get(engine, field, case=case):
            return sheet.median(case, engine, field)
        rate, usual, fastest = (get(engine, requests_per_s) for engine in ("understudy", "ns-3", "ns-3 fastest"))
        rows.append([case, number(rate), number(usual), times(rate, usual), number(fastest), times(rate, fastest),
                     number(get("understudy", packets_per_s)), number(get("ns-3", packets_per_s)),
                     number(get("understudy", latency_us)), number(get("ns-3", latency_us)),
                     *(number(get(engine, field)) for field in ("resident_mib", "own_mib")
                       for engine in ("understudy", "ns-3"))])
    heads = ["requests per CPU-second", "ours", "ns-3", "", "fastest ns-3", "", "packets/CPU-s", "ns-3", "latency us",
             "ns-3", "MiB", "ns-3", "own MiB", "ns-3"]
    return table("Web traffic, one 100 Mb/s cable of 50 us, TCP on both hosts: ours, ns-3 as it comes (FqCoDel, map "
                 "scheduler), ns-3 without queue disc and with its priority queue", heads, rows)


# --- crowds ----------------------------------------------------------------------------------------------------------

CROWDS = {"100": ["clients.count=100", "clients.think=exp(10ms)"],
          "10 thousand": ["clients.count=10000", "clients.think=exp(1s)"],
          "100 thousand": ["clients.count=100000", "clients.think=exp(10s)"]}


def ns_per_event(run):
    return run["cpu_s"] / run["events"] * 1e9


def crowd(directory):
    sheet = Sheet(directory, "crowd", RUN)
    for _ in rounds("crowd"):
        for case, sets in CROWDS.items():
            sheet.measure(case, "understudy", ours(directory, "bench/crowd.yaml", sets, 20))
    sheet.keep()
    rows = []
    first = sheet.median("100", "understudy", ns_per_event)
    for case, sets in CROWDS.items():
        resident = sheet.median(case, "understudy", "resident_mib")
        cost = sheet.median(case, "understudy", ns_per_event)
        rows.append([case, number(resident), number(resident * 2**20 / int(sets[0].split("=")[1])), f"{cost:.0f}",
                     times(cost, first)])
    return table("Crowds: keep-alive clients that think, 10 thousand requests/s in all, 1 KB, 1 Gb/s; server included",
                 ["clients", "MiB", "bytes/client", "ns of CPU/event", "of 100"], rows)


# --- connections -----------------------------------------------------------------------------------------------------


def us_per_request(run):
    return run["cpu_s"] / run["requests"] * 1e6


def connections(directory):
    """TIME_WAIT as long as ns-3 has it: two times 120 s."""
    theirs, sets = (0.8, 1.6, 3.2), [KB_1, EACH]
    sheet = Sheet(directory, "connections", RUN)
    for _ in rounds("connections"):
        for seconds in theirs:
            sheet.measure(f"{seconds * 10}", "understudy", ours(directory, "bench/web.yaml", sets, seconds * 100))
            measure_ns3(sheet, directory, f"{seconds}", sets, seconds)
    sheet.keep()
    rows = []
    for engine, cases in (("understudy", [f"{s * 10}" for s in theirs]), ("ns-3", [f"{s}" for s in theirs])):
        for case in cases:
            rows.append([engine, number(sheet.median(case, engine, "requests")),
                         number(sheet.median(case, engine, us_per_request))])
    return table("A connection per request, 1 KB: does the cost of one grow with their number?",
                 ["", "requests", "us of CPU/request"], rows)


# --- exploration -----------------------------------------------------------------------------------------------------

SMALL = ["keep-alive", "per-request", "large-reply"]


def shared_per_s(run):
    return run["runs"] / run["cpu_s"]


def restarted_per_s(run):
    return run["restarted_runs"] / run["restarted_cpu_s"]


def explore(directory):
    sheet = Sheet(directory, "explore", ["runs", "cpu_s", "restarted_runs", "restarted_cpu_s", "requests", "events_a_run"])
    for _ in rounds("explore"):
        for case in SMALL:
            sheet.measure(case, "understudy", [f"{directory}/bench_explore", f"scenarios/explore/{case}.yaml", "3"])
    sheet.keep()
    rows = []
    for case in SMALL:
        shared, restarted = (sheet.median(case, "understudy", rate) for rate in (shared_per_s, restarted_per_s))
        rows.append([case, number(shared), number(restarted), times(shared, restarted),
                     number(sheet.median(case, "understudy", "events_a_run"))])
    return table("Exploration: complete runs of 2 clients, 6 requests and one crash, another one each time, all promises checked",
                 ["scenarios/explore/", "runs/CPU-s", "each from its beginning", "sharing is", "events/run"], rows)


# --- all of it -------------------------------------------------------------------------------------------------------


def first_line(*command):
    try:
        return subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout.splitlines()[0].strip()
    except (OSError, subprocess.CalledProcessError, IndexError):
        return "unknown"


def processor():
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        return next((line.split(":")[1].strip() for line in file if line.startswith("model name")), platform.machine())


def conditions():
    def version(package):
        return first_line("dpkg-query", "-W", "-f", "${Version}", package)
    return "\n".join([
        f"{processor()}, {os.cpu_count()} cores, Linux {platform.release()}; load {os.getloadavg()[0]:.1f}",
        f"{first_line('gcc', '--version')}, -O3 -march=x86-64-v2 -flto, asserts and promise checkers on",
        f"commit {first_line('git', 'describe', '--always', '--dirty')}; ns-3 {version('libns3-dev')} (Debian), "
        f"SimPy {version('python3-simpy3')}; medians of {ROUNDS} rounds"])


TABLES = {"hold": hold, "web": web, "crowd": crowd, "connections": connections, "explore": explore}


def main():
    os.chdir(os.path.dirname(os.path.abspath(__file__)) + "/..")
    if len(sys.argv) < 2 or any(name not in TABLES for name in sys.argv[2:]):
        print(f"usage: bench/run.py DIRECTORY [{'|'.join(TABLES)}...]", file=sys.stderr)
        return 2
    before = conditions()
    texts = [TABLES[name](sys.argv[1]) for name in sys.argv[2:] or TABLES]
    print(before, *texts, sep="\n")
    return 0


sys.exit(main())
