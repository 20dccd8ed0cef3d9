// SPDX-License-Identifier: MIT
//
// device_view.cpp - compares fields by chip and label.

#include "visualizers/devices/device_view.h"

#include <algorithm>

namespace gv {

void DeviceView::update(const Snapshot& snapshot) {
  if (fed_ && snapshot.position == position_ && snapshot.devices.size() == cards_.size())
    return;
  std::vector<DeviceCard> next;
  for (const DeviceState& device : snapshot.devices) {
    DeviceCard card{device.name, {}, false};
    const auto old = std::find_if(cards_.begin(), cards_.end(),
                                  [&](const DeviceCard& c) { return c.name == device.name; });
    for (const auto& [label, value] : device.fields) {
      DeviceField field{label, value, value, false};
      if (old != cards_.end()) {
        const auto was =
            std::find_if(old->fields.begin(), old->fields.end(),
                         [&, name = label](const DeviceField& f) { return f.label == name; });
        if (was != old->fields.end())
          field.before = was->value;
        field.changed = was == old->fields.end() || field.before != value;
      }
      card.changed |= field.changed;
      card.fields.push_back(std::move(field));
    }
    next.push_back(std::move(card));
  }
  cards_ = std::move(next);
  position_ = snapshot.position;
  fed_ = true;
}

}  // namespace gv
