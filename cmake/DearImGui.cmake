# SPDX-License-Identifier: MIT
#
# DearImGui.cmake - gv_imgui: Dear ImGui with the GLFW and OpenGL 3 backends
# and the FreeType rasterizer, as Debian packages it.
#
# Debian 12 (1.86) and 13 put backends and FreeType support into libimgui.a. If
# a package ever leaves one out but ships its source, the source is compiled.

gv_pkg(glfw glfw3)
gv_pkg(freetype freetype2)
gv_pkg(imgui_package imgui)
# libGL, which libgl-dev brings, also where libopengl-dev happens to be there.
set(OpenGL_GL_PREFERENCE LEGACY)
find_package(OpenGL REQUIRED)
add_library(gv::opengl ALIAS OpenGL::GL)

find_path(GV_IMGUI_INCLUDE imgui.h PATH_SUFFIXES imgui REQUIRED)

add_library(gv_imgui INTERFACE)
add_library(gv::imgui ALIAS gv_imgui)
target_include_directories(gv_imgui SYSTEM INTERFACE
  ${GV_IMGUI_INCLUDE} ${GV_IMGUI_INCLUDE}/backends ${GV_IMGUI_INCLUDE}/misc/freetype)

# Asks the library itself rather than guessing from its version.
include(CheckCXXSourceCompiles)
function(gv_imgui_part variable header statement source)
  set(CMAKE_REQUIRED_INCLUDES ${GV_IMGUI_INCLUDE} ${GV_IMGUI_INCLUDE}/backends
      ${GV_IMGUI_INCLUDE}/misc/freetype)
  # The real names: try_compile sees imported targets, not their aliases.
  set(CMAKE_REQUIRED_LIBRARIES PkgConfig::GV_imgui_package PkgConfig::GV_glfw OpenGL::GL
      PkgConfig::GV_freetype ${CMAKE_DL_LIBS})
  check_cxx_source_compiles("#include <imgui.h>\n#include <${header}>\nint main(int argc, char**) {
    if (argc > 99) { ${statement}; }\n return 0; }" ${variable})
  if(NOT ${variable})
    file(GLOB_RECURSE sources /usr/src/imgui/${source} /usr/share/imgui/${source}
         ${GV_IMGUI_INCLUDE}/${source})
    if(NOT sources)
      message(FATAL_ERROR "Debian's libimgui-dev has neither ${header} compiled in nor ${source}")
    endif()
    target_sources(gv_imgui INTERFACE ${sources})
  endif()
endfunction()

gv_imgui_part(GV_IMGUI_HAS_GLFW imgui_impl_glfw.h
  "ImGui_ImplGlfw_InitForOpenGL(nullptr, true)" imgui_impl_glfw.cpp)
gv_imgui_part(GV_IMGUI_HAS_OPENGL3 imgui_impl_opengl3.h
  "ImGui_ImplOpenGL3_Init(nullptr)" imgui_impl_opengl3.cpp)
gv_imgui_part(GV_IMGUI_HAS_FREETYPE imgui_freetype.h
  "ImGuiFreeType::SetAllocatorFunctions(nullptr, nullptr)" imgui_freetype.cpp)

target_link_libraries(gv_imgui INTERFACE
  gv::imgui_package gv::glfw gv::opengl gv::freetype ${CMAKE_DL_LIBS})
