// SPDX-License-Identifier: MIT
//
// Debian's xenstore tools on our socket: clients that nobody here wrote.

#include "lesson/temporary_folder.h"
#include "xen/xenstore/outside_clients.h"
#include "xen/xenstore/store.h"
#include "xenstore_socket/socket_server.h"

#include <gtest/gtest.h>

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>
#include <algorithm>
#include <array>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <deque>
#include <fstream>
#include <future>
#include <mutex>
#include <thread>

namespace gv::xenstore {
namespace {

using xenstore_socket::SocketServer;

bool tools_are_here() { return std::system("command -v xenstore-ls >/dev/null 2>&1") == 0; }
#define NEEDS_TOOLS()    \
  if (!tools_are_here()) \
  GTEST_SKIP() << "no xenstore-utils here; scripts/setup test installs it"

// A store with an owner thread, as a host's control thread is: it alone touches the store.
class StoreOnASocket {
 public:
  StoreOnASocket() : path_(folder_.file("socket")) {
    auto server = SocketServer::listen(path_);
    EXPECT_TRUE(server.has_value());
    server_ = std::move(*server);
    owner_ = std::thread([this] { own(); });
  }
  ~StoreOnASocket() {
    perform([this] { quitting_ = true; });
    owner_.join();
  }

  const std::string& path() const { return path_; }

  // On the owner's thread.
  void perform(std::function<void()> what) {
    std::packaged_task<void()> task(std::move(what));
    auto done = task.get_future();
    {
      const std::lock_guard lock(mutex_);
      tasks_.push_back(std::move(task));
    }
    server_->wake();
    done.wait();
  }
  Store& store() { return store_; }

  FILE* start(const std::string& command) {
    return popen(("XENSTORED_PATH=" + path_ + " " + command + " 2>&1").c_str(), "r");
  }
  // What it says on stdout and stderr, and its exit code when that is not 0.
  std::string run(const std::string& command) {
    FILE* const pipe = start(command);
    std::string said;
    std::array<char, 4096> buffer{};
    for (std::size_t count; (count = fread(buffer.data(), 1, buffer.size(), pipe)) > 0;)
      said.append(buffer.data(), count);
    const int code = WEXITSTATUS(pclose(pipe));
    return code == 0 ? said : said + "exit " + std::to_string(code) + "\n";
  }

 private:
  void own() {
    OutsideClients clients(store_);
    while (!quitting_) {
      server_->wait();
      std::deque<std::packaged_task<void()>> tasks;
      {
        const std::lock_guard lock(mutex_);
        tasks.swap(tasks_);
      }
      for (auto& task : tasks)
        task();
      server_->serve(clients);
    }
  }

  TemporaryFolder folder_;
  std::string path_;
  Store store_;
  std::unique_ptr<SocketServer> server_;
  std::mutex mutex_;
  std::deque<std::packaged_task<void()>> tasks_;
  bool quitting_ = false;  // the owner's
  std::thread owner_;
};

std::string line_of(FILE* pipe) {
  std::array<char, 4096> buffer{};
  return fgets(buffer.data(), buffer.size(), pipe) != nullptr ? buffer.data() : "";
}

TEST(DebianTools, WriteReadListAndRemove) {
  NEEDS_TOOLS();
  StoreOnASocket lab;
  EXPECT_EQ(lab.run("xenstore-write /a/b hello /a/c 'two words'"), "");
  EXPECT_EQ(lab.run("xenstore-read /a/b"), "hello\n");
  EXPECT_EQ(lab.run("xenstore-list /a"), "b\nc\n");
  EXPECT_EQ(lab.run("xenstore-ls /a"), "b = \"hello\"\nc = \"two words\"\n");
  EXPECT_EQ(lab.run("xenstore-ls -f /a"), "/a/b = \"hello\"\n/a/c = \"two words\"\n");
  EXPECT_EQ(lab.run("xenstore-exists /a/b"), "");
  EXPECT_EQ(lab.run("xenstore-rm /a/b"), "");
  EXPECT_EQ(lab.run("xenstore-exists /a/b"), "exit 1\n");
  EXPECT_NE(lab.run("xenstore-read /a/b").find("couldn't read path /a/b"), std::string::npos);
  EXPECT_NE(lab.run("xenstore-ls").find("tool = \"\"\n xenstored = \"\"\n"), std::string::npos);
}

TEST(DebianTools, ChangePermissions) {
  NEEDS_TOOLS();
  StoreOnASocket lab;
  EXPECT_EQ(lab.run("xenstore-write /a/b hello"), "");
  EXPECT_EQ(lab.run("xenstore-chmod -r /a n0 r3 w4"), "");
  const std::string listed = lab.run("xenstore-ls -p /a");
  EXPECT_EQ(listed.substr(0, 11), "b = \"hello\"");
  EXPECT_NE(listed.find("(n0,r3,w4)\n"), std::string::npos) << listed;
  EXPECT_NE(lab.run("xenstore-chmod /nothing n0").find("exit 1"), std::string::npos);
}

TEST(DebianTools, WatchSeesWhatOthersAndDomainsChange) {
  NEEDS_TOOLS();
  StoreOnASocket lab;
  FILE* const watch = lab.start("xenstore-watch -n 3 /local");
  EXPECT_EQ(line_of(watch), "/local\n");
  EXPECT_EQ(lab.run("xenstore-write /local/domain/5/name five"), "");
  EXPECT_EQ(line_of(watch), "/local/domain/5/name\n");
  EXPECT_EQ(lab.run("xenstore-chmod /local/domain/5 n5"), "");
  EXPECT_EQ(line_of(watch), "/local/domain/5\n");
  EXPECT_EQ(pclose(watch), 0);

  FILE* const other = lab.start("xenstore-watch -n 2 /local/domain/5/data");
  EXPECT_EQ(line_of(other), "/local/domain/5/data\n");
  lab.perform([&] {
    ASSERT_EQ(lab.store().introduce(5, 1, 1), Refusal::None);
    const std::string request = encode({XS_WRITE, 1, 0, std::string("data\0from the guest", 19)});
    lab.store().connection(5)->receive(
        {reinterpret_cast<const std::uint8_t*>(request.data()), request.size()});
  });
  EXPECT_EQ(line_of(other), "/local/domain/5/data\n");
  EXPECT_EQ(pclose(other), 0);
  EXPECT_EQ(lab.run("xenstore-read /local/domain/5/data"), "from the guest\n");
}

TEST(DebianTools, ListMoreThanFitsIntoOneMessage) {
  NEEDS_TOOLS();
  StoreOnASocket lab;
  std::string command = "xenstore-write", expected;
  for (int i = 0; i < 600; ++i) {
    const std::string name = "a-rather-long-name-" + std::to_string(i);
    command += " /many/" + name + " x";
    expected += name + "\n";
  }
  EXPECT_EQ(lab.run(command), "");
  EXPECT_EQ(lab.run("xenstore-list /many"), expected);
}

TEST(DebianTools, TalkAtTheSameTime) {
  NEEDS_TOOLS();
  StoreOnASocket lab;
  // xenstore-write takes a transaction for its paths and tries again after EAGAIN.
  std::vector<FILE*> writers;
  for (int writer = 0; writer < 8; ++writer) {
    std::string command = "xenstore-write";
    for (int i = 0; i < 20; ++i)
      command += " /race/" + std::to_string(i) + "/" + std::to_string(writer) + " x";
    writers.push_back(lab.start(command));
  }
  for (FILE* const writer : writers) {
    EXPECT_EQ(line_of(writer), "");
    EXPECT_EQ(pclose(writer), 0);
  }
  for (int i = 0; i < 20; ++i) {
    const std::string names = lab.run("xenstore-list /race/" + std::to_string(i));
    EXPECT_EQ(std::count(names.begin(), names.end(), '\n'), 8) << names;
  }
  lab.perform([&] { EXPECT_EQ(lab.store().inconsistency(), ""); });
}

TEST(DebianTools, TalkToAHostUntilItIsToldToEnd) {
  NEEDS_TOOLS();
  TemporaryFolder folder;
  const std::string path = folder.file("socket");
  int says[2];
  ASSERT_EQ(pipe(says), 0);
  const pid_t host = fork();
  if (host == 0) {
    dup2(says[1], 2);
    close(says[0]);
    execl(GV_PROGRAM, GV_PROGRAM, "host", "lab", "--xenstore-socket", path.c_str(), nullptr);
    _exit(127);
  }
  close(says[1]);
  FILE* const words = fdopen(says[0], "r");
  EXPECT_EQ(line_of(words),
            "glassvisor: host lab has its XenStore at " + path + "; Ctrl+C ends it\n");
  const std::string tools = "XENSTORED_PATH=" + path + " ";
  EXPECT_EQ(std::system((tools + "xenstore-write /a b").c_str()), 0);
  EXPECT_EQ(std::system(("test \"$(" + tools + "xenstore-read /a)\" = b").c_str()), 0);
  kill(host, SIGINT);
  int status = 0;
  waitpid(host, &status, 0);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
  EXPECT_NE(::access(path.c_str(), F_OK), 0);
  fclose(words);
}

int connect_to(const std::string& path) {
  const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.data(), path.size());
  EXPECT_EQ(::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  return fd;
}

TEST(SocketServer, HangsUpOnNonsenseAndServesTheOthers) {
  StoreOnASocket lab;
  const int rude = connect_to(lab.path());
  const std::string nonsense(100, '\xff');
  EXPECT_EQ(::write(rude, nonsense.data(), nonsense.size()), 100);
  char byte = 0;
  EXPECT_LE(::read(rude, &byte, 1), 0);
  ::close(rude);

  const int silent = connect_to(lab.path());
  const std::string half = encode({XS_READ, 1, 0, std::string("/\0", 2)});
  EXPECT_EQ(::write(silent, half.data(), 5), 5);

  const int polite = connect_to(lab.path());
  EXPECT_EQ(::write(polite, half.data(), half.size()), static_cast<ssize_t>(half.size()));
  std::array<char, kHeaderBytes> reply{};
  EXPECT_EQ(::recv(polite, reply.data(), reply.size(), MSG_WAITALL), ssize_t{kHeaderBytes});
  ::close(silent);
  ::close(polite);
}

TEST(SocketServer, LetsAClientWaitThatWritesWithoutReading) {
  StoreOnASocket lab;
  const int deaf = connect_to(lab.path());
  const std::string request = encode({XS_DIRECTORY, 1, 0, std::string("/\0", 2)});
  std::string many;
  for (int i = 0; i < 1000; ++i)
    many += request;
  // Until nothing more goes in: its replies fill the way back, then the store gives it up.
  while (::send(deaf, many.data(), many.size(), MSG_NOSIGNAL) > 0) {
  }
  const int polite = connect_to(lab.path());
  EXPECT_EQ(::write(polite, request.data(), request.size()), static_cast<ssize_t>(request.size()));
  std::array<char, kHeaderBytes> reply{};
  EXPECT_EQ(::recv(polite, reply.data(), reply.size(), MSG_WAITALL), ssize_t{kHeaderBytes});
  ::close(polite);
  ::close(deaf);
}

TEST(SocketServer, TakesOverASocketLeftBehindAndNothingElse) {
  TemporaryFolder folder;
  const std::string path = folder.file("socket");
  {
    const auto server = SocketServer::listen(path);
    ASSERT_TRUE(server.has_value());
    struct stat status {};
    ASSERT_EQ(::stat(path.c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777u, 0600u);
    const auto second = SocketServer::listen(path);
    ASSERT_FALSE(second.has_value());
    EXPECT_NE(second.error().message.find("another program listens on it"), std::string::npos);
  }
  EXPECT_NE(::access(path.c_str(), F_OK), 0);
  {  // left behind: bound, and nobody there
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path.data(), path.size());
    const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ASSERT_EQ(::bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    ::close(fd);
  }
  EXPECT_TRUE(SocketServer::listen(path).has_value());
  std::ofstream(path) << "a file";
  EXPECT_FALSE(SocketServer::listen(path).has_value());
  EXPECT_EQ(::access(path.c_str(), F_OK), 0);
  EXPECT_FALSE(SocketServer::listen(folder.file("no/folder")).has_value());
  EXPECT_FALSE(SocketServer::listen(std::string(200, 'x')).has_value());
}

}  // namespace
}  // namespace gv::xenstore
