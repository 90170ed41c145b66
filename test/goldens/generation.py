"""Losses of generation, written from their papers; README.md describes the file."""

import torch
from torch.distributions import Normal, kl_divergence
from torch.nn import functional as F

import rule

BETA, FREE_BITS, R1 = 0.7, 0.3, 2.5
ROUNDS = 3


def tensor(name, shape, amplitude, base=0.0):
    return torch.from_numpy(rule.noise(name, shape, amplitude, base)).double()


def leaf(*settings):
    return tensor(*settings).requires_grad_()


def entry(value, **leaves):
    """A scalar and its gradients."""
    gradients = torch.autograd.grad(value, leaves.values())
    return {"value": value.item(), **{name: g.flatten().tolist() for name, g in zip(leaves, gradients)}}


def vae():
    """Squared errors summed over pixels, mean over images, + BETA x divergences, each dimension's mean at least FREE_BITS."""
    mean, log_variance = leaf("mean", (4, 6), 1), leaf("log-variance", (4, 6), 1)
    normal = Normal(mean, (log_variance / 2).exp())
    divergences = kl_divergence(normal, Normal(0.0, 1.0))
    vector = normal.loc + normal.scale * tensor("noise", (4, 6), 2)
    made = torch.sigmoid(vector @ tensor("decoder", (6, 12), 0.5))
    errors = ((made - tensor("target", (4, 12), 0.4, 0.5)) ** 2).sum(1).mean()

    def loss(free_bits):
        information = divergences.mean(0).clamp(min=free_bits).sum()
        return torch.autograd.grad(errors + BETA * information, (mean, log_variance), retain_graph=True), information

    found = {"divergences": divergences.flatten().tolist(), "errors": errors.item()}
    for name, free_bits in (("plain", 0.0), ("free-bits", FREE_BITS)):
        (of_mean, of_variance), information = loss(free_bits)
        gradients = {"mean": of_mean.flatten().tolist(), "logVariance": of_variance.flatten().tolist()}
        found[name] = {"value": (errors + BETA * information).item(), **gradients}
    return found


def adversarial():
    """The non-saturating loss by torch's cross-entropy with labels: real ones 1, made ones 0 for one side and 1 for the other."""
    ones, zeros = torch.ones(6).double(), torch.zeros(6).double()
    bce = F.binary_cross_entropy_with_logits
    losses = {
        "hinge": (lambda real, made: F.relu(1 - real).mean() + F.relu(1 + made).mean(), lambda made: -made.mean()),
        "non-saturating": (lambda real, made: bce(real, ones) + bce(made, zeros), lambda made: bce(made, ones)),
    }
    found = {}
    for name, (discriminator, generator) in losses.items():
        real, made = leaf("real", (6,), 2), leaf("made", (6,), 2)
        found[name] = {
            "discriminator": entry(discriminator(real, made), real=real, made=made),
            "generator": entry(generator(made), made=made),
        }
    return found


def r1():
    """R1 / 2 x mean squared slope at images, of a network whose units bend (softplus) and break (ReLU)."""
    images = leaf("images", (2, 3, 6, 6), 1)
    first, second = leaf("first", (4, 3, 3, 3), 0.5), leaf("second", (5, 4, 3, 3), 0.5)
    maps = F.relu(F.conv2d(F.relu(F.conv2d(images, first, padding=1)), second, stride=2, padding=1))
    scores = F.softplus(maps.sum((2, 3))).sum(1)
    (slope,) = torch.autograd.grad(scores.sum(), images, create_graph=True)
    return entry(R1 / 2 * (slope**2).sum((1, 2, 3)).mean(), first=first, second=second)


def spectral():
    """A filter over u W v, whose gradient takes u and v for constants; they after ROUNDS of the power method; its norm."""
    weight = leaf("weight", (5, 3, 3, 3), 1)
    matrix = weight.reshape(5, 27)
    u, v = (F.normalize(tensor(name, shape, 1), dim=0) for name, shape in (("u", (5,)), ("v", (27,))))
    sigma = u @ matrix @ v
    found = entry(((weight / sigma) * tensor("probe", (5, 3, 3, 3), 1)).sum(), weight=weight)
    for _ in range(ROUNDS):
        v = F.normalize(matrix.detach().T @ u, dim=0)
        u = F.normalize(matrix.detach() @ v, dim=0)
    norm = torch.linalg.matrix_norm(matrix.detach(), ord=2).item()
    return {**found, "u": u.tolist(), "v": v.tolist(), "norm": norm, "rounds": ROUNDS}


def goldens():
    return {
        "settings": {"beta": BETA, "freeBits": FREE_BITS, "r1": R1},
        "vae": vae(),
        "adversarial": adversarial(),
        "r1": r1(),
        "spectral": spectral(),
    }
