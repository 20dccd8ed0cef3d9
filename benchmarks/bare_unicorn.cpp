// SPDX-License-Identifier: MIT

#include "bare_unicorn.h"

#include "comparison.h"
#include "engine/unicorn_calibration.h"
#include "guest_images.h"

#include <sys/mman.h>
#include <unicorn/unicorn.h>

#include <cstring>

namespace gv::bench {

namespace {

constexpr std::size_t kMemory = 32u << 20;
constexpr std::uint32_t kGdt = 0x1000, kDirectory = 0x2000, kStub = 0x3000, kFrame = 0x4000;
constexpr std::uint32_t kTables = 0x10000, kStack = 0x7c00;
constexpr std::uint16_t kCode0 = 0x08, kData0 = 0x10, kCode1 = 0x19, kData1 = 0x21;
constexpr std::uint32_t kPresentWritable = 3;

void write_register(uc_engine* uc, int id, std::uint64_t value) { uc_reg_write(uc, id, &value); }

template <class Word>
void store(std::uint8_t* memory, std::uint32_t address, Word word) {
  std::memcpy(memory + address, &word, sizeof word);
}

}  // namespace

BareUnicorn::BareUnicorn(std::span<const std::uint8_t> image, TrapAnswer answer,
                         BlockHook block_hook)
    : answer_(answer), finish_(finish_address(image)) {
  memory_ = static_cast<std::uint8_t*>(
      mmap(nullptr, kMemory, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
  uc_open(UC_ARCH_X86, UC_MODE_32, &uc_);
  uc_ctl_set_tcg_buffer_size(uc_, 16u << 20);
  uc_mem_map_ptr(uc_, 0, kMemory, UC_PROT_ALL, memory_);

  const std::uint64_t gdt[5] = {0, 0x00cf9b000000ffff, 0x00cf93000000ffff, 0x00cfbb000000ffff,
                                0x00cfb3000000ffff};
  std::memcpy(memory_ + kGdt, gdt, sizeof gdt);
  for (std::uint32_t page = 0; page < kMemory / 4096; ++page) {
    store(memory_, kTables + 4 * page, (page << 12) | kPresentWritable);
  }
  for (std::uint32_t table = 0; table < (kMemory >> 22); ++table) {
    store(memory_, kDirectory + 4 * table, (kTables + 4096 * table) | kPresentWritable);
  }
  store(memory_, kStub, std::uint8_t{0xcf});  // IRET
  std::memcpy(memory_ + kGuestAddress, image.data(), image.size());

  uc_x86_mmr table{};
  table.base = kGdt;
  table.limit = sizeof gdt - 1;
  uc_reg_write(uc_, UC_X86_REG_GDTR, &table);
  write_register(uc_, UC_X86_REG_CS, kCode0);
  for (const int segment : {UC_X86_REG_SS, UC_X86_REG_FS, UC_X86_REG_GS}) {
    write_register(uc_, segment, kData0);
  }
  for (const int segment : {UC_X86_REG_DS, UC_X86_REG_ES}) {
    write_register(uc_, segment, kData1);
  }
  write_register(uc_, UC_X86_REG_CR3, kDirectory);
  write_register(uc_, UC_X86_REG_CR0, 0x80010031);

  if (block_hook == BlockHook::AddsOne) {
    uc_hook hook = 0;
    uc_hook_add(uc_, &hook, UC_HOOK_BLOCK, reinterpret_cast<void*>(&add_one), this, 1, 0);
  }
  if (answer_ != TrapAnswer::None) {
    uc_context* context = nullptr;
    uc_context_alloc(uc_, &context);
    context_ = context;
    old_exception_ = unicorn_context_layout()->old_exception;
    uc_hook hook = 0;
    uc_hook_add(uc_, &hook, UC_HOOK_INTR, reinterpret_cast<void*>(&answer_trap), this, 1, 0);
  }
}

BareUnicorn::~BareUnicorn() {
  if (context_ != nullptr) {
    uc_context_free(static_cast<uc_context*>(context_));
  }
  uc_close(uc_);
  munmap(memory_, kMemory);
}

void BareUnicorn::add_one(uc_struct*, std::uint64_t, std::uint32_t, void* self) {
  ++static_cast<BareUnicorn*>(self)->blocks_;
}

// Every trap here is a CLI: one byte.
void BareUnicorn::answer_trap(uc_struct* uc, std::uint32_t, void* self) {
  auto& bare = *static_cast<BareUnicorn*>(self);
  auto* context = static_cast<uc_context*>(bare.context_);
  constexpr std::int32_t kNone = -1;
  ++bare.traps_;
  std::uint32_t eip = 0;
  uc_context_save(uc, context);
  std::memcpy(reinterpret_cast<std::uint8_t*>(context) + bare.old_exception_, &kNone, sizeof kNone);
  if (bare.answer_ == TrapAnswer::InContext) {
    uc_context_reg_read(context, UC_X86_REG_EIP, &eip);
    ++eip;
    uc_context_reg_write(context, UC_X86_REG_EIP, &eip);
    uc_context_restore(uc, context);
  } else {
    uc_context_restore(uc, context);
    uc_reg_read(uc, UC_X86_REG_EIP, &eip);
    ++eip;
    uc_reg_write(uc, UC_X86_REG_EIP, &eip);
  }
}

double BareUnicorn::run() {
  const std::uint32_t frame[5] = {kGuestAddress, kCode1, 2, kStack, kData1};
  std::memcpy(memory_ + kFrame, frame, sizeof frame);
  write_register(uc_, UC_X86_REG_ESP, kFrame);
  const std::uint64_t began = thread_nanoseconds();
  const uc_err error = uc_emu_start(uc_, kStub, finish_, 0, 0);
  const std::uint64_t took = thread_nanoseconds() - began;
  std::uint32_t eip = 0;
  uc_reg_read(uc_, UC_X86_REG_EIP, &eip);
  return error == UC_ERR_OK && eip == finish_ ? static_cast<double>(took) : -1;
}

}  // namespace gv::bench
