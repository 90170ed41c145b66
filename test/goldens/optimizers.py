"""Losses and optimisers of PyTorch on small tensors filled by the rule; README.md describes the file."""

import torch
from torch.nn import functional as F

import rule

SHAPES = {"kernel": (3, 4), "bias": (3,)}
RATES = (0.02, 0.05, 0.1, 0.06, 0.01)  # one step each: the rate changes, because momentum and rate must not be mixed up
RUNS = {
    "sgd": (torch.optim.SGD, {}),
    "sgd-momentum": (torch.optim.SGD, {"momentum": 0.9, "weight_decay": 5e-4}),
    "sgd-nesterov": (torch.optim.SGD, {"momentum": 0.9, "nesterov": True, "weight_decay": 5e-4}),
    "sgd-decay": (torch.optim.SGD, {"momentum": 0.9, "weight_decay": 0.5}),
    "adamw": (torch.optim.AdamW, {"betas": (0.9, 0.999), "eps": 1e-8, "weight_decay": 0.01}),
    "adamw-decay": (torch.optim.AdamW, {"betas": (0.8, 0.95), "eps": 1e-3, "weight_decay": 0.5}),
}
LOSSES = {
    "cross-entropy": lambda x, labels, target: F.cross_entropy(x, labels),
    "cross-entropy-smooth": lambda x, labels, target: F.cross_entropy(x, labels, label_smoothing=0.1),
    "mse": lambda x, labels, target: F.mse_loss(x, target),
    "l1": lambda x, labels, target: F.l1_loss(x, target),
}


def tensor(name, shape, amplitude=1):
    return torch.from_numpy(rule.noise(name, shape, amplitude)).double()


def trajectory(make, settings):
    """Both tensors after each step; step t gets the gradient `gradient<t>:<name>`, and only the kernel decays."""
    parameters = {name: torch.nn.Parameter(tensor(name, shape)) for name, shape in SHAPES.items()}
    bias = {"params": [parameters["bias"]], "weight_decay": 0}
    optimiser = make([{"params": [parameters["kernel"]]}, bias], lr=RATES[0], **settings)
    steps = []
    for t, rate in enumerate(RATES):
        for name, parameter in parameters.items():
            parameter.grad = tensor(f"gradient{t}:{name}", SHAPES[name])
        for group in optimiser.param_groups:
            group["lr"] = rate
        optimiser.step()
        steps.append({name: parameter.detach().flatten().tolist() for name, parameter in parameters.items()})
    return {"optimizer": make.__name__, "settings": settings, "steps": steps}


def loss(function):
    """Value and gradient at logits `logits` [6, 5], amplitude 3, labels i mod 5, target `target` [6, 5]."""
    x = tensor("logits", (6, 5), 3).requires_grad_()
    value = function(x, torch.arange(6) % 5, tensor("target", (6, 5)))
    value.backward()
    return {"loss": value.item(), "gradient": x.grad.flatten().tolist()}


def goldens():
    return {
        "learningRates": RATES,
        "optimizers": {name: trajectory(*run) for name, run in RUNS.items()},
        "losses": {name: loss(function) for name, function in LOSSES.items()},
    }
