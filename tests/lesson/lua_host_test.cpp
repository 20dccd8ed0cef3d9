// SPDX-License-Identifier: MIT
//
// What a script may do, and that nothing it does outlives its budget.

#include "lesson/lua_host.h"

#include <gtest/gtest.h>

#include <chrono>
#include <thread>

namespace gv {
namespace {

LuaLimits small_limits() {
  LuaLimits limits;
  limits.instructions = 2'000'000;
  limits.memory_bytes = std::size_t{16} << 20;
  limits.largest_allocation = std::size_t{4} << 20;
  limits.output_bytes = 4096;
  limits.cpu_time = std::chrono::milliseconds(5000);
  return limits;
}

std::string error_of(LuaOutcome outcome) { return outcome.error ? outcome.error->message : "none"; }

TEST(LuaHost, ReturnsValuesAsJson) {
  LuaHost host;
  const LuaOutcome outcome = host.run("a.lua", "return 1, 'two', {3, 4}, {five = true}, nil, 0.5");
  ASSERT_TRUE(outcome.ok()) << error_of(host.run("a.lua", "return 1"));
  EXPECT_EQ(outcome.values.dump(), R"([1,"two",[3,4],{"five":true},null,0.5])");
}

TEST(LuaHost, TakesArgumentsAsDotsAndCallsFunctionsByPath) {
  LuaHost host;
  ASSERT_TRUE(host.run("a.lua", "first = ...; tasks = { double = function(t) return t.n * 2 end }",
                       LuaValue::array({7}))
                  .ok());
  EXPECT_EQ(host.call("tasks.double", LuaValue::array({{{"n", 21}}})).first(), 42);
  EXPECT_EQ(host.evaluate("console", "first").first(), 7);
  EXPECT_TRUE(host.has_function("tasks.double"));
  EXPECT_FALSE(host.has_function("tasks.triple"));
}

TEST(LuaHost, ASyntaxErrorIsOneSentenceWithFileAndLine) {
  LuaHost host;
  const LuaOutcome outcome = host.run("answers.lua", "local a = 1\nlocal = 2\n");
  ASSERT_FALSE(outcome.ok());
  EXPECT_EQ(outcome.error->fault, LuaFault::Syntax);
  EXPECT_EQ(outcome.error->file, "answers.lua");
  EXPECT_EQ(outcome.error->line, 2);
  EXPECT_EQ(outcome.error->message.find('\n'), std::string::npos);
}

TEST(LuaHost, ARuntimeErrorNamesItsPlace) {
  LuaHost host;
  const LuaOutcome outcome = host.run("answers.lua", "\n\nlocal x = nil + 1");
  ASSERT_FALSE(outcome.ok());
  EXPECT_EQ(outcome.error->fault, LuaFault::Runtime);
  EXPECT_EQ(outcome.error->line, 3);
}

TEST(LuaHost, SaysThatThereIsNoOperatingSystem) {
  LuaHost host;
  const std::string message = error_of(host.run("a.lua", "os.execute('true')"));
  EXPECT_NE(message.find("a.lua:1:"), std::string::npos) << message;
  EXPECT_NE(message.find("scripts have no 'os'"), std::string::npos) << message;
}

class ForbiddenName : public testing::TestWithParam<const char*> {};
TEST_P(ForbiddenName, IsAbsent) {
  LuaHost host;
  EXPECT_EQ(host.evaluate("a", std::string(GetParam()) + " == nil").first(), true);
}
INSTANTIATE_TEST_SUITE_P(Sandbox, ForbiddenName,
                         testing::Values("os", "io", "package", "debug", "require", "dofile",
                                         "loadfile", "coroutine", "collectgarbage", "string.dump",
                                         "warn"));

TEST(LuaHost, RefusesBytecode) {
  LuaHost host;
  EXPECT_FALSE(host.run("a.lua", std::string_view("\x1bLua\x54\x00", 6)).ok());
  EXPECT_EQ(host.run("a.lua", "return (load('\\27Lua'))").first(), LuaValue());
  EXPECT_EQ(host.run("a.lua", "return load('return 5')()").first(), 5);
  EXPECT_EQ(host.run("a.lua", "x = 6 return load('return x', '=n', 't')()").first(), 6);
  EXPECT_EQ(host.run("a.lua", "return load('return x', '=n', 't', {x = 7})()").first(), 7);
}

TEST(LuaHost, RefusesFinalizersBecauseNothingCouldStopThem) {
  LuaHost host;
  EXPECT_FALSE(
      host.run("a.lua", "setmetatable({}, {__gc = function() while true do end end})").ok());
}

struct Hostile {
  const char* name;
  const char* source;
};
class HostileScript : public testing::TestWithParam<Hostile> {};
TEST_P(HostileScript, EndsWithinItsBudget) {
  LuaHost host(small_limits());
  const auto before = std::chrono::steady_clock::now();
  const LuaOutcome outcome = host.run("hostile.lua", GetParam().source);
  const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(
      std::chrono::steady_clock::now() - before);
  ASSERT_FALSE(outcome.ok()) << "it returned " << outcome.values.dump();
  EXPECT_LT(took.count(), 20'000) << outcome.error->message;
  // The host is usable afterwards.
  EXPECT_EQ(host.evaluate("console", "1 + 1").first(), 2);
}
INSTANTIATE_TEST_SUITE_P(
    Sandbox, HostileScript,
    testing::Values(
        Hostile{"Loop", "while true do end"},
        Hostile{"CaughtLoop", "while true do pcall(function() while true do end end) end"},
        Hostile{"HandledLoop",
                "while true do xpcall(function() while true do end end, function() while true do "
                "end end) end"},
        Hostile{"HugeRep", "return #string.rep('x', 1 << 40)"},
        Hostile{"EmptyRep", "for i = 1, 1e9 do local s = string.rep('', 1 << 60) end"},
        Hostile{"RepeatedRep", "while true do local s = ('x'):rep(1000000) end"},
        Hostile{"Pattern", "return string.find(('a'):rep(3000), ('.-'):rep(20) .. 'b')"},
        Hostile{"GlobalPattern", "return (('a'):rep(30000)):gsub(('a*'):rep(20) .. 'b', '')"},
        Hostile{"MatchIterator", "for w in (('a'):rep(5000)):gmatch('.-.-.-.-b') do end"},
        Hostile{"Balance", "return (('('):rep(200000)):find('%b()')"},
        Hostile{"DeepPattern", "return string.find(('a'):rep(100000), ('(a'):rep(300))"},
        Hostile{"Memory", "local t = {} for i = 1, 1e12 do t[i] = ('x'):rep(1000) .. i end"},
        Hostile{"Doubling", "local s = 'x' while true do s = s .. s end"},
        Hostile{
            "CaughtMemory",
            "local t = {} while true do pcall(function() t[#t+1] = ('x'):rep(100000) .. #t end) "
            "end"},
        Hostile{"Move", "table.move({}, 1, 1 << 60, 2, {})"},
        Hostile{"Concat",
                "table.concat(setmetatable({}, {__len = function() return 1 << 60 end, __index = "
                "rawlen}), '')"},
        Hostile{"Insert",
                "table.insert(setmetatable({}, {__len = function() return 1 << 60 end}), 1, 1)"},
        Hostile{"Sort",
                "table.sort(setmetatable({}, {__len = function() return 1 << 30 end, __index = "
                "rawlen}))"},
        Hostile{"Unpack", "return table.unpack({}, 1, 1 << 30)"},
        Hostile{"Recursion", "local function f() return 1 + f() end f()"},
        Hostile{"Output", "while true do print('flood') end"},
        Hostile{"LongComparison",
                "local a, b = ('x'):rep(4000000), ('x'):rep(3999999) .. 'x' while true do local _ "
                "= a < b end"},
        Hostile{"ErrorObject",
                "error(setmetatable({}, {__tostring = function() while true do end end}))"},
        Hostile{"SelfContaining", "local t = {} t[1] = t return t"},
        Hostile{"Addresses", "return string.format('%p', {})"}),
    [](const auto& row) { return std::string(row.param.name); });

TEST(LuaHost, TellsATimeoutFromAMistake) {
  LuaLimits limits = small_limits();
  limits.instructions = 20'000'000;
  LuaHost host(limits);
  EXPECT_EQ(host.run("a.lua", "while true do end").error->fault, LuaFault::InstructionLimit);
  EXPECT_EQ(host.run("a.lua", "return ('x'):rep(3000000):rep(2)").error->fault, LuaFault::Runtime);
  EXPECT_EQ(host.run("a.lua", "local t = {} while true do t[#t+1] = ('x'):rep(90000) .. #t end")
                .error->fault,
            LuaFault::MemoryLimit);
  EXPECT_EQ(host.run("a.lua", "while true do print('a line of text') end").error->fault,
            LuaFault::OutputLimit);
  EXPECT_TRUE(is_limit(LuaFault::InstructionLimit));
  EXPECT_FALSE(is_limit(LuaFault::Syntax));
}

TEST(LuaHost, IsCancelledFromAnotherThread) {
  LuaLimits limits;
  limits.instructions = ~std::uint64_t{0} >> 1;
  limits.cpu_time = std::chrono::hours(1);
  LuaHost host(limits);
  std::thread other;
  host.on_output([&](std::string_view) {
    if (!other.joinable())
      other = std::thread([&] { host.cancel(); });
  });
  const LuaOutcome outcome = host.run("a.lua", "print('on') while true do end");
  other.join();
  ASSERT_FALSE(outcome.ok());
  EXPECT_EQ(outcome.error->fault, LuaFault::Cancelled);
}

TEST(LuaHost, DrawsTheSameRandomNumbersEverywhere) {
  LuaHost a({}, 7), b({}, 7), c({}, 8);
  const char* draw = "return math.random(1000000), math.random(1000000), math.random()";
  const LuaValue first = a.run("a", draw).values;
  EXPECT_EQ(first, b.run("a", draw).values);
  EXPECT_NE(first, c.run("a", draw).values);
}

TEST(LuaHost, GoesThroughTablesInOneOrder) {
  const char* source =
      "local out = {} for k, v in pairs({zeta = 1, alpha = 2, 10, 20, mu = 3}) do out[#out + 1] = "
      "tostring(k) end return table.concat(out, ' ')";
  LuaHost host;
  EXPECT_EQ(host.run("a", source).first(), "1 2 alpha mu zeta");
}

TEST(LuaHost, CatchesOrdinaryErrors) {
  LuaHost host;
  EXPECT_EQ(host.run("a", "return pcall(error, 'x', 0)").values.dump(), R"([false,"x"])");
  EXPECT_EQ(host.run("a", "return pcall(math.max, 3, 9)").values.dump(), "[true,9]");
  EXPECT_EQ(
      host.run("a", "return xpcall(error, function(m) return m .. '!' end, 'x', 0)").values.dump(),
      R"([false,"x!"])");
  EXPECT_EQ(host.run("a", "return xpcall(math.max, print, 3, 9)").values.dump(), "[true,9]");
}

TEST(LuaHost, PrintsNoAddresses) {
  LuaHost host;
  ASSERT_TRUE(host.run("a", "print({}, print, 12, nil, 'x')").ok());
  EXPECT_EQ(host.take_output(), "table\tfunction\t12\tnil\tx\n");
}

struct PatternCase {
  const char* expression;
  const char* expected;  // JSON of all results
};
class Patterns : public testing::TestWithParam<PatternCase> {};
TEST_P(Patterns, BehaveAsTheManualSays) {
  LuaHost host;
  const LuaOutcome outcome = host.evaluate("p", GetParam().expression);
  EXPECT_EQ(outcome.ok() ? outcome.values.dump() : outcome.error->message, GetParam().expected)
      << GetParam().expression;
}
INSTANTIATE_TEST_SUITE_P(
    Sandbox, Patterns,
    testing::Values(
        PatternCase{"('hello world'):find('o w')", "[5,7]"},
        PatternCase{"('hello'):find('l+')", "[3,4]"},
        PatternCase{"('hello'):find('xyz')", "[null]"},
        PatternCase{"('a.b'):find('.', 2, true)", "[2,2]"},
        PatternCase{"('key = value'):match('^(%w+)%s*=%s*(%w+)$')", R"(["key","value"])"},
        PatternCase{"('  trim  '):match('^%s*(.-)%s*$')", R"(["trim"])"},
        PatternCase{"('f(a(b)c)d'):match('%b()')", R"-(["(a(b)c)"])-"},
        PatternCase{"('THE (quick) fox'):find('%f[%a]%a+%f[%A]', 2)", "[6,10]"},
        PatternCase{"('abcabc'):match('(a)(b)c%1')", R"(["a","b"])"},
        PatternCase{"('x]y'):match('[]]')", R"(["]"])"},
        PatternCase{"('a-z'):match('[a%-]+')", R"(["a-"])"},
        PatternCase{"('2026-11-21'):match('(%d+)-(%d+)-(%d+)')", R"(["2026","11","21"])"},
        PatternCase{"('abc'):match('()b()')", "[2,3]"},
        PatternCase{"('abc'):gsub('', '-')", R"(["-a-b-c-",4])"},
        PatternCase{"('hello world'):gsub('o', '0', 1)", R"(["hell0 world",1])"},
        PatternCase{"('abc'):gsub('%w', '%0%0')", R"(["aabbcc",3])"},
        PatternCase{"('$name is $age'):gsub('%$(%w+)', {name='x', age=3})", R"(["x is 3",2])"},
        PatternCase{"('abc'):gsub('b', function(c) return c:upper() end)", R"(["aBc",1])"},
        PatternCase{"('colour'):match('colou?r')", R"(["colour"])"},
        PatternCase{"('aaa'):match('a-')", R"([""])"},
        PatternCase{"('<a><b>'):match('<(.-)>')", R"(["a"])"}));

}  // namespace
}  // namespace gv
