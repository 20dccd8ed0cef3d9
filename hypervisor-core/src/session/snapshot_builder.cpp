// SPDX-License-Identifier: MIT

#include "session/snapshot_builder.h"

#include "devices/vga_text.h"
#include "technique/linear_memory.h"
#include "x86/control_registers.h"
#include "x86/disassemble.h"
#include "x86/page_table_entry.h"

#include <algorithm>

namespace gv {

namespace {

constexpr std::size_t kMostMappedPages = 4096;
constexpr std::uint32_t kMostMemoryBytes = 64 * 1024;
constexpr std::uint64_t kLinesBefore = 8;

x86::CodeSize code_size(Machine& machine) {
  const int bits = machine.engine().code_bits();
  return bits == 16   ? x86::CodeSize::Bits16
         : bits == 64 ? x86::CodeSize::Bits64
                      : x86::CodeSize::Bits32;
}

// A few lines before the next instruction only where a symbol says where code
// starts: x86 cannot be disassembled backwards.
Gva listing_start(const SymbolTable& symbols, Gva next, x86::CodeSize size,
                  const LinearMemory& memory) {
  const auto& all = symbols.all();
  const auto after =
      std::upper_bound(all.begin(), all.end(), next,
                       [](Gva value, const Symbol& symbol) { return value < symbol.address; });
  if (after == all.begin() || symbols.name(next).empty()) {
    return next;
  }
  std::vector<Gva> starts;
  Gva at = std::prev(after)->address;
  while (at < next) {
    std::uint8_t bytes[x86::kLongestInstruction];
    const std::size_t got = memory.peek(at, bytes, sizeof bytes);
    const x86::Disassembly line = x86::disassemble(bytes, got, at, size);
    starts.push_back(at);
    at = at + line.length;
  }
  if (at != next || starts.empty()) {
    return next;
  }
  return starts[starts.size() > kLinesBefore ? starts.size() - kLinesBefore : 0];
}

std::vector<DisassembledLine> listing(Machine& machine, const SymbolTable& symbols, Gva next,
                                      int lines) {
  const LinearMemory memory(machine.memory(), machine.technique().paging());
  const x86::CodeSize size = code_size(machine);
  Gva at = listing_start(symbols, next, size, memory);
  const x86::Symbolizer symbolizer = [&](Gva address) { return symbols.name(address); };
  std::vector<DisassembledLine> result;
  for (int i = 0; i < lines; ++i) {
    std::uint8_t bytes[x86::kLongestInstruction];
    const std::size_t got = memory.peek(at, bytes, sizeof bytes);
    if (got == 0) {
      break;
    }
    const x86::Disassembly text = x86::disassemble(bytes, got, at, size, symbolizer);
    DisassembledLine line;
    line.address = at;
    line.length = text.length;
    std::copy_n(bytes, std::min<std::size_t>(got, text.length), line.bytes.begin());
    line.text = text.text;
    line.kind = kind_of(x86::decode(bytes, got, size).mnemonic);
    const std::string name = symbols.name(at);
    if (i == 0 || (!name.empty() && name.find('+') == std::string::npos)) {
      line.symbol = name;
    }
    result.push_back(std::move(line));
    at = at + text.length;
  }
  return result;
}

// PAE and 4-level paging: every page below one table, by the rights of the tables above it.
void add_pages_of_table(GuestMemory& memory, std::uint64_t table, int level, std::uint64_t base,
                        MappedPage rights, std::vector<MappedPage>& pages) {
  using namespace x86;
  for (std::uint32_t i = 0; i < paging64::kEntriesPerTable; ++i) {
    const Gpa at(table + std::uint64_t{i} * paging64::kEntrySize);
    if (pages.size() >= kMostMappedPages || !memory.translate(at)) {
      return;
    }
    const auto entry = memory.load<std::uint64_t>(at);
    if ((entry & pte::P) == 0) {
      continue;
    }
    const int shift = 12 + 9 * (level - 1);
    std::uint64_t address = base | std::uint64_t{i} << shift;
    if (level == 4 && i >= paging64::kEntriesPerTable / 2) {
      address |= 0xffff'0000'0000'0000;  // canonical
    }
    MappedPage page = rights;
    page.writable = page.writable && (entry & pte::RW) != 0;
    page.user = page.user && (entry & pte::US) != 0;
    if (level > 1 && ((entry & pte::PS) == 0 || level == 4)) {
      add_pages_of_table(memory, entry & paging64::kFrameMask, level - 1, address, page, pages);
      continue;
    }
    page.address = Gva(address);
    page.size = std::uint64_t{1} << shift;
    page.physical = entry & paging64::kFrameMask & ~(page.size - 1);
    page.accessed = (entry & pte::A) != 0;
    page.dirty = (entry & pte::D) != 0;
    pages.push_back(page);
  }
}

std::vector<MappedPage> guest_pages_wide(GuestMemory& memory, const PagingMode& mode) {
  using namespace x86;
  std::vector<MappedPage> pages;
  MappedPage all;
  all.writable = all.user = true;
  if (mode.long_mode()) {
    add_pages_of_table(memory, mode.cr3 & cr3::kBaseMask64, 4, 0, all, pages);
    return pages;
  }
  // PAE: four directory pointers, which have no rights.
  for (std::uint64_t i = 0; i < 4; ++i) {
    const Gpa at((mode.cr3 & cr3::kBaseMaskPae) + i * paging64::kEntrySize);
    const auto entry = memory.translate(at) ? memory.load<std::uint64_t>(at) : 0;
    if ((entry & pte::P) != 0) {
      add_pages_of_table(memory, entry & paging64::kFrameMask, 2, i << 30, all, pages);
    }
  }
  return pages;
}

// The guest's own tables, as gv/page_walk.h's walker reads them.
std::vector<MappedPage> guest_pages(GuestMemory& memory, const PagingMode& mode) {
  using namespace x86;
  std::vector<MappedPage> pages;
  if (!mode.enabled()) {
    return pages;
  }
  if (mode.pae()) {
    return guest_pages_wide(memory, mode);
  }
  const bool pse = (mode.cr4 & cr4::PSE) != 0;
  for (std::uint32_t d = 0; d < paging32::kEntriesPerTable; ++d) {
    const auto pde = memory.load<std::uint32_t>(Gpa((mode.cr3 & cr3::kBaseMask32) + d * 4u));
    const std::uint64_t base = std::uint64_t{d} << 22;
    const auto add = [&](std::uint64_t address, std::uint32_t leaf, std::uint64_t physical,
                         std::uint64_t size) {
      pages.push_back({.address = Gva(address),
                       .physical = physical,
                       .size = size,
                       .writable = (pde & leaf & pte::RW) != 0,
                       .user = (pde & leaf & pte::US) != 0,
                       .accessed = (leaf & pte::A) != 0,
                       .dirty = (leaf & pte::D) != 0});
    };
    if ((pde & pte::P) == 0 || pages.size() >= kMostMappedPages) {
      continue;
    }
    if (pse && (pde & pte::PS) != 0) {
      add(base, pde, pde & paging32::kLargeFrameMask, paging32::kLargePageSize);
      continue;
    }
    if (!memory.translate(Gpa(pde & paging32::kFrameMask))) {
      continue;
    }
    for (std::uint32_t t = 0; t < paging32::kEntriesPerTable; ++t) {
      const auto leaf = memory.load<std::uint32_t>(Gpa((pde & paging32::kFrameMask) + t * 4u));
      if ((leaf & pte::P) != 0 && pages.size() < kMostMappedPages) {
        add(base | (std::uint64_t{t} << 12), leaf, leaf & paging32::kFrameMask, kPageSize);
      }
    }
  }
  return pages;
}

}  // namespace

Snapshot build_snapshot(Machine& machine, const SymbolTable& symbols, const ViewRequest& view,
                        const MachineConfig& config) {
  Technique& technique = machine.technique();
  Snapshot s;
  s.position = machine.position();
  s.engine = config.engine;
  s.technique = config.technique;
  s.registers = technique.registers();
  s.physical = technique.physical();
  s.virtual_if = (s.registers.rflags & x86::eflags::IF) != 0;
  s.ledger = machine.ledger();
  const PagingMode paging = technique.paging();
  s.next_instruction =
      Gva(code_size(machine) == x86::CodeSize::Bits64
              ? s.registers.rip
              : (s.registers[SegmentName::Cs].base + s.registers.rip) & 0xffffffffu);
  if (view.disassembly) {
    s.disassembly = listing(machine, symbols, s.next_instruction, view.disassembly_lines);
  }
  if (view.page_tables) {
    s.mapped_guest = guest_pages(machine.memory(), paging);
    if (technique.shadow() != nullptr) {
      s.mapped_shadow = technique.shadow()->mapped(kMostMappedPages);
    }
  }
  if (view.walk) {
    s.guest_walk = PageWalker(machine.memory())
                       .walk(paging, *view.walk, AccessKind::Read, AccessLevel::Supervisor,
                             SetAccessedDirty::No);
    const bool mapped = s.guest_walk->outcome == WalkOutcome::Mapped ||
                        s.guest_walk->outcome == WalkOutcome::PagingOff;
    if (mapped) {
      s.machine_address = machine.memory().translate(Gpa(s.guest_walk->physical));
    }
    if (technique.shadow() != nullptr) {
      s.shadow_walk = technique.shadow()->walk(*view.walk);
    }
  }
  if (view.memory) {
    s.memory.resize(std::min(view.memory->second, kMostMemoryBytes));
    const LinearMemory memory(machine.memory(), paging);
    s.memory.resize(memory.peek(view.memory->first, s.memory.data(), s.memory.size()));
  }
  if (machine.platform().vga != nullptr) {
    s.screen = machine.platform().vga->screen();
  }
  if (view.devices) {
    s.devices = machine.platform().bus->describe(s.position.cycles);
  }
  s.console_bytes = machine.console_bytes();
  if (view.translation_cache) {
    s.translation_cache = machine.technique().translation_cache();
  }
  if (view.instructions) {
    s.instructions = machine.engine().examined();
  }
  s.domains = machine.domains();
  s.vcpu = machine.context().vcpu;
  if (const ControlStructure* structure = technique.control_structure()) {
    s.control_structure = *structure;
  }
  if (view.state_hash) {
    s.state_hash = machine.state_hash();
  }
  if (machine.end()) {
    s.exit_code = machine.end()->code;
  }
  return s;
}

}  // namespace gv
