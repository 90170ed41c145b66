"""ONNX files as torch.onnx.export writes them, with PyTorch's own answers and gradients beside them.

    python3 torch_files.py tiny FOLDER      the fixture that is committed: tiny.onnx, tiny.json, tiny.bin
    python3 torch_files.py networks FOLDER  torchvision's networks in several forms: NAME.onnx, NAME.json, NAME.bin

The .json lists tensors with names, shapes and where they begin in the .bin (float32, little-endian). Gradients are those of the
cross entropy in evaluation mode; of training mode there are sums.
"""
import copy, json, sys, warnings
import torch
from torch import nn
from torch.nn import functional as F
from torch.nn.utils.fusion import fuse_conv_bn_eval

warnings.filterwarnings('ignore')
PRESERVE = dict(training=torch.onnx.TrainingMode.PRESERVE, do_constant_folding=False)


def pattern(*shape):
    """Numbers that any language can make again."""
    count = 1
    for size in shape:
        count *= size
    return torch.sin(torch.arange(count, dtype=torch.float64) * 0.37).reshape(shape).to(torch.float32)


def lively(model):
    """Norms as after some training, so that nothing cancels by chance."""
    torch.manual_seed(1)
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.uniform_(module.weight, 0.5, 1.5)
            nn.init.normal_(module.bias, std=0.2)
            nn.init.normal_(module.running_mean, std=0.2)
            nn.init.uniform_(module.running_var, 0.5, 1.5)
    return model


class Block(nn.Module):
    def __init__(self, inner, to, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(inner, to, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(to)
        self.conv2 = nn.Conv2d(to, to, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(to)
        self.downsample = None
        if stride != 1:
            self.downsample = nn.Sequential(nn.Conv2d(inner, to, 1, stride, bias=False), nn.BatchNorm2d(to))

    def forward(self, x):
        y = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))
        return F.relu(y + (self.downsample(x) if self.downsample else x))


class Tiny(nn.Module):
    """A CIFAR ResNet of three blocks."""

    def __init__(self, classes=5):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 4, 3, 1, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(4)
        self.layer1 = nn.Sequential(Block(4, 4, 1))
        self.layer2 = nn.Sequential(Block(4, 8, 2))
        self.layer3 = nn.Sequential(Block(8, 16, 2))
        self.fc = nn.Linear(16, classes)

    def forward(self, x):
        x = self.layer3(self.layer2(self.layer1(F.relu(self.bn1(self.conv1(x))))))
        x = F.avg_pool2d(x, int(x.size(3)))
        return self.fc(x.view(x.size(0), -1))


class Padded(nn.Module):
    """A shortcut of kind A, ReLU6 and dropout: shapes that are computed in the graph."""

    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 4, 3, 1, 1)
        self.conv2 = nn.Conv2d(4, 8, 3, 2, 1)
        self.fc = nn.Linear(8, 5)

    def forward(self, x):
        x = F.relu6(self.conv1(x))
        x = F.relu(self.conv2(x) + F.pad(x[:, :, ::2, ::2], (0, 0, 0, 0, 2, 2)))
        return self.fc(F.dropout(x.mean((2, 3)), 0.5, self.training))


def fused(model):
    """What an export in evaluation mode folds, folded by PyTorch, so that gradients can be compared."""
    model = copy.deepcopy(model)
    for module in model.modules():
        for conv, norm in (('conv1', 'bn1'), ('conv2', 'bn2'), ('conv3', 'bn3'), ('0', '1')):
            pair = getattr(module, conv, None), getattr(module, norm, None)
            if isinstance(pair[0], nn.Conv2d) and isinstance(pair[1], nn.BatchNorm2d):
                setattr(module, conv, fuse_conv_bn_eval(*pair))
                setattr(module, norm, nn.Identity())
    return model


def answers(model, x, labels):
    model.zero_grad()
    logits = model(x)
    F.cross_entropy(logits, labels).backward()
    return logits.detach(), {name: p.grad.detach().clone() for name, p in model.named_parameters()}


def write(folder, name, model, size, export, gradients_of=None):
    x, labels = pattern(2, 3, size, size), torch.tensor([1, 3])
    model.eval()
    torch.onnx.export(model, x, f'{folder}/{name}.onnx', input_names=['input'], output_names=['logits'], **export)
    logits, gradients = answers(gradients_of or model, x, labels)
    tensors, at, data = [], 0, []
    for key, value in {'logits': logits, **gradients}.items():
        tensors.append({'name': key, 'shape': list(value.shape), 'at': at})
        at += value.numel()
        data.append(value.flatten())
    trained = copy.deepcopy(model).train()
    sums = {}
    if gradients_of is None:
        _, training = answers(trained, x, labels)
        sums = {key: float(value.abs().sum()) for key, value in training.items()}
        sums.update({key: float(value.abs().sum()) for key, value in trained.named_buffers() if 'running' in key})
    with open(f'{folder}/{name}.json', 'w') as file:
        json.dump({'size': size, 'tensors': tensors, 'training': sums}, file)
    with open(f'{folder}/{name}.bin', 'wb') as file:
        file.write(torch.cat(data).numpy().astype('<f4').tobytes())


what, folder = sys.argv[1:]
free = dict(dynamic_axes={'input': {0: 'batch'}, 'logits': {0: 'batch'}})
if what == 'tiny':
    torch.manual_seed(0)
    write(folder, 'tiny', lively(Tiny()), 8, dict(opset_version=13, **PRESERVE, **free))
else:
    import torchvision
    torch.manual_seed(0)
    tiny = lively(Tiny())
    for opset in (11, 13, 17):
        own = free if opset == 13 else {}
        write(folder, f'tiny-{opset}-kept', tiny, 8, dict(opset_version=opset, **PRESERVE, **own))
        write(folder, f'tiny-{opset}-folded', tiny, 8, dict(opset_version=opset, **free), fused(tiny.eval()))
        write(folder, f'padded-{opset}-kept', Padded(), 8, dict(opset_version=opset, **PRESERVE, **free))
        write(folder, f'padded-{opset}-plain', Padded(), 8, dict(opset_version=opset))
    resnet18 = lively(torchvision.models.resnet18(weights=None, num_classes=10))
    write(folder, 'resnet18-13-kept', resnet18, 64, dict(opset_version=13, **PRESERVE, **free))
    write(folder, 'resnet18-11-folded', resnet18, 64, dict(opset_version=11), fused(resnet18.eval()))
    write(folder, 'resnet18-17-folded', resnet18, 64, dict(opset_version=17, **free), fused(resnet18.eval()))
    resnet50 = lively(torchvision.models.resnet50(weights=None, num_classes=10))
    # at 32 pixels the last maps are single points, where float32 itself strays by a hundredth of float64
    write(folder, 'resnet50-17-kept', resnet50, 64, dict(opset_version=17, **PRESERVE))
