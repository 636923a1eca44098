"""The page of a release says what the published file says, names what it cannot say, and refuses no release."""

from __future__ import annotations

import csv
import html
import re
import subprocess
import sys
from collections.abc import Callable
from datetime import date
from functools import partial
from pathlib import Path

import duckdb
import pytest

from orchestration.release.review import composition, labels, pictures
from orchestration.release.review.composition import SECTIONS, compose_page
from orchestration.release.review.numbers import count, measured, percent, points
from orchestration.release.review.page import REVIEW_FILE, small_count, write_page
from orchestration.settings import SEEDS_DIR

TABLES = Path(__file__).with_name("published_shop.sql")
FEW = 30
EMPTIED = (
    *("customer_360", "tier_migrations", "cohort_retention", "cohort_means", "retention_before_after"),
    *("prediction_deciles", "model_cards", "festival_comparison", "kpi_scorecard"),
    *("festival_effects", "campaign_effects"),
)


@pytest.fixture
def publish(tmp_path: Path) -> Callable[..., Path]:
    """Return a function that writes a published file, changed by further statements."""
    return partial(write_file, tmp_path / "marts.duckdb")


def write_file(file: Path, *changes: str) -> Path:
    with duckdb.connect(str(file)) as connection:
        connection.execute(TABLES.read_text(encoding="utf-8"))
        for change in changes:
            connection.execute(change)
    return file


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The page of the shop as it is."""
    return page_of(write_file(tmp_path_factory.mktemp("shop") / "marts.duckdb"))


def page_of(file: Path) -> str:
    page, undrawn = compose_page(file=file, small_count=FEW)
    assert undrawn == {}
    return page


@pytest.fixture
def no_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a page be composed without its pictures, where only words matter."""
    monkeypatch.setattr(composition, "render", lambda *_, **__: [])


def section_of(page: str, name: str) -> str:
    found = re.search(rf'<section class="card" id="{name}">.*?</section>', page, re.DOTALL)
    assert found, name
    return found[0]


def told_by_marks(part: str) -> list[str]:
    """What marks say when a mouse rests on them."""
    return [html.unescape(text) for text in re.findall(r"<title>([^<]*)</title>", part)]


def plain(part: str) -> str:
    """The text of a part, without its pictures."""
    text = re.sub(r"<svg.*?</svg>", "", part, flags=re.DOTALL)
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", text)).split())


def test_the_head_says_what_came_in_what_passed_and_what_is_withheld(page):
    head = plain(page.split("<nav>")[0])
    for text in (
        "20260701T030000-abcdef",
        "As of 2026-06-30",
        "passed 1 / 2",
        "late_files",
        "Rows in 1,920",
        "Rows in quarantine 27",
        "orders 1,500 1,490 7 3",
        "withheld 客户终身价值 Customer value The naive forecast errs less & <b>so it is</b> withheld.",
        "published 流失预测 Churn Beats every baseline.",
        "* n < 30",
    ):
        assert text in head


def test_gates_that_refuse_are_named(publish, no_pictures):
    head = plain(page_of(publish("update governance.gate_results set is_passed = false")).split("<nav>")[0])
    assert "refused 0 / 2" in head
    assert "⚠ orders_have_money" in head


def test_the_scorecard_holds_every_row_in_its_unit(page):
    said = plain(section_of(page, "scorecard"))
    assert "met 2 · missed 2 · not measurable 4 · for information 2" in said
    for text in (
        "转化率 Conversion 5.1 % ≥ 4.5 % 10,000 ✓ 达标 met",
        "Conversion 邮件 e-mail 4.0 % ≥ 4.2 % 25 n 小 few ✕ 未达标 missed",
        "Net promoter score (NPS) +27.5 ↑ 69 ○ 暂不可衡量 not measurable",
        "30 days, gain −2.8 pp > 0 pp 1,000 ✕",
        "(CNY/customer) 2,438.47 ≥ 150.00 1,000 ✓",
        "Customer value, 12 months (CNY/customer) 等级 黄金 tier Gold 6,343.00 – 10 n 小 few ○ 仅供参考 for information",
        "Conversion 社交 social 3.0 % – 100 ○ 仅供参考 for information",
        "Stage conversion 成熟期 mature ≥ 8.0 %; 新客 new ≥ 7.0 % · Nothing could be counted.",
        "a new kpi",
    ):
        assert text in said
    assert said.index("未达标 missed") < said.index("达标 met ")


def test_marks_say_the_figures_of_the_file(page):
    told = {name: told_by_marks(section_of(page, name)) for name in SECTIONS}
    assert told["scorecard"] == []
    assert "铂金 Platinum · 8 客户 customers · 2.0 %" in told["tiers"]
    assert (
        "铂金 Platinum · 240,000.00 CNY · 29.4 %" in told["tiers"]
    )  # of 240,000 + 410,000 + 144,000 + 22,500
    assert sorted(text for text in told["tiers"] if "→" in text) == [
        *("Bronze → Silver · 14", "Gold → none · 3", "Silver → Bronze · 6"),
        *("new → Bronze · 25", "none → Silver · 2"),
    ]
    assert "2026-01 +1 · 23 / 39 · 60.0 % (48.0 % – 72.0 %)" in told["cohorts"]
    assert "30 天复购率 Repeat purchase, 30 days · 之前 before · 50 / 100 · 50.0 %" in told["before_after"]
    assert "30 天复购率 Repeat purchase, 30 days · +10.0 pp (+4.0 pp … +16.0 pp)" in told["before_after"]
    assert "10 / 10 · 预测 foretold · 900 · n 40" in told["customer_value"]
    assert "10 / 10 · 实际 actual · 5.00 · n 40" in told["customer_value"]
    assert "3 / 10 · 预测 foretold 27.0 % · 实际 actual 30.0 % · n 40" in told["churn"]
    assert "模型 model · AUC · 0.910" in told["churn"]
    assert "2026-06-18 · 本年 this year · 2,000.00 CNY" in told["festivals"]
    assert told["effects"] == [
        "双11 2025 Double 11 2025 · ×0.75 (×0.50 … ×1.12) · 90 / 120.0",
        "618 年中大促 2025 618 2025 · ×1.87 (×1.68 … ×2.08) · 495 / 265.0",
        "C2 · B ÷ A · ×1.50 (×1.10 … ×2.05) · 60 / 40.0",
        "C2 · C ÷ A * · ×2.50 (×1.25 … ×5.00) · 29 / 11.6",
    ]


def test_a_month_that_is_not_over_has_no_cell_and_few_buyers_have_a_star(page):
    cohorts = section_of(page, "cohorts")
    drawn = set(told_by_marks(cohorts))
    assert not [text for text in drawn if text.startswith("2026-06 ") or "+0 " in text]
    assert {text[:7] for text in drawn} == {
        f"{2024 + (month + 5) // 12}-{(month + 5) % 12 + 1:02d}" for month in range(24)
    }
    shown = set(re.findall(r">(\d{4}-\d{2} · \d+\*?)<", cohorts))
    assert {label for label in shown if label.endswith("*")} == {
        label for label in shown if int(label.rstrip("*").split(" · ")[1]) < FEW
    }
    assert "2024-06 · 20*" in shown
    assert "2026-01 · 39" in shown


def test_what_cannot_be_shown_is_said(page):
    assert "90 天留存率" in plain(section_of(page, "before_after"))
    assert "Retention, 90 days: not measurable" in plain(section_of(page, "before_after"))
    assert "12 / 20" not in plain(section_of(page, "before_after"))
    assert "60.0 % (n 20 *)" in plain(section_of(page, "before_after"))
    assert "Double 11: the data holds no year before it." in plain(section_of(page, "festivals"))
    value = section_of(page, "customer_value")
    assert "Withheld from this release: The naive forecast errs less & <b>so it is</b>" in plain(value)
    assert "<b>so it is</b>" not in value


def test_festivals_compare_only_days_that_both_years_know(page):
    said = plain(section_of(page, "festivals"))
    both = range(-17, 13)
    now, before = (
        sum(base + 100 * (abs(day) % step) for day in both) for base, step in ((2000, 7), (1000, 5))
    )
    assert f"618 年中大促 2026 618 {now:,} {before:,} {now / before - 1:+.1%}".replace("%", " %") in said
    assert "2025 618" not in said


def test_an_effect_that_cannot_be_told_is_named_with_its_reason(page):
    said = plain(section_of(page, "effects"))
    for text in (
        "618 2026: not measurable, too few ordinary days on one side, or too few repeat orders.",
        "C3 · B ÷ A: the days after the message are not over.",
        "C1 · B ÷ A *: not measurable, one of the two groups ordered nothing.",
        "618 年中大促 2026 618 2026 2026-06-01 881 – –",
        "C3 · B ÷ A 2026-06-25 – – –",
        "C1 · B ÷ A * 2026-02-01 4 0.0 –",
    ):
        assert text in said
    in_both_languages_and_in_the_table = 3
    assert said.count("C3 · B ÷ A") == in_both_languages_and_in_the_table


@pytest.mark.parametrize(
    ("lacking", "said"),
    [
        ("delete from campaign_effects", "No campaign has several variants."),
        ("delete from festival_effects", "No festival lies within the data from its first day to its last."),
    ],
)
def test_effects_of_one_kind_are_shown_without_the_other(publish, no_pictures, lacking, said):
    section = section_of(page_of(publish(lacking)), "effects")
    assert said in plain(section)
    assert section.count("<figure") == 1


def test_the_latest_effects_have_room(publish, no_pictures):
    earlier = """
        insert into festival_effects by name
        select * exclude (years)
        replace (cast(festival_year - years as integer) as festival_year, cast(ends_on - to_years(years::integer) as date) as ends_on)
        from festival_effects, range(1, 16) as earlier (years)
        where festival = '618' and festival_year = 2025
    """
    said = plain(section_of(page_of(publish(earlier)), "effects"))
    assert "618 2016 " in said
    assert "618 2015 " not in said


def test_an_empty_file_says_so_in_every_section_and_draws_nothing(publish):
    page = page_of(publish(*(f"delete from {table}" for table in EMPTIED)))
    assert "<svg" not in page
    for name in SECTIONS:
        assert 'class="missing"' in section_of(page, name), name
    assert "crm_start_date" in section_of(page, "before_after")


@pytest.mark.parametrize("broken", ["tiers", "festivals"])
def test_a_part_that_cannot_be_drawn_is_named_and_the_others_stand(publish, monkeypatch, no_pictures, broken):
    def refuse(published):
        raise ZeroDivisionError("planted")

    title, _ = SECTIONS[broken]
    monkeypatch.setattr(composition, "SECTIONS", {**SECTIONS, broken: (title, refuse)})
    page, undrawn = compose_page(file=publish(), small_count=FEW)
    assert undrawn.keys() == {broken}
    assert "ZeroDivisionError: planted" in undrawn[broken]
    assert "This part could not be drawn" in section_of(page, broken)
    assert "planted" not in page
    drawn = {name for name in SECTIONS if "<figure" in section_of(page, name)}
    assert drawn == set(SECTIONS) - {"scorecard", broken}


def test_a_page_that_cannot_be_drawn_at_all_is_written_and_says_so(tmp_path):
    undrawn = write_page(
        folder=tmp_path, file=tmp_path / "absent.duckdb", release_id="<r>", as_of_date=date(2026, 6, 30)
    )
    assert undrawn.keys() == {"page"}
    page = (tmp_path / REVIEW_FILE).read_text(encoding="utf-8")
    assert "<h1>&lt;r&gt;</h1>" in page
    assert "The release itself stands" in page
    with pytest.raises(FileNotFoundError):
        write_page(
            folder=tmp_path / "gone",
            file=tmp_path / "absent.duckdb",
            release_id="r",
            as_of_date=date(2026, 6, 30),
        )


def test_the_same_content_gives_the_same_page(publish, page):
    assert page_of(publish()) == page


def test_the_order_in_which_rows_lie_does_not_show(publish, page):
    file = publish()
    with duckdb.connect(str(file)) as connection:
        tables = connection.execute(
            "select table_schema || '.' || table_name from information_schema.tables"
        ).fetchall()
        for (table,) in tables:
            connection.execute(f"create or replace table {table} as from {table} order by rowid desc")
    assert page_of(file) == page


def test_names_inside_pictures_are_unique_in_the_page(page):
    names = re.findall(r'\bid="([^"]+)"', page)
    assert len(names) == len(set(names)) > len(SECTIONS)
    assert set(re.findall(r"url\(#([^)]+)\)", page)) <= set(names)


def test_what_a_table_says_is_never_markup(publish):
    planted = '<img src="http://planted.example/x.png"><script>planted()</script>'
    page = page_of(
        publish(
            f"update model_cards set reason = '{planted}'",
            f"update festival_comparison set label_zh = '{planted}'",
            f"update campaign_effects set campaign_id = '{planted}' where campaign_id = 'C2'",
            f"update kpi_scorecard set kpi = '{planted}' where kpi = 'a_new_kpi'",
            f"update governance.gate_results set gate = '{planted}'",
            f"update customer_360 set rfm_tier = '{planted}' where rfm_tier = 'Gold'",
        )
    )
    assert "planted.example" in page
    assert "<script" not in page
    assert "<img" not in page


def test_charts_are_as_their_language_allows(publish, monkeypatch):
    drawn = []

    def keep(chart, **_):
        drawn.append(chart)
        return ""

    monkeypatch.setattr(pictures, "_svg", keep)
    page_of(publish())
    assert len(drawn) == 2 + 2 + 2 + 2 + 2 + 2 + 2
    for chart in drawn:
        chart.to_dict(validate=True)


def test_every_kpi_festival_and_model_of_the_rules_has_chinese_words():
    for seed, column, known in (
        ("kpi_targets", "kpi", labels.KPIS),
        (
            "kpi_targets",
            "segment",
            labels.PARTS | {f"{kind}:*": name for kind, name in labels.PREFIXES.items()},
        ),
        ("festivals", "festival", labels.FESTIVALS),
        ("rfm_tiers", "rfm_tier", labels.TIERS),
    ):
        with (SEEDS_DIR / f"{seed}.csv").open(encoding="utf-8", newline="") as rows:
            names = {row[column] for row in csv.DictReader(rows)}
        assert names - known.keys() == set(), seed


def test_the_number_that_counts_as_few_is_a_rule(monkeypatch, tmp_path):
    from orchestration.release.review import page

    assert small_count(date(2026, 6, 30)) == FEW
    rows = "setting,value,unit,reason,valid_from\nreview_small_count,{},customers,why,{}\n"
    seed = tmp_path / "model_settings.csv"
    seed.write_text(rows.format(10, "2026-01-01") + "review_small_count,50,customers,why,2026-06-01\n")
    monkeypatch.setattr(page, "SEEDS_DIR", tmp_path)
    assert [
        small_count(date(2025, 12, 31)),
        small_count(date(2026, 5, 31)),
        small_count(date(2026, 6, 1)),
    ] == [*(0, 10, 50)]


def test_figures_are_printed_in_their_unit():
    assert (percent(0.1234), percent(None), percent(-0.05)) == ("12.3 %", "–", "−5.0 %")
    assert (points(0.031), points(-0.2), points(0.0)) == ("+3.1 pp", "−20.0 pp", "0 pp")
    assert count(12345.0) == "12,345"
    assert measured(9.984, unit="hours") == "9.98"
    assert measured(-0.25, unit="relative change") == "−25.0 %"


def test_no_command_waits_for_the_libraries_that_draw():
    code = "import sys; import orchestration.cli, orchestration.assets; sys.exit(bool({'altair', 'vl_convert'} & sys.modules.keys()))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
