# SPDX-License-Identifier: MIT
#
# Dependencies.cmake - libraries from Debian, each under one name gv::NAME.
#
# Nothing is downloaded and nothing is bundled. scripts/setup installs what is
# looked for here; a package added here is added to its lists too.

find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)

# gv_pkg(NAME PACKAGE): pkg-config PACKAGE as target gv::NAME.
function(gv_pkg name package)
  pkg_check_modules(GV_${name} QUIET IMPORTED_TARGET GLOBAL ${package})
  if(NOT GV_${name}_FOUND)
    message(FATAL_ERROR "${package} is missing: run ./run or scripts/setup, which installs it")
  endif()
  add_library(gv::${name} ALIAS PkgConfig::GV_${name})
endfunction()

# gv_target(NAME PACKAGE TARGET): the package's own CMake target as gv::NAME.
function(gv_target name package target)
  find_package(${package} QUIET GLOBAL)
  if(NOT TARGET ${target})
    message(FATAL_ERROR "${package} is missing: run ./run or scripts/setup, which installs it")
  endif()
  add_library(gv::${name} INTERFACE IMPORTED GLOBAL)
  target_link_libraries(gv::${name} INTERFACE ${target})
endfunction()

# Debian 12 ships 2.0, which loses the exact instruction pointer at an exit.
pkg_check_modules(GV_unicorn QUIET IMPORTED_TARGET GLOBAL unicorn>=2.1)
if(NOT GV_unicorn_FOUND)
  message(FATAL_ERROR "Unicorn 2.1 or newer is missing: run ./run or scripts/setup, which installs it")
endif()
add_library(gv::unicorn ALIAS PkgConfig::GV_unicorn)

gv_target(zydis zydis Zydis::Zydis)
gv_target(fmt fmt fmt::fmt)
gv_target(json nlohmann_json nlohmann_json::nlohmann_json)
gv_target(cli11 CLI11 CLI11::CLI11)
# Lua compiled as C++: its errors are exceptions, so destructors run.
gv_pkg(lua lua5.4-c++)
# Debian 12's build exports C names, Debian 13's C++ names.
include(CheckCXXSourceCompiles)
set(CMAKE_REQUIRED_LIBRARIES PkgConfig::GV_lua)
check_cxx_source_compiles("#include <lua.h>
int main() { return lua_gettop(nullptr); }" GV_LUA_HAS_CXX_NAMES)
unset(CMAKE_REQUIRED_LIBRARIES)
if(GV_LUA_HAS_CXX_NAMES)
  target_compile_definitions(PkgConfig::GV_lua INTERFACE GV_LUA_HAS_CXX_NAMES)
endif()
gv_pkg(md4c md4c)
gv_pkg(md4c_html md4c-html)
gv_pkg(zstd libzstd)
gv_pkg(lzma liblzma)
gv_pkg(seccomp libseccomp)
gv_pkg(xxhash libxxhash)
gv_pkg(png libpng)

# Xen's own public headers: the guest interface and XenStore's wire format.
find_path(GV_XEN_HEADERS xen/io/xs_wire.h)
if(NOT GV_XEN_HEADERS)
  message(FATAL_ERROR "libxen-dev is missing: run ./run or scripts/setup, which installs it")
endif()
add_library(gv::xen_headers INTERFACE IMPORTED GLOBAL)
target_include_directories(gv::xen_headers SYSTEM INTERFACE ${GV_XEN_HEADERS})

# Boost.Context alone: its CMake package would ask for the rest of Boost.
find_library(GV_BOOST_CONTEXT boost_context)
if(NOT GV_BOOST_CONTEXT)
  message(FATAL_ERROR "libboost-context is missing: run ./run or scripts/setup, which installs it")
endif()
add_library(gv::boost_context UNKNOWN IMPORTED GLOBAL)
set_target_properties(gv::boost_context PROPERTIES IMPORTED_LOCATION ${GV_BOOST_CONTEXT})

# Guests are 32-bit: NASM for assembly, the host compiler's -m32 for C.
find_program(GV_NASM nasm)
if(NOT GV_NASM)
  message(FATAL_ERROR "nasm is missing: run ./run or scripts/setup, which installs it")
endif()
include(CheckCSourceCompiles)
set(CMAKE_REQUIRED_FLAGS -m32)
set(CMAKE_REQUIRED_LINK_OPTIONS -m32)
check_c_source_compiles("int main(void) { return sizeof(void*) == 4 ? 0 : 1; }" GV_GCC_M32)
unset(CMAKE_REQUIRED_FLAGS)
unset(CMAKE_REQUIRED_LINK_OPTIONS)
if(NOT GV_GCC_M32)
  message(FATAL_ERROR "the compiler cannot build 32-bit guests: run scripts/setup, which installs gcc-multilib")
endif()

if(GV_GUI)
  include(DearImGui)
endif()

if(GV_TESTS)
  gv_target(gtest_base GTest GTest::gtest)
  add_library(gv::gtest INTERFACE IMPORTED GLOBAL)
  target_link_libraries(gv::gtest INTERFACE GTest::gtest GTest::gmock GTest::gtest_main)
  gv_target(benchmark benchmark benchmark::benchmark)
  find_package(Python3 COMPONENTS Interpreter REQUIRED)
endif()
