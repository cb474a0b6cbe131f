-- The one rule once more, from the stored rows alone: contains > unknown > free, and unknown never passes.
-- Independent of dish_pipeline/dietetics on purpose; `disagreements` must stay empty.

CREATE VIEW proved_facts AS
SELECT i.idea_id, k.fact_key, max(coalesce(ff.status, 'unknown'::tri)) AS status,
       list(f.name) FILTER (ff.status = 'contains') AS proof,
       list(f.name) FILTER (coalesce(ff.status, 'unknown'::tri) = 'unknown') AS doubt
FROM ideas i
CROSS JOIN fact_keys k
LEFT JOIN idea_foods f ON f.idea_id = i.idea_id
LEFT JOIN food_facts ff ON ff.food_id = f.food_id AND ff.fact_key = k.fact_key
GROUP BY i.idea_id, k.fact_key;

CREATE VIEW proved_nutrients AS
SELECT i.idea_id, n.nutrient,
       coalesce(sum(f.grams * c.lo) / 100, 0) AS lo,
       CASE WHEN count(f.food_id) > 0 AND count(f.food_id) = count(CASE WHEN c.hi = 0 THEN 0 ELSE f.grams * c.hi END)
            THEN sum(CASE WHEN c.hi = 0 THEN 0 ELSE f.grams * c.hi END) / 100 END AS hi
FROM ideas i
CROSS JOIN (SELECT DISTINCT nutrient FROM food_composition) n
LEFT JOIN idea_foods f ON f.idea_id = i.idea_id
LEFT JOIN food_composition c ON c.food_id = f.food_id AND c.nutrient = n.nutrient
GROUP BY i.idea_id, n.nutrient;

CREATE VIEW proved_rules AS
SELECT r.profile, r.rule_no, i.idea_id,
       CASE x.status WHEN 'free' THEN 'pass' WHEN 'contains' THEN 'fail' ELSE 'unknown' END AS verdict
FROM rules r JOIN ideas i ON len(r.courses) = 0 OR list_contains(r.courses, i.course) OR i.course = 'unknown'
LEFT JOIN proved_facts x ON x.idea_id = i.idea_id AND x.fact_key = r.rule_key
WHERE r.kind = 'absent'
UNION ALL
SELECT r.profile, r.rule_no, i.idea_id,
       CASE WHEN round(x.lo, 6) > r.at_most OR round(x.hi, 6) < r.at_least THEN 'fail'
            WHEN (r.at_most IS NULL OR coalesce(round(x.hi, 6) <= r.at_most, false))
             AND (r.at_least IS NULL OR coalesce(round(x.lo, 6) >= r.at_least, false)) THEN 'pass'
            ELSE 'unknown' END AS verdict
FROM rules r JOIN ideas i ON len(r.courses) = 0 OR list_contains(r.courses, i.course) OR i.course = 'unknown'
LEFT JOIN proved_nutrients x ON x.idea_id = i.idea_id AND x.nutrient = r.rule_key
WHERE r.kind = 'nutrient';

CREATE VIEW proved_verdicts AS
SELECT i.idea_id, p.profile,
       CASE WHEN bool_or(r.verdict = 'fail') THEN 'fail'
            WHEN bool_and(r.verdict = 'pass') THEN 'pass'
            ELSE 'unknown' END AS verdict
FROM ideas i CROSS JOIN profiles p
LEFT JOIN proved_rules r ON r.idea_id = i.idea_id AND r.profile = p.profile
GROUP BY i.idea_id, p.profile;

-- Where the pipeline's verdict and this proof differ, or an idea lacks a profile that it was asked to pass.
CREATE VIEW disagreements AS
SELECT p.idea_id, p.profile, v.verdict AS stored, p.verdict AS proved, 'verdicts differ' AS what
FROM proved_verdicts p LEFT JOIN idea_verdicts v ON v.idea_id = p.idea_id AND v.profile = p.profile
WHERE v.verdict IS DISTINCT FROM p.verdict
UNION ALL
SELECT i.idea_id, a.profile, NULL, p.verdict, 'asked for, but not passed'
FROM ideas i CROSS JOIN unnest(i.asked) AS a(profile)
LEFT JOIN proved_verdicts p ON p.idea_id = i.idea_id AND p.profile = a.profile
WHERE i.origin = 'generated' AND p.verdict IS DISTINCT FROM 'pass';
