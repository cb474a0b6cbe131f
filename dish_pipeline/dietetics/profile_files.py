"""Reading profiles: `data/profiles/*.yaml`, and a user's own beside them.

What belongs here: YAML -> `Profile`, refusing with file, profile, field and remedy whatever could weaken a rule by mistake or claim too
much, and the JSON Schema by which an editor marks the same mistakes while one types. What the schema refuses is refused here too.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import yaml

from dish_pipeline.dietetics.lexicon import NUTRIENTS, Lexicon
from dish_pipeline.dietetics.profiles import ABSENT, ENERGY_SHARE, JOINED, KCAL_PER_GRAM, NUTRIENT, PER, SERVING, TOGETHER, Profile, Rule
from dish_pipeline.dish import COURSES

LARGEST_LIMIT = 1_000_000
"""Of any nutrient: above it a limit limits nothing."""

EVIDENCE = ("tested", "read", "second-hand", "memory")
"""How a source was consulted: measured by ourselves, read, read about, remembered."""

SCHEMA = "profile.schema.json"
"""The schema's file name; it lies beside the profiles."""

CLAIM = r"\b([Ss]uitable|[Ss]afe) for\b|\w[- ]free\b|\b[Ff]ree (of|from)\b"
"""What a label or wording never says of a dish: an ingredient list can name a thing or not name it, no more."""

NAME = r"^[a-z][a-z0-9]*(_[a-z0-9]+)*$"
TEXT = r"\S"

_FIELDS = ("profile", "label", "wording", "rules", "undecidable", "shows", "hide_numbers", "note")
_SUBJECTS = ("absent", "never_together", "nutrient", "sum")
_LIMITS = ("at_least", "at_most", "per")
_RULE_FIELDS = (*_SUBJECTS, *_LIMITS, "courses", "source", "institution", "evidence", "note")


class ProfileError(ValueError):
    """A profile cannot be used; the message names the file, the profile, the field and the remedy."""


def load(folder: Path, lexicon: Lexicon, own: Path | None = None) -> dict[str, Profile]:
    """Every profile of the folder's *.yaml and *.yml files, by name; one of the same name in the folder `own` stands in for it.

    Raises ProfileError for YAML that cannot be read, an unknown field, key or nutrient, or a name used twice in one folder.
    """
    found = _folder(folder, lexicon)
    if not found:
        raise ProfileError(f"{folder}: no profiles found; put *.yaml files there")
    if own is not None and own.resolve() != folder.resolve():
        for name, profile in _folder(own, lexicon).items():
            found[name] = replace(profile, own=True, overrides=found[name].file if name in found else "")
    return found


def _folder(folder: Path, lexicon: Lexicon) -> dict[str, Profile]:
    found: dict[str, Profile] = {}
    for path in _files(folder):
        for profile in load_file(path, lexicon):
            if profile.profile in found:
                raise ProfileError(f"{path}: profile {profile.profile!r} stands in {found[profile.profile].file} as well; rename one")
            found[profile.profile] = profile
    return found


def _files(folder: Path) -> list[Path]:
    return sorted([*folder.glob("*.yaml"), *folder.glob("*.yml")])


def version_of(*folders: Path) -> str:
    """The first 16 hex digits of a SHA-256 over the profile files of the folders."""
    digest = hashlib.sha256()
    for folder in dict.fromkeys(folder.resolve() for folder in folders):
        for path in _files(folder):
            digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()[:16]


def load_file(path: Path, lexicon: Lexicon) -> list[Profile]:
    """The profiles of one file: one mapping, or a list of them. Raises ProfileError."""
    try:
        content = yaml.load(path.read_text(encoding="utf-8"), Loader=_Loader)
    except (yaml.YAMLError, UnicodeDecodeError, OSError) as error:
        raise ProfileError(f"{path}: not readable as YAML: {error}") from None
    return [_profile(path, raw, lexicon) for raw in (content if isinstance(content, list) else [content])]


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


def _profile(path: Path, raw: Any, lexicon: Lexicon) -> Profile:
    if not isinstance(raw, Mapping) or not isinstance(raw.get("profile"), str) or not raw["profile"].strip():
        raise ProfileError(f"{path}: every profile is a mapping with a `profile:` name")
    where = f"{path}: profile {raw['profile']!r}"
    if not re.match(NAME, raw["profile"]):
        raise ProfileError(f"{where}: field 'profile': write small letters, digits and underscores, such as egg_allergy; people see the label")
    _refuse_strange_fields(where, raw, _FIELDS)
    texts = {name: _text(where, raw, name, needed=name != "note") for name in ("label", "wording", "note")}
    for name in ("label", "wording"):
        claim = re.search(CLAIM, texts[name])
        if claim:
            raise ProfileError(
                f"{where}: field {name!r} says {claim.group()!r}, which no list of ingredients can promise; say what is named: no gluten-containing "
                "ingredient named"
            )
    undecidable = _words(where, raw, "undecidable")
    hide_numbers = raw.get("hide_numbers", False)
    if not isinstance(hide_numbers, bool):
        raise ProfileError(f"{where}: field 'hide_numbers' is {hide_numbers!r}; write true or false")
    rules = raw.get("rules", [])
    if not isinstance(rules, list) or not (rules or undecidable):
        raise ProfileError(
            f"{where}: field 'rules' is missing, empty or no list; write one rule per dash, or say in 'undecidable' what stands against any"
        )
    return Profile(
        raw["profile"], texts["label"], texts["wording"],
        tuple(_rule(f"{where}: rule {i}", rule, lexicon) for i, rule in enumerate(rules, start=1)), undecidable,
        shows=_names(where, raw, "shows", {*NUTRIENTS, *lexicon.keys}, "nutrient, allergen or flag"), hide_numbers=hide_numbers,
        note=texts["note"], file=str(path),
    )


def _refuse_strange_fields(where: str, raw: Mapping[Any, Any], fields: Collection[str]) -> None:
    for name, value in raw.items():
        if name not in fields:
            raise ProfileError(f"{where}: unknown field {name!r}; there are: {', '.join(fields)}")
        if value is None:
            raise ProfileError(f"{where}: field {name!r} is missing its value; write one or remove the line")


def _text(where: str, raw: Mapping[str, Any], name: str, needed: bool = False) -> str:
    value = raw.get(name, None if needed else "")
    if not isinstance(value, str) or not (value.strip() or name not in raw):
        raise ProfileError(f"{where}: field {name!r} is missing, empty or no text; write a sentence, in quotes if it begins with a sign or a number")
    return value.strip()


def _words(where: str, raw: Mapping[str, Any], name: str) -> tuple[str, ...]:
    words = raw.get(name, [])
    if not isinstance(words, list) or not all(isinstance(word, str) and word.strip() for word in words):
        raise ProfileError(f"{where}: field {name!r} is {words!r}; write a list of words in [ ]")
    return tuple(words)


def _names(where: str, raw: Mapping[str, Any], name: str, known: Collection[str], kind: str) -> tuple[str, ...]:
    words = _words(where, raw, name)
    for word in words:
        if word not in known:
            raise ProfileError(f"{where}: field {name!r}: no {kind} {word!r}; there are: {', '.join(sorted(known))}")
    return words


def _rule(where: str, raw: Any, lexicon: Lexicon) -> Rule:
    if not isinstance(raw, Mapping):
        raise ProfileError(f"{where}: a rule is a mapping with `absent:` or `nutrient:`")
    _refuse_strange_fields(where, raw, _RULE_FIELDS)
    courses = _words(where, raw, "courses")
    for course in courses:
        if course not in COURSES:
            raise ProfileError(f"{where}: field 'courses': no course {course!r}; there are: {', '.join(COURSES)}")
    if "source" not in raw:
        raise ProfileError(f"{where}: field 'source' is missing: every rule says where it comes from")
    source = _text(where, raw, "source", needed=True)
    evidence = _text(where, raw, "evidence")
    if evidence and evidence not in EVIDENCE:
        raise ProfileError(f"{where}: field 'evidence' is {evidence!r}; write one of: {', '.join(EVIDENCE)}")
    said: dict[str, Any] = {"courses": courses, "source": source, "evidence": evidence, "institution": _text(where, raw, "institution"),
            "note": _text(where, raw, "note")}
    subject = next((name for name in _SUBJECTS if name in raw), "nutrient")
    for name in (*_SUBJECTS, *(_LIMITS if subject in ("absent", "never_together") else ())):
        if name in raw and name != subject:
            raise ProfileError(f"{where}: field {name!r} stands beside {subject!r}; make two rules of it")
    if subject == "absent":
        if not isinstance(raw["absent"], str) or raw["absent"] not in lexicon.keys:
            raise ProfileError(f"{where}: field 'absent': no allergen or flag {raw['absent']!r}; keys.csv of the lexicon lists them")
        return Rule(ABSENT, raw["absent"], None, None, **said)
    if subject == "never_together":
        keys = _several(where, subject, _names(where, raw, subject, lexicon.keys, "allergen or flag"))
        return Rule(TOGETHER, JOINED.join(keys), None, None, **said)
    return _limit(where, raw, subject, said)


def _several(where: str, field: str, names: tuple[str, ...]) -> tuple[str, ...]:
    if len(set(names)) < max(2, len(names)):
        raise ProfileError(f"{where}: field {field!r} is {list(names)!r}; write two or more, each once")
    return names


def _limit(where: str, raw: Mapping[str, Any], subject: str, said: Mapping[str, Any]) -> Rule:
    """A rule on the amount of a nutrient, or of a sum of nutrients."""
    if subject == "sum":
        names = _several(where, subject, _names(where, raw, subject, NUTRIENTS, "nutrient"))
    elif raw.get("nutrient") not in NUTRIENTS:
        raise ProfileError(f"{where}: field 'nutrient': no nutrient {raw.get('nutrient')!r}; there are: {', '.join(NUTRIENTS)}")
    else:
        names = (raw["nutrient"],)
    per = raw.get("per", SERVING)
    if per not in PER:
        raise ProfileError(f"{where}: field 'per' is {per!r}; write one of: {', '.join(PER)}")
    if per == ENERGY_SHARE:
        _refuse_unknown(where, subject, names, KCAL_PER_GRAM)
    elif len({name.rpartition("_")[2] for name in names}) > 1:
        raise ProfileError(f"{where}: field 'sum': {' and '.join(names)} are of different units; sum what has the same one")
    at_least, at_most = _bound(where, raw, "at_least"), _bound(where, raw, "at_most")
    if at_least is None and at_most is None:
        raise ProfileError(f"{where}: fields 'at_least' and 'at_most' are missing; give one or both")
    if at_least == 0 or (at_least is not None and at_most is not None and at_least > at_most):
        raise ProfileError(f"{where}: field 'at_least' is {at_least:g}; write a number above 0 that at_most does not rule out")
    return Rule(NUTRIENT, JOINED.join(names), at_least, at_most, per=per, **said)


def _refuse_unknown(where: str, subject: str, names: Iterable[str], factors: Mapping[str, float]) -> None:
    for name in names:
        if name not in factors:
            raise ProfileError(f"{where}: field {subject!r}: {name} has no energy of its own; percent of energy goes with: {', '.join(factors)}")


def _bound(where: str, raw: Mapping[str, Any], name: str) -> float | None:
    if name not in raw:
        return None
    value = raw[name]
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= LARGEST_LIMIT:
        raise ProfileError(f"{where}: field {name!r} is {value!r}; write a number from 0 to {LARGEST_LIMIT:,}")
    return float(value)
