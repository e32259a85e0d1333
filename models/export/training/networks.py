"""The real classes in small sizes, their starting weights, and their folder in diffusers' layout."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from diffusers import (
    AutoencoderKLLTXVideo,
    FlowMatchEulerDiscreteScheduler,
    LTXConditionPipeline,
    LTXVideoTransformer3DModel,
)
from transformers import T5Config, T5EncoderModel

from .captions import make_tokenizer

TEMPORAL, SPATIAL = 4, 16


@dataclass(frozen=True)
class Sizes:
    """Widths of the networks; the usual ones are those of `models/tiny/learned`."""

    channels: int = 32
    base: int = 16
    heads: int = 4
    head_width: int = 24
    layers: int = 4
    text_width: int = 64
    text_layers: int = 2

    @property
    def width(self) -> int:
        """D of the denoiser."""
        return self.heads * self.head_width


MINIATURE = Sizes(channels=8, base=8, heads=2, head_width=16, layers=1, text_width=16, text_layers=1)
"""For tests."""


def make_autoencoder(sizes: Sizes) -> AutoencoderKLLTXVideo:
    """Four frames and 16 × 16 pixels to a cell."""
    base = sizes.base
    return AutoencoderKLLTXVideo(
        latent_channels=sizes.channels,
        block_out_channels=(base, 2 * base, 4 * base),
        down_block_types=("LTXVideo095DownBlock3D",) * 2,
        spatio_temporal_scaling=(True, True),
        layers_per_block=(1, 1, 1),
        downsample_type=("spatiotemporal", "spatiotemporal"),
        decoder_block_out_channels=(2 * base, 4 * base),
        decoder_layers_per_block=(1, 1, 1),
        decoder_spatio_temporal_scaling=(True, True),
        decoder_inject_noise=(False, False, False),
        upsample_residual=(True, True),
        upsample_factor=(2, 2),
        timestep_conditioning=False,
        patch_size=4,
        encoder_causal=True,
        decoder_causal=False,
        spatial_compression_ratio=SPATIAL,
        temporal_compression_ratio=TEMPORAL,
    )


def make_denoiser(sizes: Sizes) -> LTXVideoTransformer3DModel:
    """The denoiser, its blocks open and its answer nothing at first."""
    model = LTXVideoTransformer3DModel(
        in_channels=sizes.channels,
        out_channels=sizes.channels,
        num_attention_heads=sizes.heads,
        attention_head_dim=sizes.head_width,
        cross_attention_dim=sizes.width,
        num_layers=sizes.layers,
        caption_channels=sizes.text_width,
    )
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if name.endswith("scale_shift_table"):
                parameter.zero_()
                if len(parameter) == 6:
                    parameter[2].fill_(1)
                    parameter[5].fill_(1)
            elif name.startswith(("proj_out", "time_embed.linear")):
                parameter.zero_()
            elif "to_out" in name and parameter.ndim == 2:
                parameter.mul_(0.5)
    return model


def make_text_encoder(sizes: Sizes) -> T5EncoderModel:
    """A T5 for the words of `captions.py`."""
    width = sizes.text_width
    config = T5Config(
        vocab_size=-(-len(make_tokenizer()) // 32) * 32,
        d_model=width,
        d_kv=width // 4,
        d_ff=2 * width,
        num_layers=sizes.text_layers,
        num_heads=4,
        feed_forward_proj="gated-gelu",
        dropout_rate=0.0,
    )
    return T5EncoderModel(config)


def positions(frames: int, rows: int, columns: int, fps: float) -> torch.Tensor:
    """Seconds and pixels of each token, [1, 3, N], as `LTXVideoTransformer3DModel` takes them."""
    seconds = (TEMPORAL * (torch.arange(frames) - 1) + 1).clamp(min=0) / fps
    grid = torch.meshgrid(
        seconds, SPATIAL * torch.arange(rows).float(), SPATIAL * torch.arange(columns).float(), indexing="ij"
    )
    return torch.stack([axis.flatten() for axis in grid])[None]


def make_rotary(
    model: LTXVideoTransformer3DModel, shape: Sequence[int], fps: float
) -> tuple[np.ndarray, np.ndarray]:
    """`cos` and `sin` [1, N, R] of a clip's latent frames, rows and columns."""
    places = positions(shape[0], shape[1], shape[2], fps)
    cos, sin = model.rope(places, video_coords=places)
    return cos.numpy(), sin.numpy()


def save_checkpoint(
    folder: Path,
    autoencoder: AutoencoderKLLTXVideo,
    denoiser: LTXVideoTransformer3DModel,
    text_encoder: T5EncoderModel,
) -> None:
    """Writes all parts as LTX's pipelines read them."""
    LTXConditionPipeline(
        scheduler=FlowMatchEulerDiscreteScheduler(),
        vae=autoencoder.eval(),
        text_encoder=text_encoder.eval(),
        tokenizer=make_tokenizer(),
        transformer=denoiser.eval(),
    ).save_pretrained(folder, safe_serialization=True)


def parameters(*modules: torch.nn.Module) -> int:
    """Numbers that are learnt."""
    return sum(parameter.numel() for module in modules for parameter in module.parameters())


class Average:
    """A slowly following copy of a module's weights, steadier than they are."""

    def __init__(self, module: torch.nn.Module, decay: float = 0.998) -> None:
        self._decay = decay
        self.state = {name: value.detach().clone() for name, value in module.state_dict().items()}

    @torch.no_grad()
    def follow(self, module: torch.nn.Module, step: int) -> None:
        """Takes a step towards `module`, a larger one at the start."""
        share = 1 - min(self._decay, (1 + step) / (10 + step))
        for name, value in module.state_dict().items():
            self.state[name].lerp_(value, share)

    def load(self, state: Mapping[str, torch.Tensor]) -> None:
        """Goes on from a saved state."""
        self.state = {name: value.clone() for name, value in state.items()}
