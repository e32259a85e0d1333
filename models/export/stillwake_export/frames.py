"""Video features as [F, C, H, W], so that every convolution over time is one over pictures."""

from __future__ import annotations

from typing import Literal

import numpy as np

from .checkpoint import Scope
from .graph import Graph
from .layers import FLOAT, FLOAT16, Layers
from .quantize import channel_error, quantize_channels

LAST = np.iinfo(np.int64).max

Padding = Literal["replicate", "causal"]


class Frames:
    """Convolutions and norms over channels of [F, C, H, W]."""

    def __init__(self, layers: Layers) -> None:
        self.layers = layers
        self.graph: Graph = layers.graph

    def conv2d(
        self,
        x: str,
        name: str,
        weight: np.ndarray,
        bias: np.ndarray | None,
        stride: int = 1,
        pads: tuple[int, ...] = (),
    ) -> str:
        """A convolution of each frame; `pads` are top, left, bottom, right, else half the kernel all
        round."""
        g = self.graph
        kernel = weight.shape[2:]
        around = list(pads) if pads else [kernel[0] // 2, kernel[1] // 2] * 2
        value, half = self._kernel(name, weight)
        inputs = [g.op("Cast", x, to=FLOAT16) if half else x, value]
        if bias is not None:
            inputs.append(g.weight(f"{name}.bias", bias.astype(np.float16) if half else bias))
        y = g.op("Conv", *inputs, kernel_shape=list(kernel), strides=[stride, stride], pads=around)
        return g.op("Cast", y, to=FLOAT) if half else y

    def _kernel(self, name: str, weight: np.ndarray) -> tuple[str, bool]:
        """A convolution's weight as it is stored, and whether the convolution runs in halves."""
        g, precision = self.graph, self.layers.precision
        half = precision.activations == "fp16" and precision.weights != "fp32"
        if precision.weights == "int8":
            # Not folded when a session is made, so that only the bytes are held; turned to floats in each
            # run.
            levels, scales = quantize_channels(weight)
            self.layers.report.append(channel_error(name, weight, levels, scales))
            kind = np.float16 if half else np.float32
            inputs = [g.weight(f"{name}.weight", levels), g.weight(f"{name}.scales", scales.astype(kind))]
            return g.op("DequantizeLinear", *inputs, axis=0), half
        if half:
            return g.weight(f"{name}.weight", weight.astype(np.float16)), True
        return self.layers.stored(f"{name}.weight", weight), False

    def conv3d(self, x: str, scope: Scope, padding: Padding) -> str:
        """A convolution over time, rows and columns with stride 1 as one over the channels of three shifted
        copies.

        weight [O, C, k, kh, kw] with k of 1 or 3; `replicate` repeats the first and last frame, `causal`
        the first one twice in front. Exact: each product and sum is one that the convolution over time has
        too.
        """
        weight = scope.array("weight")
        bias = scope.array("bias") if scope.has("bias") else None
        name = scope.prefix.rstrip(".")
        out, channels, taps, rows, columns = weight.shape
        if taps == 1:
            return self.conv2d(x, name, weight[:, :, 0], bias)
        if taps != 3:
            raise ValueError(f"{name}: {taps} taps over time with {padding} padding are not written")
        g = self.graph
        first = self.part(x, 0, 1)
        edges = [first, x, self.part(x, -1, LAST)] if padding == "replicate" else [first, first, x]
        padded = g.op("Concat", *edges, axis=0)
        shifted = [self.part(padded, 0, -2), self.part(padded, 1, -1), self.part(padded, 2, LAST)]
        stacked = g.op("Concat", *shifted, axis=1)
        flat = np.ascontiguousarray(weight.transpose(0, 2, 1, 3, 4)).reshape(
            out, taps * channels, rows, columns
        )
        return self.conv2d(stacked, name, flat, bias)

    def patched_conv2d(self, image: str, name: str, weight: np.ndarray, bias: np.ndarray, patch: int) -> str:
        """Patches of a picture to channels and a convolution of them in one, its kernel so many times as
        large.

        The patched picture's channels run over colours, then columns in the patch, then its rows.
        """
        out, channels, rows, columns = weight.shape
        colours = channels // patch**2
        kernel = weight.reshape(out, colours, patch, patch, rows, columns).transpose(0, 1, 4, 3, 5, 2)
        kernel = np.ascontiguousarray(kernel).reshape(out, colours, rows * patch, columns * patch)
        pads = (rows // 2 * patch, columns // 2 * patch) * 2
        return self.conv2d(image, name, kernel, bias, patch, pads)

    def doubled(self, x: str) -> str:
        """Each cell to four equal ones: [F, C, H, W] to [F, C, 2H, 2W]."""
        scales = self.graph.constant(np.array([1, 1, 2, 2], dtype=np.float32))
        return self.graph.op(
            "Resize",
            x,
            "",
            scales,
            mode="nearest",
            nearest_mode="floor",
            coordinate_transformation_mode="asymmetric",
        )

    def part(self, x: str, start: int, end: int) -> str:
        """Frames `start` up to `end`."""
        g = self.graph
        return g.op("Slice", x, g.ints(start), g.ints(end), g.ints(0))

    def rms_norm(self, x: str, eps: float, gain: str | None = None) -> str:
        """x / √(mean over channels of x² + ε), times `gain` [C, 1, 1]."""
        g = self.graph
        mean = g.op("ReduceMean", g.op("Mul", x, x), g.ints(1), keepdims=1)
        y = g.op("Div", x, g.op("Sqrt", g.op("Add", mean, g.floats(eps))))
        return y if gain is None else g.op("Mul", y, gain)

    def layer_norm(self, x: str, scope: Scope, eps: float) -> str:
        """Mean and variance over channels, then `weight` and `bias` of `scope`."""
        g = self.graph
        centred = g.op("Sub", x, g.op("ReduceMean", x, g.ints(1), keepdims=1))
        y = self.rms_norm(
            centred, eps, g.weight(f"{scope.prefix}weight", scope.array("weight").reshape(-1, 1, 1))
        )
        return g.op("Add", y, g.weight(f"{scope.prefix}bias", scope.array("bias").reshape(-1, 1, 1)))

    def space_to_channels(self, x: str, channels: int, step: int, repeats: int = 1) -> str:
        """[1, C, H, W] to [1, C·repeats·step², H/step, W/step]: channels outermost, then repeats, rows,
        columns."""
        g = self.graph
        if step == 1:
            wide = g.op("Unsqueeze", x, g.ints(2))
        else:
            sizes = g.op("Div", g.op("Shape", x, start=2, end=4), g.ints(step, step))
            height, width = g.ops("Split", [sizes], 2, axis=0, num_outputs=2)
            shape = g.op("Concat", g.ints(channels), height, g.ints(step), width, g.ints(step), axis=0)
            turned = g.op("Transpose", g.op("Reshape", x, shape), perm=[0, 2, 4, 1, 3])
            wide = g.op(
                "Reshape", turned, g.op("Concat", g.ints(1, channels, step * step), height, width, axis=0)
            )
        if repeats > 1:
            wide = g.op("Concat", *[wide] * repeats, axis=2)
        total = channels * repeats * step * step
        sizes = g.op("Shape", wide, start=3, end=5)
        return g.op("Reshape", wide, g.op("Concat", g.ints(1, total), sizes, axis=0))

    def channels_to_time_and_space(self, x: str, channels: int, drop: int = 1) -> str:
        """[F, C·8, H, W] with C outermost, then time, rows, columns, to [2F − drop, C, 2H, 2W]."""
        g = self.graph
        wide = g.op("DepthToSpace", x, blocksize=2, mode="CRD")
        sizes = g.op("Shape", wide, start=2, end=4)
        parted = g.op("Reshape", wide, g.ints(0, channels, 2, -1))
        turned = g.op("Transpose", parted, perm=[0, 2, 1, 3])
        y = g.op("Reshape", turned, g.op("Concat", g.ints(-1, channels), sizes, axis=0))
        return self.part(y, drop, LAST) if drop else y

    def from_video(self, x: str) -> str:
        """[1, C, F, H, W] to [F, C, H, W]."""
        g = self.graph
        return g.op("Transpose", g.op("Squeeze", x, g.ints(0)), perm=[1, 0, 2, 3])

    def to_video(self, x: str) -> str:
        """[F, C, H, W] to [1, C, F, H, W]."""
        g = self.graph
        return g.op("Unsqueeze", g.op("Transpose", x, perm=[1, 0, 2, 3]), g.ints(0))
