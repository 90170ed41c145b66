"""A link between two network namespaces, of so many Mbit/s each way and so many milliseconds, for kernels without netem:

    python3 bench/scaling/link.py 1000 1 resmirror-0 10.77.0.1 resmirror-1 10.77.0.2

Each end is a TUN interface, link0 and link1; this program passes their packets on, each when the link would have carried it. It needs root,
prints 'ready', and goes on until it is ended. Packets are as large as TUN allows, so that there are few of them to carry.
"""

import collections
import fcntl
import os
import select
import struct
import subprocess
import sys
import time

TUNSETIFF, IFF_TUN, IFF_NO_PI = 0x400454CA, 0x0001, 0x1000
MTU = 65000
# what may wait at an end before packets are dropped, as in a switch: TCP adapts to it
MOST_WAITING = 64


def interface(name, namespace, address):
    tun = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(tun, TUNSETIFF, struct.pack("16sH", name.encode(), IFF_TUN | IFF_NO_PI))
    ip = lambda *words: subprocess.run(["ip", *words], check=True)
    ip("link", "set", name, "netns", namespace)
    ip("-n", namespace, "address", "add", f"{address}/24", "dev", name)
    ip("-n", namespace, "link", "set", name, "mtu", str(MTU), "up")
    return tun


class Way:
    """One direction: packets that were read and are not yet due."""

    def __init__(self, source, target, bandwidth, delay):
        self.source, self.target, self.bandwidth, self.delay = source, target, bandwidth, delay
        self.waiting = collections.deque()
        self.free = 0.0

    def take(self, now):
        packet = os.read(self.source, 65536)
        if len(self.waiting) >= MOST_WAITING:
            return
        self.free = max(now, self.free) + len(packet) / self.bandwidth
        self.waiting.append((self.free + self.delay, packet))

    def give(self, now):
        while self.waiting and self.waiting[0][0] <= now:
            os.write(self.target, self.waiting.popleft()[1])


def main(megabits, milliseconds, *ends):
    first, second = interface("link0", *ends[:2]), interface("link1", *ends[2:])
    bandwidth, delay = float(megabits) * 1e6 / 8, float(milliseconds) / 1e3
    ways = {a: Way(a, b, bandwidth, delay) for a, b in ((first, second), (second, first))}
    print("ready", flush=True)
    while True:
        dues = [way.waiting[0][0] for way in ways.values() if way.waiting]
        timeout = max(0.0, min(dues) - time.monotonic()) if dues else None
        readable, _, _ = select.select(list(ways), [], [], timeout)
        now = time.monotonic()
        for source in readable:
            ways[source].take(now)
        for way in ways.values():
            way.give(now)


main(*sys.argv[1:])
