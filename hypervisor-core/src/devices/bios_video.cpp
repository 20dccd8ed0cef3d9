// SPDX-License-Identifier: MIT
//
// bios_video.cpp - INT 10h in text mode: cursor, scrolling, characters.
//
// The cursor position lives in the BIOS data area and, for the active page, in
// the CRTC, so that the screen shows it where the guest put it.

#include "devices/bios.h"
#include "devices/bios_memory.h"
#include "devices/vga_text.h"

#include <algorithm>

namespace gv {
namespace {

constexpr int kColumns = VgaTextScreen::kColumns, kRows = VgaTextScreen::kRows;
constexpr std::uint32_t kPageStride = 4096;
constexpr std::uint8_t kNormal = 0x07;

}  // namespace

Gpa Bios::cell(std::uint8_t page, int row, int column) const {
  return Gpa(VgaText::kTextBuffer + (page & 7u) * kPageStride +
             static_cast<std::uint64_t>(row * kColumns + column) * 2);
}

std::uint16_t Bios::cursor(std::uint8_t page) { return peek16(bios::kCursors + (page & 7u) * 2); }

void Bios::sync_cursor() {
  const std::uint8_t page = peek8(bios::kActivePage);
  const std::uint16_t at = cursor(page);
  const std::uint32_t start = (page & 7u) * kPageStride / 2;
  const std::uint32_t address =
      start + (static_cast<std::uint32_t>(at >> 8) * kColumns + (at & 0xffu));
  const std::uint16_t shape = peek16(bios::kCursorShape);
  for (const auto& [index, value] :
       {std::pair{0x0au, shape >> 8 & 0xffu}, std::pair{0x0bu, shape & 0xffu},
        std::pair{0x0cu, start >> 8 & 0xffu}, std::pair{0x0du, start & 0xffu},
        std::pair{0x0eu, address >> 8 & 0xffu}, std::pair{0x0fu, address & 0xffu}}) {
    bus_.write(0x3d4, 2, index | value << 8, 0);
  }
}

void Bios::move_cursor(std::uint8_t page, int row, int column) {
  poke16(bios::kCursors + (page & 7u) * 2, static_cast<std::uint32_t>(row << 8 | column));
  sync_cursor();
}

void Bios::set_mode(std::uint8_t mode) {
  const std::uint8_t number = mode & 0x7f;
  poke8(bios::kVideoMode, number);
  poke16(bios::kColumns, kColumns);
  poke16(bios::kPageBytes, kPageStride);
  poke16(bios::kPageOffset, 0);
  poke16(bios::kCursorShape, 0x0e0f);
  poke8(bios::kActivePage, 0);
  poke16(bios::kCrtcPort, 0x3d4);
  poke8(bios::kRows, kRows - 1);
  poke16(bios::kCharacterHeight, 16);
  for (std::uint64_t page = 0; page < 8; ++page)
    poke16(bios::kCursors + page * 2, 0);
  if ((mode & 0x80) == 0) {
    std::array<std::uint8_t, VgaText::kTextBytes> blank;
    for (std::size_t i = 0; i < blank.size(); ++i)
      blank[i] = i % 2 == 0 ? ' ' : kNormal;
    host_.write_memory(Gpa(VgaText::kTextBuffer), blank.data(), blank.size());
  }
  sync_cursor();
}

void Bios::scroll_window(std::uint8_t page, int lines, std::uint8_t attribute, int top, int left,
                         int bottom, int right) {
  bottom = std::min(bottom, kRows - 1);
  right = std::min(right, kColumns - 1);
  if (top > bottom || left > right)
    return;
  const int height = bottom - top + 1;
  const bool up = lines > 0;
  int distance = up ? lines : -lines;
  if (distance > height)
    distance = height;
  const auto bytes = static_cast<std::size_t>(right - left + 1) * 2;
  std::array<std::uint8_t, kColumns * 2> row_bytes;
  for (int i = 0; i < height; ++i) {
    const int to = up ? top + i : bottom - i;
    const int from = up ? to + distance : to - distance;
    if (from >= top && from <= bottom) {
      host_.read_memory(cell(page, from, left), row_bytes.data(), bytes);
    } else {
      for (std::size_t k = 0; k < bytes; ++k)
        row_bytes[k] = k % 2 == 0 ? ' ' : attribute;
    }
    host_.write_memory(cell(page, to, left), row_bytes.data(), bytes);
  }
}

void Bios::scroll(Call& call) {
  const int top = call.cx() >> 8, left = call.cx() & 0xff;
  const int bottom = call.dx() >> 8, right = call.dx() & 0xff;
  const int lines = call.al() == 0 ? kRows : call.al();  // 0 blanks the window
  scroll_window(peek8(bios::kActivePage), call.ah() == 0x06 ? lines : -lines,
                static_cast<std::uint8_t>(call.bx() >> 8), top, left, bottom, right);
}

void Bios::teletype(std::uint8_t page, std::uint8_t byte, std::optional<std::uint8_t> attribute) {
  host_.console_byte(byte, false);
  const std::uint16_t at = cursor(page);
  int row = std::min(at >> 8, kRows - 1), column = std::min(at & 0xff, kColumns - 1);
  switch (byte) {
    case 7:
      return;  // the bell makes no mark
    case 8:
      column = std::max(column - 1, 0);
      break;
    case '\n':
      ++row;
      break;
    case '\r':
      column = 0;
      break;
    default:
      poke8(cell(page, row, column).value, byte);
      if (attribute)
        poke8(cell(page, row, column).value + 1, *attribute);
      ++column;
      break;
  }
  if (column == kColumns) {
    column = 0;
    ++row;
  }
  if (row == kRows) {
    row = kRows - 1;
    const std::uint8_t last = peek8(cell(page, row, column).value + 1);
    scroll_window(page, 1, last, 0, 0, kRows - 1, kColumns - 1);
  }
  move_cursor(page, row, column);
}

void Bios::write_string(Call& call) {
  const auto page = static_cast<std::uint8_t>(call.bx() >> 8);
  const auto attribute = static_cast<std::uint8_t>(call.bx());
  const std::uint16_t before = cursor(page);
  move_cursor(page, std::min(call.dx() >> 8, kRows - 1), std::min(call.dx() & 0xff, kColumns - 1));
  const std::uint64_t base = call.r[SegmentName::Es].base;
  std::uint32_t offset = static_cast<std::uint16_t>(call.r[Gpr::Bp]);
  for (std::uint32_t i = 0; i < call.cx(); ++i) {
    const std::uint8_t byte = peek8(base + (offset++ & 0xffff));
    const bool has_attribute = (call.al() & 2) != 0;
    teletype(page, byte, has_attribute ? peek8(base + (offset++ & 0xffff)) : attribute);
  }
  if ((call.al() & 1) == 0)
    move_cursor(page, before >> 8, before & 0xff);
}

bool Bios::video(Call& call) {
  const auto page = static_cast<std::uint8_t>(call.bx() >> 8);
  switch (call.ah()) {
    case 0x00: {
      const std::uint8_t mode = call.al() & 0x7f;
      if (mode > 3 && mode != 7)
        return false;  // graphics
      set_mode(call.al());
      return true;
    }
    case 0x01:
      poke16(bios::kCursorShape, call.cx());
      sync_cursor();
      return true;
    case 0x02:
      move_cursor(page, std::min(call.dx() >> 8, kRows - 1),
                  std::min(call.dx() & 0xff, kColumns - 1));
      return true;
    case 0x03:
      call.set16(Gpr::Cx, peek16(bios::kCursorShape));
      call.set16(Gpr::Dx, cursor(page));
      return true;
    case 0x05:
      poke8(bios::kActivePage, call.al() & 7u);
      poke16(bios::kPageOffset, (call.al() & 7u) * kPageStride);
      sync_cursor();
      return true;
    case 0x06:
    case 0x07:
      scroll(call);
      return true;
    case 0x08: {
      const std::uint16_t at = cursor(page);
      call.set16(Gpr::Ax, peek16(cell(page, at >> 8, at & 0xff).value));
      return true;
    }
    case 0x09:
    case 0x0a: {
      const std::uint16_t at = cursor(page);
      const int first = (at >> 8) * kColumns + (at & 0xff);
      const int last = std::min(first + call.cx(), kColumns * kRows);
      for (int i = first; i < last; ++i) {
        const std::uint64_t address = cell(page, i / kColumns, i % kColumns).value;
        poke8(address, call.al());
        if (call.ah() == 0x09)
          poke8(address + 1, call.bx() & 0xffu);
      }
      return true;
    }
    case 0x0e:
      teletype(page, call.al(), std::nullopt);
      return true;
    case 0x0f:
      call.set16(Gpr::Ax, static_cast<std::uint32_t>(kColumns << 8 | peek8(bios::kVideoMode)));
      call.set16(Gpr::Bx, (call.bx() & 0xffu) | peek8(bios::kActivePage) * 256u);
      return true;
    case 0x12:
      if ((call.bx() & 0xff) != 0x10)
        return false;
      call.set16(Gpr::Bx, 0x0003);  // colour, 256 KiB
      call.set16(Gpr::Cx, 0x0009);
      return true;
    case 0x13:
      write_string(call);
      return true;
    case 0x1a:
      if (call.al() != 0)
        return false;
      call.set16(Gpr::Ax, 0x001a);
      call.set16(Gpr::Bx, 0x0008);  // VGA with a colour display
      return true;
    default:
      return false;
  }
}

}  // namespace gv
