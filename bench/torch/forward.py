#!/usr/bin/python3
"""Inference in PyTorch, on demand: the peer of bench/forward.ts; or the network as an ONNX file.

    echo 10 | /usr/bin/python3 bench/torch/forward.py resnet18 --size 224 --batch 1 --layout channels_last
    /usr/bin/python3 bench/torch/forward.py resnet18 --size 224 --export resnet18.onnx

Every line read is a number of runs; every line written is {"ms": [per run], "peakMemoryGB"}.
"""

import torch

from step import LATENT, layouts, network, options, serve


def main():
    o = options(__doc__, export=True)
    torch.set_num_threads(o.threads)
    net = network(o.network, o.size).to(o.device, memory_format=layouts[o.layout]).eval()
    if o.network.startswith("transpose-"):
        x = torch.randn(o.batch, LATENT)
    else:
        x = torch.randn(o.batch, 3, o.size, o.size).to(memory_format=layouts[o.layout])
    x = x.to(o.device)
    if o.export:
        names = ["pixel_values", "logits"]  # as transformers.js knows them
        free = {name: {0: "n"} for name in names}
        torch.onnx.export(
            net, x, o.export, opset_version=13, input_names=names[:1], output_names=names[1:], dynamic_axes=free
        )
        return

    serve(torch.inference_mode()(lambda: net(x)), o.device)


if __name__ == "__main__":
    main()
