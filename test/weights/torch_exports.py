#!/usr/bin/python3
"""What `resmirror export` writes, loaded in PyTorch: prints the logits of one 64 x 64 image by the rule of test/goldens.

    /usr/bin/python3 test/weights/torch_exports.py torchvision NAME FILE...   # .pth or .safetensors under torchvision's names
    /usr/bin/python3 test/weights/torch_exports.py huggingface FOLDER         # config.json and model.safetensors

Neither transformers nor safetensors is asked for: the module below has the layout and the names that transformers publishes,
https://github.com/huggingface/transformers/blob/v4.44.0/src/transformers/models/resnet/modeling_resnet.py
"""

import json
import sys
from pathlib import Path

import numpy as np
import torch
from torch import nn

sys.path.insert(0, str(Path(__file__).parent.parent / "goldens"))
import rule  # noqa: E402


def safetensors(path):
    """Name -> tensor, by the format's own page."""
    data = Path(path).read_bytes()
    length = int.from_bytes(data[:8], "little")
    header = json.loads(data[8 : 8 + length])
    assert header.pop("__metadata__") == {"format": "pt"}
    types = {"F32": np.float32, "I64": np.int64}
    tensors = {}
    for name, entry in header.items():
        begin, end = entry["data_offsets"]
        array = np.frombuffer(data[8 + length + begin : 8 + length + end], types[entry["dtype"]])
        tensors[name] = torch.from_numpy(array.copy()).reshape(entry["shape"])
    return tensors


class Unit(nn.Module):
    def __init__(self, width, to, kernel, stride=1, active=True):
        super().__init__()
        self.convolution = nn.Conv2d(width, to, kernel, stride, kernel // 2, bias=False)
        self.normalization = nn.BatchNorm2d(to)
        self.active = active

    def forward(self, x):
        x = self.normalization(self.convolution(x))
        return x.relu() if self.active else x


class Block(nn.Module):
    def __init__(self, width, to, stride, config):
        super().__init__()
        inner, first = to // 4, config["downsample_in_bottleneck"]
        if config["layer_type"] == "bottleneck":
            units = [
                Unit(width, inner, 1, stride if first else 1),
                Unit(inner, inner, 3, 1 if first else stride),
                Unit(inner, to, 1, active=False),
            ]
        else:
            units = [Unit(width, to, 3, stride), Unit(to, to, 3, active=False)]
        self.layer = nn.Sequential(*units)
        self.shortcut = Unit(width, to, 1, stride, active=False) if width != to or stride != 1 else nn.Identity()

    def forward(self, x):
        return (self.layer(x) + self.shortcut(x)).relu()


class Stage(nn.Module):
    def __init__(self, width, to, stride, depth, config):
        super().__init__()
        blocks = [Block(to if i else width, to, 1 if i else stride, config) for i in range(depth)]
        self.layers = nn.Sequential(*blocks)

    def forward(self, x):
        return self.layers(x)


class Inside(nn.Module):
    def __init__(self, config):
        super().__init__()
        width = config["embedding_size"]
        self.embedder = nn.Module()
        self.embedder.embedder = Unit(config["num_channels"], width, 7, 2)
        sizes = [width, *config["hidden_sizes"]]
        self.encoder = nn.Module()
        self.encoder.stages = nn.ModuleList(
            Stage(sizes[i], sizes[i + 1], 2 if i or config["downsample_in_first_stage"] else 1, depth, config)
            for i, depth in enumerate(config["depths"])
        )

    def forward(self, x):
        x = nn.functional.max_pool2d(self.embedder.embedder(x), 3, 2, 1)
        for stage in self.encoder.stages:
            x = stage(x)
        return nn.functional.adaptive_avg_pool2d(x, 1)


class ResNetForImageClassification(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.resnet = Inside(config)
        self.classifier = nn.Sequential(nn.Flatten(), nn.Linear(config["hidden_sizes"][-1], len(config["id2label"])))

    def forward(self, x):
        return self.classifier(self.resnet(x))


def logits(net, state):
    net.load_state_dict(state, strict=True)
    with torch.no_grad():
        return net.eval()(torch.from_numpy(rule.noise("input", (1, 3, 64, 64), 1.0).copy()))[0].tolist()


def with_torchvision(name, *files):
    import torchvision

    answers = []
    for file in files:
        if file.endswith(".pth"):
            state = torch.load(file)
            again = torch.load(file, weights_only=True)
            assert list(again) == list(state) and all(torch.equal(again[key], state[key]) for key in state)
        else:
            state = safetensors(file)
        answers.append(logits(getattr(torchvision.models, name)(), state))
    print(json.dumps(answers))


def with_huggingface(folder):
    config = json.loads((Path(folder) / "config.json").read_text())
    print(json.dumps([logits(ResNetForImageClassification(config), safetensors(Path(folder) / "model.safetensors"))]))


if __name__ == "__main__":
    job, *given = sys.argv[1:]
    torch.set_num_threads(1)
    {"torchvision": with_torchvision, "huggingface": with_huggingface}[job](*given)
