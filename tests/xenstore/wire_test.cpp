// SPDX-License-Identifier: MIT

#include "talking_client.h"

#include <gtest/gtest.h>

namespace gv::xenstore {
namespace {

std::span<const std::uint8_t> bytes_of(const std::string& text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

TEST(Wire, HeaderIsSixteenBytesLittleEndian) {
  const std::string bytes = encode({XS_WRITE, 7, 0x102, "ab"});
  EXPECT_EQ(bytes, std::string("\x0b\0\0\0\x07\0\0\0\x02\x01\0\0\x02\0\0\0ab", 18));
}

TEST(Wire, RequestsMayComeByteByByteOrAllAtOnce) {
  Lab lab;
  std::string stream;
  for (int i = 0; i < 5; ++i)
    stream += encode(
        {XS_WRITE, 100u + static_cast<std::uint32_t>(i), 0, bars("/f" + std::to_string(i) + "|v")});
  for (const char byte : stream)
    EXPECT_EQ(lab.dom0.connection().receive(bytes_of(std::string(1, byte))), 1u);
  EXPECT_EQ(lab.dom0.fetch().size(), 5u);
  EXPECT_EQ(lab.dom0.connection().receive(bytes_of(stream)), stream.size());
  const auto replies = lab.dom0.fetch();
  ASSERT_EQ(replies.size(), 5u);
  EXPECT_EQ(replies[4].request, 104u);
  EXPECT_EQ(lab.dom0.read("/f4"), "v");
}

TEST(Wire, RepliesMayBeFetchedByteByByte) {
  Lab lab;
  lab.dom0.send(XS_READ, bars("/nothing|"));
  std::string reply;
  while (lab.dom0.connection().has_output())
    reply += lab.dom0.connection().take_output(1);
  EXPECT_EQ(reply, encode({XS_ERROR, 7, 0, bars("ENOENT|")}));
}

TEST(Wire, PayloadBeyondTheMaximumEndsTheConversation) {
  Lab lab;
  EXPECT_EQ(lab.one.ask(XS_WATCH, "x|t|"), "OK|");
  std::string header = encode({XS_WRITE, 1, 0, ""});
  header[13] = 0x10, header[12] = 1;  // 4097
  EXPECT_EQ(lab.one.connection().receive(bytes_of(header)), header.size());
  EXPECT_TRUE(lab.one.connection().ignored());
  EXPECT_TRUE(lab.one.connection().watches().empty());
  const std::string more = encode({XS_READ, 2, 0, bars("/|")});
  EXPECT_EQ(lab.one.connection().receive(bytes_of(more)), more.size());
  EXPECT_FALSE(lab.one.connection().has_output());
  EXPECT_EQ(lab.two.write("still", "here"), "OK|");
}

TEST(Wire, PayloadOfTheMaximumIsTaken) {
  Lab lab;
  const std::string value(XENSTORE_PAYLOAD_MAX - 3, 'v');
  EXPECT_EQ(lab.dom0.write("/x", value), "OK|");
  EXPECT_EQ(lab.dom0.read("/x"), value);
}

TEST(Wire, UnknownTypesAreRefusedAndRepliesAsRequestsToo) {
  Lab lab;
  for (const std::uint32_t type : {std::uint32_t{XS_WATCH_EVENT}, std::uint32_t{XS_ERROR},
                                   std::uint32_t{XS_SET_TARGET + 1}, 23u, 65535u, 0xffffffffu}) {
    EXPECT_EQ(lab.dom0.ask(type, "/|"), "ENOSYS") << type;
  }
}

TEST(Wire, PayloadsThatAreNoStringsAreInvalid) {
  Lab lab;
  for (const std::uint32_t type : {XS_READ, XS_DIRECTORY, XS_RM, XS_MKDIR, XS_GET_PERMS, XS_WATCH,
                                   XS_WRITE, XS_SET_PERMS, XS_CONTROL}) {
    EXPECT_EQ(lab.dom0.ask(type, ""), "EINVAL") << type;
    EXPECT_EQ(lab.dom0.ask(type, "/unterminated"), "EINVAL") << type;
  }
  EXPECT_EQ(lab.dom0.ask(XS_WATCH, "/only|"), "EINVAL");
  EXPECT_EQ(lab.dom0.ask(XS_READ, "|"), "EINVAL");
}

}  // namespace
}  // namespace gv::xenstore
