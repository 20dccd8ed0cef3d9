// SPDX-License-Identifier: MIT

#include "xen/store_records.h"

#include "gv/result.h"
#include "xen/xenstore/store_path.h"

namespace gv::xen {

using xenstore::Access;
using xenstore::Permissions;
using xenstore::Refusal;

namespace {

constexpr std::uint64_t kKibPerPage = kPageSize / 1024;

enum class Whose : std::uint8_t {
  Toolstack,  // the domain may read it
  Domains,    // it may write it too
};

class Writer {
 public:
  Writer(xenstore::Store& store, DomainId domain)
      : store_(store), domain_(domain), root_(xenstore::domain_path(domain)) {}

  void put(const std::string& path, const std::string& value, Whose whose) {
    const xenstore::Caller toolstack;
    xenstore::Tree tree(store_.table(), toolstack, store_.quota(), 0);
    const std::string at = path.empty() ? root_ : root_ + "/" + path;
    const Permissions permissions =
        whose == Whose::Domains
            ? Permissions({{domain_, Access::None}})
            : Permissions({{xenstore::kDom0, Access::None}, {domain_, Access::Read}});
    const bool written = tree.write(at, value) == Refusal::None &&
                         tree.set_permissions(at, permissions) == Refusal::None;
    GV_CHECK(written);  // paths and sizes are ours
    store_.fire(xenstore::kDom0, tree.take_changes());
  }

 private:
  xenstore::Store& store_;
  DomainId domain_;
  std::string root_;
};

}  // namespace

void introduce(xenstore::Store& store, const Domain& domain, const std::string& name) {
  Writer writer(store, domain.id);
  const std::string kib = std::to_string(domain.most_pages * kKibPerPage);
  writer.put("", "", Whose::Toolstack);
  writer.put("name", name, Whose::Toolstack);
  writer.put("domid", std::to_string(domain.id), Whose::Toolstack);
  writer.put("cpu", "", Whose::Toolstack);
  writer.put("cpu/0", "", Whose::Toolstack);
  writer.put("cpu/0/availability", "online", Whose::Toolstack);
  writer.put("memory", "", Whose::Toolstack);
  writer.put("memory/static-max", kib, Whose::Toolstack);
  writer.put("memory/target", kib, Whose::Toolstack);
  writer.put("device", "", Whose::Toolstack);
  writer.put("control", "", Whose::Toolstack);
  for (const char* feature : {"poweroff", "reboot", "suspend", "sysrq"}) {
    writer.put(std::string("control/platform-feature-") + feature, "1", Whose::Toolstack);
  }
  writer.put("control/shutdown", "", Whose::Domains);
  writer.put("data", "", Whose::Domains);
  writer.put("drivers", "", Whose::Domains);
  writer.put("feature", "", Whose::Domains);
  writer.put("attr", "", Whose::Domains);
  writer.put("error", "", Whose::Domains);
  writer.put("console", "", Whose::Toolstack);
  writer.put("console/type", "xenconsoled", Whose::Toolstack);
  writer.put("console/ring-ref", std::to_string(domain.console.frame.number), Whose::Toolstack);
  writer.put("console/port", std::to_string(domain.console.port), Whose::Toolstack);
  writer.put("store", "", Whose::Toolstack);
  writer.put("store/ring-ref", std::to_string(domain.store.frame.number), Whose::Toolstack);
  writer.put("store/port", std::to_string(domain.store.port), Whose::Toolstack);
  const Refusal refusal = store.introduce(domain.id, domain.store.frame.number, domain.store.port);
  GV_CHECK(refusal == Refusal::None);
}

void ask_to_shut_down(xenstore::Store& store, const Domain& domain, const std::string& how) {
  Writer(store, domain.id).put("control/shutdown", how, Whose::Domains);
}

}  // namespace gv::xen
