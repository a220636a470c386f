#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The hold model on SimPy: hold_simpy.py PENDING EVENTS. One process per pending event; see hold.h."""
import math
import os
import sys
import time

import simpy

INCREMENTS = 1 << 14


def increments():
    state = 1
    table = []
    for _ in range(INCREMENTS):
        state = (state * 6364136223846793005 + 1442695040888963407) % 2**64
        table.append(-math.log(((state >> 11) + 0.5) * 2.0**-53))
    return table


class Hold:
    def __init__(self, pending, events):
        self.table = increments()
        self.drawn = 0
        self.fired = 0
        self.warm_up = pending
        self.last = pending + events
        self.environment = simpy.Environment()
        self.end = self.environment.event()

    def increment(self):
        self.drawn += 1
        return self.table[self.drawn % INCREMENTS]

    def process(self):
        timeout = self.environment.timeout
        while True:
            yield timeout(self.increment())
            self.fired += 1
            if self.fired == self.warm_up:
                self.started = time.process_time()
            elif self.fired == self.last:
                self.end.succeed()


def main():
    pending, events = int(sys.argv[1]), int(sys.argv[2])
    hold = Hold(pending, events)
    for _ in range(pending):
        hold.environment.process(hold.process())
    hold.environment.run(until=hold.end)
    seconds = time.process_time() - hold.started
    with open("/proc/self/statm") as statm:
        resident = int(statm.read().split()[1]) * 4096 / 1048576
    print(f"{events / seconds:.0f} {resident:.1f}", flush=True)
    os._exit(0)  # freeing a million processes is no part of it


main()
