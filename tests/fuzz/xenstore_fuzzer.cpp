// SPDX-License-Identifier: MIT
//
// xenstore_fuzzer.cpp - domains that send the store anything, also through their rings.
//
// Input is a programme: who talks, and either raw bytes or a request put
// together from paths and values that mean something here, so that most get
// past the first check. After it the tree is whole, no domain holds more than
// its quota, nothing of the root is a domain's, and a saved store is the same.

#include "../xenstore/talking_client.h"
#include "xen/xenstore/ring.h"

#include <array>
#include <cstring>

namespace {

using namespace gv::xenstore;

constexpr std::array<const char*, 16> kPaths = {"x",
                                                "x/y",
                                                "x/y/z",
                                                "/",
                                                "/tool",
                                                "data",
                                                "/local/domain/1",
                                                "/local/domain/1/x",
                                                "/local/domain/2/x",
                                                "/local/domain/3/x/y",
                                                "/local/domain",
                                                "@releaseDomain",
                                                "@introduceDomain",
                                                "//",
                                                "x/",
                                                "/local/domain/2"};
constexpr std::array<const char*, 8> kRest = {"", "t|", "n1|r2|", "b2|", "T|", "F|", "0|", "1|1|"};

class Programme {
 public:
  Programme(const std::uint8_t* data, std::size_t size) : data_(data), size_(size) {}
  bool over() const { return at_ >= size_; }
  std::uint8_t byte() { return over() ? std::uint8_t{0} : data_[at_++]; }
  std::span<const std::uint8_t> bytes(std::size_t count) {
    count = std::min(count, size_ - std::min(at_, size_));
    at_ += count;
    return {data_ + at_ - count, count};
  }

 private:
  const std::uint8_t* data_;
  std::size_t size_, at_ = 0;
};

void ask(Connection& connection, Programme& programme) {
  const std::uint8_t type = programme.byte(), path = programme.byte(), rest = programme.byte();
  const std::string payload =
      bars(std::string(kPaths[path % kPaths.size()]) + "|" + kRest[rest % kRest.size()]);
  const std::string bytes =
      encode({type % 25u, rest, static_cast<std::uint32_t>((path >> 4) % 4), payload});
  connection.receive({reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()});
}

void spoil_ring(xenstore_domain_interface& page, Connection& connection, Programme& programme) {
  const RingPage bytes(reinterpret_cast<std::uint8_t*>(&page), sizeof page);
  const auto request = programme.bytes(programme.byte() % 64);
  for (const std::uint8_t byte : request)
    page.req[MASK_XENSTORE_IDX(page.req_prod++)] = static_cast<char>(byte);
  if (programme.byte() % 8 == 0)
    bytes[XENSTORE_RING_SIZE * 2 + programme.byte() % 28u] = programme.byte();
  exchange(bytes, connection);
}

std::vector<std::uint8_t> saved(const Store& store) {
  gv::StateWriter out;
  store.save(out);
  return out.take();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Quota quota;
  quota.nodes = 20, quota.watches = 4, quota.transactions = 3, quota.transaction_nodes = 30;
  quota.memory = 20'000;
  Lab lab(quota);
  std::array<xenstore_domain_interface, 4> pages{};
  for (Programme programme(data, size); !programme.over();) {
    const std::uint8_t who = programme.byte();
    Connection* const connection =
        who % 4 == 0 ? &lab.dom0.connection() : lab.store.connection(who % 4);
    if (connection == nullptr) {  // released by Dom0
      lab.store.introduce(static_cast<DomainId>(who % 4), 1, 1);
      continue;
    }
    switch (who / 4 % 8) {
      case 0:
        connection->receive(programme.bytes(programme.byte() % 40));
        break;
      case 1:
        spoil_ring(pages[who % 4], *connection, programme);
        break;
      case 2:
        connection->take_output(programme.byte());
        break;
      default:
        ask(*connection, programme);
        break;
    }
    if (connection->ignored())
      connection->reset();
  }
  GV_CHECK(lab.store.inconsistency().empty());
  for (const DomainId domain : {DomainId{1}, DomainId{2}, DomainId{3}}) {
    GV_CHECK(lab.store.table().usage(domain).nodes <= quota.nodes + 8);  // Dom0 may give more
    GV_CHECK(lab.store.bytes_of(domain) <= quota.memory + 2 * XENSTORE_PAYLOAD_MAX);
  }
  const auto bytes = saved(lab.store);
  Store twin(quota);
  gv::StateReader in(bytes);
  GV_CHECK(twin.restore(in));
  GV_CHECK(saved(twin) == bytes);
  return 0;
}
