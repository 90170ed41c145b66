#!/usr/bin/python3
"""Makes test/goldens/data/*.json with PyTorch in float64; README.md says what is in them.

    /usr/bin/python3 test/goldens/make.py [--only substring] [--threads 1]

Prints, per case, how far the same computation in float32 strays: the tolerance of the tests must leave room for that.
"""

import argparse
import json
import re
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional as F

import explanations
import generation
import networks
import optimizers
import quality
import rule

DATA = Path(__file__).parent / "data"
CLASSES, LATENT = 10, 16
IMAGE_SAMPLES = 64
# Gradients below VANISHING times the largest of their block are zero in exact arithmetic (a bias before a norm).
# The others may cancel in part: below FLOOR times the largest of their kind they are measured against that.
VANISHING, FLOOR = 1e-7, 1e-2
# A ReLU or a maximum that float32 decides otherwise moves gradients by some 1e-3. Inputs are drawn until neither
# float32 nor float32 with parameters disturbed by a rounding error (so: other software) does that.
JITTERS, DRAWS = (0.0, 2.0**-23, 2.0**-22), 6


def steady_below(case):
    """The article's transposed network normalises pixels that hardly vary, which costs it a digit anyway."""
    return 5e-4 if case["network"] == "article-transpose" else 3e-4


NETWORKS = {
    "imagenet": lambda case: networks.imagenet(case["depth"], CLASSES, case.get("stride", "middle")),
    "article": lambda case: networks.Article(case["depth"], CLASSES, case["size"]),
    "cifar": lambda case: networks.Cifar(case["depth"], CLASSES, case["shortcut"]),
    "options": lambda case: networks.Options(case["setting"], CLASSES),
    "mirror": lambda case: networks.Mirror(case["depth"], LATENT, case["size"], upsample=case["upsample"]),
    "article-transpose": lambda case: networks.ArticleTranspose(case["depth"], LATENT, case["size"]),
}
# Small networks that have every option between them, among the others' company
OPTIONS = {
    "grouped-se-d": {
        **{"bottleneck": True, "repeats": [1, 2], "width": 16, "groups": 4, "widthPerGroup": 32},
        **{"stem": "deep", "downsample": "average", "attention": "se", "reduction": 4},
    },
    "v2-grouped-d": {
        **{"bottleneck": True, "repeats": [2, 1], "width": 16, "groups": 2, "widthPerGroup": 48},
        **{"stem": "deep-tiered", "downsample": "average", "preactivation": True},
    },
    "v2-basic-se": {"bottleneck": False, "repeats": [2, 1], "width": 16, "attention": "se", "preactivation": True},
}
TRANSPOSED = ("mirror", "article-transpose")


def row(network, depth, size=(32, 32), batch=8, **settings):
    upsample = {"upsample": "deconv"} if network == "mirror" else {}
    return {"network": network, "depth": depth, "size": list(size), "batch": batch, **upsample, **settings}


def cases():
    """{file name: settings}"""
    deep = [network for network in NETWORKS if network not in ("cifar", "options")]
    table = {f"{network}-{depth}": row(network, depth) for network in deep for depth in networks.REPEATS}
    table |= {f"cifar-20-{option}": row("cifar", 20, shortcut=option) for option in ("A", "B", "C", "none")}
    table |= {f"mirror-18-{kind}": row("mirror", 18, upsample=kind) for kind in ("resize", "pixel-shuffle")}
    table["imagenet-50-first"] = row("imagenet", 50, stride="first")
    table |= {f"{network}-18-64x96": row(network, 18, (64, 96)) for network in ("imagenet", "article", "mirror")}
    table["imagenet-50-64x96"] = row("imagenet", 50, (64, 96), batch=4)
    table["article-18-64"] = row("article", 18, (64, 64))
    table["article-transpose-50-64x32"] = row("article-transpose", 50, (64, 32))
    for name, setting in OPTIONS.items():
        table[f"options-{name}"] = {"network": "options", "setting": setting, "size": [32, 48], "batch": 8}
    return table


def fill(net, jitter):
    """Sets every parameter and running statistic by the rule, then disturbs them by up to `jitter`, relative."""
    torch.manual_seed(0)
    with torch.no_grad():
        for name, tensor in net.state_dict().items():
            if tensor.is_floating_point():
                tensor.copy_(torch.from_numpy(rule.parameter(name, tensor.shape)))
                if jitter:
                    tensor.mul_(torch.rand_like(tensor).mul_(2 * jitter).add_(1 - jitter))


def task(case, dtype):
    """(input, loss function): labels i mod k under cross-entropy, or a picture under the mean squared error."""
    n, image = case["batch"], (case["batch"], 3, *case["size"])

    def tensor(name, shape, amplitude):
        return torch.from_numpy(rule.noise(name, shape, amplitude)).to(dtype)

    if case["network"] in TRANSPOSED:
        target = tensor("target", image, 10)  # outweighs the picture's mean, whose gradient the norms would cancel
        return tensor(case["input"], (n, LATENT), 1), lambda output: F.mse_loss(output, target)
    labels = torch.arange(n) % CLASSES
    return tensor(case["input"], image, 1), lambda output: F.cross_entropy(output, labels)


def output_digest(output):
    """Logits in full; of pictures the digest."""
    values = output.detach().numpy()
    if output.ndim == 2:
        return {"shape": list(output.shape), "values": values.ravel().tolist()}
    return {"shape": list(output.shape), "digest": rule.digest("output", values, IMAGE_SAMPLES)}


def entries(tensors):
    return {
        name: {"shape": list(tensor.shape), "digest": rule.digest(name, tensor.numpy())}
        for name, tensor in tensors.items()
    }


def block(name):
    """'layer4.1.bn2.bias' -> 'layer4.1', 'res_0_0_left_myconv1.conv.bias' -> 'res_0_0_left_myconv1'"""
    return re.match(r"layer\d+\.\d+|[^.]+", name)[0]


def floor(name, gradients):
    """The norm that a gradient's error is measured against if its own is smaller."""
    near = [entry for other, entry in gradients.items() if block(other) == block(name)]
    own = gradients[name]
    largest = max(entry["digest"][0] for entry in near)
    if own["digest"][0] < VANISHING * largest:
        return largest
    return FLOOR * max(entry["digest"][0] for entry in near if len(entry["shape"]) == len(own["shape"]))


def run(case, dtype, jitter=0.0):
    """Forward in eval mode, then one forward and backward in train mode: everything that a file holds."""
    torch.set_default_dtype(dtype)
    net = NETWORKS[case["network"]](case)
    fill(net, jitter)
    inputs, loss_of = task(case, dtype)
    result = {}
    net.eval()
    with torch.no_grad():
        output = net(inputs)
        result["eval"] = {"loss": loss_of(output).item(), "output": output_digest(output)}
    net.train()
    output = net(inputs)
    loss = loss_of(output)
    loss.backward()
    result["train"] = {"loss": loss.item(), "output": output_digest(output)}
    gradients = entries({name: p.grad for name, p in net.named_parameters()})
    result["gradients"] = {name: {**entry, "floor": floor(name, gradients)} for name, entry in gradients.items()}
    result["running"] = entries({name: b for name, b in net.named_buffers() if b.is_floating_point()})
    return result


def output_error(actual, golden):
    if "digest" in golden:
        return rule.digest_error(actual["digest"], golden["digest"], np.prod(golden["shape"]))
    difference = np.subtract(actual["values"], golden["values"])
    return np.linalg.norm(difference) / np.linalg.norm(golden["values"])


def worst(actual, golden):
    """(error, name) of the tensor that strays most."""

    def error(name):
        entry = golden[name]
        size, least = np.prod(entry["shape"]), entry.get("floor", 0)
        return rule.digest_error(actual[name]["digest"], entry["digest"], size, least)

    return max((error(name), name) for name in golden)


def deviation(single, double):
    """How far `single` strays from `double`, in the measures that the tests use."""
    errors = {mode: output_error(single[mode]["output"], double[mode]["output"]) for mode in ("eval", "train")}
    gradient, where = worst(single["gradients"], double["gradients"])
    running, _ = worst(single["running"], double["running"])
    return {"gradient": gradient, "where": where, "running": running, **errors}


def attempt(case):
    """(float64 result, deviation of float32 runs at its worst)"""
    double = run(case, torch.float64)
    deviations = [deviation(run(case, torch.float32, jitter), double) for jitter in JITTERS]
    return double, max(deviations, key=lambda errors: errors["gradient"])


def steady(case):
    """The first draw of the input that is steady, or the best: (case, result, deviation)."""
    best = None
    for draw in range(DRAWS):
        drawn = {**case, "input": f"input{draw}"}
        found = (drawn, *attempt(drawn))
        best = min(best or found, found, key=lambda it: it[2]["gradient"])
        if best[2]["gradient"] < steady_below(case):
            break
    return best


def rounded(value):
    """Ten significant digits: more than float32 can tell apart, in half the space."""
    if isinstance(value, dict):
        return {key: rounded(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [rounded(item) for item in value]
    return float(f"{value:.10g}") if isinstance(value, float) else value


def write(name, content):
    """One line per entry of the outer two levels, so that a changed golden shows as a readable difference."""

    def lines(value, depth):
        if depth == 0 or not isinstance(value, dict):
            return json.dumps(value)
        pad = "  " * (3 - depth)
        items = [f"{pad}{json.dumps(key)}: {lines(item, depth - 1)}" for key, item in value.items()]
        return "{\n" + ",\n".join(items) + f"\n{pad[2:]}}}"

    (DATA / f"{name}.json").write_text(lines(rounded(content), 2) + "\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="", help="make the files whose name contains this")
    parser.add_argument("--threads", type=int, default=1)
    o = parser.parse_args()
    torch.set_num_threads(o.threads)
    DATA.mkdir(exist_ok=True)
    if o.only in "optimizers":
        write("optimizers", optimizers.goldens())
    if o.only in "quality":
        write("quality", quality.goldens())
    if o.only in "generation":
        write("generation", generation.goldens())
    if o.only in "explanations":
        write("explanations", explanations.goldens())
    for name, case in cases().items():
        if o.only in name:
            rule.noise.cache_clear()
            drawn, result, errors = steady(case)
            write(name, {"case": drawn, "float32": errors["gradient"], **result})
            figures = (f"{key} {value if key == 'where' else f'{value:.1e}'}" for key, value in errors.items())
            print(name, drawn["input"], *figures, flush=True)


if __name__ == "__main__":
    main()
