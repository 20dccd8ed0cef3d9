// SPDX-License-Identifier: MIT
//
// sandbox.cpp - seccomp and Landlock rules.
//
// Sources: seccomp_rule_add(3), landlock(7), clone(2).

#include "grader/sandbox.h"

#include "grader/sanitized.h"

#include <fcntl.h>
#include <linux/landlock.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <initializer_list>

namespace gv {
namespace {

// libseccomp's SCMP_A0 and its like are C99 compound literals; this is the same as a C++ value.
constexpr scmp_arg_cmp argument(unsigned index, scmp_compare compare, scmp_datum_t a,
                                scmp_datum_t b = 0) {
  return {index, compare, a, b};
}

// What any C++ program does to run, wait and end.
constexpr std::initializer_list<int> kOrdinary = {
    SCMP_SYS(read),
    SCMP_SYS(write),
    SCMP_SYS(readv),
    SCMP_SYS(writev),
    SCMP_SYS(close),
    SCMP_SYS(fstat),
    SCMP_SYS(lseek),
    SCMP_SYS(munmap),
    SCMP_SYS(mremap),
    SCMP_SYS(madvise),
    SCMP_SYS(brk),
    SCMP_SYS(futex),
    SCMP_SYS(set_robust_list),
    SCMP_SYS(get_robust_list),
    SCMP_SYS(rseq),
    SCMP_SYS(rt_sigaction),
    SCMP_SYS(rt_sigprocmask),
    SCMP_SYS(rt_sigreturn),
    SCMP_SYS(sigaltstack),
    SCMP_SYS(exit),
    SCMP_SYS(exit_group),
    SCMP_SYS(clock_gettime),
    SCMP_SYS(clock_getres),
    SCMP_SYS(clock_nanosleep),
    SCMP_SYS(nanosleep),
    SCMP_SYS(gettimeofday),
    SCMP_SYS(getpid),
    SCMP_SYS(gettid),
    SCMP_SYS(sched_yield),
    SCMP_SYS(sched_getaffinity),
    SCMP_SYS(getrandom),
    SCMP_SYS(restart_syscall),
    SCMP_SYS(getrusage),
    SCMP_SYS(times),
    SCMP_SYS(sysinfo),
    SCMP_SYS(poll),
    SCMP_SYS(ppoll),
};

// What a small file tool and the dynamic loader do besides; Landlock bounds the paths.
constexpr std::initializer_list<int> kFileTool = {
    SCMP_SYS(mmap),       SCMP_SYS(mprotect),   SCMP_SYS(open),
    SCMP_SYS(openat),     SCMP_SYS(stat),       SCMP_SYS(lstat),
    SCMP_SYS(newfstatat), SCMP_SYS(statx),      SCMP_SYS(access),
    SCMP_SYS(faccessat),  SCMP_SYS(faccessat2), SCMP_SYS(readlink),
    SCMP_SYS(readlinkat), SCMP_SYS(getcwd),     SCMP_SYS(pread64),
    SCMP_SYS(pwrite64),   SCMP_SYS(ftruncate),  SCMP_SYS(unlink),
    SCMP_SYS(unlinkat),   SCMP_SYS(chmod),      SCMP_SYS(fchmod),
    SCMP_SYS(umask),      SCMP_SYS(dup),        SCMP_SYS(fcntl),
    SCMP_SYS(execve),     SCMP_SYS(arch_prctl), SCMP_SYS(set_tid_address),
    SCMP_SYS(getuid),     SCMP_SYS(geteuid),    SCMP_SYS(getgid),
    SCMP_SYS(getegid),    SCMP_SYS(fadvise64),
};

// What a sanitizer's own checks do; see sanitized.h.
constexpr std::initializer_list<int> kSanitizer = {SCMP_SYS(pipe), SCMP_SYS(pipe2),
                                                   SCMP_SYS(sched_setaffinity)};

// Nothing that a submission may do needs these: to try is to attack.
constexpr std::initializer_list<int> kAttacks = {
    SCMP_SYS(fork),
    SCMP_SYS(vfork),
    SCMP_SYS(socket),
    SCMP_SYS(socketpair),
    SCMP_SYS(connect),
    SCMP_SYS(bind),
    SCMP_SYS(sendto),
    SCMP_SYS(sendmsg),
    SCMP_SYS(kill),
    SCMP_SYS(tkill),
    SCMP_SYS(rt_sigqueueinfo),
    SCMP_SYS(rt_tgsigqueueinfo),
    SCMP_SYS(pidfd_send_signal),
    SCMP_SYS(pidfd_open),
    SCMP_SYS(pidfd_getfd),
    SCMP_SYS(ptrace),
    SCMP_SYS(process_vm_readv),
    SCMP_SYS(process_vm_writev),
    SCMP_SYS(mount),
    SCMP_SYS(umount2),
    SCMP_SYS(pivot_root),
    SCMP_SYS(chroot),
    SCMP_SYS(setns),
    SCMP_SYS(unshare),
    SCMP_SYS(bpf),
    SCMP_SYS(reboot),
    SCMP_SYS(init_module),
    SCMP_SYS(finit_module),
    SCMP_SYS(kexec_load),
    SCMP_SYS(io_uring_setup),
    SCMP_SYS(keyctl),
    SCMP_SYS(add_key),
    SCMP_SYS(userfaultfd),
    SCMP_SYS(perf_event_open),
    SCMP_SYS(setuid),
    SCMP_SYS(setgid),
    SCMP_SYS(capset),
    SCMP_SYS(execveat),
};

class Filter {
 public:
  Filter() : context_(seccomp_init(SCMP_ACT_ERRNO(EPERM))) {}
  ~Filter() {
    if (context_ != nullptr)
      seccomp_release(context_);
  }
  Filter(const Filter&) = delete;
  Filter& operator=(const Filter&) = delete;

  void allow(int call) { add(SCMP_ACT_ALLOW, call, {}); }
  void add(std::uint32_t action, int call, std::initializer_list<scmp_arg_cmp> arguments) {
    if (call < 0)
      return;  // a call that this architecture does not have
    failed_ |=
        seccomp_rule_add_array(context_, action, call, static_cast<unsigned>(arguments.size()),
                               std::data(arguments)) != 0;
  }
  bool load() { return context_ != nullptr && !failed_ && seccomp_load(context_) == 0; }

 private:
  scmp_filter_ctx context_;
  bool failed_ = false;
};

void add_thread_rules(Filter& filter) {
  // A thread shares everything with its process; a clone without that is a new process.
  constexpr scmp_datum_t kThread = CLONE_VM | CLONE_THREAD;
  filter.add(SCMP_ACT_ALLOW, SCMP_SYS(clone), {argument(0, SCMP_CMP_MASKED_EQ, kThread, kThread)});
  filter.add(SCMP_ACT_KILL_PROCESS, SCMP_SYS(clone),
             {argument(0, SCMP_CMP_MASKED_EQ, CLONE_THREAD, 0)});
  // clone3 hides its flags behind a pointer; ENOSYS makes the C library use clone.
  filter.add(SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), {});
  filter.add(SCMP_ACT_ALLOW, SCMP_SYS(prctl), {argument(0, SCMP_CMP_EQ, PR_SET_NAME)});
}

void add_memory_rules(Filter& filter, SandboxProfile profile) {
  for (const int call : {SCMP_SYS(mmap), SCMP_SYS(mprotect)}) {
    if (profile == SandboxProfile::Script) {
      filter.add(SCMP_ACT_ALLOW, call, {argument(2, SCMP_CMP_MASKED_EQ, PROT_EXEC, 0)});
    } else {
      filter.allow(call);  // the engine translates guest code into memory that it executes
    }
  }
}

Error kernel_error(const char* what) {
  return {ErrorCode::NotAvailable,
          std::string("the sandbox cannot be entered: ") + what + ": " + std::strerror(errno)};
}

}  // namespace

Result<void> enter_sandbox(SandboxProfile profile) {
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
    return kernel_error("no_new_privs");
  Filter filter;
  for (const int call : kOrdinary)
    filter.allow(call);
  if (kSanitized) {
    for (const int call : kSanitizer)
      filter.allow(call);
  }
  for (const int call : kAttacks)
    filter.add(SCMP_ACT_KILL_PROCESS, call, {});
  // abort() signals its own process; nobody else may be signalled.
  const auto self = static_cast<scmp_datum_t>(getpid());
  filter.add(SCMP_ACT_ALLOW, SCMP_SYS(tgkill), {argument(0, SCMP_CMP_EQ, self)});
  filter.add(SCMP_ACT_KILL_PROCESS, SCMP_SYS(tgkill), {argument(0, SCMP_CMP_NE, self)});
  // Limits may be read, for example a thread's stack size, but not changed.
  filter.add(SCMP_ACT_ALLOW, SCMP_SYS(prlimit64), {argument(2, SCMP_CMP_EQ, 0)});
  if (profile == SandboxProfile::Assembler) {
    for (const int call : kFileTool)
      filter.allow(call);
    filter.add(SCMP_ACT_KILL_PROCESS, SCMP_SYS(clone), {});
    filter.add(SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), {});
  } else {
    filter.add(SCMP_ACT_KILL_PROCESS, SCMP_SYS(execve), {});
    add_thread_rules(filter);
    add_memory_rules(filter, profile);
  }
  if (!filter.load())
    return kernel_error("seccomp");
  return {};
}

Result<void> confine_files(const std::vector<std::string>& readable,
                           const std::vector<std::string>& writable) {
  constexpr std::uint64_t kRead =
      LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR;
  constexpr std::uint64_t kAll =
      kRead | LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_DIR |
      LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_MAKE_CHAR | LANDLOCK_ACCESS_FS_MAKE_DIR |
      LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_MAKE_SOCK | LANDLOCK_ACCESS_FS_MAKE_FIFO |
      LANDLOCK_ACCESS_FS_MAKE_BLOCK | LANDLOCK_ACCESS_FS_MAKE_SYM;
  landlock_ruleset_attr attributes{};
  attributes.handled_access_fs = kAll;
  const int rules = static_cast<int>(
      syscall(SYS_landlock_create_ruleset, &attributes, sizeof attributes.handled_access_fs, 0));
  if (rules < 0)
    return kernel_error("Landlock");
  const auto add = [&](const std::string& path, std::uint64_t rights) {
    const int descriptor = open(path.c_str(), O_PATH | O_CLOEXEC);
    if (descriptor < 0)
      return;  // what is not there needs no rule
    struct stat status {};
    // Rights on directories are refused for a plain file.
    if (fstat(descriptor, &status) == 0 && !S_ISDIR(status.st_mode)) {
      rights &=
          LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE;
    }
    landlock_path_beneath_attr rule{};
    rule.allowed_access = rights;
    rule.parent_fd = descriptor;
    syscall(SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH, &rule, 0);
    close(descriptor);
  };
  for (const std::string& path : readable)
    add(path, kRead);
  for (const std::string& path : writable)
    add(path, kAll);
  const bool done = prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
                    syscall(SYS_landlock_restrict_self, rules, 0) == 0;
  close(rules);
  if (!done)
    return kernel_error("Landlock");
  return {};
}

}  // namespace gv
