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

TUNSETIFF, IFF_TUN, IFF_NO_PI, IFF_VNET_HDR = 0x400454CA, 0x0001, 0x1000, 0x4000
TUNSETOFFLOAD, TUN_F_CSUM, TUN_F_TSO4 = 0x400454D0, 1, 2
MTU = 65000
# packets that may wait at an end before others are dropped: more than TCP's largest window
MOST_WAITING = 256
LARGEST = (1 << 16) + 64


def interface(name, namespace, address):
    tun = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(tun, TUNSETIFF, struct.pack("16sH", name.encode(), IFF_TUN | IFF_NO_PI | IFF_VNET_HDR))
    # nobody need sum up bytes that never leave the machine
    fcntl.ioctl(tun, TUNSETOFFLOAD, TUN_F_CSUM | TUN_F_TSO4)
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
        # memory that is used again: fresh pages take longer than the packets
        self.empty = [bytearray(LARGEST) for _ in range(MOST_WAITING)]
        self.free = 0.0

    def take(self, now):
        if not self.empty:
            os.read(self.source, 1)  # which drops the rest of it
            return
        memory = self.empty.pop()
        size = os.readv(self.source, [memory])
        self.free = max(now, self.free) + size / self.bandwidth
        self.waiting.append((self.free + self.delay, memory, size))

    def give(self, now):
        while self.waiting and self.waiting[0][0] <= now:
            _, memory, size = self.waiting.popleft()
            os.writev(self.target, [memoryview(memory)[:size]])
            self.empty.append(memory)


def main(megabits, milliseconds, *ends):
    first, second = interface("link0", *ends[:2]), interface("link1", *ends[2:])
    bandwidth, delay = float(megabits) * 1e6 / 8, float(milliseconds) / 1e3
    ways = {a: Way(a, b, bandwidth, delay) for a, b in ((first, second), (second, first))}
    # a wire does not wait for a core
    os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))
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
