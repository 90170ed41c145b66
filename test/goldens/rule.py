"""The rule that fills weights and inputs, and the digest that stands for a large tensor: README.md states both."""

from functools import lru_cache

import numpy as np


def fnv1a32(name):
    """FNV-1a, 32 bits, over the UTF-8 bytes of name: http://www.isthe.com/chongo/tech/comp/fnv/"""
    value = 0x811C9DC5
    for byte in name.encode():
        value = ((value ^ byte) * 0x01000193) & 0xFFFFFFFF
    return value


def fmix32(h):
    """The finaliser of MurmurHash3 (Appleby), in place on a uint32 array."""
    h ^= h >> np.uint32(16)
    h *= np.uint32(0x85EBCA6B)
    h ^= h >> np.uint32(13)
    h *= np.uint32(0xC2B2AE35)
    h ^= h >> np.uint32(16)
    return h


@lru_cache(maxsize=None)  # hashing 400 M elements takes longer than the network does; make.py clears it per case
def noise(name, shape, amplitude, base=0.0):
    """base + amplitude * (2 u - 1) with u in [0, 1) hashed from name and element number; float32 of that shape."""
    h = np.arange(int(np.prod(shape)), dtype=np.uint32)
    h *= np.uint32(0x9E3779B9)
    h += np.uint32(fnv1a32(name))
    values = fmix32(h).astype(np.float64)
    values *= 2.0**-31
    values -= 1
    values *= amplitude
    if base:
        values += base
    return values.astype(np.float32).reshape(shape)


def parameter(name, shape):
    """The value of a weight or running statistic; its kind shows in the name's ending and the number of axes."""
    kind = name.rpartition(".")[2]
    # An article unit (`conv.weight`, or a norm of shape [c, h, w]) is scaled down before its norm: its transposed
    # network normalises pixels that hardly vary, and there the norm magnifies rounding by size / sqrt(1e-6).
    scale = 1 / 256 if name.endswith(("conv.weight", "conv.bias")) or len(shape) == 3 else 1
    if kind == "running_mean":
        return noise(name, shape, 0.1 * scale)
    if kind == "running_var":
        return noise(name, shape, 0.2 * scale**2, base=scale**2)
    if kind == "weight" and len(shape) in (1, 3):  # a norm's scale: [c] or [c, h, w]
        return noise(name, shape, 0.1, base=0.5)
    if kind == "weight":  # a kernel: [out, in], [out, in, kh, kw] or, transposed, [in, out, kh, kw]
        return noise(name, shape, np.sqrt(6 / np.prod(shape[1:])) * scale)
    if name.endswith("conv.bias"):  # the norm takes it away
        return noise(name, shape, 0.1 * scale)
    return noise(name, shape, 0.5, base=1.25)  # 1.5 to 3.5 norm scales above zero, where few ReLUs switch


def digest(name, values, samples=4):
    """[L2 norm, <values, probe:name>, evenly spaced elements]: a few numbers that stand for the whole array."""
    flat = np.asarray(values, dtype=np.float64).ravel()
    count = min(samples, flat.size)
    picked = [flat[i * flat.size // count] for i in range(count)]
    return [np.linalg.norm(flat), flat @ noise("probe:" + name, flat.shape, 1), *picked]


def digest_error(actual, golden, size, floor=0.0):
    """The largest of three relative errors: norm, projection, samples; norms below floor count as floor."""
    scale = max(golden[0], floor, np.finfo(np.float64).tiny)
    samples = np.subtract(actual[2:], golden[2:])
    return max(
        abs(actual[0] - golden[0]) / scale,
        abs(actual[1] - golden[1]) * np.sqrt(3) / scale,  # a probe's elements have variance 1/3
        np.sqrt(np.mean(samples**2) * size) / scale,
    )
