"""The exported folder, as transformers loads it: the same logits, the same tokens, the same dishes."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import torch
from click.testing import CliRunner
from hypothesis import example, given
from hypothesis import strategies as st

from dish_pipeline.cli import main
from dish_pipeline.dietetics.lexicon import Lexicon
from dish_pipeline.dietetics.parsing import LineParser
from dish_pipeline.dish import COURSES, UNKNOWN_COURSE, Dish, Portion
from dish_pipeline.model import export as room
from dish_pipeline.model import transformer as network
from dish_pipeline.model.export import SequenceError, export, read_sequence, write_sequence
from dish_pipeline.model.export_card import SNIPPET
from dish_pipeline.model.given import TITLE_FIRST, Given
from dish_pipeline.model.text import GRID, LONGEST_TITLE, canonical
from dish_pipeline.model.tokenizer import DishTokenizer, train
from dish_pipeline.model.transformer import Cache, DishTransformer, ModelConfig, save
from dish_pipeline.recipes.readers import read_path
from dish_pipeline.settings import INPUTS, ModelShape
from dish_pipeline.store.artifacts import Artifacts

# The lock has it, so a run of all tests does too; without the lock the rest of the package works and these tests have nothing to ask.
transformers = pytest.importorskip("transformers")

PORTIONS = (Portion("rice", 60.0), Portion("rice_flour", None), Portion("egg", 0.7))
HOSTILE = (
    "<end>", "a <end> b", "<", "<<", "a<", "<\\", "<\\end>", "\\<\\", "<0x41>", "x<0x3C>y<unk>", "<title> x", "<title>▁x", "<food:rice>",
    "<course:main><g:60>", "<pad><start>", "日本料理 カレー", "😀 soup", "two  spaces", " lead and trail ", "tab\tline\n", "\0", "", "é e\u0301 ﬁ ﷽",
)
CLOSE = {"atol": 1e-4, "rtol": 0.0}
"""Logits of these weights reach 8; in 32 bits either network is up to 2e-5 from the same sums in 64 bits."""
FIGURES: dict[str, Any] = {
    "models": {
        name: {"bits_per_dish": {"mean": mean, "lo": mean - 1, "hi": mean + 1}, "bits_per_byte": {"mean": 1.0, "lo": 0.9, "hi": 1.1}}
        for name, mean in (("transformer", 123.456), ("n-gram", 150.0))
    },
    "best_baseline": "n-gram", "dishes": {"train": 90, "valid": 10, "test": 20}, "training": {"steps": 77}, "seed": 5, "measure": "bits, made up",
}


@dataclass
class Exported:
    """An exported folder, what transformers makes of it, and ours."""

    folder: Path
    own: DishTransformer
    theirs: Any
    tokenizer: Any
    source: Path


@pytest.fixture(scope="module")
def exported(tokenizer: DishTokenizer, small_shape: ModelShape, tmp_path_factory: pytest.TempPathFactory) -> Exported:
    """A network of random weights that knows the foods' names, exported and loaded."""
    torch.manual_seed(3)
    own = DishTransformer(ModelConfig(tokenizer.size, small_shape), tokenizer.name_pieces)
    with torch.no_grad():
        for parameter in own.parameters():
            parameter.add_(torch.randn_like(parameter) * 0.3)
    source, folder = tmp_path_factory.mktemp("saved"), tmp_path_factory.mktemp("exported")
    save(own, source)
    tokenizer.save(source)
    export(source, source, folder)
    theirs = transformers.AutoModelForCausalLM.from_pretrained(folder).eval()
    return Exported(folder, own.eval(), theirs, transformers.AutoTokenizer.from_pretrained(folder), source)


def _random_ids(exported: Exported, rows: int, length: int) -> torch.Tensor:
    return torch.randint(exported.own.config.vocabulary, (rows, length), generator=torch.Generator().manual_seed(length))


def test_the_folder_is_a_stock_model(exported: Exported) -> None:
    assert type(exported.theirs).__name__ == "Qwen3ForCausalLM"
    assert {path.name for path in exported.folder.iterdir()} == set(room.FILES)
    assert exported.theirs.dtype == torch.float32
    assert exported.theirs.get_input_embeddings().weight is exported.theirs.get_output_embeddings().weight
    assert exported.theirs.num_parameters() == exported.own.parameter_count
    assert (room.ROTARY_BASE, room.EPSILON) == (network.ROTARY_BASE, network.EPSILON)


@torch.no_grad()
@pytest.mark.parametrize("length", [1, 2, 3, 7, 31, 128, 255, 256])
def test_the_logits_are_ours_at_every_length(exported: Exported, length: int) -> None:
    ids = _random_ids(exported, 3, length)
    torch.testing.assert_close(exported.theirs(ids).logits, exported.own(ids), **CLOSE)


@torch.no_grad()
@pytest.mark.parametrize("side", ["left", "right"])
def test_the_logits_of_real_dishes_are_ours_in_a_padded_batch(
    exported: Exported, tokenizer: DishTokenizer, dishes: list[Dish], side: str
) -> None:
    rows = [tokenizer.encode(d).ids.tolist() for d in dishes[:12]]
    assert len({len(row) for row in rows}) > 3
    batch = exported.tokenizer.pad({"input_ids": rows}, padding_side=side, return_tensors="pt")
    assert (batch["input_ids"] == tokenizer.pad).sum() == (batch["attention_mask"] == 0).sum() > 0
    logits = exported.theirs(**batch).logits
    for row, mask, theirs in zip(rows, batch["attention_mask"].bool(), logits, strict=True):
        torch.testing.assert_close(theirs[mask], exported.own(torch.tensor([row]))[0], **CLOSE)


@torch.no_grad()
def test_the_logits_are_ours_token_by_token_with_both_caches(exported: Exported) -> None:
    ids, cache, kept = _random_ids(exported, 2, 40), Cache(exported.own.config.shape.layers), None
    for at in range(ids.shape[1]):
        answer = exported.theirs(ids[:, at : at + 1], past_key_values=kept, use_cache=True)
        kept = answer.past_key_values
        torch.testing.assert_close(answer.logits, exported.own(ids[:, at : at + 1], cache), **CLOSE)


@torch.no_grad()
def test_a_network_with_another_rotary_base_is_noticed(exported: Exported) -> None:
    """The comparison of logits can fail: they then differ by far more than it allows."""
    config = transformers.AutoConfig.from_pretrained(exported.folder)
    # Version 5 reads the first, version 4 the second.
    config.rope_parameters, config.rope_theta = {"rope_type": "default", "rope_theta": 20_000.0}, 20_000.0
    other = transformers.AutoModelForCausalLM.from_pretrained(exported.folder, config=config).eval()
    ids = _random_ids(exported, 1, 30)
    assert (other(ids).logits - exported.own(ids)).abs().max() > 1e-2


@torch.no_grad()
@pytest.mark.parametrize("prompt", ["<start>", "<start><course:main>", "<start><course:dessert><food:egg><g:50><title>"])
def test_greedy_generation_is_our_argmax(exported: Exported, prompt: str) -> None:
    asked = exported.tokenizer(prompt, return_tensors="pt")
    ids = asked["input_ids"]
    made = exported.theirs.generate(**asked, max_new_tokens=40)
    assert made.shape[1] > ids.shape[1]
    while ids.shape[1] < made.shape[1]:
        ids = torch.cat((ids, exported.own(ids)[:, -1:].argmax(-1)), dim=1)
    assert made.tolist() == ids.tolist()


def test_generation_ends_with_the_dish_or_the_context(exported: Exported, tokenizer: DishTokenizer, small_shape: ModelShape) -> None:
    made = exported.theirs.generate(**exported.tokenizer("<start><course:main>", return_tensors="pt"))[0].tolist()
    assert len(made) == small_shape.context or made[-1] == tokenizer.end
    settings = exported.theirs.generation_config
    assert (settings.bos_token_id, settings.eos_token_id, settings.pad_token_id) == (tokenizer.start, tokenizer.end, tokenizer.pad)


def _same(exported: Exported, tokenizer: DishTokenizer, dish: Dish) -> None:
    """The text form becomes our tokens, and both become the dish again."""
    text, ours = write_sequence(dish), tokenizer.encode(dish).ids.tolist()
    theirs = exported.tokenizer(text)["input_ids"]
    if theirs != ours:
        # Two cuts of one title can be equally likely. SentencePiece adds up in 32 bits, `tokenizers` in 64, so either may win.
        assert tokenizer.decode(theirs) == dish
        likely = [sum(tokenizer.pieces.get_score(i) for i in ids if i < tokenizer.first_food) for ids in (theirs, ours)]
        assert likely[0] == pytest.approx(likely[1], abs=1e-4)
    assert exported.tokenizer.decode(ours) == text
    assert read_sequence(text) == dish


@given(st.text(max_size=LONGEST_TITLE) | st.text("<\\>0x3C end▁titleпр ", max_size=40) | st.lists(st.sampled_from(HOSTILE)).map("".join))
def test_any_title_becomes_our_tokens_and_comes_back(exported: Exported, tokenizer: DishTokenizer, title: str) -> None:
    _same(exported, tokenizer, canonical(Dish("main", title, PORTIONS)))


@pytest.mark.parametrize("title", HOSTILE)
def test_a_hostile_title_becomes_exactly_our_tokens(exported: Exported, tokenizer: DishTokenizer, title: str) -> None:
    """Also where it was not made canonical: double and outer spaces are kept, the sign of a space is one."""
    dish = Dish("main", title.replace("▁", " "), PORTIONS)
    assert exported.tokenizer(write_sequence(dish))["input_ids"] == tokenizer.encode(dish).ids.tolist()
    assert read_sequence(exported.tokenizer.decode(tokenizer.encode(dish).ids)) == dish


@given(st.sampled_from([*COURSES, UNKNOWN_COURSE]), st.lists(st.sampled_from([*GRID, None]), min_size=1, max_size=12), st.data())
@example("main", [None], None)
def test_any_foods_become_our_tokens_and_come_back(
    exported: Exported, tokenizer: DishTokenizer, course: str, amounts: list[float | None], data: st.DataObject | None
) -> None:
    foods = data.draw(st.permutations(tokenizer.food_ids)) if data else tokenizer.food_ids
    dish = Dish(course, "A dish", tuple(Portion(f, g) for f, g in zip(foods, amounts, strict=False)))
    ids = tokenizer.encode(dish).ids.tolist()
    assert exported.tokenizer(write_sequence(dish))["input_ids"] == ids
    assert read_sequence(exported.tokenizer.decode(ids)) == dish


def test_every_token_has_a_text_of_its_own_and_the_same_id(exported: Exported, tokenizer: DishTokenizer) -> None:
    vocabulary = exported.tokenizer.get_vocab()
    assert sorted(vocabulary.values()) == list(range(tokenizer.size)) and len(exported.tokenizer) == tokenizer.size
    for food, token in tokenizer.food_tokens.items():
        assert vocabulary[f"<food:{food}>"] == token
    for token in range(tokenizer.first_food):
        assert vocabulary[tokenizer.pieces.id_to_piece(token)] == token
    named = (exported.tokenizer.bos_token_id, exported.tokenizer.eos_token_id, exported.tokenizer.pad_token_id, exported.tokenizer.unk_token_id)
    assert named == (tokenizer.start, tokenizer.end, tokenizer.pad, tokenizer.pieces.unk_id())


def test_a_server_that_leaves_out_special_tokens_leaves_the_dish_whole(exported: Exported, tokenizer: DishTokenizer) -> None:
    dish = Dish("main", "Rice <end> soup", PORTIONS)
    text = exported.tokenizer.decode(tokenizer.encode(dish).ids, skip_special_tokens=True)
    assert read_sequence(f"<start>{text}<end>") == dish


def test_every_committed_recipe_title_becomes_exactly_our_tokens(lexicon: Lexicon, tokenizer: DishTokenizer, tmp_path: Path) -> None:
    """With a tokenizer that was trained on them, as a run trains it."""
    titles = sorted({" ".join(r.title.split())[:LONGEST_TITLE] for r in read_path(INPUTS / "recipes").recipes})
    assert len(titles) > 1000
    made = DishTokenizer.for_lexicon(train(titles, 1024), lexicon)
    signs = room.added_tokens(made)
    path = tmp_path / "tokenizer.json"
    path.write_text(json.dumps(room.tokenizer_rules(made, signs)), encoding="utf-8")
    theirs = transformers.PreTrainedTokenizerFast(tokenizer_file=str(path))
    for title in titles:
        dish = canonical(Dish("main", title, PORTIONS))
        assert theirs(write_sequence(dish))["input_ids"] == made.encode(dish).ids.tolist()
        assert theirs.decode(made.encode(dish).ids) == write_sequence(dish)


def test_letters_that_only_bytes_can_write_do_not_spell_a_control_token(lexicon: Lexicon, tmp_path: Path) -> None:
    """A tokenizer that has not one Latin letter writes all of "<end>" in bytes."""
    made = DishTokenizer.for_lexicon(train(["日本料理カレー", "中国菜汤", "日本カレー菜"] * 20, 400), lexicon)
    path = tmp_path / "tokenizer.json"
    path.write_text(json.dumps(room.tokenizer_rules(made, room.added_tokens(made))), encoding="utf-8")
    theirs = transformers.PreTrainedTokenizerFast(tokenizer_file=str(path))
    for title in ("<end>", "日<0x41>本", "<title>", "plain words"):
        dish = Dish("main", title, PORTIONS)
        ids = made.encode(dish).ids.tolist()
        assert any(made.pieces.is_byte(i) for i in ids if i < made.first_food)
        assert theirs(write_sequence(dish))["input_ids"] == ids
        assert read_sequence(theirs.decode(ids)) == dish


@pytest.mark.parametrize(
    "text",
    [
        "", "<start><course:main><title>x<end>", "<start><course:lunch><food:egg><g:50><title>x<end>",
        "<start><course:main><food:egg><g:51><title>x<end>", "<start><course:main><food:egg><g:50><food:egg><g:60><title>x<end>",
        "<start><course:main><food:egg><title>x<end>", "<start><course:main><food:egg><g:50>x<end>", "<start><course:main><food:egg><g:50><title>x",
        "<start><course:main><food:egg><g:50><title>x<end><end>", "<start><course:main><food:egg><g:50><title>x<pad>y<end>",
        "say: <start><course:main><food:egg><g:50><title>x<end>",
    ],
)  # fmt: skip
def test_a_text_that_is_not_one_dish_is_refused(text: str) -> None:
    with pytest.raises(SequenceError):
        read_sequence(text)


def test_padding_around_a_dish_is_allowed() -> None:
    dish = Dish("main", "Rice", PORTIONS)
    assert read_sequence(f"<pad><pad>{write_sequence(dish)}<pad>") == dish


def test_what_other_programs_read_stands_in_the_configuration(exported: Exported, small_shape: ModelShape, tokenizer: DishTokenizer) -> None:
    """The keys of config.json that converters to GGUF and servers ask for, under each of the names that they have had."""
    config = json.loads((exported.folder / "config.json").read_text())
    wanted = {
        "architectures": ["Qwen3ForCausalLM"], "model_type": "qwen3", "vocab_size": tokenizer.size, "hidden_size": 32, "intermediate_size": 48,
        "num_hidden_layers": 2, "num_attention_heads": 2, "num_key_value_heads": 2, "head_dim": 16, "hidden_act": "silu",
        "max_position_embeddings": 256, "rms_norm_eps": 1e-6, "rope_theta": 10_000.0, "tie_word_embeddings": True, "torch_dtype": "float32",
        "bos_token_id": tokenizer.start, "eos_token_id": tokenizer.end, "pad_token_id": tokenizer.pad,
    }
    assert {key: config[key] for key in wanted} == wanted
    # A converter reads the pieces from tokenizer.model and all further tokens from this list; together they must leave no gap.
    added = json.loads((exported.folder / "tokenizer_config.json").read_text())["added_tokens_decoder"]
    assert {int(i) for i in added} >= set(range(tokenizer.first_food, tokenizer.size))
    assert (exported.folder / "tokenizer.model").read_bytes() == tokenizer.model
    assert not any(key in config for key in ("auto_map", "quantization_config"))


def test_the_readme_shows_how_to_use_the_folder(
    tokenizer: DishTokenizer, small_shape: ModelShape, lexicon: Lexicon, tmp_path: Path
) -> None:
    """Its Python runs in the folder with transformers alone, and what it writes is read as recipes whose every food is known."""
    torch.manual_seed(4)
    model = DishTransformer(ModelConfig(tokenizer.size, small_shape))
    with torch.no_grad():
        # The blocks of a fresh network do nothing, so one direction of the embedding makes the title and the end likely.
        model.embedding.weight[:, 0] += 0.3
        model.embedding.weight[[tokenizer.title, tokenizer.end], 0] += torch.tensor([0.6, 1.0])
    save(model, tmp_path)
    tokenizer.save(tmp_path)
    folder = tmp_path / "exported"
    export(tmp_path, tmp_path, folder)
    code = re.findall(r"```python\n(.*?)```", (folder / "README.md").read_text(encoding="utf-8"), re.DOTALL)
    assert code == [SNIPPET] and "dish_pipeline" not in SNIPPET
    found = subprocess.run([sys.executable, "-c", "import torch; torch.manual_seed(1)\n" + SNIPPET], cwd=folder, capture_output=True, text=True)
    assert found.returncode == 0, found.stderr
    reading = read_path(folder / "ideas.jsonl")
    assert reading.recipes and not reading.refusals
    parser, names = LineParser(lexicon), {food.name: food for food in lexicon.foods.values()}
    for recipe in reading.recipes:
        assert recipe.lines and recipe.course == "main" and recipe.servings == "1"
        said = [names[line.partition(" g ")[2] or line] for line in recipe.lines]
        assert len({food.food_id for food in said}) == len(said)
        assert [[m.food for m in parser.parse(line).mentions] for line in recipe.lines] == [[food] for food in said]


def test_the_readme_has_the_figures_of_the_report_and_no_others(exported: Exported, tmp_path: Path) -> None:
    assert "No report of this model" in (exported.folder / "README.md").read_text(encoding="utf-8")
    export(exported.source, exported.source, tmp_path / "new" / "folder", FIGURES)
    text = (tmp_path / "new" / "folder" / "README.md").read_text(encoding="utf-8")
    assert "| this model | 123.46 [122.46, 124.46] | 1.00 [0.90, 1.10] |" in text and "bits, made up" in text
    assert f"{exported.own.parameter_count:,} parameters" in text and "No report" not in text


def test_a_model_that_can_be_given_more_than_the_text_form_writes_is_refused(
    tokenizer: DishTokenizer, small_shape: ModelShape, tmp_path: Path,
) -> None:
    pieces = DishTokenizer(tokenizer.model, tokenizer.foods, Given(forms=(TITLE_FIRST,)))
    pieces.save(tmp_path)
    save(DishTransformer(ModelConfig(pieces.size, small_shape), pieces.name_pieces), tmp_path)
    with pytest.raises(ValueError, match="other forms or conditions"):
        export(tmp_path, tmp_path, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_model_with_the_tokenizer_of_another_is_refused(exported: Exported, tokenizer: DishTokenizer, tmp_path: Path) -> None:
    DishTokenizer(tokenizer.model, {"rice": "rice"}).save(tmp_path)
    with pytest.raises(ValueError, match="do not belong together"):
        export(exported.source, tmp_path, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_weight_that_the_architecture_lacks_is_refused() -> None:
    for name in ("blocks.0.extra.weight", "blocks.0.gate.bias", "head.weight"):
        with pytest.raises(ValueError, match="no such weight"):
            room.weight_name(name)


def test_exporting_imports_neither_torch_nor_transformers(exported: Exported, tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from dish_pipeline.model.export import export\n"
        f"export(Path({str(exported.source)!r}), Path({str(exported.source)!r}), Path({str(tmp_path)!r}))\n"
        "assert not {'torch', 'transformers', 'tokenizers'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
    assert all((tmp_path / name).read_bytes() == (exported.folder / name).read_bytes() for name in room.FILES)


def _published(exported: Exported, data: Path, champion: str | None) -> Artifacts:
    """Artifacts as a run leaves them: the model trained last, its tokenizer and report, and perhaps a model in use."""
    artifacts = Artifacts(data / "artifacts")

    def publish(asset: str, names: tuple[str, ...], facts: dict[str, Any], inputs: dict[str, str]) -> str:
        def build(folder: Path) -> dict[str, Any]:
            for name in names:
                (folder / name).write_bytes((exported.source / name).read_bytes())
            if asset == "evaluation_report":
                (folder / "report.json").write_text(json.dumps(FIGURES | {"versions": inputs}))
            return facts

        return artifacts.publish(asset, build, inputs=inputs, code="", config={}).version

    words = publish("tokenizer", ("tokenizer.model", "foods.json"), {}, {})
    model = publish("trained_transformer", ("model.safetensors", "config.json"), {}, {"tokenizer": words})
    publish("evaluation_report", (), {}, {"trained_transformer": model})
    if champion is not None:
        files = ("model.safetensors", "config.json", "tokenizer.model", "foods.json")
        publish("champion_model", files, {"model": champion or model}, {})
    return artifacts


def _export(folder: Path, data: Path, *options: str) -> tuple[int, str]:
    result = CliRunner().invoke(main, ["export", str(folder), "--data", str(data), *options])
    assert result.exception is None or isinstance(result.exception, SystemExit)
    return result.exit_code, result.output


@pytest.mark.parametrize(
    ("champion", "options", "measured"), [(None, (), True), ("", (), True), ("older", (), False), ("older", ("--challenger",), True)]
)
def test_the_command_exports_the_model_in_use_with_its_own_figures_only(
    exported: Exported, tmp_path: Path, champion: str | None, options: tuple[str, ...], measured: bool
) -> None:
    artifacts = _published(exported, tmp_path, champion)
    status, said = _export(tmp_path / "out", tmp_path, *options)
    assert status == 0 and (artifacts.need("trained_transformer").version in said) == measured
    assert ("123.46" in (tmp_path / "out" / "README.md").read_text(encoding="utf-8")) == measured
    assert (tmp_path / "out" / "model.safetensors").read_bytes() == (exported.folder / "model.safetensors").read_bytes()


def test_the_command_overwrites_only_when_told_and_says_what_is_missing(exported: Exported, tmp_path: Path) -> None:
    status, said = _export(tmp_path / "out", tmp_path / "nothing")
    assert status == 1 and "trained_transformer has not been materialized" in said
    _published(exported, tmp_path, "")
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "README.md").write_text("mine")
    status, said = _export(tmp_path / "out", tmp_path)
    assert status == 1 and "has README.md already" in said and [p.name for p in (tmp_path / "out").iterdir()] == ["README.md"]
    assert _export(tmp_path / "out", tmp_path, "--force")[0] == 0
