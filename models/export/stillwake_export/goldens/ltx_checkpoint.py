"""A small random LTX-Video checkpoint of diffusers' own classes: the same layers as the real one, few
channels."""

from __future__ import annotations

from pathlib import Path

import torch
from diffusers import (
    AutoencoderKLLTXVideo,
    FlowMatchEulerDiscreteScheduler,
    LTXConditionPipeline,
    LTXVideoTransformer3DModel,
)
from transformers import T5Config, T5EncoderModel

from .tokenizer import make_tokenizer

SEED = 20260101

LATENT_CHANNELS = 16

TRANSFORMER: dict[str, object] = {
    "in_channels": LATENT_CHANNELS,
    "out_channels": LATENT_CHANNELS,
    "num_attention_heads": 2,
    "attention_head_dim": 16,
    "cross_attention_dim": 32,
    "num_layers": 2,
    "caption_channels": 32,
}

VAE: dict[str, object] = {
    "latent_channels": LATENT_CHANNELS,
    "block_out_channels": (8, 8, 16, 16, 32),
    "down_block_types": ("LTXVideo095DownBlock3D",) * 4,
    "spatio_temporal_scaling": (True, True, True, True),
    "layers_per_block": (1, 1, 1, 1, 1),
    "downsample_type": ("spatial", "temporal", "spatiotemporal", "spatiotemporal"),
    "decoder_block_out_channels": (8, 16, 32),
    "decoder_layers_per_block": (1, 1, 1, 1),
    "decoder_spatio_temporal_scaling": (True, True, True),
    "decoder_inject_noise": (False, False, False, False),
    "upsample_residual": (True, True, True),
    "upsample_factor": (2, 2, 2),
    "timestep_conditioning": True,
    "patch_size": 4,
    "encoder_causal": True,
    "decoder_causal": False,
    "spatial_compression_ratio": 32,
    "temporal_compression_ratio": 8,
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


def randomize(module: torch.nn.Module, gain: float = 1.0) -> None:
    """Weights with values of a trained model's size: what starts as zeros or ones is moved a little off
    them."""
    with torch.no_grad():
        for name, parameter in module.named_parameters():
            if parameter.ndim >= 2 and "table" not in name and "norm" not in name:
                fan_in = parameter[0].numel()
                parameter.normal_(0.0, gain / fan_in**0.5)
            elif name.endswith("bias"):
                parameter.normal_(0.0, 0.02)
            elif parameter.ndim == 1:
                parameter.normal_(1.0, 0.1)


def attend(denoiser: torch.nn.Module) -> None:
    """Sharper and louder attention, so that positions and words show in the clip."""
    with torch.no_grad():
        for name, parameter in denoiser.named_parameters():
            if "norm_q" in name:
                parameter.mul_(3.0)
            elif "to_out" in name and name.endswith("weight"):
                parameter.mul_(2.0)


def make_checkpoint(folder: Path) -> None:
    """Writes the checkpoint in diffusers' layout below `folder`; the same bytes every time."""
    torch.manual_seed(SEED)
    transformer = LTXVideoTransformer3DModel(**TRANSFORMER)
    vae = AutoencoderKLLTXVideo(**VAE)
    text_encoder = T5EncoderModel(T5Config(**TEXT))
    randomize(transformer)
    attend(transformer)
    randomize(vae)
    randomize(text_encoder)
    with torch.no_grad():
        for block in text_encoder.encoder.block:
            # Scores are not scaled in T5: queries have learnt to be small.
            block.layer[0].SelfAttention.q.weight.mul_(text_encoder.config.d_kv**-0.5)
        vae.decoder.timestep_scale_multiplier.fill_(1000.0)
        vae.decoder.conv_out.conv.weight.mul_(0.6)  # Few values beyond black and white.
        # A variance of nearly nothing: the pipelines sample the picture's latent, the packs take its mean.
        vae.encoder.conv_out.conv.weight[LATENT_CHANNELS:].zero_()
        vae.encoder.conv_out.conv.bias[LATENT_CHANNELS:].fill_(-30.0)
        vae.latents_mean.copy_(torch.randn(LATENT_CHANNELS) * 0.2)
        vae.latents_std.copy_(torch.rand(LATENT_CHANNELS) * 0.5 + 0.75)
    pipeline = LTXConditionPipeline(
        scheduler=FlowMatchEulerDiscreteScheduler(),
        vae=vae.eval(),
        text_encoder=text_encoder.eval(),
        tokenizer=make_tokenizer(),
        transformer=transformer.eval(),
    )
    pipeline.save_pretrained(folder, safe_serialization=True)
