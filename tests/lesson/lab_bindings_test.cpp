// SPDX-License-Identifier: MIT
//
// The Lua surface of a machine, on a real one.

#include "lesson/lab_bindings.h"
#include "lesson/lua_condition.h"
#include "lesson/lua_console.h"
#include "lesson/temporary_folder.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <regex>
#include <set>
#include <thread>

namespace gv {
namespace {

class Lab : public testing::Test {
 protected:
  Lab() { install_lab(host_, environment_); }

  LuaValue run(const std::string& source) {
    const LuaOutcome outcome = host_.run("test.lua", source);
    EXPECT_TRUE(outcome.ok()) << (outcome.error ? outcome.error->message : "");
    return outcome.first();
  }
  std::string error_of(const std::string& source) {
    const LuaOutcome outcome = host_.run("test.lua", source);
    return outcome.error ? outcome.error->message : "no error";
  }

  LabEnvironment environment_;
  LuaHost host_;
};

TEST_F(Lab, AnnotationsNameExactlyWhatIsThere) {
  const std::string library = contents_of(GV_SOURCE "/lua-scripts/library/lab.lua");
  ASSERT_FALSE(library.empty());
  std::set<std::string> annotated;
  const std::regex function(R"(function ((?:Machine:|lab\.)[A-Za-z_.]+)\()");
  for (std::sregex_iterator it(library.begin(), library.end(), function), end; it != end; ++it) {
    annotated.insert((*it)[1]);
  }
  const auto surface = lab_surface();
  EXPECT_EQ(annotated, std::set<std::string>(surface.begin(), surface.end()));
}

TEST_F(Lab, NamesAnExitAsVtxDoes) {
  const LuaValue seen = run(R"lua(
    local options = { image = "nanobench", cmdline = "only=mov-cr3 n=3",
                      technique = "hardware-assisted", controls = { control_registers = true } }
    local m = lab.machine(options)
    local stop = m:run{ until_exit = "control-register" }
    options.technique, options.controls = "trap-and-emulate", nil
    local trapped = lab.machine(options):run{ until_exit = "privileged-instruction", mnemonic = "cli" }
    return { number = stop.exit.vmx_number, name = stop.exit.vmx_name,
             cli = tostring(trapped.exit.vmx_number) }
  )lua");
  EXPECT_EQ(seen["number"], 28);
  EXPECT_EQ(seen["name"], "control-register accesses");
  EXPECT_EQ(seen["cli"], "nil") << "VT-x has no exit for CLI";
}

TEST_F(Lab, ShowsWhatATranslatorHolds) {
  const LuaValue seen = run(R"lua(
    local m = lab.machine{ image = "nanobench", cmdline = "only=cli n=3",
                           technique = "binary-translation" }
    m:run{}
    for _, unit in ipairs(m:translation_cache().units) do
      for _, instruction in ipairs(unit.instructions) do
        if instruction.text == "cli" then
          return { treatment = instruction.treatment, lines = #instruction.cache,
                   retires = instruction.cache[1].retires, live = unit.live,
                   other = tostring(lab.machine{ image = "nanobench" }:translation_cache()) }
        end
      end
    end
  )lua");
  EXPECT_EQ(seen["treatment"], "rewritten");
  EXPECT_EQ(seen["lines"], 1) << "a store to the virtual IF, and nothing else";
  EXPECT_EQ(seen["retires"], true);
  EXPECT_EQ(seen["live"], true);
  EXPECT_EQ(seen["other"], "nil") << "trap and emulate holds no translations";
}

TEST_F(Lab, RacesOneGuestUnderSeveralTechniques) {
  const LuaValue lanes = run(R"lua(
    return lab.race{ image = "nanobench", cmdline = "only=in n=50", step = 1000, lanes = {
      { technique = "trap-and-emulate" },
      { technique = "hardware-assisted" },
      { name = "dear", technique = "hardware-assisted", costs = { exit_and_entry = 5000 } },
    } }
  )lua");
  ASSERT_EQ(lanes.size(), 3U);
  EXPECT_EQ(lanes[0]["name"], "trap-and-emulate");
  EXPECT_EQ(lanes[2]["name"], "dear");
  for (const LuaValue& lane : lanes) {
    EXPECT_EQ(lane["ended"], true) << lane["text"];
    EXPECT_EQ(lane["retired"], lanes[0]["retired"]) << "the same guest";
  }
  EXPECT_EQ(lanes[1]["ledger"]["total_exits"], lanes[2]["ledger"]["total_exits"]);
  EXPECT_LT(lanes[1]["ledger"]["total_cycles"].get<double>(),
            lanes[2]["ledger"]["total_cycles"].get<double>());
}

TEST_F(Lab, SaysWhatIsWrongWithARace) {
  EXPECT_NE(error_of("lab.race{ image = 'nanobench' }").find("needs lanes"), std::string::npos);
  EXPECT_NE(error_of("lab.race{ image = 'nanobench', lanes = { {}, {} } }").find("two lanes"),
            std::string::npos);
  EXPECT_NE(error_of("lab.race{ image = 'nanobench', lanes = { { colour = 'red' } } }")
                .find("has no option 'colour'"),
            std::string::npos);
  EXPECT_NE(
      error_of("lab.race{ image = 'nanobench', ruler = 'clock', lanes = { {} } }").find("ruler is"),
      std::string::npos);
}

TEST_F(Lab, TakesThePriceOfInterpretingFromTheScript) {
  const LuaValue seen = run(R"lua(
    local m = lab.machine{ image = "nanobench", cmdline = "only=call n=3", engine = "interpreter",
                           technique = "interpretation", costs = { interpret = 7 } }
    m:run{}
    local ledger = m:ledger()
    return { price = ledger.interpreted_cycles // ledger.interpreted, all = ledger.interpreted,
             retired = ledger.retired }
  )lua");
  EXPECT_EQ(seen["price"], 7);
  EXPECT_EQ(seen["all"], seen["retired"]);
}

TEST_F(Lab, RunsAGuestAndReadsWhatItDid) {
  const LuaValue seen = run(R"lua(
    local m = lab.machine{ image = "tinykernel", technique = "trap-and-emulate" }
    local stop = m:run{ until_exit = "privileged-instruction", mnemonic = "lgdt" }
    return { stop = stop, technique = m:technique(), ring = m:physical().cpl,
             believed = m:registers().cpl, exits = m:ledger().total_exits,
             counted = m:count{ kind = "exit" }, console = m:console(),
             sentence = m:narrate{ kind = "exit", limit = 1 }[1] }
  )lua");
  EXPECT_EQ(seen["stop"]["cause"], "breakpoint-hit");
  EXPECT_EQ(seen["stop"]["exit"]["mnemonic"], "lgdt");
  EXPECT_EQ(seen["technique"], "trap-and-emulate");
  EXPECT_EQ(seen["ring"], 1);
  EXPECT_EQ(seen["believed"], 0);
  EXPECT_EQ(seen["exits"], seen["counted"]);
  EXPECT_NE(seen["console"].get<std::string>().find("tinykernel"), std::string::npos);
  EXPECT_FALSE(seen["sentence"].get<std::string>().empty());
}

TEST_F(Lab, GoesBackToTheSameState) {
  const LuaValue seen = run(R"lua(
    local m = lab.machine{ image = "tinykernel" }
    m:run{ instructions = 300000 }
    local there, hash = m:position().retired, m:state_hash()
    m:step_back(1000)
    local back = m:position().retired
    m:seek(there)
    return { there = there, back = back, same = m:state_hash() == hash }
  )lua");
  EXPECT_EQ(seen["there"].get<int>() - seen["back"].get<int>(), 1000);
  EXPECT_EQ(seen["same"], true);
}

TEST_F(Lab, WalksBothPageTables) {
  const LuaValue walk = run(R"lua(
    local m = lab.machine{ image = "tinykernel", technique = "trap-and-emulate" }
    m:run{ until_console = "paging: on" }
    m:run{ instructions = 100000 }
    return m:walk(m:registers().eip)
  )lua");
  ASSERT_TRUE(walk.contains("guest")) << walk.dump();
  ASSERT_TRUE(walk.contains("shadow")) << walk.dump();
  EXPECT_EQ(walk["guest"]["outcome"], "mapped");
  EXPECT_NE(walk["guest"]["physical"], walk["shadow"]["physical"])
      << "guest-physical and machine-physical memory must differ";
}

TEST_F(Lab, StopsWhereALuaConditionHolds) {
  const LuaValue seen = run(R"lua(
    local m = lab.machine{ image = "tinykernel" }
    local stop = m:run{ when = "reason == 'privileged-instruction' and mnemonic == 'lidt'" }
    return { stop.exit.mnemonic, stop.cause }
  )lua");
  EXPECT_EQ(seen[0], "lidt");
  EXPECT_EQ(seen[1], "breakpoint-hit");
}

TEST_F(Lab, MistakesInScriptsAreSentencesWithAPlace) {
  EXPECT_EQ(error_of("lab.machine{ image = 'no-such-kit' }").substr(0, 12), "test.lua:1: ");
  EXPECT_NE(
      error_of("lab.machine{ image = 'tinykernel', technique = 'magic' }").find("trap-and-emulate"),
      std::string::npos);
  EXPECT_NE(
      error_of("lab.machine{ image = 'tinykernel', tecnique = 'x' }").find("no option 'tecnique'"),
      std::string::npos);
  EXPECT_NE(error_of("lab.machine{ image = 'tinykernel' }:run{ until_exit = 'nonsense' }")
                .find("privileged-instruction"),
            std::string::npos);
  EXPECT_NE(error_of("lab.machine{ image = 'tinykernel' }:run{ when = 'eax ==' }").find("eax =="),
            std::string::npos);
}

TEST_F(Lab, ExpectationsRecordFindingsAndGoOn) {
  run(R"lua(
    lab.check("sum")
    lab.expect.equal(1 + 1, 3, "count again")
    lab.expect.equal(2.0, 2)
    lab.expect.at_least(5, 7)
    lab.expect.contains("some text", "other")
    lab.expect.holds(true, "truth")
  )lua");
  ASSERT_EQ(environment_.findings.size(), 3u);
  EXPECT_EQ(environment_.expectations, 5u);
  const Finding& first = environment_.findings.front();
  EXPECT_EQ(first.check, "sum");
  EXPECT_EQ(first.expected, "3");
  EXPECT_EQ(first.observed, "2");
  EXPECT_EQ(first.where, "test.lua:3");
  EXPECT_EQ(first.hint, "count again");
}

TEST_F(Lab, TwoRunsAreEqual) {
  const char* source =
      "local m = lab.machine{ image = 'tinykernel' } m:run{ instructions = 2000000 } "
      "return m:state_hash() .. m:event_log_hash()";
  EXPECT_EQ(run(source), run(source));
}

TEST(LuaCondition, RefusesWhatIsNoExpression) {
  EXPECT_FALSE(compile_condition("eax == "));
  EXPECT_FALSE(compile_condition("while true do end"));
  EXPECT_FALSE(compile_condition("true) os.exit("));
  EXPECT_TRUE(compile_condition("eax == 4 and cpl == 0"));
}

TEST(LuaCondition, AConditionThatLoopsCountsAsFalseAndSaysSo) {
  auto compiled = compile_condition("(function() while true do end end)()");
  ASSERT_TRUE(compiled);
  const RegisterFile registers;
  const Ledger ledger;
  EXPECT_FALSE(compiled->condition({registers, nullptr, {}, ledger}));
  EXPECT_FALSE(compiled->problem->text().empty());
}

TEST(LuaConsole, EvaluatesLinesOnTheLiveMachine) {
  LabEnvironment environment;
  LuaHost host;
  install_lab(host, environment);
  ASSERT_TRUE(host.run("t", "lab.machine{ image = 'tinykernel' }").ok());
  LuaConsole console;
  console.set_machine(environment.machines.front());
  console.submit("machine:step(5)");
  console.submit("machine:position().retired");
  console.submit("print('hello')");
  console.submit("nonsense +");
  std::vector<ConsoleLine> lines;
  while (console.busy())
    std::this_thread::yield();
  for (ConsoleLine& line : console.take_lines())
    lines.push_back(std::move(line));
  const auto has = [&](ConsoleLineKind kind, const std::string& text) {
    return std::any_of(lines.begin(), lines.end(), [&](const ConsoleLine& line) {
      return line.kind == kind && line.text.find(text) != std::string::npos;
    });
  };
  EXPECT_TRUE(has(ConsoleLineKind::Result, "5"));
  EXPECT_TRUE(has(ConsoleLineKind::Output, "hello"));
  EXPECT_TRUE(has(ConsoleLineKind::Error, "console:1"));
  const auto names = console.completions("machine:re");
  EXPECT_NE(std::find(names.begin(), names.end(), "machine:registers"), names.end());
}

TEST(LuaConsole, CancelsARunawayLine) {
  LuaConsole console;
  console.submit("while true do end");
  console.cancel();
  while (console.busy()) {
    console.cancel();
    std::this_thread::yield();
  }
  SUCCEED();
}

}  // namespace
}  // namespace gv
