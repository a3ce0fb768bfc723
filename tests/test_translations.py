"""Translated pages have the structure, code and links of the English ones; the links of all pages resolve."""

from __future__ import annotations

import re
from collections import Counter
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from markdown_it import MarkdownIt  # comes with rich

if TYPE_CHECKING:
    from collections.abc import Iterator

    from markdown_it.token import Token

ROOT = Path(__file__).parent.parent
SUFFIX = ".zh-CN.md"
TRANSLATIONS = sorted([*ROOT.glob(f"*{SUFFIX}"), *(ROOT / "docs").glob(f"*{SUFFIX}")])
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")])
COMMANDS = {
    2: "python3 -m venv .venv && .venv/bin/python -m pip install --quiet -e . "
    "&& (cd specs/quickstart && ../../.venv/bin/jobspec apply --yes --wait) "
    "&& (cd specs/distributed && ../../.venv/bin/jobspec apply --yes --wait) "
    "&& (cd specs/sweep && ../../.venv/bin/jobspec apply --yes --wait)\n",
    3: "bash .ci/test\n",
}
"""The command below the second and the third heading of the README."""


def english(page: Path) -> Path:
    return page.with_name(page.name.replace(SUFFIX, ".md"))


def tokens(text: str) -> list[Token]:
    return MarkdownIt("commonmark").enable("table").parse(text)


def body(page: Path) -> str:
    """Return the page without the line that links to its other language."""
    return re.sub(r"(?m)^.*English.* \| .*简体中文.*\n\n", "", page.read_text(encoding="utf-8"), count=1)


def translated(link: str, page: Path) -> str:
    """Return the link that belongs in the translation of the page: to a translated page if there is one."""
    if page in TRANSLATIONS:
        return link
    path, mark, anchor = link.partition("#")
    target = path.removesuffix(".md") + SUFFIX
    return f"{target}{mark}{anchor}" if (page.parent / target).is_file() else link


def links(token: Token) -> Iterator[str]:
    inside = token.children or ()
    return (str(one.attrs["href"]) for one in inside if one.type == "link_open")


def outline(page: Path) -> list[str]:
    """Return a line for each block of the page, with its code and its links, but without its words."""
    lines = []
    for token in tokens(body(page)):
        if token.type == "inline":
            code = sorted(one.content for one in token.children or () if one.type == "code_inline")
            targets = sorted(translated(one, page) for one in links(token))
            lines.append(f"text with {code} and links to {targets}")
        else:
            lines.append(f"{token.type} {token.tag} {token.info} {token.content}".rstrip())
    return lines


def blocks_below_headings(page: Path) -> dict[int, list[str]]:
    """Return the code blocks of the page by the number of their heading."""
    found: dict[int, list[str]] = {}
    heading = 0
    for token in tokens(page.read_text(encoding="utf-8")):
        heading += token.type == "heading_open"
        if token.type == "fence":
            found.setdefault(heading, []).append(token.content)
    return found


def anchors(page: Path) -> set[str]:
    """Return the anchors that GitHub derives from the headings of a page."""
    text = tokens(page.read_text(encoding="utf-8"))
    titles = [after for one, after in pairwise(text) if one.type == "heading_open"]
    slugs = []
    for title in titles:
        words = "".join(one.content for one in title.children or ()).lower()
        slugs.append(re.sub(r"[^\w\- ]", "", words).replace(" ", "-"))
    seen: Counter[str] = Counter()
    unique = set()
    for slug in slugs:
        unique.add(f"{slug}-{seen[slug]}" if seen[slug] else slug)
        seen[slug] += 1
    return unique


def leads_somewtranslated(link: str, page: Path) -> bool:
    path, _, anchor = link.partition("#")
    target = page.parent / path if path else page
    return target.exists() and (not anchor or anchor in anchors(target))


def test_the_readme_and_the_page_about_moving_are_translated() -> None:
    assert {page.name for page in TRANSLATIONS} == {"README.zh-CN.md", "from-volc.zh-CN.md"}


@pytest.mark.parametrize("page", TRANSLATIONS, ids=[page.name for page in TRANSLATIONS])
def test_a_translation_has_the_blocks_the_code_and_the_links_of_the_english_page(page: Path) -> None:
    assert outline(page) == outline(english(page))


@pytest.mark.parametrize("page", TRANSLATIONS, ids=[page.name for page in TRANSLATIONS])
def test_both_languages_link_to_each_other_below_the_title(page: Path) -> None:
    other = english(page)
    assert page.read_text(encoding="utf-8").split("\n\n")[1] == f"[English]({other.name}) | 简体中文"
    assert other.read_text(encoding="utf-8").split("\n\n")[1] == f"English | [简体中文]({page.name})"


@pytest.mark.parametrize("page", TRANSLATIONS, ids=[page.name for page in TRANSLATIONS])
def test_every_text_of_a_translation_is_translated(page: Path) -> None:
    prose = [
        one.content
        for token in tokens(body(page))
        for one in token.children or ()
        if one.type == "text" and re.search(r"[a-z]{2,} [a-z]{2,} [a-z]{2,}", one.content)
    ]
    assert prose == []


@pytest.mark.parametrize("page", [ROOT / "README.md", ROOT / f"README{SUFFIX}"], ids=["English", "Chinese"])
def test_the_readme_has_one_command_to_run_and_one_to_test_it_on_a_fresh_machine(page: Path) -> None:
    found = blocks_below_headings(page)
    assert {number: found[number] for number in COMMANDS} == {
        number: [command] for number, command in COMMANDS.items()
    }
    assert (ROOT / ".ci" / "test").is_file()
    assert all(
        (ROOT / "specs" / name / "jobspec.yaml").is_file() for name in ("quickstart", "distributed", "sweep")
    )


@pytest.mark.parametrize("page", PAGES, ids=[page.name for page in PAGES])
def test_every_link_of_a_page_names_a_file_and_a_heading_that_exist(page: Path) -> None:
    found = {link for token in tokens(page.read_text(encoding="utf-8")) for link in links(token)}
    own = {link for link in found if "://" not in link and not link.startswith("mailto:")}
    assert sorted(link for link in own if not leads_somewtranslated(link, page)) == []
