"""The sentence transformer of the precise tier with low-rank adapters, in PyTorch, and its file.

All matrices keep ONNX's layout, [in][out]. Only adapters and heads are trained."""
import hashlib
import math
import pathlib
import struct

import numpy as np
import onnx
import torch
import torch.nn.functional as F
from onnx import numpy_helper
from torch import nn

LAYERS, WIDTH, INNER, ATTENTION_HEADS = 6, 384, 1536, 12
RANK, ALPHA = 16, 32
FORMAT, MODEL = 1, 2
# The order in which src/firewall/precise/model.h has them; more heads than these help only training.
HEADS = ("user", "content", "system")
# One layer's matrices, in the order of the file and of cmake/llama/minilm_to_gguf.cpp.
DENSE = (("attention/self/query", "attention.self.query"), ("attention/self/key", "attention.self.key"),
         ("attention/self/value", "attention.self.value"), ("attention/output/dense", "attention.output.dense"),
         ("intermediate/dense", "intermediate.dense"), ("output/dense", "output.dense"))


class Adapted(nn.Module):
    """x W + b + (alpha / rank) (x A) B; A starts random, B at zero."""

    def __init__(self, weight: np.ndarray, bias: np.ndarray):
        super().__init__()
        self.register_buffer("weight", torch.tensor(weight))
        self.register_buffer("bias", torch.tensor(bias))
        self.a = nn.Parameter(torch.randn(weight.shape[0], RANK) / math.sqrt(weight.shape[0]))
        self.b = nn.Parameter(torch.zeros(RANK, weight.shape[1]))

    def forward(self, x):
        return torch.addmm(self.bias, x, self.weight) + (x @ self.a) @ self.b * (ALPHA / RANK)


class Layer(nn.Module):
    def __init__(self, weights: dict, of_node: dict, number: int):
        super().__init__()
        prefix = f"encoder.layer.{number}."
        self.dense = nn.ModuleList(
            Adapted(weights[of_node[f"/encoder/layer.{number}/{node}/MatMul"]], weights[f"{prefix}{name}.bias"])
            for node, name in DENSE)
        for i, name in enumerate(("attention.output.LayerNorm", "output.LayerNorm")):
            for part in ("weight", "bias"):
                self.register_buffer(f"norm{i}_{part}", torch.tensor(weights[f"{prefix}{name}.{part}"]))

    def forward(self, x, mask, shape):
        query, key, value, out, up, down = self.dense
        rows, length = shape

        def split(y):
            return y.view(rows, length, ATTENTION_HEADS, WIDTH // ATTENTION_HEADS).transpose(1, 2)

        seen = F.scaled_dot_product_attention(split(query(x)), split(key(x)), split(value(x)), attn_mask=mask)
        seen = seen.transpose(1, 2).reshape(rows * length, WIDTH)
        x = F.layer_norm(x + out(seen), (WIDTH,), self.norm0_weight, self.norm0_bias, 1e-12)
        return F.layer_norm(x + down(F.gelu(up(x))), (WIDTH,), self.norm1_weight, self.norm1_bias, 1e-12)


class Transformer(nn.Module):
    """Tokens and their mask to one logit for each head."""

    def __init__(self, file: pathlib.Path, heads: int):
        super().__init__()
        graph = onnx.load(str(file)).graph
        weights = {i.name: numpy_helper.to_array(i).copy() for i in graph.initializer}
        of_node = {n.name: n.input[1] for n in graph.node if n.op_type == "MatMul" and n.input[1] in weights}
        for short, name in (("words", "word_embeddings.weight"), ("places", "position_embeddings.weight"),
                            ("kinds", "token_type_embeddings.weight"), ("scale", "LayerNorm.weight"),
                            ("shift", "LayerNorm.bias")):
            self.register_buffer(short, torch.tensor(weights["embeddings." + name]))
        self.layers = nn.ModuleList(Layer(weights, of_node, i) for i in range(LAYERS))
        self.head = nn.Linear(WIDTH, heads)
        nn.init.zeros_(self.head.weight)

    def forward(self, tokens, keep):
        rows, length = tokens.shape
        x = self.words[tokens] + self.places[:length] + self.kinds[0]
        x = F.layer_norm(x, (WIDTH,), self.scale, self.shift, 1e-12).view(rows * length, WIDTH)
        mask = None if bool(keep.all()) else keep[:, None, None, :]
        for layer in self.layers:
            x = layer(x, mask, (rows, length))
        kept = keep[:, :, None].float()
        return self.head((x.view(rows, length, WIDTH) * kept).sum(1) / kept.sum(1))


def write(path: pathlib.Path, model: Transformer, decisions: dict) -> None:
    """The file that src/firewall/precise/model.cc reads. `decisions`: head -> (from, to, mix)."""
    weight, bias = model.head.weight.detach().numpy(), model.head.bias.detach().numpy()
    body = struct.pack("<8s7If", b"GHPRECIS", FORMAT, MODEL, LAYERS, RANK, WIDTH, INNER, len(HEADS), ALPHA / RANK)
    for i, name in enumerate(HEADS):
        low, high, mix = decisions[name]
        body += struct.pack("<6f", bias[i], low, high, *mix)
    body += weight[:len(HEADS)].astype("<f4").tobytes()
    for layer in model.layers:
        for dense in layer.dense:
            body += dense.a.detach().numpy().astype("<f2").tobytes()
            body += dense.b.detach().numpy().astype("<f2").tobytes()
    path.write_bytes(body + hashlib.sha256(body).digest())
