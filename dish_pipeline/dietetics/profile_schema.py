"""The JSON Schema of a profile file, for editors: names are completed and slips are marked while one types.

What belongs here: the shape of the YAML once more, as data. `dish profiles schema` prints it, `data/profiles/profile.schema.json` keeps
it. An editor is no judge: whatever it refuses the loader refuses as well, and the loader knows a few things more (units, opposite limits).
"""

from __future__ import annotations

from typing import Any

from dish_pipeline.dietetics.lexicon import NUTRIENTS, Lexicon
from dish_pipeline.dietetics.profile_files import CLAIM, EVIDENCE, LARGEST_LIMIT, NAME, TEXT
from dish_pipeline.dietetics.profiles import ENERGY_SHARE, KCAL_PER_GRAM, PER, SERVING
from dish_pipeline.dish import COURSES


def schema(lexicon: Lexicon) -> dict[str, Any]:
    """The schema over the keys of this lexicon."""
    keys = {k.key: k.label for k in lexicon.keys.values()}
    common = {
        "source": _text("Where the rule comes from: a regulation, a guideline, a custom."),
        "institution": _text("Who named the threshold; institutions disagree."),
        "evidence": {"enum": list(EVIDENCE), "description": "How the source was consulted."},
        "courses": {"type": "array", "items": {"enum": list(COURSES)}, "description": "Only for these courses; without it for all."},
        "note": _text("For the reader; decides nothing."),
    }
    bound = {"type": "number", "maximum": LARGEST_LIMIT}
    limits = common | {
        "at_most": bound | {"minimum": 0, "description": "Passes when the upper bound of the amount is known and not above this."},
        "at_least": bound | {"exclusiveMinimum": 0, "description": "Passes when the lower bound of the amount is not below this."},
        "per": {"enum": list(PER), "default": SERVING, "description": "What the amount is set against: weight and energy of the ingredients."},
    }
    key, nutrient = {"enum": list(keys)}, {"enum": list(NUTRIENTS)}
    rules = [
        _rule("absent", key | {"description": "An allergen or flag that every food of the dish must be known to be without."}, common),
        _rule("never_together", _list(key, "Allergens or flags of which one must be known to be missing.", fewest=2), common),
        _rule("nutrient", nutrient | {"description": "A nutrient whose amount is limited; the unit is in its name."}, limits, limited=True),
        _rule("sum", _list(nutrient, "Nutrients of one unit whose sum is limited.", fewest=2), limits, limited=True),
    ]
    profile = {
        "type": "object",
        "additionalProperties": False,
        "required": ["profile", "label", "wording"],
        "properties": {
            "profile": {"type": "string", "pattern": NAME, "description": "The name: small letters, digits, underscores."},
            "label": _text("The need, as people call it.") | {"not": {"pattern": CLAIM}},
            "wording": _text("What a pass says, and no more: what is named or not, which limits hold.") | {"not": {"pattern": CLAIM}},
            "rules": {"type": "array", "items": {"oneOf": rules}, "description": "All must hold."},
            "undecidable": _list({"type": "string", "pattern": TEXT}, "What no list of ingredients can tell; shown beside every verdict."),
            "shows": _list({"enum": [*NUTRIENTS, *keys]}, "Nutrients and flags to show beside an idea; they decide nothing."),
            "hide_numbers": {"type": "boolean", "description": "Show ideas without energy, grams or any other figure."},
            "note": _text("For the reader; decides nothing."),
        },
        "anyOf": [
            {"required": ["rules"], "properties": {"rules": {"minItems": 1}}},
            {"required": ["undecidable"], "properties": {"undecidable": {"minItems": 1}}},
        ],
    }
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "Profiles of dish_pipeline",
        "description": f"Made by `dish profiles schema`. Keys: {', '.join(f'{k} ({label})' for k, label in keys.items())}. "
        f"Per {ENERGY_SHARE}: {', '.join(KCAL_PER_GRAM)}.",
        "oneOf": [{"$ref": "#/definitions/profile"}, {"type": "array", "items": {"$ref": "#/definitions/profile"}}],
        "definitions": {"profile": profile},
    }


def _text(description: str) -> dict[str, Any]:
    return {"type": "string", "pattern": TEXT, "description": description}


def _list(items: dict[str, Any], description: str, fewest: int = 0) -> dict[str, Any]:
    more = {"minItems": fewest, "uniqueItems": True} if fewest else {}
    return {"type": "array", "items": items, "description": description, **more}


def _rule(subject: str, content: dict[str, Any], fields: dict[str, Any], limited: bool = False) -> dict[str, Any]:
    either = {"anyOf": [{"required": ["at_most"]}, {"required": ["at_least"]}]} if limited else {}
    return {"type": "object", "additionalProperties": False, "required": [subject, "source"], "properties": {subject: content, **fields}, **either}
