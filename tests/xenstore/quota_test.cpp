// SPDX-License-Identifier: MIT
//
// What a domain that wants too much gets: a refusal, and nobody else notices.

#include "talking_client.h"

#include <gtest/gtest.h>

namespace gv::xenstore {
namespace {

TEST(Quota, OfNodesCountsWhatADomainOwns) {
  Lab lab;
  int made = 0;
  while (lab.one.write("n" + std::to_string(made % 40) + "/" + std::to_string(made), "") == "OK|")
    ++made;
  EXPECT_EQ(lab.one.write("one-more", ""), "ENOSPC");
  EXPECT_EQ(lab.store.table().usage(1).nodes, 1000u);
  EXPECT_EQ(lab.two.write("fine", ""), "OK|");
  EXPECT_EQ(lab.dom0.write("/local/domain/1/by-dom0", ""), "OK|");
  EXPECT_EQ(lab.one.ask(XS_RM, "n0|"), "OK|");
  EXPECT_EQ(lab.one.write("one-more", ""), "OK|");
}

TEST(Quota, OfNodesHoldsInTransactionsAndOverThem) {
  Quota quota;
  quota.nodes = 5;
  Lab lab(quota);
  const std::uint32_t a = lab.one.begin(), b = lab.one.begin();
  lab.one.write("a", ""), lab.one.write("b", "");  // conflict-free parents
  lab.one.end(a, "F|"), lab.one.end(b, "F|");
  const std::uint32_t c = lab.one.begin(), d = lab.one.begin();
  EXPECT_EQ(lab.one.write("a/1", "", c), "OK|");
  EXPECT_EQ(lab.one.write("a/2", "", c), "OK|");
  EXPECT_EQ(lab.one.write("a/3", "", c), "ENOSPC");
  EXPECT_EQ(lab.one.write("b/1", "", d), "OK|");
  EXPECT_EQ(lab.one.write("b/2", "", d), "OK|");
  EXPECT_EQ(lab.one.end(c), "OK|");
  EXPECT_EQ(lab.one.end(d), "ENOSPC");
  EXPECT_EQ(lab.store.table().usage(1).nodes, 5u);
}

TEST(Quota, OfANodesSizeCountsValueAndNamesBelow) {
  Lab lab;
  EXPECT_EQ(lab.one.write("x", std::string(2015, 'v')), "OK|");
  EXPECT_EQ(lab.one.write("x", std::string(2016, 'v')), "ENOSPC");
  EXPECT_EQ(lab.dom0.write("/x", std::string(4000, 'v')), "OK|");
  int made = 0;
  while (lab.one.write("dir/" + std::string(100, 'n') + std::to_string(made), "") == "OK|")
    ++made;
  EXPECT_EQ(made, 19);
}

TEST(Quota, OfWatchesTransactionsAndPermissions) {
  Lab lab;
  for (int i = 0; i < 128; ++i)
    ASSERT_EQ(lab.one.ask(XS_WATCH, "w" + std::to_string(i) + "|t|"), "OK|");
  EXPECT_EQ(lab.one.ask(XS_WATCH, "more|t|"), "ENOSPC");
  for (int i = 0; i < 10; ++i)
    lab.one.begin();
  EXPECT_EQ(lab.one.ask(XS_TRANSACTION_START, "|"), "ENOSPC");
  lab.one.write("x", "");
  EXPECT_EQ(lab.one.ask(XS_SET_PERMS, "x|n1|r2|r3|r4|r5|"), "OK|");
  EXPECT_EQ(lab.one.ask(XS_SET_PERMS, "x|n1|r2|r3|r4|r5|r6|"), "ENOSPC");
}

TEST(Quota, OfATransactionsNodesEndsItAndLeavesNothing) {
  Lab lab;
  const std::uint32_t open = lab.one.begin();
  lab.one.write("x", "1", open);
  std::string answer;
  int looked = 0;
  for (; looked < 2000 && (answer = lab.one.read("n" + std::to_string(looked), open)) == "ENOENT";)
    ++looked;
  EXPECT_EQ(answer, "ENOSPC");
  EXPECT_GT(looked, 1000);
  EXPECT_EQ(lab.one.write("y", "1", open), "ENOSPC");
  EXPECT_EQ(lab.one.end(open), "ENOSPC");
  EXPECT_EQ(lab.one.read("x"), "ENOENT");
}

TEST(Quota, OfMemoryIsHeldWithTransactionsIncluded) {
  Lab lab;
  std::string answer = "OK|";
  for (int round = 0; round < 10 && answer == "OK|"; ++round) {
    const std::uint32_t open = lab.one.begin();
    for (int i = 0; i < 300 && answer == "OK|"; ++i)
      answer = lab.one.write("d" + std::to_string(i % 20) + "/" + std::to_string(i),
                             std::string(1900, 'v'), open);
  }
  EXPECT_EQ(answer, "ENOMEM");
  EXPECT_LT(lab.store.bytes_of(1), lab.store.quota().memory + 64 * 1024);
}

TEST(Quota, OfUnfetchedRepliesStopsTheReading) {
  Lab lab;
  std::string stream;
  for (std::uint32_t i = 0; i < 100; ++i)
    stream += encode({XS_READ, i, 0, bars("/x|")});
  std::span<const std::uint8_t> rest(reinterpret_cast<const std::uint8_t*>(stream.data()),
                                     stream.size());
  const std::size_t taken = lab.one.connection().receive(rest);
  EXPECT_LT(taken, 22 * (kHeaderBytes + 3));
  EXPECT_EQ(lab.one.connection().receive(rest.subspan(taken)), 0u);
  rest = rest.subspan(taken);
  std::size_t replies = 0;
  while (!rest.empty() || lab.one.connection().has_output()) {
    replies += lab.one.fetch().size();
    rest = rest.subspan(lab.one.connection().receive(rest));
  }
  EXPECT_EQ(replies, 100u);
}

TEST(Quota, OfMemoryBoundsTheNewsOfADomainThatDoesNotListen) {
  Lab lab;
  lab.one.ask(XS_WATCH, "/local/domain/1|t|");
  for (int i = 0; i < 40'000; ++i)
    lab.dom0.write("/local/domain/1/" + std::to_string(i % 200) + "/" + std::string(100, 'n') +
                       std::to_string(i % 20'000),
                   std::to_string(i));
  EXPECT_LE(lab.one.connection().held_bytes(), lab.store.quota().memory);
  EXPECT_FALSE(lab.one.take_events().empty());
}

TEST(Quota, HangsUpOnAClientOutsideThatNeverReads) {
  Quota quota;
  quota.outside_unread = 10'000;
  Lab lab(quota);
  TalkingClient deaf(lab.store, lab.store.connect_outside().id());
  for (int i = 0; i < 10'000 && !deaf.connection().ignored(); ++i)
    deaf.send(XS_READ, bars("/x|"));
  EXPECT_TRUE(deaf.connection().ignored());
  EXPECT_FALSE(deaf.connection().has_output());
  EXPECT_EQ(lab.dom0.write("/x", "fine"), "OK|");
}

}  // namespace
}  // namespace gv::xenstore
