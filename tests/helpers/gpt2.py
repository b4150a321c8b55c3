"""Small GPT-2s as `transformers` saves them."""

import json
from pathlib import Path

import torch
from transformers import GPT2Config, GPT2LMHeadModel

from aigc_core.data.tokenizer import Tokenizer


def folder_of(model: GPT2LMHeadModel, folder: Path, **config: object) -> Path:
    """A model as `transformers` saves it, with a byte-level tokeniser of the right size."""
    model.save_pretrained(folder)
    values = json.loads((folder / "config.json").read_text()) | config
    (folder / "config.json").write_text(json.dumps(values))
    tokenizer = Tokenizer.train("bpe", "abc " * 50, 257)
    (folder / "tokenizer.json").write_text(tokenizer.to_json())
    return folder


def small_gpt2(context: int = 64) -> GPT2LMHeadModel:
    torch.manual_seed(1)
    return GPT2LMHeadModel(GPT2Config(vocab_size=257, n_positions=context, n_embd=16, n_layer=2, n_head=2))
