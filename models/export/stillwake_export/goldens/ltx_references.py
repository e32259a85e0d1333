"""What diffusers makes of the small LTX-Video checkpoint."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from diffusers import (
    FlowMatchEulerDiscreteScheduler,
    LTXConditionPipeline,
    LTXImageToVideoPipeline,
)
from diffusers.pipelines.ltx.pipeline_ltx_condition import LTXVideoCondition
from PIL import Image

from ..ltx import LtxRecipe
from ..presets import PRESET_PROMPTS
from ..preview import draw_pictures
from .references import References

PRESET = "wave-hello"


@dataclass(frozen=True)
class Clip:
    """A clip that both sides make."""

    width: int
    height: int
    frames: int
    seed: int
    name: str

    def latent(self, temporal: int = 8, spatial: int = 32) -> tuple[int, int, int]:
        """Latent frames, rows and columns."""
        return (self.frames - 1) // temporal + 1, self.height // spatial, self.width // spatial

    def size(self) -> dict[str, int]:
        """The size as `sizes` has it."""
        return {"width": self.width, "height": self.height, "frames": self.frames}


def picture(width: int, height: int, seed: int) -> np.ndarray:
    """A drawn picture, uint8 [height, width, 3]."""
    side = max(width, height)
    drawn = draw_pictures(1, side, seed)[0, :, :height, :width]
    return np.round((drawn.transpose(1, 2, 0) + 1) * 127.5).astype(np.uint8)


def _prompt(pipeline: LTXConditionPipeline, max_tokens: int) -> tuple[torch.Tensor, torch.Tensor, int]:
    """The prompt with its padding and mask, its words rounded to halves as the pack stores them."""
    embedding, mask, _, _ = pipeline.encode_prompt(
        PRESET_PROMPTS[PRESET], do_classifier_free_guidance=False, max_sequence_length=max_tokens
    )
    words = int(mask.sum())
    embedding[:, :words] = embedding[:, :words].to(torch.float16).to(torch.float32)
    return embedding, mask, words


def _tokens(latents: torch.Tensor) -> np.ndarray:
    """[1, C, F, h, w] to [1, N, C]."""
    return latents.flatten(2).transpose(1, 2).contiguous().numpy()


def pixels_of(frames: np.ndarray) -> np.ndarray:
    """Frames of 0…1 as uint8."""
    return np.round(frames * 255).astype(np.uint8)


@torch.no_grad()
def condition_clip(folder: Path, references: References, recipe: LtxRecipe, clip: Clip) -> dict[str, object]:
    """Euler steps over the distilled schedule, by `LTXConditionPipeline`."""
    pipeline = LTXConditionPipeline.from_pretrained(folder, local_files_only=True)
    pipeline.set_progress_bar_config(disable=True)
    embedding, mask, words = _prompt(pipeline, recipe.max_tokens)
    pixels = picture(clip.width, clip.height, clip.seed)
    steps: list[np.ndarray] = []

    def keep(_: object, step: int, time: float, values: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
        steps.append(values["latents"].numpy().copy())
        return {}

    def run(output: str) -> np.ndarray:
        steps.clear()
        return pipeline(
            conditions=[LTXVideoCondition(image=Image.fromarray(pixels), frame_index=0)],
            prompt_embeds=embedding.clone(),
            prompt_attention_mask=mask,
            width=clip.width,
            height=clip.height,
            num_frames=clip.frames,
            frame_rate=int(recipe.fps),
            timesteps=[1000 * sigma for sigma in recipe.sigmas[:-1]],
            guidance_scale=1.0,
            image_cond_noise_scale=0.0,
            generator=torch.Generator().manual_seed(clip.seed),
            decode_timestep=recipe.decode_timestep,
            decode_noise_scale=recipe.decode_noise,
            callback_on_step_end=keep,
            output_type=output,
        ).frames[0]

    frames = run("np")
    generator = torch.Generator().manual_seed(clip.seed)
    count, rows, columns = clip.latent()
    channels = int(pipeline.transformer.config.in_channels)
    noise = torch.randn(1, channels, count, rows, columns, generator=generator)
    torch.randn(
        1, channels, 1, rows, columns, generator=generator
    )  # The picture's variance, which is nothing.
    decode_noise = torch.randn(1, channels, count, rows, columns, generator=generator)
    cos, sin = _rope(pipeline, clip, recipe.fps, causal=True)
    add = references.add
    return {
        "name": clip.name,
        "size": clip.size(),
        "preset": PRESET,
        "sampler": {"kind": "euler", "sigmas": list(recipe.sigmas)},
        "causal": True,
        "cos": add(f"{clip.name}.cos", cos),
        "sin": add(f"{clip.name}.sin", sin),
        "picture": add(f"{clip.name}.picture", pixels),
        "embedding": add(f"{clip.name}.embedding", embedding[:, :words].numpy()),
        "noise": add(f"{clip.name}.noise", noise.numpy()),
        "decodeNoise": add(f"{clip.name}.decode-noise", decode_noise.numpy()),
        "steps": add(f"{clip.name}.steps", np.concatenate(steps)),
        "frames": add(f"{clip.name}.frames", pixels_of(frames)),
    }


@torch.no_grad()
def image_clip(folder: Path, references: References, recipe: LtxRecipe, clip: Clip) -> dict[str, object]:
    """Stochastic steps over an even schedule, by `LTXImageToVideoPipeline`; its positions are not causal."""
    pipeline = LTXImageToVideoPipeline.from_pretrained(
        folder, local_files_only=True, scheduler=FlowMatchEulerDiscreteScheduler(stochastic_sampling=True)
    )
    pipeline.set_progress_bar_config(disable=True)
    embedding, mask, words = _prompt(pipeline, recipe.max_tokens)
    pixels = picture(clip.width, clip.height, clip.seed)
    steps: list[np.ndarray] = []
    count, rows, columns = clip.latent()
    channels = int(pipeline.transformer.config.in_channels)

    def keep(_: object, step: int, time: float, values: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
        steps.append(values["latents"].numpy().copy())
        return {}

    torch.manual_seed(clip.seed + 1)
    frames = pipeline(
        image=Image.fromarray(pixels),
        prompt_embeds=embedding,
        prompt_attention_mask=mask,
        width=clip.width,
        height=clip.height,
        num_frames=clip.frames,
        frame_rate=int(recipe.fps),
        num_inference_steps=4,
        guidance_scale=1.0,
        generator=torch.Generator().manual_seed(clip.seed),
        decode_timestep=recipe.decode_timestep,
        decode_noise_scale=recipe.decode_noise,
        callback_on_step_end=keep,
        output_type="np",
    ).frames[0]
    generator = torch.Generator().manual_seed(clip.seed)
    torch.randn(
        1, channels, 1, rows, columns, generator=generator
    )  # The picture's variance, which is nothing.
    noise = torch.randn(1, channels, count, rows, columns, generator=generator)
    decode_noise = torch.randn(1, channels, count, rows, columns, generator=generator)
    torch.manual_seed(clip.seed + 1)
    fresh = [torch.randn(1, channels, count - 1, rows, columns) for _ in steps]
    sigmas = [float(sigma) for sigma in pipeline.scheduler.sigmas]
    cos, sin = _rope(pipeline, clip, recipe.fps, causal=False)
    add = references.add
    return {
        "name": clip.name,
        "size": clip.size(),
        "preset": PRESET,
        "sampler": {"kind": "stochastic", "sigmas": sigmas},
        "causal": False,
        "cos": add(f"{clip.name}.cos", cos),
        "sin": add(f"{clip.name}.sin", sin),
        "picture": add(f"{clip.name}.picture", pixels),
        "embedding": add(f"{clip.name}.embedding", embedding[:, :words].numpy()),
        "noise": add(f"{clip.name}.noise", noise.numpy()),
        "stepNoise": add(f"{clip.name}.step-noise", np.concatenate([_tokens(f) for f in fresh])),
        "decodeNoise": add(f"{clip.name}.decode-noise", decode_noise.numpy()),
        "steps": add(f"{clip.name}.steps", np.concatenate(steps)),
        "frames": add(f"{clip.name}.frames", pixels_of(frames)),
    }


@torch.no_grad()
def _rope(
    pipeline: LTXConditionPipeline | LTXImageToVideoPipeline, clip: Clip, fps: float, causal: bool
) -> tuple[np.ndarray, np.ndarray]:
    """Cosines and sines of a clip's tokens, as each of the two pipelines computes them."""
    count, rows, columns = clip.latent()
    tokens = torch.zeros(1, count * rows * columns, 1)
    if causal:
        ids = LTXConditionPipeline._prepare_video_ids(1, count, rows, columns, 1, 1)
        coordinates = LTXConditionPipeline._scale_video_ids(ids, 32, 8, 0).float()
        coordinates[:, 0] = coordinates[:, 0] * (1.0 / fps)
        cos, sin = pipeline.transformer.rope(tokens, video_coords=coordinates)
    else:
        cos, sin = pipeline.transformer.rope(tokens, count, rows, columns, (8 / fps, 32, 32))
    return cos.numpy(), sin.numpy()


def graphs(folder: Path, references: References, recipe: LtxRecipe) -> list[dict[str, object]]:
    """Inputs and outputs of each graph from the module that it stands for."""
    pipeline = LTXConditionPipeline.from_pretrained(folder, local_files_only=True)
    transformer, vae, channels = (
        pipeline.transformer,
        pipeline.vae,
        int(pipeline.transformer.config.in_channels),
    )
    generator = torch.Generator().manual_seed(99)
    count, rows, columns, words = 2, 1, 2, 9

    def normal(*shape: int) -> torch.Tensor:
        return torch.randn(*shape, generator=generator)

    with torch.no_grad():
        image = torch.tanh(normal(1, 3, rows * 32, columns * 32))
        latent = vae.encode(image[:, :, None]).latent_dist.mean[:, :, 0]
        z = normal(1, channels, count, rows, columns)
        video = vae.decode(z, torch.tensor([recipe.decode_timestep])).sample
        ids = torch.randint(3, 150, (1, words), generator=generator)
        padded = torch.nn.functional.pad(ids, (0, recipe.max_tokens - words))
        embedding = pipeline.text_encoder(padded)[0][:, :words]
        tokens = normal(1, count * rows * columns, channels)
        mask = torch.zeros(1, tokens.shape[1])
        mask[:, : rows * columns] = 1
        cos, sin = transformer.rope(tokens, count, rows, columns, (8 / recipe.fps, 32, 32))
        scale = (8 / recipe.fps, 32, 32)
        time = 909.4
        velocity = transformer(
            tokens, embedding, time * (1 - mask), torch.ones(1, words), count, rows, columns, scale
        ).sample
        caption = transformer.caption_projection(embedding)
        parts = [
            (b.attn2.norm_k(b.attn2.to_k(caption)), b.attn2.to_v(caption))
            for b in transformer.transformer_blocks
        ]
        context = torch.cat([torch.cat(pair)[None] for pair in parts])
    inputs = {
        "latents": tokens,
        "context": context,
        "cos": cos,
        "sin": sin,
        "timesteps": torch.tensor([0.0, time]),
        "mask": mask[..., None],
    }
    return [
        references.graph("text_encoder", {"ids": ids.numpy()}, {"embedding": embedding.numpy()}),
        references.graph("vae_encode", {"image": image.numpy()}, {"latent": latent.numpy()}),
        references.graph("dit_context", {"embedding": embedding.numpy()}, {"context": context.numpy()}),
        references.graph(
            "dit_step", {k: v.numpy() for k, v in inputs.items()}, {"velocity": velocity.numpy()}
        ),
        references.graph("vae_decode", {"latents": z.numpy()}, {"frames": video.numpy()}),
    ]


def schedule(folder: Path, recipe: LtxRecipe) -> dict[str, object]:
    """Sigmas and timesteps of the distilled schedule from diffusers' scheduler."""
    scheduler = FlowMatchEulerDiscreteScheduler.from_pretrained(
        folder, subfolder="scheduler", local_files_only=True
    )
    scheduler.set_timesteps(timesteps=[1000 * sigma for sigma in recipe.sigmas[:-1]])
    return {
        "sigmas": [float(sigma) for sigma in scheduler.sigmas],
        "timesteps": [float(time) for time in scheduler.timesteps],
    }
