// SPDX-License-Identifier: MIT
//
// xml_text.h - any text as the content of an XML or HTML element or attribute.
//
// Line ends and tabs become references, because an attribute's literal ones are read back as
// spaces; the other control characters cannot stand in XML 1.0 at all and are left out. Bytes
// from 0x80 on pass as they are: the caller's text is UTF-8.
// Source: Extensible Markup Language 1.0, sections 2.2 and 3.3.3. Any thread.

#pragma once

#include <string>
#include <string_view>

namespace gv {

inline std::string xml_text(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\n':
        out += "&#10;";
        break;
      case '\t':
        out += "&#9;";
        break;
      default:
        if (static_cast<unsigned char>(c) >= 0x20) {
          out += c;
        }
    }
  }
  return out;
}

}  // namespace gv
