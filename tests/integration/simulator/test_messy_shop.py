"""What the mess plants is counted, findable, and takes no good row away."""

from __future__ import annotations

import gzip
import re
from collections import Counter
from io import BytesIO
from pathlib import Path

import polars as pl
import pytest
import zstandard

from simulator.columns import EXTRACT_COLUMNS
from simulator.shop import simulate

KINDS = {
    "blocked_account", "duplicate_row", "earlier_state", "email_upper_case", "email_with_spaces",
    "empty_email", "empty_phone", "encoding_gb18030", "encoding_utf-8-sig", "family_email", "file_twice",
    "file_twice_row", "guest_order", "invalid_email", "late_refund", "late_row", "masked_phone", "new_column", "packed_gzip",
    "packed_zstd", "phone_full_width", "phone_plus_86", "phone_spaced", "placeholder_email",
    "placeholder_phone", "reused_phone", "several_platforms_all", "several_platforms_browser",
    "several_platforms_email", "several_platforms_phone", "shared_browser", "shared_phone", "text_in_number",
    "too_few_fields", "too_many_fields", "update_out_of_order", "year_zero",
}  # fmt: skip


def decoded(path: Path) -> str:
    """The file's text, whatever its packing and encoding."""
    content = path.read_bytes()
    if path.suffix == ".gz":
        content = gzip.decompress(content)
    if path.suffix == ".zst":
        content = zstandard.decompress(content)
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("gb18030")


def good_rows(shop, extract: str) -> pl.DataFrame:
    """All rows of a messy extract that are not broken, as text, with their `file`."""
    frames = []
    for path in shop.files(extract):
        header, *lines = decoded(path).splitlines()
        kept = [header, *(line for line in lines if not line.startswith("X"))]
        frame = pl.read_csv(BytesIO("\n".join(kept).encode()), infer_schema=False)
        frames.append(frame.with_columns(file=pl.lit(str(path.relative_to(shop.out)))))
    return pl.concat(frames, how="diagonal")


def latest(rows: pl.DataFrame, keys: list[str], *, by: str = "updated_at") -> pl.DataFrame:
    return rows.sort(by).unique(keys, keep="last").sort(keys)


@pytest.fixture(scope="module")
def people(messy_shop) -> pl.DataFrame:
    rows = good_rows(messy_shop, "registrations")
    return latest(rows, ["platform", "account_id"])


def test_every_kind_of_mess_is_planted(messy_shop) -> None:
    assert set(messy_shop.planted()) == KINDS
    assert messy_shop.summary.mess_count == sum(messy_shop.planted().values())


@pytest.mark.parametrize("kind", ["duplicate_row", "masked_phone", "empty_email", "late_refund", "year_zero"])
def test_more_mess_plants_more(messy_shop, little_mess: dict[str, int], kind: str) -> None:
    assert 0 < little_mess[kind] < messy_shop.planted()[kind] / 2


@pytest.fixture(scope="module")
def little_mess(tmp_path_factory: pytest.TempPathFactory) -> dict[str, int]:
    out = tmp_path_factory.mktemp("little") / "shop"
    simulate(out=out, customers=1_500, seed=3, mess=0.2)
    return dict(
        pl.read_parquet(out / "_truth" / "mess.parquet").group_by("kind").agg(pl.sum("count")).iter_rows()
    )


@pytest.mark.parametrize(
    ("extract", "keys"),
    [
        ("registrations", ["platform", "account_id"]),
        ("order_items", ["platform", "order_id", "line_no"]),
        ("browse_events", ["event_id"]),
        ("tickets", ["platform", "ticket_id"]),
        ("feedback", ["feedback_id"]),
    ],
)
def test_rows_less_planted_copies_are_the_keys(messy_shop, extract: str, keys: list[str]) -> None:
    rows = good_rows(messy_shop, extract)
    mess = messy_shop.truth("mess").filter(pl.col("file").str.starts_with(f"{extract}/"))
    copied = good_rows(messy_shop, extract).filter(pl.col("file").str.contains("补发")).height
    extra = mess.filter(pl.col("kind").is_in(["duplicate_row", "earlier_state", "update_out_of_order"]))
    assert rows.height - copied - extra["count"].sum() == rows.select(keys).n_unique()


def test_broken_lines_are_counted_per_file(messy_shop) -> None:
    kinds = ["too_few_fields", "too_many_fields", "text_in_number", "year_zero"]
    mess = messy_shop.truth("mess").filter(pl.col("kind").is_in(kinds))
    told = dict(mess.group_by("file").agg(pl.col("count").sum()).iter_rows())
    seen: Counter[str] = Counter()
    for extract in EXTRACT_COLUMNS:
        for path in messy_shop.files(extract):
            if "补发" not in str(path):
                broken = sum(line.startswith("X") for line in decoded(path).splitlines())
                seen.update({str(path.relative_to(messy_shop.out)): broken})
    assert told == {file: count for file, count in seen.items() if count}


def test_latest_orders_still_balance_to_the_cent(messy_shop) -> None:
    keys = ["platform", "order_id"]
    money = pl.Decimal(18, 2)
    orders = latest(good_rows(messy_shop, "orders"), keys).with_columns(pl.col("^.*_amount$").cast(money))
    items = good_rows(messy_shop, "order_items").unique([*keys, "line_no"])
    worth = (pl.col("unit_price").cast(money) * pl.col("quantity").cast(pl.Int64)).cast(pl.Float64)
    kept = (worth - pl.col("discount_amount").cast(pl.Float64)) * (
        1 - pl.col("refunded_quantity").cast(pl.Int64) / pl.col("quantity").cast(pl.Int64)
    )
    left = items.group_by(keys).agg(kept=kept.sum())
    sold = orders.filter(pl.col("status").is_in(["paid", "shipped", "completed", "refunded"])).join(
        left, on=keys
    )
    shipping = pl.when(pl.col("status") == "refunded").then(0).otherwise(pl.col("shipping_amount"))
    gap = pl.col("paid_amount") - pl.col("refunded_amount") - shipping - pl.col("kept")
    assert orders.height == items.select(keys).n_unique()
    assert sold.select(gap.cast(pl.Float64).abs().max()).item() < 1e-6


def test_late_refunds_come_half_a_year_later_in_their_own_file(messy_shop) -> None:
    rows = good_rows(messy_shop, "orders").filter(pl.col("file").str.contains("/orders_refunds_"))
    rows = rows.filter(pl.col("status") == "refunded").unique("order_id")
    wait = rows.select(pl.col("updated_at").str.to_datetime() - pl.col("ordered_at").str.to_datetime())
    assert rows.height == messy_shop.planted()["late_refund"]
    assert wait.to_series().dt.total_days().min() >= 180
    before = good_rows(messy_shop, "orders").filter(~pl.col("file").str.contains("/orders_refunds_"))
    assert set(before.join(rows, on="order_id", how="semi")["status"]) <= {"completed", "paid"}


def test_guests_have_no_account(messy_shop) -> None:
    orders = latest(good_rows(messy_shop, "orders"), ["platform", "order_id"])
    assert orders["account_id"].null_count() == messy_shop.planted()["guest_order"]


def test_empty_and_invalid_emails_stay_below_what_the_gates_refuse(messy_shop) -> None:
    rows = good_rows(messy_shop, "registrations")
    assert 0 < rows["email"].null_count() / rows.height <= 0.10
    odd = rows.drop_nulls("email").filter(~pl.col("email").str.contains(r"^\s*[^@\s]+@[^@\s]+\.[^@\s]+\s*$"))
    assert 0 < odd.height / rows.height <= 0.05


def test_masked_phones_keep_three_and_four_digits(messy_shop, people: pl.DataFrame) -> None:
    masked = people.filter(pl.col("phone").str.contains(r"^1\d{2}\*{4}\d{4}$"))
    assert masked.height == messy_shop.planted()["masked_phone"]


def normal_phone(text: str | None) -> str | None:
    digits = re.sub(r"\D", "", (text or "").translate({0xFF10 + k: str(k) for k in range(10)}))
    return digits[-11:] or None


def test_linked_accounts_share_one_identifier_however_written(messy_shop, people: pl.DataFrame) -> None:
    known = people.join(messy_shop.truth("accounts"), on=["platform", "account_id"]).with_columns(
        pl.col("phone").map_elements(normal_phone, return_dtype=pl.String),
        pl.col("email").str.strip_chars().str.to_lowercase(),
    )
    several = known.filter(pl.len().over("person_id") > 1).sort("person_id", "registered_at")
    assert several.height > 300
    shared = pl.any_horizontal(
        pl.col(name).is_duplicated().over("person_id") for name in ("phone", "email", "anonymous_id")
    )
    assert several.select(shared.all()).item()
    assert (several.group_by("person_id").agg(pl.col("phone").n_unique())["phone"] > 1).any()


def test_shared_phones_are_shared_by_many_and_reused_ones_over_a_year_apart(
    messy_shop, people: pl.DataFrame
) -> None:
    known = people.join(messy_shop.truth("accounts"), on=["platform", "account_id"]).with_columns(
        pl.col("phone").map_elements(normal_phone, return_dtype=pl.String),
        at=pl.col("registered_at").str.to_datetime(),
    )
    usable = known.filter(
        pl.col("phone").str.contains(r"^1[3-9]\d{9}$") & ~pl.col("phone").str.contains("0{8}|00138000")
    )
    groups = usable.group_by("phone").agg(
        persons=pl.col("person_id").n_unique(),
        names=pl.col("name").n_unique(),
        apart=pl.col("at").max() - pl.col("at").min(),
    )
    assert groups["persons"].max() >= 15
    reused = groups.filter(pl.col("persons") == 2)
    assert reused.height == messy_shop.planted()["reused_phone"]
    assert reused["apart"].dt.total_days().min() > 365


def test_families_share_a_mailbox_and_nothing_else_that_names_a_person(
    messy_shop, people: pl.DataFrame
) -> None:
    known = people.join(messy_shop.truth("accounts"), on=["platform", "account_id"]).with_columns(
        pl.col("email").str.strip_chars().str.to_lowercase(), family=pl.col("name").str.slice(0, 1)
    )
    usable = known.filter(pl.col("email").str.contains("@"), ~pl.col("email").str.contains("^(test|none)@"))
    homes = usable.filter(pl.col("person_id").n_unique().over("email") > 1)
    assert homes.height == messy_shop.planted()["family_email"] > 5
    assert homes["person_id"].is_unique().all()
    for _, home in homes.group_by("email"):
        assert 2 <= home.height <= 4
        assert home.select("family", "city").n_unique() == 1
        assert home["name"].is_unique().all()
        assert home["birth_date"].null_count() == 0
        assert home["birth_date"].is_unique().all()


def test_new_columns_begin_in_the_middle_of_history(messy_shop) -> None:
    for extract, name in (("orders", "store_id"), ("browse_events", "app_version")):
        heads = {path.name: decoded(path).split("\n", 1)[0] for path in messy_shop.files(extract)}
        early = [head for file, head in heads.items() if file.startswith(f"{extract}_2024")]
        late = [head for file, head in heads.items() if file.startswith(f"{extract}_2026-01-01")]
        assert early
        assert late
        assert all(name not in head for head in early)
        assert all(head.endswith(f",{name}") for head in late)


def test_repeated_files_are_equal_byte_for_byte(messy_shop) -> None:
    mess = messy_shop.truth("mess").filter(pl.col("kind") == "file_twice")
    assert mess.height > 5
    for file in mess["file"]:
        copy = messy_shop.out / file
        first = copy.parent.parent / copy.name.replace(" copy", "")
        assert copy.read_bytes() == first.read_bytes()


def test_old_states_arrive_after_the_new_ones(messy_shop) -> None:
    rows = good_rows(messy_shop, "orders")
    old = rows.filter(
        pl.col("file").str.contains("/orders_updates_of_") & ~pl.col("file").str.contains("补发")
    )
    newest = latest(rows, ["platform", "order_id"]).select("order_id", newest="updated_at")
    stale = old.join(newest, on="order_id").filter(pl.col("updated_at") < pl.col("newest"))
    assert stale.height == old.height > 50
