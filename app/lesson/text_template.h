// SPDX-License-Identifier: MIT
//
// text_template.h - texts by key, and measured values put into them.
//
// A file of texts is Markdown: "## key" starts the text of a key. {{name}} is
// replaced by a value that a run measured; a name without a value is an error,
// so no text can show a number that nobody measured.

#pragma once

#include "gv/result.h"
#include "lesson/lua_host.h"

#include <map>
#include <string>
#include <vector>

namespace gv {

// Key → text, both trimmed. Error: a key twice, or text before the first key.
Result<std::map<std::string, std::string>> parse_texts(const std::string& file,
                                                       const std::string& source);
// Numbers get thousands separators; {{name:hex}} shows an address.
Result<std::string> fill_template(const std::string& text, const LuaValue& values);
// The names in {{…}}, each once.
std::vector<std::string> placeholders_of(const std::string& text);

}  // namespace gv
