"""Grad-CAM and integrated gradients, written from their papers; README.md describes the file."""

import numpy as np
import torch
from torch.nn import functional as F

import networks
import rule

CLASSES, STEPS, SAMPLES = 10, 12, 64
MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
# name: (network, size, number of images, stages to look at)
CASES = {
    "imagenet-18": (lambda: networks.imagenet(18, CLASSES), (64, 96), 2, (2, 4)),
    "imagenet-50": (lambda: networks.imagenet(50, CLASSES), (64, 64), 1, (3,)),
    "cifar-20": (lambda: networks.Cifar(20, CLASSES, "B"), (32, 32), 3, (1, 3)),
}


def filled(make):
    net = make().double().eval()
    with torch.no_grad():
        for name, tensor in net.state_dict().items():
            if tensor.is_floating_point():
                tensor.copy_(torch.from_numpy(rule.parameter(name, tensor.shape)))
    return net


def column(values):
    return torch.tensor(values, dtype=torch.float64)[:, None, None]


def images(count, size):
    """(as the network sees them, a black one): bytes of noise, normalised, [n, 3, h, w]."""
    pixels = np.minimum(np.floor(rule.noise("pixels", (count, *size, 3), 128, 128)), 255)
    x = torch.from_numpy(pixels).double().permute(0, 3, 1, 2) / 255
    return (x - column(MEAN)) / column(STD), (torch.zeros(3, 1, 1) - column(MEAN)) / column(STD)


def grad_cam(net, x, labels, stage):
    """Selvaraju et al. 2017, formulas 1 and 2, by a forward hook."""
    kept = []
    hook = getattr(net, f"layer{stage}").register_forward_hook(lambda module, inputs, output: kept.append(output))
    logits = net(x)
    hook.remove()
    (slopes,) = torch.autograd.grad(logits.gather(1, labels[:, None]).sum(), kept[0])
    return F.relu((slopes.mean((2, 3), keepdim=True) * kept[0]).sum(1)).detach()


def integrated_gradients(net, x, black, labels):
    """Sundararajan et al. 2017, formula 3, with the middles of STEPS parts of the way."""
    total = torch.zeros_like(x)
    for step in range(STEPS):
        point = (black + (step + 0.5) / STEPS * (x - black)).requires_grad_()
        (slope,) = torch.autograd.grad(net(point).gather(1, labels[:, None]).sum(), point)
        total += slope / STEPS
    return total * (x - black)


def case(make, size, count, stages):
    net = filled(make)
    x, black = images(count, size)
    labels = torch.arange(count) * 3 % CLASSES
    maps = {}
    for stage in stages:
        found = grad_cam(net, x, labels, stage)
        large = F.interpolate(found[:, None], size=size, mode="bilinear", align_corners=False)
        maps[stage] = {
            "shape": list(found.shape),
            "map": rule.digest("map", found.numpy(), SAMPLES),
            "enlarged": rule.digest("enlarged", large.numpy(), SAMPLES),
        }
    with torch.no_grad():
        logits, dark = (net(v).gather(1, labels[:, None]).flatten() for v in (x, black.expand_as(x)))
    return {
        "size": list(size),
        "labels": labels.tolist(),
        "gradCam": maps,
        "attributions": rule.digest("attributions", integrated_gradients(net, x, black, labels).numpy(), SAMPLES),
        "logits": logits.tolist(),
        "blackLogits": dark.tolist(),
    }


def goldens():
    return {"settings": {"steps": STEPS}, **{name: case(*settings) for name, settings in CASES.items()}}
