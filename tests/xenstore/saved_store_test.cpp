// SPDX-License-Identifier: MIT

#include "talking_client.h"

#include <gtest/gtest.h>

#include <random>

namespace gv::xenstore {
namespace {

std::vector<std::uint8_t> saved(const Store& store) {
  StateWriter out;
  store.save(out);
  return out.take();
}

bool restore(Store& store, const std::vector<std::uint8_t>& bytes) {
  StateReader in(bytes);
  return store.restore(in);
}

// A store in the middle of everything: watches, an open transaction, a half request, unread news.
struct Busy : Lab {
  Busy() {
    one.write("x", "1");
    one.ask(XS_SET_PERMS, "x|n1|r2|");
    two.ask(XS_WATCH, "/local/domain/1/x|t|");
    dom0.ask(XS_SET_TARGET, "3|2|");
    open = one.begin();
    one.write("x", "in transaction", open);
    one.write("fresh/y", "z", open);
    one.write("x", "2");
    const std::string request = encode({XS_WRITE, 77, 0, bars("half|told")});
    store.connection(3)->receive({reinterpret_cast<const std::uint8_t*>(request.data()), 20});
    store.connection(2)->take_output(3);
  }
  std::uint32_t open = 0;
};

TEST(SavedStore, ComesBackAsItWasByteForByte) {
  Busy busy;
  const auto bytes = saved(busy.store);
  Store other;
  ASSERT_TRUE(restore(other, bytes));
  EXPECT_EQ(saved(other), bytes);
  EXPECT_EQ(other.inconsistency(), "");
}

TEST(SavedStore, GoesOnAsTheOneThatWasSaved) {
  Busy busy;
  const auto bytes = saved(busy.store);
  Lab other;
  ASSERT_TRUE(restore(other.store, bytes));
  const std::string rest = bars("half|told").substr(4);
  for (Lab* const lab : {static_cast<Lab*>(&busy), &other}) {
    lab->store.connection(3)->receive(
        {reinterpret_cast<const std::uint8_t*>(rest.data()), rest.size()});
    EXPECT_EQ(lab->dom0.read("/local/domain/3/half"), "told");
    lab->one.ask(XS_TRANSACTION_END, "T|", busy.open);
  }
  EXPECT_EQ(saved(other.store), saved(busy.store));
}

TEST(SavedStore, TurnsTimeBackUnderAClientOutsideThatStays) {
  Lab lab;
  lab.dom0.ask(XS_WATCH, "/x|t|");
  lab.dom0.write("/x", "before");
  const auto bytes = saved(lab.store);
  lab.dom0.write("/x", "after");
  const std::uint32_t open = lab.dom0.begin();
  lab.dom0.write("/y", "1", open);
  lab.dom0.take_events();
  ASSERT_TRUE(restore(lab.store, bytes));
  EXPECT_EQ(lab.dom0.read("/x"), "before");
  EXPECT_EQ(lab.dom0.end(open), "EAGAIN");
  lab.dom0.write("/x", "again");
  EXPECT_EQ(lab.dom0.take_events(), (std::vector<std::string>{"/x|t|"}));
}

TEST(SavedStore, IsRefusedWhenItIsCutOrDamagedAndTheStoreStays) {
  Busy busy;
  const auto good = saved(busy.store);
  Lab other;
  const auto before = saved(other.store);
  for (std::size_t size = 0; size < good.size(); size += 7) {
    ASSERT_FALSE(restore(other.store, {good.begin(), good.begin() + static_cast<long>(size)}));
    ASSERT_EQ(saved(other.store), before);
  }
  std::mt19937 random(20260101);
  int refused = 0;
  for (int round = 0; round < 4000; ++round) {
    auto bytes = good;
    bytes[random() % bytes.size()] = static_cast<std::uint8_t>(random());
    if (!restore(other.store, bytes)) {
      ++refused;
      continue;
    }
    EXPECT_EQ(other.store.inconsistency(), "");
    for (const DomainId domain : {DomainId{1}, DomainId{2}, DomainId{3}}) {
      if (other.store.connection(domain) != nullptr)
        other.store.release(domain);
    }
  }
  EXPECT_GT(refused, 1000);
}

}  // namespace
}  // namespace gv::xenstore
