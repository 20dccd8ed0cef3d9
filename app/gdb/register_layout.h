// SPDX-License-Identifier: MIT
//
// register_layout.h - which registers gdb sees, in which order, how wide.
//
// The description (target.xml) and the bytes of 'g' come from one list. The
// registers are the guest's: under trap-and-emulate CS has the ring the guest
// believes in. The FPU's are in the description, because gdb asks for them
// there, and are answered as unavailable: a snapshot does not hold them.
// Beyond gdb's own list: the control and descriptor-table registers.
//
// Source: "Debugging with GDB", appendix "Target Descriptions", i386 Features.
// Threads: plain values.

#pragma once

#include "gv/command.h"
#include "gv/registers.h"
#include "gv/result.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gv::gdb {

enum class Architecture : std::uint8_t { I386, X86_64 };

// What a guest in this state is to gdb: 64-bit code, or everything else.
Architecture architecture_of(const RegisterFile& registers);

struct RegisterSlot {
  std::string_view name, type;
  std::uint32_t bytes = 4;
  std::optional<std::uint64_t> (*read)(const RegisterFile&, int index) = nullptr;
  int index = 0;  // of a general or a segment register
  std::string_view feature;
  std::string_view group = {};
};

class RegisterLayout {
 public:
  explicit RegisterLayout(Architecture architecture);

  std::size_t count() const { return slots_.size(); }
  // The document that qXfer:features:read:target.xml answers.
  std::string target_xml() const;
  // The bytes of 'g', or of 'p' for one register, in the guest's byte order as hex; "xx" for
  // what is not known. REQUIRES: number < count().
  std::string all(const RegisterFile& registers) const;
  std::string one(const RegisterFile& registers, std::size_t number) const;
  // The command that makes a register hold this; 'bytes' in the guest's order. Error: why not.
  Result<Command> write(std::size_t number, const std::vector<std::uint8_t>& bytes) const;
  std::uint32_t bytes_of(std::size_t number) const { return slots_[number].bytes; }
  // The numbers worth sending with each stop: stack pointer, frame pointer, instruction pointer.
  std::vector<std::size_t> expedited() const;

 private:
  Architecture architecture_;
  std::vector<RegisterSlot> slots_;
};

}  // namespace gv::gdb
