// SPDX-License-Identifier: MIT
//
// model_specific.cpp - RDMSR, WRMSR, CPUID and SWAPGS: what this CPU model has.
//
// CPUID tells the truth: a 686 with long mode and an x87 unit, without any vector
// unit. Guests are built for that.
//
// Source: SDM vol. 4, "Architectural MSRs"; vol. 2A, "CPUID".

#include "engine/interpreter/handlers.h"
#include "engine/interpreter/processor_model.h"

namespace gv::interpreter {

using namespace x86;

std::optional<std::uint64_t> read_model_specific(const Cpu& cpu, std::uint32_t number) {
  switch (static_cast<Msr>(number)) {
    case Msr::SysenterCs:
      return cpu.msrs.sysenter_cs;
    case Msr::SysenterEsp:
      return cpu.msrs.sysenter_esp;
    case Msr::SysenterEip:
      return cpu.msrs.sysenter_eip;
    case Msr::Pat:
      return cpu.msrs.pat;
    case Msr::Efer:
      return cpu.msrs.efer;
    case Msr::Star:
      return cpu.msrs.star;
    case Msr::Lstar:
      return cpu.msrs.lstar;
    case Msr::Cstar:
      return cpu.msrs.cstar;
    case Msr::Fmask:
      return cpu.msrs.fmask;
    case Msr::FsBase:
      return cpu.segment(SegmentName::Fs).value.base;
    case Msr::GsBase:
      return cpu.segment(SegmentName::Gs).value.base;
    case Msr::KernelGsBase:
      return cpu.msrs.kernel_gs_base;
  }
  return std::nullopt;
}

bool write_model_specific(Cpu& cpu, std::uint32_t number, std::uint64_t value) {
  const auto canonical = [&] {
    return static_cast<std::int64_t>(value << 16) >> 16 == static_cast<std::int64_t>(value);
  };
  switch (static_cast<Msr>(number)) {
    case Msr::SysenterCs:
      cpu.msrs.sysenter_cs = value;
      return true;
    case Msr::SysenterEsp:
      cpu.msrs.sysenter_esp = value;
      return canonical();
    case Msr::SysenterEip:
      cpu.msrs.sysenter_eip = value;
      return canonical();
    case Msr::Pat:
      cpu.msrs.pat = value;
      return true;
    case Msr::Efer: {
      constexpr std::uint64_t kWritable = efer::SCE | efer::LME | efer::NXE;
      const bool changes_lme = ((cpu.msrs.efer ^ value) & efer::LME) != 0;
      if ((value & ~(kWritable | efer::LMA)) != 0 || (changes_lme && (cpu.cr0 & cr0::PG) != 0)) {
        return false;
      }
      cpu.msrs.efer = (value & kWritable) | (cpu.msrs.efer & efer::LMA);
      cpu.flush_tlb();
      return true;
    }
    case Msr::Star:
      cpu.msrs.star = value;
      return true;
    case Msr::Lstar:
      cpu.msrs.lstar = value;
      return canonical();
    case Msr::Cstar:
      cpu.msrs.cstar = value;
      return canonical();
    case Msr::Fmask:
      cpu.msrs.fmask = value & 0xffffffff;
      return true;
    case Msr::FsBase:
    case Msr::GsBase: {
      if (!canonical()) {
        return false;
      }
      const auto name = static_cast<Msr>(number) == Msr::FsBase ? SegmentName::Fs : SegmentName::Gs;
      cpu.segment(name).value.base = value;
      cpu.segment(name).work_out_bounds(cpu.in_64_bit_mode(), true);
      return true;
    }
    case Msr::KernelGsBase:
      cpu.msrs.kernel_gs_base = value;
      return canonical();
  }
  return false;
}

CpuidReply identification(std::uint32_t leaf) {
  constexpr std::uint32_t kFpu = 1u << 0, kTsc = 1u << 4, kMsr = 1u << 5, kPse = 1u << 3,
                          kPae = 1u << 6, kCx8 = 1u << 8, kSep = 1u << 11, kPge = 1u << 13,
                          kCmov = 1u << 15, kPat = 1u << 16;
  constexpr std::uint32_t kSyscall = 1u << 11, kNx = 1u << 20, kGigabytePages = 1u << 26,
                          kLongMode = 1u << 29;
  const auto text = [](const char* four) {
    std::uint32_t word = 0;
    std::memcpy(&word, four, sizeof word);
    return word;
  };
  switch (leaf) {
    case 0:
      return {1, text("Glas"), text("CPU "), text("svis")};
    case 1:
      return {0x600, 0, 1u << 13,
              kFpu | kPse | kTsc | kMsr | kPae | kCx8 | kSep | kPge | kCmov | kPat};
    case 0x80000000:
      return {0x80000008, 0, 0, 0};
    case 0x80000001:
      return {0, 0, 1, kSyscall | kNx | kGigabytePages | kLongMode};
    case 0x80000002:
      return {text("Glas"), text("svis"), text("or i"), text("nter")};
    case 0x80000003:
      return {text("pret"), text("er\0\0"), 0, 0};
    case 0x80000008:
      return {0x3028, 0, 0, 0};
    default:
      return {};
  }
}

bool read_msr(Cpu& cpu, const Operation&) {
  if (cpu.cpl() != 0) {
    return cpu.general_protection();
  }
  const auto value = read_model_specific(cpu, static_cast<std::uint32_t>(cpu.gpr(Gpr::Cx)));
  if (!value) {
    return cpu.general_protection();
  }
  cpu.gpr(Gpr::Ax) = *value & 0xffffffff;
  cpu.gpr(Gpr::Dx) = *value >> 32;
  return true;
}

bool write_msr(Cpu& cpu, const Operation&) {
  if (cpu.cpl() != 0) {
    return cpu.general_protection();
  }
  const std::uint64_t value = (cpu.gpr(Gpr::Ax) & 0xffffffff) | (cpu.gpr(Gpr::Dx) & 0xffffffff)
                                                                    << 32;
  return write_model_specific(cpu, static_cast<std::uint32_t>(cpu.gpr(Gpr::Cx)), value) ||
         cpu.general_protection();
}

bool identify(Cpu& cpu, const Operation&) {
  const CpuidReply reply = identification(static_cast<std::uint32_t>(cpu.gpr(Gpr::Ax)));
  cpu.gpr(Gpr::Ax) = reply.eax;
  cpu.gpr(Gpr::Bx) = reply.ebx;
  cpu.gpr(Gpr::Cx) = reply.ecx;
  cpu.gpr(Gpr::Dx) = reply.edx;
  return true;
}

bool swap_gs(Cpu& cpu, const Operation&) {
  if (cpu.cpl() != 0) {
    return cpu.general_protection();
  }
  SegmentRegister& gs = cpu.segment(SegmentName::Gs);
  std::swap(gs.value.base, cpu.msrs.kernel_gs_base);
  gs.work_out_bounds(cpu.in_64_bit_mode(), true);
  return true;
}

}  // namespace gv::interpreter
