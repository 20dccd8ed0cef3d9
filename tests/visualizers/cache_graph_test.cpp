// SPDX-License-Identifier: MIT
//
// The translation cache as a graph, from a cache made up here.

#include "visualizers/translation_cache/cache_graph.h"
#include "sample_run.h"

#include <gtest/gtest.h>

namespace gv {
namespace {

TranslatedInstruction instruction(std::uint64_t guest, Treatment treatment, std::string text,
                                  std::uint64_t cache) {
  TranslatedInstruction made;
  made.address = Gva(guest);
  made.treatment = treatment;
  made.text = std::move(text);
  made.cache = {{Gva(cache), 2, true, made.text}};
  return made;
}

// A loop that is chained to itself and to a unit that returns; a void one at the end.
TranslationCacheView loop_and_return() {
  TranslationCacheView cache;
  cache.size = 4096;
  cache.used = 0x60;
  TranslationUnit loop;
  loop.guest = Gva(0x100000);
  loop.entry = Gva(0xffc00000);
  loop.cache_bytes = 0x20;
  loop.instructions = {instruction(0x100000, Treatment::Ident, "dec ecx", 0xffc00000),
                       instruction(0x100001, Treatment::Rewritten, "jne 0x00100000", 0xffc00004)};
  loop.exits = {{Gva(0x100000), true, Gva(0xffc00000)}, {Gva(0x100003), true, Gva(0xffc00020)}};
  TranslationUnit back;
  back.guest = Gva(0x100003);
  back.entry = Gva(0xffc00020);
  back.cache_bytes = 0x20;
  back.instructions = {instruction(0x100003, Treatment::Callout, "out dx, al", 0xffc00020),
                       instruction(0x100004, Treatment::Rewritten, "ret", 0xffc00028)};
  TranslationUnit stale;
  stale.guest = Gva(0x100000);
  stale.entry = Gva(0xffc00040);
  stale.cache_bytes = 0x20;
  stale.live = false;
  stale.exits = {{Gva(0x100100), false, Gva(0xffc00f00)}};
  cache.units = {loop, back, stale};
  return cache;
}

TEST(CacheGraph, TellsChainsStubsAndLookupsApart) {
  const CacheGraph graph = make_cache_graph(loop_and_return());
  EXPECT_EQ(graph.chained, 2U);
  EXPECT_EQ(graph.stubs, 1U);
  EXPECT_EQ(graph.indirect, 1U);
  const auto out = graph.out_of(0);
  ASSERT_EQ(out.size(), 2U);
  EXPECT_EQ(out[0].to, WayTo::Unit);
  EXPECT_EQ(out[0].unit, 0U) << "the loop leads to itself";
  EXPECT_EQ(out[1].unit, 1U);
  EXPECT_EQ(graph.out_of(1).front().to, WayTo::Lookup) << "RET looks its target up";
  EXPECT_EQ(graph.out_of(2).front().to, WayTo::Translator);
  EXPECT_EQ(graph.into(0), std::vector<std::size_t>{0});
  EXPECT_EQ(graph.into(1), std::vector<std::size_t>{0});
  EXPECT_EQ(graph.nodes[1].callouts, 1U);
  EXPECT_EQ(graph.nodes[0].ways_in, 1U);
}

TEST(CacheGraph, FindsTheUnitOfAnAddressOnEitherSide) {
  TranslationCacheView cache = loop_and_return();
  EXPECT_EQ(unit_at(cache, Gva(0xffc0001f)), 0U);
  EXPECT_EQ(unit_at(cache, Gva(0xffc00020)), 1U);
  EXPECT_EQ(unit_at(cache, Gva(0xffc00060)), std::nullopt) << "behind the last";
  EXPECT_EQ(unit_at(cache, Gva(0)), std::nullopt);
  EXPECT_EQ(unit_of(cache, Gva(0x100004)), 1U);
  EXPECT_EQ(unit_of(cache, Gva(0x100000)), 0U) << "the live one, not the void one";
  EXPECT_EQ(unit_of(cache, Gva(0x5000)), std::nullopt);
  cache.executing = Gva(0xffc00028);
  EXPECT_EQ(make_cache_graph(cache).executing, 1U);
}

TEST(CacheGraph, MarksTheLineThatIsExecuted) {
  const TranslationCacheView cache = loop_and_return();
  const auto rows = translation_rows(cache.units[0], Gva(0xffc00004));
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_FALSE(rows[0].executing);
  EXPECT_TRUE(rows[1].executing);
  EXPECT_TRUE(rows[1].cache[0].executing);
  EXPECT_FALSE(translation_rows(cache.units[0], Gva(0))[0].executing) << "elsewhere";
}

TEST(CacheGraph, FindsTheNewestEventsOfTheCacheAmongOthers) {
  testing::EventList events = testing::sample_events(20);
  events.add(UnitTranslated{Gva(0xffc00000), 4, 9, 2, 1, 0}, 1, 0, 0x100000);
  events.add(ConsoleWritten{'x', false}, 1, 0, 0x100000);
  events.add(CacheEvicted{3, 90, EvictionCause::NoRoom}, 1, 0, 0x100000);
  events.add(ConsoleWritten{'y', false}, 1, 0, 0x100000);
  const auto latest = latest_cache_events(events.view(), events.size(), 9);
  ASSERT_EQ(latest.size(), 2U);
  EXPECT_EQ(latest[0], events.size() - 2);
  EXPECT_EQ(latest[1], events.size() - 4);
  EXPECT_EQ(latest_cache_events(events.view(), events.size() - 2, 9).size(), 1U)
      << "nothing that is yet to come";
}

TEST(CacheGraph, CountsWhatTheLedgerHas) {
  TranslationCounts counts;
  counts.lookup_hits = 7;
  counts.evictions = 2;
  const auto counters = cache_counters(counts);
  EXPECT_EQ(counters.size(), 6U);
  EXPECT_EQ(counters[2].value, 7U);
  EXPECT_EQ(counters[5].value, 2U);
}

}  // namespace
}  // namespace gv
