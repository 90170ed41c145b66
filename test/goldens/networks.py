"""The networks of this project in PyTorch, NCHW, written from their definitions and not from the TypeScript.

`imagenet` is torchvision's own. The others are short here: a table of depths and code that walks it.
Parameter names are those of this project's files.
"""

import torch
import torchvision
from torch import nn
from torch.nn import functional as F

# Deep Residual Learning for Image Recognition, table 1: https://arxiv.org/abs/1512.03385
REPEATS = {18: (2, 2, 2, 2), 34: (3, 4, 6, 3), 50: (3, 4, 6, 3), 101: (3, 4, 23, 3), 152: (3, 8, 36, 3)}


def is_bottleneck(depth):
    return depth >= 50


# ---------------------------------------------------------------------------------------------- imagenet


def imagenet(depth, classes, stride="middle"):
    """torchvision's ResNet (v1.5); stride 'first' moves it to the bottleneck's first 1x1, as in the paper (v1)."""
    net = getattr(torchvision.models, f"resnet{depth}")(num_classes=classes)
    if stride == "first" and is_bottleneck(depth):
        for layer in (net.layer2, net.layer3, net.layer4):
            layer[0].conv1.stride, layer[0].conv2.stride = (2, 2), (1, 1)
    return net


# ---------------------------------------------------------------------------------------------- cifar


class CifarBlock(nn.Module):
    """Two 3x3 convolutions and a shortcut of option A (subsample and pad), B or C (1x1 projection), or none."""

    def __init__(self, came, to, stride, project, plain):
        super().__init__()
        self.conv1 = nn.Conv2d(came, to, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(to)
        self.conv2 = nn.Conv2d(to, to, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(to)
        self.stride, self.extra, self.plain = stride, to - came, plain
        if project:
            self.downsample = nn.Sequential(nn.Conv2d(came, to, 1, stride, bias=False), nn.BatchNorm2d(to))

    def shortcut(self, x):
        if hasattr(self, "downsample"):
            return self.downsample(x)
        half = self.extra // 2
        return F.pad(x[:, :, :: self.stride, :: self.stride], (0, 0, 0, 0, half, self.extra - half))

    def forward(self, x):
        left = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))
        return F.relu(left if self.plain else left + self.shortcut(x))


class Cifar(nn.Module):
    """ResNet-20, 32, 44, 56, 110 of the paper's section 4.2: depth = 6 n + 2, widths 16, 32, 64."""

    def __init__(self, depth, classes, shortcut="A"):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 16, 3, 1, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(16)
        came = 16
        for stage, to in enumerate((16, 32, 64), start=1):
            blocks = []
            for index in range((depth - 2) // 6):
                stride = 2 if stage > 1 and index == 0 else 1
                project = shortcut == "C" or (shortcut == "B" and (came != to or stride == 2))
                blocks.append(CifarBlock(came, to, stride, project, plain=shortcut == "none"))
                came = to
            setattr(self, f"layer{stage}", nn.Sequential(*blocks))
        self.fc = nn.Linear(64, classes)

    def forward(self, x):
        x = F.relu(self.bn1(self.conv1(x)))
        x = self.layer3(self.layer2(self.layer1(x)))
        return self.fc(x.mean((2, 3)))


# ---------------------------------------------------------------------------------------------- options

# What a setting need not say, under the names of this project
USUAL = {"groups": 1, "widthPerGroup": 64, "stem": "plain", "downsample": "stride", "attention": "none"}
USUAL |= {"reduction": 16, "preactivation": False}


class Gate(nn.Module):
    """Squeeze and excitation (Hu et al. 2017, section 3); the width inside is a multiple of 8, as in timm."""

    def __init__(self, channels, reduction):
        super().__init__()
        inside = max(8, int(channels / reduction + 4) // 8 * 8)
        self.fc1 = nn.Conv2d(channels, inside, 1)
        self.fc2 = nn.Conv2d(inside, channels, 1)

    def forward(self, x):
        return x * torch.sigmoid(self.fc2(F.relu(self.fc1(x.mean((2, 3), keepdim=True)))))


class OptionsBlock(nn.Module):
    """conv, norm, ReLU, ... + shortcut, ReLU; or norm, ReLU, conv, ... + shortcut (He et al. 2016, figure 4 e)."""

    def __init__(self, came, own, stride, s):
        super().__init__()
        to = 4 * own if s["bottleneck"] else own
        inner = int(own * s["widthPerGroup"] / 64) * s["groups"]
        # (from, to, kernel, stride, groups)
        rows = (
            [(came, inner, 1, 1, 1), (inner, inner, 3, stride, s["groups"]), (inner, to, 1, 1, 1)]
            if s["bottleneck"]
            else [(came, to, 3, stride, 1), (to, to, 3, 1, 1)]
        )
        self.count, self.before = len(rows), s["preactivation"]
        for number, (a, b, kernel, step, groups) in enumerate(rows, start=1):
            conv = nn.Conv2d(a, b, kernel, step, kernel // 2, groups=groups, bias=False)
            setattr(self, f"conv{number}", conv)
            setattr(self, f"bn{number}", nn.BatchNorm2d(a if self.before else b))
        if s["attention"] == "se":
            self.se = Gate(to, s["reduction"])
        if came != to or stride > 1:
            average = s["downsample"] == "average"
            pool = nn.AvgPool2d(2, 2, ceil_mode=True, count_include_pad=False) if stride > 1 else nn.Identity()
            conv = nn.Conv2d(came, to, 1, 1 if average else stride, bias=False)
            self.pool = pool if average and self.before else nn.Identity()
            row = [conv] if self.before else [conv, nn.BatchNorm2d(to)]
            self.downsample = nn.Sequential(*([pool] if average and not self.before else []), *row)

    def forward(self, x):
        y = shortcut = x
        for number in range(1, self.count + 1):
            conv, norm = getattr(self, f"conv{number}"), getattr(self, f"bn{number}")
            if self.before:
                y = F.relu(norm(y))
                if number == 1 and hasattr(self, "downsample"):
                    shortcut = self.downsample(self.pool(y))
                y = conv(y)
            else:
                y = norm(conv(y))
                y = F.relu(y) if number < self.count else y
        if not self.before and hasattr(self, "downsample"):
            shortcut = self.downsample(x)
        y = (self.se(y) if hasattr(self, "se") else y) + shortcut
        return y if self.before else F.relu(y)


class Options(nn.Module):
    """A ResNet of any setting { bottleneck, repeats, width, ... }: image [n, 3, h, w] -> logits [n, classes]."""

    def __init__(self, setting, classes):
        super().__init__()
        s = USUAL | setting
        width, before = s["width"], s["preactivation"]
        if s["stem"] == "plain":
            self.conv1 = nn.Conv2d(3, width, 7, 2, 3, bias=False)
        else:
            second = width // 2
            first = 3 * (second // 4) if s["stem"] == "deep-tiered" else second
            self.conv1 = nn.Sequential(
                *(nn.Conv2d(3, first, 3, 2, 1, bias=False), nn.BatchNorm2d(first), nn.ReLU()),
                *(nn.Conv2d(first, second, 3, 1, 1, bias=False), nn.BatchNorm2d(second), nn.ReLU()),
                nn.Conv2d(second, width, 3, 1, 1, bias=False),
            )
        if not before:
            self.bn1 = nn.BatchNorm2d(width)
        came = width
        self.stages = len(s["repeats"])
        for stage, count in enumerate(s["repeats"]):
            own, blocks = width * 2**stage, []
            for index in range(count):
                blocks.append(OptionsBlock(came, own, 2 if stage > 0 and index == 0 else 1, s))
                came = 4 * own if s["bottleneck"] else own
            setattr(self, f"layer{stage + 1}", nn.Sequential(*blocks))
        if before:
            self.bn = nn.BatchNorm2d(came)
        self.fc = nn.Linear(came, classes)

    def forward(self, x):
        x = self.conv1(x)
        x = F.relu(self.bn1(x)) if hasattr(self, "bn1") else x
        x = F.max_pool2d(x, 3, 2, 1)
        for stage in range(1, self.stages + 1):
            x = getattr(self, f"layer{stage}")(x)
        x = F.relu(self.bn(x)) if hasattr(self, "bn") else x
        return self.fc(x.mean((2, 3)))


# ---------------------------------------------------------------------------------------------- mirror


class ResizeConv(nn.Conv2d):
    """Nearest x2, then the convolution (Odena et al. 2016, Deconvolution and Checkerboard Artifacts)."""

    def forward(self, x):
        return super().forward(F.interpolate(x, scale_factor=2, mode="nearest"))


class ShuffleConv(nn.Conv2d):
    """The convolution to four times the channels, then a pixel shuffle (Shi et al. 2016, arXiv:1609.05158)."""

    def forward(self, x):
        return F.pixel_shuffle(super().forward(x), 2)


# kernel k at stride 2 -> twice the size; each with the padding that keeps the picture centred
UPSAMPLE = {
    "deconv": lambda came, to, k, bias: nn.ConvTranspose2d(came, to, k + 1, 2, (k - 1) // 2, bias=bias),
    "resize": lambda came, to, k, bias: ResizeConv(came, to, k, 1, (k - 1) // 2, bias=bias),
    "pixel-shuffle": lambda came, to, k, bias: ShuffleConv(came, 4 * to, k, 1, (k - 1) // 2, bias=bias),
}


def backward_conv(came, to, kernel, stride, upsample, bias=False):
    if stride == 1:
        return nn.Conv2d(came, to, kernel, 1, (kernel - 1) // 2, bias=bias)
    return UPSAMPLE[upsample](came, to, kernel, bias)


class MirrorBlock(nn.Module):
    """One ResNet block (from, width, to, stride) walked backwards: `to` channels come in, `from` channels go out."""

    def __init__(self, row, bottleneck, upsample):
        super().__init__()
        start, width, to, stride = row
        units = (
            {3: (to, width, 1, 1), 2: (width, width, 3, stride), 1: (width, start, 1, 1)}
            if bottleneck
            else {2: (to, to, 3, 1), 1: (to, start, 3, stride)}
        )
        self.order = list(units)
        for number, unit in units.items():
            setattr(self, f"conv{number}", backward_conv(*unit, upsample))
            setattr(self, f"bn{number}", nn.BatchNorm2d(unit[1]))
        if start != to or stride == 2:
            self.upsample = nn.Sequential(backward_conv(to, start, 1, stride, upsample), nn.BatchNorm2d(start))

    def forward(self, x):
        left = x
        for number in self.order:
            left = getattr(self, f"bn{number}")(getattr(self, f"conv{number}")(left))
            left = left if number == 1 else F.relu(left)
        return F.relu(left + (self.upsample(x) if hasattr(self, "upsample") else x))


class Mirror(nn.Module):
    """The transposed ResNet: vector [n, d] -> image [n, channels, h, w], the ResNet's rows from last to first."""

    def __init__(self, depth, latent, size, channels=3, upsample="deconv", output=None):
        super().__init__()
        bottleneck, (height, width) = is_bottleneck(depth), size
        top = 2048 if bottleneck else 512
        self.map = (top, height // 32, width // 32)
        self.fc = nn.Linear(latent, top * self.map[1] * self.map[2])
        self.bn = nn.BatchNorm2d(top)
        start = 64
        for stage, repeats in enumerate(REPEATS[depth]):
            blocks, inner = [], 64 * 2**stage
            to = inner * 4 if bottleneck else inner
            for index in range(repeats):
                stride = 2 if stage > 0 and index == 0 else 1
                blocks.append(MirrorBlock((start, inner, to, stride), bottleneck, upsample))
                start = to
            setattr(self, f"layer{stage + 1}", nn.Sequential(*blocks))
        self.unpool = nn.Sequential(backward_conv(64, 64, 3, 2, upsample), nn.BatchNorm2d(64))
        self.conv1 = backward_conv(64, channels, 7, 2, upsample, bias=True)
        self.output = {None: lambda x: x, "sigmoid": torch.sigmoid, "tanh": torch.tanh}[output]

    def forward(self, z):
        x = F.relu(self.bn(self.fc(z).reshape(-1, *self.map)))
        for layer in (self.layer4, self.layer3, self.layer2, self.layer1):
            for block in reversed(layer):
                x = block(x)
        return self.output(self.conv1(F.relu(self.unpool(x))))


# ---------------------------------------------------------------------------------------------- article


def same_padding(size, kernel, stride):
    """TensorFlow's `same`: (before, after) for one axis; the larger half after."""
    out = -(-size // stride)
    total = max((out - 1) * stride + kernel - size, 0)
    return total // 2, total - total // 2


class SameConv(nn.Conv2d):
    """Convolution with TensorFlow's `same` padding made explicit: [n, c, h, w] -> [n, to, ceil(h/s), ceil(w/s)]."""

    def forward(self, x):
        top, bottom = same_padding(x.shape[2], self.kernel_size[0], self.stride[0])
        left, right = same_padding(x.shape[3], self.kernel_size[1], self.stride[1])
        return super().forward(F.pad(x, (left, right, top, bottom)))


class SameDeconv(nn.ConvTranspose2d):
    """The adjoint of SameConv, then the bias: [n, c, h, w] -> [n, to, h*s, w*s].

    The unpadded transposed convolution is (h-1)*s + k high. What the convolution would have read from its padding is
    cut off; pixels that it would not have read (k < s) are zeros appended.
    """

    def forward(self, x):
        full = F.conv_transpose2d(x, self.weight, None, self.stride)
        pads = []
        for axis in (1, 0):  # F.pad counts the last axis first
            out = x.shape[2 + axis] * self.stride[axis]
            before, _ = same_padding(out, self.kernel_size[axis], self.stride[axis])
            pads += [-before, out - (full.shape[2 + axis] - before)]
        return F.pad(full, pads) + self.bias[:, None, None]


class PositionNorm(nn.Module):
    """tf.layers.batch_normalization(axis=[1, 2, 3], epsilon=1e-6, momentum=0.99): statistics over the batch alone.

    That axis takes TensorFlow's non-fused path, whose moving variance follows the biased variance.
    """

    def __init__(self, shape):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(shape))
        self.bias = nn.Parameter(torch.zeros(shape))
        self.register_buffer("running_mean", torch.zeros(shape))
        self.register_buffer("running_var", torch.ones(shape))

    def forward(self, x):
        mean, variance = self.running_mean, self.running_var
        if self.training:
            mean, variance = x.mean(0), x.var(0, unbiased=False)  # [c, h, w]
            with torch.no_grad():
                self.running_mean.lerp_(mean, 0.01)
                self.running_var.lerp_(variance, 0.01)
        return (x - mean) / torch.sqrt(variance + 1e-6) * self.weight + self.bias


class ArticleUnit(nn.Module):
    """(transposed) convolution with bias -> norm -> ReLU unless told otherwise."""

    def __init__(self, conv, shape, relu=True):
        super().__init__()
        self.kind = "deconv" if isinstance(conv, nn.ConvTranspose2d) else "conv"
        setattr(self, self.kind, conv)
        self.bn = PositionNorm(shape)
        self.relu = relu

    def forward(self, x):
        x = self.bn(getattr(self, self.kind)(x))
        return F.relu(x) if self.relu else x


class ArticleNet(nn.Module):
    """Keeps track of channels and size while units are added, so that each norm knows its shape."""

    conv = None

    def __init__(self):
        super().__init__()
        self.blocks = []  # [(names of the left units, name of the right unit or None)]

    def grow(self, shape, stride):
        raise NotImplementedError

    def unit(self, name, shape, to, kernel, stride=1, relu=True):
        """Adds one unit on an input [c, h, w] and returns its output's shape."""
        size = self.grow(shape, stride)
        self.add_module(name, ArticleUnit(self.conv(shape[0], to, kernel, stride), (to, *size), relu))
        return (to, *size)

    def block(self, shape, left, right):
        """left: [(name, to, kernel, stride, relu)]; right: one such row or None. Returns the output's shape."""
        inner = shape
        for name, to, kernel, stride, relu in left:
            inner = self.unit(name, inner, to, kernel, stride, relu)
        if right:
            name, to, kernel, stride, relu = right
            self.unit(name, shape, to, kernel, stride, relu)
        self.blocks.append(([row[0] for row in left], right and right[0]))
        return inner

    def walk(self, x):
        for left_names, right_name in self.blocks:
            left = x
            for name in left_names:
                left = getattr(self, name)(left)
            x = F.relu(left + (getattr(self, right_name)(x) if right_name else x))
        return x


class Article(ArticleNet):
    """The article's ResNet: image [n, 3, h, w] -> logits [n, k]."""

    conv = SameConv

    def grow(self, shape, stride):
        return tuple(-(-side // stride) for side in shape[1:])

    def __init__(self, depth, classes, size, channels=3):
        super().__init__()
        kernel = (size[0] // 32, size[1] // 32)
        shape = self.unit("conv1", (channels, *size), 64, kernel, 2)
        shape = (64, shape[1] // 2, shape[2] // 2)
        for i, repeats in enumerate(REPEATS[depth]):
            filters = 64 * 2**i
            for j in range(repeats):
                shape = self.article_block(f"res_{i}_{j}", shape, filters, 2 if i > 0 and j == 0 else 1, depth, j == 0)
        self.fc = nn.Linear(shape[0], classes)

    def article_block(self, name, shape, filters, stride, depth, first):
        if is_bottleneck(depth):
            to, rows = 4 * filters, [(filters, 1, stride, True), (filters, 3, 1, True), (4 * filters, 1, 1, False)]
        else:
            to, rows = filters, [(filters, 3, stride, True), (filters, 3, 1, True)]
        left = [(f"{name}_left_myconv{number}", *row) for number, row in enumerate(rows, start=1)]
        right = (f"{name}_right_myconv", to, 1, stride, False) if first else None
        return self.block(shape, left, right)

    def forward(self, x):
        x = F.max_pool2d(self.conv1(x), 2)
        return self.fc(self.walk(x).mean((2, 3)))


class ArticleTranspose(ArticleNet):
    """The article's transposed ResNet: vector [n, d] -> image [n, 3, h, w]."""

    conv = SameDeconv

    def grow(self, shape, stride):
        return tuple(side * stride for side in shape[1:])

    def __init__(self, depth, latent, size, channels=3):
        super().__init__()
        kernel = (size[0] // 32, size[1] // 32)
        self.fc = nn.Linear(latent, 2048)
        self.deconv1 = nn.ConvTranspose2d(2048, 2048, kernel)
        shape = (2048, *kernel)
        for i in (3, 2, 1, 0):
            for j in reversed(range(REPEATS[depth][i])):
                shape = self.article_block(f"res_{i}_{j}", shape, 256 * 2**i, 2 if i > 0 and j == 0 else 1, depth)
        self.deconv2 = SameDeconv(shape[0], 64, 3, 2)
        self.deconv3 = SameDeconv(64, channels, kernel, 2)

    def article_block(self, name, shape, filters, stride, depth):
        if is_bottleneck(depth):
            to, side = filters // 4, f"{name}_deconv"
            rows = [(filters, 1, 1, True), (to, 3, 1, True), (to, 1, stride, False)]
        else:
            to, side = filters, f"{name}_left_mydeconv"
            rows = [(filters, 3, 1, True), (filters, 3, stride, True)]
        left = [(f"{side}{number}", *row) for number, row in enumerate(rows, start=1)]
        right = (f"{name}_right_deconv", to, 1, stride, True) if shape[0] != to or stride > 1 else None
        return self.block(shape, left, right)

    def forward(self, z):
        x = F.relu(self.fc(z))[:, :, None, None]
        x = self.walk(F.relu(self.deconv1(x)))
        return self.deconv3(F.relu(self.deconv2(x)))
