// SPDX-License-Identifier: MIT
//
// `glassvisor host`: a host's XenStore, for Debian's xenstore tools, until it is told to end.
//
// No domains run on it yet, so that what is in the store is what the tools put there. One
// thread owns the store; SIGINT and SIGTERM come to another, which rings its bell.

#include "cli/commands.h"
#include "gv/xenstore_clients.h"
#include "xenstore_socket/socket_server.h"

#include <pthread.h>
#include <atomic>
#include <csignal>
#include <cstdio>
#include <memory>
#include <thread>

namespace gv {
namespace {

struct HostOptions {
  std::string name;
  std::string xenstore_socket;
};

sigset_t ending_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  return signals;
}

int run_host(const HostOptions& options) {
  // Blocked before there are threads, so that every thread leaves them to the one that waits.
  const sigset_t signals = ending_signals();
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  auto server = xenstore_socket::SocketServer::listen(options.xenstore_socket);
  if (!server)
    return refuse(server.error());
  const auto store = make_xenstore();
  std::atomic<bool> ending{false};
  std::thread waits_for_the_end([&] {
    int signal = 0;
    sigwait(&signals, &signal);
    ending = true;
    (*server)->wake();
  });
  std::fprintf(stderr, "glassvisor: host %s has its XenStore at %s; Ctrl+C ends it\n",
               options.name.c_str(), options.xenstore_socket.c_str());
  while (!ending) {
    (*server)->wait();
    (*server)->serve(*store);
  }
  waits_for_the_end.join();
  return kDone;
}

}  // namespace

void add_host(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<HostOptions>();
  CLI::App* const command =
      app.add_subcommand("host", "a host's XenStore on a socket, for Debian's xenstore tools");
  command->add_option("name", options->name, "what the host is called")->required();
  command
      ->add_option("--xenstore-socket", options->xenstore_socket,
                   "the socket's path, for XENSTORED_PATH")
      ->required();
  command->footer(
      "Example:\n"
      "  glassvisor host lab --xenstore-socket /tmp/lab.xenstore &\n"
      "  XENSTORED_PATH=/tmp/lab.xenstore xenstore-ls -f");
  command->callback([options, &exit_code] { exit_code = run_host(*options); });
}

}  // namespace gv
