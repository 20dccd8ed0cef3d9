// SPDX-License-Identifier: MIT

#include "devices/pit_8254.h"

#include "devices/register_text.h"

namespace gv {

// With q seconds and r cycles of the next one, q * kHertz + r * kHertz / 1e9
// is exact and r * kHertz stays below 2^51.
PitTicks Pit8254::ticks_at(Cycles now) {
  return now / kCyclesPerSecond * kHertz + now % kCyclesPerSecond * kHertz / kCyclesPerSecond;
}

Cycles Pit8254::cycle_of(PitTicks ticks) {
  return ticks / kHertz * kCyclesPerSecond +
         (ticks % kHertz * kCyclesPerSecond + kHertz - 1) / kHertz;
}

bool Pit8254::output(int counter, Cycles now) const {
  return counters_[static_cast<std::size_t>(counter)].output(ticks_at(now));
}

std::uint32_t Pit8254::read(std::uint16_t port, std::uint8_t, Cycles now) {
  const PitTicks tick = ticks_at(now);
  if (port == 0x61) {
    // Bit 4 toggles with each memory refresh, every 18 ticks: about 15 us.
    const bool refresh = (tick / 18 & 1) != 0;
    return byte_lane(static_cast<std::uint8_t>(port61_ | (refresh ? 0x10 : 0) |
                                               (counters_[2].output(tick) ? 0x20 : 0)));
  }
  if (port == 0x43)
    return byte_lane(0xff);  // the control word cannot be read
  return byte_lane(counters_[port - 0x40u].read_count(tick));
}

void Pit8254::write(std::uint16_t port, std::uint8_t, std::uint32_t value, Cycles now) {
  const PitTicks tick = ticks_at(now);
  const auto byte = static_cast<std::uint8_t>(value);
  if (port == 0x61) {
    port61_ = byte & 0xf;
    counters_[2].set_gate((byte & 1) != 0, tick);
    return;
  }
  advance(now);  // what is due under the old programme happened
  if (port == 0x43) {
    write_control(byte, tick);
  } else {
    counters_[port - 0x40u].settle(tick);
    counters_[port - 0x40u].write_count(byte, tick);
  }
  if (port == 0x40 || (port == 0x43 && byte >> 6 == 0 && (byte & 0x30) != 0)) {
    // A new start; in mode 0 the output falls until the count is through.
    seen_ = tick;
    const bool level = counters_[0].output(tick);
    if (level != line_) {
      line_ = level;
      host_.set_irq(kIrq, level);
    }
  }
}

void Pit8254::write_control(std::uint8_t control, PitTicks tick) {
  const int select = control >> 6;
  if (select == 3) {  // read-back: bits 1 to 3 choose counters, active-low bits what to latch
    for (int i = 0; i < 3; ++i) {
      if ((control & (2 << i)) == 0)
        continue;
      Counter& counter = counters_[static_cast<std::size_t>(i)];
      if ((control & 0x20) == 0)
        counter.latch_count(tick);
      if ((control & 0x10) == 0)
        counter.latch_status(tick);
    }
    return;
  }
  Counter& counter = counters_[static_cast<std::size_t>(select)];
  if ((control & 0x30) == 0) {
    counter.latch_count(tick);
  } else {
    counter.write_control(control);
  }
}

std::optional<Cycles> Pit8254::deadline() const {
  const auto edge = counters_[0].next_rising_edge(seen_);
  if (!edge)
    return std::nullopt;
  return cycle_of(*edge);
}

void Pit8254::advance(Cycles now) {
  const PitTicks tick = ticks_at(now);
  const auto edge = counters_[0].next_rising_edge(seen_);
  if (!edge || *edge > tick)
    return;
  if (line_)
    host_.set_irq(kIrq, false);
  line_ = true;
  host_.set_irq(kIrq, true);
  counters_[0].settle(tick);
  seen_ = tick;
}

void Pit8254::reset() {
  for (Counter& counter : counters_)
    counter = Counter{};
  counters_[2].set_gate(false, 0);
  port61_ = 0;
  seen_ = 0;
  line_ = true;
}

void Pit8254::save(StateWriter& out) const {
  for (const Counter& counter : counters_)
    counter.save(out);
  out.u8(port61_);
  out.u64(seen_);
  out.flag(line_);
}

bool Pit8254::restore(StateReader& in) {
  for (Counter& counter : counters_) {
    if (!counter.restore(in))
      return false;
  }
  port61_ = in.u8() & 0xf;
  seen_ = in.u64();
  line_ = in.flag();
  return in.ok();
}

DeviceState Pit8254::describe(Cycles now) const {
  const PitTicks tick = ticks_at(now);
  DeviceState state{"PIT 8254", {}};
  for (std::size_t i = 0; i < counters_.size(); ++i) {
    const Counter& c = counters_[i];
    const std::string prefix = "counter " + std::to_string(i) + " ";
    state.fields.emplace_back(prefix + "mode", std::to_string(c.mode()));
    state.fields.emplace_back(prefix + "reload", std::to_string(c.reload()));
    state.fields.emplace_back(prefix + "count", std::to_string(c.count(tick)));
    state.fields.emplace_back(prefix + "OUT", c.output(tick) ? "high" : "low");
  }
  const auto due = deadline();
  state.fields.emplace_back("next IRQ 0 at cycle", due ? std::to_string(*due) : "never");
  return state;
}

}  // namespace gv
