"""MS-SSIM, the losses made of it, perceptual loss and the Frechet distance, written from their papers; README.md describes the file."""

import numpy as np
import torch
from torch.nn import functional as F

import networks
import rule

WEIGHTS = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)  # Wang et al. 2003, section 3.2
SAMPLES = 64
# name: (shape, how far the picture lies from its target[, -1 for a negative of it, which has less structure than nothing])
PICTURES = {
    "five-scales": ((1, 3, 177, 181), 0.2),
    "four-scales": ((2, 3, 88, 96), 0.4),
    "three-scales": ((2, 1, 64, 64), 0.1),
    "two-scales": ((2, 3, 32, 35), 0.6),
    "one-scale": ((2, 3, 16, 16), 0.2),
    "negative": ((2, 3, 48, 44), 0.2, -1),
}
FLOOR = 1e-3  # what structure counts for at least in a loss
STAGES, FEATURE_WEIGHT = (1, 2, 4), 0.3
MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


def tensor(name, shape, amplitude, base):
    return torch.from_numpy(rule.noise(name, shape, amplitude, base)).double()


def pictures(shape, distance, sign=1):
    """(made, target): noise in 0.1 ... 0.9; of it or its negative as much of other noise beside as `distance` says."""
    target = tensor("target", shape, 0.4, 0.5)
    made = 0.5 + sign * (target - 0.5) + tensor("difference", shape, distance, 0.0)
    return made.requires_grad_(), target


def window():
    line = torch.exp(-((torch.arange(11, dtype=torch.float64) - 5) ** 2) / (2 * 1.5**2))
    return torch.outer(line, line) / line.sum() ** 2


def ms_ssim(x, y, floor):
    """Wang, Simoncelli & Bovik 2003, formula 7: per channel, then the mean over channels; [n]."""
    channels = x.shape[1]
    kernel = window().expand(channels, 1, 11, 11)

    def blur(v):
        return F.conv2d(v, kernel, groups=channels)

    scales = sum(min(x.shape[2:]) // 2**scale >= 11 for scale in range(5))
    weights = np.array(WEIGHTS[:scales]) / sum(WEIGHTS[:scales])
    c1, c2 = 0.01**2, 0.03**2
    product = 1
    for scale, weight in enumerate(weights):
        if scale:
            x, y = F.avg_pool2d(x, 2), F.avg_pool2d(y, 2)
        mx, my = blur(x), blur(y)
        vx, vy, vxy = blur(x * x) - mx * mx, blur(y * y) - my * my, blur(x * y) - mx * my
        luminance = (2 * mx * my + c1) / (mx * mx + my * my + c1)
        structure = (2 * vxy + c2) / (vx + vy + c2)
        map_ = luminance * structure if scale == scales - 1 else structure
        product = product * map_.mean((2, 3)).clamp(min=floor) ** weight
    return product.mean(1)


def picture_losses(x, y):
    different = 1 - ms_ssim(x, y, FLOOR)
    return {
        "ms-ssim": different,
        "ms-ssim-l1": 0.84 * different + 0.16 * (x - y).abs().mean((1, 2, 3)),
    }


def entry(losses, x):
    """Values per picture, and the digest of the gradient of their mean for the picture made."""
    (gradient,) = torch.autograd.grad(losses.mean(), x, retain_graph=True)
    return {"values": losses.tolist(), "gradient": rule.digest("gradient", gradient.numpy(), SAMPLES)}


def structure(shape, distance, sign=1):
    x, y = pictures(shape, distance, sign)
    losses = {name: entry(values, x) for name, values in picture_losses(x, y).items()}
    return {"shape": shape, "distance": distance, "sign": sign, "msSsim": ms_ssim(x, y, 0).tolist(), **losses}


def perceptual():
    """Mean squared error + FEATURE_WEIGHT x the mean over STAGES of squared distances / (c h w), in evaluation mode."""
    net = networks.imagenet(18, 10)
    with torch.no_grad():
        for name, value in net.state_dict().items():
            if value.is_floating_point():
                value.copy_(torch.from_numpy(rule.parameter(name, value.shape)))
    net.double().eval().requires_grad_(False)

    def maps(image):
        mean, std = (torch.tensor(v, dtype=torch.float64).view(3, 1, 1) for v in (MEAN, STD))
        x = net.maxpool(net.relu(net.bn1(net.conv1((image - mean) / std))))
        found = []
        for stage in (net.layer1, net.layer2, net.layer3, net.layer4):
            x = stage(x)
            found.append(x)
        return [found[stage - 1] for stage in STAGES]

    shape = (2, 3, 64, 96)
    x, y = pictures(shape, 0.2)
    distances = [((a - b) ** 2).mean((1, 2, 3)) for a, b in zip(maps(x), maps(y))]
    losses = ((x - y) ** 2).mean((1, 2, 3)) + FEATURE_WEIGHT * sum(distances) / len(STAGES)
    return {"shape": shape, "distance": 0.2, "stages": STAGES, "weight": FEATURE_WEIGHT, **entry(losses, x)}


def frechet(rows, columns):
    """Heusel et al. 2017, section 3. The eigenvalues of C1 C2 are those of its square root, squared: no symmetry is used."""
    a, b = (
        rule.noise(name, (n, columns), 1).astype(np.float64) * scale + shift
        for name, n, scale, shift in (("a", rows[0], 1, 0), ("b", rows[1], 1.5, 0.25))
    )
    a[:, 1] += 2 * a[:, 0]  # features hang together
    b[:, 1] -= b[:, 0]
    c1, c2 = np.cov(a, rowvar=False), np.cov(b, rowvar=False)
    roots = np.sqrt(np.linalg.eigvals(c1 @ c2).real.clip(min=0)).sum()
    difference = a.mean(0) - b.mean(0)
    distance = difference @ difference + np.trace(c1) + np.trace(c2) - 2 * roots
    return {"rows": rows, "columns": columns, "distance": float(distance)}


def goldens():
    return {
        "pictures": {name: structure(*settings) for name, settings in PICTURES.items()},
        "perceptual": perceptual(),
        "frechet": {"full": frechet((60, 80), 12), "few": frechet((5, 40), 12)},
    }
