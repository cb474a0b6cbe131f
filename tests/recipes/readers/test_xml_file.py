"""XML: mx2, RecipeML, KreML and simple trees; files that are not quite XML, and files that are meant to do harm."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dish_pipeline.dish import Recipe
from dish_pipeline.recipes.readers import Reading, xml_file
from dish_pipeline.recipes.readers.text import clean

Read = Callable[..., Reading]
QUICK = settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])

MX2 = """<?xml version="1.0" standalone="yes" encoding="ISO-8859-1"?>
<!DOCTYPE mx2 SYSTEM "mx2.dtd">
<mx2 source="MasterCook" date="April 14, 2025">
<Summ>
<Nam>
Chicken & Rice
</Nam></Summ>
<RcpE name="Best "Chicken" & Rice" author="Me, "The" One" img="">
<Serv qty="18"/>
<PrpT elapsed="0:30"/>
<CatS>
<CatT>
Dinner
</CatT>
<CatT>
Rice
</CatT>
</CatS>
<IngR name="SAUCE" code="S"></IngR>
<IngR name="chicken breast" unit="pounds" qty="6">
<IPrp>
for braising, cold
</IPrp>
<INtI>3</INtI>
</IngR>
<IngR name="tomatoes in 3/4" dice" unit="cups" qty="2.500000"></IngR>
<IngR name="cr&egrave;me" qty="0"/>
<IngR name="***Rest***"/>
<IngR name="salt & pepper" code="I"/>
<DirS>
<DirT img="">
Cut & mix.
Then eat.
</DirT>
</DirS>
<Note>
Good with 2 cups milk.
</Note>
</RcpE>
<RcpE name="Two" author=""><Yield unit="cups" qty="36.000000"/><IngR name="egg" qty="1"/></RcpE>
</mx2>
"""
RECIPEML = """<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE recipeml PUBLIC "-//FormatData//DTD RecipeML 0.5//EN" "http://www.formatdata.com/recipeml/recipeml.dtd">
<recipeml version="0.5"><menu><head><title>Menu</title></head>
<recipe><head><title>Pasta</title><categories><cat>Main</cat><cat>Quick</cat></categories><yield><qty>2</qty><unit>servings</unit></yield></head>
<ingredients>
<ing><amt><qty>1<frac><n>1</n><d>4</d></frac></qty><unit>cups</unit></amt><item>flour</item><prep>sifted</prep></ing>
<ing><amt><qty>400</qty></amt><unit>g</unit><item>rice</item></ing>
<ing-div type="titled"><title>Sauce</title>
<ing optional="yes"><amt><qty><range><q1>2</q1><sep>-</sep><q2>3</q2></range></qty><unit>tbsp</unit></amt><item>olive <b>oil</b></item></ing>
<ing><amt><qty>1</qty><unit>cup</unit></amt><amt><qty>240</qty><unit>ml</unit></amt><item>milk</item>
<alt-ing><amt><qty>1</qty></amt><item>egg</item></alt-ing></ing>
</ing-div>
</ingredients><directions><step>Boil.</step><step>Mix well.</step></directions></recipe></menu></recipeml>
"""
KREML = """<?xml version="1.0" encoding="UTF-8" ?>
<krecipes version="2.0" lang="en"><krecipes-recipe id="1"><krecipes-description><title>Cake</title>
<pictures><pic format="JPEG"><![CDATA[AAAA]]></pic></pictures><category><cat>Sweet</cat></category>
<yield><amount>4</amount><type>servings</type></yield></krecipes-description>
<krecipes-ingredients><ingredient><name>flour</name><amount>200</amount><unit>g</unit><prep>sifted</prep></ingredient>
<ingredient-group name="Sauce"><ingredient><name><![CDATA[milk & more]]></name><amount><min>1</min><max>2</max></amount><unit>cups</unit>
<substitutes><ingredient><name>water</name><amount>1</amount><unit>cup</unit></ingredient></substitutes></ingredient></ingredient-group>
</krecipes-ingredients><krecipes-instructions>Mix.
Bake.</krecipes-instructions></krecipes-recipe></krecipes>
"""
GOURMET = """<gourmetDoc><recipe id="1"><title>Pie</title><category>Dessert</category><cuisine>Thai</cuisine><yields>4 servings</yields>
<ingredient-list><ingredient optional="yes"><amount>1</amount><unit>cup</unit><item>sugar, brown</item><key>sugar</key></ingredient>
<inggroup><groupname>Top</groupname><ingredient><amount>2</amount><item>eggs</item></ingredient></inggroup></ingredient-list>
<instructions>Mix.
Bake.</instructions></recipe></gourmetDoc>"""
COOKMATE = """<cookbook version="1"><recipe><title>Soup</title><category>Hot</category><ingredient><li>1 l water</li><li>2 onions</li></ingredient>
<recipetext><li>Boil.</li></recipetext></recipe></cookbook>"""


def one(reading: Reading) -> Recipe:
    assert reading.refusals == []
    (recipe,) = reading.recipes
    return recipe


@pytest.mark.parametrize("name", ["a.mx2", "a.xml", "a.txt", "a.rml", "noending"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_mastercook(read: Read, name: str, end: str) -> None:
    reading = read(MX2.replace("\n", end), name)
    assert reading.refusals == []
    recipe, two = reading.recipes
    assert (recipe.title, recipe.servings, recipe.tags) == ('Best "Chicken" & Rice', "18", ("Dinner", "Rice"))
    assert recipe.lines == ("SAUCE:", "6 pounds chicken breast, for braising, cold", '2.5 cups tomatoes in 3/4" dice', "crème", "Rest:",
                            "salt & pepper")
    assert recipe.steps == ("Cut & mix.", "Then eat.")
    assert (two.title, two.lines, two.servings, two.row) == ("Two", ("1 egg",), "36 cups", 2)


def test_recipeml(read: Read) -> None:
    recipe = one(read(RECIPEML, "a.xml"))
    assert (recipe.title, recipe.servings, recipe.tags, recipe.steps) == ("Pasta", "2 servings", ("Main", "Quick"), ("Boil.", "Mix well."))
    assert recipe.lines == (
        "1 1/4 cups flour, sifted", "400 g rice", "Sauce:", "2-3 tbsp olive oil (optional)", "1 cup / 240 ml milk or 1 egg",
    )  # fmt: skip


def test_kreml(read: Read) -> None:
    recipe = one(read(KREML, "a.kreml"))
    assert (recipe.title, recipe.servings, recipe.tags, recipe.steps) == ("Cake", "4 servings", ("Sweet",), ("Mix.", "Bake."))
    assert recipe.lines == ("200 g flour, sifted", "Sauce:", "1-2 cups milk & more or 1 cup water")


def test_simple_trees(read: Read) -> None:
    pie = one(read(GOURMET, "a.xml"))
    assert (pie.title, pie.servings, pie.course, pie.cuisine, pie.steps) == ("Pie", "4 servings", "Dessert", "Thai", ("Mix.", "Bake."))
    assert pie.lines == ("1 cup sugar, brown (optional)", "Top:", "2 eggs")
    assert one(read(COOKMATE, "a.xml")).lines == ("1 l water", "2 onions")
    text = '<recipes><recipe name="A"><ingredients>\n1 l water\n2 eggs\n</ingredients></recipe></recipes>'
    assert one(read(text, "a.xml")).lines == ("1 l water", "2 eggs")
    text = '<r:recipe xmlns:r="x" title="A"><ingredients>{}</ingredients></r:recipe>'
    foods = '<ingredient name="flour" quantity="2" unit="cups"/><ingredient amount="1">egg</ingredient>'
    foods += '<group name="Top"><ingredient>nuts</ingredient></group>'
    assert one(read(text.format(foods), "a.xml")).lines == ("2 cups flour", "1 egg", "Top:", "nuts")
    (refusal,) = read(text.format('<ingredient quantity="2"/>'), "a.xml").refusals
    assert "without a name" in refusal.reason


def test_encodings(read: Read) -> None:
    text = '<?xml version="1.0"{}?><mx2><RcpE name="Crème brûlée – š"><IngR name="crème" qty="½"/></RcpE></mx2>'
    said = {"utf-8": ("", "ISO-8859-1"), "cp1252": ("", "ISO-8859-1", "windows-1252", "no-such"), "utf-16": ("UTF-16",), "utf-8-sig": ("", "utf-8")}
    for encoding, declared in ((encoding, f' encoding="{name}"' if name else "") for encoding, names in said.items() for name in names):
        recipe = one(read(text.format(declared).encode(encoding), "a.mx2"))
        assert (recipe.title, recipe.lines) == ("Crème brûlée – š", ("½ crème",)), (encoding, declared)
    polish = '<?xml version="1.0" encoding="ISO-8859-2"?><mx2><RcpE name="Żurek"><IngR name="śmietana"/></RcpE></mx2>'.encode("iso-8859-2")
    assert one(read(polish, "a.mx2")).lines == ("śmietana",)


def test_what_is_not_quite_xml(read: Read) -> None:
    text = '\n\x1f<?xml version="1.0"?>\n<mx2><RcpE name="A &amp; B &nbsp;C &#11;D"><IngR name="1&frac12; M&M\'s &lt;x&gt; &bogus; &"/>'
    text += "<DirS><DirT>a\x0bb & c</DirT></DirS></RcpE></mx2>"
    recipe = one(read(text, "a.xml"))
    assert (recipe.title, recipe.lines, recipe.steps) == ("A & B C D", ("1½ M&M's <x> &bogus; &",), ("ab & c",))


def test_a_break_keeps_what_stands_before_it(read: Read) -> None:
    for cut in range(MX2.index("<RcpE name=\"Two\""), len(MX2) - 8):
        reading = read(MX2[:cut], "a.mx2")
        assert len(reading.recipes) == 1 + (cut >= MX2.index("</RcpE>\n</mx2>") + 7) and reading.recipes[0].title.startswith("Best")
        (refusal,) = reading.refusals
        assert refusal.row == 0 and "not well-formed XML" in refusal.reason and f"{len(reading.recipes)} recipes before it" in refusal.reason


def test_a_recipe_that_is_refused_costs_itself(read: Read) -> None:
    bad = '<RcpE name="Bad"><IngR qty="1" unit="cup"/></RcpE><RcpE name=""><IngR name="x"/></RcpE>'
    bad += '<RcpE name="Empty"><IngR name="S" code="S"/></RcpE>'
    reading = read(MX2.replace('<RcpE name="Two"', bad + '<RcpE name="Two"'), "a.mx2")
    assert [r.row for r in reading.recipes] == [1, 5]
    assert [(r.row, r.field) for r in reading.refusals] == [(2, "ingredients"), (3, "title"), (4, "ingredients")]
    assert "without a name" in reading.refusals[0].reason


LAUGHS = "<!ENTITY a0 'ha'>" + "".join(f"<!ENTITY a{n} '{f'&a{n - 1};' * 10}'>" for n in range(1, 12))


@pytest.mark.parametrize(
    "doctype",
    [f"<!DOCTYPE mx2 [{LAUGHS}]>", '<!DOCTYPE mx2 [<!ENTITY a11 SYSTEM "file:///etc/passwd">]>',
     '<!DOCTYPE mx2 [<!ENTITY % p SYSTEM "http://127.0.0.1:9/x"> %p;]>',
     '<!DOCTYPE mx2 SYSTEM "mx2.dtd" [<!ENTITY a11 "x">]>'],
)  # fmt: skip
def test_entities_are_refused(read: Read, doctype: str) -> None:
    begun = time.monotonic()
    reading = read(f'{doctype}<mx2><RcpE name="A"><IngR name="&a11;"/></RcpE></mx2>', "a.mx2")
    assert reading.recipes == [] and "declares entities" in reading.refusals[0].reason and time.monotonic() - begun < 2


@pytest.mark.parametrize("doctype", ['SYSTEM "mx2.dtd"', 'SYSTEM "file:///etc/passwd"', 'PUBLIC "-//X//EN" "http://127.0.0.1:9/x.dtd"',
                                     "mx2 [<!ELEMENT mx2 ANY>]"])
def test_a_doctype_is_not_followed(read: Read, doctype: str) -> None:
    name = doctype if doctype.startswith("mx2") else f"mx2 {doctype}"
    assert one(read(f'<!DOCTYPE {name}><mx2><RcpE name="A"><IngR name="x"/></RcpE></mx2>', "a.mx2")).lines == ("x",)


@pytest.mark.parametrize(
    ("text", "reason"),
    [("<rss><channel/></rss>", "it is a <rss>"), ("<mx2></mx2>", "it is a <mx2>"), ("<a>" * 100, "deeper than 60"), ("no xml", "not well-formed"),
     ('<IngR ">', "not well-formed"),
     ("<a><b></a>", "not well-formed"),
     ("<recipe>" * 100_000, "deeper than 60")],
)  # fmt: skip
def test_refusals(read: Read, text: str, reason: str) -> None:
    (refusal,) = read(text, "a.xml").refusals
    assert reason in refusal.reason and refusal.row == 0


def test_limit(read: Read, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xml_file, "MAX_FILE", 100)
    assert "over the 100 of an XML file" in read(MX2, "a.mx2").refusals[0].reason


@pytest.mark.parametrize("text", ["<x/>" * 50_000, "&" * 300_000, '<IngR name="' * 20_000, "<IngR " + ' name="' * 30_000 + '">', '"' * 300_000,
                                  "<!--" * 50_000, "<![CDATA[" * 30_000, "<recipe/>" * 20_000,
                                  "<a b='" * 30_000, "<?a" * 50_000, "a" * 300_000, "<IngR/>" * 30_000])  # fmt: skip
def test_hostile_texts_end_soon(read: Read, text: str) -> None:
    for whole in (text, f'<mx2><RcpE name="A">{text}'):
        begun = time.monotonic()
        read(whole, "a.xml")
        assert time.monotonic() - begun < 10


FOOD = st.text("abcdeéüß食½ &<>\"'`;,.!?()[]{}|/\\@#%+-=*_~^", max_size=18).map(lambda text: clean(f"a{text}b"))
ITEM = st.tuples(st.sampled_from(["", "1", "1/2", "2.5"]), st.sampled_from(["", "cups", "g"]), FOOD, st.one_of(st.just(""), FOOD))


@QUICK
@given(recipes=st.lists(st.tuples(FOOD, st.lists(ITEM, min_size=1, max_size=5)), min_size=1, max_size=3), kind=st.sampled_from(
        ["mx2", "recipeml", "kreml"]))
def test_every_ingredient_comes_out(read: Read, recipes: list[tuple[str, list[tuple[str, str, str, str]]]], kind: str) -> None:
    text = ""
    for title, items in recipes:
        if kind == "mx2":
            inner = "".join(f"<IngR name={quoteattr(n)} unit={quoteattr(u)} qty={quoteattr(a)}><IPrp>{escape(p)}</IPrp></IngR>\n" for a, u, n,
                            p in items)
            text += f"<RcpE name={quoteattr(title)}>\n{inner}</RcpE>\n"
        elif kind == "recipeml":
            inner = "".join(f"<ing><amt><qty>{a}</qty><unit>{u}</unit></amt><item>{escape(n)}</item><prep>{escape(p)}</prep></ing>" for a, u, n,
                            p in items)
            text += f"<recipe><head><title>{escape(title)}</title></head><ingredients>{inner}</ingredients></recipe>"
        else:
            inner = "".join(f"<ingredient><name>{escape(n)}</name><amount>{a}</amount><unit>{u}</unit><prep>{escape(p)}</prep></ingredient>" for a,
                            u, n, p in items)
            head = f"<krecipes-description><title>{escape(title)}</title></krecipes-description>"
            text += f"<krecipes-recipe>{head}<krecipes-ingredients>{inner}</krecipes-ingredients></krecipes-recipe>"
    reading = read(f"<{kind}>{text}</{kind}>", "a.xml")
    wanted = [(title, tuple(" ".join(filter(None, [a, u, n])) + (f", {p}" if p else "") for a, u, n, p in items)) for title, items in recipes]
    assert [(r.title, r.lines) for r in reading.recipes] == [pair for pair in wanted if pair[0] not in ("NA", "na", "nan", "None", "none", "null")]


PIECES = ["<mx2>", '<RcpE name="A">', '<IngR name="', '" qty="1"/>', "</RcpE>", "<recipe>", "<ingredients>", "<ing>", "<item>", "x", "</item>",
          "</ing>", "</recipe>", "&amp;", "&", "<", ">", '"',
          "<!DOCTYPE x>", "<!ENTITY a 'b'>", "<![CDATA[", "]]>", "<!--", "\x00", "é", "\n", "<recipeml>", "<krecipes-recipe>"]  # fmt: skip


@QUICK
@given(text=st.one_of(st.text(max_size=100), st.lists(st.sampled_from(PIECES), max_size=40).map("".join)))
def test_any_text(read: Read, text: str) -> None:
    read("<mx2>" + text, "a.mx2")
    read(text, "a.xml")


@QUICK
@given(data=st.data())
def test_mutated(read: Read, data: st.DataObject) -> None:
    content = bytearray(data.draw(st.sampled_from([MX2, RECIPEML, KREML, GOURMET, COOKMATE])).encode())
    for _ in range(data.draw(st.integers(1, 6))):
        place = data.draw(st.integers(0, len(content) - 1))
        content[place : place + data.draw(st.integers(0, 30))] = data.draw(st.binary(max_size=6))
    read(bytes(content), "a.xml")


def test_no_file_beside_it_is_read(tmp_path: Path, read: Read) -> None:
    (tmp_path / "mx2.dtd").write_text('<!ENTITY a "secret">')
    assert one(read('<!DOCTYPE mx2 SYSTEM "mx2.dtd"><mx2><RcpE name="A"><IngR name="x &a;"/></RcpE></mx2>', "a.mx2")).lines == ("x &a;",)
