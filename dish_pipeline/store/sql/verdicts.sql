-- The one rule once more, from the stored rows alone: contains > unknown > free, and unknown never passes.
-- Independent of dish_pipeline/dietetics on purpose; `disagreements` must stay empty.
--
-- How a million ideas are judged in half a minute: what a food brings is worked out once a food, as bits (one a key) and as figures a gram; an
-- idea is the bit_or and the sum over its foods; a profile is a mask over those bits. Unknown upper bounds are infinite here, so that they add up.

CREATE VIEW numbered_ideas AS  -- a number joins and groups several times faster than a text; a course nobody knows is judged by every rule
SELECT rowid AS idea_no, idea_id,
       CASE WHEN course IN ('starter', 'main', 'side', 'dessert', 'breakfast', 'snack') THEN course ELSE 'unknown' END AS course
FROM ideas;

CREATE VIEW portions AS  -- an amount that is none (missing, zero, negative, not finite) is NULL; the food is there all the same
SELECT i.idea_no, f.food_id, CASE WHEN f.grams > 0 AND f.grams < 'inf'::DOUBLE THEN f.grams END AS grams
FROM numbered_ideas i JOIN idea_foods f USING (idea_id);

-- Facts ----------------------------------------------------------------------------------------------------------------------------------

CREATE VIEW key_bits AS  -- room for 126 keys; one more stops with an overflow
SELECT fact_key, 1::HUGEINT << (row_number() OVER (ORDER BY fact_key) - 1)::INTEGER AS bit FROM fact_keys;

CREATE VIEW food_marks AS  -- contains: the keys that the food is said to hold; open: those that it is not said to be free of; eaten: of a gram
SELECT f.food_id, least(greatest(1 - coalesce(any_value(f.refuse_hi), 1), 0), 1) AS eaten, bit_or(CASE WHEN s.status = 'contains' THEN k.bit ELSE 0 END) AS contains,
       bit_or(CASE WHEN s.status = 'free' THEN 0 ELSE k.bit END) AS open
FROM foods f CROSS JOIN key_bits k LEFT JOIN food_facts s ON s.food_id = f.food_id AND s.fact_key = k.fact_key
GROUP BY f.food_id;

CREATE VIEW idea_marks AS  -- a food that the lexicon lacks is open in every key; grams_lo is without bone and shell, which must thin nothing
SELECT p.idea_no, count(*) AS foods, count(m.food_id) AS known_foods, coalesce(sum(p.grams * coalesce(m.eaten, 1)), 0) AS grams_lo,
       CASE WHEN count(*) = count(p.grams) THEN sum(p.grams) ELSE 'inf' END AS grams_hi,
       bit_or(coalesce(m.contains, 0)) AS contains, bit_or(coalesce(m.open, every_key.bits)) AS open
FROM portions p LEFT JOIN food_marks m USING (food_id) CROSS JOIN (SELECT bit_or(bit) AS bits FROM key_bits) AS every_key
GROUP BY p.idea_no;

-- Amounts --------------------------------------------------------------------------------------------------------------------------------

CREATE VIEW quantities AS  -- what rules limit: a nutrient, a sum of them, or what they give in kilocalories; and the energy, to divide by
SELECT row_number() OVER (ORDER BY parts, in_kcal)::INTEGER AS quantity, parts, in_kcal
FROM (SELECT DISTINCT parts, per = 'percent of energy' AS in_kcal FROM rules WHERE kind = 'nutrient' UNION SELECT ['energy_kcal'], false);

CREATE VIEW food_quantities AS  -- in one gram of each food
WITH kcal_per_gram(nutrient, kcal) AS (  -- Regulation (EU) 1169/2011 Annex XIV
    VALUES ('fat_g', 9), ('sat_fat_g', 9), ('protein_g', 4), ('available_carbohydrate_g', 4), ('sugars_g', 4), ('fiber_g', 2), ('alcohol_g', 7)
), part AS (
    SELECT q.quantity, q.nutrient, CASE WHEN q.in_kcal THEN k.kcal ELSE 1 END AS weight
    FROM (SELECT quantity, in_kcal, unnest(parts) AS nutrient FROM quantities) q LEFT JOIN kcal_per_gram k USING (nutrient)
)
SELECT f.food_id, p.quantity, coalesce(sum(p.weight * c.lo), 0) / 100 AS lo,
       CASE WHEN count(*) = count(p.weight * c.hi) THEN sum(p.weight * c.hi) / 100 ELSE 'inf' END AS hi
FROM foods f CROSS JOIN part p LEFT JOIN food_composition c ON c.food_id = f.food_id AND c.nutrient = p.nutrient
GROUP BY f.food_id, p.quantity;

CREATE VIEW idea_amounts AS  -- in one serving; a food without a figure or grams leaves no upper bound, save it has none of the nutrient
WITH food AS MATERIALIZED (FROM food_quantities), total AS (
    SELECT p.idea_no, q.quantity, count(*) AS foods, sum(coalesce(p.grams * q.lo, 0)) AS lo,
           sum(CASE WHEN q.hi = 0 THEN 0 ELSE coalesce(p.grams * q.hi, 'inf') END) AS hi
    FROM portions p JOIN food q USING (food_id) GROUP BY p.idea_no, q.quantity
)
SELECT t.idea_no, t.quantity, t.lo, CASE WHEN t.foods = m.foods THEN t.hi ELSE 'inf' END AS hi
FROM total t JOIN idea_marks m USING (idea_no);

-- Rules ----------------------------------------------------------------------------------------------------------------------------------

CREATE VIEW profile_bits AS  -- 120 profiles a word
SELECT profile, no // 120 AS word, 1::HUGEINT << (no % 120)::INTEGER AS bit
FROM (SELECT profile, row_number() OVER (ORDER BY profile) - 1 AS no FROM profiles);

CREATE VIEW course_rules AS  -- a rule once for each course that it judges
SELECT r.profile, r.rule_no, r.kind, r.parts, r.per, r.at_least, r.at_most, c.course
FROM rules r
JOIN (SELECT unnest(['starter', 'main', 'side', 'dessert', 'breakfast', 'snack', 'unknown']) AS course) c
  ON len(r.courses) = 0 OR list_contains(r.courses, c.course) OR c.course = 'unknown';

CREATE VIEW rule_bits AS  -- the keys of the rules about them; none of them when one is no key
SELECT profile, rule_no, CASE WHEN count(*) = count(bit) THEN bit_or(bit) END AS bits
FROM (SELECT profile, rule_no, unnest(parts) AS fact_key FROM rules WHERE kind IN ('absent', 'together')) LEFT JOIN key_bits USING (fact_key)
GROUP BY profile, rule_no;

CREATE VIEW conditions AS  -- of a profile, for a course: keys that must be free; whether some rule is judged singly; whether one makes no sense
SELECT p.profile, p.word, p.bit, c.course, count(r.rule_no) AS rules,
       coalesce(bit_or(CASE WHEN r.kind = 'absent' THEN b.bits END), 0) AS absent, bool_or(r.kind IN ('nutrient', 'together')) AS single,
       bool_or(CASE r.kind WHEN 'nutrient' THEN coalesce(r.per NOT IN ('serving', '100 g', '100 kcal', 'percent of energy'), true)
                                                OR (r.at_least IS NULL AND r.at_most IS NULL)
               ELSE b.bits IS NULL END) AS strange
FROM profile_bits p CROSS JOIN (SELECT DISTINCT course FROM course_rules UNION SELECT DISTINCT course FROM numbered_ideas) c
LEFT JOIN course_rules r ON r.profile = p.profile AND r.course = c.course
LEFT JOIN rule_bits b ON b.profile = r.profile AND b.rule_no = r.rule_no
GROUP BY p.profile, p.word, p.bit, c.course;

CREATE VIEW single_rules AS  -- the profiles that a limit, or a pair of things, fails or leaves open, as bits
WITH amount AS MATERIALIZED (FROM idea_amounts), base AS (
    SELECT idea_no, 'serving' AS per, 1 AS lo, 1 AS hi FROM numbered_ideas
    UNION ALL SELECT idea_no, '100 g', grams_lo / 100, grams_hi / 100 FROM idea_marks
    UNION ALL SELECT a.idea_no, e.per, a.lo / 100, a.hi / 100
    FROM amount a JOIN quantities q ON q.quantity = a.quantity AND q.parts = ['energy_kcal'] AND NOT q.in_kcal
    CROSS JOIN (SELECT unnest(['100 kcal', 'percent of energy']) AS per) e
), wanted AS (
    SELECT r.profile, r.course, r.per, r.at_least, r.at_most, q.quantity
    FROM course_rules r JOIN quantities q ON q.parts = r.parts AND q.in_kcal = (r.per = 'percent of energy') WHERE r.kind = 'nutrient'
), measured AS (  -- rounded, since the pipeline adds in another order and a limit must not be decided by the last bit
    SELECT a.idea_no, i.course, a.quantity, b.per, round(CASE WHEN b.hi > 0 THEN a.lo / b.hi ELSE 0 END, 6) AS lo,
           round(CASE WHEN a.hi = 0 THEN 0 WHEN b.lo > 0 THEN a.hi / b.lo ELSE 'inf' END, 6) AS hi
    FROM amount a JOIN (SELECT DISTINCT quantity, per FROM wanted) w USING (quantity)
    JOIN base b ON b.idea_no = a.idea_no AND b.per = w.per JOIN numbered_ideas i ON i.idea_no = a.idea_no
), outcome AS (
    SELECT m.idea_no, w.profile, coalesce(m.lo > w.at_most, false) OR coalesce(m.hi < w.at_least, false) AS fails,
           coalesce(m.hi > w.at_most, false) OR coalesce(m.lo < w.at_least, false) AS opens
    FROM measured m JOIN wanted w ON w.quantity = m.quantity AND w.per = m.per AND w.course = m.course
    UNION ALL  -- of foods that nobody knows there is nothing to measure
    SELECT m.idea_no, w.profile, false, true
    FROM idea_marks m JOIN numbered_ideas i USING (idea_no) JOIN wanted w ON w.course = i.course WHERE m.known_foods = 0
    UNION ALL
    SELECT m.idea_no, r.profile, m.contains & b.bits = b.bits, m.open & b.bits = b.bits
    FROM idea_marks m JOIN numbered_ideas i USING (idea_no) JOIN course_rules r ON r.course = i.course AND r.kind = 'together'
    JOIN rule_bits b ON b.profile = r.profile AND b.rule_no = r.rule_no
)
SELECT o.idea_no, p.word, bit_or(CASE WHEN o.fails THEN p.bit ELSE 0 END) AS failed, bit_or(CASE WHEN o.opens THEN p.bit ELSE 0 END) AS open
FROM outcome o JOIN profile_bits p USING (profile) GROUP BY o.idea_no, p.word;

-- Verdicts -------------------------------------------------------------------------------------------------------------------------------

CREATE VIEW proved_verdicts AS  -- an idea without foods has no marks and is unknown to every profile; a profile without rules judges nothing
WITH idea AS (
    SELECT i.idea_id, i.course, w.word, m.idea_no, m.contains, m.open, s.failed, s.open AS single_open
    FROM numbered_ideas i CROSS JOIN (SELECT DISTINCT word FROM profile_bits) w
    LEFT JOIN idea_marks m ON m.idea_no = i.idea_no LEFT JOIN single_rules s ON s.idea_no = i.idea_no AND s.word = w.word
)
SELECT i.idea_id, c.profile,
       CASE WHEN c.rules = 0 OR i.idea_no IS NULL THEN 'unknown'
            WHEN i.contains & c.absent <> 0 OR coalesce(i.failed & c.bit <> 0, false) THEN 'fail'
            WHEN i.open & c.absent <> 0 OR c.strange OR (c.single AND coalesce(i.single_open & c.bit <> 0, true)) THEN 'unknown'
            ELSE 'pass' END AS verdict
FROM idea i JOIN conditions c ON c.course = i.course AND c.word = i.word;

CREATE VIEW proved_facts AS  -- one row an idea and key, with the foods that prove or cloud it: for people, a few ideas at a time
SELECT i.idea_id, k.fact_key, max(coalesce(s.status, 'unknown'::tri)) AS status,
       list(f.name) FILTER (s.status = 'contains') AS proof,
       list(f.name) FILTER (coalesce(s.status, 'unknown'::tri) = 'unknown') AS doubt
FROM ideas i
CROSS JOIN fact_keys k
LEFT JOIN idea_foods f ON f.idea_id = i.idea_id
LEFT JOIN food_facts s ON s.food_id = f.food_id AND s.fact_key = k.fact_key
GROUP BY i.idea_id, k.fact_key;

CREATE VIEW disagreements AS  -- where the pipeline's verdict and this proof differ, or an idea lacks a profile that it was asked to pass
WITH proved AS MATERIALIZED (
    SELECT v.idea_id, p.word, bit_or(CASE v.verdict WHEN 'pass' THEN p.bit ELSE 0 END) AS passed,
           bit_or(CASE v.verdict WHEN 'fail' THEN p.bit ELSE 0 END) AS failed, bit_or(CASE v.verdict WHEN 'unknown' THEN p.bit ELSE 0 END) AS open
    FROM proved_verdicts v JOIN profile_bits p USING (profile) GROUP BY v.idea_id, p.word
), stored AS (
    SELECT v.idea_id, p.word, bit_or(CASE v.verdict WHEN 'pass' THEN p.bit ELSE 0 END) AS passed,
           bit_or(CASE v.verdict WHEN 'fail' THEN p.bit ELSE 0 END) AS failed, bit_or(CASE v.verdict WHEN 'unknown' THEN p.bit ELSE 0 END) AS open
    FROM idea_verdicts v JOIN profile_bits p USING (profile) GROUP BY v.idea_id, p.word
), differing AS (
    SELECT p.idea_id, p.word, p.passed AS proved_pass, p.failed AS proved_fail, s.passed, s.failed, s.open
    FROM proved p LEFT JOIN stored s ON s.idea_id = p.idea_id AND s.word = p.word
    WHERE (s.passed, s.failed, s.open) IS DISTINCT FROM (p.passed, p.failed, p.open)
), compared AS (
    SELECT d.idea_id, b.profile,
           nullif(concat_ws(' and ', CASE WHEN d.passed & b.bit <> 0 THEN 'pass' END, CASE WHEN d.failed & b.bit <> 0 THEN 'fail' END,
                            CASE WHEN d.open & b.bit <> 0 THEN 'unknown' END), '') AS stored,
           CASE WHEN d.proved_fail & b.bit <> 0 THEN 'fail' WHEN d.proved_pass & b.bit <> 0 THEN 'pass' ELSE 'unknown' END AS proved
    FROM differing d JOIN profile_bits b USING (word)
)
SELECT idea_id, profile, stored, proved, 'verdicts differ' AS what FROM compared WHERE stored IS DISTINCT FROM proved
UNION ALL
SELECT i.idea_id, a.profile, NULL, CASE WHEN p.failed & b.bit <> 0 THEN 'fail' ELSE 'unknown' END, 'asked for, but not passed'
FROM ideas i CROSS JOIN unnest(i.asked) AS a(profile)
LEFT JOIN profile_bits b ON b.profile = a.profile
LEFT JOIN proved p ON p.idea_id = i.idea_id AND p.word = b.word
WHERE i.origin = 'generated' AND NOT coalesce(p.passed & b.bit <> 0, false);
