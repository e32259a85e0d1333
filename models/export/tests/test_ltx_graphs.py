from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from diffusers import AutoencoderKLLTXVideo, LTXVideoTransformer3DModel
from running import relative_error, run_graph
from transformers import T5EncoderModel

from stillwake_export import ltx_transformer, ltx_vae, t5
from stillwake_export.checkpoint import Component, open_component
from stillwake_export.graph import Graph
from stillwake_export.layers import Layers, Precision

TOLERANCE = 1e-4


def write(
    folder: Path,
    graph_id: str,
    component: Component,
    writer: Callable[..., None],
    precision: Precision,
    *extra: object,
) -> None:
    graph = Graph(graph_id, folder)
    writer(Layers(graph, precision), component, *extra)
    graph.save()


def normal(seed: int, *shape: int) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("attention", ["plain", "fused"])
@pytest.mark.parametrize(("frames", "rows", "columns", "words"), [(3, 2, 3, 7), (2, 4, 2, 20)])
def test_denoiser(
    ltx_folder: Path, tmp_path: Path, attention: str, frames: int, rows: int, columns: int, words: int
) -> None:
    folder = ltx_folder / "transformer"
    component = open_component(folder)
    precision = Precision(attention=attention)  # type: ignore[arg-type]
    write(tmp_path, "dit_context", component, ltx_transformer.write_context, precision)
    write(tmp_path, "dit_step", component, ltx_transformer.write_step, precision)
    model = LTXVideoTransformer3DModel.from_pretrained(folder).eval()
    tokens = frames * rows * columns
    latents, embedding = normal(1, 1, tokens, 16), normal(2, 1, words, 32)
    mask = torch.zeros(1, tokens)
    mask[:, : rows * columns] = 1
    for time in (1000.0, 725.0, 31.5):
        with torch.no_grad():
            cos, sin = model.rope(latents, frames, rows, columns, (8 / 25, 32, 32))
            expected = model(
                latents,
                embedding,
                time * (1 - mask),
                torch.ones(1, words),
                frames,
                rows,
                columns,
                rope_interpolation_scale=(8 / 25, 32, 32),
            ).sample
        (context,) = run_graph(tmp_path, "dit_context", {"embedding": embedding.numpy()})
        feeds = {
            "latents": latents.numpy(),
            "context": context,
            "cos": cos.numpy(),
            "sin": sin.numpy(),
            "timesteps": np.array([0, time], dtype=np.float32),
            "mask": mask[..., None].numpy(),
        }
        (velocity,) = run_graph(tmp_path, "dit_step", feeds)
        assert relative_error(velocity, expected.numpy()) <= TOLERANCE


@pytest.mark.parametrize(("height", "width"), [(64, 96), (96, 32)])
def test_encoder(ltx_folder: Path, tmp_path: Path, height: int, width: int) -> None:
    folder = ltx_folder / "vae"
    write(tmp_path, "vae_encode", open_component(folder), ltx_vae.write_encode, Precision())
    model = AutoencoderKLLTXVideo.from_pretrained(folder).eval()
    image = torch.tanh(normal(3, 1, 3, height, width))
    with torch.no_grad():
        expected = model.encode(image[:, :, None]).latent_dist.mean[:, :, 0]
    (latent,) = run_graph(tmp_path, "vae_encode", {"image": image.numpy()})
    assert relative_error(latent, expected.numpy()) <= TOLERANCE


@pytest.mark.parametrize(("frames", "rows", "columns"), [(3, 2, 3), (1, 3, 2), (2, 1, 1)])
def test_decoder(ltx_folder: Path, tmp_path: Path, frames: int, rows: int, columns: int) -> None:
    folder = ltx_folder / "vae"
    write(tmp_path, "vae_decode", open_component(folder), ltx_vae.write_decode, Precision(), 0.05)
    model = AutoencoderKLLTXVideo.from_pretrained(folder).eval()
    latents = normal(4, 1, 16, frames, rows, columns)
    with torch.no_grad():
        expected = model.decode(latents, torch.tensor([0.05])).sample
    (video,) = run_graph(tmp_path, "vae_decode", {"latents": latents.numpy()})
    assert relative_error(video, expected.numpy()) <= TOLERANCE


@pytest.mark.parametrize("padded_to", [None, 128])
def test_text_encoder(ltx_folder: Path, tmp_path: Path, padded_to: int | None) -> None:
    folder = ltx_folder / "text_encoder"
    write(tmp_path, "text_encoder", open_component(folder), t5.write_encoder, Precision(), padded_to)
    model = T5EncoderModel.from_pretrained(folder).eval()
    for count in (1, 9, 60):
        ids = torch.randint(3, 200, (1, count), generator=torch.Generator().manual_seed(count))
        padded = torch.nn.functional.pad(ids, (0, (padded_to or count) - count))
        with torch.no_grad():
            expected = model(padded).last_hidden_state[:, :count]
        (embedding,) = run_graph(tmp_path, "text_encoder", {"ids": ids.numpy()})
        assert relative_error(embedding, expected.numpy()) <= TOLERANCE


def test_table_of_words_in_parts(ltx_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    component = open_component(ltx_folder / "text_encoder")
    ids = torch.tensor([[3, 100, 299, 300, 301, 511, 0, 1]])
    write(tmp_path, "whole", component, t5.write_encoder, Precision(weights="int8"), None)
    monkeypatch.setattr(t5, "PART_BYTES", 100 * 32 * 4)
    write(tmp_path, "parts", component, t5.write_encoder, Precision(weights="int8"), None)
    whole, parts = (run_graph(tmp_path, graph, {"ids": ids.numpy()})[0] for graph in ("whole", "parts"))
    assert np.array_equal(whole, parts)
    names = {t.name for t in onnx.load(tmp_path / "parts.onnx", load_external_data=False).graph.initializer}
    assert {f"shared.weight.{start}" for start in range(0, 512, 100)} <= names
