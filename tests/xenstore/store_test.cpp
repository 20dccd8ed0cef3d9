// SPDX-License-Identifier: MIT

#include "talking_client.h"

#include <gtest/gtest.h>

namespace gv::xenstore {
namespace {

TEST(Store, BeginsAsXenstoredDoes) {
  Lab lab;
  EXPECT_EQ(lab.dom0.ask(XS_DIRECTORY, "/|"), "tool|local|");
  EXPECT_EQ(lab.dom0.read("/tool/xenstored"), "");
  EXPECT_EQ(lab.dom0.ask(XS_GET_PERMS, "@releaseDomain|"), "n0|");
}

TEST(Store, WriteCreatesMissingParents) {
  Lab lab;
  EXPECT_EQ(lab.dom0.write("/a/b/c", "deep"), "OK|");
  EXPECT_EQ(lab.dom0.read("/a/b/c"), "deep");
  EXPECT_EQ(lab.dom0.read("/a/b"), "");
  EXPECT_EQ(lab.dom0.ask(XS_DIRECTORY, "/a|"), "b|");
  EXPECT_EQ(lab.dom0.ask(XS_CONTROL, "check|"), "OK|");
}

TEST(Store, ValuesAreBytesZeroIncluded) {
  Lab lab;
  EXPECT_EQ(lab.dom0.write("/x", bars("a|b|")), "OK|");
  EXPECT_EQ(lab.dom0.read("/x"), "a|b|");
}

TEST(Store, MkdirLeavesAValueAlone) {
  Lab lab;
  lab.dom0.write("/x", "v");
  EXPECT_EQ(lab.dom0.ask(XS_MKDIR, "/x|"), "OK|");
  EXPECT_EQ(lab.dom0.read("/x"), "v");
}

TEST(Store, RemovesAllBelowAndIsContentIfOnlyTheNodeIsMissing) {
  Lab lab;
  lab.dom0.write("/a/b/c", "1");
  lab.dom0.write("/a/d", "2");
  EXPECT_EQ(lab.dom0.ask(XS_RM, "/a|"), "OK|");
  EXPECT_EQ(lab.dom0.read("/a/b/c"), "ENOENT");
  EXPECT_EQ(lab.dom0.ask(XS_RM, "/a|"), "OK|");
  EXPECT_EQ(lab.dom0.ask(XS_RM, "/a/b|"), "ENOENT");
  EXPECT_EQ(lab.dom0.ask(XS_RM, "/|"), "EINVAL");
  EXPECT_EQ(lab.dom0.ask(XS_RM, "@releaseDomain|"), "EINVAL");
  EXPECT_EQ(lab.store.inconsistency(), "");
}

TEST(Store, ListsChildrenInTheOrderOfTheirCreation) {
  Lab lab;
  for (const char* name : {"zebra", "ant", "moth"})
    lab.dom0.write(std::string("/zoo/") + name, "");
  EXPECT_EQ(lab.dom0.ask(XS_DIRECTORY, "/zoo|"), "zebra|ant|moth|");
}

TEST(Store, ServesListsThatDoNotFitInParts) {
  Lab lab;
  std::string expected;
  for (int i = 0; i < 1000; ++i) {
    const std::string name = "child-" + std::to_string(i);
    ASSERT_EQ(lab.dom0.write("/many/" + name, ""), "OK|");
    expected += name + "|";
  }
  EXPECT_EQ(lab.dom0.ask(XS_DIRECTORY, "/many|"), "E2BIG");
  std::string all, generation;
  for (int parts = 0; parts < 10; ++parts) {
    std::string part = lab.dom0.ask(XS_DIRECTORY_PART, "/many|" + std::to_string(all.size()) + "|");
    ASSERT_LE(part.size(), std::size_t{XENSTORE_PAYLOAD_MAX});
    const std::size_t end = part.find('|');
    ASSERT_TRUE(generation.empty() || generation == part.substr(0, end));
    generation = part.substr(0, end);
    part.erase(0, end + 1);
    const bool last = part.size() < 2 || part.substr(part.size() - 2) == "||";
    all += last ? part.substr(0, part.size() - 1) : part;
    if (last)
      break;
  }
  EXPECT_EQ(all, expected);
  EXPECT_EQ(lab.dom0.ask(XS_DIRECTORY_PART, "/many|99999|"), generation + "||");
}

TEST(Store, ADomainSeesRelativePathsInItsHome) {
  Lab lab;
  EXPECT_EQ(lab.one.write("device/vbd/0", "x"), "OK|");
  EXPECT_EQ(lab.dom0.read("/local/domain/1/device/vbd/0"), "x");
  EXPECT_EQ(lab.one.ask(XS_GET_DOMAIN_PATH, "32752|"), "/local/domain/1|");
}

TEST(Store, ADomainReadsAndWritesOnlyWhereItMay) {
  Lab lab;
  lab.one.write("secret", "mine");
  EXPECT_EQ(lab.two.read("/local/domain/1/secret"), "EACCES");
  EXPECT_EQ(lab.two.write("/local/domain/1/secret", "x"), "EACCES");
  EXPECT_EQ(lab.two.ask(XS_RM, "/local/domain/1/secret|"), "EACCES");
  EXPECT_EQ(lab.two.write("/tool/x", "x"), "EACCES");
  EXPECT_EQ(lab.dom0.read("/local/domain/1/secret"), "mine");
}

TEST(Store, WhetherSomethingIsThereIsNotToldToWhoeverMayNotSeeIt) {
  Lab lab;
  EXPECT_EQ(lab.two.read("/local/domain/1/nothing"), "EACCES");
  EXPECT_EQ(lab.two.read("/local/domain/2/nothing"), "ENOENT");
}

TEST(Store, PermissionsNameTheOwnerFirstAndThenWhoMayWhat) {
  Lab lab;
  lab.one.write("shared", "v");
  EXPECT_EQ(lab.one.ask(XS_SET_PERMS, "shared|n1|r2|w3|"), "OK|");
  EXPECT_EQ(lab.one.ask(XS_GET_PERMS, "shared|"), "n1|r2|w3|");
  const std::string path = "/local/domain/1/shared";
  EXPECT_EQ(lab.two.read(path), "v");
  EXPECT_EQ(lab.two.write(path, "w"), "EACCES");
  EXPECT_EQ(lab.three.read(path), "EACCES");
  EXPECT_EQ(lab.three.write(path, "w"), "OK|");
  EXPECT_EQ(lab.one.ask(XS_SET_PERMS, "shared|b1|"), "OK|");  // what all others may
  EXPECT_EQ(lab.two.read(path), "w");
  EXPECT_EQ(lab.two.write(path, "x"), "OK|");
}

TEST(Store, OnlyTheOwnerSetsPermissionsAndCannotGiveANodeAway) {
  Lab lab;
  lab.one.write("shared", "v");
  lab.one.ask(XS_SET_PERMS, "shared|b1|");
  EXPECT_EQ(lab.two.ask(XS_SET_PERMS, "/local/domain/1/shared|b2|"), "EACCES");
  EXPECT_EQ(lab.one.ask(XS_SET_PERMS, "shared|b2|"), "EPERM");
  EXPECT_EQ(lab.dom0.ask(XS_SET_PERMS, "/local/domain/1/shared|b2|"), "OK|");
  for (const char* wrong : {"x1|", "r|", "r-1|", "r99999|", "|", "r1 |"})
    EXPECT_EQ(lab.dom0.ask(XS_SET_PERMS, std::string("/tool|") + wrong), "EINVAL") << wrong;
}

TEST(Store, NewNodesInheritPermissionsAndBelongToTheirMaker) {
  Lab lab;
  lab.dom0.write("/shared", "");
  lab.dom0.ask(XS_SET_PERMS, "/shared|b0|r3|");
  EXPECT_EQ(lab.one.write("/shared/mine", "x"), "OK|");
  EXPECT_EQ(lab.one.ask(XS_GET_PERMS, "/shared/mine|"), "b1|r3|");
  lab.dom0.write("/local/domain/2/made/by/dom0", "x");
  EXPECT_EQ(lab.dom0.ask(XS_GET_PERMS, "/local/domain/2/made/by|"), "n2|");
}

TEST(Store, ATargetLendsItsRights) {
  Lab lab;
  lab.two.write("x", "v");
  EXPECT_EQ(lab.one.read("/local/domain/2/x"), "EACCES");
  EXPECT_EQ(lab.dom0.ask(XS_SET_TARGET, "1|2|"), "OK|");
  EXPECT_EQ(lab.one.read("/local/domain/2/x"), "v");
  EXPECT_EQ(lab.one.write("/local/domain/2/x", "w"), "OK|");
  EXPECT_EQ(lab.dom0.ask(XS_SET_TARGET, "1|0|"), "EINVAL");
  EXPECT_EQ(lab.dom0.ask(XS_SET_TARGET, "1|9|"), "ENOENT");
}

TEST(Store, OnlyDom0ManagesDomains) {
  Lab lab;
  EXPECT_EQ(lab.one.ask(XS_INTRODUCE, "9|5|1|"), "EACCES");
  EXPECT_EQ(lab.one.ask(XS_RELEASE, "2|"), "EACCES");
  EXPECT_EQ(lab.one.ask(XS_RESUME, "2|"), "EACCES");
  EXPECT_EQ(lab.one.ask(XS_SET_TARGET, "1|2|"), "EACCES");
  EXPECT_EQ(lab.one.ask(XS_CONTROL, "check|"), "EACCES");
  EXPECT_EQ(lab.one.ask(XS_IS_DOMAIN_INTRODUCED, "1|"), "EACCES");
}

TEST(Store, IntroducesAndReleasesDomains) {
  Lab lab;
  EXPECT_EQ(lab.dom0.ask(XS_IS_DOMAIN_INTRODUCED, "9|"), "F|");
  EXPECT_EQ(lab.dom0.ask(XS_INTRODUCE, "9|4096|3|"), "OK|");
  EXPECT_EQ(lab.dom0.ask(XS_IS_DOMAIN_INTRODUCED, "9|"), "T|");
  EXPECT_EQ(lab.dom0.ask(XS_INTRODUCE, "9|4096|4|"), "OK|");  // its port has changed
  for (const char* wrong : {"9|", "9|1|", "x|1|1|", "9|1|0|", "0|1|1|", "32752|1|1|", "99999|1|1|"})
    EXPECT_EQ(lab.dom0.ask(XS_INTRODUCE, wrong), "EINVAL") << wrong;
  EXPECT_EQ(lab.dom0.ask(XS_RELEASE, "9|"), "OK|");
  EXPECT_EQ(lab.dom0.ask(XS_RELEASE, "9|"), "ENOENT");
  EXPECT_EQ(lab.store.connection(9), nullptr);
}

class NoRings final : public DomainRings {
 public:
  bool attach(DomainId, std::uint64_t frame, std::uint32_t) override { return frame == 7; }
  void detach(DomainId domain) override { detached = domain; }
  DomainId detached = 0;
};

TEST(Store, DoesNotIntroduceADomainWhoseRingCannotBeMapped) {
  Lab lab;
  NoRings rings;
  lab.store.attach_rings(&rings);
  EXPECT_EQ(lab.dom0.ask(XS_INTRODUCE, "9|8|3|"), "EINVAL");
  EXPECT_EQ(lab.dom0.ask(XS_IS_DOMAIN_INTRODUCED, "9|"), "F|");
  EXPECT_EQ(lab.dom0.ask(XS_INTRODUCE, "9|7|3|"), "OK|");
  EXPECT_EQ(lab.dom0.ask(XS_RELEASE, "9|"), "OK|");
  EXPECT_EQ(rings.detached, 9);
}

TEST(Store, ANewDomainWithAnOldNumberInheritsNothing) {
  Lab lab;
  lab.one.write("x", "v");
  lab.one.ask(XS_SET_PERMS, "x|n1|b2|");
  lab.dom0.write("/shared", "");
  lab.dom0.ask(XS_SET_PERMS, "/shared|n0|b2|");
  lab.two.write("/shared/below/deep", "of two");
  EXPECT_EQ(lab.dom0.ask(XS_RELEASE, "2|"), "OK|");
  EXPECT_EQ(lab.dom0.read("/local/domain/2"), "ENOENT");
  EXPECT_EQ(lab.dom0.read("/shared/below"), "ENOENT");
  EXPECT_EQ(lab.dom0.ask(XS_GET_PERMS, "/shared|"), "n0|");
  EXPECT_EQ(lab.one.ask(XS_GET_PERMS, "x|"), "n1|");
  EXPECT_EQ(lab.dom0.ask(XS_INTRODUCE, "2|1|1|"), "OK|");
  EXPECT_EQ(lab.two.read("/local/domain/1/x"), "EACCES");
  EXPECT_EQ(lab.store.inconsistency(), "");
}

class Witness final : public StoreObserver {
 public:
  void node_changed(DomainId by, const std::string& path, ChangeKind kind) override {
    told.push_back(std::to_string(by) + " " + path + " " + "CWRP"[static_cast<int>(kind)]);
  }
  void watch_fired(DomainId to, const std::string& path, const std::string& token) override {
    told.push_back("fired " + std::to_string(to) + " " + path + " " + token);
  }
  void request_refused(DomainId by, std::uint32_t type, Refusal refusal) override {
    told.push_back("refused " + std::to_string(by) + " " + std::to_string(type) + " " +
                   std::string(errno_name(refusal)));
  }
  std::vector<std::string> told;
};

TEST(Store, TellsItsObserverWhoChangedWhatAndWhomItWoke) {
  Lab lab;
  lab.one.ask(XS_WATCH, "x|t|");
  Witness witness;
  lab.store.observe(&witness);
  lab.dom0.write("/local/domain/1/x", "v");
  lab.one.take_events();
  lab.one.write("x", "w");
  lab.one.ask(XS_SET_PERMS, "x|r1|");
  lab.one.ask(XS_RM, "x|");
  lab.two.read("/local/domain/1");
  const std::string x = "/local/domain/1/x";
  EXPECT_EQ(witness.told, (std::vector<std::string>{
                              "0 " + x + " C", "fired 1 " + x + " t", "1 " + x + " W",
                              "fired 1 " + x + " t", "1 " + x + " P", "fired 1 " + x + " t",
                              "1 " + x + " R", "fired 1 " + x + " t", "refused 2 2 EACCES"}));
}

TEST(Store, ControlAnswersWhatItCanAndRefusesTheRest) {
  Lab lab;
  EXPECT_EQ(lab.dom0.ask(XS_CONTROL, "help|"), "check\nhelp\nquota [DOMAIN]|");
  lab.one.write("x", "v");
  EXPECT_NE(lab.dom0.ask(XS_CONTROL, "quota|1|").find("nodes             : 2\n"),
            std::string::npos);
  EXPECT_NE(lab.dom0.ask(XS_CONTROL, "quota|").find("watches           : 128\n"),
            std::string::npos);
  EXPECT_EQ(lab.dom0.ask(XS_CONTROL, "quota|9|"), "ENOENT");
  EXPECT_EQ(lab.dom0.ask(XS_CONTROL, "live-update|"), "EINVAL");
}

}  // namespace
}  // namespace gv::xenstore
