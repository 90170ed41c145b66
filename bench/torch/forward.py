#!/usr/bin/python3
"""Inference in PyTorch, on demand: the peer of bench/forward.ts; or the network as an ONNX file.

    echo 10 | /usr/bin/python3 bench/torch/forward.py resnet18 --size 224 --batch 1 --layout channels_last
    /usr/bin/python3 bench/torch/forward.py resnet18 --size 224 --export resnet18.onnx

Every line read is a number of runs; every line written is {"ms": [per run], "peakMemoryGB"}.
"""

import json
import resource
import sys
import time

import torch

from step import LATENT, layouts, network, options


def main():
    o = options(__doc__, export=True)
    torch.set_num_threads(o.threads)
    net = network(o.network, o.size).to(memory_format=layouts[o.layout]).eval()
    if o.network.startswith("transpose-"):
        x = torch.randn(o.batch, LATENT)
    else:
        x = torch.randn(o.batch, 3, o.size, o.size).to(memory_format=layouts[o.layout])
    if o.export:
        free = {"x": {0: "n"}, "y": {0: "n"}}
        torch.onnx.export(net, x, o.export, opset_version=13, input_names=["x"], output_names=["y"], dynamic_axes=free)
        return

    @torch.inference_mode()
    def run():
        before = time.perf_counter()
        net(x)
        return (time.perf_counter() - before) * 1000

    for line in sys.stdin:
        times = [run() for _ in range(int(line))]
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
        print(json.dumps({"ms": times, "peakMemoryGB": memory}), flush=True)


if __name__ == "__main__":
    main()
