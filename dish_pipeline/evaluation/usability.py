"""Which draws are worth a dietitian's time, and where the others were lost.

What belongs here: the filters between a draw and an idea, counted as a funnel: drawn -> well-formed -> distinct -> novel ->
title agrees -> passes every profile asked for. "Usable ideas per 100 drawn" is the figure that means something.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from dish_pipeline.dietetics.facts import Facts, facts_of, items_of_dish
from dish_pipeline.dietetics.lexicon import Lexicon
from dish_pipeline.dietetics.parsing import LineParser
from dish_pipeline.dietetics.profiles import Profile, Verdict, judge_all
from dish_pipeline.dietetics.wording import phrase
from dish_pipeline.dish import Dish, Interval, Tri
from dish_pipeline.evaluation.novelty import Nearest, RealDishes
from dish_pipeline.model.sampling import Draw

LEAST_NOVELTY = 0.1
"""An idea whose foods are more than 90 % those of a real dish is that dish."""

ONE_SERVING = Interval(1.0, 1.0, 1.0)
STEPS = ("well-formed", "distinct", "novel", "title agrees", "passes")


@dataclass(frozen=True)
class Idea:
    """A draw that came through, with all that is known of it."""

    dish: Dish
    asked: tuple[str, ...]
    facts: Facts
    verdicts: dict[str, Verdict]
    nearest: Nearest
    draw: Draw


@dataclass
class Funnel:
    """How many draws reached each step, and why the others were lost."""

    drawn: int = 0
    reached: Counter[str] = field(default_factory=Counter)
    lost: Counter[str] = field(default_factory=Counter)

    @property
    def usable_per_100(self) -> float:
        """Ideas that came through per 100 draws."""
        return 100 * self.reached[STEPS[-1]] / self.drawn if self.drawn else 0.0


class Judge:
    """Turns draws into ideas against one lexicon, set of profiles and pool of real dishes."""

    def __init__(self, lexicon: Lexicon, profiles: dict[str, Profile], real: RealDishes):
        self.lexicon, self.profiles, self.real = lexicon, profiles, real
        self.parser = LineParser(lexicon)
        self.titles = {_plain(d.title) for d in real.dishes}

    def sift(
        self, draws: Sequence[Draw], asked: Sequence[tuple[str, ...]], known: frozenset[str] = frozenset(), least_novelty: float = LEAST_NOVELTY,
        own_titles: bool = False,
    ) -> tuple[list[Idea], Funnel]:
        """The ideas among the draws, in order, and the funnel. `asked` names each draw's profiles; `known` dish ids are refused.

        With `own_titles` the titles are somebody's own, who may call a dish what they like.
        """
        funnel, ideas, seen = Funnel(drawn=len(draws)), list[Idea](), set(known)
        for draw, profiles in zip(draws, asked, strict=True):
            loss = self._lost(draw, seen)
            if not loss:
                assert draw.dish is not None
                seen.add(draw.dish.dish_id)
                idea = self.idea(draw, profiles)
                loss = self._refused(idea, funnel, least_novelty, own_titles)
                if not loss:
                    ideas.append(idea)
                    continue
            elif draw.dish is not None:
                funnel.reached["well-formed"] += 1
            funnel.lost[loss] += 1
        return ideas, funnel

    def idea(self, draw: Draw, asked: tuple[str, ...]) -> Idea:
        """Everything that is known of one well-formed draw."""
        assert draw.dish is not None
        facts = facts_of(items_of_dish(draw.dish, self.lexicon), ONE_SERVING, self.lexicon)
        verdicts = judge_all(facts, draw.dish.course, self.profiles.values())
        return Idea(draw.dish, asked, facts, verdicts, self.real.nearest(draw.dish), draw)

    def _lost(self, draw: Draw, seen: set[str]) -> str:
        if draw.dish is None:
            return f"not well-formed: {draw.reason}"
        return "not distinct: already proposed" if draw.dish.dish_id in seen else ""

    def _refused(self, idea: Idea, funnel: Funnel, least_novelty: float, own_titles: bool) -> str:
        funnel.reached["well-formed"] += 1
        funnel.reached["distinct"] += 1
        if idea.nearest.novelty < least_novelty:
            return "not novel: the foods of a real dish"
        funnel.reached["novel"] += 1
        misnamed = "" if own_titles else self.misnamed(idea)
        if misnamed:
            return f"title names {misnamed}"
        funnel.reached["title agrees"] += 1
        failing = [p for p in idea.asked if idea.verdicts[p].verdict != "pass"]
        if failing:
            return f"does not pass {failing[0]}"
        funnel.reached["passes"] += 1
        return ""

    def misnamed(self, idea: Idea) -> str:
        """A food that the title promises and the dish does not hold, or one that an asked profile does not allow; else "".

        "Beef" is held by a dish with stewing beef: one shared word of a name is enough, since titles name foods loosely. What a
        profile does not allow may not even be named loosely.
        """
        forbidden = [key for p in idea.asked for key in self.profiles[p].absences()]
        held = {word for f in idea.dish.food_ids if f in self.lexicon.foods for word in phrase(self.lexicon.foods[f].name)}
        for mention in self.parser.parse(idea.dish.title).mentions:
            food = mention.food
            if food is None or food.food_id in idea.dish.food_ids:
                continue
            if any(food.facts[key] is not Tri.FREE for key in forbidden) or not held & set(phrase(food.name)):
                return food.name
        return ""


def _plain(title: str) -> str:
    return " ".join(title.lower().split())
