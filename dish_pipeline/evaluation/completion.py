"""Completing a dish: given any of title, course, foods with or without grams, and profiles, the rest is drawn.

What belongs here: turning a wish into draws, and what is said of a wish that cannot be kept. What the words of a title promise comes first,
and of the draws those are kept for which the model would find the title likeliest. Forms that put the title first or the amounts last are
used where the model has learned them; a model that knows the usual form alone completes as well, nearly as good. What is given stays.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from dish_pipeline.dietetics.lexicon import Lexicon
from dish_pipeline.dietetics.profiles import ABSENT, Profile
from dish_pipeline.dietetics.wording import phrase
from dish_pipeline.dish import COURSES, UNKNOWN_COURSE, Dish, Portion, Tri
from dish_pipeline.evaluation.generation import ROUNDS, by_course, limits_of
from dish_pipeline.evaluation.usability import Funnel, Idea, Judge
from dish_pipeline.model.constraints import Constraint, Limits
from dish_pipeline.model.given import AMOUNTS_LAST
from dish_pipeline.model.sampling import Draw, SamplingPlan, draw, weigh
from dish_pipeline.model.scoring import part_bits, token_bits
from dish_pipeline.model.text import canonical
from dish_pipeline.model.titles import TitleWords
from dish_pipeline.model.tokenizer import PARTS, DishTokenizer
from dish_pipeline.model.transformer import DishTransformer

LEAST_DRAWS = 16
"""Draws of a round at least: some are lost."""

DRAWS_FOR_A_TITLE = 12
"""Dishes drawn to a given title for each that is kept."""


@dataclass(frozen=True)
class Wish:
    """What is given of a dish, and which profiles it must pass. `foods` maps lexicon ids to grams, or to None where the amount is open;
    with `only`, there are no others."""

    title: str = ""
    course: str = ""
    foods: Mapping[str, float | None] = field(default_factory=dict)
    profiles: tuple[str, ...] = ()
    only: bool = False

    @property
    def grams(self) -> dict[str, float]:
        """The amounts that are given."""
        return {food: grams for food, grams in self.foods.items() if grams is not None}


def complete(
    wish: Wish,
    count: int,
    model: DishTransformer,
    tokenizer: DishTokenizer,
    lexicon: Lexicon,
    profiles: Mapping[str, Profile],
    train: Sequence[Dish],
    judge: Judge,
    plan: SamplingPlan,
    seed: int,
) -> tuple[list[Idea], Funnel]:
    """At most `count` different dishes that hold what is given and pass the profiles, and what became of the draws.

    A completed dish may be a real one. Raises ValueError for a wish that cannot be kept, with the reason.
    """
    asked = [profiles[p] for p in wish.profiles]
    _refuse(wish, asked, tokenizer, lexicon)
    _refuse_title(wish, asked, judge)
    # Foods with grams come first: what is open is drawn knowing them.
    required = sorted(wish.foods, key=lambda food: wish.foods[food] is None)
    title = canonical(Dish(wish.course, wish.title, ())).title
    limits, unseen = _limits(wish, train), frozenset(lexicon.foods) - {f for d in train for f in d.food_ids} - wish.foods.keys()

    promised = [] if wish.only else promised_by(title, train, lexicon, frozenset(wish.foods))

    def build(course: str) -> Constraint:
        return Constraint(tokenizer, lexicon, asked, course, limits, unseen, required, wish.grams, title, promised)

    funnel = Funnel()
    courses = [wish.course] if wish.course else [c for c in COURSES if any(d.course == c for d in train)] or [UNKNOWN_COURSE]
    made = by_course(courses, asked, build, funnel.lost)
    if not made:
        # What holds of all courses is said once.
        raise ValueError("; ".join(dict.fromkeys(reason.partition(": ")[2] for reason in funnel.lost)))
    shares = course_shares(model, tokenizer, list(made), title, required)
    words, rng, found = TitleWords(train, lexicon), np.random.default_rng((seed, 1)), list[Idea]()
    for round_ in range(ROUNDS):
        missing = count - len(found)
        if missing <= 0:
            break
        drawn = rng.choice(len(made), max(LEAST_DRAWS, (DRAWS_FOR_A_TITLE if title else 2) * missing), p=shares)
        rules = [list(made.values())[i] for i in drawn]
        draws = draw(model, tokenizer, rules, plan, seed * 100 + round_, words)
        if len(wish.grams) < len(wish.foods) and AMOUNTS_LAST in tokenizer.given_ids:
            draws = _weighed(draws, rules, model, tokenizer, plan, seed * 100 + round_)
        known = frozenset(i.dish.dish_id for i in found)
        fresh, part = judge.sift(draws, [wish.profiles] * len(draws), known, least_novelty=0.0, own_titles=bool(title))
        found += _best_named(fresh, model, tokenizer)[:missing] if title else fresh
        funnel.drawn += part.drawn
        funnel.reached.update(part.reached)
        funnel.lost.update(part.lost)
    return found[:count], funnel


def _weighed(
    draws: Sequence[Draw], rules: Sequence[Constraint], model: DishTransformer, tokenizer: DishTokenizer, plan: SamplingPlan, seed: int
) -> list[Draw]:
    whole = [(i, d.dish) for i, d in enumerate(draws) if d.dish is not None]
    weighed = dict(zip((i for i, _ in whole), weigh(model, tokenizer, [d for _, d in whole], [rules[i] for i, _ in whole], plan, seed), strict=True))
    return [replace(d, dish=weighed.get(i)) for i, d in enumerate(draws)]


def _best_named(ideas: Sequence[Idea], model: DishTransformer, tokenizer: DishTokenizer) -> list[Idea]:
    """The ideas, that one first whose foods make its title likeliest in the usual form, which has learned most of titles."""
    bits = part_bits(model, [tokenizer.encode(i.dish) for i in ideas], tokenizer)[:, PARTS.index("title")]
    return [ideas[i] for i in np.argsort(bits, kind="stable")]


def _limits(wish: Wish, train: Sequence[Dish]) -> Limits:
    """The shape of training dishes, stretched where what is given goes beyond it."""
    usual, given = limits_of(train), len(wish.foods)
    grams = max(usual.most_grams, sum(wish.grams.values()) + usual.usual_grams)
    if wish.only:
        return replace(usual, fewest_foods=given, most_foods=given, most_grams=grams)
    return replace(usual, most_foods=max(usual.most_foods, given + usual.fewest_foods), most_grams=grams)


def _refuse(wish: Wish, asked: Sequence[Profile], tokenizer: DishTokenizer, lexicon: Lexicon) -> None:
    """Raises ValueError for a wish that no draw could keep, naming food and profile."""
    if wish.only and not wish.foods:
        raise ValueError("no other foods than none: name the foods of the dish")
    for food_id in wish.foods:
        if food_id not in lexicon.foods or food_id not in tokenizer.food_tokens:
            raise ValueError(f"the model in use was trained without the food {food_id}; train again with today's lexicon (`dish run`)")
        food = lexicon.foods[food_id]
        for profile in asked:
            for rule in profile.rules:
                fact = food.facts.get(rule.key, Tri.UNKNOWN)
                holds = not rule.courses or (wish.course and rule.applies(wish.course))
                if rule.kind == ABSENT and holds and fact is not Tri.FREE:
                    key = rule.key.replace("_", " ")
                    why = f"it contains {key}" if fact is Tri.CONTAINS else f"whether it contains {key} is not known"
                    raise ValueError(f"{profile.profile} does not allow {food.name}: {why}")


def _refuse_title(wish: Wish, asked: Sequence[Profile], judge: Judge) -> None:
    """Raises ValueError for a title that names what a profile does not allow: the dish would pass, and its name would say otherwise."""
    for mention in judge.parser.parse(wish.title).mentions if wish.title else ():
        for profile in asked:
            for key in profile.absences():
                if mention.food is not None and mention.food.facts.get(key) is Tri.CONTAINS:
                    raise ValueError(
                        f"the title names {mention.food.name}, which {profile.profile} does not allow: it contains {key.replace('_', ' ')}; "
                        "give another title or none"
                    )


def promised_by(title: str, train: Sequence[Dish], lexicon: Lexicon, given: frozenset[str] = frozenset()) -> list[frozenset[str]]:
    """For each word of a title that promises a food, the foods that keep the promise: those of training dishes, and of the `given` ones,
    with it in their names.

    "Chicken" promises what training dishes with the word in their titles mostly hold: a chicken thigh, a chicken breast ... "Cake" does not
    promise the rice cake. A word that no training title has promises the foods that bear it.
    """
    used = given.union(*(d.food_ids for d in train))
    names = {f: frozenset(phrase(lexicon.foods[f].name)) for f in sorted(used) if f in lexicon.foods}
    found = []
    for word in dict.fromkeys(phrase(title)):
        foods = frozenset(f for f, words in names.items() if word in words)
        titled = [d for d in train if word in phrase(d.title)] if foods else []
        kept = sum(not foods.isdisjoint(d.food_ids) for d in titled)
        if foods and 2 * (kept + 1) >= len(titled) + 2:
            found.append(foods)
    return found


def course_shares(
    model: DishTransformer, tokenizer: DishTokenizer, courses: Sequence[str], title: str, foods: Sequence[str]
) -> np.ndarray:
    """How likely each course is for a dish of this title (if any) with these foods, in the model's opinion. Shape (courses,), sums to 1."""
    rows = [tokenizer.encode(Dish(c, title, tuple(Portion(f, None) for f in foods))) for c in courses]
    # What is not given does not count: the amounts, and that no other food comes.
    counts = [(r.parts[1:] != PARTS.index("amounts")) & (r.ids[1:] != tokenizer.title) for r in rows]
    if not title:
        counts = [c & (r.parts[1:] != PARTS.index("title")) for c, r in zip(counts, rows, strict=True)]
    bits = np.array([own[c].sum() for own, c in zip(token_bits(model, rows, tokenizer), counts, strict=True)])
    shares = np.exp2(bits.min() - bits)
    return shares / shares.sum()
