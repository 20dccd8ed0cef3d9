// SPDX-License-Identifier: MIT
//
// panels_test.cpp - every panel draws in every theme and size, and no text is cut.
//
// No window and no graphics card: ImGui's draw data is inspected, and written
// as PNG when GV_PICTURES names a folder.

#include "panel_stage.h"
#include "sample_run.h"
#include "visualizers/drawing/svg_recorder.h"
#include "visualizers/panel.h"
#include "visualizers/trap_theatre/round_trips.h"

#include <gtest/gtest.h>
#include <imgui.h>

#include <set>

namespace gv {
namespace {

using testing::listed;
using testing::SessionGuest;
using testing::Stage;

class EveryPanel : public ::testing::TestWithParam<float> {};

TEST_P(EveryPanel, DrawsWithoutCuttingTextAtItsLeastSize) {
  Stage stage(Theme::Dark, GetParam());
  const auto list = testing::sample_events(300);
  for (const auto technique : {TechniqueKind::TrapAndEmulate, TechniqueKind::BareMetal}) {
    const Snapshot snapshot = testing::sample_snapshot(list, technique);
    for (const auto& panel : make_panels()) {
      stage.show(*panel, snapshot, list.view(), panel->least_size());
      EXPECT_GT(ImGui::GetDrawData()->TotalVtxCount, 100) << panel->id();
      EXPECT_TRUE(stage.audit.cut.empty())
          << panel->id() << " cuts at scale " << GetParam() << ":" << listed(stage.audit.cut);
      stage.keep(std::string(panel->id()) + "-" + std::string(name_of(technique)) + "-" +
                 std::to_string(static_cast<int>(GetParam())));
    }
  }
}
INSTANTIATE_TEST_SUITE_P(AtScale, EveryPanel, ::testing::Values(1.0F, 2.0F, 4.0F));

TEST(Panels, DrawLargeInEveryTheme) {
  const auto list = testing::sample_events(5'000);
  const Snapshot snapshot = testing::sample_snapshot(list, TechniqueKind::TrapAndEmulate);
  const ComparedLedger bare{"bare-metal",
                            testing::sample_snapshot(list, TechniqueKind::BareMetal).ledger};
  for (int t = 0; t < kThemeCount; ++t) {
    Stage stage(static_cast<Theme>(t), 1);
    stage.compared = &bare;
    stage.breakpoints.toggle(Gva(0x10a403));
    for (const auto& panel : make_panels()) {
      stage.show(*panel, snapshot, list.view(), {960, 600});
      EXPECT_TRUE(stage.audit.cut.empty()) << panel->id() << listed(stage.audit.cut);
      stage.keep(std::string(panel->id()) + "-large-" +
                 std::string(name_of(static_cast<Theme>(t))));
    }
  }
}

TEST(Panels, TheTheatreShowsTheFlowWhenSingleExitsAreTooFast) {
  Stage stage(Theme::Dark, 1);
  const auto list = testing::sample_events(5'000);
  Snapshot snapshot = testing::sample_snapshot(list, TechniqueKind::TrapAndEmulate);
  snapshot.state = RunState::Running;
  const auto panels = make_panels();
  SvgRecorder svg({0, 0}, 960, 600, stage.style().color(Ink::Surface));
  stage.svg = &svg;
  stage.show(*panels[0], snapshot, list.view(), {960, 600}, 1);
  stage.keep("trap-theatre-flow");
  EXPECT_NE(svg.document("flow").find("exits per 1,000 instructions"), std::string::npos);
  EXPECT_TRUE(stage.audit.cut.empty()) << listed(stage.audit.cut);
}

TEST(Panels, RegistersFitANarrowInspector) {
  Stage stage(Theme::Dark, 2);
  const auto list = testing::sample_events(300);
  const Snapshot snapshot = testing::sample_snapshot(list, TechniqueKind::TrapAndEmulate);
  for (const auto& panel : make_panels()) {
    if (panel->id() != "registers")
      continue;
    stage.show(*panel, snapshot, list.view(), {220, 800});
    stage.keep("registers-narrow");
    EXPECT_TRUE(stage.audit.cut.empty()) << listed(stage.audit.cut);
  }
}

TEST(Panels, DrawAMachineThatHasDoneNothing) {
  Stage stage(Theme::Light, 1);
  const Snapshot empty;
  const EventView none;
  stage.guest.text.clear();
  for (const auto& panel : make_panels()) {
    stage.show(*panel, empty, none, panel->least_size());
    EXPECT_TRUE(stage.audit.cut.empty()) << panel->id() << listed(stage.audit.cut);
    EXPECT_GT(ImGui::GetDrawData()->TotalVtxCount, 10) << panel->id() << " says why it is empty";
  }
}

TEST(Panels, ShowARealRunOfTinykernel) {
  for (const auto technique : {TechniqueKind::TrapAndEmulate, TechniqueKind::BareMetal}) {
    auto config = config_for_image(GV_TINYKERNEL);
    ASSERT_TRUE(config) << GV_TINYKERNEL;
    config->technique = technique;
    auto made = Session::create(std::move(*config));
    ASSERT_TRUE(made);
    Session& session = **made;
    gv::Run run;
    run.instructions = 400'000;
    session.perform(run);
    const SessionGuest guest(session);
    Stage stage(Theme::Light, 1);
    stage.shown_guest = &guest;
    const auto snapshot = session.snapshot();
    const EventView events = session.events();
    EXPECT_GT(events.size(), 100U);
    PanelContext context{*snapshot,      events,          guest,
                         stage.commands, stage.selection, stage.breakpoints,
                         stage.style(),  stage.wanted};
    for (const auto& panel : make_panels()) {
      stage.show(*panel, *snapshot, events, panel->least_size());
      EXPECT_GT(ImGui::GetDrawData()->TotalVtxCount, 100) << panel->id();
      EXPECT_TRUE(stage.audit.cut.empty()) << panel->id() << listed(stage.audit.cut);
      EXPECT_FALSE(panel->as_text(context).empty()) << panel->id();
    }
    const auto exits = latest_trips(events, snapshot->position.events, 5);
    EXPECT_EQ(exits.empty(), technique == TechniqueKind::BareMetal)
        << "only a hypervisor takes exits";
    for (const RoundTrip& trip : exits)
      EXPECT_TRUE(trip.resume) << trip.instruction() << " came back";
  }
}

TEST(Panels, HaveTheIdsThatLessonsUse) {
  std::set<std::string_view> ids;
  for (const auto& panel : make_panels()) {
    EXPECT_TRUE(ids.insert(panel->id()).second);
    EXPECT_FALSE(panel->title().empty());
    EXPECT_TRUE(panel->purpose().ends_with('.')) << panel->id();
  }
  EXPECT_EQ(ids,
            (std::set<std::string_view>{"trap-theatre", "disassembly", "registers", "page-tables",
                                        "console", "screen", "timeline", "ledger", "devices",
                                        "microscope", "vmcs", "translation-cache", "race"}));
}

TEST(Panels, SayInWordsWhatTheyShow) {
  Stage stage(Theme::Dark, 1);
  const auto list = testing::sample_events(300);
  const Snapshot snapshot = testing::sample_snapshot(list, TechniqueKind::TrapAndEmulate);
  const EventView events = list.view();
  PanelContext context{snapshot,       events,          stage.guest,
                       stage.commands, stage.selection, stage.breakpoints,
                       stage.style(),  stage.wanted};
  for (const auto& panel : make_panels()) {
    const auto lines = panel->as_text(context);
    ASSERT_FALSE(lines.empty()) << panel->id();
    for (const std::string& line : lines)
      EXPECT_LT(line.size(), 400U) << panel->id();
  }
}

TEST(Panels, MoveOnlyAfterThePositionMoved) {
  Stage stage(Theme::Dark, 1);
  const auto list = testing::sample_events(300);
  Snapshot snapshot = testing::sample_snapshot(list, TechniqueKind::TrapAndEmulate);
  const auto panels = make_panels();
  stage.show(*panels[0], snapshot, list.view(), panels[0]->least_size(), 1);
  EXPECT_TRUE(stage.moves) << "the theatre shows the exit on its way";
  stage.show(*panels[0], snapshot, list.view(), panels[0]->least_size(), 5);
  for (const auto& panel : panels) {
    stage.show(*panel, snapshot, list.view(), panel->least_size(), 5);
    EXPECT_FALSE(stage.moves) << panel->id() << " is still after half a second";
  }
}

TEST(Panels, AskForWhatTheyShow) {
  Stage stage(Theme::Dark, 1);
  const auto list = testing::sample_events(300);
  const Snapshot snapshot = testing::sample_snapshot(list, TechniqueKind::TrapAndEmulate);
  for (const auto& panel : make_panels()) {
    if (panel->id() != "page-tables")
      continue;
    stage.selection.address = Gva(0x403000);
    stage.show(*panel, snapshot, list.view(), panel->least_size());
    EXPECT_TRUE(stage.wanted.page_tables);
    EXPECT_EQ(stage.wanted.walk, Gva(0x403000)) << "the address that was chosen in another panel";
  }
}

TEST(Panels, AreRecordedAsSvgWithTheirTexts) {
  Stage stage(Theme::Light, 1);
  const auto list = testing::sample_events(300);
  const Snapshot snapshot = testing::sample_snapshot(list, TechniqueKind::TrapAndEmulate);
  for (const auto& panel : make_panels()) {
    SvgRecorder svg({0, 0}, panel->least_size().width, panel->least_size().height,
                    stage.style().color(Ink::Surface));
    stage.svg = &svg;
    stage.show(*panel, snapshot, list.view(), panel->least_size(), 1);
    const std::string document = svg.document(panel->title());
    EXPECT_NE(document.find("<text"), std::string::npos) << panel->id();
    const auto occurrences = [&](std::string_view what) {
      std::size_t n = 0;
      for (std::size_t at = document.find(what); at != std::string::npos;
           at = document.find(what, at + 1))
        ++n;
      return n;
    };
    EXPECT_EQ(occurrences("<g "), occurrences("</g>")) << panel->id();
    if (panel->id() == "trap-theatre") {
      EXPECT_NE(document.find(">cli<"), std::string::npos)
          << "the latest exit's instruction is text";
    }
  }
  stage.svg = nullptr;
}

TEST(Panels, ClickingTheTimelineRulerSeeks) {
  Stage stage(Theme::Dark, 1);
  const auto list = testing::sample_events(2'000);
  const Snapshot snapshot = testing::sample_snapshot(list, TechniqueKind::TrapAndEmulate);
  for (const auto& panel : make_panels()) {
    if (panel->id() != "timeline")
      continue;
    const Panel::Size size = panel->least_size();
    stage.show(*panel, snapshot, list.view(), size);
    // The ruler lies under the chips; walk down until a click seeks.
    for (float y = 10; y < size.height && stage.commands.all.empty(); y += 6) {
      ImGuiIO& io = ImGui::GetIO();
      io.MousePos = {size.width * 0.6F, y};
      io.MouseDown[0] = false;
      stage.show(*panel, snapshot, list.view(), size, 1);
      io.MouseDown[0] = true;
      stage.show(*panel, snapshot, list.view(), size, 1);
      io.MouseDown[0] = false;
      stage.show(*panel, snapshot, list.view(), size, 1);
    }
    ASSERT_FALSE(stage.commands.all.empty());
    const auto* seek = std::get_if<Seek>(&stage.commands.all.front());
    ASSERT_TRUE(seek);
    EXPECT_GT(seek->retired, snapshot.position.retired / 4);
    EXPECT_LT(seek->retired, snapshot.position.retired);
  }
}

}  // namespace
}  // namespace gv
