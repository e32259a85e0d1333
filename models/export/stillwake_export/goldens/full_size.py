"""`python -m stillwake_export.goldens.full_size FOLDER`: random numbers in LTX-Video 2B's exact shapes.

Shows that a pack of that size can be written, installed and opened; the clip is noise. Tensors are drawn one
at a time.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import torch
from accelerate import init_empty_weights
from diffusers import AutoencoderKLLTXVideo, LTXVideoTransformer3DModel
from safetensors.torch import save_file
from transformers import T5Config, T5EncoderModel

from .ltx_checkpoint import randomize
from .tokenizer import make_tokenizer

TRANSFORMER: dict[str, object] = {
    "in_channels": 128,
    "out_channels": 128,
    "num_attention_heads": 32,
    "attention_head_dim": 64,
    "cross_attention_dim": 2048,
    "num_layers": 28,
    "caption_channels": 4096,
}

VAE: dict[str, object] = {
    "latent_channels": 128,
    "block_out_channels": (128, 256, 512, 1024, 2048),
    "down_block_types": ("LTXVideo095DownBlock3D",) * 4,
    "spatio_temporal_scaling": (True, True, True, True),
    "layers_per_block": (4, 6, 6, 2, 2),
    "downsample_type": ("spatial", "temporal", "spatiotemporal", "spatiotemporal"),
    "decoder_block_out_channels": (256, 512, 1024),
    "decoder_layers_per_block": (5, 5, 5, 5),
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
    "d_model": 4096,
    "d_kv": 64,
    "d_ff": 128,
    "num_layers": 1,
    "num_heads": 2,
    "feed_forward_proj": "gated-gelu",
}
"""A stand-in for T5-XXL that has its width: the real one is twice the size of the denoiser, and optional."""

FILE_BYTES = 1 << 30


def _write(kind: type, config: dict[str, object], folder: Path, seed: int) -> int:
    """Writes a component tensor by tensor as bfloat16; returns its parameters."""
    folder.mkdir(parents=True)
    with init_empty_weights():
        model = kind(**config)
    (folder / "config.json").write_text(json.dumps(dict(model.config), indent=2) + "\n", "utf-8")
    generator = torch.Generator().manual_seed(seed)
    batch: dict[str, torch.Tensor] = {}
    total = files = 0
    names = list(model.state_dict().items())
    for i, (name, empty) in enumerate(names):
        shape = tuple(empty.shape)
        if name == "latents_std" or ("norm" in name and len(shape) == 1):
            tensor = torch.ones(shape)
        elif name == "latents_mean":
            tensor = torch.zeros(shape)
        elif name.endswith("timestep_scale_multiplier"):
            tensor = torch.full(shape, 1000.0)
        else:
            fan_in = max(1, empty[0].numel()) if len(shape) > 1 else 2500
            tensor = torch.randn(shape, generator=generator).mul_(fan_in**-0.5)
        batch[name] = tensor.to(torch.bfloat16)
        total += tensor.numel()
        if i == len(names) - 1 or sum(t.nbytes for t in batch.values()) > FILE_BYTES:
            save_file(batch, folder / f"model-{files:05}.safetensors")
            batch, files = {}, files + 1
    return total


def main() -> None:
    """Writes the checkpoint."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    folder: Path = parser.parse_args().folder
    torch.set_num_threads(1)
    print("denoiser:", _write(LTXVideoTransformer3DModel, TRANSFORMER, folder / "transformer", 1))
    print("autoencoder:", _write(AutoencoderKLLTXVideo, VAE, folder / "vae", 2))
    torch.manual_seed(3)
    encoder = T5EncoderModel(T5Config(**TEXT))
    randomize(encoder)
    encoder.save_pretrained(folder / "text_encoder")
    make_tokenizer().save_pretrained(folder / "tokenizer")


if __name__ == "__main__":
    main()
