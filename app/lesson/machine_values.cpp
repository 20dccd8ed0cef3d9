// SPDX-License-Identifier: MIT

#include "lesson/machine_values.h"

#include "gv/overloaded.h"
#include "gv/vmx_exit_reason.h"

#include <fmt/format.h>

namespace gv {
namespace {

std::string text(std::string_view view) { return std::string(view); }

LuaValue value_of(const LedgerRow& row) { return {{"count", row.count}, {"cycles", row.cycles}}; }

constexpr std::string_view name_of_direction(Direction direction) {
  return direction == Direction::Read ? "read" : "write";
}

}  // namespace

LuaValue value_of(const RegisterFile& r) {
  const auto low = [&](Gpr gpr) { return r[gpr] & 0xffffffff; };
  return {{"eax", low(Gpr::Ax)},
          {"ebx", low(Gpr::Bx)},
          {"ecx", low(Gpr::Cx)},
          {"edx", low(Gpr::Dx)},
          {"esi", low(Gpr::Si)},
          {"edi", low(Gpr::Di)},
          {"ebp", low(Gpr::Bp)},
          {"esp", low(Gpr::Sp)},
          {"eip", r.rip & 0xffffffff},
          {"eflags", r.rflags & 0xffffffff},
          {"interrupts", (r.rflags & 0x200) != 0},
          {"cs", r[SegmentName::Cs].selector},
          {"ss", r[SegmentName::Ss].selector},
          {"ds", r[SegmentName::Ds].selector},
          {"es", r[SegmentName::Es].selector},
          {"fs", r[SegmentName::Fs].selector},
          {"gs", r[SegmentName::Gs].selector},
          {"cpl", r.cpl()},
          {"cr0", r.cr0},
          {"cr2", r.cr2},
          {"cr3", r.cr3},
          {"cr4", r.cr4},
          {"paging", (r.cr0 & 0x80000000) != 0},
          {"gdt_base", r.gdtr.base},
          {"idt_base", r.idtr.base}};
}

LuaValue value_of(const PhysicalRegisters& r) {
  return {{"cpl", r.cpl},
          {"cr3", r.cr3},
          {"eflags", r.rflags & 0xffffffff},
          {"interrupts", (r.rflags & 0x200) != 0},
          {"cs", r.cs},
          {"ss", r.ss},
          {"gdt_base", r.gdtr.base}};
}

LuaValue value_of(const Ledger& ledger) {
  LuaValue exits = LuaValue::object(), emulated = LuaValue::object();
  for (int i = 0; i < kExitReasonCount; ++i) {
    const LedgerRow& row = ledger.exits[static_cast<std::size_t>(i)];
    exits[text(name_of(static_cast<ExitReason>(i)))] = value_of(row);
  }
  for (int i = 0; i < kMnemonicCount; ++i) {
    const LedgerRow& row = ledger.emulated[static_cast<std::size_t>(i)];
    if (row.count != 0)
      emulated[text(name_of(static_cast<Mnemonic>(i)))] = value_of(row);
  }
  LuaValue hypercalls = LuaValue::object();
  for (int i = 0; i < kHypercallCount; ++i) {
    const LedgerRow& row = ledger.hypercalls[static_cast<std::size_t>(i)];
    if (row.count != 0)
      hypercalls[text(name_of_hypercall(i))] = value_of(row);
  }
  return {{"retired", ledger.retired},
          {"direct", ledger.direct},
          {"measured", ledger.measured},
          {"interpreted", ledger.interpreted.count},
          {"interpreted_cycles", ledger.interpreted.cycles},
          {"idle_cycles", ledger.idle_cycles},
          {"total_exits", ledger.total_exits()},
          {"exit_cycles", ledger.exit_cycles()},
          {"total_cycles", ledger.total_cycles()},
          {"exits", std::move(exits)},
          {"emulated", std::move(emulated)},
          {"hypercalls", std::move(hypercalls)},
          {"vcpu_switches", ledger.vcpu_switches.count},
          {"page_table_writes", ledger.page_table_writes},
          {"shadow_misses", ledger.shadow_misses},
          {"dirty_tracks", ledger.dirty_tracks},
          {"guest_faults", ledger.guest_faults},
          {"shadow_fills", ledger.shadow_fills},
          {"shadow_flushes", ledger.shadow_flushes},
          {"reflections", ledger.reflections},
          {"translation", LuaValue{{"added_instructions", ledger.translation.added_instructions},
                                   {"units", ledger.translation.units},
                                   {"ident", ledger.translation.ident},
                                   {"rewritten", ledger.translation.rewritten},
                                   {"callouts", ledger.translation.callouts},
                                   {"chains", ledger.translation.chains},
                                   {"lookup_hits", ledger.translation.lookup_hits},
                                   {"lookup_misses", ledger.translation.lookup_misses},
                                   {"code_writes", ledger.translation.code_writes},
                                   {"units_invalidated", ledger.translation.units_invalidated},
                                   {"evictions", ledger.translation.evictions}}},
          {"interrupts", ledger.interrupts},
          {"port_accesses", ledger.port_accesses},
          {"unclaimed_ports", ledger.unclaimed_ports}};
}

LuaValue value_of(const Position& position) {
  return {{"retired", position.retired}, {"cycles", position.cycles}, {"events", position.events}};
}

LuaValue value_of(const PageWalk& walk) {
  LuaValue steps = LuaValue::array();
  for (std::size_t i = 0; i < walk.steps; ++i) {
    const WalkStep& step = walk.step[i];
    steps.push_back({{"level", text(step.level)},
                     {"entry_address", step.entry_address},
                     {"entry", step.entry},
                     {"index", step.index}});
  }
  return {{"address", walk.address.value},
          {"outcome", text(name_of(walk.outcome))},
          {"steps", std::move(steps)},
          {"physical", walk.physical},
          {"page_size", walk.page_size},
          {"writable", walk.writable},
          {"user", walk.user},
          {"accessed", walk.accessed},
          {"dirty", walk.dirty}};
}

LuaValue value_of(const TranslationCacheView& cache) {
  LuaValue units = LuaValue::array();
  for (const TranslationUnit& unit : cache.units) {
    LuaValue instructions = LuaValue::array(), exits = LuaValue::array();
    for (const TranslatedInstruction& guest : unit.instructions) {
      LuaValue emitted = LuaValue::array();
      for (const CacheInstruction& line : guest.cache)
        emitted.push_back(
            {{"address", line.address.value}, {"text", line.text}, {"retires", line.retires}});
      instructions.push_back({{"address", guest.address.value},
                              {"text", guest.text},
                              {"treatment", text(name_of(guest.treatment))},
                              {"cache", std::move(emitted)}});
    }
    for (const UnitExit& exit : unit.exits)
      exits.push_back({{"target", exit.guest_target.value},
                       {"chained", exit.chained},
                       {"leads_to", exit.leads_to.value}});
    units.push_back({{"guest", unit.guest.value},
                     {"entry", unit.entry.value},
                     {"cache_bytes", unit.cache_bytes},
                     {"live", unit.live},
                     {"checked", unit.checked},
                     {"instructions", std::move(instructions)},
                     {"exits", std::move(exits)}});
  }
  return {{"size", cache.size},
          {"used", cache.used},
          {"executing", cache.executing.value},
          {"units", std::move(units)}};
}

LuaValue value_of(const Event& event, std::uint64_t sequence) {
  LuaValue value = {{"seq", sequence},
                    {"kind", text(name_of(event))},
                    {"retired", event.retired},
                    {"cycles", event.cycles},
                    {"rip", event.rip.value}};
  const auto put = [&](const char* name, LuaValue field) { value[name] = std::move(field); };
  std::visit(Overloaded{
                 [&](const ExitTaken& e) {
                   put("reason", text(name_of(e.reason)));
                   put("from", text(name_of(e.from)));
                   put("length", e.length);
                   put("mnemonic", text(name_of(e.mnemonic)));
                   put("qualification", e.qualification);
                   if (const auto vmx = vmx_exit_reason(e.reason, e.mnemonic)) {
                     put("vmx_number", vmx->number);
                     put("vmx_name", text(vmx->name));
                   }
                   std::string bytes;
                   for (std::size_t i = 0; i < e.length && i < e.bytes.size(); ++i) {
                     bytes += fmt::format("{:02x}", e.bytes[i]);
                   }
                   put("bytes", bytes);
                 },
                 [&](const GuestResumed& e) {
                   put("handling", text(name_of(e.handling)));
                   put("reason", text(name_of(e.reason)));
                   put("to", text(name_of(e.to)));
                   put("cost", e.cost);
                 },
                 [&](const InstructionEmulated& e) {
                   put("mnemonic", text(name_of(e.mnemonic)));
                   put("value", e.value);
                 },
                 [&](const PortTouched& e) {
                   put("port", e.port);
                   put("size", e.size);
                   put("direction", text(name_of_direction(e.direction)));
                   put("claimed", e.claimed);
                   put("value", e.value);
                 },
                 [&](const PageFaulted& e) {
                   put("address", e.address.value);
                   put("error_code", e.error_code);
                   put("fault", text(name_of(e.kind)));
                 },
                 [&](const ShadowFilled& e) {
                   put("address", e.address.value);
                   put("gfn", e.gfn.number);
                   put("mfn", e.mfn.number);
                   put("writable", e.writable);
                   put("user", e.user);
                 },
                 [&](const ShadowFlushed& e) {
                   put("cause", text(name_of(e.cause)));
                   put("entries", e.entries);
                 },
                 [&](const ExceptionDelivered& e) {
                   put("vector", e.vector);
                   put("software", e.software);
                   put("error_code", e.error_code);
                   put("handler", e.handler.value);
                 },
                 [&](const InterruptRaised& e) { put("line", e.line); },
                 [&](const InterruptDelivered& e) {
                   put("vector", e.vector);
                   put("handler", e.handler.value);
                 },
                 [&](const ControlRegisterWritten& e) {
                   put("number", e.number);
                   put("before", e.before);
                   put("after", e.after);
                 },
                 [&](const DescriptorTableLoaded& e) {
                   put("table", text(name_of(e.table)));
                   put("limit_or_selector", e.limit_or_selector);
                   put("base", e.base.value);
                 },
                 [&](const InterruptFlagChanged& e) { put("enabled", e.enabled); },
                 [&](const ConsoleWritten& e) {
                   put("byte", e.byte);
                   put("debug_port", e.debug_port);
                 },
                 [&](const InputArrived& e) {
                   put("byte", e.byte);
                   put("keyboard", e.keyboard);
                 },
                 [&](const ClockSkipped& e) { put("idle", e.cycles); },
                 [&](const BiosCalled& e) {
                   put("vector", e.vector);
                   put("function", e.function);
                 },
                 [&](const GuestEnded& e) {
                   put("how", text(name_of(e.how)));
                   put("code", e.code);
                 },
                 [&](const EventsLost& e) { put("count", e.count); },
                 [&](const UnitTranslated& e) {
                   put("cache", e.cache.value);
                   put("guest_bytes", e.guest_bytes);
                   put("cache_bytes", e.cache_bytes);
                   put("ident", e.ident);
                   put("rewritten", e.rewritten);
                   put("callouts", e.callouts);
                 },
                 [&](const UnitsChained& e) {
                   put("from", e.from.value);
                   put("to", e.to.value);
                 },
                 [&](const UnitsInvalidated& e) {
                   put("cause", text(name_of(e.cause)));
                   put("gfn", e.gfn.number);
                   put("units", e.units);
                 },
                 [&](const CacheEvicted& e) {
                   put("units", e.units);
                   put("bytes", e.bytes);
                   put("cause", text(name_of(e.cause)));
                 },
                 [&](const HypercallMade& e) {
                   put("number", e.number);
                   put("hypercall", text(name_of_hypercall(e.number)));
                   put("domain", e.domain);
                   put("first", e.first);
                   put("second", e.second);
                   put("third", e.third);
                 },
                 [&](const HypercallReturned& e) {
                   put("number", e.number);
                   put("hypercall", text(name_of_hypercall(e.number)));
                   put("domain", e.domain);
                   put("result", e.result);
                 },
                 [&](const PageTableWritten& e) {
                   put("entry", e.entry.value);
                   put("value", e.value);
                   put("level", e.level);
                 },
                 [&](const FrameUseChanged& e) {
                   put("mfn", e.frame.number);
                   put("owner", e.owner);
                   put("use", text(name_of(e.use)));
                 },
                 [&](const EventSent& e) {
                   put("from_domain", e.from_domain);
                   put("to_domain", e.to_domain);
                   put("from_port", e.from_port);
                   put("to_port", e.to_port);
                 },
                 [&](const EventUpcall& e) { put("handler", e.handler.value); },
                 [&](const GrantUsed& e) {
                   put("granter", e.granter);
                   put("user", e.user);
                   put("reference", e.reference);
                   put("mfn", e.frame.number);
                   put("use", text(name_of(e.use)));
                   put("writable", e.writable);
                 },
                 [&](const DomainShutDown& e) {
                   put("domain", e.domain);
                   put("shutdown", text(name_of(e.reason)));
                 },
                 [&](const VcpuScheduled& e) {
                   put("domain", e.domain);
                   put("domain_vcpu", e.vcpu);
                   put("from_domain", e.from_domain);
                   put("from_vcpu", e.from_vcpu);
                   put("cause", text(name_of(e.cause)));
                   put("credit", e.credit);
                 },
                 [&](const VcpuWoken& e) {
                   put("domain", e.domain);
                   put("domain_vcpu", e.vcpu);
                   put("boosted", e.boosted);
                 },
             },
             event.body);
  return value;
}

std::string screen_text(const VgaTextScreen& screen) {
  std::string out;
  for (int row = 0; row < VgaTextScreen::kRows; ++row) {
    std::string line;
    for (int column = 0; column < VgaTextScreen::kColumns; ++column) {
      const auto index = static_cast<std::size_t>(row * VgaTextScreen::kColumns + column);
      const std::uint8_t c = screen.cells[index].character;
      line += c >= 0x20 && c < 0x7f ? static_cast<char>(c) : ' ';
    }
    line.erase(line.find_last_not_of(' ') + 1);
    out += line + '\n';
  }
  return out;
}

std::string hexadecimal(std::uint64_t value) { return fmt::format("{:016x}", value); }

std::optional<ExitReason> exit_reason_from_name(std::string_view name) {
  for (int i = 0; i < kExitReasonCount; ++i) {
    if (name_of(static_cast<ExitReason>(i)) == name)
      return static_cast<ExitReason>(i);
  }
  return std::nullopt;
}

std::optional<Mnemonic> mnemonic_from_name(std::string_view name) {
  for (int i = 0; i < kMnemonicCount; ++i) {
    if (name_of(static_cast<Mnemonic>(i)) == name)
      return static_cast<Mnemonic>(i);
  }
  return std::nullopt;
}

std::optional<int> event_kind_from_name(std::string_view name) {
  for (int i = 0; i < kEventKindCount; ++i) {
    if (name_of_event_kind(i) == name)
      return i;
  }
  return std::nullopt;
}

std::string all_exit_reasons() {
  std::string all;
  for (int i = 0; i < kExitReasonCount; ++i) {
    all += (i == 0 ? "" : ", ") + text(name_of(static_cast<ExitReason>(i)));
  }
  return all;
}

std::string all_event_kinds() {
  std::string all;
  for (int i = 0; i < kEventKindCount; ++i)
    all += (i == 0 ? "" : ", ") + text(name_of_event_kind(i));
  return all;
}

bool EventFilter::admits(const Event& event) const {
  if (event.retired < from || event.retired > to)
    return false;
  if (kind && static_cast<int>(event.body.index()) != *kind)
    return false;
  const auto* exit = std::get_if<ExitTaken>(&event.body);
  if (reason) {
    const auto* resumed = std::get_if<GuestResumed>(&event.body);
    if (exit != nullptr ? exit->reason != *reason
                        : resumed == nullptr || resumed->reason != *reason) {
      return false;
    }
  }
  if (mnemonic) {
    const auto* emulated = std::get_if<InstructionEmulated>(&event.body);
    if (exit != nullptr ? exit->mnemonic != *mnemonic
                        : emulated == nullptr || emulated->mnemonic != *mnemonic) {
      return false;
    }
  }
  if (storey && (exit == nullptr || exit->from != *storey))
    return false;
  if (qualification && (exit == nullptr || exit->qualification != *qualification))
    return false;
  if (fault) {
    const auto* page_fault = std::get_if<PageFaulted>(&event.body);
    if (page_fault == nullptr || page_fault->kind != *fault)
      return false;
  }
  return true;
}

}  // namespace gv
