# SPDX-License-Identifier: MIT
#
# Layers.cmake - gv_layer, gv_program, gv_test and gv_bench: the four things
# that this project builds, each said in one line of a folder's CMakeLists.txt.

function(gv_add_folder folder)
  if(EXISTS ${CMAKE_CURRENT_SOURCE_DIR}/${folder}/CMakeLists.txt)
    add_subdirectory(${folder})
  endif()
endfunction()

# The public face: headers only, usable by everybody.
add_library(gv_include INTERFACE)
target_include_directories(gv_include INTERFACE ${PROJECT_SOURCE_DIR}/hypervisor-core/include)
target_link_libraries(gv_include INTERFACE Threads::Threads)

# Turns layer names (x86 memory) into the targets that exist (gv_x86 gv_memory).
function(gv_layer_targets out)
  set(targets gv_include)
  foreach(layer IN LISTS ARGN)
    list(APPEND targets $<TARGET_NAME_IF_EXISTS:gv_${layer}>)
  endforeach()
  set(${out} ${targets} PARENT_SCOPE)
endfunction()

# gv_layer(NAME [USES layer...] [LIBS target...] [SOURCES file...])
# Static library gv_NAME of every .cpp under this folder (or of SOURCES), without
# the folders below that have a CMakeLists.txt of their own.
function(gv_layer name)
  cmake_parse_arguments(ARG "" "" "USES;LIBS;SOURCES" ${ARGN})
  if(ARG_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "gv_layer(${name}): what is '${ARG_UNPARSED_ARGUMENTS}'? USES, LIBS or SOURCES go first")
  endif()
  if(NOT ARG_SOURCES)
    file(GLOB_RECURSE ARG_SOURCES CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.cpp)
    list(FILTER ARG_SOURCES EXCLUDE REGEX "/main\\.cpp$")
    file(GLOB_RECURSE inner CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*/CMakeLists.txt)
    foreach(listfile IN LISTS inner)
      cmake_path(GET listfile PARENT_PATH folder)
      list(FILTER ARG_SOURCES EXCLUDE REGEX "^${folder}/")
    endforeach()
  endif()
  gv_layer_targets(uses ${ARG_USES})
  if(ARG_SOURCES)
    add_library(gv_${name} STATIC ${ARG_SOURCES})
    target_link_libraries(gv_${name} PUBLIC ${uses} ${ARG_LIBS})
    set(scope PUBLIC)
  else()
    add_library(gv_${name} INTERFACE)
    target_link_libraries(gv_${name} INTERFACE ${uses} ${ARG_LIBS})
    set(scope INTERFACE)
  endif()
  # Core layers name headers from hypervisor-core/src, and do not pass that on:
  # visualizers/ and app/ could not include the core's insides if they tried.
  cmake_path(RELATIVE_PATH CMAKE_CURRENT_SOURCE_DIR BASE_DIRECTORY ${PROJECT_SOURCE_DIR}
             OUTPUT_VARIABLE relative)
  if(relative MATCHES "^hypervisor-core/")
    if(scope STREQUAL "PUBLIC")
      target_include_directories(gv_${name} PRIVATE ${PROJECT_SOURCE_DIR}/hypervisor-core/src)
    endif()
  elseif(relative MATCHES "^app/")
    target_include_directories(gv_${name} ${scope} ${PROJECT_SOURCE_DIR}/app)
  else()
    target_include_directories(gv_${name} ${scope} ${PROJECT_SOURCE_DIR})
  endif()
endfunction()

# gv_program(NAME SOURCES file... [USES layer...] [LIBS target...])
function(gv_program name)
  cmake_parse_arguments(ARG "" "" "USES;LIBS;SOURCES" ${ARGN})
  gv_layer_targets(uses ${ARG_USES})
  add_executable(${name} ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE ${uses} ${ARG_LIBS})
endfunction()

# What the tsan preset needs built.
add_custom_target(session_tests)
# What the sanitizers are run on: the tests of hypervisor-core, by their folder.
add_custom_target(core_tests)
set(gv_core_test_folders x86 memory trace loader engine technique devices machine cluster session golden
    xenstore xl)

# gv_test(NAME SOURCES file... [LIBS target...] [LABELS label...] [TIMEOUT s])
# One program with GoogleTest's main, one ctest entry: starting a process per
# test case costs more than the cases do. ./test counts the cases from the XML.
# Labels that ./test knows: release-only (timings: alone, not under sanitizers),
# window (real windows under Xvfb: the same, and the software rasterizer leaks),
# slow (not in ./test --quick), session (also under TSan).
function(gv_test name)
  cmake_parse_arguments(ARG "" "TIMEOUT" "LIBS;SOURCES;LABELS;ENVIRONMENT" ${ARGN})
  if(NOT ARG_SOURCES)
    set(ARG_SOURCES ${ARG_UNPARSED_ARGUMENTS})
  endif()
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 300)
  endif()
  set(alone FALSE)
  if("release-only" IN_LIST ARG_LABELS OR "window" IN_LIST ARG_LABELS)
    set(alone TRUE)
  endif()
  cmake_path(GET CMAKE_CURRENT_SOURCE_DIR FILENAME folder)
  if(folder IN_LIST gv_core_test_folders)
    list(APPEND ARG_LABELS core)
    set(core TRUE)
  endif()
  add_executable(${name} ${ARG_SOURCES})
  # A test looks where it likes, the core's insides included.
  target_include_directories(${name} PRIVATE
    ${PROJECT_SOURCE_DIR} ${PROJECT_SOURCE_DIR}/hypervisor-core/src ${PROJECT_SOURCE_DIR}/app
    ${PROJECT_SOURCE_DIR}/tests)
  target_link_libraries(${name} PRIVATE ${ARG_LIBS} gv_include gv::gtest)
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests/bin)
  add_test(NAME ${name} COMMAND ${name} --gtest_brief=1 WORKING_DIRECTORY ${CMAKE_BINARY_DIR})
  set_tests_properties(${name} PROPERTIES
    TIMEOUT ${ARG_TIMEOUT}
    LABELS "${ARG_LABELS}"
    RUN_SERIAL ${alone}
    ENVIRONMENT "GTEST_OUTPUT=xml:${CMAKE_BINARY_DIR}/test-results/${name}.xml;LSAN_OPTIONS=print_suppressions=0:suppressions=${PROJECT_SOURCE_DIR}/tests/leaks_of_libraries.txt;${ARG_ENVIRONMENT}")
  if("session" IN_LIST ARG_LABELS)
    add_dependencies(session_tests ${name})
  endif()
  if(core)
    add_dependencies(core_tests ${name})
  endif()
endfunction()

# gv_bench(NAME SOURCES file... [LIBS target...]): a Google Benchmark program.
function(gv_bench name)
  cmake_parse_arguments(ARG "" "" "LIBS;SOURCES" ${ARGN})
  if(NOT ARG_SOURCES)
    set(ARG_SOURCES ${ARG_UNPARSED_ARGUMENTS})
  endif()
  add_executable(${name} ${ARG_SOURCES})
  target_include_directories(${name} PRIVATE
    ${PROJECT_SOURCE_DIR} ${PROJECT_SOURCE_DIR}/hypervisor-core/src ${PROJECT_SOURCE_DIR}/app)
  target_link_libraries(${name} PRIVATE ${ARG_LIBS} gv_include gv::benchmark)
endfunction()
