"""Folders of Markdown and a CSV of HTML become articles: everything is there, or listed with its reason."""

from __future__ import annotations

import csv

import pytest
from PIL import Image

from core.data import lines
from core.data.access import visible
from core.data.db import fetch
from core.data.records import Record
from support.articles import kb

EN = """---
title: Pay by card
description: How to pay.
ms.date: 07/21/2025
---

# Pay by card

[!INCLUDE [banner](../includes/banner.md)] [!INCLUDE [gone](../includes/gone.md)]

See [refunds](../orders/refunds.md#when) and [the site](/other/page), <kbd>Ctrl</kbd>.

:::image type="content" source="media/card.png" alt-text="A card":::
![Lost](media/lost.png)
"""
FILES = {
    "en/billing/pay.md": EN, "en/includes/banner.md": "*Applies to all.*\n",
    "en/orders/refunds.md":
        "---\ntitle: 'Refunds: when?'\nms.date: 01/02/2024\n\n---\n# Refunds\n\n## When\n\nSoon.\n",
    "en/orders/broken.md": "---\ntitle: [\n---\n# x\n\ntext\n",
    "ar/billing/pay.md": "---\ntitle: الدفع\nms.date: 10/01/2020\n---\n# <a name=\"x\"></a>الدفع\n\nنص.\n",
    "ar/orders/nowhere.md": "---\ntitle: لا شيء\nms.date: 10/01/2020\n---\nنص.\n",
    "he/billing/pay.md": "---\ntitle: תשלום\nms.date: 10/01/2020\n---\n# תשלום\n\nטקסט.\n"}


@pytest.fixture
def folder(tmp_path):
    root = tmp_path / "site"
    for name, text in FILES.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")
    (root / "en" / "billing" / "media").mkdir()
    Image.new("RGB", (60, 40), "navy").save(root / "en" / "billing" / "media" / "card.png")
    return root


def counted(report):
    for step in report["steps"]:
        assert step["read"] == step["created"] + step["updated"] + step["skipped"] + step["failed"], step
    return {step["step"]: tuple(step[word] for word in ("created", "updated", "skipped", "failed"))
            for step in report["steps"]}


def texts(inside):
    with inside.scope():
        text = kb("models").Text
        rows = fetch(lines.visible("article", text, "view", Record.id, text.language, text.title, text.html))
    return {(row.title, row.language): row.html for row in rows}


def test_a_folder_of_markdown_becomes_articles_with_translations(importing, folder):
    report = importing.example("project-operations-articles.yaml", folder)
    assert counted(report) == {
        "article_category": (2, 0, 2, 0), "article": (3, 0, 1, 0), "article.pictures": (1, 0, 1, 0),
        "article.includes": (0, 0, 1, 0), "article_text": (2, 0, 0, 1)}
    assert {row["reason"] for row in report["left_out"]} == {
        "It is a piece that articles include.", "An earlier row has the same id.",
        "The picture is not among the files.", "../includes/gone.md is not among the files."}
    assert [row["file"] for row in report["failures"]] == ["ar/orders/nowhere.md"]
    html = texts(importing.inside)["Pay by card", "en"]
    assert "<em>Applies to all.</em>" in html
    assert 'href="/kb/orders/refunds#s-when"' in html
    assert 'href="https://learn.microsoft.com/other/page"' in html
    assert "<kbd>Ctrl</kbd>" in html
    assert 'alt="A card"' in html
    assert '<span class="no-picture">Lost</span>' in html
    assert "<h2" not in html
    guest = importing.inside.guest()
    assert guest.get("/kb/orders/refunds").location == "/kb/refunds"
    assert "when?" in guest.get("/kb/refunds").text
    with importing.inside.scope():
        row = next(row for row in fetch(visible("article")) if row.slug == "pay")
        assert sorted(row.shown) == ["ar", "en", "he"]
        assert row.shown["ar"]["current_to"] < row.shown["en"]["changed"]
    again = importing.example("project-operations-articles.yaml", folder)
    assert (again["created"], again["updated"]) == (0, 0)
    (folder / "en" / "billing" / "pay.md").write_text(EN.replace("Ctrl", "Alt"), encoding="utf-8")
    changed = counted(importing.example("project-operations-articles.yaml", folder))
    assert changed["article"] == (0, 1, 3, 0)
    assert "<kbd>Alt</kbd>" in texts(importing.inside)["Pay by card", "en"]


def test_documents_read_nothing_outside_of_their_folder(importing, folder, tmp_path):
    (tmp_path / "secret.md").write_text("canary-secret")
    (tmp_path / "secret.png").write_bytes((folder / "en" / "billing" / "media" / "card.png").read_bytes())
    path = folder / "en" / "billing" / "pay.md"
    path.write_text("---\ntitle: X\n---\n[!INCLUDE [a](../../../secret.md)] [!INCLUDE [a](/etc/passwd)]\n"
                    "![x](../../../secret.png)\n", encoding="utf-8")
    (folder / "en" / "billing" / "link.md").symlink_to(tmp_path / "secret.md")
    report = importing.example("project-operations-articles.yaml", folder)
    assert counted(report)["article.pictures"] == (0, 0, 1, 0)
    assert counted(report)["article.includes"] == (0, 0, 2, 0)
    assert "canary-secret" not in str(texts(importing.inside))


@pytest.mark.slow
def test_the_whole_help_of_project_operations_is_accounted_for(importing, data_folder):
    folder = data_folder("kb-project-operations")
    report = importing.example("project-operations-articles.yaml", folder)
    found = counted(report)
    articles = [path for path in folder.glob("en/**/*.md") if path.parent.name != "includes"]
    assert found["article"][::3] == (len(articles), 0), report["failures"][:5]
    assert found["article"][2] == 28
    assert found["article_text"] == (2 * 111, 0, 2 * 28, 0)
    html = texts(importing.inside)
    with importing.inside.scope():
        assert sum(len(row.shown) for row in fetch(visible("article"))) == len(articles) + 2 * 111
    assert not [title for title, text in html.items() if "[!INCLUDE" in text or ":::image" in text]
    page = importing.inside.guest().get("/kb/sales/win-quote")
    assert page.status == 301


@pytest.mark.slow
def test_the_whole_help_of_thunderbird_is_accounted_for(importing, data_folder):
    folder = data_folder("kb-mozilla-thunderbird")
    report = importing.example("mozilla-articles.yaml", folder)
    found = counted(report)
    assert found["article"] == (174, 0, 0, 0), report["failures"][:5]
    assert found["article.revisions"] == (2352, 0, 0, 0)
    html = texts(importing.inside)
    assert len(html) == 174
    assert not [title for title, text in html.items() if 'id="toc"' in text or "<iframe" in text]
    with (folder / "articles.csv").open(newline="", encoding="utf-8") as handle:
        row = next(csv.DictReader(handle))
    page = importing.inside.guest().get(f"/kb/{row['slug']}").text
    assert row["title"] in page
    with importing.inside.scope():
        article = next(one for one in fetch(visible("article")) if one.slug == row["slug"])
        versions = kb().versions(article, "en")
        assert [one.state for one in versions].count("live") == 1
        assert versions[0].state == "live"
        assert len(versions) > 5
