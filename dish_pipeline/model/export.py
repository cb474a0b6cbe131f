"""A trained model as a Hugging Face folder of a stock architecture, Qwen3, and its tokenizer as a stock `tokenizer.json`.

What belongs here: names of weights, configuration, the tokenizer's rules and the text form of a sequence. Only JSON and safetensors are
written; neither torch nor transformers is needed for it. A whole dish in the text form, which the exported tokenizer cuts into the
very tokens of `DishTokenizer.encode`:

    <start><course:main><food:chicken_thigh><g:150><food:salt><g:?><title>Lemon chicken<end>

A "<" of the title is written as "<\\", so that no title can spell a control token; the tokenizer takes the stroke away again. With that
the form reads back as the same dish, whatever its title is.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from safetensors.numpy import load_file, save_file

from dish_pipeline.dish import COURSES, UNKNOWN_COURSE, Dish, Portion
from dish_pipeline.model.export_card import card
from dish_pipeline.model.text import GRID, SPACE_SIGN, amount_text
from dish_pipeline.model.tokenizer import END, FOODS, PAD, PIECES, START, TITLE, DishTokenizer

FILES = (
    "model.safetensors", PIECES, FOODS, "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "generation_config.json",
    "README.md", "config.json",
)
"""What an export writes, in this order: without the last one nothing loads the folder, so half an export is not taken for a whole."""

# Those of the network, in numbers so that torch need not be imported; a test compares them.
ROTARY_BASE, EPSILON = 10_000.0, 1e-6

_WEIGHTS = {
    "attention_norm": "input_layernorm", "attention.query": "self_attn.q_proj", "attention.key": "self_attn.k_proj",
    "attention.value": "self_attn.v_proj", "attention.out": "self_attn.o_proj", "attention.query_norm": "self_attn.q_norm",
    "attention.key_norm": "self_attn.k_norm", "feed_norm": "post_attention_layernorm", "gate": "mlp.gate_proj", "up": "mlp.up_proj",
    "down": "mlp.down_proj",
}
_BLOCK = re.compile(r"blocks\.(\d+)\.(.+)\.weight")
_SIGNS = "pad|start|end|unk|title|course:[a-z]+|g:[0-9.?]+|food:[^<>]+"
_SEQUENCE = re.compile(r"<start><course:([^<>]+)>((?:<food:[^<>]+><g:[^<>]+>)+)<title>(.*)<end>", re.DOTALL)
_AMOUNTS = {amount_text(g): g for g in (*GRID, None)}


class SequenceError(ValueError):
    """A text is not exactly one dish in the text form."""


def write_sequence(dish: Dish, order: Sequence[int] | None = None) -> str:
    """The text form of a canonical dish, its foods in `order`."""
    portions = [dish.portions[i] for i in (range(len(dish.portions)) if order is None else order)]
    foods = "".join(f"<food:{p.food_id}><g:{amount_text(p.grams)}>" for p in portions)
    course = dish.course if dish.course in COURSES else UNKNOWN_COURSE
    return f"{START}<course:{course}>{foods}{TITLE}{escaped(dish.title)}{END}"


def escaped(title: str) -> str:
    """A title as the text form writes it: no control token can stand in it."""
    return title.replace("<", "<\\")


def read_sequence(text: str) -> Dish:
    """The dish of a text form, padding around it allowed. Raises SequenceError when it is not exactly one well-formed dish."""
    found = _SEQUENCE.fullmatch(re.sub(rf"^(?:{PAD})+|(?:{PAD})+$", "", text))
    if found is None:
        raise SequenceError("a dish is <start>, a course, foods with amounts, <title>, the title and <end>")
    course, foods, title = found.groups()
    pairs = re.findall(r"<food:([^<>]+)><g:([^<>]+)>", foods)
    strange = [amount for _, amount in pairs if amount not in _AMOUNTS]
    if course not in (*COURSES, UNKNOWN_COURSE) or strange or len({food for food, _ in pairs}) != len(pairs):
        raise SequenceError("there is a course or an amount that nobody knows, or a food stands twice")
    if "<" in title.replace("<\\", ""):
        raise SequenceError("a control token stands in the title")
    return Dish(course, title.replace("<\\", "<"), tuple(Portion(food, _AMOUNTS[amount]) for food, amount in pairs))


def export(model: Path, tokenizer: Path, folder: Path, figures: Mapping[str, Any] | None = None) -> None:
    """Write the model saved in `model` with the tokenizer saved in `tokenizer` into `folder`, which is made when it is missing.

    `figures` is the content of the report.json that was measured on this model. Raises ValueError when model and tokenizer do not
    belong together.
    """
    pieces = DishTokenizer.load(tokenizer)
    raw = json.loads((model / "config.json").read_text())
    if raw["vocabulary"] != pieces.size:
        raise ValueError(f"the model has {raw['vocabulary']} tokens and the tokenizer {pieces.size}: they do not belong together")
    if pieces.given_ids:
        raise ValueError("the model has tokens for other forms or conditions, which the text form cannot write; export one trained without them")
    weights = {weight_name(name): tensor for name, tensor in load_file(model / "model.safetensors").items()}
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.json").unlink(missing_ok=True)
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    pieces.save(folder)
    context = raw["shape"]["context"]
    signs = added_tokens(pieces)
    _write(folder / "tokenizer.json", tokenizer_rules(pieces, signs))
    _write(folder / "tokenizer_config.json", {
        "tokenizer_class": "PreTrainedTokenizerFast", "model_max_length": context, "padding_side": "left",
        "clean_up_tokenization_spaces": False, "model_input_names": ["input_ids", "attention_mask"], **_named(),
        "added_tokens_decoder": {str(s["id"]): {k: v for k, v in s.items() if k != "id"} for s in signs},
    })
    _write(folder / "special_tokens_map.json", _named())
    _write(folder / "generation_config.json", generation_config(pieces, context))
    parameters = sum(tensor.size for tensor in weights.values())
    (folder / "README.md").write_text(card(parameters, pieces.first_food, len(pieces.foods), context, figures), encoding="utf-8")
    _write(folder / "config.json", model_config(raw["shape"], pieces))


def _write(path: Path, content: Mapping[str, Any]) -> None:
    path.write_text(json.dumps(content, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def _named() -> dict[str, str]:
    return {"bos_token": START, "eos_token": END, "pad_token": PAD, "unk_token": "<unk>"}


def weight_name(name: str) -> str:
    """What Qwen3 calls one of our weights. Raises ValueError for a weight it has not."""
    if name == "embedding.weight":
        return "model.embed_tokens.weight"
    if name == "norm.weight":
        return "model.norm.weight"
    found = _BLOCK.fullmatch(name)
    if found is None or found[2] not in _WEIGHTS:
        raise ValueError(f"{name}: Qwen3 has no such weight")
    return f"model.layers.{found[1]}.{_WEIGHTS[found[2]]}.weight"


def model_config(shape: Mapping[str, Any], pieces: DishTokenizer) -> dict[str, Any]:
    """`config.json`. The rotary base and the type of the numbers stand in it twice, since their names differ between releases of
    the programs that read it."""
    return {
        "architectures": ["Qwen3ForCausalLM"], "model_type": "qwen3", "vocab_size": pieces.size, "hidden_size": shape["width"],
        "intermediate_size": shape["hidden"], "num_hidden_layers": shape["layers"], "num_attention_heads": shape["heads"],
        "num_key_value_heads": shape["heads"], "head_dim": shape["width"] // shape["heads"], "hidden_act": "silu",
        "max_position_embeddings": shape["context"], "rms_norm_eps": EPSILON, "rope_theta": ROTARY_BASE,
        "rope_parameters": {"rope_type": "default", "rope_theta": ROTARY_BASE}, "attention_bias": False, "attention_dropout": 0.0,
        "use_sliding_window": False, "tie_word_embeddings": True, "use_cache": True, "initializer_range": 0.02,
        "dtype": "float32", "torch_dtype": "float32", "bos_token_id": pieces.start, "eos_token_id": pieces.end, "pad_token_id": pieces.pad,
    }


def generation_config(pieces: DishTokenizer, context: int) -> dict[str, Any]:
    """`generation_config.json`: a dish ends with its end token, or at the latest with the context; the likeliest token each time."""
    return {
        "bos_token_id": pieces.start, "eos_token_id": pieces.end, "pad_token_id": pieces.pad, "do_sample": False, "max_length": context,
    }


def added_tokens(pieces: DishTokenizer) -> list[dict[str, Any]]:
    """Every token that is written as a sign in the text form: SentencePiece's control tokens and the foods.

    Only those around the dish are "special": a server that leaves special tokens out of its answer leaves the dish whole.
    """
    p = pieces.pieces
    signs = [(i, p.id_to_piece(i)) for i in range(pieces.first_food) if p.is_control(i) or p.is_unknown(i)]
    signs += [(token, f"<food:{food}>") for food, token in pieces.food_tokens.items()]
    around = {pieces.pad, pieces.start, pieces.end, p.unk_id()}
    return [
        {"id": i, "content": text, "single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": i in around}
        for i, text in signs
    ]


def tokenizer_rules(pieces: DishTokenizer, signs: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """`tokenizer.json`: the rules of the SentencePiece model in the terms of the `tokenizers` library.

    SentencePiece puts a space before every text, keeps all others, and takes the likeliest of all cuts. Its control and byte pieces
    come out of no letters; here they stand in the list of pieces as letters do, so a text that spells one is first cut after its "<".
    """
    p = pieces.pieces
    vocabulary = [[p.id_to_piece(i), p.get_score(i)] for i in range(pieces.first_food)]
    return {
        "version": "1.0", "truncation": None, "padding": None, "added_tokens": list(signs),
        "normalizer": {"type": "Sequence", "normalizers": [
            _replace("<\\", "<"), {"type": "Prepend", "prepend": SPACE_SIGN}, _replace(" ", SPACE_SIGN),
        ]},
        "pre_tokenizer": {
            "type": "Split", "pattern": {"Regex": rf"<(?=(?:{_SIGNS}|0x[0-9A-F]{{2}})>)"}, "behavior": "MergedWithPrevious", "invert": False,
        },
        "post_processor": None,
        "decoder": {"type": "Sequence", "decoders": [
            # Token by token, before they are joined: what is no sign of its own gets its stroke back.
            {"type": "Replace", "pattern": {"Regex": rf"<(?!(?:{_SIGNS}|0x[0-9A-F]{{2}})>\z)"}, "content": "<\\"},
            _replace("<0x3C>", "<\\"), {"type": "ByteFallback"}, {"type": "Fuse"},
            _replace(TITLE + SPACE_SIGN, TITLE), _replace(SPACE_SIGN, " "),
        ]},
        "model": {"type": "Unigram", "unk_id": p.unk_id(), "vocab": vocabulary, "byte_fallback": True},
    }


def _replace(old: str, new: str) -> dict[str, Any]:
    return {"type": "Replace", "pattern": {"String": old}, "content": new}
