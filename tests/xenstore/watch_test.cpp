// SPDX-License-Identifier: MIT

#include "talking_client.h"

#include <gtest/gtest.h>

namespace gv::xenstore {
namespace {

using Events = std::vector<std::string>;

TEST(Watch, FiresOnceAtItsRegistrationAfterTheReply) {
  Lab lab;
  lab.dom0.send(XS_WATCH, bars("/not/there|tok|"));
  const auto messages = lab.dom0.fetch();
  ASSERT_EQ(messages.size(), 2u);
  EXPECT_EQ(messages[0].type, std::uint32_t{XS_WATCH});
  EXPECT_EQ(messages[1].type, std::uint32_t{XS_WATCH_EVENT});
  EXPECT_EQ(messages[1].payload, bars("/not/there|tok|"));
  EXPECT_EQ(messages[1].request, 0u);
}

TEST(Watch, FiresForTheNodeAndAllBelowByTheirNames) {
  Lab lab;
  lab.dom0.ask(XS_WATCH, "/a|t|");
  lab.dom0.take_events();
  lab.dom0.write("/a/b/c", "1");
  EXPECT_EQ(lab.dom0.take_events(), (Events{"/a/b/c|t|"}));
  lab.dom0.write("/ab", "1");
  EXPECT_EQ(lab.dom0.take_events(), Events{});
  lab.dom0.ask(XS_MKDIR, "/a/b|");
  EXPECT_EQ(lab.dom0.take_events(), Events{});  // it was there
  lab.dom0.ask(XS_SET_PERMS, "/a/b|r0|");
  EXPECT_EQ(lab.dom0.take_events(), (Events{"/a/b|t|"}));
  lab.dom0.read("/a/b/c");
  EXPECT_EQ(lab.dom0.take_events(), Events{});
}

TEST(Watch, HearsOfARecursiveRemovalByItsOwnPath) {
  Lab lab;
  lab.dom0.write("/a/b/c", "1");
  lab.dom0.ask(XS_WATCH, "/|above|");
  lab.dom0.ask(XS_WATCH, "/a/b|on|");
  lab.dom0.ask(XS_WATCH, "/a/b/c|below|");
  lab.dom0.take_events();
  lab.dom0.ask(XS_RM, "/a|");
  EXPECT_EQ(lab.dom0.take_events(), (Events{"/a/b/c|below|", "/a/b|on|", "/a|above|"}));
}

TEST(Watch, SpeaksRelativePathsToWhoeverAskedInThem) {
  Lab lab;
  lab.one.ask(XS_WATCH, "device|rel|");
  lab.one.ask(XS_WATCH, "/local/domain/1/device|abs|");
  EXPECT_EQ(lab.one.take_events(), (Events{"device|rel|", "/local/domain/1/device|abs|"}));
  lab.dom0.write("/local/domain/1/device/vif/0", "x");
  EXPECT_EQ(lab.one.take_events(),
            (Events{"device/vif/0|rel|", "/local/domain/1/device/vif/0|abs|"}));
}

TEST(Watch, IsSilentAboutWhatItsOwnerMayNotRead) {
  Lab lab;
  lab.two.ask(XS_WATCH, "/local/domain/1|t|");
  EXPECT_EQ(lab.two.take_events(), (Events{"/local/domain/1|t|"}));  // always, at first
  lab.one.write("x", "1");
  EXPECT_EQ(lab.two.take_events(), Events{});
  lab.one.ask(XS_SET_PERMS, "x|n1|r2|");
  EXPECT_EQ(lab.two.take_events(), (Events{"/local/domain/1/x|t|"}));
  lab.one.write("x", "2");
  EXPECT_EQ(lab.two.take_events(), (Events{"/local/domain/1/x|t|"}));
  lab.one.ask(XS_SET_PERMS, "x|n1|");
  EXPECT_EQ(lab.two.take_events(), (Events{"/local/domain/1/x|t|"}));  // that it is over
  lab.one.write("x", "3");
  EXPECT_EQ(lab.two.take_events(), Events{});
}

TEST(Watch, HearsOfTheRemovalOfANodeItCouldRead) {
  Lab lab;
  lab.one.write("x", "1");
  lab.one.ask(XS_SET_PERMS, "x|n1|r2|");
  lab.two.ask(XS_WATCH, "/local/domain/1/x|t|");
  lab.two.take_events();
  lab.one.ask(XS_RM, "x|");
  EXPECT_EQ(lab.two.take_events(), (Events{"/local/domain/1/x|t|"}));
}

TEST(Watch, OnIntroductionsAndReleasesIsDom0sUnlessItGrantsIt) {
  Lab lab;
  lab.dom0.ask(XS_WATCH, "@introduceDomain|i|");
  lab.dom0.ask(XS_WATCH, "@releaseDomain|r|");
  lab.one.ask(XS_WATCH, "@releaseDomain|r|");
  lab.dom0.take_events(), lab.one.take_events();
  lab.dom0.ask(XS_INTRODUCE, "9|5|1|");
  EXPECT_EQ(lab.dom0.take_events(), (Events{"@introduceDomain|i|"}));
  lab.dom0.ask(XS_RELEASE, "9|");
  EXPECT_EQ(lab.dom0.take_events(), (Events{"@releaseDomain|r|"}));
  EXPECT_EQ(lab.one.take_events(), Events{});
  EXPECT_EQ(lab.dom0.ask(XS_SET_PERMS, "@releaseDomain|n0|r1|"), "OK|");
  lab.dom0.take_events(), lab.one.take_events();
  lab.store.shut_down(2);
  lab.store.shut_down(2);  // once, until it is resumed
  EXPECT_EQ(lab.one.take_events(), (Events{"@releaseDomain|r|"}));
  EXPECT_EQ(lab.dom0.ask(XS_RESUME, "2|"), "OK|");
  lab.store.shut_down(2);
  EXPECT_EQ(lab.one.take_events(), (Events{"@releaseDomain|r|"}));
}

TEST(Watch, IsKnownByPathAndToken) {
  Lab lab;
  EXPECT_EQ(lab.one.ask(XS_WATCH, "a|t|"), "OK|");
  EXPECT_EQ(lab.one.ask(XS_WATCH, "a|t|"), "EEXIST");
  EXPECT_EQ(lab.one.ask(XS_WATCH, "a|u|"), "OK|");
  EXPECT_EQ(lab.one.ask(XS_UNWATCH, "b|t|"), "ENOENT");
  EXPECT_EQ(lab.two.ask(XS_UNWATCH, "/local/domain/1/a|t|"), "ENOENT");
  EXPECT_EQ(lab.one.ask(XS_UNWATCH, "/local/domain/1/a|t|"), "OK|");
  EXPECT_EQ(lab.one.ask(XS_UNWATCH, "a|t|"), "ENOENT");
}

TEST(Watch, AndTransactionsGoAtAReset) {
  Lab lab;
  lab.one.ask(XS_WATCH, "a|t|");
  const std::uint32_t open = lab.one.begin();
  lab.one.events.clear();
  EXPECT_EQ(lab.one.ask(XS_RESET_WATCHES, "|"), "OK|");
  EXPECT_EQ(lab.one.end(open), "ENOENT");
  lab.one.write("a", "1");
  EXPECT_EQ(lab.one.take_events(), Events{});
}

TEST(Watch, TellsTheSameNewsOnceWhileNobodyReads) {
  Lab lab;
  lab.one.ask(XS_WATCH, "a|t|");
  lab.one.take_events();
  for (int i = 0; i < 1000; ++i)
    lab.dom0.write("/local/domain/1/a", std::to_string(i));
  EXPECT_EQ(lab.one.take_events(), (Events{"a|t|"}));
  lab.dom0.write("/local/domain/1/a", "again");
  EXPECT_EQ(lab.one.take_events(), (Events{"a|t|"}));
}

TEST(Watch, NewsThatIsHalfToldIsToldAgain) {
  Lab lab;
  lab.one.ask(XS_WATCH, "a|t|");
  lab.one.take_events();
  lab.dom0.write("/local/domain/1/a", "1");
  std::string bytes = lab.one.connection().take_output(5);
  lab.dom0.write("/local/domain/1/a", "2");
  bytes += lab.one.connection().take_output(SIZE_MAX);
  EXPECT_EQ(bytes.size(), 2 * (kHeaderBytes + 4));
}

TEST(Watch, ThatCannotBeToldInOneMessageIsNotTold) {
  Lab lab;
  const std::string token(2100, 't');
  EXPECT_EQ(lab.dom0.ask(XS_WATCH, "/|" + token + "|"), "OK|");
  lab.dom0.take_events();
  EXPECT_EQ(lab.dom0.write("/" + std::string(2040, 'p'), "x"), "OK|");
  EXPECT_EQ(lab.dom0.take_events(), Events{});
}

}  // namespace
}  // namespace gv::xenstore
