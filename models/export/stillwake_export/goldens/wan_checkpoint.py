"""A small random Wan2.2 TI2V checkpoint of diffusers' own classes, and a decoder in TAEHV's layout."""

from __future__ import annotations

from pathlib import Path

import torch
from diffusers import (
    AutoencoderKLWan,
    FlowMatchEulerDiscreteScheduler,
    WanImageToVideoPipeline,
    WanTransformer3DModel,
)
from safetensors.torch import save_file
from transformers import UMT5Config, UMT5EncoderModel

from ..taehv import Taehv, TaehvShape
from .ltx_checkpoint import attend, randomize
from .tokenizer import make_tokenizer

SEED = 20260102

CHANNELS = 12

DECODER_FILE = "taehv.safetensors"

TRANSFORMER: dict[str, object] = {
    "patch_size": (1, 2, 2),
    "num_attention_heads": 2,
    "attention_head_dim": 16,
    "in_channels": CHANNELS,
    "out_channels": CHANNELS,
    "text_dim": 32,
    "freq_dim": 256,
    "ffn_dim": 96,
    "num_layers": 2,
    "cross_attn_norm": True,
    "rope_max_seq_len": 64,
}

VAE: dict[str, object] = {
    "base_dim": 8,
    "decoder_base_dim": 8,
    "z_dim": CHANNELS,
    "dim_mult": [1, 1, 2, 2],
    "num_res_blocks": 1,
    "temperal_downsample": [False, True, True],
    "is_residual": True,
    "in_channels": 12,
    "out_channels": 12,
    "patch_size": 2,
    "scale_factor_temporal": 4,
    "scale_factor_spatial": 16,
}

TEXT: dict[str, object] = {
    "vocab_size": 512,
    "d_model": 32,
    "d_kv": 8,
    "d_ff": 64,
    "num_layers": 2,
    "num_heads": 4,
    "feed_forward_proj": "gated-gelu",
}

DECODER = TaehvShape(channels=CHANNELS, widths=(16, 16, 8, 8), patch=2, growth=(1, 2, 2))


def make_checkpoint(folder: Path) -> None:
    """Writes the checkpoint in diffusers' layout below `folder`, the decoder beside it; the same bytes every
    time."""
    torch.manual_seed(SEED)
    statistics = torch.Generator().manual_seed(SEED)
    mean = torch.randn(CHANNELS, generator=statistics) * 0.2
    std = torch.rand(CHANNELS, generator=statistics) * 0.5 + 0.75
    transformer = WanTransformer3DModel(**TRANSFORMER)
    vae = AutoencoderKLWan(**VAE, latents_mean=_rounded(mean), latents_std=_rounded(std))
    text_encoder = UMT5EncoderModel(UMT5Config(**TEXT))
    decoder = Taehv(DECODER)
    for module in (transformer, vae, text_encoder, decoder):
        randomize(module)
    attend(transformer)
    with torch.no_grad():
        for block in text_encoder.encoder.block:
            block.layer[0].SelfAttention.q.weight.mul_(text_encoder.config.d_kv**-0.5)
        last = decoder.decoder[-1]
        last.bias.add_(0.5)
    pipeline = WanImageToVideoPipeline(
        tokenizer=make_tokenizer(),
        text_encoder=text_encoder.eval(),
        vae=vae.eval(),
        scheduler=FlowMatchEulerDiscreteScheduler(stochastic_sampling=True),
        transformer=transformer.eval(),
        expand_timesteps=True,
    )
    pipeline.save_pretrained(folder, safe_serialization=True)
    save_file(decoder.state_dict(), folder / DECODER_FILE)


def _rounded(values: torch.Tensor) -> list[float]:
    return [round(float(value), 4) for value in values]
