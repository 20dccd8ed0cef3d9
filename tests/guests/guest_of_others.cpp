// SPDX-License-Identifier: MIT

#include "guests/guest_of_others.h"

#include "lesson/packaged_guest.h"

#include <cctype>

namespace gv::testing {

std::string identifier(const Place& place) {
  std::string name;
  const auto append = [&](std::string_view words) {
    bool capital = true;
    for (const char c : words) {
      if (c != '-')
        name += capital ? static_cast<char>(std::toupper(static_cast<unsigned char>(c))) : c;
      capital = c == '-';
    }
  };
  append(name_of(place.technique));
  name += "On";
  append(name_of(place.engine));
  return name;
}

std::unique_ptr<RunningGuest> RunningGuest::start(const std::string& name, const Place& place,
                                                  std::uint64_t memory_mib) {
  const auto skip = [](const std::string& why) {
    [&] { GTEST_SKIP() << why; }();
    return nullptr;
  };
  const PackagedGuest* guest = packaged_guest(name);
  if (guest == nullptr) {
    ADD_FAILURE() << "no packaged guest is called " << name;
    return nullptr;
  }
  const auto file = find_file_of(*guest);
  if (!file)
    return skip(file.error().message);
  auto config = config_for_image(*file);
  if (!config) {
    ADD_FAILURE() << config.error().message;
    return nullptr;
  }
  if (const auto here = check_available(place.engine, place.technique); !here) {
    if (place.engine == EngineKind::Kvm)
      return skip(here.error().message);
    ADD_FAILURE() << here.error().message;
    return nullptr;
  }
  config->engine = place.engine;
  config->technique = place.technique;
  config->memory_mib = memory_mib;
  config->trace = TracePolicy::Bounded;
  config->time_travel = false;
  auto session = Session::create(std::move(*config));
  if (!session) {
    ADD_FAILURE() << session.error().message;
    return nullptr;
  }
  return std::unique_ptr<RunningGuest>(new RunningGuest(std::move(*session), place));
}

RunningGuest::RunningGuest(std::unique_ptr<Session> session, Place place)
    : session_(std::move(session)), place_(place), snapshot_(session_->snapshot()) {}

std::string RunningGuest::row(int number) const {
  std::string text;
  for (int column = 0; column < VgaTextScreen::kColumns; ++column) {
    const auto at = static_cast<std::size_t>(number * VgaTextScreen::kColumns + column);
    const std::uint8_t byte = snapshot_->screen.cells[at].character;
    text += byte >= 0x20 && byte < 0x7f ? static_cast<char>(byte) : ' ';
  }
  return text;
}

std::string RunningGuest::screen() const {
  std::string text =
      title_of(place_.engine, place_.technique) + ", " + snapshot_->cause_text + "\n";
  for (int r = 0; r < VgaTextScreen::kRows; ++r)
    text += row(r) + "|\n";
  return text;
}

// Limits are instructions, and on KVM host time, which an emulating one's clock follows slowly.
void RunningGuest::run(double milliseconds) {
  const bool counted = place_.engine != EngineKind::Kvm;
  const auto until = static_cast<double>(snapshot_->position.cycles) + milliseconds * 1e6;
  do {
    gv::Run piece;
    if (counted)
      piece.instructions = 500'000;
    else
      piece.host_milliseconds = 20;
    const Notice notice = session_->perform(piece);
    snapshot_ = notice.snapshot;
    ASSERT_FALSE(notice.refused) << notice.text;
    ASSERT_TRUE(notice.cause == StopCause::InstructionLimit || notice.cause == StopCause::TimeLimit)
        << notice.text << "\n"
        << screen();
  } while (static_cast<double>(snapshot_->position.cycles) < until);
}

bool RunningGuest::run_until(const std::function<bool()>& wanted, double step, int times) {
  for (int i = 0; i < times && !::testing::Test::HasFatalFailure(); ++i) {
    if (wanted())
      return true;
    run(step);
  }
  return wanted();
}

}  // namespace gv::testing
