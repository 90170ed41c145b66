"""Losses and optimisers of PyTorch on small tensors filled by the rule; README.md describes the file."""

import sys
from pathlib import Path

import torch
import torchvision
from torch.nn import functional as F
from torch.optim.lr_scheduler import CosineAnnealingLR, LinearLR, MultiStepLR, OneCycleLR, ReduceLROnPlateau, SequentialLR

import rule

sys.path.append(str(Path(__file__).parents[2] / "bench" / "torch"))
from classify import Muon  # noqa: E402  PyTorch 1.13 has none

SHAPES = {"kernel": (3, 4), "bias": (3,)}
RATES = 4 * (0.02, 0.05, 0.1, 0.06, 0.01)  # one step each: the rate changes, because momentum and rate must not be mixed up
RUNS = {
    "sgd": (torch.optim.SGD, {}),
    "sgd-momentum": (torch.optim.SGD, {"momentum": 0.9, "weight_decay": 5e-4}),
    "sgd-nesterov": (torch.optim.SGD, {"momentum": 0.9, "nesterov": True, "weight_decay": 5e-4}),
    "sgd-decay": (torch.optim.SGD, {"momentum": 0.9, "weight_decay": 0.5}),
    "adamw": (torch.optim.AdamW, {"betas": (0.9, 0.999), "eps": 1e-8, "weight_decay": 0.01}),
    "adamw-decay": (torch.optim.AdamW, {"betas": (0.8, 0.95), "eps": 1e-3, "weight_decay": 0.5}),
}
# what may go with any optimiser: gradients clipped by their norm together, the bias slower, a running average of both
TOGETHER = {"clipNorm": 2.5, "biasRate": 0.25, "averageDecay": 0.6}
CLASS_WEIGHTS = (0.5, 1, 2, 0.25, 1.25)
LOSSES = {
    "cross-entropy": lambda x, labels, target: F.cross_entropy(x, labels),
    "cross-entropy-smooth": lambda x, labels, target: F.cross_entropy(x, labels, label_smoothing=0.1),
    "cross-entropy-weighted": lambda x, labels, target: F.cross_entropy(
        x, F.one_hot(labels, 5).double(), torch.tensor(CLASS_WEIGHTS).double(), label_smoothing=0.1
    ),
    "distillation": lambda x, labels, target: 4
    * F.kl_div(F.log_softmax(x / 2, 1), F.softmax(target / 2, 1), reduction="batchmean"),
    "mse": lambda x, labels, target: F.mse_loss(x, target),
    "l1": lambda x, labels, target: F.l1_loss(x, target),
}


def tensor(name, shape, amplitude=1):
    return torch.from_numpy(rule.noise(name, shape, amplitude)).double()


# the kernel has no gradient before this step, as while it is frozen
JOINS = 7


def trajectory(make, settings, clipNorm=None, biasRate=1, averageDecay=None, joins=0):
    """Both tensors after each step; step t gets the gradient `gradient<t>:<name>`, and only the kernel decays."""
    parameters = {name: torch.nn.Parameter(tensor(name, shape)) for name, shape in SHAPES.items()}
    averages = {name: parameter.detach().clone() for name, parameter in parameters.items()}
    bias = {"params": [parameters["bias"]], "weight_decay": 0}
    optimiser = make([{"params": [parameters["kernel"]]}, bias], lr=RATES[0], **settings)
    steps, norms = [], []
    for t, rate in enumerate(RATES):
        for name, parameter in parameters.items():
            parameter.grad = tensor(f"gradient{t}:{name}", SHAPES[name]) if t >= joins or name == "bias" else None
        if clipNorm is not None:
            norms.append(torch.nn.utils.clip_grad_norm_(parameters.values(), clipNorm).item())
        for group, factor in zip(optimiser.param_groups, (1, biasRate)):
            group["lr"] = rate * factor
        optimiser.step()
        if averageDecay is not None:
            decay = min(averageDecay, (t + 1) / (t + 10))
            for name, average in averages.items():
                average.mul_(decay).add_(parameters[name].detach(), alpha=1 - decay)
        steps.append({name: parameter.detach().flatten().tolist() for name, parameter in parameters.items()})
    known = {"optimizer": make.__name__, "settings": settings, "steps": steps}
    if averageDecay is None:
        return known
    return {**known, "norms": norms, "averages": {name: average.flatten().tolist() for name, average in averages.items()}}


MUON_SHAPES = {"wide": (3, 2, 2, 2), "tall": (9, 1, 2, 2), "matrix": (3, 4), "bias": (3,)}
MUON_DECAY = 0.02


def muon():
    """Filters by Muon, the rest by SGD at ten times the rate, after each step as above; the bias does not decay."""
    parameters = {name: torch.nn.Parameter(tensor(name, shape)) for name, shape in MUON_SHAPES.items()}
    filters = Muon([parameters["wide"], parameters["tall"]], lr=RATES[0], weight_decay=10 * MUON_DECAY)
    groups = [{"params": [parameters["matrix"]], "weight_decay": MUON_DECAY}, {"params": [parameters["bias"]]}]
    rest = torch.optim.SGD(groups, lr=10 * RATES[0], momentum=0.9, nesterov=True)
    steps = []
    for t, rate in enumerate(RATES):
        for name, parameter in parameters.items():
            parameter.grad = tensor(f"gradient{t}:{name}", MUON_SHAPES[name])
        for optimiser, factor in ((filters, 1), (rest, 10)):
            for group in optimiser.param_groups:
                group["lr"] = rate * factor
            optimiser.step()
        steps.append({name: parameter.detach().flatten().tolist() for name, parameter in parameters.items()})
    return {"shapes": MUON_SHAPES, "weightDecay": MUON_DECAY, "steps": steps}


def loss(function):
    """Value and gradient at logits `logits` [6, 5], amplitude 3, labels i mod 5, target `target` [6, 5]."""
    x = tensor("logits", (6, 5), 3).requires_grad_()
    value = function(x, torch.arange(6) % 5, tensor("target", (6, 5)))
    value.backward()
    return {"loss": value.item(), "gradient": x.grad.flatten().tolist()}


SHARE = 0.3
DROPPED = 0.3


def mixed(name, shape):
    """As RandomMixup of torchvision's reference for training classifiers: each sample with the one before it."""
    x = tensor(name, shape)
    return (x.roll(1, 0) * (1 - SHARE) + x * SHARE).flatten().tolist()


BASE, STEPS, WARMUP = 0.4, 50, 8
SCHEDULES = {
    "cosine": lambda optimiser: CosineAnnealingLR(optimiser, STEPS),
    "cosine to a tenth": lambda optimiser: CosineAnnealingLR(optimiser, STEPS, eta_min=BASE / 10),
    "cosine after a warm-up": lambda optimiser: SequentialLR(
        optimiser,
        [LinearLR(optimiser, 1 / WARMUP, total_iters=WARMUP - 1), CosineAnnealingLR(optimiser, STEPS - WARMUP)],
        [WARMUP],
    ),
    "step": lambda optimiser: MultiStepLR(optimiser, [20, 40], gamma=0.3),
    "one-cycle": lambda optimiser: OneCycleLR(optimiser, BASE, total_steps=STEPS),
    "one-cycle, half of it up": lambda optimiser: OneCycleLR(optimiser, BASE, total_steps=STEPS, pct_start=0.5),
}
# stays, falls, worse for longer than patience lasts, hardly better, better
LOSSES_OF_EPOCHS = (2.0, 1.5, 1.6, 1.55, 1.52, 1.51, 1.5, 1.4, 1.39999, 1.39998, 1.39997, 1.39996, 1.39995, 1.0, 1.1)


def rates(make):
    """Learning rates of each step under a schedule whose base or peak is BASE."""
    optimiser = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=BASE)
    schedule = make(optimiser)
    found = []
    for _ in range(STEPS):
        found.append(optimiser.param_groups[0]["lr"])
        optimiser.step()
        schedule.step()
    return found


def plateau():
    """Learning rates of each epoch when it is cut after epochs that brought nothing."""
    optimiser = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=BASE)
    schedule = ReduceLROnPlateau(optimiser, patience=3)
    found = []
    for value in LOSSES_OF_EPOCHS:
        found.append(optimiser.param_groups[0]["lr"])
        schedule.step(value)
    return {"patience": 3, "losses": LOSSES_OF_EPOCHS, "rates": found}


def stochastic_depth():
    """torchvision's, by whole images; its seed leaves some out and keeps some."""
    images = tensor("images", (6, 2, 3, 3))
    torch.manual_seed(3)
    made = torchvision.ops.stochastic_depth(images, DROPPED, "row")
    kept = [bool(image.any()) for image in made]
    assert any(kept) and not all(kept)
    return {"p": DROPPED, "kept": kept, "images": made.flatten().tolist()}


def goldens():
    return {
        "learningRates": RATES,
        "optimizers": {name: trajectory(*run) for name, run in RUNS.items()},
        "muon": muon(),
        "late": {"joins": JOINS, **trajectory(*RUNS["adamw"], joins=JOINS)},
        "together": {
            "settings": TOGETHER,
            "runs": {name: trajectory(*RUNS[name], **TOGETHER) for name in ("sgd-nesterov", "adamw")},
        },
        "schedules": {"base": BASE, "steps": STEPS, "rates": {name: rates(make) for name, make in SCHEDULES.items()}},
        "plateau": plateau(),
        "classWeights": CLASS_WEIGHTS,
        "losses": {name: loss(function) for name, function in LOSSES.items()},
        "stochasticDepth": stochastic_depth(),
        "mixing": {"share": SHARE, "images": mixed("images", (4, 2, 3, 3)), "targets": mixed("mixed targets", (4, 5))},
    }
