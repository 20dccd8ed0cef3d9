// SPDX-License-Identifier: MIT
//
// instruction_pictures_test.cpp - the microscope and the VMCS of guests that really run.

#include "panel_stage.h"
#include "visualizers/microscope/microscope_panel.h"
#include "visualizers/vmcs/vmcs_panel.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace gv {
namespace {

using testing::listed;
using testing::SessionGuest;
using testing::Stage;

std::unique_ptr<Session> session_of(EngineKind engine, TechniqueKind technique) {
  auto config = config_for_image(GV_TINYKERNEL);
  GV_CHECK(config);
  config->engine = engine;
  config->technique = technique;
  auto made = Session::create(std::move(*config));
  GV_CHECK(made);
  ViewRequest view;
  view.instructions = true;
  (*made)->perform(SetView{view});
  return std::move(*made);
}
std::unique_ptr<Session> interpreted() {
  return session_of(EngineKind::Interpreter, TechniqueKind::Interpretation);
}
std::unique_ptr<Session> assisted() {
  return session_of(EngineKind::Unicorn, TechniqueKind::HardwareAssisted);
}
gv::Run instructions(std::uint64_t count) {
  gv::Run run;
  run.instructions = count;
  return run;
}

// The whole text of a picture.
std::string picture_text(Stage& stage, Panel& panel, const Session& session, Panel::Size size,
                         std::string_view part = {}) {
  SvgRecorder svg({0, 0}, size.width, size.height, stage.style().color(Ink::Surface));
  stage.part = part;
  stage.show(panel, *session.snapshot(), session.events(), size);
  stage.svg = &svg;
  stage.show(panel, *session.snapshot(), session.events(), size, 1);
  stage.svg = nullptr;
  return svg.document("picture");
}

// Every stage of the instruction that ran last; what was cut fails the test.
void look_at_stages(Stage& stage, const Session& session, const std::string& name) {
  MicroscopePanel panel;
  for (int i = 0; i < kStageCount; ++i) {
    const auto of = static_cast<InstructionStage>(i);
    picture_text(stage, panel, session, panel.least_size(), part_of(of));
    EXPECT_TRUE(stage.audit.cut.empty())
        << name_of(of) << " of " << session.snapshot()->instructions->last->text << " at scale "
        << stage.style().scale() << ":" << listed(stage.audit.cut);
    stage.keep("microscope-" + name + "-" + std::string(part_of(of)) + "-" +
               std::to_string(static_cast<int>(stage.style().scale())));
  }
}

TEST(Microscope, ShowsEveryStageUncutAtEveryScaleAndInEveryTheme) {
  const auto session = interpreted();
  const SessionGuest guest(*session);
  session->perform(Step{5'000'000});
  bool memory = false, walked = false, jumped = false;
  // Where what is to see comes, the compiler of the guest decides.
  const auto all_seen = [&] { return memory && walked && jumped; };
  for (int step = 0; step < 24 || (!all_seen() && step < 400); ++step) {
    const InstructionRecord& last = *session->snapshot()->instructions->last;
    memory = memory || !last.memory.empty();
    walked = walked || (!last.memory.empty() && last.memory[0].walk.steps == 2);
    jumped = jumped || last.flags.tested != 0;
    if (step < 24 || all_seen()) {
      Stage stage(static_cast<Theme>(step % kThemeCount), 1);
      stage.shown_guest = &guest;
      look_at_stages(stage, *session, std::to_string(step));
    }
    session->perform(Step{step < 24 ? 1u : 211u});
  }
  EXPECT_TRUE(all_seen()) << "nothing to see here: choose another place";
  for (const float scale : {2.0F, 4.0F}) {
    Stage stage(Theme::Dark, scale);
    stage.shown_guest = &guest;
    look_at_stages(stage, *session, "scaled");
  }
}

TEST(Microscope, SixtyFourBitAddressesFitAsWell) {
  auto config = config_for_image(GV_TINYKERNEL64);
  ASSERT_TRUE(config);
  config->engine = EngineKind::Interpreter;
  config->technique = TechniqueKind::Interpretation;
  auto made = Session::create(std::move(*config));
  ASSERT_TRUE(made);
  const SessionGuest guest(**made);
  ViewRequest view;
  view.instructions = true;
  (*made)->perform(SetView{view});
  (*made)->perform(Step{5'000'000});
  for (int step = 0; step < 16; ++step) {
    Stage stage(Theme::Light, 1);
    stage.shown_guest = &guest;
    look_at_stages(stage, **made, "64-" + std::to_string(step));
    (*made)->perform(Step{});
  }
}

TEST(Microscope, TheBytesAreTheDisassembliesAndTheStageIsTheOnePointedAt) {
  const auto session = interpreted();
  session->perform(Step{5'000'000});
  Stage stage(Theme::Light, 1);
  const SessionGuest guest(*session);
  stage.shown_guest = &guest;
  MicroscopePanel panel;
  const std::string decode = picture_text(stage, panel, *session, {480, 420}, "decode");
  EXPECT_NE(decode.find(">opcode<"), std::string::npos);
  EXPECT_NE(decode.find(session->snapshot()->instructions->last->text), std::string::npos);
  const std::string flags = picture_text(stage, panel, *session, {480, 420}, "flags");
  EXPECT_NE(flags.find(">before<"), std::string::npos);
  EXPECT_EQ(decode.find(">before<"), std::string::npos);
}

TEST(Microscope, AClickOnTheStripMovesTheStage) {
  const auto session = interpreted();
  session->perform(Step{5'000'000});
  Stage stage(Theme::Light, 1);
  MicroscopePanel panel;
  const auto click = [&](float x, float y) {
    ImGuiIO& io = ImGui::GetIO();
    io.MousePos = {x, y};
    for (const bool down : {false, true, false}) {
      io.MouseDown[0] = down;
      stage.show(panel, *session->snapshot(), session->events(), panel.least_size(), 1);
    }
  };
  bool seen = false;
  for (float y = 60; y < 200 && !seen; y += 6) {
    click(460, y);  // the last stage is at the right
    seen = picture_text(stage, panel, *session, panel.least_size()).find("It completed") !=
           std::string::npos;
  }
  EXPECT_TRUE(seen);
}

TEST(Microscope, ArrowsMoveAlongTheStripWhileThePanelHasTheKeyboard) {
  const auto session = interpreted();
  session->perform(Step{5'000'000});
  Stage stage(Theme::Light, 1);
  MicroscopePanel panel;
  const auto right_arrow = [](bool down) {
    ImGuiIO& io = ImGui::GetIO();
#if IMGUI_VERSION_NUM < 18700
    io.KeyMap[ImGuiKey_RightArrow] = 1;
    io.KeyMap[ImGuiKey_Space] = 2;  // navigation wants one
    io.KeysDown[1] = down;
#else
    io.AddKeyEvent(ImGuiKey_RightArrow, down);
#endif
  };
  const auto press_right = [&] {
    for (const bool down : {true, false}) {
      right_arrow(down);
      stage.show(panel, *session->snapshot(), session->events(), panel.least_size(), 1);
    }
  };
  stage.show(panel, *session->snapshot(), session->events(), panel.least_size());
  press_right();
  const std::string still = picture_text(stage, panel, *session, panel.least_size());
  EXPECT_EQ(still.find("named by"), std::string::npos) << "the arrow is not the panel's";
  ImGui::GetIO().ConfigFlags |= ImGuiConfigFlags_NavEnableKeyboard;
  press_right();
  const std::string moved = picture_text(stage, panel, *session, panel.least_size());
  EXPECT_NE(moved.find("named by"), std::string::npos) << "decode is followed by operands";
}

TEST(Microscope, SaysInOneSentenceWhatToChooseWhereItHasNothing) {
  for (const auto& [engine, technique] :
       {std::pair{EngineKind::Unicorn, TechniqueKind::TrapAndEmulate},
        std::pair{EngineKind::Interpreter, TechniqueKind::BinaryTranslation}}) {
    const auto session = session_of(engine, technique);
    session->perform(instructions(1000));
    const std::string why = why_no_instruction(*session->snapshot());
    EXPECT_NE(why.find("choose"), std::string::npos) << why;
    EXPECT_EQ(std::count(why.begin(), why.end(), '.'), 1) << why;
  }
  EXPECT_EQ(why_no_instruction(*interpreted()->snapshot()), "");
}

TEST(Vmcs, ShowsARealRunUncutAtEveryScaleAndInEveryTheme) {
  const auto session = assisted();
  const SessionGuest guest(*session);
  const auto show = [&](Theme theme, float scale, const std::string& name) {
    Stage stage(theme, scale);
    stage.shown_guest = &guest;
    VmcsPanel panel;
    stage.show(panel, *session->snapshot(), session->events(), panel.least_size());
    EXPECT_TRUE(stage.audit.cut.empty())
        << name << " at scale " << scale << ":" << listed(stage.audit.cut);
    stage.keep("vmcs-" + name + "-" + std::string(name_of(theme)) + "-" +
               std::to_string(static_cast<int>(scale)));
  };
  show(Theme::Light, 1, "start");
  session->perform(SetExecutionControls{{.rdtsc = true,
                                         .invlpg = true,
                                         .mov_dr = true,
                                         .control_registers = true,
                                         .msrs = true,
                                         .ports = std::nullopt,
                                         .exceptions = 1U << 14 | 1U << 6}});
  session->perform(instructions(3'000'000));
  for (int t = 0; t < kThemeCount; ++t)
    show(static_cast<Theme>(t), 1, "run");
  show(Theme::Dark, 2, "run");
  show(Theme::Dark, 4, "run");
}

TEST(Vmcs, AClickOnAControlAsksTheSessionForIt) {
  const auto session = assisted();
  session->perform(instructions(100'000));
  Stage stage(Theme::Light, 1);
  VmcsPanel panel;
  const auto click_everywhere = [&] {
    for (float y = 60; y < 160 && stage.commands.all.empty(); y += 5) {
      ImGuiIO& io = ImGui::GetIO();
      io.MousePos = {40, y};
      for (const bool down : {false, true, false}) {
        io.MouseDown[0] = down;
        stage.show(panel, *session->snapshot(), session->events(), panel.least_size(), 1);
      }
    }
  };
  stage.controls_may_change = false;
  click_everywhere();
  EXPECT_TRUE(stage.commands.all.empty()) << "the lesson has not allowed it";
  stage.controls_may_change = true;
  click_everywhere();
  ASSERT_EQ(stage.commands.all.size(), 1U);
  const auto* set = std::get_if<SetExecutionControls>(&stage.commands.all.front());
  ASSERT_NE(set, nullptr);
  EXPECT_FALSE(set->controls == session->snapshot()->control_structure->controls);
}

}  // namespace
}  // namespace gv
