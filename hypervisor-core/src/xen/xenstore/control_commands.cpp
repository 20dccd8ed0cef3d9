// SPDX-License-Identifier: MIT

#include "xen/xenstore/control_commands.h"

#include "xen/xenstore/store.h"
#include "xen/xenstore/store_path.h"

namespace gv::xenstore {

namespace {

std::string line(std::string_view name, std::size_t value) {
  std::string text(name);
  text.resize(18, ' ');
  return text + ": " + std::to_string(value) + "\n";
}

std::string limits(const Quota& quota) {
  return line("nodes", quota.nodes) + line("watches", quota.watches) +
         line("transactions", quota.transactions) + line("outstanding", quota.outstanding) +
         line("transaction-nodes", quota.transaction_nodes) + line("memory", quota.memory) +
         line("node-size", quota.node_bytes) + line("permissions", quota.permissions);
}

Answer<std::string> used_by(Store& store, std::string_view domain_text) {
  const auto number = parse_number(domain_text, 0xffff);
  if (!number)
    return {{}, Refusal::InvalidArgument};
  const auto domain = static_cast<DomainId>(*number);
  Connection* const connection = store.connection(domain);
  if (connection == nullptr)
    return {{}, Refusal::NoEntry};
  return {"Domain " + std::to_string(domain) + ":\n" +
          line("nodes", store.table().usage(domain).nodes) +
          line("watches", connection->watches().size()) +
          line("transactions", connection->transactions().size()) +
          line("memory", store.bytes_of(domain))};
}

}  // namespace

Answer<std::string> control_command(Store& store, const std::vector<std::string_view>& words) {
  Answer<std::string> answer;
  if (words[0] == "help" && words.size() == 1) {
    answer.value = "check\nhelp\nquota [DOMAIN]";
  } else if (words[0] == "check" && words.size() == 1) {
    const std::string wrong = store.inconsistency();
    answer.value = wrong.empty() ? "OK" : wrong;
  } else if (words[0] == "quota" && words.size() == 1) {
    answer.value = limits(store.quota());
  } else if (words[0] == "quota" && words.size() == 2) {
    answer = used_by(store, words[1]);
  } else {
    answer.refusal = Refusal::InvalidArgument;
  }
  answer.value += '\0';
  return answer;
}

}  // namespace gv::xenstore
