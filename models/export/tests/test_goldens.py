from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest

from stillwake_export.goldens.__main__ import TINY
from stillwake_export.goldens.replay import Runner, compare, load
from stillwake_export.manifest import hash_sources
from stillwake_export.walk import _Walker, measure

FAMILIES = ["ltx", "wan"]


@pytest.mark.parametrize("family", FAMILIES)
def test_references_are_not_stale(family: str) -> None:
    """Remake them with `python -m stillwake_export.goldens` after a change to the exporter."""
    assert load(TINY / family / "references").content["stamp"] == hash_sources()


@pytest.mark.parametrize("family", FAMILIES)
def test_committed_pack_makes_the_clips_of_diffusers(family: str) -> None:
    found = compare(TINY / family, load(TINY / family / "references"))
    graphs, clips = found["graphs"], found["clips"]
    assert isinstance(graphs, dict)
    assert isinstance(clips, dict)
    assert set(graphs) == {"text_encoder", "vae_encode", "dit_context", "dit_step", "vae_decode"}
    assert max(graphs.values()) <= 1e-4
    assert len(clips) == 2
    for clip in clips.values():
        assert clip["steps"] <= 1e-4
        assert clip["psnr"] >= 60


@pytest.mark.parametrize("family", FAMILIES)
def test_smaller_weights_stay_near(family: str) -> None:
    report = json.loads((TINY / family / "references" / "precision.json").read_text("utf-8"))
    for weights, bound in (("fp16", 0.005), ("int8", 0.03), ("int4", 0.3)):
        assert report[weights]["graphs"]["dit_step"] <= bound
        assert report[weights]["graphs"]["dit_context"] <= bound
    assert report["int4"]["graphs"]["vae_decode"] <= 0.005
    assert report["int4, autoencoder int8"]["graphs"]["vae_decode"] <= 0.06
    halves = report["int4, run in halves"]["clips"]
    assert all(abs(halves[name]["psnr"] - clip["psnr"]) < 1 for name, clip in report["int4"]["clips"].items())


@pytest.mark.parametrize("family", FAMILIES)
def test_small_packs_are_small(family: str) -> None:
    sizes = [file.stat().st_size for file in (TINY / family).rglob("*") if file.is_file()]
    assert sum(sizes) <= 2_500_000


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("graph", ["text_encoder", "vae_encode", "dit_context", "dit_step", "vae_decode"])
def test_walked_shapes_are_those_of_a_run(family: str, graph: str, tmp_path: Path) -> None:
    loaded = load(TINY / family / "references")
    entries = loaded.content["graphs"]
    assert isinstance(entries, list)
    entry = next(e for e in entries if e["graph"] == graph)
    feeds = {name: loaded.tensors[tensor] for name, tensor in entry["inputs"].items()}
    file = TINY / family / f"{graph}.onnx"
    model = onnx.load(file, load_external_data=False)
    sizes: dict[str, int] = {}
    for value in model.graph.input:
        for dim, size in zip(value.type.tensor_type.shape.dim, feeds[value.name].shape, strict=True):
            if dim.dim_param:
                sizes[dim.dim_param] = size
    walker = _Walker(model, sizes)
    for node in model.graph.node:
        walker.step(node)
    wanted = [name for node in model.graph.node for name in node.output]
    kinds = {
        onnx.TensorProto.FLOAT: "float32",
        onnx.TensorProto.INT64: "int64",
        onnx.TensorProto.BOOL: "bool",
    }
    onnx.load_external_data_for_model(model, str(file.parent))
    del model.graph.output[:]
    model.graph.output.extend(
        onnx.helper.make_tensor_value_info(name, walker.types[name], None) for name in wanted
    )
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    for name, array in zip(wanted, session.run(wanted, feeds), strict=True):
        assert walker.shapes[name] == array.shape, name
        assert kinds[walker.types[name]] == array.dtype.name, name


def test_cost_of_a_known_graph() -> None:
    helper, kind = onnx.helper, onnx.TensorProto.FLOAT
    nodes = [
        helper.make_node("MatMul", ["x", "w"], ["a"]),
        helper.make_node("Reshape", ["a", "s"], ["b"]),
        helper.make_node("Sigmoid", ["b"], ["c"]),
        helper.make_node("Add", ["b", "c"], ["y"]),
    ]
    weights = [
        onnx.numpy_helper.from_array(np.zeros((8, 4), np.float32), "w"),
        onnx.numpy_helper.from_array(np.array([-1, 2]), "s"),
    ]
    graph = helper.make_graph(
        nodes,
        "g",
        [helper.make_tensor_value_info("x", kind, ["N", 8])],
        [helper.make_tensor_value_info("y", kind, None)],
        weights,
    )
    cost = measure(helper.make_model(graph), {"N": 3})
    # The input is let go after the product; then a (aliased by b), c and y of 48 bytes each.
    assert cost.peak == 3 * 48
    # The weight, as on a graphics card it is a buffer like any other.
    assert cost.largest == 8 * 4 * 4
    assert cost.scratch == 0
    assert cost.flops == 2 * 12 * 8 + 12 + 12


@pytest.mark.parametrize("family", FAMILIES)
def test_formulas_cover_the_walk(family: str) -> None:
    model = onnx.load(TINY / family / "dit_step.onnx", load_external_data=False)
    memory = Runner(TINY / family).constants["activations"]["dit_step"]  # type: ignore[index]
    for tokens in (7, 100, 640, 5280):
        cost = measure(model, {"N": tokens, "T": 128})
        for terms, value in ((memory, cost.peak), (memory["largest"], cost.largest)):
            told = terms["fixed"] + terms["perToken"] * tokens + terms["perTokenSquared"] * tokens**2
            assert told >= 0.95 * value
            assert told <= 1.5 * value + 500_000


def test_runner_reads_constants() -> None:
    assert Runner(TINY / "wan").constants["family"] == "wan"
