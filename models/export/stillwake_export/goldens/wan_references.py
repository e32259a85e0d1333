"""What diffusers makes of the small Wan2.2 checkpoint, and our decoder of its latents."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from diffusers import FlowMatchEulerDiscreteScheduler, WanImageToVideoPipeline
from PIL import Image

from ..presets import PRESET_PROMPTS
from ..taehv import Taehv, TaehvShape, open_decoder
from ..text import embed
from ..wan import WanRecipe
from .ltx_references import PRESET, Clip, picture, pixels_of
from .references import References
from .replay import to_tokens
from .wan_checkpoint import DECODER_FILE

PATCH = (1, 2, 2)


class FewSteps(FlowMatchEulerDiscreteScheduler):
    """diffusers' scheduler at given noise levels, whatever a pipeline asks for."""

    levels: tuple[float, ...] = ()

    def set_timesteps(self, *_: object, device: torch.device | None = None, **__: object) -> None:
        """Sets `levels`."""
        super().set_timesteps(sigmas=list(self.levels), device=device)


def open_pipeline(folder: Path, recipe: WanRecipe) -> WanImageToVideoPipeline:
    """The checkpoint's pipeline at the recipe's noise levels."""
    scheduler = FewSteps(stochastic_sampling=True)
    scheduler.levels = recipe.sigmas[:-1]
    pipeline = WanImageToVideoPipeline.from_pretrained(folder, local_files_only=True, scheduler=scheduler)
    pipeline.set_progress_bar_config(disable=True)
    return pipeline


def open_taehv(folder: Path) -> Taehv:
    """The decoder beside the checkpoint."""
    weights = open_decoder(folder / DECODER_FILE)
    decoder = Taehv(TaehvShape.of(weights))
    state = {name: torch.from_numpy(weights.array(name)) for name in decoder.state_dict()}
    decoder.load_state_dict(state)
    return decoder.eval()


@torch.no_grad()
def clip_of_pipeline(
    folder: Path, references: References, recipe: WanRecipe, clip: Clip
) -> dict[str, object]:
    """Stochastic steps by `WanImageToVideoPipeline`, the picture's timestep zero, then our decoder."""
    pipeline = open_pipeline(folder, recipe)
    found = embed(folder, {PRESET: PRESET_PROMPTS[PRESET]}, recipe.max_tokens, masked=True)[PRESET]
    # As the pipeline has it: words first, zeros up to the longest prompt; rounded to halves as the pack
    # stores them.
    words = found.shape[0]
    embedding = torch.zeros(1, recipe.max_tokens, found.shape[1])
    embedding[0, :words] = torch.from_numpy(found.astype(np.float16).astype(np.float32))
    pixels = picture(clip.width, clip.height, clip.seed)
    count, rows, columns = clip.latent(4, 16)
    channels = int(pipeline.transformer.config.in_channels)
    steps: list[torch.Tensor] = []

    def keep(_: object, step: int, time: float, values: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
        steps.append(values["latents"].clone())
        return {}

    torch.manual_seed(clip.seed + 1)
    latents = pipeline(
        image=Image.fromarray(pixels),
        prompt_embeds=embedding,
        width=clip.width,
        height=clip.height,
        num_frames=clip.frames,
        num_inference_steps=len(recipe.sigmas) - 1,
        guidance_scale=1.0,
        generator=torch.Generator().manual_seed(clip.seed),
        callback_on_step_end=keep,
        output_type="latent",
    ).frames
    generator = torch.Generator().manual_seed(clip.seed)
    noise = torch.randn(1, channels, count, rows, columns, generator=generator)
    torch.manual_seed(clip.seed + 1)
    fresh = [torch.randn(1, channels, count, rows, columns) for _ in steps]
    for step in steps:
        # The pipeline puts the picture back before each run; so do the references.
        step[:, :, 0] = latents[:, :, 0]
    video = open_taehv(folder)(latents)[:, :, 3:].clamp(0, 1)
    cos, sin = pipeline.transformer.rope(torch.zeros(1, channels, count, rows, columns))
    add = references.add
    return {
        "name": clip.name,
        "size": clip.size(),
        "preset": PRESET,
        "sampler": {"kind": recipe.sampler, "sigmas": list(recipe.sigmas)},
        "cos": add(f"{clip.name}.cos", cos[:, :, 0].numpy()),
        "sin": add(f"{clip.name}.sin", sin[:, :, 0].numpy()),
        "picture": add(f"{clip.name}.picture", pixels),
        "embedding": add(f"{clip.name}.embedding", embedding[:, :words].numpy()),
        "noise": add(f"{clip.name}.noise", noise.numpy()),
        "stepNoise": add(
            f"{clip.name}.step-noise", np.concatenate([to_tokens(f[:, :, 1:].numpy(), PATCH) for f in fresh])
        ),
        "steps": add(f"{clip.name}.steps", np.concatenate([to_tokens(s.numpy(), PATCH) for s in steps])),
        "frames": add(f"{clip.name}.frames", pixels_of(video[0].permute(1, 2, 3, 0).numpy())),
    }


@torch.no_grad()
def graphs(folder: Path, references: References, recipe: WanRecipe) -> list[dict[str, object]]:
    """Inputs and outputs of each graph from the module that it stands for."""
    pipeline = open_pipeline(folder, recipe)
    transformer, vae = pipeline.transformer, pipeline.vae
    channels = int(transformer.config.in_channels)
    generator = torch.Generator().manual_seed(98)
    count, rows, columns, words = 2, 2, 4, 9

    def normal(*shape: int) -> torch.Tensor:
        return torch.randn(*shape, generator=generator)

    image = torch.tanh(normal(1, 3, rows * 16, columns * 16))
    latent = vae.encode(image[:, :, None]).latent_dist.mode()[:, :, 0]
    ids = torch.randint(3, 150, (1, words), generator=generator)
    embedding = pipeline.text_encoder(ids).last_hidden_state
    padded = torch.nn.functional.pad(embedding, (0, 0, 0, recipe.max_tokens - words))
    z = normal(1, channels, count, rows, columns)
    mask = torch.zeros(1, 1, count, rows, columns)
    mask[:, :, 0] = 1
    marked = mask[0, 0, :, ::2, ::2].flatten()[None]
    time = 750.0
    velocity = transformer(z, time * (1 - marked), padded).sample
    caption = transformer.condition_embedder.text_embedder(padded)
    parts = [(b.attn2.norm_k(b.attn2.to_k(caption)), b.attn2.to_v(caption)) for b in transformer.blocks]
    context = torch.cat([torch.cat(pair)[None] for pair in parts])
    cos, sin = transformer.rope(z)
    inputs = {
        "latents": to_tokens(z.numpy(), PATCH),
        "context": context.numpy(),
        "cos": cos[:, :, 0].numpy(),
        "sin": sin[:, :, 0].numpy(),
        "timesteps": np.array([0, time], np.float32),
        "mask": marked[..., None].numpy(),
    }
    return [
        references.graph("text_encoder", {"ids": ids.numpy()}, {"embedding": embedding.numpy()}),
        references.graph("vae_encode", {"image": image.numpy()}, {"latent": latent.numpy()}),
        references.graph("dit_context", {"embedding": embedding.numpy()}, {"context": context.numpy()}),
        references.graph("dit_step", inputs, {"velocity": to_tokens(velocity.numpy(), PATCH)}),
        _second_run(folder, references, channels, generator),
    ]


def _second_run(
    folder: Path, references: References, channels: int, generator: torch.Generator
) -> dict[str, object]:
    """The decoder's second latent frame, with what it remembers of the first."""
    decoder = open_taehv(folder)
    rows, columns = 2, 2
    clip = torch.randn(1, channels, 2, rows, columns, generator=generator)
    remembered: list[list[torch.Tensor]] = []
    blocks = [m for m in decoder.modules() if type(m).__name__ == "MemoryBlock"]
    hooks = [b.register_forward_pre_hook(lambda _, x: remembered.append(list(x[0].chunk(2)))) for b in blocks]
    video = decoder(clip)
    for hook in hooks:
        hook.remove()
    inputs = {"latents": clip[:, :, 1].contiguous().numpy()}
    outputs = {"frames": video[:, :, 4:].contiguous().numpy()}
    for i, (first, second) in enumerate(remembered):
        inputs[f"memory_{i}"] = first[-1:].numpy()
        outputs[f"next_memory_{i}"] = second[-1:].numpy()
    return references.graph("vae_decode", inputs, outputs)


def schedule(folder: Path, recipe: WanRecipe) -> dict[str, object]:
    """Sigmas and timesteps from diffusers' scheduler."""
    scheduler = open_pipeline(folder, recipe).scheduler
    scheduler.set_timesteps()
    return {
        "sigmas": [float(sigma) for sigma in scheduler.sigmas],
        "timesteps": [float(time) for time in scheduler.timesteps],
    }
