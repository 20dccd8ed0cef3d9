// SPDX-License-Identifier: MIT
//
// Debian's grub-invaders, unmodified: it starts, a held key moves the ship, and there is a picture.
//
// The key goes the workbench's way: into ImGui, through the screen panel, as a command to the
// session, into the 8042, where the game polls it. GV_PICTURES is the folder for the pictures.

#include "guests/guest_of_others.h"
#include "guests/screen_stage.h"

#include <gtest/gtest.h>

#include <filesystem>

namespace gv {
namespace {

using testing::Place;
using testing::RunningGuest;
using testing::ScreenStage;

constexpr Place kPlaces[] = {{EngineKind::Unicorn, TechniqueKind::TrapAndEmulate},
                             {EngineKind::Unicorn, TechniqueKind::BinaryTranslation},
                             {EngineKind::Unicorn, TechniqueKind::HardwareAssisted},
                             {EngineKind::Interpreter, TechniqueKind::Interpretation},
                             {EngineKind::Interpreter, TechniqueKind::TrapAndEmulate},
                             {EngineKind::Kvm, TechniqueKind::HardwareAssisted}};

// The column of the ship, "/ \" in the last row.
std::optional<int> ship_of(const RunningGuest& guest) {
  const std::string row = guest.row(VgaTextScreen::kRows - 1);
  const std::size_t at = row.find("/ \\");
  return at == std::string::npos ? std::nullopt : std::optional(static_cast<int>(at));
}

int invaders_of(const RunningGuest& guest) {
  int count = 0;
  for (int r = 0; r < VgaTextScreen::kRows; ++r) {
    const std::string row = guest.row(r);
    for (std::size_t at = row.find("-*-"); at != std::string::npos; at = row.find("-*-", at + 3))
      ++count;
  }
  return count;
}

class Invaders : public ::testing::TestWithParam<Place> {};

TEST_P(Invaders, StartItsShipFollowsTheArrowThatIsHeldAndItHasItsPictureTaken) {
  const auto guest = RunningGuest::start("invaders", GetParam());
  if (guest == nullptr)
    return;
  ASSERT_TRUE(guest->run_until([&] { return ship_of(*guest) && invaders_of(*guest) > 20; }, 1, 400))
      << guest->screen();
  const int start = *ship_of(*guest);
  ScreenStage stage(guest->session());
  stage.show(guest->snapshot());
  const testing::Pixels before = stage.picture();

  // A key that is pressed before the screen was clicked is not the guest's.
  stage.hold(ImGuiKey_LeftArrow, true, guest->snapshot());
  stage.hold(ImGuiKey_LeftArrow, false, guest->snapshot());
  guest->run(40);
  EXPECT_EQ(ship_of(*guest), start) << guest->screen();

  stage.click_on_the_glass(guest->snapshot());
  EXPECT_TRUE(stage.takes_keyboard());
  stage.hold(ImGuiKey_LeftArrow, true, guest->snapshot());
  EXPECT_TRUE(
      guest->run_until([&] { return ship_of(*guest).value_or(start) <= start - 5; }, 5, 400))
      << guest->screen();
  stage.hold(ImGuiKey_LeftArrow, false, guest->snapshot());
  guest->run(60);  // the release is polled, and a last step is drawn
  const auto rest = ship_of(*guest);
  ASSERT_TRUE(rest) << guest->screen();
  guest->run(60);
  EXPECT_EQ(ship_of(*guest), rest) << "a released key moves nothing\n" << guest->screen();

  stage.hold(ImGuiKey_RightArrow, true, guest->snapshot());
  EXPECT_TRUE(
      guest->run_until([&] { return ship_of(*guest).value_or(*rest) >= *rest + 3; }, 5, 400))
      << guest->screen();
  stage.hold(ImGuiKey_RightArrow, false, guest->snapshot());

  stage.show(guest->snapshot());
  const testing::Pixels after = stage.picture();
  EXPECT_NE(before.rgb, after.rgb) << "the panel shows the ship elsewhere";
  const std::string path =
      std::string(GV_PICTURES) + "/invaders-" + testing::identifier(GetParam()) + ".png";
  ASSERT_TRUE(stage.keep(path));
  EXPECT_GT(std::filesystem::file_size(path), 2000u);
}

INSTANTIATE_TEST_SUITE_P(On, Invaders, ::testing::ValuesIn(kPlaces),
                         [](const auto& test) { return testing::identifier(test.param); });

}  // namespace
}  // namespace gv
