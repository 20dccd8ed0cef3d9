// SPDX-License-Identifier: MIT
//
// layout_test.cpp - rooms and tiles at every size of window and every scale.

#include "workbench/layout.h"

#include <gtest/gtest.h>

#include <string>

namespace gv {
namespace {

bool overlap(const Area& a, const Area& b) {
  return !a.empty() && !b.empty() && a.x < b.right() && b.x < a.right() && a.y < b.bottom() &&
         b.y < a.bottom();
}

struct Case {
  float width, height, scale;
};
constexpr Case kCases[] = {{1440, 900, 1},  {1366, 768, 1},     {1920, 1080, 1}, {3840, 2160, 2},
                           {3840, 2160, 4}, {1440, 900, 2},     {1440, 900, 4},  {800, 600, 1},
                           {320, 200, 1},   {1280, 720, 1.35F}, {5120, 1440, 1}, {1080, 1920, 1}};

TEST(Rooms, NeverOverlapAndNeverLeaveTheWindow) {
  for (const Case& c : kCases) {
    for (const bool lesson : {true, false}) {
      for (const bool presenting : {true, false}) {
        LayoutWishes wishes;
        wishes.scale = c.scale;
        wishes.has_lesson = lesson;
        wishes.presenting = presenting;
        const Rooms rooms = lay_out_rooms(c.width, c.height, wishes);
        const Area all[] = {rooms.top_bar, rooms.lesson, rooms.stage, rooms.inspector,
                            rooms.time_bar};
        const std::string where = std::to_string(c.width) + "x" + std::to_string(c.height) +
                                  " at " + std::to_string(c.scale);
        for (std::size_t i = 0; i < 5; ++i) {
          EXPECT_GE(all[i].width, 0) << where;
          EXPECT_GE(all[i].height, 0) << where;
          EXPECT_LE(all[i].right(), c.width + 0.5F) << where << ", room " << i;
          EXPECT_LE(all[i].bottom(), c.height + 0.5F) << where << ", room " << i;
          for (std::size_t j = i + 1; j < 5; ++j)
            EXPECT_FALSE(overlap(all[i], all[j])) << where << ": " << i << " and " << j;
        }
        EXPECT_FALSE(rooms.lesson.empty() && rooms.stage.empty() && rooms.inspector.empty())
            << where;
      }
    }
  }
}

TEST(Rooms, ALaptopShowsAllThreeAtOnce) {
  for (const Case& c : {Case{1440, 900, 1}, Case{1366, 768, 1}, Case{3840, 2160, 2}}) {
    LayoutWishes wishes;
    wishes.scale = c.scale;
    const Rooms rooms = lay_out_rooms(c.width, c.height, wishes);
    EXPECT_FALSE(rooms.one_room);
    EXPECT_FALSE(rooms.lesson.empty());
    EXPECT_FALSE(rooms.inspector.empty());
    EXPECT_GE(rooms.stage.width, 420 * c.scale);
  }
}

TEST(Rooms, ATinyWindowShowsTheOneThatIsAskedFor) {
  LayoutWishes wishes;
  wishes.scale = 4;
  wishes.only = Room::Lesson;
  EXPECT_FALSE(lay_out_rooms(1440, 900, wishes).lesson.empty());
  EXPECT_TRUE(lay_out_rooms(1440, 900, wishes).one_room);
  wishes.only = Room::Inspector;
  EXPECT_FALSE(lay_out_rooms(1440, 900, wishes).inspector.empty());
}

TEST(Tiles, ShareTheStageWithoutOverlap) {
  const Area stage = {100, 50, 1100, 900};
  for (std::size_t n = 1; n <= 6; ++n) {
    const std::vector<LeastSize> least(n, LeastSize{300, 160});
    for (std::size_t focus = 0; focus < n; ++focus) {
      const std::vector<Area> areas = tile(stage, least, focus, 8);
      ASSERT_EQ(areas.size(), n);
      for (std::size_t i = 0; i < n; ++i) {
        EXPECT_GE(areas[i].x, stage.x);
        EXPECT_LE(areas[i].right(), stage.right() + 0.5F);
        EXPECT_LE(areas[i].bottom(), stage.bottom() + 0.5F);
        for (std::size_t j = i + 1; j < n; ++j)
          EXPECT_FALSE(overlap(areas[i], areas[j])) << n << " panels";
      }
    }
  }
}

TEST(Tiles, TheFocusIsNotTheSmallest) {
  const std::vector<LeastSize> least(3, LeastSize{300, 200});
  const std::vector<Area> areas = tile({0, 0, 760, 760}, least, 1, 8);
  ASSERT_EQ(areas.size(), 3U);
  EXPECT_GE(areas[1].width * areas[1].height, areas[0].width * areas[0].height);
  EXPECT_GE(areas[1].width * areas[1].height, areas[2].width * areas[2].height);
}

TEST(Tiles, PanelsThatCannotBeLegibleTogetherAreNotTiled) {
  EXPECT_TRUE(tile({0, 0, 400, 300}, std::vector<LeastSize>(4, LeastSize{360, 280}), 0, 8).empty());
}

}  // namespace
}  // namespace gv
