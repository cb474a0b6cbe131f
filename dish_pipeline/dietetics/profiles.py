"""Dietetic needs as records, and the verdict of one dish for one need.

What belongs here: what a profile is, finding one by name or label, saying its rules in words, and judging facts by them. The profiles
themselves are data that a dietitian edits; `profile_files.py` reads them. The verdict never says that a dish is suitable for anyone:
it says which rules hold, which fail and which are open, and the profile names what no ingredient list can decide.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from dish_pipeline.dietetics.facts import GRAMS, SERVINGS, Facts
from dish_pipeline.dish import COURSES, UNKNOWN_AMOUNT, Interval, Tri

ABSENT, TOGETHER, NUTRIENT = "absent", "together", "nutrient"
"""The kinds of rules."""

SERVING, WEIGHT, ENERGY, ENERGY_SHARE = "serving", "100 g", "100 kcal", "percent of energy"
PER = (SERVING, WEIGHT, ENERGY, ENERGY_SHARE)
"""What an amount may be set against. Weight and energy are those of the ingredients, before anything is cooked away."""

KCAL_PER_GRAM = {
    "fat_g": 9.0, "sat_fat_g": 9.0, "protein_g": 4.0, "available_carbohydrate_g": 4.0, "sugars_g": 4.0, "fiber_g": 2.0, "alcohol_g": 7.0,
}
"""Regulation (EU) 1169/2011 Annex XIV. `carbohydrate_g` is missing: it includes fibre, which has a factor of its own."""

NOT_JUDGED = "no rule of this profile judges"
UNKNOWN_FOR, OPEN_BECAUSE_OF = "not known:", "open because of:"
"""Words of open points; after the latter two stand the foods."""

JOINED = " + "
"""Between the parts of a key: "meat + milk", "sat_fat_g + alcohol_g"."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One condition.

    `kind` absent: `key` must be free. Together: not all parts of `key` may be there, so one of them must be free. Nutrient:
    `at_least`/`at_most` must hold of the nutrient, or the sum of the nutrients, that `key` names, per `per`.
    `courses` empty: the rule holds for every course; else for those, and for a dish of unknown course.
    """

    kind: str
    key: str
    at_least: float | None
    at_most: float | None
    courses: tuple[str, ...]
    source: str
    per: str = SERVING
    institution: str = ""
    evidence: str = ""
    note: str = ""

    @property
    def parts(self) -> tuple[str, ...]:
        """The allergens, flags or nutrients that `key` names."""
        return tuple(self.key.split(JOINED))

    def applies(self, course: str) -> bool:
        """True when a dish of this course is judged by the rule."""
        return not self.courses or course in self.courses or course not in COURSES

    @property
    def words(self) -> str:
        """The condition as a person reads it, without its source."""
        courses = f" ({', '.join(self.courses)})" if self.courses else ""
        if self.kind == ABSENT:
            return f"no {self.key.replace('_', ' ')}{courses}"
        if self.kind == TOGETHER:
            return f"not together: {' and '.join(self.parts).replace('_', ' ')}{courses}"
        return f"{self.key} {wanted(self)} {_per_words(self.per)}{courses}"


@dataclass(frozen=True, slots=True)
class Profile:
    """A dietetic need: its rules, its careful wording, and what stays undecidable from ingredients.

    A profile without rules judges nothing: no dish passes it. It is a way of looking at ideas (`shows`, `hide_numbers`), or says
    why nothing can be told. `file` is where it was read, `own` that this is a user's folder; `overrides` the file of the committed
    profile that it stands in for.
    """

    profile: str
    label: str
    wording: str
    rules: tuple[Rule, ...]
    undecidable: tuple[str, ...]
    shows: tuple[str, ...] = ()
    """Nutrients and flags to show beside an idea; they decide nothing."""
    hide_numbers: bool = False
    note: str = ""
    file: str = ""
    own: bool = False
    overrides: str = ""

    def absences(self) -> tuple[str, ...]:
        """The keys that must be free."""
        return tuple(r.key for r in self.rules if r.kind == ABSENT)


@dataclass(frozen=True, slots=True)
class Verdict:
    """pass, fail or unknown, with one line for every rule that does not hold or cannot be told."""

    verdict: str
    open_points: tuple[str, ...] = ()


def described(profile: Profile) -> list[str]:
    """The profile in lines for people: what it asks, on whose word, what a pass says, and what it leaves open."""
    lines = [f"{profile.profile}: {profile.label}", f"  says: {profile.wording}"]
    for rule in profile.rules:
        said = "; ".join(filter(None, (rule.institution, rule.source, rule.evidence and f"evidence: {rule.evidence}", rule.note)))
        lines.append(f"  rule: {rule.words}  <- {said}")
    if not profile.rules:
        lines.append("  rule: none; no dish passes it, it is " + ("a view without numbers" if profile.hide_numbers else "for looking only"))
    if profile.shows:
        lines.append(f"  shows: {', '.join(profile.shows)}")
    lines.append(f"  not decidable from ingredients: {', '.join(profile.undecidable).replace('_', ' ') or 'nothing named'}")
    if profile.note:
        lines.append(f"  note: {profile.note}")
    return [*lines, f"  from: {profile.file}" + (f", in place of {profile.overrides}" if profile.overrides else "")]


def find(text: str | Iterable[str], labels: Mapping[str, str]) -> tuple[str, ...]:
    """The profiles that `text` names, in order: "diabetes + coeliac + egg allergy", "Coeliac disease, egg_allergy", ("egg", "allergy").

    `labels` has the label of every profile there is. Only words count, not case, signs or "and" between names; of several readings
    the longest name wins. Raises ValueError naming the profiles there are.
    """
    words = _words(text if isinstance(text, str) else " ".join(text))
    known = _known_names(labels)
    found: list[str] = []
    place = 0
    while place < len(words):
        end = _end_of_name(words, place, known)
        if end:
            found.append(known[words[place:end]])
        elif words[place] != "and":
            end = next((i for i in range(place + 1, len(words)) if _end_of_name(words, i, known)), len(words))
            raise ValueError(_no_profile(words[place:end], labels))
        place = end or place + 1
    if not found:
        raise ValueError(f"{text!r} names no profile; write for example: diabetes + coeliac")
    return tuple(dict.fromkeys(found))


def _words(text: str) -> tuple[str, ...]:
    return tuple(re.findall(r"[^\W_]+", text.casefold()))


def _known_names(labels: Mapping[str, str]) -> dict[tuple[str, ...], str]:
    """Names, labels, and labels without what stands in brackets, as words. What two profiles share names neither."""
    known: dict[tuple[str, ...], str] = {}
    shared: set[tuple[str, ...]] = {()}
    for profile, label in labels.items():
        for words in {_words(label), _words(re.sub(r"\(.*?\)", "", label))}:
            if known.setdefault(words, profile) != profile:
                shared.add(words)
    return {words: p for words, p in known.items() if words not in shared} | {_words(profile): profile for profile in labels}


def _end_of_name(words: tuple[str, ...], place: int, known: Mapping[tuple[str, ...], str]) -> int:
    """Where the longest name that begins at `place` ends, or 0."""
    return next((end for end in range(len(words), place, -1) if words[place:end] in known), 0)


def _no_profile(said: tuple[str, ...], labels: Mapping[str, str]) -> str:
    alike = sorted(name for name, label in labels.items() if set(said) & {*_words(name), *_words(label)})
    near = list(dict.fromkeys([*difflib.get_close_matches("_".join(said), labels), *alike]))[:4]
    hint = f" Did you mean {' or '.join(near)}?" if near else ""
    return f"no profile {' '.join(said)!r}; there are: {', '.join(sorted(labels))}.{hint}"


def parse_ask(text: str, profiles: Mapping[str, Profile]) -> tuple[str, ...]:
    """ "diabetes + egg allergy" -> ("diabetes", "egg_allergy"). A view without numbers asks nothing of an idea and is left out.

    Raises ValueError naming the profiles there are, and for one that judges nothing, which no idea can pass.
    """
    names = find(text, {p.profile: p.label for p in profiles.values()})
    for profile in (profiles[name] for name in names):
        if not profile.rules and not profile.hide_numbers:
            raise ValueError(f"no idea can pass {profile.profile!r} in the ask {text!r}: {profile.wording}; leave it out")
    asked = tuple(name for name in names if profiles[name].rules)
    if not asked:
        raise ValueError(f"the ask {text!r} is a way of looking and no need; name a profile with rules beside it")
    return asked


def judge(facts: Facts, course: str, profile: Profile) -> Verdict:
    """The verdict of a dish with these facts. A maximum passes on the upper bound, a minimum on the lower.

    A dish of a course that no rule speaks of is not judged, and the open point says so.
    """
    verdicts, points = [], []
    for rule in profile.rules:
        if rule.applies(course):
            verdict, point = _JUDGES[rule.kind](facts, rule)
            verdicts.append(verdict)
            if point:
                points.append(point)
    if profile.rules and not verdicts:
        points.append(f"{NOT_JUDGED} a {course}")
    return Verdict(_worst(verdicts), tuple(points))


def judge_all(facts: Facts, course: str, profiles: Iterable[Profile]) -> dict[str, Verdict]:
    """The verdict for each profile, by name."""
    return {p.profile: judge(facts, course, p) for p in profiles}


def _worst(verdicts: list[str]) -> str:
    if "fail" in verdicts:
        return "fail"
    return "pass" if verdicts and all(v == "pass" for v in verdicts) else "unknown"


def _judge_absence(facts: Facts, rule: Rule) -> tuple[str, str]:
    status = facts.status[rule.key]
    if status is Tri.FREE:
        return "pass", ""
    if status is Tri.CONTAINS:
        return "fail", f"contains {rule.key}: {', '.join(facts.proof[rule.key])}"
    return "unknown", f"{rule.key} {UNKNOWN_FOR} {', '.join(facts.doubt.get(rule.key, ('no ingredient lines',)))}"


def _judge_together(facts: Facts, rule: Rule) -> tuple[str, str]:
    """All parts are there as surely as the least sure of them."""
    status = min(facts.status[part] for part in rule.parts)
    if status is Tri.FREE:
        return "pass", ""
    if status is Tri.CONTAINS:
        return "fail", "contains " + ", with ".join(f"{part}: {', '.join(facts.proof[part])}" for part in rule.parts)
    named = [f"{part}: {', '.join((*facts.proof.get(part, ()), *facts.doubt.get(part, ())))}" for part in rule.parts]
    return "unknown", f"{' with '.join(rule.parts)} not known: {'; '.join(named)}"


def _judge_range(facts: Facts, rule: Rule) -> tuple[str, str]:
    lo, hi = amount(facts, rule)
    # Six decimals: the SQL proof sums in another order, and a limit must not be decided by the last bit.
    lo, hi = round(lo, 6), None if hi is None else round(hi, 6)
    failed = (rule.at_most is not None and lo > rule.at_most) or (rule.at_least is not None and hi is not None and hi < rule.at_least)
    kept = [hi is not None and hi <= rule.at_most] if rule.at_most is not None else []
    kept += [lo >= rule.at_least] if rule.at_least is not None else []
    if kept and all(kept) and not failed:
        return "pass", ""
    point = f"{rule.key} {lo:.3g} to {'?' if hi is None else f'{hi:.3g}'} {_per_words(rule.per)}, wanted {wanted(rule)}"
    if failed:
        return "fail", point
    open_because = _clouded(facts, rule)
    return "unknown", point + (f"; {OPEN_BECAUSE_OF} {', '.join(open_because)}" if open_because else "")


def amount(facts: Facts, rule: Rule) -> tuple[float, float | None]:
    """Between what bounds the rule's amount lies, per what the rule says. An upper bound of None is not known."""
    if rule.per == SERVING:
        return _sum(facts.nutrients, rule.parts)
    lo, hi = _sum(facts.totals, rule.parts, KCAL_PER_GRAM if rule.per == ENERGY_SHARE else None)
    base = facts.grams if rule.per == WEIGHT else facts.totals.get("energy_kcal", UNKNOWN_AMOUNT)
    least = 100 * lo / base.hi if base.hi else 0.0
    if hi == 0:
        return least, 0.0
    return least, 100 * hi / base.lo if hi is not None and base.lo > 0 else None


def _sum(amounts: Mapping[str, Interval], nutrients: Sequence[str], factors: Mapping[str, float] | None = None) -> tuple[float, float | None]:
    lo, hi, bounded = 0.0, 0.0, True
    for nutrient in nutrients:
        factor = 1.0 if factors is None else factors.get(nutrient)
        found = amounts.get(nutrient)
        if factor is None or found is None:
            bounded = False
            continue
        lo += factor * found.lo
        bounded = bounded and found.hi is not None
        hi += factor * (found.hi or 0.0)
    return lo, hi if bounded else None


def _clouded(facts: Facts, rule: Rule) -> tuple[str, ...]:
    """What leaves the rule open: foods, or the number of servings where it counts."""
    base = {SERVING: (), WEIGHT: (GRAMS,)}.get(rule.per, ("energy_kcal",))
    names = dict.fromkeys(label for key in (*rule.parts, *base) for label in facts.doubt.get(key, ()))
    return tuple(n for n in names if rule.per == SERVING or n != SERVINGS)


_JUDGES = {ABSENT: _judge_absence, TOGETHER: _judge_together, NUTRIENT: _judge_range}


def wanted(rule: Rule) -> str:
    """The limits of a nutrient rule in words."""
    parts = []
    if rule.at_least is not None:
        parts.append(f"at least {rule.at_least:g}")
    if rule.at_most is not None:
        parts.append(f"at most {rule.at_most:g}")
    return " and ".join(parts)


def _per_words(per: str) -> str:
    return per if per == ENERGY_SHARE else f"per {per}"
