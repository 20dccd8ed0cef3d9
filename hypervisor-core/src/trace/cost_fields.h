// SPDX-License-Identifier: MIT
//
// cost_fields.h - the numbers of the cost model by name, for files and tests.
//
// The names are those of hypervisor-core/cost_model.json.

#pragma once

#include "gv/machine_config.h"

namespace gv {

// `Model` is CostModel or const CostModel.
template <class Visit, class Model>
void for_each_cost(Visit&& visit, Model& model) {
  visit("exit_and_entry", model.exit_and_entry);
  visit("decode_and_emulate", model.decode_and_emulate);
  visit("reflect", model.reflect);
  visit("shadow_fill", model.shadow_fill);
  visit("shadow_flush", model.shadow_flush);
  visit("device_access", model.device_access);
  visit("interrupt", model.interrupt);
  visit("interpret", model.interpret);
  visit("callout", model.callout);
  visit("translate", model.translate);
  visit("find_translation", model.find_translation);
  visit("hypercall", model.hypercall);
  visit("page_table_write", model.page_table_write);
  static_assert(sizeof(CostModel) == 13 * sizeof(std::uint32_t), "list the new number here");
}

}  // namespace gv
