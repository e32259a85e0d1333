from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from diffusers import AutoencoderKLWan, WanTransformer3DModel
from running import relative_error, run_graph
from transformers import UMT5EncoderModel

from stillwake_export import t5, taehv, wan_transformer, wan_vae
from stillwake_export.checkpoint import StateWeights, open_component
from stillwake_export.goldens.replay import to_latents, to_tokens
from stillwake_export.goldens.wan_checkpoint import DECODER, DECODER_FILE
from stillwake_export.goldens.wan_references import open_taehv
from stillwake_export.graph import Graph
from stillwake_export.layers import Layers, Precision

TOLERANCE = 1e-4
WORDS = 24


def normal(seed: int, *shape: int) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("attention", ["plain", "fused"])
@pytest.mark.parametrize(("frames", "rows", "columns", "words"), [(3, 4, 6, 7), (2, 6, 2, WORDS)])
def test_denoiser(
    wan_folder: Path, tmp_path: Path, attention: str, frames: int, rows: int, columns: int, words: int
) -> None:
    component = open_component(wan_folder / "transformer")
    precision = Precision(attention=attention)  # type: ignore[arg-type]
    for graph_id, writer in (
        ("dit_context", wan_transformer.write_context),
        ("dit_step", wan_transformer.write_step),
    ):
        graph = Graph(graph_id, tmp_path)
        writer(Layers(graph, precision), component, WORDS)
        graph.save()
    model = WanTransformer3DModel.from_pretrained(wan_folder / "transformer").eval()
    patch = model.config.patch_size
    latents, embedding = normal(1, 1, 12, frames, rows, columns), normal(2, 1, words, 32)
    mask = torch.zeros(frames, rows // 2, columns // 2)
    mask[0] = 1
    marked = mask.flatten()[None]
    for time in (1000.0, 522.0, 3.5):
        with torch.no_grad():
            padded = torch.nn.functional.pad(embedding, (0, 0, 0, WORDS - words))
            expected = model(latents, time * (1 - marked), padded).sample
            cos, sin = model.rope(latents)
        (context,) = run_graph(tmp_path, "dit_context", {"embedding": embedding.numpy()})
        feeds = {
            "latents": to_tokens(latents.numpy(), patch),
            "context": context,
            "cos": cos[:, :, 0].numpy(),
            "sin": sin[:, :, 0].numpy(),
            "timesteps": np.array([0, time], dtype=np.float32),
            "mask": marked[..., None].numpy(),
        }
        (velocity,) = run_graph(tmp_path, "dit_step", feeds)
        back = to_latents(velocity, patch, (1, 12, frames, rows, columns))
        assert relative_error(back, expected.numpy()) <= TOLERANCE


@pytest.mark.parametrize(("height", "width"), [(64, 96), (32, 48)])
def test_encoder(wan_folder: Path, tmp_path: Path, height: int, width: int) -> None:
    graph = Graph("vae_encode", tmp_path)
    wan_vae.write_encode(Layers(graph, Precision()), open_component(wan_folder / "vae"))
    graph.save()
    model = AutoencoderKLWan.from_pretrained(wan_folder / "vae").eval()
    image = torch.tanh(normal(3, 1, 3, height, width))
    with torch.no_grad():
        expected = model.encode(image[:, :, None]).latent_dist.mode()[:, :, 0]
    (latent,) = run_graph(tmp_path, "vae_encode", {"image": image.numpy()})
    assert relative_error(latent, expected.numpy()) <= TOLERANCE


def test_decoder_streams_what_the_whole_clip_gives(wan_folder: Path, tmp_path: Path) -> None:
    graph = Graph("vae_decode", tmp_path)
    weights = taehv.open_decoder(wan_folder / DECODER_FILE)
    taehv.write_decode(Layers(graph, Precision()), weights)
    graph.save()
    rows, columns = 3, 2
    latents = normal(4, 1, 12, 4, rows, columns)
    with torch.no_grad():
        expected = open_taehv(wan_folder)(latents).numpy()
    memory = [
        np.zeros((1, m["channels"], rows * m["scale"], columns * m["scale"]), np.float32)
        for m in taehv.TaehvShape.of(weights).memory()
    ]
    parts = []
    for i in range(4):
        feeds = {f"memory_{k}": value for k, value in enumerate(memory)}
        video, *memory = run_graph(tmp_path, "vae_decode", {"latents": latents[:, :, i].numpy(), **feeds})
        parts.append(video)
    assert relative_error(np.concatenate(parts, axis=2), expected) <= TOLERANCE


def test_decoder_of_the_published_layout(tmp_path: Path) -> None:
    shape = taehv.TaehvShape(channels=48, widths=(256, 128, 64, 64), patch=2, growth=(1, 2, 2))
    decoder = taehv.Taehv(shape)
    state = decoder.state_dict()
    assert state["decoder.3.conv.0.weight"].shape == (256, 512, 3, 3)
    assert state["decoder.13.conv.weight"].shape == (256, 128, 1, 1)
    assert state["decoder.20.weight"].shape == (64, 64, 3, 3)
    assert "decoder.20.bias" not in state
    assert state["decoder.22.weight"].shape == (12, 64, 3, 3)
    assert taehv.TaehvShape.of(StateWeights(state)) == shape
    assert sum(p.numel() for p in decoder.parameters()) == pytest.approx(9.9e6, rel=0.01)
    torch.save(taehv.Taehv(DECODER).state_dict(), tmp_path / "decoder.pth")
    assert taehv.TaehvShape.of(taehv.open_decoder(tmp_path / "decoder.pth")) == DECODER


def test_text_encoder(wan_folder: Path, tmp_path: Path) -> None:
    graph = Graph("text_encoder", tmp_path)
    t5.write_encoder(Layers(graph, Precision()), open_component(wan_folder / "text_encoder"), None)
    graph.save()
    model = UMT5EncoderModel.from_pretrained(wan_folder / "text_encoder").eval()
    for count in (1, 11, 170):
        ids = torch.randint(3, 200, (1, count), generator=torch.Generator().manual_seed(count))
        # The pipeline hides the padding, so that there is none for the words.
        padded = torch.nn.functional.pad(ids, (0, 9))
        hidden = torch.nn.functional.pad(torch.ones_like(ids), (0, 9))
        with torch.no_grad():
            expected = model(padded, attention_mask=hidden).last_hidden_state[:, :count]
        (embedding,) = run_graph(tmp_path, "text_encoder", {"ids": ids.numpy()})
        assert relative_error(embedding, expected.numpy()) <= TOLERANCE
