"""Check a section of a loss surface without the program that made it. Needs torch, numpy and safetensors, nothing else.

    python verify.py [--points 32] [--seed 0]

A section is the loss at the points

    theta = origin + alpha_1 * direction_1 + alpha_2 * direction_2 + ...

of a network's parameter space, with alpha on a grid. This script builds the network that bundle.json describes as a plain
torch.nn.Sequential, picks points of the grid at random, puts the full parameter vector of each point into the network, feeds it
all of data.npz, and compares the mean loss with the number stored in section.npz. It prints the largest difference and ends with
status 0 if that is within the tolerance, 1 if not, 2 if a file is missing or cannot be read. A network with several heads
(network.heads in bundle.json) has a block of outputs and a mean loss for each of them, stored along the last axis.

Tolerance: 1e-4 where the parameters are float32, 1e-10 where they are float64, times the largest loss where that is above 1;
it leaves room for sums taken in another order.
"""

import argparse
import hashlib
import itertools
import json
import math
import sys
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file
from torch import nn

ROWS = 4096  # samples fed at once


class Apply(nn.Module):
    """A function of every entry as a layer without parameters."""

    def __init__(self, function):
        super().__init__()
        self.function = function

    def forward(self, x):
        return self.function(x)


def smoolu(x):
    """x exp(-1/x) for positive x, 0 otherwise; below 1/700 it is zero in any floating-point format."""
    safe = x.clamp(min=1 / 700)
    return torch.where(x > 1 / 700, safe * torch.exp(-1 / safe), 0.0)


def smoothed_relu(x, width):
    """x s(x / width) with s(t) = h(t) / (h(t) + h(1 - t)), h(t) = exp(-1/t): 0 below 0, x from width on."""
    t = (x / width).clamp(1 / 700, 1 - 1 / 700)
    up, down = torch.exp(-1 / t.double()), torch.exp(-1 / (1 - t.double()))
    inside = torch.where(x > width / 700, x * (up / (up + down)).to(x.dtype), 0.0)
    return torch.where(x < width * (1 - 1 / 700), inside, x)


ACTIVATIONS = {  # each a function of the entries x and the settings a of bundle.json
    "relu": lambda x, a: torch.relu(x),
    "leaky_relu": lambda x, a: torch.where(x > 0, x, a["slope"] * x),
    "tanh": lambda x, a: torch.tanh(x),
    "sigmoid": lambda x, a: torch.sigmoid(x),
    "softplus": lambda x, a: torch.logaddexp(a["alpha"] * x, torch.zeros_like(x)) / a["alpha"],
    "gelu": lambda x, a: 0.5 * x * (1 + torch.erf(x / math.sqrt(2))),
    "silu": lambda x, a: x * torch.sigmoid(x),
    "sine": lambda x, a: torch.sin(a["frequency"] * x),
    "identity": lambda x, a: x,
    "smoolu": lambda x, a: smoolu(x),
    "smoothed_relu": lambda x, a: smoothed_relu(x, a["width"]),
    "truncated_tanh": lambda x, a: torch.tanh(torch.relu(x)),
    "tanh_smoolu": lambda x, a: torch.tanh(smoolu(x)),
    "atan": lambda x, a: torch.atan(x),
    "erf": lambda x, a: torch.erf(x),
    "tanh_cubed": lambda x, a: torch.tanh(x**3),
    "elu": lambda x, a: torch.where(x > 0, x, torch.expm1(x)),
    "softsign": lambda x, a: x / (1 + x.abs()),
}


def build(network, dtype):
    """Return the network as torch.nn.Sequential, and the shape of one input."""
    if network["kind"] not in ("mlp", "cnn"):
        raise ValueError(f"bundle.json: network.kind is {network['kind']!r}, this script knows 'mlp' and 'cnn'")
    activation = network["activation"]
    if activation["kind"] not in ACTIVATIONS:
        raise ValueError(f"bundle.json: network.activation.kind is {activation['kind']!r}")
    function = ACTIVATIONS[activation["kind"]]

    def activate():
        return Apply(lambda x: function(x, activation))

    if network["kind"] == "cnn":
        return convolutional(network, activate, dtype), network["image"]
    widths = [network["inputs"], *network["hidden"], network["outputs"]]
    layers = []
    for fan_in, fan_out in itertools.pairwise(widths):
        layers += [nn.Linear(fan_in, fan_out, dtype=dtype), activate()]
    return nn.Sequential(*layers[:-1]), [network["inputs"]]


def convolutional(network, activate, dtype):
    """Return Sequential(Conv2d, activation, [pool], ..., Flatten or average and Flatten, Linear).

    One kernel size, stride and padding for all convolutions; squares of 2 x 2 are pooled while maps are that large.
    """
    channels, *size = network["image"]
    kernel, stride, padding = network["kernel"], network["stride"], network["padding"]
    layers = []
    for outputs in network["channels"]:
        layers += [nn.Conv2d(channels, outputs, kernel, stride, padding, dtype=dtype), activate()]
        size, channels = [(n + 2 * padding - kernel) // stride + 1 for n in size], outputs
        if network["pooling"] != "none" and min(size) >= 2:
            layers.append(nn.MaxPool2d(2) if network["pooling"] == "max" else nn.AvgPool2d(2))
            size = [n // 2 for n in size]
    if network["head"] == "average":
        layers.append(nn.AdaptiveAvgPool2d(1))
        size = [1, 1]
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(channels * math.prod(size), network["outputs"], dtype=dtype))


def one_hot(y, outputs, dtype):
    """Return class labels [N] as rows [N, l] of zeros and a one; targets [N, l] as they are."""
    return nn.functional.one_hot(y, outputs).to(dtype) if y.ndim == 1 else y.to(dtype)


def losses(loss, output, y):
    """Return the loss of every sample [N] for outputs [N, l]."""
    kind = loss["kind"]
    if kind == "cross_entropy":
        return nn.functional.cross_entropy(output, y, reduction="none")
    target = one_hot(y, output.shape[1], output.dtype)
    if kind == "squared_hinge":
        return torch.relu(1 - (2 * target - 1) * output).square().sum(1)
    a = output - target
    if kind == "squared":
        return a.square().sum(1)
    scaled = (a / loss["delta"]).square() if "delta" in loss else None
    if kind == "pseudo_huber":  # 2 d² (sqrt(1 + a²/d²) - 1), written without the difference
        return (2 * a.square() / (torch.sqrt(1 + scaled) + 1)).sum(1)
    if kind == "cauchy":
        return (loss["delta"] ** 2 * torch.log1p(scaled)).sum(1)
    if kind == "blake_zisserman":  # -log(exp(-a²) + d), and the constant that makes it 0 at 0
        return -torch.log1p(torch.expm1(-a.square()) / (1 + loss["delta"])).sum(1)
    if kind == "corrupted_gaussian":  # -log of a mixture of two normal laws, and the constant that makes it 0 at 0
        narrow, width = loss["alpha"], loss["width"]
        one, other = math.log(narrow), math.log((1 - narrow) / width)
        density = torch.logaddexp(one - a.square(), other - (a / width).square())
        return (math.log(narrow + (1 - narrow) / width) - density).sum(1)
    raise ValueError(f"bundle.json: loss.kind is {kind!r}, this script does not know it")


def mean_losses(module, loss, heads, x, y):
    """Return the mean loss of every head [heads] over all samples, summed in float64."""
    total = np.zeros(heads)
    step = ROWS if x.ndim == 2 else 128  # maps take more memory than rows of numbers
    for start in range(0, len(x), step):
        rows = slice(start, start + step)
        for head, output in enumerate(module(x[rows]).chunk(heads, 1)):
            total[head] += float(losses(loss, output, y[rows]).double().sum())
    return total / len(x)


def main():
    parser = argparse.ArgumentParser(description="Recompute the loss at random points of the stored section.")
    parser.add_argument("--points", type=int, default=32, help="how many grid points, at most all (default 32)")
    parser.add_argument("--seed", type=int, default=0, help="which points (default 0)")
    options = parser.parse_args()
    if options.points < 1 or options.seed < 0:
        parser.error("--points must be at least 1, --seed at least 0")
    folder = Path(__file__).resolve().parent
    try:
        return verify(folder, options.points, options.seed)
    except Exception as error:  # a missing, foreign or damaged file, in the words of whoever reads it
        sys.stderr.write(f"cannot verify: {type(error).__name__}: {error}\n")
        return 2


def verify(folder, points, seed):
    bundle = json.loads((folder / "bundle.json").read_text("utf-8"))
    fed = (folder / "data.npz").read_bytes()
    if hashlib.sha256(fed).hexdigest() != bundle["dataset"]["sha256"]:
        sys.stdout.write("data.npz is not the file that bundle.json names: its SHA-256 differs\n")
        return 1
    with np.load(folder / "data.npz", allow_pickle=False) as data:
        x, y = torch.from_numpy(data["x"]), torch.from_numpy(data["y"])
    with np.load(folder / "section.npz", allow_pickle=False) as section:
        axes = [section[name] for name in sorted(section.files) if name.startswith("axis_")]
        stored = section["loss"]

    names = bundle["network"].get("heads", [])
    stored = stored if names else stored[..., None]
    origin = load_file(folder / "origin.safetensors")
    directions = [load_file(folder / f"direction_{i}.safetensors") for i in range(1, len(axes) + 1)]
    dtype = next(iter(origin.values())).dtype
    module, shape = build(bundle["network"], dtype)
    x = x.reshape(len(x), *shape).to(dtype)

    grid, heads = stored.shape[:-1], stored.shape[-1]
    size = math.prod(grid)
    chosen = np.random.default_rng(seed).choice(size, min(points, size), replace=False)
    largest, worst = -1.0, None
    with torch.no_grad():
        for flat in chosen:
            index = np.unravel_index(flat, grid)
            alpha = [float(axis[i]) for axis, i in zip(axes, index)]
            theta = {name: value.double() for name, value in origin.items()}
            for step, direction in zip(alpha, directions):
                theta = {name: value + step * direction[name].double() for name, value in theta.items()}
            module.load_state_dict({name: value.to(dtype) for name, value in theta.items()}, strict=True)
            recomputed = mean_losses(module, bundle["loss"], heads, x, y)
            for found, claimed in zip(map(float, recomputed), map(float, stored[index])):
                same_hole = not math.isfinite(found) and not math.isfinite(claimed)
                difference = 0.0 if same_hole else abs(found - claimed)
                difference = difference if math.isfinite(difference) else math.inf
                if difference > largest:
                    largest, worst = difference, (alpha, claimed, found)

    scale = max(1.0, float(np.abs(stored[np.isfinite(stored)]).max(initial=0.0)))
    tolerance = (1e-10 if dtype == torch.float64 else 1e-4) * scale
    count = sum(value.numel() for value in origin.values())
    alpha, claimed, found = worst
    place = ", ".join(f"{step:.4g}" for step in alpha)
    sys.stdout.write(
        f"network:            {bundle['network']['kind']} {widths(bundle['network'])}, {count} parameters, {dtype}\n"
        f"data:               {len(x)} samples, {bundle['loss']['kind']}\n"
        f"section:            {' x '.join(map(str, grid))} points, {len(chosen)} recomputed{of_heads(names)}\n"
        f"largest difference: {largest:.3e} at alpha = ({place}): stored {claimed:.9g}, recomputed {found:.9g}\n"
        f"tolerance:          {tolerance:.3e}\n"
    )
    say_pattern(folder, bundle, stored, names)
    agrees = largest <= tolerance
    sys.stdout.write(
        "the stored section agrees with the network\n" if agrees else "THE STORED SECTION DOES NOT AGREE\n"
    )
    return 0 if agrees else 1


def widths(network):
    """Return the widths of the hidden layers, or the channels of the convolutions."""
    return list(network["channels" if network["kind"] == "cnn" else "hidden"])


def of_heads(names):
    """Return in words of which heads; nothing where there is one."""
    return f" for each of {len(names)} heads: {', '.join(names)}" if names else ""


def say_pattern(folder, bundle, stored, names):
    """Say how far every head's section is from amplitude * pattern + constant, where there is a pattern of that shape."""
    path = folder / "pattern.npy"
    if not path.exists() or bundle.get("amplitude") is None:
        return
    pattern = np.load(path, allow_pickle=False).astype(np.float64)
    pattern = pattern if names else pattern[..., None]
    if pattern.shape != stored.shape or not np.isfinite(stored).all():
        return
    for head, name in enumerate(names or ["pattern"]):
        error = stored[..., head] - bundle["amplitude"] * pattern[..., head]
        spread = float(error.std())
        decibels = 20 * math.log10(bundle["amplitude"] / spread) if spread > 0 else math.inf
        sys.stdout.write(f"{name + ':':<19} PSNR {decibels:.2f} dB, constant {error.mean():.9g}\n")


if __name__ == "__main__":
    sys.exit(main())
