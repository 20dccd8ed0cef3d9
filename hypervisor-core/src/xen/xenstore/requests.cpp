// SPDX-License-Identifier: MIT

#include "xen/xenstore/requests.h"

#include "xen/xenstore/control_commands.h"
#include "xen/xenstore/store.h"
#include "xen/xenstore/store_path.h"

#include <algorithm>
#include <array>

namespace gv::xenstore {

namespace {

using Strings = std::vector<std::string_view>;

constexpr std::uint64_t kDomainSelf = 0x7ff0;  // xen.h: DOMID_SELF
const std::string kOk("OK\0", 3);

Answer<std::string> refuse(Refusal refusal) { return {{}, refusal}; }
Answer<std::string> acknowledge(Refusal refusal) {
  return refusal == Refusal::None ? Answer<std::string>{kOk} : refuse(refusal);
}
std::string terminated(std::string text) { return text + '\0'; }

// One request on its way through.
struct Call {
  Store& store;
  Connection& from;
  const Message& request;
  Transaction* transaction;  // null: outside of any
  Strings strings;           // the payload, where it is strings alone
  std::vector<Change> changes;

  NodeView& nodes() {
    return transaction != nullptr ? *transaction : static_cast<NodeView&>(store.table());
  }
  Tree tree() {
    return {nodes(), from.caller(), store.quota(), store.held_by(from.caller().domain)};
  }
  // Does it, and keeps what changed.
  template <class Operation>
  Answer<std::string> change(Operation operation) {
    Tree mine = tree();
    const Refusal refusal = operation(mine);
    changes = mine.take_changes();
    return acknowledge(refusal);
  }
};

// What a request names, as an absolute path; empty when it is no valid one.
std::string path_of(const Call& call, std::string_view text) {
  if (text.empty())
    return {};
  std::string path = absolute_path(text, call.from.base());
  return is_valid_path(path) ? path : std::string();
}

std::optional<DomainId> domain_of(std::string_view text) {
  const auto number = parse_number(text, 0xffff);
  return number ? std::optional(static_cast<DomainId>(*number)) : std::nullopt;
}

// --- nodes
// -----------------------------------------------------------------------------------------

Answer<std::string> read(Call& call, const std::string& path) {
  const auto [node, refusal] = call.tree().look_up(path, Access::Read);
  return node != nullptr ? Answer<std::string>{node->value} : refuse(refusal);
}

Answer<std::string> directory(Call& call, const std::string& path) {
  const auto [node, refusal] = call.tree().look_up(path, Access::Read);
  if (node == nullptr)
    return refuse(refusal);
  if (node->children_bytes() > XENSTORE_PAYLOAD_MAX)
    return refuse(Refusal::TooBig);  // the client goes on with DIRECTORY_PART
  const Strings names(node->children.begin(), node->children.end());
  return {join_strings(names)};
}

Answer<std::string> directory_part(Call& call, const std::string& path) {
  const auto offset = parse_number(call.strings[1], UINT32_MAX);
  if (!offset)
    return refuse(Refusal::InvalidArgument);
  const auto [node, refusal] = call.tree().look_up(path, Access::Read);
  if (node == nullptr)
    return refuse(refusal);
  std::string part = terminated(std::to_string(node->generation));
  std::size_t at = 0;
  for (const std::string& name : node->children) {
    if (at >= *offset) {
      if (part.size() + name.size() + 2 > XENSTORE_PAYLOAD_MAX)
        return {part};  // no empty name at its end: there is more
      part += terminated(name);
    }
    at += name.size() + 1;
  }
  return {part + '\0'};
}

Answer<std::string> get_permissions(Call& call, const std::string& path) {
  const auto [node, refusal] = call.tree().look_up(path, Access::Read);
  if (node == nullptr)
    return refuse(refusal);
  std::string list;
  for (const Permission& permission : node->permissions.entries())
    list += terminated(format(permission));
  return {list};
}

Answer<std::string> set_permissions(Call& call, const std::string& path) {
  std::vector<Permission> entries;
  for (std::size_t i = 1; i < call.strings.size(); ++i) {
    const auto permission = parse_permission(call.strings[i]);
    if (!permission)
      return refuse(Refusal::InvalidArgument);
    entries.push_back(*permission);
  }
  if (!call.from.caller().privileged() && entries.size() > call.store.quota().permissions)
    return refuse(Refusal::NoSpace);
  return call.change([&](Tree& tree) { return tree.set_permissions(path, Permissions(entries)); });
}

Answer<std::string> make(Call& call, const std::string& path) {
  return call.change([&](Tree& tree) { return tree.make(path); });
}

Answer<std::string> remove(Call& call, const std::string& path) {
  return call.change([&](Tree& tree) { return tree.remove(path); });
}

// The one payload that is not all strings: a path, then the value as it is.
Answer<std::string> write(Call& call) {
  const std::string& payload = call.request.payload;
  const std::size_t end = payload.find('\0');
  if (end == std::string::npos)
    return refuse(Refusal::InvalidArgument);
  const std::string path = path_of(call, std::string_view(payload).substr(0, end));
  if (path.empty())
    return refuse(Refusal::InvalidArgument);
  return call.change([&](Tree& tree) { return tree.write(path, payload.substr(end + 1)); });
}

// --- watches
// ---------------------------------------------------------------------------------------

Answer<std::string> watch(Call& call, const std::string& path) {
  auto& watches = call.from.watches();
  const std::string_view token = call.strings[1];
  const auto same = [&](const Watch& w) { return w.path == path && w.token == token; };
  if (std::any_of(watches.begin(), watches.end(), same))
    return refuse(Refusal::Exists);
  if (!call.from.caller().privileged() && watches.size() >= call.store.quota().watches)
    return refuse(Refusal::NoSpace);
  const std::size_t hidden = path.size() - call.strings[0].size();
  watches.push_back({path, std::string(token), hidden});
  // Acknowledged first, then told once of how things stand.
  const Watch fresh = watches.back();
  call.from.send_reply(call.request, kOk);
  call.store.deliver(call.from, fresh, path);
  return {};
}

Answer<std::string> unwatch(Call& call, const std::string& path) {
  const std::string_view token = call.strings[1];
  const auto gone = std::erase_if(
      call.from.watches(), [&](const Watch& w) { return w.path == path && w.token == token; });
  return acknowledge(gone == 0 ? Refusal::NoEntry : Refusal::None);
}

Answer<std::string> reset_watches(Call& call) {
  call.from.drop_watches_and_transactions();
  call.transaction = nullptr;
  return {kOk};
}

// --- transactions
// ----------------------------------------------------------------------------------

Answer<std::string> transaction_start(Call& call) {
  auto& open = call.from.transactions();
  const Caller& caller = call.from.caller();
  if (call.transaction != nullptr)
    return refuse(Refusal::Busy);
  if (!caller.privileged() && open.size() >= call.store.quota().transactions)
    return refuse(Refusal::NoSpace);
  const std::uint32_t id = call.from.new_transaction_id();
  open[id] = std::make_unique<Transaction>(call.store.table(), caller, call.store.quota());
  return {terminated(std::to_string(id))};
}

Answer<std::string> transaction_end(Call& call) {
  if (call.strings.size() != 1 || (call.strings[0] != "T" && call.strings[0] != "F"))
    return refuse(Refusal::InvalidArgument);
  if (call.transaction == nullptr)
    return refuse(Refusal::NoEntry);
  Refusal refusal = Refusal::None;
  std::vector<Change> changes;
  if (call.strings[0] == "T") {
    refusal = call.transaction->commit();
    changes = call.transaction->take_changes();
  }
  call.from.transactions().erase(call.request.transaction);
  call.transaction = nullptr;
  if (refusal == Refusal::None)
    call.changes = std::move(changes);
  return acknowledge(refusal);
}

// --- domains
// ---------------------------------------------------------------------------------------

Answer<std::string> introduce(Call& call) {
  if (call.strings.size() < 3)
    return refuse(Refusal::InvalidArgument);
  const auto domain = domain_of(call.strings[0]);
  const auto frame = parse_number(call.strings[1], UINT64_MAX);
  const auto port = parse_number(call.strings[2], UINT32_MAX);
  if (!domain || *domain == kDom0 || !frame || !port)
    return refuse(Refusal::InvalidArgument);
  return acknowledge(call.store.introduce(*domain, *frame, static_cast<std::uint32_t>(*port)));
}

template <class Operation>
Answer<std::string> with_domain(const Call& call, Operation operation) {
  const auto domain = call.strings.empty() ? std::nullopt : domain_of(call.strings[0]);
  return domain ? operation(*domain) : refuse(Refusal::InvalidArgument);
}

Answer<std::string> release(Call& call) {
  return with_domain(call, [&](DomainId domain) {
    // Whoever asks over this very connection could not be answered.
    if (domain == kDom0)
      return refuse(Refusal::InvalidArgument);
    return acknowledge(call.store.release(domain));
  });
}

Answer<std::string> resume(Call& call) {
  return with_domain(call, [&](DomainId d) { return acknowledge(call.store.resume(d)); });
}

Answer<std::string> is_introduced(Call& call) {
  return with_domain(call, [&](DomainId domain) {
    return Answer<std::string>{
        terminated(domain == kDomainSelf || call.store.introduced(domain) ? "T" : "F")};
  });
}

Answer<std::string> get_domain_path(Call& call) {
  return with_domain(call, [&](DomainId domain) {
    const DomainId named = domain == kDomainSelf ? call.from.caller().domain : domain;
    return Answer<std::string>{terminated(domain_path(named))};
  });
}

Answer<std::string> set_target(Call& call) {
  const auto target = call.strings.size() < 2 ? std::nullopt : domain_of(call.strings[1]);
  if (!target)
    return refuse(Refusal::InvalidArgument);
  return with_domain(
      call, [&](DomainId domain) { return acknowledge(call.store.set_target(domain, *target)); });
}

Answer<std::string> control(Call& call) { return control_command(call.store, call.strings); }

// --- which is which
// --------------------------------------------------------------------------------

enum class For : std::uint8_t { Everybody, Dom0 };
enum class Inside : std::uint8_t { Transactions, Nothing };  // Nothing: tx_id is not looked at

struct Kind {
  std::uint32_t type;
  For whom;
  Inside inside;
  std::size_t strings;  // at least; with a path function the first is the path
  Answer<std::string> (*on_path)(Call&, const std::string&);
  Answer<std::string> (*on_call)(Call&);
};

constexpr std::array<Kind, 20> kKinds = {{
    {XS_CONTROL, For::Dom0, Inside::Nothing, 1, nullptr, control},
    {XS_DIRECTORY, For::Everybody, Inside::Transactions, 1, directory, nullptr},
    {XS_READ, For::Everybody, Inside::Transactions, 1, read, nullptr},
    {XS_GET_PERMS, For::Everybody, Inside::Transactions, 1, get_permissions, nullptr},
    {XS_WATCH, For::Everybody, Inside::Nothing, 2, watch, nullptr},
    {XS_UNWATCH, For::Everybody, Inside::Nothing, 2, unwatch, nullptr},
    {XS_TRANSACTION_START, For::Everybody, Inside::Transactions, 0, nullptr, transaction_start},
    {XS_TRANSACTION_END, For::Everybody, Inside::Transactions, 0, nullptr, transaction_end},
    {XS_INTRODUCE, For::Dom0, Inside::Nothing, 0, nullptr, introduce},
    {XS_RELEASE, For::Dom0, Inside::Nothing, 0, nullptr, release},
    {XS_GET_DOMAIN_PATH, For::Everybody, Inside::Nothing, 0, nullptr, get_domain_path},
    {XS_WRITE, For::Everybody, Inside::Transactions, 0, nullptr, write},
    {XS_MKDIR, For::Everybody, Inside::Transactions, 1, make, nullptr},
    {XS_RM, For::Everybody, Inside::Transactions, 1, remove, nullptr},
    {XS_SET_PERMS, For::Everybody, Inside::Transactions, 2, set_permissions, nullptr},
    {XS_IS_DOMAIN_INTRODUCED, For::Dom0, Inside::Nothing, 0, nullptr, is_introduced},
    {XS_RESUME, For::Dom0, Inside::Nothing, 0, nullptr, resume},
    {XS_SET_TARGET, For::Dom0, Inside::Nothing, 0, nullptr, set_target},
    {XS_RESET_WATCHES, For::Everybody, Inside::Transactions, 0, nullptr, reset_watches},
    {XS_DIRECTORY_PART, For::Everybody, Inside::Transactions, 2, directory_part, nullptr},
}};

Answer<std::string> dispatch(const Kind& kind, Call& call) {
  if (kind.type != XS_WRITE) {
    auto strings = split_strings(call.request.payload);
    if (!strings || strings->size() < kind.strings)
      return refuse(Refusal::InvalidArgument);
    call.strings = std::move(*strings);
  }
  if (kind.on_path == nullptr)
    return kind.on_call(call);
  const std::string path = path_of(call, call.strings[0]);
  return path.empty() ? refuse(Refusal::InvalidArgument) : kind.on_path(call, path);
}

Answer<std::string> handle(const Kind* kind, Call& call) {
  if (kind == nullptr)
    return refuse(Refusal::NoSuchCall);
  if (kind->whom == For::Dom0 && !call.from.caller().privileged())
    return refuse(Refusal::AccessDenied);
  if (kind->inside == Inside::Transactions && call.request.transaction != 0) {
    const auto& open = call.from.transactions();
    const auto found = open.find(call.request.transaction);
    if (found == open.end())
      return refuse(Refusal::NoEntry);
    call.transaction = found->second.get();
  }
  auto answer = dispatch(*kind, call);
  if (call.transaction != nullptr && call.transaction->full())
    return refuse(Refusal::NoSpace);
  return answer;
}

}  // namespace

void serve(Store& store, Connection& from, const Message& request) {
  const auto kind = std::find_if(kKinds.begin(), kKinds.end(), [&](const Kind& k) {
    return k.type == request.type && (k.on_path != nullptr || k.on_call != nullptr);
  });
  const DomainId by = from.caller().domain;
  Call call{store, from, request, nullptr, {}, {}};
  auto [payload, refusal] = handle(kind == kKinds.end() ? nullptr : &*kind, call);
  if (refusal == Refusal::None && payload.size() > XENSTORE_PAYLOAD_MAX)
    refusal = Refusal::TooBig;
  if (refusal != Refusal::None) {
    store.observer().request_refused(by, request.type, refusal);
    const Message error{XS_ERROR, request.request, request.transaction, {}};
    from.send_reply(error, terminated(std::string(errno_name(refusal))));
    return;
  }
  if (call.transaction != nullptr)
    call.transaction->note(std::move(call.changes));
  else
    store.fire(by, call.changes);
  if (request.type != XS_WATCH)
    from.send_reply(request, std::move(payload));
}

}  // namespace gv::xenstore
