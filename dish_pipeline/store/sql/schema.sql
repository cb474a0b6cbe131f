-- The tables of the candidates file. Everything that the proof in verdicts.sql needs is stored as rows.
CREATE TYPE tri AS ENUM ('free', 'unknown', 'contains');  -- in order of severity, so that max() is the worst

CREATE TABLE foods (  -- refuse_hi: the most of its weight that is not eaten, a share
    food_id VARCHAR PRIMARY KEY, name VARCHAR, food_group VARCHAR, basis VARCHAR, source VARCHAR, refuse_hi DOUBLE
);
CREATE TABLE fact_keys (fact_key VARCHAR PRIMARY KEY, kind VARCHAR, label VARCHAR);
CREATE TABLE food_facts (food_id VARCHAR, fact_key VARCHAR, status tri);
CREATE TABLE food_composition (food_id VARCHAR, nutrient VARCHAR, lo DOUBLE, mid DOUBLE, hi DOUBLE);  -- per 100 g; no row: unknown

CREATE TABLE profiles (  -- a profile without rules judges nothing: it shows something, or hides figures; file: where it was read
    profile VARCHAR PRIMARY KEY, label VARCHAR, wording VARCHAR, undecidable VARCHAR[], shows VARCHAR[], hide_numbers BOOLEAN, note VARCHAR,
    file VARCHAR, own BOOLEAN, overrides VARCHAR
);
CREATE TABLE rules (  -- kind absent: the key of parts; together: not all of parts; nutrient: the sum of parts, per what per says
    profile VARCHAR, rule_no INTEGER, kind VARCHAR, parts VARCHAR[], per VARCHAR, at_least DOUBLE, at_most DOUBLE, courses VARCHAR[],
    in_words VARCHAR, institution VARCHAR, source VARCHAR, evidence VARCHAR, note VARCHAR
);

CREATE TABLE ideas (
    idea_id VARCHAR PRIMARY KEY, origin VARCHAR, course VARCHAR, title VARCHAR, asked VARCHAR[],
    nearest_recipe_id VARCHAR, nearest_title VARCHAR, nearest_overlap DOUBLE, novelty DOUBLE,
    shared_foods VARCHAR[], added_foods VARCHAR[], left_out_foods VARCHAR[],
    bits DOUBLE, model_version VARCHAR, data_version VARCHAR, lexicon_version VARCHAR, seed BIGINT, draw BIGINT
);
CREATE TABLE idea_foods (idea_id VARCHAR, n INTEGER, food_id VARCHAR, name VARCHAR, grams DOUBLE);  -- grams in one serving
CREATE TABLE idea_facts (idea_id VARCHAR, fact_key VARCHAR, status tri);
CREATE TABLE idea_nutrients (idea_id VARCHAR, nutrient VARCHAR, lo DOUBLE, mid DOUBLE, hi DOUBLE);  -- per serving; hi NULL: unknown
CREATE TABLE idea_verdicts (idea_id VARCHAR, profile VARCHAR, verdict VARCHAR, open_points VARCHAR[]);

CREATE TABLE funnel (asked VARCHAR[], step VARCHAR, step_no INTEGER, ideas BIGINT);
CREATE TABLE losses (asked VARCHAR[], reason VARCHAR, ideas BIGINT);
CREATE TABLE pool (profile VARCHAR, verdict VARCHAR, real_dishes BIGINT);  -- what the real recipes offer
CREATE TABLE reviews (
    event_id BIGINT, idea_id VARCHAR, verdict VARCHAR, reason VARCHAR, reviewer VARCHAR, made_at VARCHAR, title VARCHAR
);
CREATE TABLE rejected_recipes (  -- rows of the recipe files that were not used, and why
    file VARCHAR, "row" BIGINT, field VARCHAR, "value" VARCHAR, reason VARCHAR, remedy VARCHAR
);
CREATE TABLE provenance (name VARCHAR, value VARCHAR);
