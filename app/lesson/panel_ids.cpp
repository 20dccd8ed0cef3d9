// SPDX-License-Identifier: MIT

#include "lesson/panel_ids.h"

#include <algorithm>

namespace gv {

bool is_panel_id(std::string_view id) {
  id = id.substr(0, id.find('/'));
  return std::find(kPanelIds.begin(), kPanelIds.end(), id) != kPanelIds.end();
}

bool is_control_id(std::string_view id) {
  return std::find(kControlIds.begin(), kControlIds.end(), id) != kControlIds.end();
}

}  // namespace gv
