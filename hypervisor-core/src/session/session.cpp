// SPDX-License-Identifier: MIT

#include "gv/session.h"

#include "gv/trace_file.h"
#include "session/control_thread.h"

namespace gv {

struct Session::Implementation {
  MachineConfig config;
  SymbolTable symbols;
  std::unique_ptr<ControlThread> control;  // last: its thread uses the others
};

Session::Session(std::unique_ptr<Implementation> implementation)
    : implementation_(std::move(implementation)) {}

Session::~Session() = default;

Result<std::unique_ptr<Session>> Session::create(MachineConfig config) {
  auto machine = Machine::create(config);
  if (!machine) {
    return machine.error();
  }
  auto implementation = std::make_unique<Implementation>();
  implementation->config = std::move(config);
  implementation->symbols = SymbolTable((*machine)->symbols());
  implementation->control = std::make_unique<ControlThread>(
      std::move(*machine), implementation->config, implementation->symbols);
  return std::unique_ptr<Session>(new Session(std::move(implementation)));
}

std::uint64_t Session::submit(Command command) {
  return implementation_->control->submit(std::move(command));
}

std::vector<Notice> Session::take_notices() { return implementation_->control->take_notices(); }

Notice Session::perform(Command command) {
  return implementation_->control->perform(std::move(command));
}

std::shared_ptr<const Snapshot> Session::snapshot() const {
  return implementation_->control->snapshot();
}

std::string Session::domain_console(std::uint16_t domain, std::uint64_t from) const {
  return implementation_->control->machine().domain_console(domain, from);
}

EventView Session::events() const { return implementation_->control->machine().recorder().view(); }

std::string Session::console(std::uint64_t from) const {
  return implementation_->control->machine().console_text(from);
}

std::uint64_t Session::event_log_hash() const {
  const std::uint64_t events = snapshot()->position.events;
  return implementation_->control->machine().recorder().hash(events).value_or(0);
}

const MachineConfig& Session::config() const { return implementation_->config; }

const std::vector<Symbol>& Session::symbols() const { return implementation_->symbols.all(); }

std::string Session::symbolize(Gva address) const { return implementation_->symbols.name(address); }

Result<void> Session::write_trace(const std::string& path) const {
  return gv::write_trace(path, trace_header_for(implementation_->config), events());
}

}  // namespace gv
