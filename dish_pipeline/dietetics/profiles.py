"""Dietetic needs as data, and the verdict of one dish for one need.

What belongs here: reading `data/profiles/*.yaml`, checking it with a clear message, and judging facts by its rules. Which
needs exist and which thresholds hold is data, edited by a dietitian. The verdict never says that a dish is suitable for
anyone: it says which rules hold, which fail and which are open, and the profile names what no ingredient list can decide.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from dish_pipeline.dietetics.facts import Facts
from dish_pipeline.dietetics.lexicon import NUTRIENTS, Lexicon
from dish_pipeline.dish import COURSES, Tri

LARGEST_LIMIT = 1_000_000
"""Of any nutrient: above it a limit limits nothing."""


class ProfileError(ValueError):
    """A profile cannot be used; the message names the file, the profile, the field and the remedy."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One condition. `kind` absent: `key` must be free. `kind` nutrient: `at_least`/`at_most` per serving must hold.

    `courses` empty: the rule holds for every course; else for those, and for a dish of unknown course.
    """

    kind: str
    key: str
    at_least: float | None
    at_most: float | None
    courses: tuple[str, ...]
    source: str

    def applies(self, course: str) -> bool:
        """True when a dish of this course is judged by the rule."""
        return not self.courses or course in self.courses or course not in COURSES


@dataclass(frozen=True, slots=True)
class Profile:
    """A dietetic need: its rules, its careful wording, and what stays undecidable from ingredients."""

    profile: str
    label: str
    wording: str
    rules: tuple[Rule, ...]
    undecidable: tuple[str, ...]

    def absences(self) -> tuple[str, ...]:
        """The keys that must be free."""
        return tuple(r.key for r in self.rules if r.kind == "absent")


@dataclass(frozen=True, slots=True)
class Verdict:
    """pass, fail or unknown, with one line for every rule that does not hold or cannot be told."""

    verdict: str
    open_points: tuple[str, ...] = ()


_FIELDS = {"profile", "label", "wording", "rules", "undecidable", "note"}
_RULE_FIELDS = {"absent", "nutrient", "at_least", "at_most", "courses", "source", "evidence", "institution", "note"}


def load(folder: Path, lexicon: Lexicon) -> dict[str, Profile]:
    """Every profile of the folder's *.yaml and *.yml files, by name.

    Raises ProfileError for YAML that cannot be read, an unknown field, key or nutrient, or a name used twice.
    """
    found: dict[str, Profile] = {}
    origin: dict[str, Path] = {}
    for path in _files(folder):
        try:
            content = yaml.load(path.read_text(encoding="utf-8"), Loader=_Loader)
        except (yaml.YAMLError, UnicodeDecodeError, OSError) as error:
            raise ProfileError(f"{path}: not readable as YAML: {error}") from None
        for raw in content if isinstance(content, list) else [content]:
            profile = _profile(path, raw, lexicon)
            name = profile.profile
            if name in found:
                raise ProfileError(f"{path}: profile {name!r} stands in {origin[name]} as well; rename one")
            found[name], origin[name] = profile, path
    if not found:
        raise ProfileError(f"{folder}: no profiles found; put *.yaml files there")
    return found


def _files(folder: Path) -> list[Path]:
    return sorted([*folder.glob("*.yaml"), *folder.glob("*.yml")])


class _Loader(yaml.SafeLoader):
    """Refuses a field that stands twice, of which YAML would silently keep the last: a rule would be lost."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        """The mapping. Raises YAMLError, with the line, for a key that stands twice."""
        seen: set[str] = set()
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode):
                if key.value in seen:
                    raise yaml.constructor.ConstructorError(None, None, f"field {key.value!r} stands twice; remove one", key.start_mark)
                seen.add(key.value)
        return super().construct_mapping(node, deep)


def version_of(folder: Path) -> str:
    """The first 16 hex digits of a SHA-256 over the profile files."""
    digest = hashlib.sha256()
    for path in _files(folder):
        digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()[:16]


def _profile(path: Path, raw: Any, lexicon: Lexicon) -> Profile:
    if not isinstance(raw, Mapping) or not isinstance(raw.get("profile"), str) or not raw["profile"].strip():
        raise ProfileError(f"{path}: every profile is a mapping with a `profile:` name")
    where = f"{path}: profile {raw['profile']!r}"
    _refuse_unknown_fields(where, raw, _FIELDS)
    for name in ("label", "wording"):
        if not isinstance(raw.get(name), str) or not raw[name].strip():
            raise ProfileError(f"{where}: field {name!r} is missing, empty or no text; write a sentence")
    if not isinstance(raw.get("rules"), list) or not raw["rules"]:
        raise ProfileError(f"{where}: field 'rules' is missing, empty or no list; write one rule per dash")
    rules = tuple(_rule(f"{where}: rule {i}", rule, lexicon) for i, rule in enumerate(raw["rules"], start=1))
    return Profile(raw["profile"], raw["label"], raw["wording"], rules, _words(where, raw, "undecidable"))


def _refuse_unknown_fields(where: str, raw: Mapping[Any, Any], fields: set[str]) -> None:
    for name in raw:
        if name not in fields:
            raise ProfileError(f"{where}: unknown field {name!r}; there are: {', '.join(sorted(fields))}")


def _words(where: str, raw: Mapping[str, Any], name: str) -> tuple[str, ...]:
    words = raw.get(name) or []
    if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
        raise ProfileError(f"{where}: field {name!r} is {words!r}; write a list of words in [ ]")
    return tuple(words)


def _rule(where: str, raw: Any, lexicon: Lexicon) -> Rule:
    if not isinstance(raw, Mapping):
        raise ProfileError(f"{where}: a rule is a mapping with `absent:` or `nutrient:`")
    _refuse_unknown_fields(where, raw, _RULE_FIELDS)
    courses = _words(where, raw, "courses")
    for course in courses:
        if course not in COURSES:
            raise ProfileError(f"{where}: field 'courses': no course {course!r}; there are: {', '.join(COURSES)}")
    source = str(raw.get("source") or "").strip()
    if not source:
        raise ProfileError(f"{where}: field 'source' is missing: every rule says where it comes from")
    if "absent" in raw:
        for name in ("nutrient", "at_least", "at_most"):
            if name in raw:
                raise ProfileError(f"{where}: field {name!r} stands beside 'absent'; make two rules of it")
        if not isinstance(raw["absent"], str) or raw["absent"] not in lexicon.keys:
            raise ProfileError(f"{where}: field 'absent': no allergen or flag {raw['absent']!r}; keys.csv of the lexicon lists them")
        return Rule("absent", raw["absent"], None, None, courses, source)
    if raw.get("nutrient") not in NUTRIENTS:
        raise ProfileError(f"{where}: field 'nutrient': no nutrient {raw.get('nutrient')!r}; there are: {', '.join(NUTRIENTS)}")
    at_least, at_most = _bound(where, raw, "at_least"), _bound(where, raw, "at_most")
    if at_least is None and at_most is None:
        raise ProfileError(f"{where}: fields 'at_least' and 'at_most' are missing; give one or both")
    if at_least == 0 or (at_least is not None and at_most is not None and at_least > at_most):
        raise ProfileError(f"{where}: field 'at_least' is {at_least:g}; write a number above 0 that at_most does not rule out")
    return Rule("nutrient", raw["nutrient"], at_least, at_most, courses, source)


def _bound(where: str, raw: Mapping[str, Any], name: str) -> float | None:
    value = raw.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= LARGEST_LIMIT:
        raise ProfileError(f"{where}: field {name!r} is {value!r}; write a number from 0 to {LARGEST_LIMIT:,}")
    return float(value)


def judge(facts: Facts, course: str, profile: Profile) -> Verdict:
    """The verdict of a dish with these facts. A maximum passes on the upper bound, a minimum on the lower."""
    verdicts, points = [], []
    for rule in profile.rules:
        if rule.applies(course):
            verdict, point = _judge_absence(facts, rule) if rule.kind == "absent" else _judge_range(facts, rule)
            verdicts.append(verdict)
            if point:
                points.append(point)
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
    return "unknown", f"{rule.key} not known: {', '.join(facts.doubt.get(rule.key, ('no ingredient lines',)))}"


def _judge_range(facts: Facts, rule: Rule) -> tuple[str, str]:
    amount = facts.nutrients[rule.key]
    # Six decimals: the SQL proof sums in another order, and a limit must not be decided by the last bit.
    lo, hi = round(amount.lo, 6), None if amount.hi is None else round(amount.hi, 6)
    shown = f"{rule.key} {lo:.3g} to {'?' if hi is None else f'{hi:.3g}'} per serving"
    open_because = ", ".join(facts.doubt.get(rule.key, ()))
    failed = (rule.at_most is not None and lo > rule.at_most) or (rule.at_least is not None and hi is not None and hi < rule.at_least)
    if failed:
        return "fail", f"{shown}, wanted {_wanted(rule)}"
    holds = (rule.at_most is None or (hi is not None and hi <= rule.at_most)) and (rule.at_least is None or lo >= rule.at_least)
    if holds:
        return "pass", ""
    return "unknown", f"{shown}, wanted {_wanted(rule)}" + (f"; open because of: {open_because}" if open_because else "")


def _wanted(rule: Rule) -> str:
    parts = []
    if rule.at_least is not None:
        parts.append(f"at least {rule.at_least:g}")
    if rule.at_most is not None:
        parts.append(f"at most {rule.at_most:g}")
    return " and ".join(parts)
