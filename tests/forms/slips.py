"""Slips of the pen in a form's cards and lists: what is replaced by what, and what must be said."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Slip:
    """`new` in place of `old`; the message names the file, `key`, `found`, and of the words that
    may stand there `choice`, the nearest ('' = none is near)."""

    file: str
    old: str
    new: str
    key: str
    message_key: str
    found: str = ""
    choice: str = ""
    file_named: str = ""  # where another file than the one that was changed is named

    def make(self, folder: Path) -> None:
        path = folder / self.file
        text = path.read_text(encoding="utf-8")
        assert self.old in text
        path.write_text(text.replace(self.old, self.new, 1), encoding="utf-8")


FIRST_CARD = (
    'key = "superior_union"\ntitle = "所属上级工会组织"\nsection = "单位概况"\nkind = "text"'
)
LAST_LIST = 'name = "members"\npath = "members.csv"\nsheet = "member"'

SLIPS = (
    # sheets
    Slip("form.toml", 'sheets = ["unit", "member"]', 'sheets = ["unit", "unit"]', "sheets[2]", "form_twice", "unit"),
    Slip("form.toml", 'sheets = ["unit", "member"]', 'sheets = ["member"]', "form.sheets", "form_sheets", "member"),
    Slip("form.toml", 'sheets = ["unit", "member"]', 'sheets = ["unit", "rules"]', "form.sheets", "form_sheet_key", "rules"),
    Slip("form.toml", 'sheets = ["unit", "member"]', 'sheets = ["unit", "members"]', "", "form_no_file", file_named="members.toml"),
    Slip("member.toml", 'shape = "table"', 'shape = "tabel"', "sheet.shape", "form_shape", "tabel", "table"),
    Slip("member.toml", 'counter = "人"', 'count = "人"', "sheet.count", "form_unknown_key", "count", "counter"),
    Slip("form.toml", 'sheet = "member"', 'sheet = "unit"', "resource.members.sheet", "form_twice", "unit"),
    # TOML itself
    Slip("form.toml", "[form]", "[form", "[", "form_not_toml", "[form"),
    Slip("unit.toml", 'title = "基层单位信息表"', "title = 基层", "[", "form_not_toml", "title = 基层"),
    Slip("member.toml", "width = 14", "width = 14\nwidth = 15", "[", "form_toml_twice", "width = 15"),
    # keys that mean nothing
    Slip("form.toml", "[limits]", "[limit]", "limit", "form_unknown_key", "limit", "limits"),
    Slip("form.toml", 'period = "2026"', 'perid = "2026"', "form.perid", "form_unknown_key", "perid", "period"),
    Slip("form.toml", "rows = 500", "row = 500", "limits.row", "form_unknown_key", "row", "rows"),
    Slip("form.toml", 'font = "', 'fonts = "', "template.fonts", "form_unknown_key", "fonts", "font"),
    Slip("form.toml", 'heading = "有问题', 'headings = "有问题', "contacts.headings", "form_unknown_key", "headings", "heading"),
    Slip("form.toml", 'encoding = "utf-8"', 'encodings = "utf-8"', "package.encodings", "form_unknown_key", "encodings", "encoding"),
    Slip("form.toml", LAST_LIST, f'{LAST_LIST}\ncolums = []', "package.resource.members.colums", "form_unknown_key", "colums", "columns"),
    Slip("unit.toml", 'aliases = ["基层', 'alias = ["基层', "sheet.alias", "form_unknown_key", "alias", "aliases"),
    Slip("unit.toml", 'item = "项目"', 'items = "项目"', "headings.items", "form_unknown_key", "items", "item"),
    Slip("unit.toml", "min = 1", "mim = 1", "legal_entities.mim", "form_unknown_option", "mim", "min"),
    Slip("unit.toml", FIRST_CARD, FIRST_CARD + "\nrequierd = true", "superior_union.requierd", "form_unknown_option", "requierd", "required"),
    Slip("rules.toml", "years = 5", "years = 5\nday = 3", "X135.day", "form_unknown_family_option", "day"),
    Slip("rules.toml", "explainable = true", "explainabel = true", "X101.explainabel", "form_unknown_family_option", "explainabel", "explainable"),
    Slip("rules.toml", "[[rule]]", "[[rules]]", "rules", "form_unknown_key", "rules", "rule"),
    # what is missing
    Slip("form.toml", 'id = "jiceng"\n', "", "form.id", "form_missing"),
    Slip("form.toml", "rows = 500", "", "limits.rows", "form_missing"),
    Slip("unit.toml", 'item = "项目"\n', "", "headings.item", "form_missing"),
    Slip("unit.toml", FIRST_CARD, FIRST_CARD.replace("title", "titel"), "superior_union.title", "form_missing", "titel", "title"),
    Slip("rules.toml", 'level = "error"\n', "", "X101.level", "form_missing"),
    Slip("rules.toml", 'at = "unit.members"\n', "", "X101.at", "form_missing"),
    # wrong types
    Slip("form.toml", 'id = "jiceng"', 'id = ""', "form.id", "form_text", '""'),
    Slip("form.toml", 'period = "2026"', "period = 2026", "form.period", "form_text", "2026"),
    Slip("form.toml", "rows = 500", 'rows = "many"', "limits.rows", "form_whole_number", '"many"'),
    Slip("form.toml", "rows = 500", "rows = 0", "limits.rows", "form_whole_number", "0"),
    Slip("form.toml", "[contacts]", "[[contacts]]", "contacts", "form_table", "有问题"),
    Slip("unit.toml", "required = true", "required = 1", "superior_union.required", "form_flag", "1"),
    Slip("unit.toml", "min = 1", 'min = "one"', "legal_entities.min", "form_whole_number", '"one"'),
    Slip("unit.toml", "min = 1", "min = 9\nmax = 3", "legal_entities.min", "form_min_above_max", "9"),
    Slip("unit.toml", 'aliases = ["基层单位信息", ', 'aliases = [3, ', "sheet.aliases", "form_texts", "[3,"),
    Slip("member.toml", "width = 14", 'width = "14"', "name.width", "form_whole_number", '"14"'),
    Slip("member.toml", 'earliest = "1921-01-01"', 'earliest = "1921"', "joined_on.earliest", "form_date", '"1921"'),
    Slip("member.toml", 'title = "会员基本信息表"', 'title = "会员/信息"', "sheet.title", "form_sheet_name", "会员/信息"),
    Slip("rules.toml", 'at = "unit.members"', "at = 3", "X101.at", "form_at", "3"),
    Slip("rules.toml", 'limits = ["unit.staff"]', 'limits = "unit.staff"', "X101.limits", "form_at", '"unit.staff"'),
    Slip("rules.toml", "years = 5", "years = 0", "X135.years", "form_whole_number", "0"),
    # words that nothing answers to
    Slip("form.toml", "[levels]", '[levels]\nK116 = "warnig"', "levels.K116", "form_level", "warnig", "warning"),
    Slip("form.toml", "[levels]", '[levels]\nK999 = "note"', "levels.K999", "form_no_check", "K999"),
    Slip("form.toml", 'encoding = "utf-8"', 'encoding = "utf-9"', "package.encoding", "form_no_encoding", "utf-9", "utf-8"),
    Slip("form.toml", 'path = "unit.csv"', 'path = "../unit.csv"', "package.resource.unit.path", "form_file_name", "../unit.csv"),
    Slip("form.toml", LAST_LIST, LAST_LIST.replace('"member"', '"members"'), "package.resource.members.sheet", "form_no_sheet", "members", "member"),
    Slip("form.toml", LAST_LIST, LAST_LIST + '\ncolumns = ["id_numbr"]', "package.resource.members.columns", "form_no_field", "id_numbr", "id_number"),
    Slip("form.toml", LAST_LIST, LAST_LIST + '\ncolumns = [["a", "b", "c"]]', "package.resource.members.columns", "form_columns", '["a", "b", "c"]'),
    Slip("unit.toml", 'kind = "phone"', 'kind = "telephone"', "phone.kind", "form_unknown_kind", "telephone", "phone"),
    Slip("unit.toml", 'codes = "honour"', 'codes = "honours"', "honour.codes", "form_no_list", "honours", "honour"),
    Slip("unit.toml", 'within = "industry"', 'within = "industy"', "industry_division.within", "form_no_field", "industy", "industry"),
    Slip("unit.toml", 'identity = "unit_name"', 'identity = "unit_nam"', "unit_name.identity", "form_no_identity_entry", "unit_nam", "unit_name"),
    Slip("unit.toml", 'source = "legal_entities"', 'source = "legal_entity"', "organisation_form.derive.source", "form_no_field", "legal_entity", "legal_entities"),
    Slip("unit.toml", 'by = "threshold"', 'by = "treshold"', "organisation_form.derive.by", "form_unknown_derivation", "treshold", "threshold"),
    Slip("member.toml", 'by = "sex_of_id"', 'by = "threshold"', "sex.derive.source", "form_field_kind", "id_number"),
    Slip("member.toml", 'regions = "region"', 'regions = "sex"', "id_number.regions", "form_region_codes", "sex"),
    Slip("rules.toml", 'family = "unique"', 'family = "uniqe"', "X191.family", "form_unknown_family", "uniqe", "unique"),
    Slip("rules.toml", 'at = "member.id_number"\nborn', 'at = "member.id"\nborn', "X173.at", "form_no_field", "member.id", "member.id_number"),
    Slip("rules.toml", 'limits = ["unit.staff"]', 'limits = ["unit.stuff"]', "X101.limits", "form_no_field", "unit.stuff", "unit.staff"),
    Slip("rules.toml", 'limits = ["unit.staff"]', 'limits = ["unit.phone"]', "X101.limits", "form_field_kind", "unit.phone"),
    Slip("rules.toml", 'limits = ["unit.staff"]', 'limits = ["staff.staff"]', "X101.limits", "form_no_field", "staff.staff", "unit.staff"),
    Slip("rules.toml", 'level = "note"', 'level = "nota"', "X113.level", "form_level", "nota", "note"),
    Slip("rules.toml", 'code = "X101"', 'code = "Z1"', "Z1.code", "form_rule_code", "Z1"),
    # what stands twice, or means two things
    Slip("unit.toml", 'key = "phone"', 'key = "Phone"', "Phone.key", "form_key_name", "Phone"),
    Slip("unit.toml", 'key = "phone"', 'key = "address"', "field[5].key", "form_twice", "address"),
    Slip("unit.toml", 'title = "荣誉类别"', 'title = "荣誉级别"', "honour_level", "form_twice", "荣誉级别"),
    Slip("rules.toml", 'code = "X102"', 'code = "X101"', "rule[2].code", "form_twice", "X101"),
    Slip("codes/sex.csv", "2,女", "1,女", "[3]", "form_code_twice", "1,女"),
    Slip("codes/sex.csv", "2,女", "2,男", "chair_sex.codes", "form_ambiguous", "sex", file_named="unit.toml"),
    # code lists
    Slip("codes/sex.csv", "2,女", "2,", "[3]", "form_code_blank", "2,"),
    Slip("codes/sex.csv", "2,女", "2,女,3,4,5,6,7,8", "[3]", "form_columns_count", "2,女,3"),
    Slip("codes/sex.csv", "code", "cod", "[1]", "form_no_column", "cod"),
    Slip("codes/sex.csv", "2,女", '2,"女', "", "form_not_csv"),
    # the texts of rules and of the workbook
    Slip("form.toml", 'font = "微软雅黑"', 'font = "{"', "template.font", "form_braces", "{"),
    Slip("form.toml", 'font = "微软雅黑"', 'filled = "{m} 人"', "template.filled", "form_words", "{m}", "{n}"),
    Slip("rules.toml", 'family = "unique"', 'family = "unique"\ntitle = "{"', "X191.title", "form_braces", "{"),
    # statistics
    Slip("form.toml", 'kind = "ages"', 'kind = "age"', "statistics.table[3].kind", "form_statistics_kind", "age", "ages"),
    Slip("form.toml", 'part = "unit.members"', 'part = "unit.member"', "statistics.table[2].rates[1].part", "form_no_field", "unit.member", "unit.members"),
    Slip("form.toml", 'born = "member.birthday"', 'born = "member.name"', "statistics.table[3].born", "form_field_kind", "member.name"),
    Slip("form.toml", 'heading = "年龄"', 'headin = "年龄"', "statistics.table[3].headin", "form_unknown_key", "headin", "heading"),
    Slip("form.toml", "step = 5", "step = 7", "statistics.table[3].step", "form_bands", "7"),
    Slip("form.toml", "step = 5", 'step = "5"', "statistics.table[3].step", "form_whole_number", '"5"'),
    Slip("form.toml", 'header = ["项目", "人数"]', 'header = ["项目"]', "statistics.table[1].header", "form_header", "项目"),
    Slip("form.toml", "收集进度（{period}）", "收集进度（{perod}）", "statistics.collection.progress_title", "form_words", "{perod}", "{period}"),
    Slip("form.toml", 'by = ["superior_union"', 'by = ["superior_unio"', "statistics.collection.by", "form_no_field", "superior_unio", "superior_union"),
    Slip("form.toml", "jump_at_least", "jump_at_lest", "statistics.collection.jump_at_lest", "form_unknown_key", "jump_at_lest", "jump_at_least"),
    Slip("form.toml", 'unknown = "不详"', "", "statistics.unknown", "form_missing"),
    # the roster beside the form
    Slip("roster.toml", 'kind = "', 'kind = "x', ".kind", "form_unknown_kind", "xtext", "text"),
    Slip("roster.toml", "[sheet]", "[sheets]", "sheets", "form_unknown_key", "sheets", "sheet"),
)  # fmt: skip
