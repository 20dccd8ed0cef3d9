# SPDX-License-Identifier: MIT
#
# Compiler.cmake - language level, warnings, sanitizers and ccache.

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_C_STANDARD 11)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)

# Every program in one folder, whatever layer it comes from.
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)

if(NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES)
  set(CMAKE_BUILD_TYPE RelWithDebInfo CACHE STRING "Build type" FORCE)
endif()

find_program(GV_CCACHE ccache)
foreach(language IN ITEMS C CXX)
  if(GV_CCACHE AND NOT CMAKE_${language}_COMPILER_LAUNCHER)
    set(CMAKE_${language}_COMPILER_LAUNCHER ${GV_CCACHE})
  endif()
endforeach()

# For every target: Debian's headers are system headers and do not warn.
add_compile_options(
  -Wall -Wextra -Wpedantic -Wshadow
  $<$<COMPILE_LANGUAGE:CXX>:-Wconversion>)

# The house answers for the warnings of Debian 12's compilers. What a newer one
# has come to think of (Debian 13's GCC 14 warns inside JSON's headers) informs.
if(GV_WERROR AND ((CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
               OR (CMAKE_CXX_COMPILER_ID STREQUAL "Clang" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 15)))
  add_compile_options(-Werror)
endif()

# Whole programs, so that every layer and test agrees on it.
if(GV_SANITIZE)
  string(REPLACE ";" "," gv_sanitizers "${GV_SANITIZE}")
  add_compile_options(-fsanitize=${gv_sanitizers} -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${gv_sanitizers})
  if("undefined" IN_LIST GV_SANITIZE)
    add_compile_options(-fno-sanitize-recover=undefined)
  endif()
  # GCC's flow analysis sees the sanitizers' own code and warns of what is not there.
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    add_compile_options(-Wno-maybe-uninitialized)
  endif()
endif()
