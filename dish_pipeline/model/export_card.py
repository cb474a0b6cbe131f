"""The README of an exported model.

What belongs here: its words, and the piece of Python that uses the folder with nothing but transformers. Figures are those of the
report; without a report there are none. A test runs the Python.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

SNIPPET = r'''import json, re
from transformers import AutoModelForCausalLM, AutoTokenizer

tokenizer = AutoTokenizer.from_pretrained(".")
model = AutoModelForCausalLM.from_pretrained(".").eval()
names = json.load(open("foods.json", encoding="utf-8"))

tokens = tokenizer.get_vocab()
courses, foods, grams = ({i for t, i in tokens.items() if t.startswith(sign)} for sign in ("<course:", "<food:", "<g:"))
title, end = tokens["<title>"], tokens["<end>"]
signs = courses | foods | grams | {title, *tokenizer.all_special_ids}
letters = sorted(i for t, i in tokens.items() if i not in signs and not re.fullmatch("<0x..>", t))

def can_follow(row, ids):
    """The grammar of a dish: course, foods with grams, no food twice, title, end."""
    ids = ids.tolist()
    last = ids[-1]
    if last == tokenizer.bos_token_id:
        return sorted(courses)
    if last in foods:
        return sorted(grams)
    if last in courses or last in grams:
        return sorted(foods - set(ids)) + [title] * (last in grams)
    return letters + [end] * (last != title)

asked = tokenizer(["<start><course:main>"] * 4, return_tensors="pt")
made = model.generate(**asked, prefix_allowed_tokens_fn=can_follow, do_sample=True, temperature=0.9, min_p=0.05, top_k=0)
with open("ideas.jsonl", "w", encoding="utf-8") as file:
    for row in made:
        if end not in row:
            continue  # Cut off by the length.
        head, _, name = tokenizer.decode(row, skip_special_tokens=True).partition("<title>")
        name = name.replace("<\\", "<")
        parts = re.findall(r"<food:(.+?)><g:(.+?)>", head)
        lines = [names[food] if amount == "?" else f"{amount} g {names[food]}" for food, amount in parts]
        course = re.findall(r"<course:(.+?)>", head)[0]
        print(json.dumps({"title": name, "course": course, "servings": 1, "ingredients": lines}, ensure_ascii=False), file=file)
'''


def card(parameters: int, words: int, foods: int, context: int, figures: Mapping[str, Any] | None) -> str:
    """The README; `figures` is the content of the report.json that was measured on this model."""
    return f"""\
---
library_name: transformers
pipeline_tag: text-generation
---

# A model of dishes

A decoder-only transformer of {parameters:,} parameters, trained from scratch by dish_pipeline, in the architecture `Qwen3ForCausalLM`.
It proposes sets of foods with grams, and a title, for a dietitian to judge. It knows no other text, no chat and no instruction.

**Prove every dish before anybody sees it.** What dish_pipeline adds while it samples is not in these weights: the grammar of a dish, the
constraints of a dietetic need, words of a title that agree with the foods. The plain probabilities of a served model lack all of it: the
model never learned which kind of token comes next, so without the grammar hardly any answer is a dish, and with the grammar any dish may
hold any food. `dish facts ideas.jsonl` says what is known of each, with three values: contains, unknown, free.

## A dish as tokens

```
<start><course:main><food:chicken_thigh><g:150><food:salt><g:?><title>Lemon chicken<end>
```

One token for the course, one for a food, one for its grams in one serving (`<g:?>`: not known). The foods are a set: their order carries
no meaning. `foods.json` has the name of each. The title is cut into SentencePiece pieces. A `<` in a title is written `<\\`, so that no
title can spell a token; the decoder writes it so too. {words:,} pieces and control tokens, {foods:,} foods, at most {context} tokens. Only
`<start>`, `<end>`, `<pad>` and `<unk>` are special tokens: leaving out special tokens leaves the dish whole.

## Use

In this folder, with torch and transformers:

```python
{SNIPPET}```

Then `dish facts ideas.jsonl`. The weights are float32; a server that halves them answers a little differently. `tokenizer.model` is the same
tokenizer for programs that convert SentencePiece models.

## Measured

{_measured(figures)}"""


def _measured(figures: Mapping[str, Any] | None) -> str:
    if figures is None:
        return "No report of this model lies beside it.\n"
    main, dishes, training = figures["models"]["transformer"], figures["dishes"], figures["training"]
    best = figures["best_baseline"]
    return f"""\
Within the grammar, not with the plain probabilities: {figures["measure"]}.

| on {dishes["test"]:,} test dishes | bits per dish | bits per byte |
|---|---|---|
| this model | {_interval(main["bits_per_dish"])} | {_interval(main["bits_per_byte"])} |
| best baseline: {best} | {_interval(figures["models"][best]["bits_per_dish"])} | {_interval(figures["models"][best]["bits_per_byte"])} |

Trained on {dishes["train"]:,} dishes in {training["steps"]:,} steps, seed {figures["seed"]}.
"""


def _interval(entry: Mapping[str, float]) -> str:
    return f"{entry['mean']:.2f} [{entry['lo']:.2f}, {entry['hi']:.2f}]"
