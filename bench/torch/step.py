#!/usr/bin/python3
"""Time of one training step in PyTorch: the twin of bench/step.ts.

    /usr/bin/python3 bench/torch/step.py resnet18 --size 64 --batch 64 --steps 10 --layout channels_last

Prints one JSON object; the first two steps are not counted.
"""

import argparse
import json
import resource
import time

import torch
import torchvision

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("network", default="resnet18", nargs="?", help="a ResNet of torchvision")
parser.add_argument("--size", type=int, default=64)
parser.add_argument("--batch", type=int, default=64)
parser.add_argument("--steps", type=int, default=10)
parser.add_argument("--threads", type=int, default=2)
parser.add_argument("--layout", choices=["contiguous", "channels_last"], default="channels_last")
o = parser.parse_args()

torch.set_num_threads(o.threads)
layout = {"contiguous": torch.contiguous_format, "channels_last": torch.channels_last}[o.layout]
net = getattr(torchvision.models, o.network)().to(memory_format=layout).train()
x = torch.randn(o.batch, 3, o.size, o.size).to(memory_format=layout)
y = torch.randint(0, 1000, (o.batch,))
optimizer = torch.optim.SGD(net.parameters(), 0.01, momentum=0.9, nesterov=True, weight_decay=5e-4)
times = []
for _ in range(o.steps + 2):
    before = time.perf_counter()
    optimizer.zero_grad(set_to_none=True)
    torch.nn.functional.cross_entropy(net(x), y).backward()
    optimizer.step()
    times.append((time.perf_counter() - before) / o.batch * 1000)
counted = sorted(times[2:])
memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
figures = {"median": counted[len(counted) // 2], "fastest": counted[0]}
print(json.dumps({"network": o.network, "size": o.size, "batch": o.batch, "threads": o.threads, "layout": o.layout, "msPerImage": figures, "peakMemoryGB": memory}))
