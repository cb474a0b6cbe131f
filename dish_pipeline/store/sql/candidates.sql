-- One row an idea: what a dietitian filters. `passes` holds a profile only when the pipeline and the SQL proof both say so.
CREATE TABLE candidates AS
WITH words AS (
    SELECT idea_id, count(*) AS ingredient_count, sum(grams) AS grams_per_serving,
           string_agg(name || ' ' || printf('%g', grams) || ' g', ', ' ORDER BY grams DESC, n) AS ingredients,
           list(name ORDER BY grams DESC, n) FILTER (food_group IS DISTINCT FROM 'water')[1:4] AS main_ingredients
    FROM (SELECT i.*, f.food_group FROM idea_foods i LEFT JOIN foods f USING (food_id)) GROUP BY idea_id
), verdict AS (
    SELECT p.idea_id,
           list(p.profile ORDER BY p.profile) FILTER (p.verdict = 'pass' AND v.verdict = 'pass') AS passes,
           list(p.profile ORDER BY p.profile) FILTER (p.verdict = 'fail' OR v.verdict = 'fail') AS fails,
           list(p.profile ORDER BY p.profile) FILTER (
               p.verdict <> 'fail' AND v.verdict IS DISTINCT FROM 'fail' AND NOT (p.verdict = 'pass' AND v.verdict IS NOT DISTINCT FROM 'pass')
           ) AS undecided
    FROM proved_verdicts p LEFT JOIN idea_verdicts v ON v.idea_id = p.idea_id AND v.profile = p.profile
    GROUP BY p.idea_id
), fact AS (
    SELECT f.idea_id, list(f.fact_key ORDER BY f.fact_key) FILTER (k.kind = 'allergen' AND f.status = 'contains') AS contains,
           list(f.fact_key ORDER BY f.fact_key) FILTER (k.kind = 'allergen' AND f.status = 'unknown') AS may_contain,
           list(f.fact_key ORDER BY f.fact_key) FILTER (k.kind = 'flag' AND f.status = 'contains') AS flags,
           list(f.fact_key ORDER BY f.fact_key) FILTER (k.kind = 'flag' AND f.status = 'unknown') AS possible_flags
    FROM proved_facts f JOIN fact_keys k USING (fact_key) GROUP BY f.idea_id
), amounts AS (
    SELECT idea_id, {nutrient_columns}
    FROM idea_nutrients GROUP BY idea_id
), latest AS (
    SELECT idea_id, arg_max(verdict, event_id) AS review FROM reviews GROUP BY idea_id
)
SELECT i.idea_id, i.title, i.course, w.ingredients, w.main_ingredients, w.ingredient_count, round(w.grams_per_serving, 1) AS grams_per_serving,
       coalesce(v.passes, []) AS passes, coalesce(v.fails, []) AS fails, coalesce(v.undecided, []) AS undecided,
       coalesce(a.contains, []) AS contains, coalesce(a.may_contain, []) AS may_contain,
       coalesce(a.flags, []) AS flags, coalesce(a.possible_flags, []) AS possible_flags,
       n.* EXCLUDE (idea_id),
       round(i.novelty, 3) AS novelty, i.nearest_title, round(i.nearest_overlap, 3) AS nearest_overlap, i.nearest_recipe_id,
       i.added_foods, i.left_out_foods, i.asked, l.review,
       round(i.bits / w.ingredient_count, 2) AS bits_per_ingredient, i.origin, i.model_version, i.data_version, i.lexicon_version, i.seed, i.draw
FROM ideas i
JOIN words w USING (idea_id)
LEFT JOIN verdict v USING (idea_id)
LEFT JOIN fact a USING (idea_id)
LEFT JOIN amounts n USING (idea_id)
LEFT JOIN latest l USING (idea_id)
ORDER BY i.course, i.title;

-- The same ideas without energy, grams, novelty or any other figure, foods in the order of the alphabet: a way of looking, not a filter.
CREATE VIEW candidates_without_numbers AS
SELECT c.idea_id, c.title, c.course, f.foods, c.passes, c.fails, c.undecided, c.contains, c.may_contain, c.flags, c.possible_flags,
       c.nearest_title, c.added_foods, c.left_out_foods, c.review
FROM candidates c JOIN (SELECT idea_id, list(name ORDER BY name) AS foods FROM idea_foods GROUP BY idea_id) f USING (idea_id);

-- Every stored verdict with what its profile says of it, and what no list of ingredients can decide.
CREATE VIEW verdicts_in_words AS
SELECT c.idea_id, c.title, v.profile, p.label, v.verdict, p.wording, v.open_points, p.undecidable
FROM candidates c JOIN idea_verdicts v USING (idea_id) JOIN profiles p USING (profile);
