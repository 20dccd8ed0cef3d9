// SPDX-License-Identifier: MIT
//
// The port as strangers find it: noise, silence, two at once, gone in the middle of a run.

#include "gdb/gdb_server.h"
#include "gdb/packet.h"
#include "gdb/tcp_socket.h"
#include "machine/kits.h"

#include <gtest/gtest.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>
#include <random>
#include <thread>

namespace gv::gdb {
namespace {

constexpr int kPatience = 60'000;  // milliseconds until a test gives up

class Client {
 public:
  explicit Client(std::uint16_t port) : fd_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(port);
    EXPECT_EQ(::connect(fd_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  }
  void send(std::string_view bytes) {
    (void)::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
  }
  // The next packet, or "(closed)".
  std::string packet() {
    for (;;) {
      while (auto event = reader_.next()) {
        if (auto* came = std::get_if<PacketCame>(&*event))
          return came->payload;
      }
      pollfd in{fd_.get(), POLLIN, 0};
      if (::poll(&in, 1, kPatience) <= 0)
        return "(nothing came)";
      char buffer[4096];
      const ssize_t count = ::recv(fd_.get(), buffer, sizeof buffer, 0);
      if (count <= 0)
        return "(closed)";
      reader_.feed({buffer, static_cast<std::size_t>(count)});
    }
  }
  std::string ask(std::string_view payload) {
    send(frame(payload));
    return packet();
  }
  void close() { fd_.reset(); }

 private:
  Descriptor fd_;
  PacketReader reader_;
};

struct Open {
  explicit Open(MachineConfig config) {
    auto created = Session::create(std::move(config));
    EXPECT_TRUE(created) << created.error().message;
    session = std::move(*created);
    auto listening = GdbServer::listen(0);
    EXPECT_TRUE(listening) << listening.error().message;
    server = std::move(*listening);
    server->serve(session);
  }
  // A new gdb gets its line as soon as the last one's is seen to be gone.
  Client welcome() {
    for (;;) {
      Client client(server->port());
      if (client.ask("qC") == "QC1")
        return client;
    }
  }
  std::shared_ptr<Session> session;
  std::unique_ptr<GdbServer> server;
};

const std::vector<std::uint8_t> kForEver = {0x40, 0xeb, 0xfd};  // inc eax; jmp -3
MachineConfig for_ever() { return config_of_code(kForEver, TechniqueKind::TrapAndEmulate); }

TEST(Port, IsOnThisMachineAloneAndTaken) {
  Open open(for_ever());
  ASSERT_NE(open.server->port(), 0);
  const auto second = GdbServer::listen(open.server->port());
  ASSERT_FALSE(second);
  EXPECT_NE(second.error().message.find("--gdb"), std::string::npos) << second.error().message;
}

TEST(Port, InterruptStopsARun) {
  Open open(for_ever());
  Client client = open.welcome();
  for (int i = 0; i < 3; ++i) {
    client.send(frame("c"));
    client.send("\x03");
    EXPECT_TRUE(client.packet().starts_with("T02")) << i;
  }
  EXPECT_EQ(open.session->snapshot()->state, RunState::Stopped);
}

TEST(Port, ASecondClientIsTurnedAwayAndTheFirstGoesOn) {
  Open open(for_ever());
  Client first = open.welcome();
  Client second(open.server->port());
  EXPECT_EQ(second.packet(), "(closed)");
  EXPECT_TRUE(first.ask("s").starts_with("T05"));
}

TEST(Port, ALostConnectionStopsTheGuestAndLeavesThePortOpen) {
  Open open(for_ever());
  Client client = open.welcome();
  client.send(frame("c"));
  client.close();
  Client next = open.welcome();
  EXPECT_TRUE(next.ask("?").starts_with("T05"));
  EXPECT_NE(open.session->snapshot()->state, RunState::Running);
  EXPECT_EQ(open.server->farewell(), Attachment::None);
  EXPECT_EQ(next.ask("D"), "OK");
  EXPECT_EQ(next.packet(), "(closed)");
  EXPECT_EQ(open.server->farewell(), Attachment::Detached);
}

TEST(Port, TheServersEndEndsARun) {
  Open open(for_ever());
  Client client = open.welcome();
  client.send(frame("c"));
  open.server.reset();
  EXPECT_EQ(client.packet(), "(closed)");
  EXPECT_FALSE(open.session->perform(Step{1}).refused);
}

TEST(Port, TheWindowsRunGivesWay) {
  Open open(for_ever());
  open.session->submit(gv::Run{});
  Client client = open.welcome();
  EXPECT_TRUE(client.ask("s").starts_with("T05"));
  open.session->submit(gv::Run{});  // somebody presses Run while gdb looks on
  EXPECT_TRUE(client.ask("s").starts_with("T05"));
}

TEST(Port, AnotherMachineIsAnotherConversation) {
  Open open(for_ever());
  Client client = open.welcome();
  open.server->serve(nullptr);
  EXPECT_EQ(client.packet(), "(closed)");
  Client nobody(open.server->port());
  EXPECT_EQ(nobody.packet(), "(closed)");
  open.server->serve(open.session);
  EXPECT_EQ(open.welcome().ask("qC"), "QC1");
}

TEST(Port, NoAcksAreSentOnceThatIsAgreed) {
  Open open(for_ever());
  Client client = open.welcome();
  EXPECT_EQ(client.ask("QStartNoAckMode"), "OK");
  client.send("$broken#00" + frame("qC"));
  EXPECT_EQ(client.packet(), "QC1");
}

TEST(Port, GarbageNeitherCrashesNorBlocksIt) {
  Open open(for_ever());
  std::minstd_rand random(7);
  const std::string starts[] = {"$",
                                "$m",
                                "$qXfer:",
                                "$X0,ffffffffff:",
                                "$Z2,0,ffffffff#",
                                "+++++",
                                "\x03\x03",
                                "$vCont;c#a8",
                                "}}}}",
                                "$G",
                                ""};
  for (int round = 0; round < 60; ++round) {
    Client client(open.server->port());
    for (auto parts = 1 + random() % 8; parts-- > 0;) {
      std::string noise = starts[random() % std::size(starts)];
      const auto length = random() % (round % 10 == 0 ? 60'000 : 200);
      for (std::uint32_t i = 0; i < length; ++i)
        noise.push_back(static_cast<char>(random()));
      client.send(round % 2 == 0 ? noise : frame(noise));
    }
  }
  Client after = open.welcome();
  EXPECT_TRUE(after.ask("s").starts_with("T05"));
  EXPECT_FALSE(open.session->perform(Step{1}).refused);
}

// Asks for much and reads none of it.
TEST(Port, AClientThatDoesNotReadIsDropped) {
  Open open(for_ever());
  Client client(open.server->port());
  const std::string request = frame("m0,1ff0");
  for (int i = 0; i < 4000; ++i)
    client.send(request);
  client.close();
  EXPECT_EQ(open.welcome().ask("qC"), "QC1");
}

}  // namespace
}  // namespace gv::gdb
