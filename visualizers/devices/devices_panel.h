// SPDX-License-Identifier: MIT
//
// devices_panel.h - one card per chip, its registers in the chip's own terms.

#pragma once

#include "visualizers/devices/device_view.h"
#include "visualizers/panel.h"

namespace gv {

class DevicesPanel : public Panel {
 public:
  std::string_view id() const override { return "devices"; }
  std::string_view title() const override { return "Devices"; }
  std::string_view purpose() const override {
    return "The registers of every chip of the machine, with what changed since the last stop.";
  }
  Size least_size() const override { return {360, 300}; }
  void draw(PanelContext& context) override;
  std::vector<std::string> as_text(const PanelContext& context) const override;

 private:
  DeviceView view_;
};

}  // namespace gv
