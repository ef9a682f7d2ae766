"""Every text of the reports is in the catalogues, said in full, and nothing else is."""

import re

import pytest
from babel.messages.pofile import read_po

from docs import words as tool
from reports import words

OTHERS = [code for code in words.languages() if code != words.ENGLISH]


def messages(code):
    with (words.FOLDER / f"{code}.po").open("rb") as file:
        return [m for m in read_po(file, locale=code) if m.id]


def forms(value):
    return (value,) if isinstance(value, str) else tuple(value)


@pytest.mark.parametrize("code", OTHERS)
def test_catalogues_are_current(code):
    assert (words.FOLDER / f"{code}.po").read_text(encoding="utf-8") == tool.catalogue(code), "run `make docs`"


@pytest.mark.parametrize("code", OTHERS)
def test_every_text_is_translated(code):
    missing = [m.id for m in messages(code) if not all(forms(m.string))]
    assert not missing, f"translate them in reports/words/{code}.po"


@pytest.mark.parametrize("code", OTHERS)
def test_translations_have_the_places_of_their_texts(code):
    for m in messages(code):
        for text in filter(None, forms(m.string)):
            assert words.slots(text) == words.slots(forms(m.id)[-1]), m.id


def test_a_text_with_its_values_inside_is_refused():
    with pytest.raises(ValueError, match=r"x\.py:1: the values of a text belong after it"):
        list(tool._in_python("x.py", 'say(f"{n} customers")', tool.CALLS["reports"]))


def test_a_text_out_of_sight_is_refused():
    assert not list(tool._in_python("x.py", "say(NAME)", tool.CALLS["reports"]))
    with pytest.raises(ValueError, match=r"x\.py:1: a text stands in the call itself"):
        list(tool._in_python("x.py", "sentence(text, n=1)", tool.CALLS["solver"]))


def test_texts_of_code_and_templates_are_found():
    calls = tool.CALLS["reports"]
    assert list(tool._in_python("x.py", 'say("a" " b"); say_n("{n} c", "{n} cs", 2); other("d")', calls)) == [
        ("a b", ""), ("{n} c", "{n} cs")]  # fmt: skip
    template = '<p title="{{ say("a") }}">{{ say_n("{n} c", "{n} cs", k) }}{% for m in x %}{{ say(m) }}{% endfor %}</p>'
    assert list(tool._in_template("x.j2", template, calls)) == [("a", ""), ("{n} c", "{n} cs")]


def test_the_language_is_spoken_inside_and_no_longer():
    with words.language("zh"):
        assert words.current() == "zh"
    assert words.current() == words.ENGLISH
    with pytest.raises(ValueError, match="no language fr; there are en, zh"), words.language("fr"):
        pass


def test_chinese_has_the_words_of_the_glossary():
    text = (tool.ROOT / "docs" / "glossary.md").read_text(encoding="utf-8")
    known = dict(re.findall(r"^\| ([\w -]+) \| (.*?) \| .* \|$", text, re.M))
    looked = 0
    for message in words.messages("zh"):
        word = message.texts[0].casefold()
        word = word if word in known else word.removesuffix("s")
        if word in known and message.texts[0] != "moves":  # the rule, which limits them
            assert any(part in message.says for part in filter(None, re.split("[（）]", known[word]))), message
            looked += 1
    assert looked > 15
