// SPDX-License-Identifier: MIT
//
// fonts.cpp - path search and atlas.

#include "workbench/fonts.h"

#include <imgui.h>
#include <imgui_freetype.h>

#include <array>
#include <cstdlib>

namespace gv {
namespace {

namespace fs = std::filesystem;

// The folders are those of Debian's packages; a full walk of the font tree costs
// more than opening the window, so it is done only for what is not there.
std::optional<fs::path> find_font(const std::vector<fs::path>& roots, const char* folder,
                                  const std::vector<std::string>& names) {
  std::error_code quiet;
  for (const fs::path& root : roots) {
    for (const std::string& name : names) {
      const fs::path usual = root / folder / name;
      if (fs::is_regular_file(usual, quiet))
        return usual;
    }
  }
  for (const fs::path& root : roots) {
    fs::recursive_directory_iterator it(root, fs::directory_options::skip_permission_denied, quiet);
    for (; !quiet && it != fs::recursive_directory_iterator(); it.increment(quiet)) {
      for (const std::string& name : names) {
        if (it->path().filename() == name)
          return it->path();
      }
    }
  }
  return std::nullopt;
}

// Reading text needs few characters; drawn pictures and CP437 screens need the rest,
// and only in the roles that draw them. This keeps start and change of scale fast.
constexpr std::array<ImWchar, 17> kReadingGlyphs = {0x20,   0xff,   0x100,  0x17f,  0x2010, 0x2027,
                                                    0x202f, 0x203a, 0x2070, 0x208e, 0x2190, 0x2199,
                                                    0x2208, 0x2265, 0x25a0, 0x25ff, 0};
constexpr std::array<ImWchar, 5> kReadingSymbols = {0x2318, 0x2326, 0x2713, 0x2718, 0};

const ImWchar* glyphs_of(FontRole role) {
  static_assert(sizeof(ImWchar) == sizeof(std::uint16_t), "glyph_ranges() is in ImGui's own form");
  return role == FontRole::Mono || role == FontRole::Body ? glyph_ranges() : kReadingGlyphs.data();
}

}  // namespace

Typefaces find_typefaces(const std::vector<fs::path>& given) {
  std::vector<fs::path> roots = given;
  if (roots.empty()) {
    roots = {"/usr/share/fonts", "/usr/local/share/fonts"};
    if (const char* home = std::getenv("HOME"))
      roots.push_back(fs::path(home) / ".local/share/fonts");
  }
  Typefaces t;
  t.body = find_font(roots, "opentype/inter", {"Inter-Regular.otf", "Inter-Regular.ttf"});
  t.strong = find_font(roots, "opentype/inter", {"Inter-SemiBold.otf", "Inter-SemiBold.ttf"});
  t.mono = find_font(roots, "truetype/jetbrains-mono", {"JetBrainsMono-Regular.ttf"});
  t.mono_strong = find_font(roots, "truetype/jetbrains-mono",
                            {"JetBrainsMono-SemiBold.ttf", "JetBrainsMono-Bold.ttf"});
  t.fallback = find_font(roots, "truetype/dejavu", {"DejaVuSans.ttf"});
  t.mono_fallback = find_font(roots, "truetype/dejavu", {"DejaVuSansMono.ttf"});
  if (!t.body)
    t.missing = "Inter is not installed (package fonts-inter)";
  else if (!t.mono)
    t.missing = "JetBrains Mono is not installed (package fonts-jetbrains-mono)";
  else if (!t.fallback)
    t.missing = "DejaVu is not installed (package fonts-dejavu-core)";
  if (!t.body)
    t.body = t.fallback;
  if (!t.strong)
    t.strong = t.body;
  if (!t.mono)
    t.mono = t.mono_fallback;
  if (!t.mono_strong)
    t.mono_strong = t.mono;
  return t;
}

void build_fonts(const Typefaces& typefaces, Style& style) {
  ImFontAtlas& atlas = *ImGui::GetIO().Fonts;
  atlas.Clear();
  atlas.FontBuilderIO = ImGuiFreeType::GetBuilderForFreeType();
  atlas.FontBuilderFlags = 0;
  atlas.TexDesiredWidth = 2048;

  for (int i = 0; i < kFontRoleCount; ++i) {
    const auto role = static_cast<FontRole>(i);
    const bool mono = role == FontRole::Mono || role == FontRole::MonoStrong;
    const auto& face = role == FontRole::Mono                                ? typefaces.mono
                       : role == FontRole::MonoStrong                        ? typefaces.mono_strong
                       : role == FontRole::Strong || role == FontRole::Title ? typefaces.strong
                                                                             : typefaces.body;
    const float pixels = Style::font_pixels(role, style.scale());
    ImFontConfig config;
    config.PixelSnapH = true;
    ImFont* font = nullptr;
    if (face) {
      font = atlas.AddFontFromFileTTF(face->c_str(), pixels, &config, glyphs_of(role));
    }
    if (font == nullptr) {
      config.SizePixels = pixels;
      font = atlas.AddFontDefault(&config);
    }
    const auto& behind = mono ? typefaces.mono_fallback : typefaces.fallback;
    if (behind && behind != face) {
      ImFontConfig merged;
      merged.MergeMode = true;
      merged.PixelSnapH = true;
      // DejaVu is wider than JetBrains Mono: boxes must still fill exactly one cell.
      if (mono && face)
        merged.GlyphMaxAdvanceX = merged.GlyphMinAdvanceX = 0.6F * pixels;
      atlas.AddFontFromFileTTF(behind->c_str(), pixels, &merged, glyphs_of(role));
      atlas.AddFontFromFileTTF(behind->c_str(), pixels, &merged, kReadingSymbols.data());
    }
    style.set_font(role, font);
  }
  atlas.Build();
}

}  // namespace gv
