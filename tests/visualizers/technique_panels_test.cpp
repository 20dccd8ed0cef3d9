// SPDX-License-Identifier: MIT
//
// technique_panels_test.cpp - the translation cache and the race, of guests that really run.

#include "panel_stage.h"

#include "gv/race.h"
#include "sample_run.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace gv {
namespace {

using testing::listed;
using testing::SessionGuest;
using testing::Stage;

std::unique_ptr<Panel> panel_of(std::string_view id) {
  for (auto& panel : make_panels()) {
    if (panel->id() == id)
      return std::move(panel);
  }
  ADD_FAILURE() << "no panel " << id;
  return nullptr;
}

MachineConfig guest_of(const std::string& file, TechniqueKind technique) {
  auto config = config_for_image(std::string(GV_KITS) + "/" + file);
  EXPECT_TRUE(config) << file;
  config->technique = technique;
  return std::move(*config);
}

std::unique_ptr<Session> translating(const std::string& file, const std::string& command_line) {
  MachineConfig config = guest_of(file, TechniqueKind::BinaryTranslation);
  config.command_line = command_line;
  auto made = Session::create(std::move(config));
  EXPECT_TRUE(made);
  ViewRequest view;
  view.translation_cache = true;
  (*made)->perform(SetView{view});
  return std::move(*made);
}

bool any_has(const std::vector<std::string>& lines, std::string_view part) {
  return std::any_of(lines.begin(), lines.end(), [part](const std::string& line) {
    return line.find(part) != std::string::npos;
  });
}

// What the workbench would answer.
struct SetupOfOne : RaceSetup {
  std::shared_ptr<const RaceView> shown = std::make_shared<const RaceView>();
  std::vector<Choice> all;
  std::string forbidden;
  int starts = 0;
  SetupOfOne() {
    for (const TechniqueKind technique :
         {TechniqueKind::BareMetal, TechniqueKind::Interpretation, TechniqueKind::TrapAndEmulate,
          TechniqueKind::BinaryTranslation, TechniqueKind::HardwareAssisted}) {
      for (const EngineKind engine :
           {EngineKind::Unicorn, EngineKind::Interpreter, EngineKind::Kvm}) {
        const auto available = check_available(engine, technique);
        all.push_back({engine, technique, available ? "" : available.error().message});
      }
    }
  }
  const RaceView& view() const override { return *shown; }
  const std::vector<Choice>& choices() const override { return all; }
  std::string why_not_start() const override { return forbidden; }
  std::string why_not_change() const override { return forbidden; }
  void start_or_pause() override { ++starts; }
  void reset() override {}
  void toggle(EngineKind, TechniqueKind) override {}
  void set_ruler(RaceRuler) override {}
  void change_step(int) override {}
};

RaceConfig lanes_of(const std::string& file, const std::string& command_line) {
  RaceConfig config;
  config.guest = guest_of(file, TechniqueKind::BareMetal);
  config.guest.command_line = command_line;
  config.step = 20'000;
  config.limit = 400'000;
  for (const auto& [engine, technique] :
       {std::pair{EngineKind::Interpreter, TechniqueKind::Interpretation},
        std::pair{EngineKind::Unicorn, TechniqueKind::TrapAndEmulate},
        std::pair{EngineKind::Unicorn, TechniqueKind::BinaryTranslation},
        std::pair{EngineKind::Unicorn, TechniqueKind::HardwareAssisted}}) {
    RaceLane lane;
    lane.name = std::string(name_of(technique));
    lane.engine = engine;
    lane.technique = technique;
    config.lanes.push_back(lane);
  }
  return config;
}

std::shared_ptr<const RaceView> raced(RaceConfig config) {
  auto race = Race::create(std::move(config));
  EXPECT_TRUE(race);
  (*race)->start();
  EXPECT_TRUE((*race)->wait());
  return (*race)->view();
}

class AtScale : public ::testing::TestWithParam<float> {};

TEST_P(AtScale, TheCacheOfRealGuestsIsDrawnWithoutCuttingText) {
  for (const auto& [file, command_line] :
       {std::pair{"tinykernel.elf", ""}, std::pair{"nanobench.elf", "n=40"}}) {
    const auto session = translating(file, command_line);
    const SessionGuest guest(*session);
    Stage stage(Theme::Light, GetParam());
    stage.shown_guest = &guest;
    const auto panel = panel_of("translation-cache");
    for (const std::uint64_t steps : {200U, 9'000U, 60'001U}) {
      gv::Run run;
      run.instructions = steps;
      session->perform(run);
      const auto snapshot = session->snapshot();
      ASSERT_TRUE(snapshot->translation_cache);
      for (const Panel::Size size : {panel->least_size(), Panel::Size{1000, 600}}) {
        stage.show(*panel, *snapshot, session->events(), size);
        EXPECT_TRUE(stage.wanted.translation_cache);
        EXPECT_TRUE(stage.audit.cut.empty())
            << file << " at " << snapshot->position.retired << listed(stage.audit.cut);
        stage.keep(std::string("cache-") + file + "-" + std::to_string(steps) + "-" +
                   std::to_string(static_cast<int>(size.width)) + "-" +
                   std::to_string(static_cast<int>(GetParam())));
      }
    }
  }
}

TEST_P(AtScale, ARaceIsDrawnWithoutCuttingText) {
  SetupOfOne setup;
  Stage stage(Theme::Light, GetParam());
  stage.race = &setup;
  const auto panel = panel_of("race");
  const Snapshot snapshot;
  const EventView none;
  const auto draw = [&](const std::string& name) {
    for (const Panel::Size size : {panel->least_size(), Panel::Size{1000, 600}}) {
      stage.show(*panel, snapshot, none, size);
      EXPECT_TRUE(stage.audit.cut.empty()) << name << listed(stage.audit.cut);
      stage.keep("race-" + name + "-" + std::to_string(static_cast<int>(size.width)) + "-" +
                 std::to_string(static_cast<int>(GetParam())));
    }
  };
  draw("nothing");
  RaceConfig config = lanes_of("nanobench.elf", "n=40");
  auto ready = Race::create(config);
  ASSERT_TRUE(ready);
  setup.shown = (*ready)->view();
  draw("ready");
  setup.forbidden = "Predict first, then the race begins.";
  draw("forbidden");
  setup.forbidden.clear();
  setup.shown = raced(std::move(config));
  draw("nanobench");
  setup.shown = raced(lanes_of("tinykernel.elf", ""));
  draw("tinykernel");
  setup.shown = raced(lanes_of("tinykernel64.elf", ""));
  draw("refused");
}
INSTANTIATE_TEST_SUITE_P(TechniquePanels, AtScale, ::testing::Values(1.0F, 2.0F, 4.0F));

TEST(TechniquePanels, DrawInEveryTheme) {
  const auto session = translating("tinykernel.elf", "");
  gv::Run run;
  run.instructions = 60'000;
  session->perform(run);
  const SessionGuest guest(*session);
  SetupOfOne setup;
  setup.shown = raced(lanes_of("nanobench.elf", "n=40"));
  for (int t = 0; t < kThemeCount; ++t) {
    Stage stage(static_cast<Theme>(t), 1);
    stage.shown_guest = &guest;
    stage.race = &setup;
    for (const char* id : {"translation-cache", "race"}) {
      const auto panel = panel_of(id);
      stage.show(*panel, *session->snapshot(), session->events(), panel->least_size());
      EXPECT_TRUE(stage.audit.cut.empty()) << id << listed(stage.audit.cut);
      stage.keep(std::string(id) + "-" + std::string(name_of(static_cast<Theme>(t))));
    }
  }
}

TEST(TechniquePanels, TheCacheFollowsExecutionUntilAUnitIsPicked) {
  const auto session = translating("nanobench.elf", "only=cli n=40");
  const SessionGuest guest(*session);
  Stage stage(Theme::Dark, 1);
  stage.shown_guest = &guest;
  const auto panel = panel_of("translation-cache");
  const auto shown_after = [&](std::uint64_t steps) {
    session->perform(Step{steps});
    const auto snapshot = session->snapshot();
    const EventView events = session->events();
    stage.show(*panel, *snapshot, events, panel->least_size());
    PanelContext context{*snapshot,      events,          guest,
                         stage.commands, stage.selection, stage.breakpoints,
                         stage.style(),  stage.wanted};
    for (const std::string& line : panel->as_text(context)) {
      if (line.starts_with("unit at "))
        return line.substr(0, line.find(','));
    }
    return std::string("no unit");
  };
  const std::string first = shown_after(400), second = shown_after(9'000);
  EXPECT_NE(first, second) << "the unit being executed";
  // A click into the row of units picks one.
  ImGuiIO& io = ImGui::GetIO();
  const auto snapshot = session->snapshot();
  const EventView events = session->events();
  for (float y = 20; y < 200; y += 4) {
    io.MousePos = {30, y};
    for (const bool down : {false, true, false}) {
      io.MouseDown[0] = down;
      stage.show(*panel, *snapshot, events, panel->least_size(), 1);
    }
  }
  io.MousePos = {-1, -1};
  const std::string picked = shown_after(1), later = shown_after(900);
  EXPECT_EQ(picked, later) << "the picked unit stays";
  EXPECT_NE(picked, second);
}

TEST(TechniquePanels, ARaceIsStartedByAClick) {
  SetupOfOne setup;
  auto ready = Race::create(lanes_of("nanobench.elf", "n=40"));
  ASSERT_TRUE(ready);
  setup.shown = (*ready)->view();
  Stage stage(Theme::Dark, 1);
  stage.race = &setup;
  const auto panel = panel_of("race");
  const Snapshot snapshot;
  const EventView none;
  // The button stands below the guest's name; how far, the fonts decide.
  float below = 40;
  const auto click = [&] {
    ImGui::GetIO().MousePos = {34, below};
    for (const bool down : {false, true, false}) {
      ImGui::GetIO().MouseDown[0] = down;
      stage.show(*panel, snapshot, none, panel->least_size(), 1);
    }
  };
  for (click(); setup.starts == 0 && below < 90; click())
    below += 4;
  EXPECT_EQ(setup.starts, 1);
  setup.forbidden = "Predict first, then the race begins.";
  click();
  EXPECT_EQ(setup.starts, 1) << "not before the prediction";
}

TEST(TechniquePanels, TheCacheSaysInWordsWhatItShows) {
  const auto session = translating("nanobench.elf", "only=cli n=40");
  session->perform(gv::Run{});
  const SessionGuest guest(*session);
  Stage stage(Theme::Dark, 1);
  const auto panel = panel_of("translation-cache");
  const auto snapshot = session->snapshot();
  const EventView events = session->events();
  PanelContext context{*snapshot,      events,          guest,
                       stage.commands, stage.selection, stage.breakpoints,
                       stage.style(),  stage.wanted};
  const auto lines = panel->as_text(context);
  EXPECT_TRUE(any_has(lines, "branches chained"));
  EXPECT_TRUE(any_has(lines, "hits "));
  EXPECT_TRUE(any_has(lines, "| ident |"));
  EXPECT_TRUE(any_has(lines, "| rewritten |"));
}

TEST(TechniquePanels, OtherTechniquesHaveNoCacheAndTheSentenceSaysWhatToChoose) {
  Stage stage(Theme::Dark, 1);
  const auto list = testing::sample_events(300);
  const Snapshot snapshot = testing::sample_snapshot(list, TechniqueKind::TrapAndEmulate);
  const EventView events = list.view();
  PanelContext context{snapshot,       events,          stage.guest,
                       stage.commands, stage.selection, stage.breakpoints,
                       stage.style(),  stage.wanted};
  const auto lines = panel_of("translation-cache")->as_text(context);
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_NE(lines[0].find("binary-translation"), std::string::npos);
  EXPECT_NE(lines[0].find("trap-and-emulate"), std::string::npos);
}

TEST(TechniquePanels, TheRaceSaysWhatIsCountedAndWhatIsPriced) {
  SetupOfOne setup;
  setup.shown = raced(lanes_of("nanobench.elf", "only=cli n=40"));
  Stage stage(Theme::Light, 1);
  stage.race = &setup;
  const auto panel = panel_of("race");
  const Snapshot snapshot;
  const EventView none;
  SvgRecorder svg({0, 0}, 560, 420, stage.style().color(Ink::Surface));
  stage.svg = &svg;
  stage.show(*panel, snapshot, none, panel->least_size(), 1);
  const std::string document = svg.document("race");
  EXPECT_NE(document.find("are counted"), std::string::npos);
  EXPECT_NE(document.find("cost model"), std::string::npos);
  EXPECT_NE(document.find("trap-and-emulate"), std::string::npos);
  stage.svg = nullptr;
  PanelContext context{
      snapshot,          none,          stage.guest, stage.commands, stage.selection,
      stage.breakpoints, stage.style(), stage.wanted};
  context.race = &setup;
  const auto lines = panel->as_text(context);
  EXPECT_TRUE(any_has(lines, "cost model"));
  EXPECT_TRUE(any_has(lines, "cli: "));
}

}  // namespace
}  // namespace gv
