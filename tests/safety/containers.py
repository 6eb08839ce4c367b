"""Zips that lie: about what is in them, how much of it, and where it belongs."""

from __future__ import annotations

import stat
import struct
import warnings
import zipfile
import zlib
from io import BytesIO
from pathlib import Path

from tests.safety.making import BOOK, SHEET, SOUND, add, case, entry, parts, sound, write


def patched(path: Path, name: str, offset: int, layout: str, value: int) -> Path:
    """One number of a member's directory entry changed."""
    data = bytearray(sound())
    struct.pack_into(layout, data, entry(bytes(data), name) + offset, value)
    path.write_bytes(data)
    return path


@case("F304")
def zip_wrong_checksum(path: Path) -> None:
    patched(path, SHEET, 16, "<L", 0)


@case("F304")
def zip_size_too_small(path: Path) -> None:
    patched(path, SHEET, 24, "<L", 10)


@case("F304")
def zip_size_too_large(path: Path) -> None:
    patched(path, SHEET, 24, "<L", 1 << 20)


@case("F302")
def zip_size_of_four_gigabytes(path: Path) -> None:
    patched(path, SHEET, 24, "<L", 0xFFFFFFF0)


@case("F009")
def zip_member_beyond_the_end(path: Path) -> None:
    patched(path, SHEET, 42, "<L", 0x7FFFFFFF)


@case("F009")
def zip_member_starts_in_another(path: Path) -> None:
    patched(path, SHEET, 42, "<L", 11)


@case("F306")
def zip_members_overlap(path: Path) -> None:
    data = bytearray(sound())
    first, second = entry(bytes(data), BOOK), entry(bytes(data), SHEET)
    data[second + 10 : second + 28] = data[first + 10 : first + 28]
    data[second + 42 : second + 46] = data[first + 42 : first + 46]
    path.write_bytes(data)


def quoted(count: int, kernel: bytes) -> bytes:
    """A zip whose members quote one another's headers: a handful of bytes are many members.

    Each member is a stored deflate block around the next one's header, and so on to the kernel.
    """
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    body = packer.compress(kernel) + packer.flush()
    inner, plain = body, kernel
    members: list[tuple[bytes, int, bytes, bytes]] = []
    for number in range(count):
        name = f"xl/media/{number:04d}.bin".encode()
        header = struct.pack(
            "<4s5H3L2H", b"PK\x03\x04", 20, 0, 8, 0, 33,
            zlib.crc32(plain), len(inner), len(plain), len(name), 0,
        ) + name  # fmt: skip
        members.append((name, len(header) + len(inner), inner, plain))
        block = struct.pack("<BHH", 0, len(header), len(header) ^ 0xFFFF)
        inner, plain = block + header + inner, header + plain
    outermost = inner[5:]
    out, total = bytearray(outermost), len(outermost)
    start = len(out)
    for name, behind, packed, reported in members:
        common = struct.pack(
            "<5H3L2H",
            20,
            0,
            8,
            0,
            33,
            zlib.crc32(reported),
            len(packed),
            len(reported),
            len(name),
            0,
        )
        out += b"PK\x01\x02\x14\x00" + common + struct.pack("<3H2L", 0, 0, 0, 0, total - behind)
        out += name
    out += struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, count, count, len(out) - start, start, 0)
    return bytes(out)


@case("F113")
def zip_members_quote_one_another(path: Path) -> None:
    path.write_bytes(quoted(60, bytes(100_000)))


@case("F305")
def zip_member_twice(path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        add(path, SHEET)


@case("F305")
def zip_member_twice_in_capitals(path: Path) -> None:
    add(path, SHEET.upper())


@case("F305")
def zip_member_twice_with_a_leading_slash(path: Path) -> None:
    add(path, "/" + SHEET)


@case("F305")
def zip_member_twice_with_backslashes(path: Path) -> None:
    add(path, SHEET.replace("/", "\\"))


@case("F309")
def zip_header_and_directory_disagree(path: Path) -> None:
    """Named app.xml in the directory and sheet in the header, or the other way round: what
    counts is the directory, and what it calls by that name is vetted."""
    write(path, {"docProps/xxxxxxxxxx.xml": '<!DOCTYPE x [<!ENTITY a "b">]><a/>'})
    data = path.read_bytes()
    at = data.find(b"docProps/xxxxxxxxxx.xml")
    path.write_bytes(data[:at] + b"docProps/yyyyyyyyyy.xml" + data[at + 23 :])


@case("F307")
def zip_member_with_a_password(path: Path) -> None:
    patched(path, SHEET, 8, "<H", 1)


@case("F313")
def zip_member_packed_by_bzip2(path: Path) -> None:
    add(path, "xl/extra.xml", b"<a/>" * 100, compress_type=zipfile.ZIP_BZIP2)


@case("F313")
def zip_member_packed_by_a_method_of_its_own(path: Path) -> None:
    patched(path, SHEET, 10, "<H", 99)


@case("F308")
def zip_member_that_climbs(path: Path) -> None:
    add(path, "../../evil.xml")


@case("F308")
def zip_member_that_climbs_with_backslashes(path: Path) -> None:
    add(path, "xl\\..\\..\\evil.xml")


@case("F308")
def zip_member_that_is_a_link(path: Path) -> None:
    add(path, "xl/link.xml", b"/etc/passwd", external_attr=(stat.S_IFLNK | 0o777) << 16)


@case(SOUND)
def zip_member_at_the_root(path: Path) -> None:
    add(path, "/etc/passwd", b"nobody reads it")


@case(SOUND)
def zip_member_named_with_control_and_turning_characters(path: Path) -> None:
    add(path, "xl/\x1b[2J\u202efdp.exe", b"nobody reads it")


@case("F301")
def zip_of_ten_thousand_members(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as zipped:
        for name, data in parts().items():
            zipped.writestr(name, data)
        for number in range(10_000):
            zipped.writestr(f"xl/{number}", b"")


@case("F009")
def zip_directory_of_five_megabytes(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as zipped:
        zipped.writestr(BOOK, b"<workbook/>")
        for number in range(100):
            zipped.writestr(f"{number:0>50000}", b"")


@case("F009")
def zip_end_record_tells_of_a_directory_elsewhere(path: Path) -> None:
    data = bytearray(sound())
    struct.pack_into("<L", data, data.rfind(b"PK\x05\x06") + 16, 1 << 30)
    path.write_bytes(data)


def commented(path: Path, comment: bytes) -> None:
    path.write_bytes(sound())
    with zipfile.ZipFile(path, "a") as zipped:
        zipped.comment = comment


@case(SOUND)
def zip_with_a_comment_that_looks_like_an_end(path: Path) -> None:
    commented(path, b"PK\x05\x06 is how a directory ends")


@case(SOUND)
def zip_with_a_comment_of_many_ends(path: Path) -> None:
    commented(path, b"PK\x05\x06" * 16_000)


@case("F113")
def zip_whose_comment_is_another_zip(path: Path) -> None:
    """Both end with the file; what counts is the last one, as everywhere."""
    other = BytesIO()
    with zipfile.ZipFile(other, "w") as zipped:
        zipped.writestr("a.txt", "x")
    commented(path, other.getvalue())


def with_records(size: int, reported: int) -> bytes:
    """The sound workbook with the records of large zips; each tells another size of the list."""
    data = sound()
    at = data.rfind(b"PK\x05\x06")
    count, _, start = struct.unpack_from("<HLL", data, at + 10)
    record = struct.pack("<4sQ2H2L4Q", b"PK\x06\x06", 44, 45, 45, 0, 0, count, count, size, start)
    locator = struct.pack("<4sLQL", b"PK\x06\x07", 0, at, 1)
    end = data[at : at + 12] + struct.pack("<L", reported) + data[at + 16 :]
    return data[:at] + record + locator + end


def directory_of(data: bytes) -> int:
    (size,) = struct.unpack_from("<L", data, data.rfind(b"PK\x05\x06") + 12)
    return int(size)


@case(SOUND)
def zip_with_the_records_of_large_ones(path: Path) -> None:
    path.write_bytes(with_records(directory_of(sound()), 0xFFFFFFFF))


@case("F009")
def zip_whose_records_tell_of_two_directories(path: Path) -> None:
    path.write_bytes(with_records(1 << 40, directory_of(sound())))


@case("F009")
def zip_that_points_at_a_record_that_is_not_there(path: Path) -> None:
    data = with_records(directory_of(sound()), 0xFFFFFFFF)
    path.write_bytes(data.replace(b"PK\x06\x06", b"PK\x06\x00"))


@case("F110")
def zip_in_several_parts(path: Path) -> None:
    path.write_bytes(b"PK\x07\x08" + sound())


@case("F009")
def zip_cut_in_the_middle(path: Path) -> None:
    path.write_bytes(sound()[: len(sound()) // 2])


@case("F009")
def zip_of_which_only_zeros_arrived(path: Path) -> None:
    path.write_bytes(sound()[:100] + bytes(len(sound()) - 100))


@case("F008")
def zip_behind_a_program(path: Path) -> None:
    """A self-extracting archive, or a file that is two things to two programs."""
    path.write_bytes(b"\x00\x01\x02\x03" * 16 + sound())


@case("F118")
def zip_behind_an_executable(path: Path) -> None:
    path.write_bytes(b"MZ" + bytes(62) + sound())


@case("F113")
def zip_that_holds_a_workbook(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as zipped:
        zipped.writestr("填报.xlsx", sound())


@case("F113")
def zip_of_zips_of_zips(path: Path) -> None:
    data = bytes(1 << 20)
    for depth in range(8):
        stream = BytesIO()
        with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as zipped:
            for number in range(4):
                zipped.writestr(f"{depth}-{number}.zip", data)
        data = stream.getvalue()
    path.write_bytes(data)


@case("F009")
def zip_without_members(path: Path) -> None:
    with zipfile.ZipFile(path, "w"):
        pass


@case("F009")
def zip_that_was_an_office_package(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as zipped:
        zipped.writestr("[Content_Types].xml", "<Types/>")
