// SPDX-License-Identifier: MIT
//
// pit_8254_counter.cpp - one counter of the 8254: its six modes as functions of time.
//
// `e` is always the number of clocks since the count was in the counter, `n`
// the count. Modes 2 and 3 repeat with period n; the others run once and then
// count on down through zero, as the data sheet says, without effect on OUT.

#include "devices/pit_8254.h"

namespace gv {
namespace {

constexpr std::uint32_t to_bcd(std::uint32_t v) {
  return (v / 1000 % 10) << 12 | (v / 100 % 10) << 8 | (v / 10 % 10) << 4 | v % 10;
}
constexpr std::uint32_t from_bcd(std::uint32_t v) {
  return (v >> 12 & 0xf) * 1000 + (v >> 8 & 0xf) * 100 + (v >> 4 & 0xf) * 10 + (v & 0xf);
}

}  // namespace

PitTicks Pit8254::Counter::elapsed(PitTicks tick) const {
  if (!gate_ && !triggered_by_gate())
    return held_;
  return tick > start_ ? tick - start_ : 0;
}

bool Pit8254::Counter::null_count(PitTicks tick) const {
  return !loaded_ || next_ != 0 || (gate_ && tick < start_);
}

void Pit8254::Counter::write_control(std::uint8_t control) {
  const bool gate = gate_;
  *this = Counter{};
  gate_ = gate;
  access_ = static_cast<Access>(control >> 4 & 3);
  const std::uint8_t mode = control >> 1 & 7;
  mode_ = mode > 5 ? mode - 4 : mode;  // bit 2 is "don't care" in modes 2 and 3
  bcd_ = (control & 1) != 0;
}

void Pit8254::Counter::write_count(std::uint8_t byte, PitTicks tick) {
  switch (access_) {
    case Access::Low:
      load(byte, tick);
      break;
    case Access::High:
      load(static_cast<std::uint32_t>(byte) << 8, tick);
      break;
    case Access::LowThenHigh:
      if (!write_high_) {
        low_ = byte;
        write_high_ = true;
        if (mode_ == 0)
          loaded_ = false;  // the first byte stops the count, OUT falls
      } else {
        write_high_ = false;
        load(static_cast<std::uint32_t>(low_ | byte << 8), tick);
      }
      break;
    case Access::Latch:
      break;  // power-on only: no control word yet
  }
}

void Pit8254::Counter::load(std::uint32_t count, PitTicks tick) {
  const std::uint32_t modulus = bcd_ ? 10000 : 65536;
  if (bcd_)
    count = from_bcd(count) % modulus;
  if (count == 0)
    count = modulus;
  if (periodic() && count == 1)
    count = 2;  // the data sheet calls 1 illegal here
  if (periodic() && loaded_) {
    // The running period ends first. Name its start, so that its end can be found.
    if (tick > start_)
      start_ += (tick - start_) / reload_ * reload_;
    next_ = count;
    return;
  }
  reload_ = count;
  if (triggered_by_gate())
    return;  // the next rising edge of the gate starts it
  loaded_ = true;
  start_ = tick + 1;  // the clock after the write moves the count into the counter
  held_ = 0;
}

void Pit8254::Counter::settle(PitTicks tick) {
  if (next_ == 0 || !counting())
    return;
  if (tick < start_ + reload_)
    return;
  start_ += reload_;  // the end of the period in which the count was written
  reload_ = next_;
  next_ = 0;
}

void Pit8254::Counter::set_gate(bool gate, PitTicks tick) {
  if (gate == gate_)
    return;
  settle(tick);
  if (!gate) {
    held_ = elapsed(tick);
    gate_ = false;
    return;
  }
  gate_ = true;
  if (triggered_by_gate()) {
    if (reload_ == 0)
      return;
    loaded_ = true;
    start_ = tick + 1;
  } else if (periodic()) {
    if (next_ != 0)
      reload_ = next_;  // the gate reloads the counter
    next_ = 0;
    start_ = tick + 1;
  } else {
    start_ = tick - (held_ < tick ? held_ : tick);  // goes on where it stopped
  }
}

Pit8254::Counter Pit8254::Counter::settled(PitTicks tick) const {
  Counter copy = *this;
  copy.settle(tick);
  return copy;
}

std::uint16_t Pit8254::Counter::count(PitTicks tick) const {
  if (next_ != 0 && counting() && tick >= start_ + reload_)
    return settled(tick).count(tick);
  const std::uint64_t modulus = bcd_ ? 10000 : 65536;
  std::uint64_t value = reload_ % modulus;
  if (loaded_) {
    const PitTicks e = elapsed(tick);
    if (mode_ == 2) {
      value = reload_ - e % reload_;
    } else if (mode_ == 3) {
      // Counts down by two, twice per period.
      const PitTicks phase = e % reload_, half = (reload_ + 1u) / 2;
      const PitTicks within = phase < half ? phase : phase - half;
      value = (reload_ & ~1u) - 2 * within;
      if (value > reload_)
        value = 0;
    } else {
      value = reload_ + modulus - e % modulus;
    }
    value %= modulus;
  }
  return static_cast<std::uint16_t>(bcd_ ? to_bcd(static_cast<std::uint32_t>(value)) : value);
}

bool Pit8254::Counter::output(PitTicks tick) const {
  if (next_ != 0 && counting() && tick >= start_ + reload_)
    return settled(tick).output(tick);
  if (!loaded_)
    return mode_ != 0;
  const PitTicks e = elapsed(tick);
  switch (mode_) {
    case 0:
      return e >= reload_;
    case 1:
      return e >= reload_;
    case 2:
      return !gate_ || e % reload_ != reload_ - 1;  // low for the last clock of a period
    case 3:
      return !gate_ || e % reload_ < (reload_ + 1u) / 2;
    default:
      return e != reload_;  // 4 and 5: low for one clock at the end
  }
}

std::optional<PitTicks> Pit8254::Counter::next_rising_edge(PitTicks tick) const {
  if (!loaded_)
    return std::nullopt;
  if (!gate_ && !triggered_by_gate())
    return std::nullopt;
  if (periodic()) {
    const PitTicks first = start_ + reload_;
    if (tick < first)
      return first;
    if (next_ != 0) {
      // Not settled yet: the period after `first` has the new length.
      return first + ((tick - first) / next_ + 1) * next_;
    }
    return start_ + ((tick - start_) / reload_ + 1) * reload_;
  }
  const PitTicks edge = start_ + reload_ + (mode_ >= 4 ? 1 : 0);
  if (tick < edge)
    return edge;
  return std::nullopt;
}

std::uint8_t Pit8254::Counter::status(PitTicks tick) const {
  return static_cast<std::uint8_t>((output(tick) ? 0x80 : 0) | (null_count(tick) ? 0x40 : 0) |
                                   static_cast<int>(access_) << 4 | mode_ << 1 | (bcd_ ? 1 : 0));
}

void Pit8254::Counter::latch_count(PitTicks tick) {
  settle(tick);
  if (!latched_)
    latched_ = count(tick);  // a second latch before the read is ignored
}

void Pit8254::Counter::latch_status(PitTicks tick) {
  settle(tick);
  if (!latched_status_)
    latched_status_ = status(tick);
}

std::uint8_t Pit8254::Counter::read_count(PitTicks tick) {
  settle(tick);
  if (latched_status_) {
    const std::uint8_t value = *latched_status_;
    latched_status_.reset();
    return value;
  }
  const std::uint16_t value = latched_ ? *latched_ : count(tick);
  const auto low = static_cast<std::uint8_t>(value), high = static_cast<std::uint8_t>(value >> 8);
  if (access_ == Access::Low || access_ == Access::High) {
    latched_.reset();
    return access_ == Access::Low ? low : high;
  }
  read_high_ = !read_high_;
  if (read_high_)
    return low;
  latched_.reset();
  return high;
}

void Pit8254::Counter::save(StateWriter& out) const {
  out.u8(mode_);
  out.u8(static_cast<std::uint8_t>(access_));
  out.flag(bcd_);
  out.flag(gate_);
  out.flag(loaded_);
  out.u32(reload_);
  out.u32(next_);
  out.u64(start_);
  out.u64(held_);
  out.flag(write_high_);
  out.flag(read_high_);
  out.u8(low_);
  out.flag(latched_.has_value());
  out.u16(latched_.value_or(0));
  out.flag(latched_status_.has_value());
  out.u8(latched_status_.value_or(0));
}

bool Pit8254::Counter::restore(StateReader& in) {
  mode_ = in.u8();
  const std::uint8_t access = in.u8();
  access_ = static_cast<Access>(access & 3);
  bcd_ = in.flag();
  gate_ = in.flag();
  loaded_ = in.flag();
  reload_ = in.u32();
  next_ = in.u32();
  start_ = in.u64();
  held_ = in.u64();
  write_high_ = in.flag();
  read_high_ = in.flag();
  low_ = in.u8();
  const bool has_latch = in.flag();
  const std::uint16_t latch = in.u16();
  latched_ = has_latch ? std::optional(latch) : std::nullopt;
  const bool has_status = in.flag();
  const std::uint8_t status = in.u8();
  latched_status_ = has_status ? std::optional(status) : std::nullopt;
  // A loaded counter divides by its count, and time does not start in the far future.
  constexpr PitTicks kLastTick = PitTicks{1} << 60;
  return in.ok() && mode_ < 6 && reload_ <= 65536 && next_ <= 65536 && !(loaded_ && reload_ == 0) &&
         start_ < kLastTick && held_ < kLastTick;
}

}  // namespace gv
