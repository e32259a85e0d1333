"""Embeddings of the ready prompts, computed once at export, and the tokenizer's files."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import torch
from transformers import AutoTokenizer, PreTrainedTokenizerBase, T5EncoderModel, UMT5EncoderModel

from .checkpoint import read_config

OFFLOAD_ABOVE_BYTES = 8 << 30
"""A text encoder larger than this is read layer by layer from its files."""


def open_tokenizer(folder: Path) -> PreTrainedTokenizerBase:
    """The checkpoint's tokenizer."""
    return AutoTokenizer.from_pretrained(folder, local_files_only=True)


def tokenizer_files(folder: Path) -> dict[str, bytes]:
    """`tokenizer.json` and `tokenizer_config.json` as their readers in a browser want them."""
    with tempfile.TemporaryDirectory() as scratch:
        open_tokenizer(folder).save_pretrained(scratch)
        return {n: (Path(scratch) / n).read_bytes() for n in ("tokenizer.json", "tokenizer_config.json")}


def open_encoder(folder: Path, scratch: Path, limit: int = OFFLOAD_ABOVE_BYTES) -> torch.nn.Module:
    """The checkpoint's encoder; what does not fit into `limit` bytes stays in its files until it is
    needed."""
    kind = UMT5EncoderModel if read_config(folder).get("model_type") == "umt5" else T5EncoderModel
    size = sum(file.stat().st_size for file in folder.glob("*.safetensors"))
    if size <= limit:
        return kind.from_pretrained(folder, local_files_only=True, dtype=torch.float32).eval()
    return kind.from_pretrained(
        folder,
        local_files_only=True,
        dtype="auto",
        device_map="auto",
        max_memory={"cpu": limit},
        offload_folder=scratch,
    ).eval()


def embed(
    checkpoint: Path, prompts: dict[str, str], max_tokens: int, masked: bool, limit: int = OFFLOAD_ABOVE_BYTES
) -> dict[str, np.ndarray]:
    """Embeddings [T, E] float32 of `prompts`, padding dropped.

    `masked` is whether the pipeline hides padding from the words. Prompts are cut at `max_tokens`.
    """
    tokenizer = open_tokenizer(checkpoint / "tokenizer")
    found: dict[str, np.ndarray] = {}
    with tempfile.TemporaryDirectory() as scratch, torch.no_grad():
        encoder = open_encoder(checkpoint / "text_encoder", Path(scratch), limit)
        for name, prompt in prompts.items():
            words = tokenizer(
                prompt, padding="max_length", max_length=max_tokens, truncation=True, return_tensors="pt"
            )
            mask = words.attention_mask
            hidden = encoder(words.input_ids, attention_mask=mask if masked else None).last_hidden_state
            found[name] = hidden[0, : int(mask.sum())].to(torch.float32).numpy()
    return found
