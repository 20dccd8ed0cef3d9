// SPDX-License-Identifier: MIT

#include "talking_client.h"

#include <gtest/gtest.h>

namespace gv::xenstore {
namespace {

using Events = std::vector<std::string>;

TEST(Transaction, IsSeenByNobodyElseUntilItsCommit) {
  Lab lab;
  const std::uint32_t open = lab.one.begin();
  EXPECT_EQ(lab.one.write("x", "new", open), "OK|");
  EXPECT_EQ(lab.one.read("x", open), "new");
  EXPECT_EQ(lab.one.read("x"), "ENOENT");
  EXPECT_EQ(lab.dom0.read("/local/domain/1/x"), "ENOENT");
  EXPECT_EQ(lab.one.end(open), "OK|");
  EXPECT_EQ(lab.dom0.read("/local/domain/1/x"), "new");
  EXPECT_EQ(lab.one.end(open), "ENOENT");
}

TEST(Transaction, LeavesNothingBehindWhenItIsGivenUp) {
  Lab lab;
  const std::uint32_t open = lab.one.begin();
  lab.one.write("x/y/z", "new", open);
  EXPECT_EQ(lab.one.end(open, "F|"), "OK|");
  EXPECT_EQ(lab.one.ask(XS_DIRECTORY, "|"), "EINVAL");
  EXPECT_EQ(lab.one.ask(XS_DIRECTORY, "/local/domain/1|"), "");
}

TEST(Transaction, FailsWhenWhatItReadHasChanged) {
  Lab lab;
  lab.dom0.write("/counter", "1");
  const std::uint32_t a = lab.dom0.begin(), b = lab.dom0.begin();
  EXPECT_EQ(lab.dom0.read("/counter", a), "1");
  EXPECT_EQ(lab.dom0.read("/counter", b), "1");
  lab.dom0.write("/counter", "2", a);
  lab.dom0.write("/counter", "2", b);
  EXPECT_EQ(lab.dom0.end(a), "OK|");
  EXPECT_EQ(lab.dom0.end(b), "EAGAIN");
  EXPECT_EQ(lab.dom0.read("/counter"), "2");
}

// Xen's own test-xenstore asks for it.
TEST(Transaction, SeesANodeAsItSawItFirst) {
  Lab lab;
  lab.dom0.write("/x", "a");
  const std::uint32_t open = lab.dom0.begin();
  EXPECT_EQ(lab.dom0.read("/x", open), "a");
  lab.dom0.write("/x", "b");
  EXPECT_EQ(lab.dom0.read("/x", open), "a");
  EXPECT_EQ(lab.dom0.write("/x", "c", open), "OK|");
  EXPECT_EQ(lab.dom0.read("/x"), "b");
  EXPECT_EQ(lab.dom0.end(open), "EAGAIN");
}

TEST(Transaction, FailsWhenWhatItMissedHasCome) {
  Lab lab;
  const std::uint32_t open = lab.dom0.begin();
  EXPECT_EQ(lab.dom0.read("/x", open), "ENOENT");
  lab.dom0.write("/x", "now");
  lab.dom0.write("/y", "because there was no x", open);
  EXPECT_EQ(lab.dom0.end(open), "EAGAIN");
  EXPECT_EQ(lab.dom0.read("/y"), "ENOENT");
}

TEST(Transaction, DoesNotMindChangesElsewhere) {
  Lab lab;
  lab.dom0.write("/a/x", "1");
  lab.dom0.write("/b/x", "1");
  const std::uint32_t open = lab.dom0.begin();
  lab.dom0.write("/a/x", "2", open);
  lab.dom0.write("/b/x", "2");
  EXPECT_EQ(lab.dom0.end(open), "OK|");
  EXPECT_EQ(lab.dom0.read("/a/x"), "2");
}

TEST(Transaction, RemovesTreesAndFiresTheWatchesAtItsCommit) {
  Lab lab;
  lab.dom0.write("/a/b/c", "1");
  lab.dom0.ask(XS_WATCH, "/|w|");
  lab.dom0.take_events();
  const std::uint32_t open = lab.dom0.begin();
  lab.dom0.ask(XS_RM, "/a|", open);
  EXPECT_EQ(lab.dom0.read("/a/b/c", open), "ENOENT");
  lab.dom0.write("/n", "1", open);
  lab.dom0.write("/n", "2", open);
  EXPECT_EQ(lab.dom0.take_events(), Events{});
  EXPECT_EQ(lab.dom0.read("/a/b/c"), "1");
  EXPECT_EQ(lab.dom0.end(open), "OK|");
  EXPECT_EQ(lab.dom0.take_events(), (Events{"/a|w|", "/n|w|"}));
  EXPECT_EQ(lab.store.inconsistency(), "");
}

TEST(Transaction, IsItsClientsOwn) {
  Lab lab;
  const std::uint32_t open = lab.one.begin();
  EXPECT_EQ(lab.two.read("/local/domain/2", open), "ENOENT");
  EXPECT_EQ(lab.two.end(open), "ENOENT");
  EXPECT_EQ(lab.two.ask(XS_TRANSACTION_END, "T|"), "ENOENT");
  EXPECT_EQ(lab.one.ask(XS_TRANSACTION_START, "|", open), "EBUSY");
  EXPECT_EQ(lab.one.ask(XS_TRANSACTION_END, "maybe|", open), "EINVAL");
  EXPECT_EQ(lab.one.end(open), "OK|");
}

TEST(Transaction, OfADomainThatLosesARaceDoesNotWriteInItsName) {
  Lab lab;
  const std::uint32_t open = lab.dom0.begin();
  lab.dom0.write("/local/domain/2/x", "for two", open);
  lab.dom0.ask(XS_RELEASE, "2|");
  EXPECT_EQ(lab.dom0.end(open), "EAGAIN");
  EXPECT_EQ(lab.store.inconsistency(), "");
}

}  // namespace
}  // namespace gv::xenstore
