// SPDX-License-Identifier: MIT
//
// instruction_names_test.cpp - every Mnemonic has its own name and a kind.

#include "gv/instruction.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace gv {
namespace {

TEST(Mnemonics, have_names_of_their_own) {
  std::set<std::string> names;
  for (int i = 0; i < kMnemonicCount; ++i) {
    names.insert(std::string(name_of(static_cast<Mnemonic>(i))));
  }
  EXPECT_EQ(names.size(), static_cast<std::size_t>(kMnemonicCount));
  EXPECT_EQ(names.count(""), 0u);
}

TEST(Mnemonics, of_robin_and_irvine_are_sensitive_and_unprivileged) {
  for (const Mnemonic m :
       {Mnemonic::Sgdt, Mnemonic::Sidt, Mnemonic::Sldt, Mnemonic::Smsw, Mnemonic::Pushf,
        Mnemonic::Popf, Mnemonic::Lar, Mnemonic::Lsl, Mnemonic::Verr, Mnemonic::Verw,
        Mnemonic::PopSegment, Mnemonic::PushSegment, Mnemonic::FarCall, Mnemonic::FarJmp,
        Mnemonic::Int, Mnemonic::FarRet, Mnemonic::Str, Mnemonic::MovFromSegment}) {
    EXPECT_EQ(kind_of(m), SensitiveKind::SensitiveUnprivileged) << name_of(m);
  }
  for (const Mnemonic m : {Mnemonic::Cli, Mnemonic::Hlt, Mnemonic::MovToCr, Mnemonic::Lgdt,
                           Mnemonic::Out, Mnemonic::Invlpg, Mnemonic::Wrmsr}) {
    EXPECT_EQ(kind_of(m), SensitiveKind::Privileged) << name_of(m);
  }
  EXPECT_EQ(kind_of(Mnemonic::Other), SensitiveKind::Innocuous);
}

}  // namespace
}  // namespace gv
