#!/usr/bin/python3
"""Checkpoints that PyTorch and NumPy write, for the tests of `resmirror import`.

    /usr/bin/python3 test/weights/torch_files.py fixtures           # makes test/weights/fixtures/*, which are committed
    /usr/bin/python3 test/weights/torch_files.py logits CHECKPOINT CIFAR   # and the ResNet-20's golden answers there
    /usr/bin/python3 test/weights/torch_files.py torchvision NAME FOLDER   # random weights in both formats, and what they answer
    /usr/bin/python3 test/weights/torch_files.py options SETTING FOLDER    # likewise, of a network as timm would name its weights
    /usr/bin/python3 test/weights/torch_files.py whole FILE         # a module in the legacy format, which holds PyTorch's source text too
    /usr/bin/python3 test/weights/torch_files.py large FILE         # 1 GB

The small network's weights follow the rule of test/goldens, so that the tests know them.
"""

import argparse
import json
import sys
from collections import Counter, OrderedDict, defaultdict
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

sys.path.insert(0, str(Path(__file__).parent.parent / "goldens"))
import rule  # noqa: E402

FIXTURES = Path(__file__).parent / "fixtures"
CLASSES = 3


def small():
    """A basic-resnet-1-1 of width 2 with a 3x3 stem: name -> tensor."""
    shapes = {"conv1.weight": (2, 3, 3, 3), **norm("bn1", 2), **block("layer1.0", 2, 2), **block("layer2.0", 2, 4)}
    shapes |= {"fc.weight": (CLASSES, 4), "fc.bias": (CLASSES,)}
    return OrderedDict((name, torch.from_numpy(rule.parameter(name, shape).copy())) for name, shape in shapes.items())


def norm(name, width):
    return {f"{name}.{part}": (width,) for part in ("weight", "bias", "running_mean", "running_var")}


def block(name, width, to):
    shapes = {f"{name}.conv1.weight": (to, width, 3, 3), **norm(f"{name}.bn1", to)}
    shapes |= {f"{name}.conv2.weight": (to, to, 3, 3), **norm(f"{name}.bn2", to)}
    if width != to:
        shapes |= {f"{name}.downsample.0.weight": (to, width, 1, 1), **norm(f"{name}.downsample.1", to)}
    return shapes


def odd():
    """A training script's checkpoint: every kind of tensor that a state_dict may hold, among other things."""
    state = OrderedDict()
    flat = torch.cat([tensor.flatten() for tensor in small().values()])
    offset = 0
    for i, (name, tensor) in enumerate(small().items()):
        stored = {
            0: tensor.half(),
            1: tensor.bfloat16(),
            2: tensor.double(),
            3: flat[offset : offset + tensor.numel()].view(tensor.shape),  # one storage for many
            4: nn.Parameter(tensor.to(memory_format=torch.channels_last) if tensor.dim() == 4 else tensor),
            5: torch.stack([tensor, -tensor], -1)[..., 0],  # every other element
        }[i % 6]
        state["module." + name] = stored
        offset += tensor.numel()
        if name.endswith("running_var"):
            state["module." + name.replace("running_var", "num_batches_tracked")] = torch.tensor(7)
    return {
        "epoch": 90,
        "best_acc1": np.float64(0.75),
        "args": argparse.Namespace(arch="resnet", lr=0.1, layers=[1, 1]),
        "history": defaultdict(list, {"loss": [1.5, 0.5]}),
        "milestones": Counter({30: 1}),
        "device": torch.device("cuda:0"),
        "size": torch.Size([32, 32]),
        "dtype": torch.float16,
        "optimizer": {"state": {0: {"momentum_buffer": torch.ones(2, 2)}}, "param_groups": [{"lr": 0.1, "params": [0]}]},
        "state_dict": state,
    }




def whole():
    from torchvision.models import resnet

    net = resnet.ResNet.__new__(resnet.ResNet)
    nn.Module.__init__(net)
    net.conv1 = nn.Conv2d(3, 2, 3, padding=1, bias=False)
    net.bn1 = nn.BatchNorm2d(2)
    net.layer1 = nn.Sequential(resnet.BasicBlock(2, 2))
    shortcut = nn.Sequential(nn.Conv2d(2, 4, 1, 2, bias=False), nn.BatchNorm2d(4))
    net.layer2 = nn.Sequential(resnet.BasicBlock(2, 4, 2, shortcut))
    net.fc = nn.Linear(4, CLASSES)
    net.load_state_dict(small(), strict=False)
    return nn.DataParallel(net)


def write_fixtures():
    FIXTURES.mkdir(exist_ok=True)
    legacy = {"_use_new_zipfile_serialization": False}
    torch.save(small(), FIXTURES / "plain.pth")
    torch.save(small(), FIXTURES / "plain.th", **legacy)
    torch.save({"model": small()}, FIXTURES / "protocol4.pt", pickle_protocol=4)
    torch.save(whole(), FIXTURES / "whole.pt")
    torch.serialization.location_tag = lambda storage: "cuda:0"
    torch.save(odd(), FIXTURES / "odd.pth")
    torch.save(odd(), FIXTURES / "odd.th", **legacy)
    arrays = {name: tensor.numpy() for name, tensor in small().items()}
    np.savez(FIXTURES / "plain.npz", **arrays)
    turned = {name: np.asfortranarray(a) if i % 2 else a.astype(np.float64) for i, (name, a) in enumerate(arrays.items())}
    np.savez_compressed(FIXTURES / "compressed.npz", **turned)


def cifar_logits(checkpoint, cifar):
    """Answers of the CIFAR ResNet-20 with zero-padded shortcuts: [images, 10]."""
    state = torch.load(checkpoint, map_location="cpu")["state_dict"]
    w = {name.removeprefix("module."): tensor for name, tensor in state.items()}
    records = np.fromfile(Path(cifar) / "test_batch.bin", np.uint8).reshape(-1, 3073)
    x = torch.from_numpy(records[:, 1:].reshape(-1, 3, 32, 32).astype(np.float32) / 255)
    mean, std = (torch.tensor(v).view(1, 3, 1, 1) for v in ([0.485, 0.456, 0.406], [0.229, 0.224, 0.225]))

    def unit(x, conv, bn, stride=1):
        x = F.conv2d(x, w[f"{conv}.weight"], stride=stride, padding=1)
        stats = (w[f"{bn}.{part}"] for part in ("running_mean", "running_var", "weight", "bias"))
        return F.batch_norm(x, *stats)

    def forward(x):
        x = F.relu(unit(x, "conv1", "bn1"))
        for stage in (1, 2, 3):
            for i in range(3):
                name, stride = f"layer{stage}.{i}", 2 if stage > 1 and i == 0 else 1
                y = F.relu(unit(x, f"{name}.conv1", f"{name}.bn1", stride))
                y = unit(y, f"{name}.conv2", f"{name}.bn2")
                if stride == 2:
                    more = y.shape[1] // 4
                    x = F.pad(x[:, :, ::2, ::2], (0, 0, 0, 0, more, more))
                x = F.relu(x + y)
        return F.linear(x.mean((2, 3)), w["linear.weight"], w["linear.bias"])

    with torch.no_grad():
        return torch.cat([forward((part - mean) / std) for part in x.split(250)]).numpy()


def write_logits(checkpoint, cifar):
    logits = cifar_logits(checkpoint, cifar)
    labels = np.fromfile(Path(cifar) / "test_batch.bin", np.uint8).reshape(-1, 3073)[:, 0]
    print(f"{len(logits)} images, {(logits.argmax(1) == labels).mean():.2%} right")
    logits.astype("<f4").tofile(FIXTURES / "resnet20-logits.bin")


def write_torchvision(name, folder):
    """Both formats, and the logits of one 64 x 64 image by the rule."""
    import torchvision

    torch.manual_seed(0)
    write_both(getattr(torchvision.models, name)(), Path(folder) / name)


def write_options(setting, folder):
    """Likewise of a small network of options; timm's names differ from this project's where norms come first."""
    import networks

    torch.manual_seed(0)
    setting = json.loads(setting)
    names = timm_v2_name if setting.get("preactivation") else str
    write_both(networks.Options(setting, CLASSES), Path(folder) / "options", names)


def timm_v2_name(name):
    """https://github.com/huggingface/pytorch-image-models/blob/v1.0.0/timm/models/resnetv2.py"""
    stem = {"conv1": "conv", "conv1.0": "conv1", "conv1.1": "norm1", "conv1.3": "conv2", "conv1.4": "norm2", "conv1.6": "conv3"}
    module, part = name.rsplit(".", 1)
    if module in stem:
        return f"stem.{stem[module]}.{part}"
    if module in ("bn", "fc"):
        return f"{'norm' if module == 'bn' else 'head.fc'}.{part}"
    layer, block, *rest = module.split(".")
    rest = "downsample.conv" if rest[0] == "downsample" else rest[0].replace("bn", "norm")
    return f"stages.{int(layer.removeprefix('layer')) - 1}.blocks.{block}.{rest}.{part}"


def write_both(net, path, rename=str):
    # As they come, ResNet-152's logits are 7e6 large, and PyTorch's own float32 is off by 11. Statistics of a batch, and small
    # last scales of branches, both as after training, keep them around 1 and PyTorch's float32 within 1e-5 of its float64.
    for module in net.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.momentum = 1.0
        for last in {"BasicBlock": ("bn2",), "Bottleneck": ("bn3",)}.get(type(module).__name__, ()):
            nn.init.constant_(getattr(module, last).weight, 0.2)
    with torch.no_grad():
        net(torch.randn(8, 3, 64, 64))
    net.eval()
    state = OrderedDict((rename(name), tensor) for name, tensor in net.state_dict().items())
    if "head.fc.weight" in state:
        state["head.fc.weight"] = state["head.fc.weight"][:, :, None, None]  # there a convolution of 1x1
    torch.save(state, f"{path}.pth")
    torch.save(state, f"{path}.th", _use_new_zipfile_serialization=False)
    with torch.no_grad():
        logits = net(torch.from_numpy(rule.noise("input", (1, 3, 64, 64), 1.0).copy()))[0]
    print(json.dumps(logits.tolist()))


def write_whole(file):
    torch.save({"model_ema": whole()}, file, _use_new_zipfile_serialization=False)


def write_large(file):
    """ResNet-152 of twice the width and ten times the classes: 1.09 GB in float32."""
    from torchvision.models.resnet import Bottleneck, ResNet

    net = ResNet(Bottleneck, [3, 8, 36, 3])
    state = OrderedDict()
    for name, tensor in net.state_dict().items():
        wide = [2 * size if i < 2 and size not in (3, 1000) else size for i, size in enumerate(tensor.shape)]
        if name == "conv1.weight":
            wide = [128, 3, 7, 7]
        if tensor.dim() == 4:
            wide[2:] = tensor.shape[2:]
        if name.startswith("fc."):
            wide[0] = 10_000
        state[name] = torch.zeros(wide) if tensor.dim() else tensor
    torch.save(state, file)


if __name__ == "__main__":
    job, *given = sys.argv[1:]
    torch.set_num_threads(1)
    jobs = {"fixtures": write_fixtures, "logits": write_logits, "torchvision": write_torchvision}
    {**jobs, "options": write_options, "whole": write_whole, "large": write_large}[job](*given)
