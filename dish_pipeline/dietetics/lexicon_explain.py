"""Everything that the lexicon says of one food, in lines for a person who has to trust it.

What belongs here: wording. The facts, their reasons and the verdicts come from elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from dish_pipeline.dietetics.facts import Item, facts_of
from dish_pipeline.dietetics.lexicon import Food, Lexicon
from dish_pipeline.dietetics.lexicon_reasons import Written, reason_of
from dish_pipeline.dietetics.profiles import NUTRIENT, Profile, judge
from dish_pipeline.dietetics.tables import TableFood
from dish_pipeline.dish import UNKNOWN_COURSE, Interval, Tri

HUNDRED_GRAMS = Interval(100.0, 100.0, 100.0)


def explained(food: Food, lexicon: Lexicon, written: Written, tables: Mapping[str, TableFood], profiles: Iterable[Profile]) -> list[str]:
    """The food's names, weights, every fact with basis, source and reason, its composition, and what profiles make of its facts."""
    return [*_head(food), "", *_facts(food, lexicon, written), "", *_composition(food, tables), "", *_profiles(food, lexicon, profiles)]


def _head(food: Food) -> Iterator[str]:
    english = [name for name in food.aliases if name not in food.aliases_fr]
    yield f"{food.name} ({food.group}; id {food.food_id})"
    yield f"  also: {', '.join(english) or 'no other name'}"
    yield f"  in French: {', '.join(food.aliases_fr) or 'no name'}"
    cup = [] if food.grams_per_cup is None else [f"a cup {food.grams_per_cup:g} g"]
    yield f"  weights: {', '.join([*cup, *(f'{unit} {grams:g} g' for unit, grams in food.pieces.items())]) or 'none known'}"
    yield f"  in general: basis {food.basis}; source {food.source}"
    if food.note:
        yield f"  note: {food.note}"
    yield f"  reviewed by: {food.reviewed_by or 'signed by nobody yet'}"


def _facts(food: Food, lexicon: Lexicon, written: Written) -> Iterator[str]:
    for status in (Tri.CONTAINS, Tri.UNKNOWN, Tri.FREE):
        keys = [key for key in lexicon.keys if food.facts[key] is status]
        yield f"{status.word}: {len(keys)} of {len(lexicon.keys)}"
        for key in keys:
            reason = reason_of(food, key, lexicon.keys, written)
            lists = [name for name, there in (("EU 14", lexicon.keys[key].eu14), ("US 9", lexicon.keys[key].us9)) if there]
            listed = f" ({', '.join(lists)})" if lists else ""
            whose = "written" if reason.written else "derived"
            yield f"  {lexicon.keys[key].label}{listed}: {reason.basis}: {reason.words}  <- {reason.source}; reason {whose}"


def _composition(food: Food, tables: Mapping[str, TableFood]) -> Iterator[str]:
    link = food.composition_source.removesuffix("~")
    if not link:
        yield "composition: no table has this food or one like it, so no figure is known"
        return
    linked = tables.get(link)
    likeness = ", a similar food, so the figures are widened" if food.composition_source.endswith("~") else ""
    yield f"composition per 100 g as a line weighs it, from {link} {linked.name if linked else '(its name is not stored)'}{likeness}"
    for nutrient, value in food.composition.items():
        best = "" if value.mid is None else f" (best figure {value.mid:g})"
        yield f"  {nutrient}: {value.lo:g} to {'?' if value.hi is None else f'{value.hi:g}'}{best}"


def _profiles(food: Food, lexicon: Lexicon, profiles: Iterable[Profile]) -> Iterator[str]:
    """Verdicts of the food by itself. Limits on nutrients are left out: they speak of a dish and its serving."""
    facts = facts_of([Item(food, food.name, HUNDRED_GRAMS)], Interval(1.0, 1.0, 1.0), lexicon)
    found: dict[str, list[str]] = {"fail": [], "unknown": [], "pass": []}
    for profile in profiles:
        rules = tuple(rule for rule in profile.rules if rule.kind != NUTRIENT)
        if rules:
            verdict = judge(facts, UNKNOWN_COURSE, replace(profile, rules=rules))
            points = f": {'; '.join(verdict.open_points)}" if verdict.open_points else ""
            found[verdict.verdict].append(f"  {profile.profile} ({profile.label}){points}")
    yield "what must be absent, in 100 g of this food alone (limits on nutrients are not looked at):"
    for verdict_word, said in (("fail", "profiles it fails"), ("unknown", "profiles it leaves open")):
        yield f"{said}: {len(found[verdict_word])}"
        yield from found[verdict_word]
    yield f"profiles none of whose absences it touches: {len(found['pass'])}"
