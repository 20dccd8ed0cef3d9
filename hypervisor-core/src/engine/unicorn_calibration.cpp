// SPDX-License-Identifier: MIT

#include "engine/unicorn_calibration.h"

#include <unicorn/unicorn.h>

#include <array>
#include <cstdint>
#include <cstring>
#include <vector>

namespace gv {

namespace {

constexpr std::uint64_t kMemory = 8u << 20;
constexpr std::uint64_t kCode = 0x1000;
constexpr std::uint64_t kGdt = 0x2000;
constexpr std::uint64_t kDirectory = 0x3000;

struct Probe {
  std::vector<std::uint8_t> code;
  std::int32_t vector;
  std::int32_t error;  // -1: not compared
};

const std::array<Probe, 7> kProbes = {{
    {{0x90}, -1, -1},                                    // nop
    {{0x31, 0xc9, 0xf7, 0xf1}, 0, 0},                    // xor ecx,ecx; div ecx      #DE
    {{0x66, 0xb8, 0x30, 0x12, 0x8e, 0xd8}, 13, 0x1230},  // mov ds, 0x1230            #GP
    {{0x66, 0xb8, 0x38, 0x12, 0x8e, 0xd8}, 13, 0x1238},  // mov ds, 0x1238            #GP
    {{0x66, 0xb8, 0x18, 0x00, 0x8e, 0xd8}, 11, 0x18},    // mov ds, a not-present one #NP
    {{0xa1, 0x00, 0x00, 0x40, 0x00}, 14, 0},             // mov eax, [0x400000]       #PF read
    {{0xa3, 0x00, 0x00, 0x40, 0x00}, 14, 2},             // mov [0x400000], eax       #PF write
}};

// The context image after one probe; empty when Unicorn itself refuses.
std::vector<std::uint8_t> context_after(const Probe& probe) {
  uc_engine* uc = nullptr;
  if (uc_open(UC_ARCH_X86, UC_MODE_32, &uc) != UC_ERR_OK) {
    return {};
  }
  uc_ctl_set_tcg_buffer_size(uc, 1u << 20);
  uc_mem_map(uc, 0, kMemory, UC_PROT_ALL);
  uc_mem_write(uc, kCode, probe.code.data(), probe.code.size());
  const std::uint64_t gdt[4] = {0, 0x00cf9b000000ffffull, 0x00cf93000000ffffull,
                                0x00cf13000000ffffull};  // null, code, data, data not present
  uc_mem_write(uc, kGdt, gdt, sizeof gdt);
  const std::uint32_t identity = 0x87;  // the first 4 MiB, present, writable, large
  uc_mem_write(uc, kDirectory, &identity, sizeof identity);
  uc_x86_mmr gdtr{};
  gdtr.base = kGdt;
  gdtr.limit = sizeof gdt - 1;
  uc_reg_write(uc, UC_X86_REG_GDTR, &gdtr);
  std::uint64_t value = 0x10;
  uc_reg_write(uc, UC_X86_REG_CR4, &value);  // PSE
  value = kDirectory;
  uc_reg_write(uc, UC_X86_REG_CR3, &value);
  value = 0x80000011;
  uc_reg_write(uc, UC_X86_REG_CR0, &value);
  uc_hook hook = 0;
  uc_hook_add(uc, &hook, UC_HOOK_INTR,
              reinterpret_cast<void*>(
                  +[](uc_engine* engine, std::uint32_t, void*) { uc_emu_stop(engine); }),
              nullptr, 1, 0);
  uc_emu_start(uc, kCode, kCode + probe.code.size(), 0, 0);
  uc_context* context = nullptr;
  std::vector<std::uint8_t> image;
  if (uc_context_alloc(uc, &context) == UC_ERR_OK) {
    uc_context_save(uc, context);
    image.resize(uc_context_size(uc));
    std::memcpy(image.data(), context, image.size());
    uc_context_free(context);
  }
  uc_close(uc);
  return image;
}

std::int32_t word_at(const std::vector<std::uint8_t>& image, std::size_t offset) {
  std::int32_t value = 0;
  std::memcpy(&value, image.data() + offset, sizeof value);
  return value;
}

Result<UnicornContextLayout> measure() {
  std::vector<std::vector<std::uint8_t>> images;
  for (const Probe& probe : kProbes) {
    images.push_back(context_after(probe));
  }
  UnicornContextLayout layout;
  int vector_slots = 0;
  int error_slots = 0;
  for (std::size_t offset = 0; offset + 4 <= images[0].size(); offset += 4) {
    bool is_vector = true;
    bool is_error = true;
    for (std::size_t i = 0; i < kProbes.size(); ++i) {
      const std::int32_t word = word_at(images[i], offset);
      is_vector = is_vector && word == kProbes[i].vector;
      is_error = is_error && (kProbes[i].error == -1 || word == kProbes[i].error);
    }
    if (is_vector) {
      layout.old_exception = offset;
      ++vector_slots;
    }
    if (is_error) {
      layout.error_code = offset;
      ++error_slots;
    }
  }
  if (vector_slots != 1 || error_slots != 1) {
    return Error{ErrorCode::NotAvailable,
                 "this build of libunicorn keeps its exception state where it cannot be found; "
                 "install libunicorn 2.1.1 with scripts/setup"};
  }
  return layout;
}

}  // namespace

const Result<UnicornContextLayout>& unicorn_context_layout() {
  static const Result<UnicornContextLayout> layout = measure();
  return layout;
}

}  // namespace gv
