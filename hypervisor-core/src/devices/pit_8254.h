// SPDX-License-Identifier: MIT
//
// pit_8254.h - the interval timer: three 16-bit counters at 1,193,182 Hz.
//
// Ports 0x40 to 0x43 and the gate and speaker bits of port 0x61. Counter 0
// drives IRQ 0, counter 1 once refreshed memory, counter 2 is the speaker's.
// Source: Intel 8254 data sheet (231164), "Mode Definitions", "Read-Back".
//
// Nothing ticks here. A counter is the instant at which it was loaded; its
// value and its output are functions of that and of now, so a read at any
// instant is exact and a rewound machine reads the same again. The clock
// comes from cycles by exact integer arithmetic and never drifts.
//
// Left out: falling edges of OUT 0 in modes 2 and 3. At each rising edge the
// line falls and rises at once; an edge-triggered PIC sees the same requests.
// A count written to a running counter in mode 3 is taken over at the end of
// the period, not of the half period.

#pragma once

#include "gv/device.h"

#include <array>

namespace gv {

using PitTicks = std::uint64_t;  // periods of the 1,193,182 Hz clock since power-on

class Pit8254 final : public Device {
 public:
  static constexpr std::uint64_t kHertz = 1'193'182;
  static constexpr std::uint8_t kIrq = 0;

  explicit Pit8254(DeviceHost& host) : host_(host) { reset(); }

  // Whole clock periods by `now`, and the first cycle at which `ticks` are complete.
  static PitTicks ticks_at(Cycles now);
  static Cycles cycle_of(PitTicks ticks);

  // OUT of counter 0 to 2.
  bool output(int counter, Cycles now) const;

  std::string_view name() const override { return "PIT 8254"; }
  std::vector<PortRange> ports() const override { return {{0x40, 0x43}, {0x61, 0x61}}; }
  std::uint32_t read(std::uint16_t port, std::uint8_t size, Cycles now) override;
  void write(std::uint16_t port, std::uint8_t size, std::uint32_t value, Cycles now) override;
  std::optional<Cycles> deadline() const override;
  void advance(Cycles now) override;
  void reset() override;
  void save(StateWriter& out) const override;
  bool restore(StateReader& in) override;
  DeviceState describe(Cycles now) const override;

  // One counter, pure: every question takes the tick at which it is asked.
  class Counter {
   public:
    void write_control(std::uint8_t control);
    void write_count(std::uint8_t byte, PitTicks tick);
    std::uint8_t read_count(PitTicks tick);
    void latch_count(PitTicks tick);
    void latch_status(PitTicks tick);
    void set_gate(bool gate, PitTicks tick);

    std::uint16_t count(PitTicks tick) const;  // as the guest reads it: binary or BCD
    bool output(PitTicks tick) const;
    // The first rising edge of OUT after `tick`.
    std::optional<PitTicks> next_rising_edge(PitTicks tick) const;
    // A count that waited for the end of the period is taken over.
    void settle(PitTicks tick);
    Counter settled(PitTicks tick) const;

    int mode() const { return mode_; }
    std::uint32_t reload() const { return reload_; }
    bool gate() const { return gate_; }
    void save(StateWriter& out) const;
    bool restore(StateReader& in);

   private:
    enum class Access : std::uint8_t { Latch, Low, High, LowThenHigh };
    PitTicks elapsed(PitTicks tick) const;
    bool counting() const { return loaded_ && gate_; }
    bool periodic() const { return mode_ == 2 || mode_ == 3; }
    bool triggered_by_gate() const { return mode_ == 1 || mode_ == 5; }
    bool null_count(PitTicks tick) const;
    void load(std::uint32_t count, PitTicks tick);
    std::uint8_t status(PitTicks tick) const;

    std::uint8_t mode_ = 0;
    Access access_ = Access::LowThenHigh;
    bool bcd_ = false;
    bool gate_ = true;
    bool loaded_ = false;       // counting since start_, or held at held_ by the gate
    std::uint32_t reload_ = 0;  // 1 to 65536, once written
    std::uint32_t next_ = 0;    // mode 2 and 3: the count for the next period, 0 if none
    PitTicks start_ = 0;        // the tick at which the count was in the counter
    PitTicks held_ = 0;         // elapsed ticks when the gate fell
    bool write_high_ = false;   // the next byte written is the high one
    bool read_high_ = false;
    std::uint8_t low_ = 0;  // the low byte of a two-byte write
    std::optional<std::uint16_t> latched_;
    std::optional<std::uint8_t> latched_status_;
  };

 private:
  void write_control(std::uint8_t control, PitTicks tick);

  DeviceHost& host_;
  std::array<Counter, 3> counters_;
  std::uint8_t port61_ = 0;  // bits 0 to 3 as written
  PitTicks seen_ = 0;        // edges of counter 0 up to here are on the line
  // OUT 0 idles high, as firmware leaves it: to program the timer is not an edge.
  bool line_ = true;
};

}  // namespace gv
