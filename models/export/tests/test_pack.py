from __future__ import annotations

import base64
import hashlib
import json
import re
from pathlib import Path

import numpy as np
import onnx
import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from stillwake_export.families import Options, Size
from stillwake_export.goldens.ltx_goldens import INFO, RECIPE
from stillwake_export.layers import Precision
from stillwake_export.ltx import write_ltx
from stillwake_export.shards import CHUNK_BYTES, ShardWriter, describe_file
from stillwake_export.signing import check_pack, make_key, public_key, read_key, sign_pack

PATH = re.compile(r"^(?!.*(?:^|/)\.{1,2}(?:/|$))[\w.-]+(?:/[\w.-]+)*$")


@pytest.fixture(scope="session", params=["fp32", "int4"])
def pack_folder(
    request: pytest.FixtureRequest, ltx_folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    folder = tmp_path_factory.mktemp("packs") / request.param
    write_ltx(ltx_folder, folder, INFO, Precision(weights=request.param), RECIPE)
    return folder


def manifest(folder: Path) -> dict:
    return json.loads((folder / "pack.json").read_text("utf-8"))


def files_of(pack: dict) -> list[dict]:
    shards = [shard for graph in pack["graphs"] for shard in graph["shards"]]
    return [*pack["graphs"], *shards, *pack["files"]]


def test_every_file_is_what_the_manifest_says(pack_folder: Path) -> None:
    pack = manifest(pack_folder)
    named = set()
    for entry in files_of(pack):
        assert PATH.match(entry["file"])
        data = (pack_folder / entry["file"]).read_bytes()
        assert len(data) == entry["bytes"]
        assert hashlib.sha256(data).hexdigest() == entry["sha256"]
        if "tensor" in entry:
            item = np.dtype(entry["tensor"]["type"]).itemsize
            assert int(np.prod(entry["tensor"]["shape"])) * item == len(data)
        named.add(entry["file"])
    assert named | {"pack.json"} == {file.name for file in pack_folder.iterdir()}


def test_borders_are_the_graphs_own(pack_folder: Path) -> None:
    for entry in manifest(pack_folder)["graphs"]:
        model = onnx.load(pack_folder / entry["file"], load_external_data=False)
        for told, values in ((entry["inputs"], model.graph.input), (entry["outputs"], model.graph.output)):
            for border, value in zip(told, values, strict=True):
                dims = value.type.tensor_type.shape.dim
                assert border["name"] == value.name
                assert border["shape"] == [-1 if d.dim_param else d.dim_value for d in dims]
        located = {
            item.value
            for tensor in model.graph.initializer
            for item in tensor.external_data
            if item.key == "location"
        }
        assert located == {shard["path"] for shard in entry["shards"]}
        assert entry["bytes"] < 64 * 1024


def test_constants_agree_with_each_other(pack_folder: Path) -> None:
    constants = manifest(pack_folder)["constants"]
    latent = constants["latent"]
    assert (
        len(latent["mean"]) == len(latent["std"]) == len(constants["preview"]["matrix"]) == latent["channels"]
    )
    sigmas = constants["sampler"]["sigmas"]
    assert sigmas[-1] == 0
    assert sigmas == sorted(set(sigmas), reverse=True)
    assert len(constants["text"]["presets"]) == 7
    ids = {entry["id"] for entry in manifest(pack_folder)["files"]}
    assert set(constants["text"]["presets"].values()) | set(constants["text"]["tokenizer"].values()) == ids
    graphs = {graph["id"] for graph in manifest(pack_folder)["graphs"]}
    assert set(constants["activations"]) == set(constants["work"]) == graphs


def test_same_bytes_every_time(pack_folder: Path, ltx_folder: Path, tmp_path: Path) -> None:
    again = tmp_path / pack_folder.name
    write_ltx(ltx_folder, again, INFO, Precision(weights=pack_folder.name), RECIPE)  # type: ignore[arg-type]
    assert {f.name: f.read_bytes() for f in again.iterdir()} == {
        f.name: f.read_bytes() for f in pack_folder.iterdir()
    }


def test_report_lies_beside_the_pack(ltx_folder: Path, tmp_path: Path) -> None:
    write_ltx(
        ltx_folder, tmp_path / "pack", INFO, Precision(weights="int8"), RECIPE, Options(text_encoder=False)
    )
    report = json.loads((tmp_path / "pack.quantization.json").read_text("utf-8"))
    assert set(report) == {"dit_context", "dit_step"}
    assert all(0 < line["relativeError"] < 0.02 and line["bits"] == 8 for line in report["dit_step"])
    pack = manifest(tmp_path / "pack")
    assert pack["constants"]["text"]["tokenizer"] is None
    assert {graph["id"]: graph["dtype"] for graph in pack["graphs"]} == {
        "vae_encode": "fp16",
        "dit_context": "int8",
        "dit_step": "int8",
        "vae_decode": "fp16",
    }


def test_signature_covers_the_manifest(pack_folder: Path, tmp_path: Path) -> None:
    public = make_key(tmp_path / "key.pem")
    with pytest.raises(FileExistsError):
        make_key(tmp_path / "key.pem")
    key = read_key(tmp_path / "key.pem")
    assert public_key(key) == public
    assert len(base64.urlsafe_b64decode(public + "==")) == 32
    data = (pack_folder / "pack.json").read_bytes()
    (tmp_path / "pack.json").write_bytes(data)
    sign_pack(tmp_path, key, "test-1")
    signature = json.loads((tmp_path / "pack.sig").read_text("utf-8"))
    assert signature["algorithm"] == "ed25519"
    assert re.fullmatch(r"[\w-]{86}", signature["value"])
    check_pack(tmp_path, public)
    with pytest.raises(InvalidSignature):
        check_pack(tmp_path, public_key(Ed25519PrivateKey.generate()))
    (tmp_path / "pack.json").write_bytes(data + b" ")
    with pytest.raises(InvalidSignature):
        check_pack(tmp_path, public)


def test_shards_stay_below_their_limit(tmp_path: Path) -> None:
    writer = ShardWriter(tmp_path, "w", limit=1000)
    placed = [writer.append(np.full(100, i, np.float32)) for i in range(5)]
    assert [p.file for p in placed] == ["w-0.bin", "w-0.bin", "w-1.bin", "w-1.bin", "w-2.bin"]
    for i, p in enumerate(placed):
        data = (tmp_path / p.file).read_bytes()
        assert len(data) <= 1000
        assert p.offset % 256 == 0
        assert np.all(np.frombuffer(data[p.offset : p.offset + p.bytes], np.float32) == i)
    with pytest.raises(ValueError, match="does not fit"):
        writer.append(np.zeros(251, np.float32))


def test_chunks_of_a_large_file(tmp_path: Path) -> None:
    data = np.random.default_rng(0).bytes(CHUNK_BYTES + 5)
    (tmp_path / "large").write_bytes(data)
    entry = describe_file(tmp_path, "large").to_json()
    parts = (data[:CHUNK_BYTES], data[CHUNK_BYTES:])
    assert entry["chunks"] == [hashlib.sha256(part).hexdigest() for part in parts]
    assert entry["bytes"] == len(data)


def test_folder_has_to_be_empty(ltx_folder: Path, tmp_path: Path) -> None:
    (tmp_path / "other").write_text("mine")
    with pytest.raises(FileExistsError):
        write_ltx(ltx_folder, tmp_path, INFO, Precision(), RECIPE)


def test_size_is_a_line_of_sizes() -> None:
    assert Size(64, 32, 9).to_json() == {"width": 64, "height": 32, "frames": 9}
