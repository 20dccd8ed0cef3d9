// SPDX-License-Identifier: MIT
//
// device_view.h - device registers with what changed since the last stop.
//
// Keeps the fields of the picture before, so it is fed once per stop. Pure.

#pragma once

#include "gv/snapshot.h"

#include <cstdint>
#include <string>
#include <vector>

namespace gv {

struct DeviceField {
  std::string label, value, before;
  bool changed = false;
};
struct DeviceCard {
  std::string name;
  std::vector<DeviceField> fields;
  bool changed = false;
};

class DeviceView {
 public:
  // A snapshot at the same position as the last one changes no marks.
  void update(const Snapshot& snapshot);
  const std::vector<DeviceCard>& cards() const { return cards_; }

 private:
  std::vector<DeviceCard> cards_;
  Position position_;
  bool fed_ = false;
};

}  // namespace gv
