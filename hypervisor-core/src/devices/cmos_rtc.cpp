// SPDX-License-Identifier: MIT

#include "devices/cmos_rtc.h"

#include "devices/register_text.h"

#include <algorithm>
#include <chrono>
#include <cstdio>

namespace gv {
namespace {

enum Cell : std::uint8_t {
  kSeconds,
  kSecondsAlarm,
  kMinutes,
  kMinutesAlarm,
  kHours,
  kHoursAlarm,
  kWeekday,
  kDay,
  kMonth,
  kYear,
  kStatusA,
  kStatusB,
  kStatusC,
  kStatusD,
  kCentury = 0x32,
};

constexpr std::uint8_t kSet = 0x80, kBinary = 0x04, k24Hours = 0x02;     // of register B
constexpr std::uint8_t kPeriodic = 0x40, kAlarm = 0x20, kUpdate = 0x10;  // of B and C alike
constexpr std::uint8_t kInterrupt = 0x80;                                // of register C
constexpr Cycles kUpdateTime = 244'000;  // UIP announces an update 244 us ahead

// A calendar date and time of day; proleptic Gregorian, as <chrono> has it.
struct WallTime {
  int year = 2026, month = 1, day = 1, hour = 0, minute = 0, second = 0;
  int weekday = 1;  // 1 is Sunday
};

WallTime wall_time(std::int64_t seconds) {
  using namespace std::chrono;
  const sys_seconds point{std::chrono::seconds(seconds)};
  const sys_days midnight = floor<days>(point);
  const year_month_day date(midnight);
  const hh_mm_ss time(point - midnight);
  return {static_cast<int>(date.year()),
          static_cast<int>(static_cast<unsigned>(date.month())),
          static_cast<int>(static_cast<unsigned>(date.day())),
          static_cast<int>(time.hours().count()),
          static_cast<int>(time.minutes().count()),
          static_cast<int>(time.seconds().count()),
          static_cast<int>(weekday(midnight).c_encoding()) + 1};
}

std::int64_t seconds_of(const WallTime& t) {
  using namespace std::chrono;
  // A 31 February counts on into March; the guest wrote the fields one by one.
  const sys_days first = year(t.year) / month(static_cast<unsigned>(t.month)) / 1;
  const sys_seconds point =
      first + days(t.day - 1) + hours(t.hour) + minutes(t.minute) + std::chrono::seconds(t.second);
  return point.time_since_epoch().count();
}

bool is_time_cell(std::uint8_t index) {
  return index == kSeconds || index == kMinutes || index == kHours ||
         (index >= kWeekday && index <= kYear) || index == kCentury;
}

}  // namespace

std::int64_t CmosRtc::wall_seconds(Cycles now) const {
  if ((cells_[kStatusB] & kSet) != 0)
    return frozen_;
  return kStartOfTime + offset_ + static_cast<std::int64_t>(now / kCyclesPerSecond);
}

std::uint8_t CmosRtc::encode(int value) const {
  if ((cells_[kStatusB] & kBinary) != 0)
    return static_cast<std::uint8_t>(value);
  return static_cast<std::uint8_t>(value / 10 << 4 | value % 10);
}

int CmosRtc::decode(std::uint8_t value) const {
  if ((cells_[kStatusB] & kBinary) != 0)
    return value;
  return (value >> 4) * 10 + (value & 0xf);
}

std::uint8_t CmosRtc::encode_hour(int hour) const {
  if ((cells_[kStatusB] & k24Hours) != 0)
    return encode(hour);
  const int twelve = hour % 12 == 0 ? 12 : hour % 12;
  return static_cast<std::uint8_t>(encode(twelve) | (hour >= 12 ? 0x80 : 0));
}

int CmosRtc::decode_hour(std::uint8_t value) const {
  if ((cells_[kStatusB] & k24Hours) != 0)
    return decode(value);
  return decode(value & 0x7f) % 12 + ((value & 0x80) != 0 ? 12 : 0);
}

std::uint8_t CmosRtc::read_cell(std::uint8_t index, Cycles now) {
  if (is_time_cell(index)) {
    const WallTime t = wall_time(wall_seconds(now));
    switch (index) {
      case kSeconds:
        return encode(t.second);
      case kMinutes:
        return encode(t.minute);
      case kHours:
        return encode_hour(t.hour);
      case kWeekday:
        return encode(t.weekday);
      case kDay:
        return encode(t.day);
      case kMonth:
        return encode(t.month);
      case kYear:
        return encode(t.year % 100);
      default:
        return encode(t.year / 100);
    }
  }
  switch (index) {
    case kStatusA: {
      const bool updating = (cells_[kStatusB] & kSet) == 0 &&
                            now % kCyclesPerSecond >= kCyclesPerSecond - kUpdateTime;
      return static_cast<std::uint8_t>(cells_[kStatusA] | (updating ? 0x80 : 0));
    }
    case kStatusC: {
      const std::uint8_t causes = cells_[kStatusC];
      cells_[kStatusC] = 0;  // reading acknowledges
      update_line();
      return causes;
    }
    default:
      return cells_[index];
  }
}

void CmosRtc::write_time(std::uint8_t index, std::uint8_t value, Cycles now) {
  WallTime t = wall_time(wall_seconds(now));
  // Fields out of range do not make another date: they are brought into it.
  const auto field = [&](int low, int high) { return std::clamp(decode(value), low, high); };
  switch (index) {
    case kSeconds:
      t.second = field(0, 59);
      break;
    case kMinutes:
      t.minute = field(0, 59);
      break;
    case kHours:
      t.hour = std::clamp(decode_hour(value), 0, 23);
      break;
    case kDay:
      t.day = field(1, 31);
      break;
    case kMonth:
      t.month = field(1, 12);
      break;
    case kYear:
      t.year = t.year / 100 * 100 + field(0, 99);
      break;
    case kCentury:
      t.year = field(19, 29) * 100 + t.year % 100;
      break;
    default:
      return;  // the weekday follows from the date
  }
  const std::int64_t seconds = seconds_of(t);
  if ((cells_[kStatusB] & kSet) != 0) {
    frozen_ = seconds;
  } else {
    offset_ += seconds - wall_seconds(now);
  }
}

void CmosRtc::write_cell(std::uint8_t index, std::uint8_t value, Cycles now) {
  if (is_time_cell(index)) {
    write_time(index, value, now);
    return;
  }
  switch (index) {
    case kStatusA:
      cells_[kStatusA] = value & 0x7f;
      break;
    case kStatusB: {
      const std::int64_t wall = wall_seconds(now);
      const bool was_set = (cells_[kStatusB] & kSet) != 0;
      cells_[kStatusB] = value;
      if ((value & kSet) != 0) {
        frozen_ = wall;
        cells_[kStatusB] &= static_cast<std::uint8_t>(~kUpdate);  // SET clears UIE
      } else if (was_set) {
        offset_ = wall - kStartOfTime - static_cast<std::int64_t>(now / kCyclesPerSecond);
      }
      update_line();
      break;
    }
    case kStatusC:
    case kStatusD:
      return;  // read-only
    default:
      cells_[index] = value;
      break;
  }
  seen_ = std::max(seen_, now);  // what gets enabled now has no past
}

std::uint32_t CmosRtc::read(std::uint16_t port, std::uint8_t, Cycles now) {
  if (port == 0x70)
    return byte_lane(0xff);  // the index cannot be read
  advance(now);
  return byte_lane(read_cell(index_, now));
}

void CmosRtc::write(std::uint16_t port, std::uint8_t size, std::uint32_t value, Cycles now) {
  if (port == 0x70) {
    index_ = value & 0x7f;
    if (size == 1)
      return;
    value >>= 8;  // a word at 0x70 is index and data
  }
  advance(now);
  write_cell(index_, static_cast<std::uint8_t>(value), now);
}

std::uint64_t CmosRtc::periodic_hertz() const {
  const int rate = cells_[kStatusA] & 0xf;
  if (rate == 0)
    return 0;
  // The two fastest selections repeat two slow ones: the chip's own oddity.
  return 32768u >> ((rate < 3 ? rate + 7 : rate) - 1);
}

std::optional<Cycles> CmosRtc::deadline() const {
  const std::uint8_t enabled = cells_[kStatusB] & (kPeriodic | kAlarm | kUpdate);
  std::optional<Cycles> due;
  if ((enabled & kPeriodic) != 0 && periodic_hertz() != 0) {
    const std::uint64_t hertz = periodic_hertz();
    // Periods are counted from the start of each second; hertz is a power of two.
    const Cycles second = seen_ / kCyclesPerSecond, within = seen_ % kCyclesPerSecond;
    const std::uint64_t next = within * hertz / kCyclesPerSecond + 1;
    due = second * kCyclesPerSecond + (next * kCyclesPerSecond + hertz - 1) / hertz;
  }
  if ((enabled & (kAlarm | kUpdate)) != 0 && (cells_[kStatusB] & kSet) == 0) {
    const Cycles next = (seen_ / kCyclesPerSecond + 1) * kCyclesPerSecond;
    due = due ? std::min(*due, next) : next;
  }
  return due;
}

bool CmosRtc::alarm_matches(std::int64_t second) const {
  const WallTime t = wall_time(second);
  const auto matches = [](std::uint8_t alarm, std::uint8_t value) {
    return alarm >= 0xc0 || alarm == value;  // the two top bits mean "any"
  };
  return matches(cells_[kSecondsAlarm], encode(t.second)) &&
         matches(cells_[kMinutesAlarm], encode(t.minute)) &&
         matches(cells_[kHoursAlarm], encode_hour(t.hour));
}

void CmosRtc::advance(Cycles now) {
  // One request per cause is all that register C can hold, so a late call
  // looks at each second only while an alarm could hide in it.
  const std::uint8_t enabled = cells_[kStatusB] & (kPeriodic | kAlarm | kUpdate);
  if (enabled == 0 || now <= seen_)
    return;
  if (const std::uint64_t hertz = periodic_hertz(); (enabled & kPeriodic) != 0 && hertz != 0) {
    const auto periods = [&](Cycles t) {
      return t / kCyclesPerSecond * hertz + t % kCyclesPerSecond * hertz / kCyclesPerSecond;
    };
    if (periods(now) != periods(seen_))
      raise(kPeriodic);
  }
  const Cycles first = seen_ / kCyclesPerSecond + 1, last = now / kCyclesPerSecond;
  if (first <= last && (cells_[kStatusB] & kSet) == 0) {
    if ((enabled & kUpdate) != 0)
      raise(kUpdate);
    constexpr Cycles kDay = 86'400;  // an alarm repeats daily: one day holds every match
    for (Cycles s = first; (enabled & kAlarm) != 0 && s <= last && s < first + kDay; ++s) {
      if (alarm_matches(kStartOfTime + offset_ + static_cast<std::int64_t>(s))) {
        raise(kAlarm);
        break;
      }
    }
  }
  seen_ = now;
}

void CmosRtc::raise(std::uint8_t cause) {
  cells_[kStatusC] |= static_cast<std::uint8_t>(cause | kInterrupt);
  update_line();
}

void CmosRtc::update_line() {
  const bool level = (cells_[kStatusC] & cells_[kStatusB] & (kPeriodic | kAlarm | kUpdate)) != 0;
  if (level != line_) {
    line_ = level;
    host_.set_irq(kIrq, level);
  }
}

void CmosRtc::reset() {
  cells_.fill(0);
  cells_[kStatusA] = 0x26;  // 32,768 Hz time base, 1,024 Hz periodic rate
  cells_[kStatusB] = k24Hours;
  cells_[kStatusD] = 0x80;  // battery good
  const auto word = [&](std::uint8_t at, std::uint64_t value) {
    value = std::min<std::uint64_t>(value, 0xffff);
    cells_[at] = static_cast<std::uint8_t>(value);
    cells_[at + 1u] = static_cast<std::uint8_t>(value >> 8);
  };
  // Sizes as PC firmware leaves them: base KiB; KiB above 1 MiB; 64 KiB units above 16 MiB.
  constexpr std::uint64_t kMiB = 1 << 20;
  word(0x15, 640);
  const std::uint64_t extended = memory_bytes_ > kMiB ? (memory_bytes_ - kMiB) / 1024 : 0;
  word(0x17, extended);
  word(0x30, extended);
  word(0x34, memory_bytes_ > 16 * kMiB ? (memory_bytes_ - 16 * kMiB) / 65536 : 0);
  cells_[0x14] = 0x06;  // equipment: 80x25 colour, mathematics coprocessor
  index_ = 0;
  offset_ = frozen_ = 0;
  seen_ = 0;
  update_line();
}

void CmosRtc::save(StateWriter& out) const {
  out.bytes({cells_.begin(), cells_.end()});
  out.u8(index_);
  out.u64(static_cast<std::uint64_t>(offset_));
  out.u64(static_cast<std::uint64_t>(frozen_));
  out.u64(seen_);
  out.flag(line_);
}

bool CmosRtc::restore(StateReader& in) {
  const auto cells = in.bytes();
  if (cells.size() != cells_.size())
    return false;
  std::copy(cells.begin(), cells.end(), cells_.begin());
  index_ = in.u8() & 0x7f;
  offset_ = static_cast<std::int64_t>(in.u64());
  frozen_ = static_cast<std::int64_t>(in.u64());
  seen_ = in.u64();
  line_ = in.flag();
  // A thousand years either way: what the century register can reach, and no overflow.
  constexpr std::int64_t kFar = 40'000'000'000;
  return in.ok() && offset_ > -kFar && offset_ < kFar && frozen_ > -kFar && frozen_ < kFar;
}

DeviceState CmosRtc::describe(Cycles now) const {
  const WallTime t = wall_time(wall_seconds(now));
  char text[64];
  std::snprintf(text, sizeof text, "%04d-%02d-%02d %02d:%02d:%02d", t.year, t.month, t.day, t.hour,
                t.minute, t.second);
  return {"CMOS clock",
          {{"time", text},
           {"index", hex8(index_)},
           {"A", hex8(cells_[kStatusA])},
           {"B", hex8(cells_[kStatusB])},
           {"C", hex8(cells_[kStatusC])},
           {"D", hex8(cells_[kStatusD])},
           {"IRQ 8", line_ ? "high" : "low"}}};
}

}  // namespace gv
