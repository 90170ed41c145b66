#!/usr/bin/python3
"""ResNets in Keras's file layouts, for the tests of `resmirror import`, and what they answer.

    /usr/bin/python3 test/weights/keras_files.py fixtures        # makes test/weights/fixtures/keras*, which are committed
    /usr/bin/python3 test/weights/keras_files.py full FOLDER     # a ResNet-50 as .h5 and .keras there; prints its answers

Needs Debian's python3-numpy and python3-h5py. Keras itself is not asked: the network is written out below as Keras computes it, in NumPy,
with its layout of images [n, h, w, c] and kernels [h, w, in, out], its biases, paddings, epsilon and preprocessing. The weights follow the
rule of test/goldens.
"""

import io
import json
import sys
import zipfile
from pathlib import Path

import h5py
import numpy as np

sys.path.insert(0, str(Path(__file__).parent.parent / "goldens"))
import rule  # noqa: E402

FIXTURES = Path(__file__).parent / "fixtures"
SMALL = {"repeats": [2, 1], "width": 2, "classes": 3}
RESNET50 = {"repeats": [3, 4, 6, 3], "width": 64, "classes": 1000}
SIDE = 32
MEAN_BGR = np.array([103.939, 116.779, 123.68], np.float32)

CONV = ["kernel", "bias"]
NORM = ["gamma", "beta", "moving_mean", "moving_variance"]


def layers(repeats, width, classes):
    """Layers with weights in the order of Keras's model.layers: name -> shapes of the weights by their names."""
    made = {}

    def conv(name, side, come, go):
        made[f"{name}_conv"] = {"kernel": (side, side, come, go), "bias": (go,)}

    def norm(name, size):
        made[f"{name}_bn"] = {part: (size,) for part in NORM}

    conv("conv1", 7, 3, width)
    norm("conv1", width)
    come = width
    for s, blocks in enumerate(repeats):
        inner = width * 2**s
        for b in range(blocks):
            name = f"conv{s + 2}_block{b + 1}"
            conv(f"{name}_1", 1, come, inner)
            norm(f"{name}_1", inner)
            conv(f"{name}_2", 3, inner, inner)
            norm(f"{name}_2", inner)
            if b == 0:
                conv(f"{name}_0", 1, come, 4 * inner)
            conv(f"{name}_3", 1, inner, 4 * inner)
            if b == 0:
                norm(f"{name}_0", 4 * inner)
            norm(f"{name}_3", 4 * inner)
            come = 4 * inner
    made["predictions"] = {"kernel": (come, classes), "bias": (classes,)}
    return made


def weights(setting):
    """layer -> part -> float32. Variances are small, so that epsilons are seen in the answers."""
    return {name: {part: value(f"{name}.{part}", part, shape) for part, shape in parts.items()} for name, parts in layers(**setting).items()}


def value(name, part, shape):
    if part == "moving_variance":
        return rule.noise(name, shape, 0.01, base=0.02)
    if part == "gamma":
        return rule.noise(name, shape, 0.1, base=0.2 if "_3_bn" in name else 0.5)
    if part == "kernel":
        pixels = 64 if name.startswith("conv1_conv") else 1  # they are not scaled
        return rule.noise(name, shape, 0.25 * np.sqrt(6 / np.prod(shape[:-1])) / pixels)
    return rule.noise(name, shape, 0.05)


def conv2d(x, kernel, bias, stride):
    """Padding 'valid'."""
    windows = np.lib.stride_tricks.sliding_window_view(x, kernel.shape[:2], (1, 2))[:, ::stride, ::stride]  # [n, h, w, c, kh, kw]
    return np.einsum("nhwcij,ijco->nhwo", windows, kernel, optimize=True) + bias


def pad(x, by):
    return np.pad(x, ((0, 0), (by, by), (by, by), (0, 0)))


def forward(w, images, repeats, epsilon):
    """Logits of uint8 RGB [n, h, w, 3], before the softmax of the last layer."""
    x = images[..., ::-1].astype(np.float32) - MEAN_BGR

    def unit(x, name, stride=1, relu=True):
        x = conv2d(x, **w[f"{name}_conv"], stride=stride)
        n = w[f"{name}_bn"]
        x = n["gamma"] * (x - n["moving_mean"]) / np.sqrt(n["moving_variance"] + np.float32(epsilon)) + n["beta"]
        return np.maximum(x, 0) if relu else x

    x = pad(unit(pad(x, 3), "conv1", 2), 1)
    x = np.lib.stride_tricks.sliding_window_view(x, (3, 3), (1, 2))[:, ::2, ::2].max((-2, -1))
    for s, blocks in enumerate(repeats):
        for b in range(blocks):
            name, stride = f"conv{s + 2}_block{b + 1}", 2 if s > 0 and b == 0 else 1
            y = unit(x, f"{name}_1", stride)
            y = unit(pad(y, 1), f"{name}_2")
            y = unit(y, f"{name}_3", relu=False)
            x = np.maximum(y + (unit(x, f"{name}_0", stride, relu=False) if b == 0 else x), 0)
    return x.mean((1, 2)) @ w["predictions"]["kernel"] + w["predictions"]["bias"]


def images(count, side):
    return ((rule.noise("images", (count, side, side, 3), 1.0) + 1) * 127.5).astype(np.uint8)


def description(w, epsilon, classes=("Conv2D", "BatchNormalization", "Dense")):
    """What Keras writes of a model, as far as it is read."""

    def layer(name, parts):
        kind = classes[1] if "gamma" in parts else classes[0] if parts["kernel"].ndim == 4 else classes[2]
        more = {"epsilon": epsilon} if "gamma" in parts else {}
        return {"class_name": kind, "config": {"name": name, "trainable": True, **more}}

    named = [layer(name, parts) for name, parts in w.items()]
    return json.dumps({"class_name": "Functional", "config": {"name": "resnet", "layers": [{"class_name": "InputLayer", "config": {"name": "input_1"}}, *named]}})


def write_named(group, w, part_name=lambda layer, part: f"{part}:0"):
    """A group per layer, as Keras 2's save_weights does, with its attributes."""
    group.attrs["layer_names"] = [name.encode() for name in ["input_1", *w]]
    group.attrs["backend"] = b"tensorflow"
    group.create_group("input_1").attrs["weight_names"] = np.zeros(0, "S1")
    for layer, parts in w.items():
        one = group.create_group(layer)
        names = [f"{layer}/{part_name(layer, part)}" for part in parts]
        one.attrs["weight_names"] = [name.encode() for name in names]
        for name, array in zip(names, parts.values()):
            one.create_dataset(name, data=array)


def write_whole(path, w, epsilon, **how):
    """model.save('x.h5') of Keras 2, with an optimiser's state."""
    with h5py.File(path, "w", **how) as file:
        file.attrs["keras_version"] = "2.15.0"
        file.attrs["model_config"] = description(w, epsilon).encode()
        write_named(file.create_group("model_weights"), w)
        file.create_group("optimizer_weights/SGD").create_dataset("iter:0", data=np.int64(7))


def write_counted(path, w, top="layers", step=1, named=False, **how):
    """model.save_weights('x.weights.h5') of Keras 3: groups by class and number. TensorFlow 2.12 to 2.15 counts each layer twice."""
    counts = {}
    with h5py.File(path, "w", **how) as file:
        for layer, parts in w.items():
            kind = "batch_normalization" if "gamma" in parts else "conv2d" if parts["kernel"].ndim == 4 else "dense"
            number = counts.get(kind, 0)
            counts[kind] = number + step
            group = file.create_group(f"{top}/{kind}_{number}" if number else f"{top}/{kind}")
            if named:
                group.attrs["name"] = layer
            for i, array in enumerate(parts.values()):
                group.create_dataset(f"vars/{i}", data=array)
        file.create_dataset("optimizer/vars/0", data=np.int64(7))


def write_archive(path, w, epsilon, compression=zipfile.ZIP_STORED, **how):
    """model.save('x.keras')."""
    file = io.BytesIO()
    write_counted(file, w, **how)
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, content in (
            ("metadata.json", json.dumps({"keras_version": "3.3.3", "date_saved": "2024-01-01@00:00:00"})),
            ("config.json", description(w, epsilon)),
            ("model.weights.h5", file.getvalue()),
        ):
            archive.writestr(zipfile.ZipInfo(name, (2024, 1, 1, 0, 0, 0)), content, compression)


OLD = {"conv1_conv": "conv1", "conv1_bn": "bn_conv1", "predictions": "fc1000"}


def old_name(name):
    """conv2_block1_1_conv -> res2a_branch2a"""
    if name in OLD:
        return OLD[name]
    stage, block, layer, kind = name.split("_")
    branch = "branch1" if layer == "0" else f"branch2{'abc'[int(layer) - 1]}"
    return f"{'res' if kind == 'conv' else 'bn'}{stage[4:]}{'abcdef'[int(block[5:]) - 1]}_{branch}"


KERAS1 = {"kernel": "W", "bias": "b", "moving_mean": "running_mean", "moving_variance": "running_std"}


def write_fixtures():
    w = weights(SMALL)
    compact = {"libver": "latest"}
    write_whole(FIXTURES / "keras.h5", w, 1.001e-5)
    write_counted(FIXTURES / "keras.weights.h5", w, **compact)
    write_counted(FIXTURES / "keras-named.weights.h5", dict(reversed(w.items())), named=True, **compact)
    write_archive(FIXTURES / "keras3.keras", w, 1.001e-5, **compact)
    tensorflow = {"top": "_layer_checkpoint_dependencies", "step": 2, "compression": zipfile.ZIP_DEFLATED}
    write_archive(FIXTURES / "keras2.keras", w, 1e-3, **tensorflow, **compact)
    old = {old_name(name): parts for name, parts in w.items()}
    with h5py.File(FIXTURES / "keras1.h5", "w", **compact) as file:
        write_named(file, old, lambda layer, part: f"{layer}_{KERAS1.get(part, part)}:0")
    given = images(2, SIDE)
    write_elsewhere(FIXTURES / "keras-elsewhere.h5", **compact)
    logits = {str(epsilon): forward(w, given, SMALL["repeats"], epsilon).tolist() for epsilon in (1.001e-5, 1e-3)}
    (FIXTURES / "keras-logits.json").write_text(json.dumps(logits) + "\n")


def write_elsewhere(path, **how):
    """Numbers in other files, in each way that HDF5 has; /proc/version and a file beside would be there to be read."""
    with h5py.File(path, "w", **how) as file:
        file.create_dataset("storage/conv1_conv/kernel:0", (8,), "<f4", external=[("/proc/version", 0, 32)])
        file.create_dataset("input/conv1_conv/kernel:0", (8,), "<f4", external=[("/dev/stdin", 0, 32)])
        layout = h5py.VirtualLayout((8,), "<f4")
        layout[:] = h5py.VirtualSource("keras.h5", "model_weights/conv1_conv/conv1_conv/kernel:0", (8,))
        file.create_virtual_dataset("virtual/conv1_conv/kernel:0", layout)
        file["link"] = h5py.ExternalLink("keras.h5", "/model_weights")


def write_full(folder):
    w = weights(RESNET50)
    write_whole(Path(folder) / "resnet50.h5", w, 1.001e-5)
    write_archive(Path(folder) / "resnet50.keras", w, 1.001e-5)
    print(json.dumps(forward(w, images(1, 64), RESNET50["repeats"], 1.001e-5)[0].tolist()))


if __name__ == "__main__":
    job, *given = sys.argv[1:]
    {"fixtures": write_fixtures, "full": write_full}[job](*given)
