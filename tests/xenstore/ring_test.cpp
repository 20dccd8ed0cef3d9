// SPDX-License-Identifier: MIT

#include "xen/xenstore/ring.h"

#include "talking_client.h"

#include <gtest/gtest.h>

#include <array>
#include <cstring>
#include <random>

namespace gv::xenstore {
namespace {

// A guest's side of the ring, as a driver has it.
struct Guest {
  xenstore_domain_interface page{};
  std::string received;

  RingPage bytes() { return RingPage(reinterpret_cast<std::uint8_t*>(&page), sizeof page); }
  std::size_t write(const std::string& request) {
    std::size_t count = 0;
    while (count < request.size() && page.req_prod - page.req_cons < XENSTORE_RING_SIZE)
      page.req[MASK_XENSTORE_IDX(page.req_prod++)] = request[count++];
    return count;
  }
  void read() {
    while (page.rsp_cons != page.rsp_prod)
      received += page.rsp[MASK_XENSTORE_IDX(page.rsp_cons++)];
  }
};

TEST(Ring, CarriesARequestAndItsReply) {
  Lab lab;
  Guest guest;
  announce_features(guest.bytes());
  EXPECT_EQ(guest.page.server_features, 3u);
  const std::string request = encode({XS_WRITE, 5, 0, bars("x|v")});
  guest.write(request);
  const RingTraffic traffic = exchange(guest.bytes(), lab.one.connection());
  EXPECT_TRUE(traffic.notify());
  EXPECT_EQ(traffic.taken, request.size());
  guest.read();
  EXPECT_EQ(guest.received, encode({XS_WRITE, 5, 0, bars("OK|")}));
  EXPECT_FALSE(exchange(guest.bytes(), lab.one.connection()).notify());
  EXPECT_EQ(lab.dom0.read("/local/domain/1/x"), "v");
}

TEST(Ring, CarriesMessagesLargerThanItselfAcrossTheWrap) {
  Lab lab;
  Guest guest;
  guest.page.req_cons = guest.page.req_prod = 0xfffffff0;  // the indices wrap, too
  guest.page.rsp_cons = guest.page.rsp_prod = 0xffffff00;
  const std::string value(1900, 'v');
  std::string requests =
      encode({XS_WRITE, 1, 0, bars("x|") + value}) + encode({XS_READ, 2, 0, bars("x|")});
  while (!requests.empty() || lab.one.connection().has_output() ||
         guest.page.rsp_cons != guest.page.rsp_prod) {
    requests.erase(0, guest.write(requests));
    exchange(guest.bytes(), lab.one.connection());
    guest.read();
  }
  EXPECT_EQ(guest.received, encode({XS_WRITE, 1, 0, bars("OK|")}) + encode({XS_READ, 2, 0, value}));
}

TEST(Ring, WaitsForTheGuestToReadWhenItIsFull) {
  Lab lab;
  Guest guest;
  for (int i = 0; i < 200; ++i) {
    guest.write(encode({XS_READ, 1, 0, bars("/|")}));
    exchange(guest.bytes(), lab.one.connection());
  }
  EXPECT_EQ(guest.page.rsp_prod - guest.page.rsp_cons, std::uint32_t{XENSTORE_RING_SIZE});
  EXPECT_EQ(guest.page.req_prod - guest.page.req_cons, std::uint32_t{XENSTORE_RING_SIZE});
  EXPECT_EQ(guest.page.error, std::uint32_t{XENSTORE_ERROR_NONE});
}

TEST(Ring, IndicesThatCannotBeEndTheConversationWithAnError) {
  for (int which = 0; which < 4; ++which) {
    Lab lab;
    Guest guest;
    lab.one.ask(XS_WATCH, "x|t|");
    std::uint32_t* const indices[] = {&guest.page.req_prod, &guest.page.req_cons,
                                      &guest.page.rsp_prod, &guest.page.rsp_cons};
    *indices[which] = which % 2 == 0 ? XENSTORE_RING_SIZE + 1 : 1;
    exchange(guest.bytes(), lab.one.connection());
    EXPECT_EQ(guest.page.error, std::uint32_t{XENSTORE_ERROR_RINGIDX}) << which;
    EXPECT_TRUE(lab.one.connection().ignored());
    EXPECT_TRUE(lab.one.connection().watches().empty());
    EXPECT_EQ(lab.two.write("still", "here"), "OK|");
  }
}

TEST(Ring, ABrokenMessageIsAProtocolError) {
  Lab lab;
  Guest guest;
  guest.write(std::string(16, '\xff'));
  exchange(guest.bytes(), lab.one.connection());
  EXPECT_EQ(guest.page.error, std::uint32_t{XENSTORE_ERROR_PROTO});
}

TEST(Ring, AGuestThatStartsAnewReconnects) {
  Lab lab;
  Guest guest;
  guest.page.req_prod = 5000;
  exchange(guest.bytes(), lab.one.connection());
  ASSERT_TRUE(lab.one.connection().ignored());
  guest.page.connection = XENSTORE_RECONNECT;
  const RingTraffic traffic = exchange(guest.bytes(), lab.one.connection());
  EXPECT_TRUE(traffic.reconnected && traffic.notify());
  EXPECT_EQ(guest.page.connection, std::uint32_t{XENSTORE_CONNECTED});
  EXPECT_EQ(guest.page.req_prod, 0u);
  EXPECT_EQ(guest.page.error, std::uint32_t{XENSTORE_ERROR_NONE});
  guest.write(encode({XS_WRITE, 5, 0, bars("x|v")}));
  exchange(guest.bytes(), lab.one.connection());
  EXPECT_EQ(lab.dom0.read("/local/domain/1/x"), "v");
}

TEST(Ring, SurvivesAPageOfAnything) {
  std::mt19937 random(20260101);
  Lab lab;
  for (int round = 0; round < 3000; ++round) {
    Guest guest;
    for (std::uint8_t& byte : guest.bytes())
      byte = static_cast<std::uint8_t>(random());
    if (round % 2 == 0) {  // with indices that can be
      guest.page.req_prod =
          guest.page.req_cons + static_cast<std::uint32_t>(random()) % (XENSTORE_RING_SIZE + 1);
      guest.page.rsp_prod =
          guest.page.rsp_cons + static_cast<std::uint32_t>(random()) % (XENSTORE_RING_SIZE + 1);
    }
    exchange(guest.bytes(), lab.one.connection());
    if (lab.one.connection().ignored())
      lab.one.connection().reset();
  }
  EXPECT_EQ(lab.store.inconsistency(), "");
}

}  // namespace
}  // namespace gv::xenstore
