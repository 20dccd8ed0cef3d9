// SPDX-License-Identifier: MIT
//
// player.h - the contained side: a submission that answers questions.
//
// Runs inside a ContainedProcess. Its first message names a sandbox profile; it
// enters that sandbox before a byte of the submission is looked at, and then does
// as asked: load a Lua script, call one of its functions, run an image. It knows
// neither checks nor points nor the right answers.
//
// Questions, as {ask = …}, and their answers:
//   begin {profile, seed, limits}     {ok}
//   load {name} + source              {ok} or {problem, fault}
//   call {path, arguments}            {values} or {problem, fault}
//   each {path, list}                 {answers}: per item {values} or {problem, fault}
//   boot {run, name} + image          {run} or {problem}
// An answer from Lua also holds `printed`, what print() wrote meanwhile.

#pragma once

namespace gv {

// Answers on the channel until its other end is closed. Returns the exit status.
int play(int channel);

}  // namespace gv
